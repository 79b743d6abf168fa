"""make-task, train-seq2seq, translate, plot-attention, eval-translation: answers, files, refusals."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tiny import tiny

from seqtool.artifact.lineage import lineage
from seqtool.artifact.read import read_manifest

Run = Callable[..., "Finished"]  # noqa: F821  (of tests/conftest.py)
TINY = tiny(12, 8, "--epochs", "2", "--dropout", "0")


@pytest.fixture
def pairs(run: Run) -> Path:
    run("make-task", "reverse", "--size", "60", "--max-length", "4", "--symbols", "3", "-o", "pairs.tsv").ok()
    return Path("pairs.tsv")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has learned to turn round two symbols, by the Python API."""
    from seqtool.cli.main import run as main

    folder = tmp_path_factory.mktemp("reverse")
    made = main(
        [
            "make-task",
            "reverse",
            "--size",
            "400",
            "--max-length",
            "2",
            "--symbols",
            "3",
            "-o",
            str(folder / "p.tsv"),
            "-q",
        ]
    )
    made += main(
        [
            "train-seq2seq",
            str(folder / "p.tsv"),
            "-o",
            str(folder / "m.seq2seq"),
            "--emb-dim",
            "24",
            "--epochs",
            "12",
            "--batch-size",
            "16",
            "--lr",
            "0.01",
            "--threads",
            "1",
            "--precision",
            "fp32",
            "--dropout",
            "0",
            "-q",
        ]
    )
    assert made == 0
    return folder / "m.seq2seq"


def test_a_task_is_pairs_on_stdout_or_in_a_file(run: Run) -> None:
    done = run("make-task", "addition", "--size", "3", "--seed", "4").ok()
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert all(sum(map(int, source.split("+"))) == int(target) for source, target in rows)
    assert done.stderr == ""
    assert run("make-task", "addition", "--size", "3", "--seed", "4", "-o", "a.tsv").ok().stdout == ""
    assert Path("a.tsv").read_text() == done.stdout
    run("make-task", "addition", "-o", "a.tsv").failed(1, "exists", "--overwrite")


def test_train_seq2seq_from_a_table(run: Run, pairs: Path) -> None:
    done = run("train-seq2seq", pairs, *TINY, "--format", "tsv").ok()
    answer = dict(line.split("\t") for line in done.stdout.splitlines())
    assert (answer["model"], answer["state"]) == ("pairs.lstm.seq2seq", "complete")
    assert {"valid_perplexity", "valid_exact", "valid_bleu", "valid_chrf"} <= set(answer)
    for words in ("3 of 60", "device: cpu", "epoch 2/2", "wrote pairs.lstm.seq2seq"):
        assert words in done.stderr
    assert {p.name for p in Path("pairs.lstm.seq2seq").iterdir()} == {
        "manifest.json",
        "run.json",
        "vocab.tsv",
        "source.vocab.tsv",
        "model.safetensors",
        "history.tsv",
    }
    again = run("train-seq2seq", pairs, *TINY).ok()
    assert again.up_to_date("pairs.lstm.seq2seq", alone=True).stdout == ""
    run("train-seq2seq", pairs, *TINY, "--seed", "2").failed(1, "seed", "--overwrite")
    command = next(iter(lineage("m", read_manifest(Path("pairs.lstm.seq2seq"))))).command
    assert command is not None
    assert command.startswith("seqtool train-seq2seq --source pairs.whitespace-")


