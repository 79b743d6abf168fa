"""What commands kept to be shown: samples, neighbours, maps of words, attention, gradients through time."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seqtool.artifact.escapes import unescaped
from seqtool.artifact.read import Artifact

COLUMNS: Mapping[str, tuple[type, ...]] = {
    "generate": (int, str, str),
    "neighbors": (str, int, str, float),
    "plot-vectors": (str, float, float),
    "plot-attention": (int, str, int, str, float),
    "gradient-flow": (str, int, str, int, float),
}
_MOST_ROWS = 100_000


@dataclass(frozen=True)
class Exhibit:
    """An answer of ``command``: about which model, of what, and its rows, typed as `COLUMNS` says."""

    command: str
    model: str
    data: str
    rows: Sequence[tuple[str | int | float, ...]]


def read_exhibit(artifact: Artifact) -> Exhibit:
    """An exhibit of an evaluation artifact.

    Raises:
        ValueError: its rows are not such as its command writes, or too many.
    """
    command = str(artifact.summary["measure"])
    types, path = COLUMNS[command], artifact.file("items.tsv")
    with path.open(encoding="utf-8", newline="") as file:
        _, *lines = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
    if len(lines) > _MOST_ROWS:
        raise ValueError(f"{len(lines):,} rows are too many to show")
    rows = [
        tuple(unescaped(path, [cell])[0] if kind is str else kind(cell) for kind, cell in zip(types, line, strict=True))
        for line in lines
    ]
    return Exhibit(command, str(artifact.summary["model"]), str(artifact.summary["data"]), rows)
