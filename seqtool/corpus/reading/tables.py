"""One column of a table as lines: .csv, .tsv, .jsonl, .parquet, and texts whose lines begin with a label.

    csv      quoted as in RFC 4180; a cell may hold line ends
    tsv      split at every TAB, nothing is quoted
    jsonl    an object, or an array, a line
    parquet  read in batches
    lines    a label, then the text: see `LINE_FORMS`

A column given by name stands in the first row of a .csv or .tsv; one given by number means a table without a header.
Every other row of a .csv or .tsv must have as many cells as the first: a separator inside a cell would move its text.
A null or a NaN (a missing value in Python's JSON and in Parquet) is a missing cell.
"""

from __future__ import annotations

import csv
import itertools
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePath
from typing import Any

from seqtool.corpus.options import DEFAULT_COLUMN
from seqtool.errors import InputError

TABLES = ("csv", "tsv", "jsonl", "parquet")

# Columns of a text whose lines begin with a label, up to a TAB or a space, or marked as fastText marks them.
LINE_FORMS = ("tab", "word", "fasttext")
FASTTEXT_MARK = "__label__"

_COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
_BATCH_ROWS = 8192
_CELL_BYTES = 1 << 20
_NAMES_SHOWN = 10
_NUMBERS = re.compile(r"\d+(,\d+)+")


class RaggedRowError(InputError):
    """A row of a .csv or .tsv that has more or fewer cells than the first; ``line`` is where it begins, from 1."""

    def __init__(self, name: str, line: int, expected: int, found: int, remedy: str) -> None:
        cells = "cell" if expected == 1 else "cells"
        super().__init__(f"{name}, line {line}: expected {expected} {cells} as in the first row, found {found}", remedy)
        self.line = line


OnRagged = Callable[[RaggedRowError], None]


def table_format(path: str, column: str | None) -> str | None:
    """``csv``, ``tsv``, ``jsonl``, ``parquet`` or ``lines``; None for plain text.

    A text with a ``column`` is read as .tsv, with one such as ``tab/label`` as lines that begin with a label.
    """
    if column is not None and column.partition("/")[0] in LINE_FORMS and "/" in column:
        return "lines"
    name = PurePath(path)
    suffix = (PurePath(name.stem) if name.suffix in _COMPRESSED else name).suffix.lower().removeprefix(".")
    suffix = {"json": "jsonl", "ndjson": "jsonl", "tab": "tsv"}.get(suffix, suffix)
    return suffix if suffix in TABLES else "tsv" if column is not None else None


def cells(name: str, kind: str, lines: Iterable[str], column: str | None, on_ragged: OnRagged) -> Iterator[Any]:
    """The cells of a column of a .csv, .tsv or .jsonl table, or of labelled lines, given with their newlines.

    ``on_ragged`` gets every row with another number of cells than the first, and may raise it. Where it does not, a row
    that lacks the column has an empty cell.

    Raises:
        InputError: there is no such column, or a line cannot be read.
    """
    if kind in _ROW_READERS:
        return _ROW_READERS[kind](name, lines, column, on_ragged)
    return _READERS[kind](name, lines, column)


def parquet_cells(path: str, column: str | None) -> Iterator[Any]:
    """The cells of a column of a .parquet file.

    Raises:
        InputError: the file cannot be read or has no such column.
    """
    import pyarrow
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
        wanted = chosen_column(path, file.schema_arrow.names, column)
        for batch in file.iter_batches(_BATCH_ROWS, columns=[wanted]):
            yield from batch.column(0).to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(
            f"{path} is not a Parquet file that can be read ({error})", "make or download it anew"
        ) from None


def columns_named(column: str) -> list[str]:
    """Several columns, with TABs between, or, numbers alone, with commas."""
    return column.split("," if _NUMBERS.fullmatch(column) else "\t")


def chosen_column(name: str, names: list[str], column: str | None) -> str:
    """The name of the column asked for by name or number.

    Raises:
        InputError: there is none; lists those there are.
    """
    wanted = DEFAULT_COLUMN if column is None else column
    if wanted in names:
        return wanted
    if wanted.isdecimal() and int(wanted) < len(names):
        return names[int(wanted)]
    raise _missing(name, names, wanted)


def _missing(name: str, names: list[str], wanted: str) -> InputError:
    shown = ", ".join(text[:40] for text in names[:_NAMES_SHOWN]) + (" …" if len(names) > _NAMES_SHOWN else "")
    remedy = f"give --column one of: {shown} (or, where that is a first row and no header, a number from 0)"
    return InputError(f"{name} has no column '{wanted}'", remedy)


def _csv_cells(name: str, lines: Iterable[str], column: str | None, on_ragged: OnRagged) -> Iterator[Any]:
    csv.field_size_limit(sys.maxsize)
    rows = csv.reader(lines, strict=True)

    def ragged(_: int, row: list[str], width: int) -> None:
        line = rows.line_num - sum(cell.count("\n") for cell in row)
        on_ragged(
            RaggedRowError(name, line, width, len(row), "quote a cell that has a comma or a line end, or fix the row")
        )

    try:
        yield from _cells_of_rows(name, rows, column, ragged)
    except csv.Error as error:
        raise InputError(f"{name}, line {rows.line_num}: {error}", "quote its cells as in RFC 4180") from None


