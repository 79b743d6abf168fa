"""Answers of commands, saved for a report as evaluation artifacts: samples, neighbors, maps, attention, gradients and
findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seqtool.artifact.escapes import escape, unescaped
from seqtool.artifact.manifest import Input, Recipe
from seqtool.artifact.read import open_artifact
from seqtool.artifact.tables import read_rows
from seqtool.artifact.write import claim
from seqtool.errors import ArtifactError, UsageError, plural
from seqtool.evaluation.artifact import ITEMS, KIND, Evaluation, evaluate_once
from seqtool.progress import note
from seqtool.vectors.plots.plot import SUFFIXES, check_output

_OTHER_PICTURES = (".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".html", ".txt")


def picture_output(output: Path | None) -> Path | None:
    """The output where it is the name of a picture.

    Raises:
        OutputError: it is a folder.
        UsageError: a name that ends like another kind of file.
    """
    if output is None or output.suffix.lower() not in (*SUFFIXES, *_OTHER_PICTURES):
        return None
    if output.suffix.lower() in _OTHER_PICTURES:
        raise UsageError(f"{output}: unsupported image format", "use .png, .svg or .pdf, or the name of a folder")
    check_output(output)
    return output


@contextmanager
def told_when_drawn(picture: Path) -> Iterator[None]:
    """Say afterwards whether a picture was written, or existed already with the same content."""
    from seqtool.artifact.files import stamp
    from seqtool.progress import note

    before = stamp(picture)
    yield
    note(f"{picture} is up to date" if stamp(picture) == before else f"wrote {picture}")


def tell_missing(missing: str) -> None:
    """Say which characters of a picture no installed font has, and what to install."""
    if missing:
        shown = " ".join(missing[:10]) + (" …" if len(missing) > 10 else "")
        note(
            f"no installed font has {plural(len(missing), 'character')} of the picture ({shown}): shown as boxes; "
            "install a font package such as fonts-nanum or fonts-noto-cjk, then draw it again"
        )


class SavedAnswer:
    """What a command shows, kept as an evaluation artifact. Made where possible before the answer is computed.

    Args:
        output: its folder.
        command: which one.
        options: what determines the answer.
        inputs: what it is about.
        overwrite: replace an artifact made otherwise.

    Raises:
        OutputError: something else is there.
    """

    def __init__(
        self, output: Path, command: str, options: Mapping[str, Any], inputs: Sequence[Input], overwrite: bool
    ) -> None:
        self._output, self._overwrite = output, overwrite
        self._recipe = Recipe(KIND, command, options, list(inputs))
        self._exists = claim(output, self._recipe, overwrite) == "up to date"

    def standing(self) -> list[list[str]] | None:
        """The rows that were saved already, as they were given, with a note that says so; ``None``: there are none.

        An answer that is shown from them need not be computed, nor kept.

        Raises:
            ArtifactError: they are damaged.
        """
        if not self._exists:
            return None
        note(f"{self._output} is up to date")
        path = open_artifact(self._output, KIND).file(ITEMS)
        rows = read_rows(path)
        if next(rows, None) is None:
            raise ArtifactError(f"{path} is empty; it needs a header", "run the command again with --overwrite")
        return [unescaped(path, row) for row in rows]

    def keep(self, model: str, data: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Write it, unless it exists already, with a note that says which.

        Args:
            model: which one it is about.
            data: what of it.
            columns: the header of ``items.tsv``.
            rows: its lines; texts are escaped as in ``vocab.tsv``.
        """

        def answer() -> Evaluation:
            written = [[escape(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
            return Evaluation({"model": model, "data": data}, columns, written)

        evaluate_once(self._recipe, answer, self._output, self._overwrite)
