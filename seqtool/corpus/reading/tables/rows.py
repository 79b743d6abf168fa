"""The rows of a .csv or .tsv, and the cells of a column.

A column given by name is in the first row; one given by number means a table without a header. Every other row must
have as many cells as the first: a separator inside a cell would move its text.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from operator import itemgetter
from typing import NamedTuple

from seqtool.corpus.reading.blocks import LONGEST_LINE
from seqtool.corpus.reading.tables.cells import Cells
from seqtool.corpus.reading.tables.dialect import announced_separator, found_separator, given_separator, quoting_of
from seqtool.corpus.reading.tables.kinds import (
    BadRowError,
    MissingColumnError,
    NotATableError,
    RaggedRowError,
    Table,
    chosen_column,
    table_format,
)
from seqtool.corpus.reading.tables.texts import TableText
from seqtool.errors import InputError
from seqtool.progress import note_once

_BATCH_CHARACTERS = 1 << 18
_BATCH_ROWS = 4096
_SPLIT_CHARACTERS = 1 << 18  # more at once no longer fits a cache
_WINDOW = 1 << 17  # characters in which quotation marks are looked at together
_MOST_WINDOWS = 16
_TAB = "\t"
_SHOWN = {_TAB: "TAB", " ": "space"}


class Rows(NamedTuple):
    """Consecutive rows; ``line`` is the number of the first one's first line among those that were kept."""

    line: int
    rows: list[list[str]]


def row_batches(table: Table, text: TableText) -> Iterator[Rows]:
    """The rows of a .csv or .tsv, as its separator and quoting are given or found.

    Raises:
        InputError: quoting that is damaged, or that could be meant in two ways.
    """
    csv.field_size_limit(LONGEST_LINE)
    blocks = iter(text)
    head = next(blocks, "")
    quoting, separator = table.options.quoting, given_separator(table.options.separator)
    first = 1
    announced = announced_separator(head)
    if announced and separator in (None, announced):
        if separator is None:
            note_once(f"{table.name}: the separator of cells is {_shown(announced)}, as its first line (sep=) says")
        separator, head, first = announced, head[head.index("\n") + 1 :], 2
    if separator is None:
        separator = found_separator(head, table.wanted) if table.kind == "csv" else _TAB
        if table.kind == "csv" and separator != ",":
            note_once(f"{table.name}: the separator of cells is {_shown(separator)} (--separator chooses another)")
    blocks = chain([head] if head else [], blocks)
    if quoting == "csv" or (quoting == "auto" and table.kind == "csv"):
        return _quoted(table, text, blocks, separator, first)
    if quoting == "none":
        return _split(table, text, blocks, separator, first)
    return _found(table, text, blocks, separator, first)


def _shown(separator: str) -> str:
    return _SHOWN.get(separator, separator)


def _split(_: Table, __: TableText, blocks: Iterable[str], separator: str, first: int) -> Iterator[Rows]:
    """Rows split at every separator."""
    for block in blocks:
        lines = io.StringIO(block, newline="\n")
        while rows := [line[:-1].split(separator) for line in lines.readlines(_SPLIT_CHARACTERS)]:
            yield Rows(first, rows)
            first += len(rows)


