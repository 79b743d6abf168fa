"""Reading tables of artifacts (``items.tsv``, ``history.tsv``) in bounded memory, whoever wrote them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from seqtool.errors import ArtifactError

MOST_CELLS = 50_000_000
LONGEST_LINE = 1 << 24  # characters
_MADE_AGAIN = "recreate the artifact"


def read_rows(path: Path, most_cells: int = MOST_CELLS) -> Iterator[list[str]]:
    """The cells of every line, the header first. A line is checked before it is split into cells.

    Args:
        path: UTF-8, cells between TABs.
        most_cells: of all lines together.

    Raises:
        ArtifactError: a line has more or fewer cells than the header or is very long, there are too many cells, or
            the file is not UTF-8.
    """
    width, cells, number = 0, 0, 0
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            while line := file.readline(LONGEST_LINE + 1):
                number, found = number + 1, line.count("\t") + 1
                width, cells = width or found, cells + found
                if len(line) > LONGEST_LINE:
                    raise ArtifactError(f"{path}: line {number}: longer than {LONGEST_LINE:,} characters", _MADE_AGAIN)
                if found != width:
                    raise ArtifactError(f"{path}: line {number}: expected {width} columns, found {found}", _MADE_AGAIN)
                if cells > most_cells:
                    raise ArtifactError(f"{path} has more than {most_cells:,} cells", "use less data")
                yield line.removesuffix("\n").split("\t")
    except UnicodeDecodeError as error:
        raise ArtifactError(f"{path} is damaged ({error})", _MADE_AGAIN) from None
