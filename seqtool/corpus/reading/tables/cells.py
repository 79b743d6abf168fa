"""Cells as lines of UTF-8."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from seqtool.errors import InputError

Cells = Iterator[Sequence[Any]]
"""The cells of a column, in batches."""

_SURROGATE = re.compile("[\ud800-\udfff]")
MISSING_WORDS = frozenset({"NA", "N/A", "#N/A", "<NA>", "null", "NULL", "\\N", "NaN", "nan", "None"})
"""What R, spreadsheets, data bases and Python write where a value is missing."""


def cell_pieces(
    name: str, batches: Iterable[Sequence[Any]], counts: Counter[str], escaped: bool = False
) -> Iterator[bytes]:
    """Cells as lines of UTF-8; a line end inside a cell becomes a space, a missing cell a blank line, both counted.

    A number that is not finite is a missing cell: Python and pandas write missing texts so. Lone surrogates, which JSON
    can hold and UTF-8 cannot, become question marks; they are counted, and so are NULs of ``escaped`` cells, which were
    not seen as bytes before.

    Raises:
        InputError: a cell that is not a text or a number.
    """
    row = 0
    for cells in batches:
        if not cells:
            continue
        try:
            text = "\n".join(cells)
        except TypeError:
            text = ""
        if text.count("\n") != len(cells) - 1 or not text:
            text = "\n".join([_cell_line(name, row, value, counts) for row, value in enumerate(cells, row)])
        row += len(cells)
        if escaped:
            counts["nul"] += text.count("\0")
        try:
            yield f"{text}\n".encode()
        except UnicodeEncodeError:
            counts["surrogates"] += len(_SURROGATE.findall(text))
            yield f"{text}\n".encode("utf-8", "replace")


def _cell_line(name: str, number: int, value: Any, counts: Counter[str]) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        counts["nulls"] += 1
        return ""
    if not isinstance(value, str | int | float):
        message = f"{name}: row {number}: expected text, found {type(value).__name__}"
        raise InputError(message, "give another --column")
    text = str(value)
    if "\n" not in text:
        return text
    counts["breaks"] += text.count("\n")
    return text.replace("\r\n", " ").replace("\n", " ")


def value_inside(value: Any, path: Iterable[str]) -> tuple[Any, bool]:
    """What is at a path of names in objects and numbers in arrays, such as ``doc.text``; and whether there is any."""
    for name in path:
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None, False
    return value, True


def names_inside(value: Any, path: str = "") -> Iterator[str]:
    """The columns of a row: the paths to all that is neither an object nor an array, of arrays by their first value."""
    inside = value if isinstance(value, dict) else {"0": value[0]} if isinstance(value, list) and value else {}
    if not inside:
        yield path
    for name, below in inside.items():
        yield from names_inside(below, f"{path}.{name}" if path else name)
