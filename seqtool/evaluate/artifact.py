"""The evaluation artifact: a summary, and the result of every sentence, question or pair in ``items.tsv``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from seqtool.artifact.manifest import Input, Recipe
from seqtool.artifact.write import RunRecord, claim, write_artifact

ITEMS = "items.tsv"


def keep_evaluation(
    output: Path,
    command: str,
    options: Mapping[str, Any],
    inputs: Sequence[Input],
    summary: Mapping[str, Any],
    columns: Sequence[str],
    rows: Iterable[Sequence[float | int | str]],
    overwrite: bool = False,
) -> bool:
    """Write an evaluation.

    Args:
        output: its folder.
        command: the command that measures, such as ``perplexity``.
        options: what determines the result besides the inputs.
        inputs: the model, then the data.
        summary: the answer as the command prints it, with ``model`` and ``data``.
        columns: the header of ``items.tsv``.
        rows: its lines, one per item.
        overwrite: replace an artifact made differently.

    Returns:
        Whether it had to be written.
    """
    recipe = Recipe("evaluation", command, dict(options), inputs)
    if claim(output, recipe, overwrite) == "up to date":
        return False
    with write_artifact(output, recipe, RunRecord()) as draft:
        with (draft.path / ITEMS).open("w", encoding="utf-8") as file:
            file.write("\t".join(columns) + "\n")
            file.writelines("\t".join(map(str, row)) + "\n" for row in rows)
        draft.summary.update({"measure": command} | dict(summary))
    return True
