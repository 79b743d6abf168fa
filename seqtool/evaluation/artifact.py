"""The evaluation artifact: a summary, and the result of every sentence, question or pair in ``items.tsv``."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seqtool.artifact.manifest import Recipe
from seqtool.artifact.read import open_artifact
from seqtool.artifact.write import RunRecord, claim, write_artifact
from seqtool.progress import note

ITEMS = "items.tsv"
Row = Sequence[float | int | str]


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation found.

    Attributes:
        summary: the answer, with ``model`` and ``data``.
        columns: the header of its items.
        rows: an item each: a sentence, question or pair.
        ledger: what was changed or dropped of the data.
        run: how it was measured.
    """

    summary: Mapping[str, Any]
    columns: Sequence[str]
    rows: Sequence[Row]
    ledger: Sequence[Mapping[str, Any]] = ()
    run: RunRecord = field(default_factory=RunRecord)


def evaluate_once(
    recipe: Recipe, measure: Callable[[], Evaluation], output: Path | None = None, overwrite: bool = False
) -> Evaluation:
    """The evaluation that ``output`` holds already, or else one that is measured now and kept there.

    Every evaluation follows this protocol. It is decided before anything is measured; without an ``output`` nothing
    is kept.

    Raises:
        OutputError: something else is at ``output``.
    """
    kept = kept_evaluation(output, recipe, overwrite) if output else None
    if kept is not None:
        note(f"{output} is up to date")
        return Evaluation(kept[0], (), kept[1])
    found = measure()
    if output is not None:
        keep_evaluation(output, recipe, found.run, found.summary, found.columns, found.rows, found.ledger, overwrite)
        note(f"wrote {output}")
    return found


def kept_evaluation(output: Path, recipe: Recipe, overwrite: bool = False) -> tuple[dict[str, Any], list[Row]] | None:
    """The summary and the items of an evaluation that stands at ``output`` already; ``None`` where it is to be made.

    Raises:
        OutputError: where something else stands there.
    """
    if claim(output, recipe, overwrite) != "up to date":
        return None
    artifact = open_artifact(output, recipe.kind)
    with artifact.file(ITEMS).open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
    summary = {name: value for name, value in artifact.summary.items() if name != "measure"}
    return summary, [[_number(cell) for cell in row] for row in rows]


def keep_evaluation(
    output: Path,
    recipe: Recipe,
    run: RunRecord,
    summary: Mapping[str, Any],
    columns: Sequence[str],
    rows: Iterable[Row],
    ledger: Iterable[Mapping[str, Any]] = (),
    overwrite: bool = False,
) -> None:
    """Write an evaluation.

    Args:
        output: its folder.
        recipe: the command that measures, its options, the model and the data.
        run: how it was measured.
        summary: the answer as the command prints it, with ``model`` and ``data``.
        columns: the header of ``items.tsv``.
        rows: its lines, one per item.
        ledger: what was changed or dropped of the data.
        overwrite: replace an artifact made differently.
    """
    with write_artifact(output, recipe, run, overwrite) as draft:
        with (draft.path / ITEMS).open("w", encoding="utf-8") as file:
            file.write("\t".join(columns) + "\n")
            file.writelines("\t".join(map(str, row)) + "\n" for row in rows)
        draft.ledger.extend(dict(row) for row in ledger)
        draft.summary.update({"measure": recipe.command} | dict(summary))


def _number(cell: str) -> float | int | str:
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            continue
    return cell
