"""Answers that commands saved: samples, neighbors, maps of words, attention, gradients through time, findings."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seqtool.artifact.escapes import unescaped
from seqtool.artifact.read import Artifact
from seqtool.artifact.tables import read_rows
from seqtool.errors import InputError

# Of type object: a number, a text, or empty.
COLUMNS: Mapping[str, tuple[type, ...]] = {
    "generate": (int, str, str),
    "neighbors": (str, int, str, float),
    "plot-vectors": (str, float, float),
    "plot-attention": (int, str, int, str, float),
    "gradient-flow": (str, int, str, int, float),
    "doctor": (str, str, object, object, str),
}
DRAWN = ("plot-vectors", "plot-attention", "gradient-flow")  # as pictures, in HTML only
_INTEGER, _FRACTION = re.compile(r"-?[0-9]{1,10}"), re.compile(r"-?[0-9]+\.[0-9]+(e-?[0-9]+)?")
_MOST_ROWS, _MOST_BYTES = 100_000, 64 << 20
_MOST = 10**9


@dataclass(frozen=True)
class AnswerRows:
    """A saved answer of ``command``: its ``name``, the model and data it is about, and rows of types `COLUMNS`."""

    command: str
    name: str
    model: str
    data: str
    rows: Sequence[tuple[str | int | float, ...]]


def read_saved_answer(artifact: Artifact) -> AnswerRows:
    """The saved answer in an evaluation artifact.

    Raises:
        InputError: there are too many rows to show, or a row has an unknown escape.
        ValueError: a row does not have the command's columns.
    """
    command = str(artifact.summary["measure"])
    types, path, rows = COLUMNS[command], artifact.file("items.tsv"), []
    large = artifact.manifest.files["items.tsv"].bytes > _MOST_BYTES
    for cells in itertools.islice(read_rows(path), 1, None) if not large else ():
        rows.append(tuple(_value(path, kind, cell) for kind, cell in zip(types, cells, strict=True)))
        large = len(rows) > _MOST_ROWS
        if large:
            break
    if large:
        raise InputError(
            f"{artifact.path} has more than {_MOST_ROWS:,} rows or {_MOST_BYTES >> 20} MB: too many to show",
            "save fewer (--num), or leave it out of the report",
        )
    return AnswerRows(command, artifact.path.name, str(artifact.summary["model"]), str(artifact.summary["data"]), rows)


def _value(path: Path, kind: type, cell: str) -> str | int | float:
    if kind is object:
        kind = int if _INTEGER.fullmatch(cell) else float if _FRACTION.fullmatch(cell) else str
    if kind is str:
        # A page cannot contain a byte that is not part of a character, so it stays an escape.
        return unescaped(path, [cell])[0].encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    value: int | float = kind(cell)
    if kind is int and not -_MOST <= value <= _MOST:
        raise ValueError(f"{cell} is out of range")
    return value
