"""Which results of a report are of one text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "Finished"]  # noqa: F821  (of tests/conftest.py)
LINES = [f"a b c{i % 3} d{i % 2}\n" for i in range(40)]


@pytest.fixture
def evaluated(run: Run) -> Callable[..., str]:
    """Makes a corpus of ``t.txt``, a model, and its evaluation on a part of the corpus."""
    Path("t.txt").write_text("".join(LINES))

    def make(name: str, *options: str, part: str = ":test") -> str:
        run("preprocess", "t.txt", *options, "-o", f"{name}.corpus").ok()
        run("train-ngram", f"{name}.corpus", "--order", "2", "-o", f"{name}.lm").ok()
        run("perplexity", f"{name}.lm", f"{name}.corpus{part}", "-o", f"{name}.eval").ok()
        return f"{name}.eval"

    return make


def data_of(run: Run, *evaluations: str) -> list[str]:
    return [row["data"] for row in run("report", *evaluations, "--json").ok().json["results"]]


def test_a_part_is_the_same_text_for_every_tokenizer(run: Run, evaluated: Callable[..., str]) -> None:
    split = ("--split", "0.8,0.1,0.1")
    one = evaluated("w", *split)
    assert data_of(run, one) == ["w.corpus:test"], "its own name where it has one"
    assert data_of(run, one, evaluated("c", *split, "--tokenizer", "char", "--lower")) == ["t.txt:test"] * 2
    run("phrases", "w.corpus", "--threshold", "0.1", "--min-count", "1", "-o", "p.corpus").ok()
    run("train-ngram", "p.corpus", "--order", "2", "-o", "p.lm").ok()
    run("perplexity", "p.lm", "p.corpus:test", "-o", "p.eval").ok()
    assert data_of(run, one, "p.eval") == ["t.txt:test"] * 2
    whole = [evaluated("a", part=""), evaluated("b", "--tokenizer", "char", part="")]
    assert data_of(run, *whole) == ["t.txt"] * 2


@pytest.mark.parametrize(
    "other",
    [("--split", "0.7,0.2,0.1"), ("--split", "0.8,0.1,0.1", "--split-by", "hash"),
     ("--split", "0.8,0.1,0.1", "--blank-lines", "drop")],
)  # fmt: skip
def test_other_sentences_are_another_text(run: Run, evaluated: Callable[..., str], other: tuple[str, ...]) -> None:
    names = data_of(run, evaluated("w", "--split", "0.8,0.1,0.1"), evaluated("o", *other))
    assert sorted(names) == ["o.corpus:test", "w.corpus:test"]


def test_parts_are_apart(run: Run, evaluated: Callable[..., str]) -> None:
    one = evaluated("w", "--split", "0.8,0.1,0.1")
    run("perplexity", "w.lm", "w.corpus:valid", "-o", "v.eval").ok()
    assert sorted(data_of(run, one, "v.eval")) == ["w.corpus:test", "w.corpus:valid"]
