"""The evaluation artifact: a summary, and the result of every sentence, question or pair in ``items.tsv``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from seqtool.artifact.manifest import Recipe
from seqtool.artifact.read import Artifact, open_artifact
from seqtool.artifact.tables import read_rows
from seqtool.artifact.write import RunRecord, claim, write_artifact
from seqtool.errors import ArtifactError
from seqtool.progress import note

KIND, ITEMS = "evaluation", "items.tsv"
# In the summary where the model was made from the data, and from what of them if not from all: reports then say so.
TRAINED_ON, TRAINED_ON_TEXTS = "trained_on", "trained_on_texts"
Row = Sequence[float | int | str]


def trained_on_summary(which: str, data: str) -> dict[str, Any]:
    """What a summary says where a model was made from ``which`` of the texts ``data``; nothing where it is empty."""
    partly = {TRAINED_ON_TEXTS: which} if which != data else {}
    return {TRAINED_ON: True} | partly if which else {}


class DeferredRows(Sequence[Row]):
    """Rows that are computed when one of them is first needed, and then kept.

    Args:
        compute: makes all of them.
    """

    def __init__(self, compute: Callable[[], Iterable[Row]]) -> None:
        self._compute = compute

    @cached_property
    def _rows(self) -> list[Row]:
        return list(self._compute())

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, at: Any) -> Any:
        return self._rows[at]


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation found. A message names it by its folder or, where it is not kept, by its model.

    Attributes:
        summary: the answer, with ``model`` and ``data``.
        columns: the header of its items.
        rows: an item each: a sentence, question or pair.
        ledger: what was changed or dropped of the data.
        run: how it was measured.
        recipe: what determined it; `evaluate_once` sets this and the next two.
        path: the folder that keeps it.
        kept: whether it was there already.
        notes: what a reader of the summary should know besides.
    """

    summary: Mapping[str, Any]
    columns: Sequence[str]
    rows: Sequence[Row]
    ledger: Sequence[Mapping[str, Any]] = ()
    run: RunRecord = field(default_factory=RunRecord)
    recipe: Recipe = field(default_factory=lambda: Recipe(KIND, "", {}))
    path: Path | None = None
    kept: bool = False
    notes: Sequence[str] = ()

    def __str__(self) -> str:
        return str(self.path or self.name)

    @property
    def name(self) -> str:
        """The name of the model, where it is known."""
        return str(self.summary.get("model") or (self.path.name if self.path else "the evaluation"))

    @cached_property
    def items(self) -> list[dict[str, str]]:
        """The rows by the names of their columns, as ``items.tsv`` spells them.

        Raises:
            ArtifactError: a row has too many or too few cells.
        """
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ArtifactError(
                f"{self}: the rows of {ITEMS} have different numbers of columns", "evaluate again with --overwrite"
            )
        return [dict(zip(self.columns, map(str, row), strict=True)) for row in self.rows]


def evaluate_once(
    recipe: Recipe, measure: Callable[[], Evaluation], output: Path | None = None, overwrite: bool = False
) -> Evaluation:
    """The evaluation that ``output`` holds already, or else one that is measured now and kept there.

    Every evaluation follows this protocol. It is decided before anything is measured; without an ``output`` nothing
    is kept.

    Raises:
        OutputError: something else is at ``output``.
    """
    if output is not None and claim(output, recipe, overwrite) == "up to date":
        note(f"{output} is up to date")
        return replace(read_evaluation(open_artifact(output, recipe.kind)), kept=True)
    found = replace(measure(), recipe=recipe, path=output)
    if output is not None:
        with write_artifact(output, recipe, found.run, overwrite) as draft:
            with (draft.path / ITEMS).open("w", encoding="utf-8") as file:
                file.write("\t".join(found.columns) + "\n")
                file.writelines("\t".join(map(str, row)) + "\n" for row in found.rows)
            draft.ledger.extend(dict(row) for row in found.ledger)
            draft.summary.update({"measure": recipe.command} | dict(found.summary))
        # Another process may have kept the same since it was found missing.
        note(f"wrote {output}" if draft.written else f"{output} is up to date")
    return found


def read_evaluation(artifact: Artifact) -> Evaluation:
    """An evaluation that was kept, with its items.

    Raises:
        ArtifactError: it is damaged.
    """
    rows = read_rows(artifact.file(ITEMS))
    columns = next(rows, [])
    summary = {name: value for name, value in artifact.summary.items() if name != "measure"}
    return Evaluation(
        summary,
        columns,
        [tuple(map(number_or_text, row)) for row in rows],
        artifact.manifest.ledger,
        recipe=artifact.manifest.recipe,
        path=artifact.path,
    )


def number_or_text(cell: str) -> float | int | str:
    """A number where its spelling can be restored from it, so that the label ``01`` stays what it is."""
    for kind in (int, float):
        try:
            value: float | int = kind(cell)
        except ValueError:
            continue
        if str(value) == cell:
            return value
    return cell
