"""Labels against gold labels, from files, without an artifact."""

from __future__ import annotations

from pathlib import Path

import pytest

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