@pytest.mark.parametrize("vocabulary", ["separate", "joint", "shared"])
def test_two_texts_and_a_table_are_one(run: Run, vocabulary: str) -> None:
    rows = [(f"{i % 7} {i % 3}", "xyz"[i % 3] + " w") for i in range(60)]
    Path("p.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
    for name, column in (("s.txt", 0), ("t.txt", 1)):
        Path(name).write_text("".join(row[column] + "\n" for row in rows))
    tokenizer = ("--tokenizer", "bpe", "--vocab-size", "262") if vocabulary != "separate" else ()
    common = ("--vocabulary", vocabulary, *tokenizer, *TINY, "--json")
    made = run("train-seq2seq", "--source", "s.txt", "--target", "t.txt", "-o", "m", *common).ok()
    assert made.json["model"] == "m"
    run("train-seq2seq", "p.tsv", "-o", "n", *common).ok()
    assert read_manifest(Path("m")).files == read_manifest(Path("n")).files
    assert Path("m/source.vocab.tsv").exists() == (vocabulary != "shared")
    assert Path("m/tokenizer.json").exists() == (vocabulary != "separate")
    answer = run("translate", "m", stdin="a b\n\nc\n").ok().stdout
    assert answer.count("\n") == 3
    assert answer.split("\n")[1] == ""


def test_lines_come_out_as_they_went_in(run: Run, trained: Path) -> None:
    """Blank lines, unknown words, white space, a line end that is missing: a line for each, in order."""
    stdin = "a b\n\nb\n  \nzzz\nc a\n" + "a\n" * 200 + "b c"
    done = run("translate", trained, "--threads", "1", stdin=stdin).ok()
    lines = done.stdout.split("\n")
    assert lines.pop() == ""
    assert len(lines) == 207
    assert (lines[:4], lines[5], lines[206]) == (["b a", "", "b", ""], "a c", "c b")
    assert set(lines[6:206]) == {"a"}
    done.noted("1", "source tokens")


def test_a_line_of_ten_thousand_tokens_has_one_answer(run: Run, trained: Path) -> None:
    stdin = "a\n" + "b " * 10_000 + "\nc\n"
    done = run("translate", trained, "--max-tokens", "20", "--threads", "1", stdin=stdin).ok()
    assert done.stdout.count("\n") == 3
    assert (done.stdout.split("\n")[0], done.stdout.split("\n")[2]) == ("a", "c")


def test_n_best_is_a_table_with_scores(run: Run, trained: Path) -> None:
    rows = run("translate", trained, "--n-best", "3", "--json", stdin="a b\nc\n").ok().json
    assert [(row["line"], row["rank"]) for row in rows] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    assert rows[0]["translation"] == "b a"
    assert rows[0]["score"] > rows[1]["score"] > rows[2]["score"]
    tsv = run("translate", trained, "--n-best", "2", stdin="a b\n").ok().stdout.splitlines()
    assert tsv[0].split("\t") == ["line", "rank", "score", "log10_probability", "finished", "translation"]


def test_greedy_is_a_beam_of_one_and_draws_repeat(run: Run, trained: Path) -> None:
    stdin = "a b\nb b\nc a\nb\n"
    greedy = run("translate", trained, "--method", "greedy", stdin=stdin).ok().stdout
    assert run("translate", trained, "--beam", "1", stdin=stdin).ok().stdout == greedy
    drawn = [
        run(
            "translate",
            trained,
            "--method",
            "sample",
            "--temperature",
            "3",
            "--seed",
            seed,
            "--batch-size",
            size,
            stdin=stdin,
        )
        .ok()
        .stdout
        for seed, size in (("1", "64"), ("1", "1"), ("2", "64"))
    ]
    assert drawn[0] == drawn[1] != drawn[2]


def test_plot_attention_shows_and_draws(run: Run, trained: Path) -> None:
    rows = run("plot-attention", trained, "a b", "-o", "a.png", "--json").ok().json
    sums: dict[int, float] = {}
    for row in rows:
        sums[row["target_position"]] = sums.get(row["target_position"], 0) + row["weight"]
    assert [row["source"] for row in rows[:3]] == ["a", "b", "<eos>"]
    assert list(sums.values()) == pytest.approx([1.0] * len(sums), abs=1e-5)
    assert Path("a.png").read_bytes().startswith(b"\x89PNG")
    run("plot-attention", trained, "a b", "-o", "a.png").up_to_date("a.png")
    run("plot-attention", trained, "b a", "-o", "a.png").failed(1, "exists", "--overwrite")
    shown = run("plot-attention", trained, "a b", "--target", "c", "--format", "text").ok().stdout.splitlines()
    assert shown[0].split() == ["a", "b", "<eos>"]
    assert shown[1].split()[0] == "c"


def test_padding_that_is_read_is_shown_where_it_is_looked_at(run: Run, pairs: Path) -> None:
    run("train-seq2seq", pairs, "--pad-source", "6", "--emb-dim", "8", "--epochs", "1", "-o", "padded").ok()
    rows = run("plot-attention", "padded", "a b", "--target", "b", "--json").ok().json
    assert [row["source"] for row in rows[:6]] == ["a", "b", "<eos>", "<eos>", "<eos>", "<eos>"]
    assert sum(row["weight"] for row in rows[:6]) == pytest.approx(1, abs=1e-5)


def test_options_that_a_model_would_not_heed_are_refused(run: Run, pairs: Path) -> None:
    run("train-seq2seq", pairs, "--readout-dim", "0").failed(2, "--readout-dim", "--no-tied")
    run("train-seq2seq", pairs, "--arch", "conv", "--pad-source", "9").failed(2, "--pad-source", "--arch recurrent")


def test_eval_translation_counts_and_signs(run: Run) -> None:
    Path("r.txt").write_text("the cat sat on the mat .\na b c d e\n\n")
    Path("h.txt").write_text("the cat sat on the mat .\na b c x e\n\n")
    answer = run("eval-translation", "h.txt", "r.txt", "--tokenize", "none", "--resamples", "50", "--json").ok().json
    assert answer["n"] == 3
    assert answer["exact"] == pytest.approx(200 / 3)
    assert 0 < answer["bleu_low"] <= answer["bleu"] < 100
    assert "tok:none" in answer["bleu_signature"]
    piped = run("eval-translation", "-", "r.txt", "--resamples", "0", "--json", stdin=Path("h.txt").read_bytes())
    assert piped.ok().json["exact"] == answer["exact"]
    run("eval-translation", "h.txt", "r.txt", "-o", "e.eval", "--resamples", "50").ok()
    assert Path("e.eval/items.tsv").read_text().splitlines()[0] == "line\texact\tbleu\tchrf\tbleu_counts\tchrf_counts"
    kept = run("eval-translation", "h.txt", "r.txt", "-o", "e.eval", "--resamples", "50", "--json").ok().json
    assert kept["exact"] == answer["exact"]
    run("report", "e.eval", "-o", "r.report").ok()
    assert "tok:13a" in Path("r.report/translation.csv").read_text()
    assert "h.txt" in Path("r.report/report.md").read_text()
    Path("short.txt").write_text("one\n")
    run("eval-translation", "h.txt", "short.txt").failed(1, "3", "1")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["pairs.tsv", "--source", "x"], 2, ["PAIRS, or --source and --target"]),
        (["--source", "pairs.tsv"], 2, ["PAIRS, or --source and --target"]),
        (["-"], 2, ["standard input"]),
        (["pairs.tsv", "--column", "0"], 2, ["--column"]),
        (["pairs.tsv", "--column", "0,7"], 1, ["column '7'"]),
        (["pairs.tsv", "--errors", "skip"], 2, ["--errors skip", "--split"]),
        (["pairs.tsv", "--arch", "conv", "--peeky"], 2, ["--peeky", "--arch recurrent"]),
        (["pairs.tsv", "--input-feeding", "--attention", "none"], 2, ["--attention"]),
        (["pairs.tsv", "--valid", "pairs.tsv", "--valid-source", "x"], 2, ["--valid", "--valid-source"]),
        (["pairs.tsv", "--valid-source", "x"], 2, ["--valid-source", "--valid-target"]),
        (["pairs.tsv", "--max-length", "1", "--min-count", "9", "--valid", "long.tsv"], 1, ["validate"]),
        (["--source", "one.txt", "--target", "two.txt"], 1, ["one.corpus", "two.corpus", "1", "2"]),
        (["ragged.tsv"], 1, ["line 2", "2 cells", "1"]),
        (["pairs.tsv", "--arch", "ntm", "--layers", "2"], 2, ["--arch ntm", "--layers"]),
        (["pairs.tsv", "--arch", "transformer", "--cell", "gru"], 2, ["--cell", "--arch recurrent"]),
        (["pairs.tsv", "--heads", "2"], 2, ["--heads", "--arch transformer"]),
        (["pairs.tsv", "--bidirectional-layers", "1"], 2, ["--bidirectional-layers"]),
        (["pairs.tsv", "--locked-dropout", "--input-feeding"], 2, ["--locked-dropout"]),
        (["."], 1, ["folder"]),
        (["pairs.tsv", "--source-vectors", "v.npy"], 2, ["--source-vectors"]),
        (["pairs.tsv", "--valid", "-"], 2, ["standard input"]),
        (["pairs.tsv", "--valid", "dropped.corpus"], 2, ["dropped.corpus"]),
        (["dropped.corpus"], 1, ["dropped.corpus", "--blank-lines drop"]),
        (["--source", "split.corpus", "--target", "two.txt"], 1, ["split.corpus", "--split"]),
    ],
)
def test_refusals(run: Run, pairs: Path, arguments: list[str], code: int, words: list[str]) -> None:
    Path("long.tsv").write_text("a b c\ta b c\n")
    Path("one.txt").write_text("a\n")
    Path("two.txt").write_text("a\nb\n")
    Path("ragged.tsv").write_text("a\tb\nc\n")
    run("preprocess", "one.txt", "two.txt", "--blank-lines", "drop", "-o", "dropped.corpus").ok()
    run("preprocess", "two.txt", "--split", "0.5,0.5", "-o", "split.corpus").ok()
    run("train-seq2seq", *arguments, *TINY).failed(code, *words)


