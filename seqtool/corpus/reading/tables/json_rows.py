"""Rows in JSON: one a line, or a document that is an array of rows, or several values one after another."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from seqtool.corpus.reading.blocks import LONGEST_LINE
from seqtool.corpus.reading.tables.cells import Cells, value_inside
from seqtool.corpus.reading.tables.json_shapes import (
    nested_cell_error,
    refuse_whole_table,
    without_column_error,
)
from seqtool.corpus.reading.tables.kinds import BadRowError, Table
from seqtool.corpus.reading.tables.texts import TableText
from seqtool.errors import InputError
from seqtool.progress import warn_once

_SPACE, _SPACE_OR_COMMA = re.compile(r"\s*"), re.compile(r"[\s,]*")
_CUT_TOKEN = 16  # characters that a token cut off by the end of a buffer may have
_BATCH = 1024
_KINDS: dict[type, str] = {dict: "an object", list: "an array", str: "a string"}  # of rows


def json_cells(table: Table, text: TableText) -> Cells:
    """The cells of a column, in batches; a blank line between rows is a missing cell.

    Raises:
        InputError: what is not JSON, or a row without the column.
    """
    blocks = iter(text)
    head = next(blocks, "")
    document = _is_document(head, table.options.column)
    column = _Column(table, alone=head.lstrip().startswith("{") and (document or head.strip().count("\n") == 0))
    every = chain([head], blocks)
    if document:
        yield from _cells_of_document(table, text, column, every)
        return
    number = 0
    for block in every:
        cells: list[Any] = []
        for line in block.split("\n")[:-1]:
            number += 1
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                if not line.strip():
                    cells.append(None)
                    table.note_line(text.place(number))
                    continue
                what = f"not valid JSON ({_reason(error)})"
                table.on_bad_row(BadRowError(table.name, text.place(number), what, _json_remedy(line)))
                continue
            column.add(row, text.place(number), cells)
        yield cells
    column.finish()


def warn_of_json(name: str, beginning: bytes) -> None:
    """Warn where a text begins with a line that is an object in JSON, whose marks would all be read as text."""
    if beginning.startswith(b'{"') and isinstance(_value(beginning.split(b"\n", 1)[0].decode(errors="replace")), dict):
        warn_once(f"{name} looks like JSON but is read as plain text; save it as .jsonl to read a column")


def _is_document(head: str, column: str | None) -> bool:
    """Whether a text is not one row a line: its first line is an array of rows, or not a whole value."""
    lines = head.lstrip().split("\n")
    row = _value(lines[0])
    if isinstance(row, list):
        return not (column is not None and column.isdecimal() and not isinstance(next(iter(row), ""), dict | list))
    if row is not None or not lines[0].startswith(("{", "[")):
        return False
    # An object that is damaged, or one on several lines: then no line is an object of its own.
    return lines[0].startswith("[") or not any(line.startswith("{") and _value(line) is not None for line in lines[1:])


def _value(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


class _Column:
    """A column of rows that are objects, arrays or texts.

    A row without the column has a missing cell if bad rows are left out. It is not left out itself: the rows must stay
    paired with those of another column of the table.
    """

    def __init__(self, table: Table, alone: bool) -> None:
        self._table = table
        self._wanted = table.wanted
        self._alone = alone  # whether the only row may be the whole table
        self._kind: type | None = None  # of the first row
        self._found = False  # in any row
        self._without: InputError | None = None  # of the first row without the column

    def add(self, row: Any, line: int, cells: list[Any]) -> None:
        """Add the cell of a row."""
        if self._kind is None:
            refuse_whole_table(self._table.name, row, self._wanted, self._alone)
        if type(row) is not self._kind and not self._begins(row):
            what = f"expected {_KINDS[self._kind or dict]}, found {json.dumps(row)[:40]}"
            self._table.on_bad_row(BadRowError(self._table.name, line, what, "fix the row"))
            return
        if type(row) is dict and self._wanted in row:
            cell = row[self._wanted]
        else:
            cell, found = self._cell(row)
            if not found:
                self._missing(row, line, cells)
                return
        self._found = True
        if isinstance(cell, dict | list):
            raise nested_cell_error(f"{self._table.name}: line {line}", self._wanted, cell)
        cells.append(cell)
        self._table.note_line(line)

    def _begins(self, row: Any) -> bool:
        """Whether a row is the first that can be one; all others have to be of its kind."""
        first = self._kind is None and type(row) in _KINDS
        self._kind = type(row) if first else self._kind
        return first

    def finish(self) -> None:
        """Raise the error of the first row if none had the column."""
        if self._without is not None and not self._found:
            raise self._without

    def _cell(self, row: dict[str, Any] | list[Any] | str) -> tuple[Any, bool]:
        """The value of a text, or at a number of an array or a path such as ``doc.text``; and whether there is one."""
        if isinstance(row, str):
            return row, self._table.options.column is None
        return value_inside(row, self._wanted.split("."))

    def _missing(self, row: dict[str, Any] | list[Any] | str, line: int, cells: list[Any]) -> None:
        skipped = self._table.options.bad_rows == "skip"
        otherwise = "" if skipped else ", or use --bad-rows skip to read it as missing"
        if self._without is None:
            self._without = without_column_error(self._table.name, line, self._wanted, row, otherwise, self._alone)
        if not skipped:
            raise self._without
        cells.append(None)
        self._table.note_line(line)


def _cells_of_document(table: Table, text: TableText, column: _Column, blocks: Iterator[str]) -> Cells:
    cells: list[Any] = []
    for number, row in _values(table.name, text, blocks):
        column.add(row, number, cells)
        if len(cells) >= _BATCH:
            yield cells
            cells = []
    column.finish()
    yield cells


def _values(name: str, text: TableText, blocks: Iterator[str]) -> Iterator[tuple[int, Any]]:
    """The values of a document, those of its arrays one by one, and the line where each begins."""
    decoder = json.JSONDecoder()
    buffer, at, counted, line, inside, more = "", 0, 0, 1, False, True
    while True:
        at = (_SPACE_OR_COMMA if inside else _SPACE).match(buffer, at).end()  # type: ignore[union-attr]
        if at < len(buffer) and buffer[at] == ("]" if inside else "["):
            inside, at = not inside, at + 1
            continue
        line, counted = line + buffer.count("\n", counted, at), at
        value, end, error = _decoded(decoder, buffer, at)
        if at < end and (end < len(buffer) or not more):
            yield text.place(line), value
            at = end
        elif more and (error is None or _may_be_cut(error, len(buffer))):
            buffer, more = _longer(name, buffer[at:], blocks)
            at = counted = 0
        elif error is not None:
            raise InputError(
                f"{name}: line {text.place(line)}: not valid JSON ({_reason(error)})", _json_remedy(buffer[at:])
            )
        else:
            break
    if inside:
        raise InputError(f"{name} is truncated: a JSON array is not closed", "recreate it, or download it again")


def _reason(error: Exception) -> str:
    """Why text is not JSON, without a place: Python counts it from where it began to read."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)


