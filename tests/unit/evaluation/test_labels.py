"""Labels against gold labels, from files, without an artifact."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqtool.corpus.options import SourceOptions
from seqtool.errors import InputError, UsageError
from seqtool.evaluation.compare import compare_evaluations
from seqtool.evaluation.labels import evaluate_labels
from seqtool.evaluation.predictions import LabelScoring
from seqtool.labelling.options import LabelledTexts
from seqtool.metrics.options import CompareOptions, LabelScoreOptions
from seqtool.nn.options import DeviceOptions

FEW = LabelScoring(LabelScoreOptions(resamples=0))


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    (tmp_path / "gold.tsv").write_text("a\tone\nb\ttwo\na\tthree\nb\tfour\n")
    (tmp_path / "p.txt").write_text("a\t0.9\nb\t0.8\nb\t0.7\nb\t0.6\n")
    return str(tmp_path / "p.txt"), str(tmp_path / "gold.tsv")


def test_the_summary_and_the_items(files: tuple[str, str]) -> None:
    found = evaluate_labels(*files, FEW)
    assert (found.summary["model"], found.summary["data"]) == ("p.txt", "gold.tsv")
    assert (found.summary["n"], found.summary["accuracy"]) == (4, 0.75)
    assert found.summary["confusion"] == {"a": {"a": 1, "b": 1}, "b": {"b": 2}}
    assert [row["text"] for row in found.summary["mistakes"]] == ["three"]
    assert [tuple(row)[:4] for row in found.rows] == [
        (1, 1, "a", "a"),
        (2, 1, "b", "b"),
        (3, 0, "a", "b"),
        (4, 1, "b", "b"),
    ]
    assert [entry.kind for entry in found.recipe.inputs] == ["predictions:text", "gold:texts", "gold:labels"]


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("g.csv", 'label,text\na,"one\nmore"\na,b,c\nb,two\na,three\n', [2, 5, 6]),
        ("sep.csv", "sep=;\nlabel;text\na;one\nx\nb;two\na;three\n", [3, 5, 6]),
        ("g.tsv", "a\tone\nno label\nb\ttwo\na\tthree\n", [1, 3, 4]),
        ("f.txt", "__label__a one\nno label\n__label__b two\n__label__a three\n", [1, 3, 4]),
        ("g.jsonl", '["a", "x"]\n{\n["b", "y"]\n["a", "z"]\n', [1, 3, 4]),
        ("d.json", '[\n["a", "x"],\n3,\n["b",\n"y"], ["a", "z"]]\n', [2, 4, 5]),
    ],
)
def test_lines_are_those_of_the_file(tmp_path: Path, name: str, text: str, lines: list[int]) -> None:
    gold, predictions = tmp_path / name, tmp_path / "p.txt"
    gold.write_text(text)
    predictions.write_text("b\na\nb\n")
    numbers = "json" in name
    sources = SourceOptions(bad_rows="skip", column="1" if numbers else None)
    labelled = LabelledTexts(label_column="0") if numbers else LabelledTexts()
    scoring = LabelScoring(LabelScoreOptions(resamples=0), labelled, sources)
    found = evaluate_labels(str(predictions), str(gold), scoring)
    assert [row[0] for row in found.rows] == lines
    assert [row["line"] for row in found.summary["mistakes"]] == lines


def test_the_line_without_a_label_is_that_of_the_file(tmp_path: Path) -> None:
    gold, predictions = tmp_path / "g.csv", tmp_path / "p.txt"
    gold.write_text("label,text\na,one\na,b,c\n,two\n")
    predictions.write_text("a\na\n")
    with pytest.raises(InputError, match="line 4:"):
        evaluate_labels(str(predictions), str(gold), LabelScoring(sources=SourceOptions(bad_rows="skip")))


def test_spans_of_columns(tmp_path: Path) -> None:
    path = tmp_path / "c.txt"
    path.write_text("w B-X B-X\nw I-X I-X\n\nw B-X O\n")
    found = evaluate_labels(str(path), scoring=LabelScoring(LabelScoreOptions(resamples=0), columns=True))
    assert (found.summary["n"], found.summary["words"]) == (2, 3)
    assert found.summary["f1"] == pytest.approx(2 / 3)
    assert [tuple(row) for row in found.rows] == [(1, 1, 1, 1), (2, 0, 1, 0)]


def test_two_that_are_kept_are_compared(files: tuple[str, str], tmp_path: Path) -> None:
    predictions, gold = files
    Path(predictions).with_name("q.txt").write_text("a\nb\na\nb\n")
    for name in ("p", "q"):
        evaluate_labels(str(tmp_path / f"{name}.txt"), gold, FEW, output=tmp_path / f"{name}.eval")
    found = compare_evaluations(tmp_path / "p.eval", tmp_path / "q.eval", CompareOptions(resamples=100))
    assert (found.summary["a"], found.summary["b"], found.summary["data"]) == ("p.txt", "q.txt", "gold.tsv")
    accuracy, _ = found.summary["measures"]
    assert (accuracy["measure"], accuracy["value_a"], accuracy["value_b"]) == ("accuracy", 0.75, 1.0)


def test_refusals(files: tuple[str, str], tmp_path: Path) -> None:
    predictions, gold = files
    with pytest.raises(UsageError, match="--columns"):
        evaluate_labels(predictions)
    with pytest.raises(UsageError, match="--threads"):
        evaluate_labels(predictions, gold, LabelScoring(compute=DeviceOptions(threads=1)))
    with pytest.raises(UsageError, match="--form"):
        evaluate_labels(predictions, scoring=LabelScoring(columns=True, labelled=LabelledTexts(form="tab")))
    (tmp_path / "short.txt").write_text("a\n")
    with pytest.raises(InputError, match=r"\b1 .*\b4 "):
        evaluate_labels(str(tmp_path / "short.txt"), gold)
