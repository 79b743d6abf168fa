"""train-lm, perplexity, score, generate, report: answers, files, refusals."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import TINY

from seqtool.artifact.read import open_artifact, read_manifest

Run = Callable[..., "Finished"]  # noqa: F821  (of tests/conftest.py)
ONE = ("--threads", "1")


def test_train_lm_from_a_text(run: Run, corpus_txt: Path) -> None:
    done = run("train-lm", "corpus.txt", "--epochs", "2", *TINY, "--format", "tsv").ok()
    answer = dict(line.split("\t") for line in done.stdout.splitlines())
    assert (answer["model"], answer["state"]) == ("corpus.lstm.lm", "complete")
    assert 1 < float(answer["valid_perplexity"]) < 14
    for words in (
        "wrote corpus.corpus",
        "6 of 120",
        "device: cpu",
        "precision: fp32",
        "epoch 1/2",
        "epoch 2/2",
        "wrote corpus.lstm.lm",
    ):
        assert words in done.stderr
    model = corpus_txt.with_name("corpus.lstm.lm")
    assert {p.name for p in model.iterdir()} == {
        "manifest.json",
        "run.json",
        "vocab.tsv",
        "characters.tsv",
        "model.safetensors",
        "history.tsv",
    }
    assert len((model / "history.tsv").read_text().splitlines()) == 3
    again = run("train-lm", "corpus.txt", "--epochs", "2", *TINY).ok()
    assert again.stdout == ""
    again.up_to_date("corpus.lstm.lm", alone=True)


def test_other_options_are_refused_until_overwrite(run: Run, copied: Path) -> None:
    common = ("train-lm", copied / "c.corpus", "-o", copied / "m.lm", *TINY, "--epochs", "1")
    run(*common).up_to_date()
    run(*common, "--emb-dim", "9", "--no-tied").failed(1, "emb_dim 8", "9", "--overwrite")
    run(*common, "--seed", "2").failed(1, "seed", "--overwrite")
    run(*common, "--seed", "2", "--overwrite", "-q").ok()
    assert read_manifest(copied / "m.lm").recipe.seed == 2
    run("train-lm", copied / "c.corpus", "-o", copied / "e.eval", *TINY).failed(1, "kind evaluation", "lm", "-o")


def test_options_reach_the_manifest_and_operational_ones_run_json(run: Run, copied: Path) -> None:
    run(
        "train-lm",
        copied / "c.corpus",
        "-o",
        "m",
        *TINY,
        "--epochs",
        "1",
        "--cell",
        "gru",
        "--dropout",
        "0.1",
        "--no-tied",
        "--optimizer",
        "sgd",
        "--lr",
        "0.5",
        "--clip",
        "1.5",
        "--schedule",
        "plateau",
        "--seed",
        "7",
        "--min-count",
        "2",
        "--max-vocab",
        "8",
        "-q",
    ).ok()
    recipe = read_manifest(Path("m")).recipe
    expected = {
        "cell": "gru",
        "dropout": 0.1,
        "tied": False,
        "optimizer": "sgd",
        "lr": 0.5,
        "clip": 1.5,
        "schedule": "plateau",
        "min_count": 2,
        "max_vocab": 8,
        "emb_dim": 8,
        "bptt": 5,
    }
    assert {name: recipe.options[name] for name in expected} == expected
    assert recipe.seed == 7
    run_json = json.loads(Path("m/run.json").read_text())
    assert run_json["operational"]["threads"] == 1
    assert run_json["device"] == "cpu"
    assert not {"threads", "device", "seed", "max_minutes"} & set(recipe.options)
    assert len(open_artifact(Path("m")).file("vocab.tsv").read_text().splitlines()) == 8


def test_explicit_options_win_over_a_preset_and_presets_over_defaults(run: Run, made: Path) -> None:
    sizes = ("--emb-dim", "9", "--hidden-dim", "9")
    record = (
        run("train-lm", made / "c.corpus", "-o", "m", "--preset", "book-rnnlm", *sizes, "--dry-run", "--json").ok().json
    )
    assert (record["emb_dim"], record["lr"], record["clip"], record["optimizer"]) == (9, 20.0, 0.25, "sgd")
    assert record["parameters"] > 0
    assert not Path("m").exists()


@pytest.mark.parametrize(
    ("how", "rate"),
    [
        ([], 0.005),
        (["--optimizer", "adam"], 0.005),
        (["--optimizer", "sgd"], 20.0),
        (["--optimizer", "nt-asgd"], 20.0),
        (["--arch", "transformer", "--optimizer", "adam"], 0.001),
        (["--arch", "transformer", "--optimizer", "adamw"], 0.001),
        (["--arch", "transformer", "--optimizer", "sgd"], 20.0),
    ],
    ids=str,
)
def test_the_learning_rate_is_that_of_the_help_where_none_is_given(
    run: Run, made: Path, how: list[str], rate: float
) -> None:
    assert run("train-lm", made / "c.corpus", *how, "--dry-run", "--json", "-q").ok().json["lr"] == rate


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["missing.txt"], 1, ["missing.txt", "exist"]),
        (["m.lm"], 1, ["(lm)", "corpus"]),
        (["c.corpus", "--emb-dim", "0"], 2, ["--emb-dim"]),
        (["c.corpus", "--emb-dim", "many"], 2, ["--emb-dim"]),
        (["c.corpus", "--cell", "elman"], 2, ["--cell"]),
        (["c.corpus", "--preset", "nothing"], 2, ["nothing"]),
        (["c.corpus", "--lower"], 2, ["--lower"]),
        (["c.corpus", "--valid", "missing.txt"], 1, ["missing.txt"]),
        (["c.corpus", "--valid", "m.lm"], 1, ["(lm)", "corpus"]),
        (["c.corpus", "--init-vectors", "missing.vec"], 1, ["missing.vec"]),
        (["c.corpus", "--init-vectors", "wide.vec"], 1, ["wide.vec", "--emb-dim 3"]),
        (["c.corpus", "--init-vectors", "broken.vec"], 1, ["broken.vec: line 2"]),
        (["c.corpus", "--device", "cuda"], 1, ["CUDA"]),
        (["c.corpus", "--lr", "-1"], 2, ["--lr"]),
        (["c.corpus", "--lr", "nan"], 2, ["--lr"]),
        (["c.corpus", "--arch", "window", "--random-bptt"], 2, ["--random-bptt", "--arch recurrent"]),
        (["c.corpus", "--arch", "window", "--tar", "1"], 2, ["--tar", "--arch recurrent"]),
        (["c.corpus", "--cell", "minlstm", "--weight-dropout", "0.5"], 2, ["minlstm", "--weight-dropout"]),
        (["c.corpus", "--arch", "transformer", "--heads", "3"], 2, ["--emb-dim 200", "--heads 3"]),
        (["c.corpus", "--arch", "transformer", "--heads", "200"], 2, ["rotary", "--positions learned"]),
        (["c.corpus", "--arch", "transformer", "--residual"], 2, ["--residual", "--arch recurrent"]),
        (["c.corpus", "--softmax", "adaptive"], 2, ["--no-tied"]),
        (["c.corpus", "--softmax", "adaptive", "--no-tied"], 2, ["--cutoffs 2000,10000,50000", "--softmax full"]),
        (["c.corpus", "--softmax", "adaptive", "--no-tied", "--cutoffs", "a"], 2, ["--cutoffs a"]),
        (["c.corpus", "--batching", "sentence", "--random-bptt"], 2, ["--random-bptt", "--batching stream"]),
        (["c.corpus", "-o", "corpus.txt"], 1, ["corpus.txt", "artifact"]),
    ],
    ids=str,
)
def test_train_lm_refuses(
    run: Run, copied: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, words: list[str]
) -> None:
    import torch

    if "cuda" in arguments and torch.cuda.is_available():
        pytest.skip("there is a GPU")
    monkeypatch.chdir(copied)
    Path("wide.vec").write_text("the 1 2 3\non 1 2 3\n")
    Path("broken.vec").write_text("the 1 2 3 4 5 6 7 8\non 1 2 3 4 x 6 7 8\n")
    output = [] if "-o" in arguments else ["-o", "new"]
    done = run("train-lm", *arguments, *output, *TINY[6:]).failed(code, *words)
    assert done.stdout == ""
    assert not Path("new").exists()


def test_init_vectors_are_where_the_embeddings_start(run: Run, copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from seqtool.nn.training.checkpoint import load_weights

    monkeypatch.chdir(copied)
    Path("v.vec").write_text("2 8\nthe 1 2 3 4 5 6 7 8\nmartian 1 1 1 1 1 1 1 1\n")
    done = run(
        "train-lm", "c.corpus", "-o", "v.lm", "--init-vectors", "v.vec", *TINY, "--epochs", "1", "--lr", "0"
    ).ok()
    done.noted("1", "12", "v.vec")
    weights = load_weights(Path("v.lm/model.safetensors"))
    assert weights["embedding.weight"][2].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    inputs = {entry.kind for entry in read_manifest(Path("v.lm")).recipe.inputs}
    assert inputs == {"corpus", "init-vectors:file"}
    Path("v.vec").write_text("2 8\nthe 9 2 3 4 5 6 7 8\n")
    run("train-lm", "c.corpus", "-o", "v.lm", "--init-vectors", "v.vec", *TINY, "--epochs", "1", "--lr", "0").failed(
        1, "other inputs"
    )


def test_init_vectors_may_be_an_artifact(run: Run, copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from seqtool.nn.training.checkpoint import load_weights

    monkeypatch.chdir(copied)
    Path("v.vec").write_text("1 8\nthe 1 2 3 4 5 6 7 8\n")
    run("convert", "v.vec", "v.vectors").ok()
    run("train-lm", "c.corpus", "-o", "v.lm", "--init-vectors", "v.vectors", *TINY, "--epochs", "1", "--lr", "0").ok()
    weights = load_weights(Path("v.lm/model.safetensors"))
    assert weights["embedding.weight"][2].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert "--init-vectors v.vectors" in run("info", "v.lm", "--lineage").ok().stdout
    assert {entry.kind for entry in read_manifest(Path("v.lm")).recipe.inputs} == {"corpus", "init-vectors"}


def test_a_test_text_is_scored_at_the_end_as_perplexity_scores_it(run: Run, copied: Path) -> None:
    (copied / "t.txt").write_text("the cat sat on the mat\nthe martian ran on the hill\n")
    done = run(
        "train-lm", copied / "c.corpus", "-o", "m", *TINY, "--epochs", "1", "--test", copied / "t.txt", "--json", "-q"
    )
    told = done.ok().json["test_perplexity:t.txt"]
    record = run("perplexity", "m", copied / "t.txt", "--json", *ONE).ok().json
    assert record["perplexity"] == told
    assert record["oov"] == 1


def test_a_text_of_another_kind_is_told(run: Run, made: Path) -> None:
    Path("other.txt").write_text("zx zy\nzz zx zy\n")
    run("perplexity", made / "m.lm", "other.txt").noted("warning:", "%", "m.lm")
    assert "%" not in run("perplexity", made / "m.lm", made / "corpus.txt").ok().stderr


def test_a_text_below_a_held_out_corpus_was_not_trained_on(run: Run, copied: Path) -> None:
    lines = (copied / "corpus.txt").read_text().splitlines()[:40]
    Path("e.txt").write_text("\n".join(reversed(lines)) + "\n")
    run("preprocess", "e.txt", "--split", "0.5,0.5", "-o", "d.corpus").ok()
    run("train-lm", copied / "c.corpus", "-o", "m", *TINY, "--epochs", "1", "--test", "d.corpus:valid").ok()
    assert "training texts" not in run("perplexity", "m", "e.txt", *ONE).ok().stderr


KEYS = {
    "perplexity",
    "tokens",
    "oov",
    "perplexity_without_oov",
    "ppl1",
    "bits_per_character",
    "bits_per_byte",
    "context",
    "model",
    "data",
    "tokenizer",
    "lossless",
}


def test_perplexity_answers_in_every_form(run: Run, made: Path) -> None:
    record = run("perplexity", made / "m.lm", made / "corpus.txt", "--json", *ONE).ok().json
    assert set(record) == {*KEYS, "trained_on"}
    assert (record["tokens"], record["oov"], record["context"], record["data"]) == (840, 0, "stream", "corpus.txt")
    tsv = dict(
        line.split("\t")
        for line in run("perplexity", made / "m.lm", made / "corpus.txt", *ONE).ok().stdout.splitlines()
    )
    assert float(tsv["perplexity"]) == pytest.approx(record["perplexity"], rel=1e-5)
    text = run("perplexity", made / "m.lm", made / "corpus.txt", "--format", "text", *ONE).ok().stdout
    assert "bits_per_character  " in text


def test_the_awd_lstm_recipe_trains_and_resumes(run: Run, made: Path) -> None:
    """Validation stalls in epoch 3 and the best weights are means of epoch 5: a resumed mean must go on as it was."""
    sizes = ("--emb-dim", "8", "--hidden-dim", "12", "--batch-size", "4", "--lr", "20", *ONE)
    command = ("train-lm", made / "c.corpus", "--preset", "awd-lstm-ptb", *sizes, "--epochs", "6", "-q")
    run(*command, "--nonmono", "1", "-o", "whole").ok()
    rounds = 0
    while rounds == 0 or (Path("m") / "checkpoint.json").exists():
        run(*command, "--nonmono", "1", "-o", "m", "--max-minutes", "0").ok()
        rounds += 1
        assert rounds < 60
    assert rounds > 6
    run(*command, "--nonmono", "9", "-o", "never").ok()
    weights = {name: (Path(name) / "model.safetensors").read_bytes() for name in ("whole", "m", "never")}
    assert weights["m"] == weights["whole"] != weights["never"]
    assert read_manifest(Path("m")).summary["best_epoch"] > 3
    assert run("perplexity", "m", made / "corpus.txt", "--json", *ONE).ok().json["perplexity"] < 30


@pytest.mark.parametrize("positions", ["rotary", "learned"])
def test_a_transformer_is_trained_resumed_scored_and_read_from(run: Run, made: Path, positions: str) -> None:
    model = ("--arch", "transformer", "--heads", "2", "--span", "7", "--positions", positions)
    command = ("train-lm", made / "c.corpus", *TINY, *model, "--epochs", "2", "-q")
    run(*command, "-o", "whole").ok()
    run(*command, "-o", "m", "--max-minutes", "0").ok()
    run(*command, "-o", "m").ok()
    assert (Path("m") / "model.safetensors").read_bytes() == (Path("whole") / "model.safetensors").read_bytes()
    assert read_manifest(Path("m")).summary["architecture"] == f"transformer {positions} 7 8-8 tied"
    for context in ("stream", "sentence"):
        assert run("perplexity", "m", made / "corpus.txt", "--context", context, "--json", *ONE).ok().json["perplexity"]
    found = run("generate", "m", "--method", "beam", "--num", "2", "--json", *ONE).ok().json[0]
    Path("written.txt").write_text(found["text"] + "\n")
    (scored,) = run("score", "m", "written.txt", "--context", "sentence", "--json", *ONE).ok().json
    assert scored["log10_probability"] == pytest.approx(found["log10_probability"], rel=1e-4), (
        "with the cache as without"
    )
    run("gradient-flow", "m", *ONE).failed(2, "recurrent")


def test_a_cache_and_dynamic_evaluation_learn_from_the_text(run: Run, made: Path, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("hill the cat park\n" * 60)
    plain = run("perplexity", made / "m.lm", "t.txt", "--json", *ONE).ok().json
    seen = set()
    for options in (["--cache", "50"], ["--dynamic-lr", "0.5"], ["--cache", "50", "--dynamic-lr", "0.5"]):
        command = ("perplexity", made / "m.lm", "t.txt", "--json", *ONE, *options)
        record = run(*command, "-o", "e.eval", "--overwrite").ok().json
        assert record["perplexity"] < 0.9 * plain["perplexity"]
        assert set(record) == KEYS | {
            "cache",
            "cache_weight",
            "cache_theta",
            "dynamic_lr",
            "dynamic_decay",
            "dynamic_steps",
        }
        run(*command, "-o", "e.eval").up_to_date("e.eval")
        seen.add(record["perplexity"])
    assert len(seen) == 3
    run("perplexity", made / "m.lm", "t.txt", "-o", "e.eval", *ONE).failed(1, "--overwrite")
    run("perplexity", made / "m.lm", "t.txt", "--cache", "9", "--context", "sentence", *ONE).failed(
        2, "--context stream"
    )


def test_score_gives_a_line_per_sentence_that_sums_to_the_perplexity(run: Run, made: Path) -> None:
    for context in ("stream", "sentence"):
        rows = run("score", made / "m.lm", made / "corpus.txt", "--context", context, "--json", *ONE).ok().json
        record = run("perplexity", made / "m.lm", made / "corpus.txt", "--context", context, "--json", *ONE).ok().json
        assert len(rows) == 120
        assert [row["sentence"] for row in rows[:3]] == [1, 2, 3]
        total = sum(row["log10_probability"] for row in rows)
        assert 10 ** (-total / record["tokens"]) == pytest.approx(record["perplexity"], rel=1e-5)
        bits = (-total * math.log2(10) + sum(row["spelling_bits"] for row in rows)) / sum(row["bytes"] for row in rows)
        assert bits == pytest.approx(record["bits_per_byte"], rel=1e-5)


def test_blank_lines_are_sentences_and_keep_the_lines_in_step(run: Run, made: Path, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("\nthe cat\n\n\nthe dog")
    rows = run("score", made / "m.lm", "t.txt", "--json", *ONE).ok().json
    assert [row["tokens"] for row in rows] == [1, 3, 1, 1, 3]
    assert [row["characters"] for row in rows] == [1, 8, 1, 1, 8] or [row["characters"] for row in rows] == [
        1,
        8,
        1,
        1,
        7,
    ]


def test_an_evaluation_is_kept_and_not_made_twice(run: Run, made: Path, tmp_path: Path) -> None:
    common = ("perplexity", made / "m.lm", made / "corpus.txt", "-o", "e", *ONE)
    assert run(*common).ok().stderr.endswith("wrote e\n")
    run(*common).up_to_date("e")
    run(*common, "--context", "sentence").failed(1, "context 'stream'", "'sentence'", "--overwrite")
    run(*common, "--context", "sentence", "--overwrite").ok()
    lines = (tmp_path / "e" / "items.tsv").read_text().splitlines()
    assert len(lines) == 121
    assert lines[0].split("\t")[:2] == ["sentence", "log10_probability"]


@pytest.mark.parametrize("command", ["perplexity", "score", "generate"])
@pytest.mark.parametrize(
    ("model", "words"), [("nowhere", ["nowhere", "exist"]), ("c.corpus", ["c.corpus", "a corpus", "lm"])]
)
def test_commands_on_models_refuse_what_is_none(
    run: Run, made: Path, command: str, model: str, words: list[str]
) -> None:
    text = [] if command == "generate" else [made / "corpus.txt"]
    assert run(command, made / model, *text).failed(1, *words).stdout == ""


def test_generate_writes_a_text_a_line(run: Run, made: Path) -> None:
    done = run("generate", made / "m.lm", "--num", "4", "--prompt", "the cat", "--max-tokens", "6", *ONE).ok()
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 4
    assert all(line.startswith("the cat") for line in done.stdout.splitlines())
    fewer = run("generate", made / "m.lm", "--num", "2", "--prompt", "the cat", "--max-tokens", "6", *ONE).ok()
    assert done.stdout.startswith(fewer.stdout)
    other = run(
        "generate", made / "m.lm", "--num", "4", "--prompt", "the cat", "--max-tokens", "6", "--seed", "2", *ONE
    ).ok()
    assert other.stdout != done.stdout


def test_generate_in_other_forms_and_ways(run: Run, made: Path) -> None:
    rows = run("generate", made / "m.lm", "--num", "2", "--json", *ONE).ok().json
    assert [set(row) for row in rows] == [{"number", "text", "log10_probability"}] * 2
    rows = run("generate", made / "m.lm", "--method", "beam", "--beam", "3", "--num", "3", "--json", *ONE).ok().json
    found = [row["log10_probability"] for row in rows]
    assert found == sorted(found, reverse=True)
    greedy = [
        run("generate", made / "m.lm", *way, "--max-tokens", "8", "--prompt", "the", *ONE).ok().stdout
        for way in (["--method", "greedy"], ["--method", "beam", "--beam", "1"], ["--top-k", "1"])
    ]
    assert greedy[0] == greedy[1] == greedy[2]
    assert run("generate", made / "m.lm", "--format", "tsv", *ONE).ok().stdout.startswith("number\ttext\t")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--method", "beam", "--num", "9"], 2, "--beam 9"),
        (["--method", "beam", "--lines", "2"], 2, "--lines"),
        (["--top-p", "0"], 2, "--top-p"),
        (["--temperature", "0"], 2, "--temperature"),
        (["--seed", "-1"], 2, "--seed"),
        (["--seed", "9" * 30], 2, "--seed"),
        (["--num", "0"], 2, "--num"),
    ],
    ids=str,
)
def test_generate_refuses(run: Run, made: Path, arguments: list[str], code: int, words: str) -> None:
    run("generate", made / "m.lm", *arguments, *ONE).failed(code, words)


def test_generate_warns_of_an_unknown_prompt(run: Run, made: Path) -> None:
    done = run("generate", made / "m.lm", "--prompt", "the martian", "-q", *ONE).ok()
    done.noted("warning:", "'martian'", "<unk>", alone=True)


def test_generate_can_leave_out_the_unknown_word(run: Run, copied: Path) -> None:
    run("train-lm", copied / "c.corpus", "-o", "m", *TINY, "--epochs", "1", "--max-vocab", "4", "-q").ok()
    common = ("generate", "m", "--num", "10", "--temperature", "2", *ONE)
    assert "<unk>" in run(*common).ok().stdout
    assert "<unk>" not in run(*common, "--no-unk").ok().stdout


def test_report_prints_markdown_or_writes_a_folder(run: Run, made: Path, tmp_path: Path) -> None:
    page = run("report", made / "m.lm", made / "e.eval", made / "c.corpus").ok()
    assert page.stderr == ""
    for words in ("# seqtool report", "## Results", "## Models", "## Cost", "## Learning curves", "## Lineage", "m.lm"):
        assert words in page.stdout
    record = run("report", made / "m.lm", made / "e.eval", "--json").ok().json
    assert set(record) == {
        "models",
        "vectors",
        "results",
        "similarity",
        "analogy",
        "stability",
        "translation",
        "labels",
        "comparison",
        "corpora",
        "exhibits",
        "ledger",
        "lineage",
        "warnings",
    }
    assert len(record["results"]) == 1, "the model's own test of the same text is not shown twice"
    done = run("report", made / "m.lm", made / "e.eval", "-o", "r", "--title", "Ours").ok()
    assert done.stdout == "r/report.html\n"
    assert done.stderr == "wrote r\n"
    assert {"report.html", "report.md", "report.json", "results.csv", "models.csv", "curves.csv"} <= {
        p.name for p in (tmp_path / "r").iterdir()
    }
    assert (tmp_path / "r" / "report.md").read_text().startswith("# Ours\n")
    run("report", made / "m.lm", made / "e.eval", "-o", "r", "--title", "Ours").up_to_date("r", alone=True)
    run("report", made / "m.lm", "-o", "r", "--title", "Ours").failed(1, "inputs", "--overwrite")
    run("report", made / "m.lm", "-o", "r", "--overwrite").ok()
    run("report", "r").failed(1, "a report")
    run("report", "nowhere").failed(1, "nowhere", "exist")
    run("report").failed(2, "missing argument")