def _json_remedy(text: str) -> str:
    """What helps where a text that begins so should be JSON."""
    if text.lstrip("[ ").startswith("{'"):
        return "write it with json.dumps (a printed Python object is not JSON)"
    if text.startswith(","):
        return "delete the comma between rows, or enclose all rows in [ and ]"
    return "write one object per line or an array of objects"


def _decoded(decoder: json.JSONDecoder, buffer: str, at: int) -> tuple[Any, int, Exception | None]:
    """The value that begins at ``at``, where it ends, and the error if there is none."""
    if at == len(buffer):
        return None, at, None
    try:
        return *decoder.raw_decode(buffer, at), None
    except (ValueError, RecursionError) as error:
        return None, at, error


def _may_be_cut(error: Exception, length: int) -> bool:
    """Whether an error may come from the end of the buffer alone."""
    if not isinstance(error, json.JSONDecodeError):
        return False
    return error.pos >= length - _CUT_TOKEN or error.msg.startswith("Unterminated")


def _longer(name: str, rest: str, blocks: Iterator[str]) -> tuple[str, bool]:
    """What is left of a buffer and about as much again, and whether there was any more."""
    pieces, held = [rest], 0
    for block in blocks:
        pieces.append(block)
        held += len(block)
        if held >= len(rest):
            break
    if held + len(rest) > LONGEST_LINE:
        raise InputError(f"{name} contains a JSON value longer than {LONGEST_LINE >> 20} MB", "split it into rows")
    return "".join(pieces), held > 0