def _quoted(table: Table, text: TableText, blocks: Iterator[str], separator: str, first: int) -> Iterator[Rows]:
    """Rows quoted as in RFC 4180."""
    head = next(blocks, "")
    size = max(1, min(_BATCH_ROWS, _BATCH_CHARACTERS * head.count("\n") // max(1, len(head))))
    ended: list[bool] = []

    def last_line() -> Iterator[str]:
        ended.append(True)
        yield '"\n'  # closes a cell that is still open, which is so found; else it is the one that is not closed

    lines = chain(chain.from_iterable(io.StringIO(block, newline="\n") for block in chain([head], blocks)), last_line())
    reader = csv.reader(lines, delimiter=separator, strict=True)
    before = first - 1
    while True:
        line, rows, error = before + reader.line_num + 1, list[list[str]](), None
        try:
            rows.extend(islice(reader, size))
        except csv.Error as found:
            error = found
        unclosed = rows.pop() if ended and error is None else None
        if rows:
            yield Rows(line, rows)
        if unclosed is not None:
            opened = text.place(before + reader.line_num - unclosed[-1].count("\n"))
            message = f"{table.name}: line {opened}: the quotation mark opened here is never closed"
            raise InputError(message, "close it, or use --quoting none if quotation marks are text")
        if error is not None:
            if ended:
                return
            begin, end = line + sum(map(lines_of, rows)), before + reader.line_num
            _bad_quoting(table, error, text.place(begin), text.place(end))


def lines_of(row: list[str]) -> int:
    """How many lines of a file a row takes."""
    return 1 + sum(cell.count("\n") for cell in row)


def _bad_quoting(table: Table, error: csv.Error, begin: int, end: int) -> None:
    remedy = "double the quotation marks inside a cell, use --quoting none if they are text"
    if begin == end:
        table.on_bad_row(BadRowError(table.name, begin, f"quoted cells are damaged ({error})", remedy))
        return
    message = f"{table.name}: line {begin}: a quoted cell of this row ends in line {end}, not at a separator ({error})"
    raise InputError(message, "close its quotation mark, or use --quoting none if quotation marks are text")


def _found(table: Table, text: TableText, blocks: Iterator[str], separator: str, first: int) -> Iterator[Rows]:
    """Rows split at every separator, until a quotation mark says that they are quoted."""
    windows = _windows(blocks)
    width = None
    seen = False  # cells that are enclosed in quotation marks and were not taken for quoted
    for window in windows:
        if '"' in window:
            window, quoting = _judged(window, windows, separator, width)
            if quoting == "unclear" or (quoting == "csv" and seen):
                message = (
                    f"{table.name}: quotation marks could be text or enclose cells (after line {text.place(first)})"
                )
                raise InputError(message, "use --quoting none for text, or --quoting csv")
            if quoting == "csv":
                note_once(f"{table.name}: quoted cells are read as in CSV (--quoting none reads the marks as text)")
            if quoting != "open":
                read = _quoted if quoting == "csv" else _split
                yield from read(table, text, chain([window], windows), separator, first)
                return
            seen = True
        width = width or next((line.count(separator) + 1 for line in window.split("\n") if line), None)
        for batch in _split(table, text, iter([window]), separator, first):
            yield batch
            first += len(batch.rows)


def _windows(blocks: Iterable[str]) -> Iterator[str]:
    """Smaller blocks of whole lines."""
    for block in blocks:
        at = 0
        while at < len(block):
            end = block.find("\n", at + _WINDOW) + 1 or len(block)
            yield block[at:end]
            at = end


def _judged(window: str, windows: Iterator[str], separator: str, width: int | None) -> tuple[str, str]:
    """A window, longer if it ends inside a cell, and what `quoting_of` says of it."""
    for _ in range(_MOST_WINDOWS):
        quoting = quoting_of(window, separator, width, last=False)
        if quoting != "more":
            return window, quoting
        more = next(windows, "")
        if not more:
            break
        window += more
    return window, quoting_of(window, separator, width, last=True)


def cells_of_rows(table: Table, text: TableText) -> Cells:
    """The cells of a column, in batches; a blank line is a missing cell.

    Raises:
        InputError: there is no such column, or a row cannot be read.
    """
    column = _Column(table, text)
    for batch in row_batches(table, text):
        if {*map(len, batch.rows)} == {column.width}:
            yield list(map(itemgetter(column.index), batch.rows))
        else:
            yield [*column.cells(batch)]


class _Column:
    """The place of a column, and the cells of rows that are not all of one width.

    ``width`` is -1 until the first row that is not blank was read.
    """

    def __init__(self, table: Table, text: TableText) -> None:
        self._table, self._text = table, text
        wanted = table.options.column
        self._header = wanted is None or not wanted.isdecimal()
        self.index = int(table.wanted) if not self._header else -1
        self.width = -1

    def cells(self, batch: Rows) -> Iterator[str | None]:
        """The cells of the rows that can be read."""
        line = batch.line
        for row in batch.rows:
            header = False
            if self.width < 0 and not is_blank(row):
                header = self._header
                self._begin(row)
            if not header:
                if len(row) == self.width:
                    yield row[self.index]
                elif not is_blank(row):
                    self._table.on_bad_row(_ragged(self._table, self._text.place(line), self.width, row))
                elif self.index >= 0:  # a header was read, or there is none
                    yield row[self.index] if self.index < len(row) else None
            line += lines_of(row)

    def _begin(self, row: list[str]) -> None:
        """Find the column in the first row that is not blank."""
        name, column = self._table.name, self._table.options.column
        if len(row) == 1 and table_format(name, None) is None and self._table.options.separator is None:
            raise NotATableError(name)
        self.width = len(row)
        if self._header:
            self.index = chosen_column(name, row, column)
        elif self.index >= self.width:
            raise MissingColumnError(name, str(column), [str(number) for number in range(len(row))])


def is_blank(row: list[str]) -> bool:
    """Whether a row is that of a blank line."""
    return len(row) < 2 and not "".join(row).strip()


_QUOTED = re.compile(r'^".*|.*"$', re.DOTALL)


def _ragged(table: Table, line: int, width: int, row: list[str]) -> RaggedRowError:
    what = f"expected {width} {'cell' if width == 1 else 'cells'} as in the first row, found {len(row)}"
    if len(row) == width + 1 and not row[-1]:
        return RaggedRowError(table.name, line, f"{what}: the row ends with a separator", "delete it")
    if table.kind == "csv" and table.options.quoting != "none":
        return RaggedRowError(table.name, line, what, "quote a cell that has a separator or a line end, fix the row")
    remedy = "replace a separator or a line end inside a cell by a space, fix the row"
    if any(_QUOTED.match(cell) for cell in row) and table.options.quoting == "auto":
        remedy = "use --quoting csv if quotation marks enclose cells, fix the row"
    return RaggedRowError(table.name, line, what, remedy)
