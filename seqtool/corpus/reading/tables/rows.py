"""The rows of a .csv or .tsv."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple

from seqtool.corpus.reading.blocks import LONGEST_LINE
from seqtool.corpus.reading.conllu import refuse_conllu
from seqtool.corpus.reading.tables.dialect import (
    ESCAPED_MARK,
    announced_separator,
    found_separator,
    given_separator,
    has_spaced_header,
    quoting_of,
    with_doubled_marks,
)
from seqtool.corpus.reading.tables.kinds import BadRowError, Table
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
    if table.kind != "csv":
        refuse_conllu(table.name, head, table.wanted)
    quoting, separator = table.options.quoting, given_separator(table.options.separator)
    first = 1
    announced = announced_separator(head)
    if announced and separator in (None, announced):
        if separator is None:
            note_once(f"{table.name}: using {_shown(announced)} as the cell separator, as set in the first line (sep=)")
        separator, head, first = announced, head[head.index("\n") + 1 :], 2
    separator = separator or _separator(table, head)
    blocks = chain([head] if head else [], blocks)
    if quoting == "auto" and table.kind == "csv":
        quoting = "escaped" if _has_escaped_marks(table, head, separator) else "csv"
    read = {"csv": _quoted, "escaped": _escaped, "none": _split}.get(quoting, _found)
    return read(table, text, blocks, separator, first)


def _separator(table: Table, head: str) -> str:
    """The separator that is usual for the kind of table, or another that is found and told."""
    usual = "," if table.kind == "csv" else _TAB
    separator = found_separator(head, table.wanted) if table.kind == "csv" else usual
    separator = " " if has_spaced_header(head) else separator
    if separator != usual:
        note_once(f"{table.name}: using {_shown(separator)} as the cell separator (--separator overrides this)")
    return separator


def _has_escaped_marks(table: Table, head: str, separator: str) -> bool:
    """Whether the quotation marks inside the cells of a .csv have a backslash before them; that is told."""
    window = next(_windows(iter([head])), "")
    escaped = ESCAPED_MARK in window and quoting_of(window, separator, None, last=True) == "escaped"
    if escaped:
        _tell_quoting(table, "escaped")
    return escaped


def _tell_quoting(table: Table, quoting: str) -> None:
    how = "as in CSV" if quoting == "csv" else "with a backslash before inner quotation marks"
    note_once(f"{table.name}: quotation marks enclose cells, {how} (--quoting none reads them as text)")


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
            message = f"{table.name}: line {opened}: a quotation mark is opened but not closed"
            raise InputError(message, "close it, or use --quoting none if quotation marks are text")
        if error is not None:
            if ended:
                return
            begin, end = line + sum(map(lines_of, rows)), before + reader.line_num
            _bad_quoting(table, error, text.place(begin), text.place(end))


def _escaped(table: Table, text: TableText, blocks: Iterator[str], separator: str, first: int) -> Iterator[Rows]:
    """Rows quoted with a backslash before the quotation marks inside cells; other backslashes are text."""
    return _quoted(table, text, map(with_doubled_marks, blocks), separator, first)


def lines_of(row: list[str]) -> int:
    """How many lines of a file a row takes."""
    return 1 + sum(cell.count("\n") for cell in row)


def _bad_quoting(table: Table, error: csv.Error, begin: int, end: int) -> None:
    others = "use --quoting none (quotation marks are text) or --quoting escaped (inner ones follow a backslash)"
    remedy = f"double the quotation marks within a cell, {others}"
    if begin == end:
        table.on_bad_row(BadRowError(table.name, begin, f"invalid quoting ({error})", remedy))
        return
    message = f"{table.name}: line {begin}: a quoted cell ends on line {end} without a separator after it ({error})"
    raise InputError(message, f"close its quotation mark, or {others}")


def _found(table: Table, text: TableText, blocks: Iterator[str], separator: str, first: int) -> Iterator[Rows]:
    """Rows split at every separator, until a quotation mark says that they are quoted."""
    windows = _windows(blocks)
    width = None
    seen = False  # cells that are enclosed in quotation marks and were not taken for quoted
    for window in windows:
        if '"' in window:
            window, quoting = _judged(window, windows, separator, width)
            encloses = quoting in ("csv", "escaped")
            if quoting == "unclear" or (encloses and seen):
                message = (
                    f"{table.name}: line {text.place(first)} or later: quotation marks may be text or may enclose cells"
                )
                raise InputError(
                    message, "use --quoting none if they are text, --quoting csv or escaped if they enclose cells"
                )
            if encloses:
                _tell_quoting(table, quoting)
            if quoting != "open":
                read = {"csv": _quoted, "escaped": _escaped}.get(quoting, _split)
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


def is_blank(row: list[str]) -> bool:
    """Whether a row is that of a blank line."""
    return len(row) < 2 and not "".join(row).strip()