@pytest.mark.parametrize("tokenizer", ["whitespace", "bpe"])
def test_pairs_to_validate_on_are_read_as_those_to_train_on(run: Run, pairs: Path, tokenizer: str) -> None:
    Path("v.tsv").write_text("a b\tb a\n\tb\n" + "a " * 40 + "\tb\n")
    extra = ("--vocab-size", "262", "--max-length", "30") if tokenizer == "bpe" else ("--max-length", "30")
    done = run("train-seq2seq", pairs, "--valid", "v.tsv", "--tokenizer", tokenizer, *extra, *TINY, "-o", "m").ok()
    done.noted("1", "validation", "empty")
    done.noted("1", "validation", "30")
    manifest = read_manifest(Path("m"))
    assert manifest.summary["valid_pairs"] == 1
    command = next(iter(lineage("m", manifest))).command
    assert command is not None
    assert command.count("--valid v.tsv") == 1
    assert "--valid-" not in command


def test_the_command_of_the_lineage_makes_the_model_again(run: Run, pairs: Path) -> None:
    """A shared vocabulary of a table: the corpus of two columns, then the model of that corpus."""
    tokenizer = ("--vocabulary", "shared", "--tokenizer", "bpe", "--vocab-size", "262")
    run("train-seq2seq", pairs, *tokenizer, *TINY, "-o", "m").ok()
    manifest = read_manifest(Path("m"))
    for ancestor in reversed(list(lineage("again", manifest))):
        if ancestor.command is not None:
            words = shlex.split(ancestor.command)[1:]
            output = words[-1] if ancestor.depth == 0 else f"new-{words[-1]}"
            run(
                *(f"new-{w}" if w.endswith(".corpus") and ancestor.depth == 0 else w for w in words[:-1]),
                output,
                "--threads",
                "1",
            ).ok()
    assert read_manifest(Path("again")).files == manifest.files