def _tsv_cells(name: str, lines: Iterable[str], column: str | None, on_ragged: OnRagged) -> Iterator[Any]:
    rest = (line.removesuffix("\n").split("\t") for line in lines)
    first = next(rest, [])
    if len(first) == 1 and first[0].strip() and table_format(name, None) is None:
        raise InputError(f"{name}, line 1 has no TAB: it is no table", "leave --column out")

    def ragged(number: int, row: list[str], width: int) -> None:
        remedy = "replace a TAB or a line end inside a cell by a space, or fix the row"
        on_ragged(RaggedRowError(name, number, width, len(row), remedy))

    return _cells_of_rows(name, itertools.chain([first] if first else [], rest), column, ragged)


def _cells_of_rows(
    name: str, rows: Iterator[list[str]], column: str | None, ragged: Callable[[int, list[str], int], None]
) -> Iterator[Any]:
    """The cells of a column.

    A row with another number of cells than the first goes to ``ragged``: its number, it, and the number of the first.
    """
    if column is not None and column.isdecimal():
        index, width, first = int(column), 0, 1
    else:
        header = next(rows, [])
        index, width, first = header.index(chosen_column(name, header, column)), len(header), 2
    for number, row in enumerate(rows, first):
        if len(row) == width:
            yield row[index]
        elif len(row) < 2 and not "".join(row).strip():
            yield row[index] if index < len(row) else None
        elif not width:  # the first row of a table without header
            width = len(row)
            if index >= width:
                raise _missing(name, [str(position) for position in range(width)], str(index))
            yield row[index]
        else:
            ragged(number, row, width)
            yield row[index] if index < len(row) else ""


def _labelled_cells(name: str, lines: Iterable[str], column: str | None) -> Iterator[Any]:
    assert column is not None
    form, _, wanted = column.partition("/")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            yield None
            continue
        label, text = _split_label(name, number, line.removesuffix("\n"), form)
        yield label if wanted == "label" else text


def _split_label(name: str, number: int, line: str, form: str) -> tuple[str, str]:
    if form == "tab":
        label, tab, text = line.partition("\t")
        if not tab:
            message = f"{name}, line {number}: no TAB after a label"
            raise InputError(message, "write label TAB text, or give --form word or fasttext")
        return label.strip(), text
    label, text = [*line.split(None, 1), ""][:2]
    if form == "fasttext":
        if not label.startswith(FASTTEXT_MARK) or text.lstrip().startswith(FASTTEXT_MARK):
            raise InputError(
                f"{name}, line {number}: one {FASTTEXT_MARK} is expected at its beginning", "mend the line"
            )
        label = label.removeprefix(FASTTEXT_MARK)
    return label, text


def _jsonl_cells(name: str, lines: Iterable[str], column: str | None) -> Iterator[Any]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            yield None
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InputError(f"{name}, line {number}: not JSON ({error})", "write one object a line") from None
        yield _json_cell(name, number, row, column)


def _json_cell(name: str, number: int, row: Any, column: str | None) -> Any:
    wanted = DEFAULT_COLUMN if column is None else column
    if isinstance(row, dict):
        if wanted not in row:
            raise _missing(f"{name}, line {number}", list(row), wanted)
        return row[wanted]
    if isinstance(row, list) and wanted.isdecimal() and int(wanted) < len(row):
        return row[int(wanted)]
    return row if isinstance(row, str) and column is None else _raise(_missing(f"{name}, line {number}", [], wanted))


def _raise(error: InputError) -> Any:
    raise error


_ROW_READERS = {"csv": _csv_cells, "tsv": _tsv_cells}
_READERS: dict[str, Callable[[str, Iterable[str], str | None], Iterator[Any]]] = {
    "jsonl": _jsonl_cells,
    "lines": _labelled_cells,
}


def cell_pieces(name: str, values: Iterable[Any], counts: Counter[str]) -> Iterator[bytes]:
    """Cells as lines of UTF-8; a line end inside a cell becomes a space, a missing cell a blank line, both counted.

    Raises:
        InputError: a cell that is not a text or a number.
    """
    lines: list[str] = []
    held = 0
    for number, value in enumerate(values):
        line = _cell_line(name, number, value, counts)
        lines.append(line)
        held += len(line)
        if held >= _CELL_BYTES:
            yield _encoded(lines)
            lines, held = [], 0
    if lines:
        yield _encoded(lines)


def _encoded(lines: list[str]) -> bytes:
    text = "\n".join(lines) + "\n"
    return text.encode("utf-8", "replace")  # JSON can hold lone surrogates, which no UTF-8 can


def _cell_line(name: str, number: int, value: Any, counts: Counter[str]) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        counts["nulls"] += 1
        return ""
    if not isinstance(value, str | int | float):
        raise InputError(
            f"{name}, row {number}: a {type(value).__name__} where a text is expected", "give another --column"
        )
    text = str(value)
    if "\n" not in text:
        return text
    counts["breaks"] += text.count("\n")
    return text.replace("\r\n", " ").replace("\n", " ")
