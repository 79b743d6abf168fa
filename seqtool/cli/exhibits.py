"""What commands show, kept for a report: samples, neighbours, maps, attention and gradients as evaluation artifacts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqtool.errors import UsageError

if TYPE_CHECKING:
    from seqtool.artifact.manifest import Input

PICTURES = (".png", ".svg", ".pdf")
Kept = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FOLDER", help="also keep the answer, for report")
]  # fmt: skip
PictureOrKept = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", metavar="FILE|FOLDER",
        help="a picture (.png, .svg or .pdf), or with another name a folder that keeps the answer for report",
    ),
]  # fmt: skip


def is_picture(output: Path | None) -> bool:
    """Whether a name is that of a picture.

    Raises:
        UsageError: a name that ends like another kind of file.
    """
    if output is None or output.suffix.lower() in PICTURES:
        return output is not None
    if output.suffix.lower() in (".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".html", ".txt"):
        raise UsageError(f"{output} is no picture that can be written", "use .png, .svg, .pdf, or name a folder")
    return False


def keep(
    output: Path,
    command: str,
    options: Mapping[str, Any],
    inputs: Sequence[Input],
    summary: Mapping[str, Any],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    overwrite: bool,
) -> None:
    """Write what a command shows as an evaluation artifact, unless it stands there already.

    Args:
        output: its folder.
        command: which one.
        options: what determines the answer.
        inputs: what it is about.
        summary: with ``model`` and ``data``.
        columns: the header of ``items.tsv``.
        rows: its lines; texts are escaped as in ``vocab.tsv``.
        overwrite: replace an artifact made otherwise.
    """
    from seqtool.artifact.escapes import escaped
    from seqtool.artifact.manifest import Recipe
    from seqtool.artifact.write import RunRecord, claim
    from seqtool.evaluate.artifact import keep_evaluation
    from seqtool.progress import note

    recipe = Recipe("evaluation", command, options, list(inputs))
    if claim(output, recipe, overwrite) == "up to date":
        note(f"{output} is up to date")
        return
    written = ([next(iter(escaped([cell]))) if isinstance(cell, str) else cell for cell in row] for row in rows)
    keep_evaluation(output, recipe, RunRecord(), summary, columns, written)
    note(f"wrote {output}")
