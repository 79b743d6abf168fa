"""train-ngram, and the commands that use n-gram models."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Run = Callable[..., Any]


@pytest.fixture
def model(corpus_txt: Path, run: Run) -> Path:
    run("train-ngram", "corpus.txt", "--order", "3", "--arpa", "m.arpa", "-o", "m.lm", "-q").ok()
    return corpus_txt.parent / "m.lm"


def test_the_name_of_a_model_that_is_not_named(corpus_txt: Path, run: Run) -> None:
    done = run("train-ngram", "corpus.txt", "--order", "2", "--json").ok()
    assert done.json["model"].endswith("corpus.2gram.lm")
    run("train-ngram", "corpus.txt", "--order", "2").up_to_date()
    run("train-ngram", "corpus.txt", "--order", "2", "--smoothing", "katz").failed(1, "exists", "smoothing")


def test_a_plan_makes_nothing(corpus_txt: Path, run: Run) -> None:
    plan = run("train-ngram", "corpus.txt", "--order", "2", "--dry-run", "--json").ok().json
    assert plan["order"] == 2
    assert not (corpus_txt.parent / "corpus.2gram.lm").exists()


def test_arpa_text_stands_for_its_model(model: Path, run: Run) -> None:
    from_folder = run("perplexity", "m.lm", "corpus.txt", "--json").ok().json
    from_text = run("perplexity", "m.arpa", "corpus.txt", "--json").ok().json
    assert from_text["perplexity"] == pytest.approx(from_folder["perplexity"], rel=1e-5)
    assert (model.parent / "m.arpa.lm").is_dir()
    assert "wrote" not in run("perplexity", "m.arpa", "corpus.txt", "--json").ok().stderr
    run("train-ngram", "m.arpa", "-o", "again.lm").ok()
    run("train-ngram", "m.arpa", "-o", "again.lm", "--order", "2").failed(2, "--order", "m.arpa")
    run("perplexity", "corpus.txt", "corpus.txt").failed(2, "corpus.txt", "ARPA")


def test_changed_arpa_text_is_read_anew(model: Path, run: Run) -> None:
    run("perplexity", "m.arpa", "corpus.txt").ok()
    run("train-ngram", "corpus.txt", "--order", "1", "--arpa", "other.arpa", "-o", "other.lm").ok()
    (model.parent / "other.arpa").replace(model.parent / "m.arpa")
    done = run("perplexity", "m.arpa", "corpus.txt", "--json").ok()
    assert "wrote" in done.stderr
    expected = run("perplexity", "other.lm", "corpus.txt", "--json").ok().json
    assert done.json["perplexity"] == pytest.approx(expected["perplexity"], rel=1e-5)


def test_what_stands_where_arpa_text_would_go_is_kept(model: Path, run: Run) -> None:
    model.rename(model.parent / "m.arpa.lm")
    run("perplexity", "m.arpa", "corpus.txt").failed(1, "m.arpa.lm exists", "--overwrite")


def test_lines_of_kenlm(model: Path, run: Run) -> None:
    (model.parent / "t.txt").write_text("the cat sat\nthe zebra sat on\n")
    native = run("perplexity", "m.lm", "t.txt", "--format", "native").ok().stdout.splitlines()
    numbers = dict(line.split(":\t") for line in native)
    assert list(numbers) == ["Perplexity including OOVs", "Perplexity excluding OOVs", "OOVs", "Tokens"]
    assert (numbers["OOVs"], numbers["Tokens"]) == ("1", "9")
    found = run("perplexity", "m.lm", "t.txt", "--json").ok().json
    assert float(numbers["Perplexity excluding OOVs"]) == found["perplexity_without_oov"]
    # SRILM's ppl divides by 8 tokens, its ppl1 by 6 words: the same sum.
    assert found["ppl1"] ** 6 == pytest.approx(found["perplexity_without_oov"] ** 8)


def test_an_infinite_perplexity_is_told(model: Path, run: Run) -> None:
    run("train-ngram", "corpus.txt", "--order", "2", "--smoothing", "ml", "-o", "ml.lm").ok()
    (model.parent / "t.txt").write_text("the zebra sat\n")
    done = run("perplexity", "ml.lm", "t.txt", "--json").ok()
    assert done.json["perplexity"] is None
    assert "infinite" in done.stderr


def test_context_is_the_sentence(model: Path, run: Run) -> None:
    run("perplexity", "m.lm", "corpus.txt", "--context", "stream").failed(2, "--context", "stream")


def test_scores_of_sentences_and_tokens(model: Path, run: Run) -> None:
    (model.parent / "t.txt").write_text("the cat sat\n\nthe zebra\n")
    sentences = run("score", "m.lm", "t.txt", "--json").ok().json
    tokens = run("score", "m.lm", "t.txt", "--per-token", "--json").ok().json
    assert [row["token"] for row in tokens] == ["the", "cat", "sat", "<eos>", "<eos>", "the", "zebra", "<eos>"]
    assert [row["oov"] for row in tokens] == [0, 0, 0, 0, 0, 0, 1, 0]
    for row in sentences:
        own = [token["log10_probability"] for token in tokens if token["sentence"] == row["sentence"]]
        assert sum(own) == pytest.approx(row["log10_probability"], abs=1e-5)


def test_the_next_word(model: Path, run: Run) -> None:
    rows = run("score", "m.lm", "--next", "the cat", "-k", "3", "--json").ok().json
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert {row["token"] for row in rows} == {"sat", "ran", "slept"}
    every = run("score", "m.lm", "--next", "the cat", "-k", "1000", "--json").ok().json
    assert sum(row["probability"] for row in every) == pytest.approx(1.0, abs=1e-5)
    run("score", "m.lm").failed(2, "--next")
    run("score", "m.lm", "corpus.txt", "--next", "the").failed(2, "--next")


def test_text_from_a_model(model: Path, run: Run) -> None:
    first = run("generate", "m.lm", "--num", "3", "--seed", "5").ok().stdout
    assert len(first.splitlines()) == 3
    assert run("generate", "m.lm", "--num", "3", "--seed", "5").ok().stdout == first
    assert run("generate", "m.lm", "--method", "beam", "--prompt", "the cat").ok().stdout.startswith("the cat ")


def test_stupid_back_off_has_scores_but_no_perplexity(corpus_txt: Path, run: Run) -> None:
    run("train-ngram", "corpus.txt", "--smoothing", "stupid-backoff", "-o", "s.lm", "-q").ok()
    run("perplexity", "s.lm", "corpus.txt").failed(2, "s.lm", "score")
    assert len(run("score", "s.lm", "corpus.txt", "--json").ok().json) == 120
    run("generate", "s.lm").ok()
    run("train-ngram", "corpus.txt", "--order", "2", "-o", "m.lm", "-q").ok()
    run("perplexity", "m.lm", "corpus.txt", "--mix", "s.lm:0.5").failed(2, "s.lm", "probabilities")


def test_mixtures(corpus_txt: Path, run: Run) -> None:
    for order in (1, 3):
        run("train-ngram", "corpus.txt", "--order", order, "-o", f"{order}.lm", "-q").ok()
    text = ("3.lm", "corpus.txt")
    alone = [run("perplexity", name, "corpus.txt", "--json").ok().json["perplexity"] for name in ("3.lm", "1.lm")]
    weighted = run("perplexity", *text, "--mix", "1.lm:0.25", "--json").ok().json
    assert alone[0] < weighted["perplexity"] < alone[1]
    assert run("perplexity", *text, "--mix", "1.lm:0", "--json").ok().json["perplexity"] == pytest.approx(alone[0])
    tuned = run("perplexity", *text, "--mix", "1.lm", "--tune", "corpus.txt", "--json").ok()
    assert "tuned weights" in tuned.stderr
    assert tuned.json["perplexity"] <= min(weighted["perplexity"], alone[0]) * (1 + 1e-4)
    rows = run("score", "3.lm", "--next", "the", "-k", "1000", "--mix", "1.lm:0.5", "--json").ok().json
    assert sum(row["probability"] for row in rows) == pytest.approx(1.0, abs=1e-5)
    run("generate", "3.lm", "--mix", "1.lm:0.5").ok()
    run("perplexity", *text, "--mix", "1.lm").failed(2, "weight")
    run("perplexity", *text, "--mix", "1.lm:0.7", "--mix", "1.lm:0.7").failed(2, "--mix", "most 1")
    run("perplexity", *text, "--mix", "1.lm:7").failed(2, "--mix 1.lm:7", "weight")
    run("perplexity", *text, "--tune", "corpus.txt").failed(2, "--mix")
    run("train-ngram", "corpus.txt", "--max-vocab", "5", "-o", "few.lm", "-q").ok()
    run("perplexity", *text, "--mix", "few.lm:0.5").failed(2, "words")


def test_arpa_text_that_cannot_be_written_is_refused_before_the_training(
    model: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    run("train-ngram", "corpus.txt", "--order", "4", "--arpa", "n.arpa", "-o", "n.lm").failed(1, "n.arpa")
    assert not (model.parent / "n.lm").exists()


def test_a_mixture_with_arpa_text(model: Path, run: Run) -> None:
    alone = run("perplexity", "m.lm", "corpus.txt", "--json").ok().json["perplexity"]
    mixed = run("perplexity", "m.lm", "corpus.txt", "--mix", "m.arpa:0.3", "--json").ok().json["perplexity"]
    assert mixed == pytest.approx(alone, rel=1e-5)


def test_a_mixture_of_an_ngram_and_a_neural_model(made: Path, tmp_path: Path, run: Run) -> None:
    run("train-ngram", made / "c.corpus", "--order", "3", "-o", "n.lm", "-q").ok()
    test = f"{made / 'c.corpus'}:test"
    neural = run("perplexity", made / "m.lm", test, "--json").ok().json["perplexity"]
    mixed = run("perplexity", made / "m.lm", test, "--mix", "n.lm:0.9", "--json").ok().json
    assert mixed["perplexity"] < neural
    assert mixed["context"] == "stream+sentence"
    run("generate", "n.lm", "--mix", f"{made / 'm.lm'}:0.1", "--num", "1").ok()


def test_a_vocabulary_for_a_corpus_that_is_there(corpus_txt: Path, run: Run) -> None:
    (corpus_txt.parent / "words").write_text("the\ncat\nunicorn\n")
    run("train-ngram", "corpus.txt", "--vocab", "words", "-o", "v.lm", "-q").ok()
    tokens = [row["token"] for row in run("vocab", "v.lm", "--json").ok().json]
    assert sorted(tokens[2:]) == ["cat", "the", "unicorn"]
    assert "<unk>" in str(run("info", "v.lm", "--json").ok().json["dropped"])
    run("train-ngram", "corpus.txt", "--vocab", "nowhere", "-o", "w.lm").failed(2, "nowhere")


@pytest.mark.parametrize("damage", ["shape", "children", "label", "order", "cut"])
def test_a_hostile_model_is_refused(model: Path, run: Run, forge: Callable[..., None], damage: str) -> None:

    path = model / "ngrams2.npy"
    nodes = np.load(path)
    if damage == "shape":
        np.save(path, nodes[:, :3])
    elif damage == "children":
        nodes[3, 1] = 2**31
        np.save(path, nodes)
    elif damage == "label":
        nodes[3, 0] = 2**31
        np.save(path, nodes)
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-10])

    def change(raw: dict[str, Any]) -> None:
        if damage == "order":
            raw["summary"]["order"] = 10**9

    forge(model, change)
    run("perplexity", model, "corpus.txt").failed(1, "m.lm")


def test_killed_and_run_again(tmp_path: Path, run: Run, started: Callable[..., Any]) -> None:
    import random

    draw = random.Random(3)
    words = [f"w{i}" for i in range(5000)]
    with (tmp_path / "t.txt").open("w") as file:
        for _ in range(60_000):
            file.write(" ".join(draw.choices(words, k=10)) + "\n")
    run("preprocess", "t.txt", "-o", "t.corpus", "-q").ok()
    process = started("train-ngram", "t.corpus", "-o", "t.lm", "--threads", "1")
    for _ in range(600):
        if list(tmp_path.glob(".t.lm.*/counts/*")) or process.poll() is not None:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "t.lm").exists()
    run("train-ngram", "t.corpus", "-o", "t.lm", "-q").ok()
    assert run("info", "t.lm", "--verify", "--json").ok().json["problems"] == []
    assert [path.name for path in tmp_path.glob(".t.lm.*")] == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--arpa", "corpus.txt"], 1, ["corpus.txt", "input"]),
        (["--arpa", "notes.txt"], 1, ["notes.txt exists", "--overwrite"]),
        (["--arpa", "missing/x.arpa"], 1, ["missing/x.arpa", "folder"]),
        (["--add-k", "0.1"], 2, ["--add-k", "--smoothing add-k"]),
        (["--smoothing", "ml", "--alpha", "0.1"], 2, ["--alpha", "--smoothing stupid-backoff"]),
        (["--smoothing", "stupid-backoff", "--arpa", "x.arpa"], 2, ["ARPA", "stupid-backoff"]),
    ],
    ids=str,
)
def test_what_is_refused_before_anything_is_counted(
    run: Run, corpus_txt: Path, arguments: list[str], code: int, words: list[str]
) -> None:
    before = corpus_txt.read_bytes()
    Path("notes.txt").write_text("mine")
    run("train-ngram", "corpus.txt", *arguments, "-o", "m.lm").failed(code, *words)
    assert corpus_txt.read_bytes() == before
    assert Path("notes.txt").read_text() == "mine"
    assert not Path("m.lm").exists()


def test_standard_input_is_read_once(run: Run, corpus_txt: Path) -> None:
    run("train-ngram", "corpus.txt", "--order", "2", "-o", "m.lm", "-q").ok()
    run("score", "m.lm", "-", "--mix", "m.lm", "--tune", "-").failed(2, "standard input")
