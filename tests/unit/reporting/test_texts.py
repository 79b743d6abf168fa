"""Which results of a report are of one text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

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
    [
        ("--split", "0.7,0.2,0.1"),
        ("--split", "0.8,0.1,0.1", "--split-by", "hash"),
        ("--split", "0.8,0.1,0.1", "--blank-lines", "drop"),
    ],
)
def test_other_sentences_are_another_text(run: Run, evaluated: Callable[..., str], other: tuple[str, ...]) -> None:
    names = data_of(run, evaluated("w", "--split", "0.8,0.1,0.1"), evaluated("o", *other))
    assert sorted(names) == ["o.corpus:test", "w.corpus:test"]


def test_parts_are_apart(run: Run, evaluated: Callable[..., str]) -> None:
    one = evaluated("w", "--split", "0.8,0.1,0.1")
    run("perplexity", "w.lm", "w.corpus:valid", "-o", "v.eval").ok()
    assert sorted(data_of(run, one, "v.eval")) == ["w.corpus:test", "w.corpus:valid"]


def test_what_was_made_from_another_artifact_of_the_name_is_told(run: Run, evaluated: Callable[..., str]) -> None:
    one = evaluated("w", "--split", "0.8,0.1,0.1")
    run("train-ngram", "w.corpus", "--order", "3", "-o", "w.lm", "--overwrite").ok()
    for _ in range(2):
        done = run("report", "w.lm", one, "-o", "r").noted("warning: ", "w.lm", one)
        assert done.stderr.count("warning: ") == 1
    told = next(line.removeprefix("warning: ") for line in done.stderr.splitlines() if line.startswith("warning: "))
    assert told in Path("r/report.md").read_text()
    assert told in Path("r/report.html").read_text()
    assert "warning" not in run("report", one).ok().stderr, "the one that it was made from is not known to be gone"
    run("perplexity", "w.lm", "w.corpus:test", "-o", one, "--overwrite").ok()
    assert "w.corpus" not in run("report", "w.lm", one, "-o", "r", "--overwrite").ok().stderr


def test_another_corpus_under_the_name_of_a_part_is_told(run: Run, evaluated: Callable[..., str]) -> None:
    one = evaluated("w", "--split", "0.8,0.1,0.1")
    assert "warning" not in run("report", "w.corpus", one).ok().stderr
    run("preprocess", "t.txt", "--split", "0.6,0.2,0.2", "-o", "w.corpus", "--overwrite").ok()
    run("report", "w.corpus", one).noted("warning: ", "w.corpus", one)


def test_drops_of_what_an_artifact_was_made_from_are_in_its_ledger(run: Run) -> None:
    Path("t.txt").write_text("".join(LINES) + "rare\n")
    run("preprocess", "t.txt", "--max-vocab", "7", "-o", "c.corpus").ok()
    run("cooccur", "c.corpus", "--min-count", "20", "-o", "c.counts").ok()
    run("ppmi", "c.counts", "-o", "p.matrix").ok()
    run("svd", "p.matrix", "--dim", "2", "-o", "s.vectors").ok()
    rows = run("report", "s.vectors", "p.matrix", "--json").ok().json["ledger"]
    named = [(row["artifact"], row["why"]) for row in rows]
    assert {name for name, _ in named} == {"c.corpus", "c.counts"}
    assert len(named) == len(set(named)), "each once"


def test_corpora_and_phrases_are_shown(run: Run) -> None:
    Path("t.txt").write_text("new york is big\n" * 20 + "a new day | in york\n" * 5)
    run("preprocess", "t.txt", "--split", "0.8,0.2", "-o", "c.corpus").ok()
    run("phrases", "c.corpus", "--min-count", "1", "--threshold", "1", "-o", "p.corpus").ok()
    run("report", "c.corpus", "p.corpus", "-o", "r").ok()
    page = Path("r/report.md").read_text()
    assert "| c.corpus | t.txt | whitespace | 25 | 20 | 5 | 110 |" in page
    assert "## Phrases" in page
    assert "| p.corpus | new_york | 20 |" in page
    assert Path("r/phrases.csv").read_text().startswith("corpus,phrase,count,score\np.corpus,")


def test_word_vectors_have_learning_curves(run: Run) -> None:
    Path("t.txt").write_text("".join(LINES))
    run("train-word2vec", "t.txt", "--dim", "4", "--epochs", "2", "--min-count", "1", "-o", "w.vectors").ok()
    run("cooccur", "t.txt", "-o", "c.counts").ok()
    run("train-glove", "c.counts", "--dim", "4", "--epochs", "3", "-o", "g.vectors").ok()
    run("report", "w.vectors", "g.vectors", "-o", "r").ok()
    rows = Path("r/curves.csv").read_text().splitlines()[1:]
    assert [row.split(",")[:2] for row in rows] == [["w.vectors", "1"], ["w.vectors", "2"]] + [
        ["g.vectors", str(epoch)] for epoch in (1, 2, 3)
    ]
    page = Path("r/report.html").read_text()
    assert page.count("<figcaption>") == 2, "losses of two units are not on one axis"


TINY = ("--emb-dim", "8", "--hidden-dim", "8", "--epochs", "1", "--threads", "1")


def test_a_model_s_own_test_of_a_part_is_not_shown_twice(run: Run) -> None:
    Path("t.txt").write_text("".join(LINES))
    Path("o.txt").write_text("".join(reversed(LINES)))
    for name in ("t", "o"):
        run("preprocess", f"{name}.txt", "--split", "0.8,0.2", "-o", f"{name}.corpus").ok()
    run("train-lm", "t.corpus", *TINY, "--test", "o.corpus:valid", "-o", "n.lm").ok()
    run("perplexity", "n.lm", "o.corpus:valid", "-o", "n.eval").ok()
    assert data_of(run, "n.lm", "n.eval") == ["o.corpus:valid"]


def test_a_text_is_what_was_read_of_it(run: Run) -> None:
    Path("t.tsv").write_text("".join(f"{line.strip()}\t{line}" for line in LINES))
    Path("t.txt").write_text("".join(LINES) + "\n\na b\n")
    for name, blank in (("k", "keep"), ("d", "drop")):
        run("preprocess", "t.txt", "--blank-lines", blank, "-o", f"{name}.corpus").ok()
        run("train-ngram", f"{name}.corpus", "--order", "2", "-o", f"{name}.lm").ok()
    for column in ("0", "1"):
        run("perplexity", "k.lm", "t.tsv", "--column", column, "-o", f"{column}.eval").ok()
    assert len(set(data_of(run, "0.eval", "1.eval"))) == 2
    for name in ("k", "d"):
        run("perplexity", f"{name}.lm", "t.txt", "-o", f"{name}.eval").ok()
    assert len(set(data_of(run, "k.eval", "d.eval"))) == 2, "blank lines are sentences of one of them"


def test_a_comparison_names_the_text_as_the_results_do(run: Run, evaluated: Callable[..., str]) -> None:
    split = ("--split", "0.8,0.1,0.1")
    names = [evaluated(name, *split, "--tokenizer", name) for name in ("char", "syllable")]
    run("compare", *names, "-o", "c.eval").ok()
    report = run("report", *names, "c.eval", "--json").ok().json
    assert {row["data"] for row in report["results"] + report["comparison"]} == {"t.txt:test"}


def test_a_report_of_another_layout_is_made_again(run: Run, evaluated: Callable[..., str], monkeypatch: Any) -> None:
    one = evaluated("w", "--split", "0.8,0.1,0.1")
    run("report", one, "-o", "r").ok()
    monkeypatch.setattr("seqtool.reporting.build._LAYOUT", 1_000)
    run("report", one, "-o", "r").failed(1, "r exists")
    assert "wrote r" in run("report", one, "-o", "r", "--overwrite").ok().stderr
    assert "layout" not in str(run("info", "r", "--lineage", "--json").ok().json[0]["command"])


def test_the_threads_of_every_artifact_stand_under_its_cost(run: Run) -> None:
    Path("t.txt").write_text("".join(LINES))
    run("train-word2vec", "t.txt", "--dim", "4", "--epochs", "1", "--min-count", "1", "--threads", "2", "-o", "w").ok()
    run("report", "w", "-o", "r").ok()
    head, row = (line.split(",") for line in Path("r/cost.csv").read_text().splitlines())
    assert dict(zip(head, row, strict=True))["threads"] == "2"