def test_a_text_may_be_its_own_target(run: Run) -> None:
    Path("t.txt").write_text("a b\nb a\n" * 10)
    run("train-seq2seq", "--source", "t.txt", "--target", "t.txt", *TINY, "-o", "m").ok()
    command = next(iter(lineage("m", read_manifest(Path("m"))))).command
    assert command is not None
    assert command.startswith("seqtool train-seq2seq --source t.corpus --target t.corpus ")


def test_an_absurd_rate_is_a_divergence(run: Run, pairs: Path) -> None:
    options = (*TINY, "--optimizer", "sgd", "--lr", "1e9", "--clip", "0")
    run("train-seq2seq", pairs, "-o", "m", *options).failed(3, "diverged", "--lr")


def test_what_is_changed_in_the_lines_is_told_in_words(run: Run, trained: Path) -> None:
    done = run("translate", trained, stdin=b"a b\r\nc\r\n").ok()
    assert done.stdout == "b a\nc\n"
    done.noted("2", "carriage")


def test_a_coverage_penalty_is_heeded_where_there_is_attention(run: Run, trained: Path) -> None:
    plain, covered = (
        run("translate", trained, "--coverage-penalty", weight, "--json", stdin="a b\n").ok().json[0]["score"]
        for weight in ("0", "5")
    )
    assert covered < plain


def test_pairs_left_out_are_counted(run: Run) -> None:
    Path("p.tsv").write_text("a\tb\n\tb\na\t\n" + "a " * 30 + "\tb\n" + "c\td\n" * 20)
    done = run("train-seq2seq", "p.tsv", *TINY, "--max-length", "9").ok()
    done.noted("2", "empty")
    done.noted("1", "9", "--max-length")
    ledger = read_manifest(Path("p.lstm.seq2seq")).ledger
    assert [(row["what"], row["count"]) for row in ledger] == [("pairs", 2), ("pairs", 1)]


