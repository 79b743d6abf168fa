"""Answers of commands, saved for a report as evaluation artifacts: samples, neighbours, maps, attention, gradients and
findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqtool.errors import UsageError

if TYPE_CHECKING:
    from seqtool.artifact.manifest import Input

_OTHER_PICTURES = (".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".html", ".txt")


def picture_output(output: Path | None) -> Path | None:
    """The output where it is the name of a picture.

    Raises:
        OutputError: it is a folder.
        UsageError: a name that ends like another kind of file.
    """
    from seqtool.vectors.plots.plot import SUFFIXES, check_output

    if output is None or output.suffix.lower() not in (*SUFFIXES, *_OTHER_PICTURES):
        return None
    if output.suffix.lower() in _OTHER_PICTURES:
        raise UsageError(f"{output} is no picture that can be written", "use .png, .svg, .pdf, or name a folder")
    check_output(output)
    return output


@contextmanager
def told_when_drawn(picture: Path) -> Iterator[None]:
    """Say afterwards whether a picture was written, or stood there just so."""
    from seqtool.artifact.files import stamp
    from seqtool.progress import note

    before = stamp(picture)
    yield
    note(f"{picture} is up to date" if stamp(picture) == before else f"wrote {picture}")


def tell_missing(missing: str) -> None:
    """Say which characters of a picture no installed font has, and what to install."""
    from seqtool.progress import note

    if missing:
        shown = " ".join(missing[:10]) + (" …" if len(missing) > 10 else "")
        note(
            f"no installed font has {len(missing)} of the characters ({shown}): install one, such as the package "
            "fonts-nanum or fonts-noto-cjk, and draw again"
        )


class SavedAnswer:
    """What a command shows, kept as an evaluation artifact. Made where possible before the answer is computed.

    Args:
        output: its folder.
        command: which one.
        options: what determines the answer.
        inputs: what it is about.
        overwrite: replace an artifact made otherwise.

    Attributes:
        stands: whether it is there already.

    Raises:
        OutputError: something else is there.
    """

    def __init__(
        self, output: Path, command: str, options: Mapping[str, Any], inputs: Sequence[Input], overwrite: bool
    ) -> None:
        from seqtool.artifact.manifest import Recipe
        from seqtool.artifact.write import claim

        self._output, self._overwrite = output, overwrite
        self._recipe = Recipe("evaluation", command, options, list(inputs))
        self.stands = claim(output, self._recipe, overwrite) == "up to date"

    def rows(self) -> list[list[str]]:
        """The rows that stand there, as they were given.

        Raises:
            ArtifactError: they are damaged.
        """
        from seqtool.artifact.escapes import unescaped
        from seqtool.artifact.read import open_artifact

        path = open_artifact(self._output, "evaluation").file("items.tsv")
        _, *lines = path.read_text(encoding="utf-8").split("\n")[:-1]
        return [unescaped(path, line.split("\t")) for line in lines]

    def keep(self, model: str, data: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Write it, unless it stands.

        Args:
            model: which one it is about.
            data: what of it.
            columns: the header of ``items.tsv``.
            rows: its lines; texts are escaped as in ``vocab.tsv``.
        """
        from seqtool.artifact.escapes import escaped
        from seqtool.artifact.write import RunRecord
        from seqtool.evaluation.artifact import keep_evaluation
        from seqtool.progress import note

        if self.stands:
            note(f"{self._output} is up to date")
            return
        written = ([next(iter(escaped([cell]))) if isinstance(cell, str) else cell for cell in row] for row in rows)
        summary = {"model": model, "data": data}
        keep_evaluation(self._output, self._recipe, RunRecord(), summary, columns, written, overwrite=self._overwrite)
        note(f"wrote {self._output}")
