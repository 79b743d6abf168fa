"""The protocol of evaluations, and what is read back of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqtool.artifact.manifest import Recipe
from seqtool.artifact.read import open_artifact
from seqtool.errors import ArtifactError
from seqtool.evaluation.artifact import DeferredRows, Evaluation, evaluate_once, read_evaluation

RECIPE = Recipe("evaluation", "eval-labels", {"seed": 1})


def found(*rows: tuple[object, ...]) -> Evaluation:
    return Evaluation({"model": "m", "data": "d"}, ("gold", "right"), list(rows))  # type: ignore[arg-type]


def test_it_is_measured_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calls: list[int] = []

    def measure() -> Evaluation:
        calls.append(1)
        return found(("a", 1), ("b", 0.5))

    first = evaluate_once(RECIPE, measure, tmp_path / "e")
    again = evaluate_once(RECIPE, measure, tmp_path / "e")
    assert (len(calls), first.kept, again.kept) == (1, False, True)
    assert (again.summary, list(again.columns), list(map(tuple, again.rows))) == (
        first.summary,
        ["gold", "right"],
        [("a", 1), ("b", 0.5)],
    )
    assert again.recipe.fingerprint() == first.recipe.fingerprint() == RECIPE.fingerprint()
    assert "wrote" in capsys.readouterr().err
    assert evaluate_once(RECIPE, measure).path is None
    assert len(calls) == 2


def test_labels_that_look_like_numbers_stay_labels(tmp_path: Path) -> None:
    """``1`` and ``01`` are two labels, as are ``1e3`` and ``1000.0``."""
    spellings = ["1", "01", "1e3", "1000.0", "1_0", "nan", "x", ""]
    evaluate_once(RECIPE, lambda: found(*((name, 1) for name in spellings)), tmp_path / "e")
    kept = read_evaluation(open_artifact(tmp_path / "e"))
    assert [row["gold"] for row in kept.items] == spellings
    assert kept.items == found(*((name, 1) for name in spellings)).items
    assert (kept.rows[0][0], kept.rows[1][0]) == (1, "01")


def test_a_message_names_the_folder_or_else_the_model(tmp_path: Path) -> None:
    one = found(("a", 1))
    assert (str(one), one.name) == ("m", "m")
    kept = evaluate_once(RECIPE, lambda: one, tmp_path / "e")
    assert (str(kept), kept.name) == (str(tmp_path / "e"), "m")


def test_rows_of_another_length_are_damage() -> None:
    with pytest.raises(ArtifactError, match=r"items\.tsv"):
        _ = found(("a", 1), ("b",)).items


def test_deferred_rows_are_computed_when_they_are_needed_and_once() -> None:
    calls: list[int] = []
    rows = DeferredRows(lambda: (calls.append(i) or (i,) for i in range(3)))  # type: ignore[func-returns-value]
    assert calls == []
    assert (len(rows), rows[1], list(rows)) == (3, (1,), [(0,), (1,), (2,)])
    assert calls == [0, 1, 2]


def test_what_another_process_has_kept_meanwhile_is_up_to_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def measured() -> Evaluation:
        return found(("a", 1))

    def measured_beside_another() -> Evaluation:
        evaluate_once(RECIPE, measured, tmp_path / "e")
        capsys.readouterr()
        return measured()

    evaluate_once(RECIPE, measured_beside_another, tmp_path / "e")
    said = capsys.readouterr().err
    assert "up to date" in said
    assert "wrote" not in said
