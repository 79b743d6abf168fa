"""Files of word pairs and what people said of their similarity, in whatever form they were published.

Cells are separated by TABs, commas, semicolons, colons or spaces, whichever fits most lines; decimals have a point or a
comma. Which columns are the words and the score is found (`columns`) or given. A line that begins with ``#`` is a
comment. A first line that has the columns but no number in the score's is a header.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqtool.errors import InputError
from seqtool.metrics.columns import Columns, asked_columns, find_columns, placed
from seqtool.metrics.data import DataFile, read_data_file

PLAIN: Columns = (0, 1, 2)
# Of two characters, both separate: "car:automobile 3.92".
_DELIMITERS = ("\t", ",", ";", ":", " ", ":\t", ":,", ":;", ": ")
_NAMES = {"\t": "TABs", ",": "commas", ";": "semicolons", " ": "spaces", ":": "colons"}
_SNIFFED_LINES = 200
_SHOWN = 60
_REMEDY = "write two words and a number, for example: car TAB automobile TAB 3.92"
_POINT, _COMMA = re.compile(r"[+-]?\d*\.\d+"), re.compile(r"[+-]?\d*,\d+")
# "94 0" and "gem;jewel;3" between commas that are the decimal marks of a file separated otherwise.
_UNCUT = re.compile(r"\d+[ \t;].{,40}|.{,40}[ \t;][+-]?\d+")
# The lemmas of MEN (sun-n) and of wordspace's sets (gem_N).
_TAGGED = re.compile(r"(.+)[-_/](?:[nvajrs]|noun|verb|adj|adv|nn|vb|jj|rb)", re.IGNORECASE)

Lines = Sequence[tuple[int, str]]


@dataclass(frozen=True)
class Pairs:
    """A file of pairs.

    Attributes:
        pairs: N pairs of words.
        gold: float64 (N,), what people said.
        header: the first line where it was taken for a header, else ``None``.
        comments: how many lines were comments.
        columns: those of the words and of the score, from 0.
        read_as: what was found out of the file's form, for people; nothing of plain ``word word score``.
        untagged: the pairs without their parts of speech, where every word has one.
    """

    name: str
    sha256: str
    pairs: tuple[tuple[str, str], ...] = field(repr=False)
    gold: NDArray[np.float64] = field(repr=False)
    header: str | None = None
    comments: int = 0
    columns: Columns = PLAIN
    read_as: str | None = None
    untagged: tuple[tuple[str, str], ...] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class _Form:
    delimiter: str
    mark: str
    columns: Columns

    def has_columns(self, line: str) -> bool:
        """Whether there are two words and something in the score's column."""
        cells = _cells(line, self.delimiter)
        first, second, _ = self.columns
        return len(cells) > max(self.columns) and bool(cells[first]) and bool(cells[second])

    def row(self, line: str) -> tuple[str, str, float] | None:
        """The words and the score of a line; ``None`` where it is not of this form."""
        if not self.has_columns(line):
            return None
        cells = _cells(line, self.delimiter)
        first, second, last = self.columns
        score = _number(cells[last], self.mark)
        return None if score is None else (cells[first], cells[second], score)


def read_pairs(path: Path, columns: str | None = None) -> Pairs:
    """Read a file of pairs.

    Args:
        path: the file.
        columns: those of the two words and of the score, ``"1,2,5"`` (from 0) or names of the header; found out if
            left out.

    Raises:
        InputError: naming the line that is not two words and a score, or the columns among which there is no choice.
        UsageError: ``columns`` are not three.
    """
    file = read_data_file(path)
    lines = [(number, line) for number, line in file.numbered() if not line.startswith("#")]
    comments = sum(1 for _ in file.numbered()) - len(lines)
    if not lines:
        raise InputError(f"{file.path} contains no pairs", _REMEDY)
    form = _found(file, lines) if columns is None else _asked(file, lines, columns)
    header = None
    if form.row(lines[0][1]) is None and form.has_columns(lines[0][1]):
        header = lines.pop(0)[1]
    rows = [_row(file, form, number, line) for number, line in lines]
    pairs = tuple((first, second) for first, second, _ in rows)
    gold = np.array([score for *_, score in rows])
    read_as = _read_as(form, header) if columns is None else None
    return Pairs(file.name, file.sha256, pairs, gold, header, comments, form.columns, read_as, _untagged(pairs))