def test_vectors_to_words(run: Run) -> None:
    """Each of three vectors means a word: a model of one epoch must read its input to say so."""
    eye = np.eye(3, dtype=np.float32)
    draws = np.random.default_rng(1).integers(3, size=300)
    np.save("v.npy", eye[draws])
    Path("t.txt").write_text("".join(f"word{draw}\n" for draw in draws))
    run(
        "train-seq2seq",
        "--source-vectors",
        "v.npy",
        "--target",
        "t.txt",
        "-o",
        "m",
        "--emb-dim",
        "16",
        "--epochs",
        "6",
        "--batch-size",
        "10",
        "--lr",
        "0.02",
        "--precision",
        "fp32",
    ).ok()
    np.save("q.npy", eye[[2, 0, 1]])
    assert run("translate", "m", "q.npy").ok().stdout == "word2\nword0\nword1\n"
    run("translate", "m", "t.txt").failed(1, ".npy")
    run("plot-attention", "m", "x").failed(1, "m reads", "vectors")
    np.save("short.npy", eye)
    run("train-seq2seq", "--source-vectors", "short.npy", "--target", "t.txt", "-o", "n").failed(1, "3 lines", "300")
    np.save("wide.npy", np.ones((2, 4), np.float32))
    run("translate", "m", "wide.npy").failed(1, "4", "3")
    assert "v.npy" in [entry.name for entry in read_manifest(Path("m")).recipe.inputs]


@pytest.mark.parametrize("arch", ["conv", "transformer", "ntm"])
def test_other_architectures_go_the_whole_way(run: Run, pairs: Path, arch: str) -> None:
    extra = ("--memory-slots", "6", "--memory-width", "4") if arch == "ntm" else ()
    run(
        "train-seq2seq",
        pairs,
        "-o",
        "m",
        "--arch",
        arch,
        *TINY,
        *extra,
        "--label-smoothing",
        "0.1",
        "--batch-tokens",
        "64",
    ).ok()
    assert run("translate", "m", stdin="a b\n").ok().stdout.count("\n") == 1
    if arch == "ntm":
        run("plot-attention", "m", "a b").failed(1, "m has", "--attention")
        run("plot-attention", "m", " ").failed(1, "blank")
    else:
        assert len(run("plot-attention", "m", "a b", "--json").ok().json) >= 3


def test_validating_on_translations_keeps_what_translates_best(run: Run, pairs: Path) -> None:
    done = run("train-seq2seq", pairs, "-o", "m", *TINY, "--validate-on", "exact").ok()
    lines = [line for line in done.stderr.splitlines() if line.startswith("epoch ")]
    assert len(lines) == 2
    assert all("  exact " in line for line in lines)
    best = max(float(line.split("  exact ")[1].split()[0]) for line in lines)
    assert read_manifest(Path("m")).summary["valid_greedy"]["exact"] == pytest.approx(best)


def test_stopped_after_every_step_it_ends_in_the_same_bytes(run: Run, pairs: Path) -> None:
    options = (
        *TINY[:-2],
        "--dropout",
        "0.3",
        "--scheduled-sampling",
        "0.5",
        "--validate-on",
        "exact",
        "--batch-size",
        "16",
    )
    run("train-seq2seq", pairs, "-o", "whole", *options).ok()
    answers = []
    while "complete" not in answers:
        assert len(answers) < 20
        done = run("train-seq2seq", pairs, "-o", "parts", *options, "--max-minutes", "0", "--json").ok()
        answers.append(done.json["state"])
    assert len(answers) > 5
    assert read_manifest(Path("parts")).files == read_manifest(Path("whole")).files


def test_characters_are_scored_as_characters(run: Run) -> None:
    """A model that is right has BLEU 100, whatever its targets are cut into."""
    Path("p.tsv").write_text("a\tabcdef\nb\tfedcba\n" * 60)
    options = (*TINY, "--epochs", "12", "--lr", "0.03", "--validate-on", "bleu", "--json")
    done = run("train-seq2seq", "p.tsv", "--target-tokenizer", "char", "-o", "m", *options).ok()
    assert done.json["valid_exact"] == 100
    assert done.json["valid_bleu"] == pytest.approx(100)
    assert "first pair: 'a' → 'abcdef'" in done.stderr


