"""Files of word pairs and what people said of their similarity, in whatever form they were published.

The columns are two words and, in the first column after them that holds numbers, the score; further columns are
ignored. They are separated by TABs, commas, semicolons or spaces, whichever fits most lines. A line that begins with
``#`` is a comment. A first line that has the columns but no number in the score's is a header.
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqtool.errors import InputError
from seqtool.metrics.data import DataFile, read_data_file

_DELIMITERS = ("\t", ",", ";", " ")
_NAMES = {"\t": "TABs", ",": "commas", ";": "semicolons", " ": "spaces"}
_SNIFFED_LINES = 200
_SHOWN = 60
_REMEDY = "write two words and a number, such as: car TAB automobile TAB 3.92"


@dataclass(frozen=True)
class Pairs:
    """A file of pairs.

    Attributes:
        pairs: N pairs of words.
        gold: float64 (N,), what people said.
        header: the first line where it was taken for a header, else ``None``.
        comments: how many lines were comments.
    """

    name: str
    sha256: str
    pairs: tuple[tuple[str, str], ...] = field(repr=False)
    gold: NDArray[np.float64] = field(repr=False)
    header: str | None = None
    comments: int = 0


@dataclass(frozen=True)
class _Form:
    delimiter: str
    column: int

    def row(self, line: str) -> tuple[str, str, float | None] | None:
        """The words and the score of a line; the score is ``None`` where it is no number, all where a column lacks."""
        cells = _cells(line, self.delimiter)
        if len(cells) <= self.column or not cells[0] or not cells[1]:
            return None
        return cells[0], cells[1], _number(cells[self.column])


def read_pairs(path: Path) -> Pairs:
    """Read a file of pairs.

    Raises:
        InputError: naming the line that is not two words and a score, or the file that has none.
    """
    file = read_data_file(path)
    lines = [(number, line) for number, line in file.numbered() if not line.startswith("#")]
    comments = sum(1 for _ in file.numbered()) - len(lines)
    if not lines:
        raise InputError(f"{file.path} has no pair", _REMEDY)
    form = _sniff([line for _, line in lines[:_SNIFFED_LINES]])
    if form is None:
        raise _not_a_pair(file, *lines[0])
    first = form.row(lines[0][1])
    header = lines.pop(0)[1] if first is not None and first[2] is None else None
    rows = [_row(file, form, number, line) for number, line in lines]
    pairs = tuple((first, second) for first, second, _ in rows)
    return Pairs(file.name, file.sha256, pairs, np.array([score for *_, score in rows]), header, comments)


def _sniff(lines: Sequence[str]) -> _Form | None:
    """The separator that fits most of the lines, and the first column that holds numbers in more than half of these."""
    best = max(_DELIMITERS, key=lambda delimiter: len(_number_columns(lines, delimiter)))  # of equals the first
    columns = _number_columns(lines, best)
    if not columns:
        return None
    counts = Counter(column for row in columns for column in row)
    usual = sorted(column for column, count in counts.items() if 2 * count > len(columns))
    return _Form(best, usual[0] if usual else min(counts))


def _number_columns(lines: Sequence[str], delimiter: str) -> list[list[int]]:
    """Of each line that has two words and then a number: the columns that hold numbers."""
    rows = []
    for line in lines:
        first, second, *rest = [*_cells(line, delimiter), "", ""]
        columns = [column for column, cell in enumerate(rest, 2) if _number(cell) is not None]
        if first and second and columns:
            rows.append(columns)
    return rows


def _cells(line: str, delimiter: str) -> list[str]:
    if delimiter == " ":
        return line.split()
    if delimiter == "\t":
        return [cell.strip() for cell in line.split("\t")]
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))]
    except csv.Error:  # a carriage return within the line, a cell of 128 KB
        return []


def _row(file: DataFile, form: _Form, number: int, line: str) -> tuple[str, str, float]:
    first, second, score = form.row(line) or ("", "", None)
    if score is None:
        raise _not_a_pair(file, number, line, f" separated by {_NAMES[form.delimiter]}")
    return first, second, score


def _not_a_pair(file: DataFile, number: int, line: str, how: str = "") -> InputError:
    shown = line if len(line) <= _SHOWN else line[:_SHOWN] + "…"
    return file.refuse(number, f"{shown!r} is not two words and a score{how}", _REMEDY)


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