def _found(file: DataFile, lines: Lines) -> _Form:
    """The form that fits most of the first lines.

    Raises:
        InputError: no line is two words and a number, or more than two columns may be the words.
    """
    sample = [line for _, line in lines[:_SNIFFED_LINES]]
    tables = {delimiter: _table(sample, delimiter) for delimiter in _DELIMITERS}
    delimiter = max(tables, key=lambda one: len(tables[one]))  # of equals the first
    rows = tables[delimiter]
    if not rows:
        raise _not_a_pair(file, *lines[0])
    mark, first = _mark(rows), _cells(sample[0], delimiter)
    names = () if any(_number(cell, mark) is not None for cell in first) else first
    columns = find_columns(rows, names, lambda cell: _number(cell, mark))
    if columns is None:
        raise _no_choice(file, names or rows[0])
    return _Form(delimiter, mark, columns)


def _asked(file: DataFile, lines: Lines, columns: str) -> _Form:
    """The columns asked for, separated by what fits most of the first lines."""
    asked = asked_columns(columns)
    sample = [line for _, line in lines[:_SNIFFED_LINES]]
    best, most = None, 0
    for delimiter in _DELIMITERS:
        rows = [_cells(line, delimiter) for line in sample]
        places = placed(asked, rows[0])
        form = None if places is None else _Form(delimiter, _mark(rows, places[2]), places)
        fitting = 0 if form is None else sum(form.row(line) is not None for line in sample)
        if fitting > most:
            best, most = form, fitting
    if best is None:
        likely = max((_cells(sample[0], delimiter) for delimiter in _DELIMITERS[:4]), key=len)
        raise _no_choice(file, likely, f"--columns {columns} does not select two words and a number")
    return best


def _table(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """The cells of the lines that have two words and a number."""
    rows = []
    for line in lines:
        cells = _cells(line, delimiter)
        if delimiter[0] in ",:" and any(map(_UNCUT.fullmatch, cells)):
            continue
        numbers = sum(_number(cell) is not None or _COMMA.fullmatch(cell) is not None for cell in cells)
        if numbers and sum(map(bool, cells)) - numbers >= 2:
            rows.append(cells)
    return rows


def _mark(rows: Sequence[Sequence[str]], column: int | None = None) -> str:
    """The decimal mark of most cells: a point, or a comma."""
    cells = [cell for row in rows for cell in (row if column is None else row[column : column + 1])]
    commas = sum(_COMMA.fullmatch(cell) is not None for cell in cells)
    return "," if commas > sum(_POINT.fullmatch(cell) is not None for cell in cells) else "."


def _cells(line: str, delimiter: str) -> list[str]:
    if len(delimiter) == 2:
        line, delimiter = line.replace(delimiter[0], delimiter[1]), delimiter[1]
    if delimiter == " ":
        return line.split()
    if delimiter == "\t":
        return [cell.strip() for cell in line.split("\t")]
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))]
    except csv.Error:  # a carriage return within the line, a cell of 128 KB
        return []


def _row(file: DataFile, form: _Form, number: int, line: str) -> tuple[str, str, float]:
    row = form.row(line)
    if row is None:
        how = f" separated by {' or '.join(_NAMES[one] for one in form.delimiter)}"
        where = "" if form.columns == PLAIN else f" in columns {', '.join(map(str, form.columns))}"
        raise _not_a_pair(file, number, line, how + where)
    return row


def _read_as(form: _Form, header: str | None) -> str | None:
    if form.columns == PLAIN and form.mark == ".":
        return None
    names = _cells(header, form.delimiter) if header else []
    first, second, last = (f"{c} ({names[c]})" if c < len(names) and names[c] else str(c) for c in form.columns)
    commas = ", decimal commas" if form.mark == "," else ""
    return f"words in columns {first} and {second}, score in column {last}{commas}"


def _untagged(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...] | None:
    matches = [(_TAGGED.fullmatch(first), _TAGGED.fullmatch(second)) for first, second in pairs]
    found = tuple((first[1], second[1]) for first, second in matches if first and second)
    return found if len(found) == len(pairs) else None


def _no_choice(file: DataFile, cells: Sequence[str], why: str | None = None) -> InputError:
    shown = ", ".join(f"{place} {_cut(cell, 20)!r}" for place, cell in enumerate(cells[:20]))
    why = why or "cannot detect the columns of the two words and the score"
    return InputError(
        f"{file.path}: {why}; its columns are {shown}", "give them with --columns, as numbers (1,2,5) or names"
    )


def _not_a_pair(file: DataFile, number: int, line: str, how: str = "") -> InputError:
    return file.refuse(number, f"expected two words and a score{how}, found {_cut(line, _SHOWN)!r}", _REMEDY)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + "…"


def _number(cell: str, mark: str = ".") -> float | None:
    if mark == ",":
        cell = "" if "." in cell else cell.replace(",", ".")
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