def test_equal_scores_are_told_apart_by_the_loss(run: Run, pairs: Path) -> None:
    done = run(
        "train-seq2seq", pairs, "-o", "m", *TINY, "--lr", "0.0001", "--epochs", "3", "--validate-on", "exact"
    ).ok()
    assert done.stderr.count("  exact 0  lr") == 3
    assert read_manifest(Path("m")).summary["best_epoch"] == 3


def test_a_task_and_a_changed_text_are_told(run: Run, pairs: Path) -> None:
    command = ("make-task", "reverse", "--size", "60", "--max-length", "4", "--symbols", "3", "-o", "pairs.tsv")
    run(*command).up_to_date("pairs.tsv", alone=True)
    run("train-seq2seq", pairs, *TINY).ok()
    pairs.write_text(pairs.read_text() + "a\ta\n")
    run("train-seq2seq", pairs, *TINY, "-o", "other").failed(1, "pairs.tsv", "changed", "--overwrite")


def test_a_score_names_the_model_that_is_scored(run: Run, trained: Path) -> None:
    Path("q.txt").write_text("a b\n")
    found = run("translate", trained, "q.txt").ok().stdout
    run("eval-translation", "-", "q.txt", "--model", trained, "-o", "e.eval", stdin=found).ok()
    manifest = read_manifest(Path("e.eval"))
    assert manifest.summary["model"] == "m.seq2seq"
    assert manifest.recipe.inputs[-1].kind == "model:seq2seq"


def test_dry_run_says_what_would_be_and_trains_nothing(run: Run, pairs: Path) -> None:
    record = run("train-seq2seq", pairs, "--preset", "book-dates", "--dry-run", "--json").ok().json
    assert (record["hidden_dim"], record["attention"], record["reverse_source"]) == (256, "dot", True)
    assert record["parameters"] > 0
    assert not Path("pairs.lstm.seq2seq").exists()


@pytest.mark.parametrize(
    ("how", "rate"),
    [
        ([], 0.002),
        (["--optimizer", "adam"], 0.002),
        (["--optimizer", "sgd"], 1.0),
        (["--optimizer", "nt-asgd"], 1.0),
        (["--arch", "transformer"], 0.001),
        (["--arch", "conv", "--optimizer", "adam"], 0.001),
        (["--arch", "transformer", "--optimizer", "sgd"], 1.0),
        (["--lr", "0.5"], 0.5),
    ],
    ids=str,
)
def test_the_learning_rate_is_that_of_the_help_where_none_is_given(
    run: Run, pairs: Path, how: list[str], rate: float
) -> None:
    assert run("train-seq2seq", pairs, *how, "--dry-run", "--json", "-q").ok().json["lr"] == rate


def test_a_damaged_model_is_refused(run: Run, trained: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy.seq2seq"
    shutil.copytree(trained, copy)
    (copy / "source.vocab.tsv").write_text("broken")
    run("translate", copy, stdin="a\n").failed(1, "source.vocab.tsv")
    run("generate", trained).failed(1, "a seq2seq model")


def test_presets_name_their_command(run: Run) -> None:
    rows = run("presets", "--json").ok().json
    assert {"train-lm", "train-seq2seq", "train-classifier"} == {row["command"] for row in rows}
    assert json.dumps(run("presets", "--show", "book-addition", "--json").ok().json).find("train-seq2seq PAIRS") > 0


def test_the_references_of_a_table(run: Run, tmp_path: Path) -> None:
    """--column names those of the references; what was translated stands a line each, or in a table too."""
    (tmp_path / "pairs.tsv").write_text("a\tb c\nd\te f\n")
    (tmp_path / "out.txt").write_text("b c\ne x\n")
    (tmp_path / "out.tsv").write_text("a\tb c\nd\te x\n")
    texts = [run("eval-translation", name, "pairs.tsv", "--column", "1", "--json") for name in ("out.txt", "out.tsv")]
    assert [done.ok().json["exact"] for done in texts] == [50.0, 50.0]
    piped = run("eval-translation", "-", "pairs.tsv", "--column", "1", "--json", stdin="b c\ne f\n")
    assert piped.ok().json["exact"] == 100.0
