"""How the cells of a .csv or .tsv are kept apart, found in the beginning of a file.

A .csv is quoted. In a .tsv quotation marks may be part of the text or enclose cells. Writers that quote (pandas, R,
spreadsheets) quote every cell that holds a quotation mark, and double it. So a .tsv is read as quoted if all its
quotation marks fit that, and some cell could not be written otherwise. Others (R's write.table, MySQL, Spark) write a
backslash before a quotation mark inside a cell; text is read so if its quotation marks fit that alone.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass

from seqtool.errors import UsageError

_HEAD = 1 << 18
_HEAD_ROWS = 500
_SEPARATORS = (",", ";", "\t", "|")
# A header of quoted cells with spaces between, or one such cell above a row of several.
_SPACED_HEADER = re.compile(r'"[^"\n]*"(?: "[^"\n]*")+\n|"[^"\n]*"\n"[^"\n]*" ["\d]')
ESCAPED_MARK, _DOUBLED_MARK = '\\"', '""'
_SEPARATOR_LINE = re.compile(r"sep=(.)\n")
_NAMED = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "space": " "}


def given_separator(given: str | None) -> str | None:
    """The character that ``--separator`` stands for.

    Raises:
        UsageError: not one character, or one that cannot separate cells.
    """
    if given is None:
        return None
    separator = _NAMED.get(given.lower(), given)
    if len(separator) != 1 or separator in '"\n\r':
        raise UsageError(
            f"--separator {given!r} is not a valid separator", "give a single character, such as ';', or tab"
        )
    return separator


def announced_separator(head: str) -> str | None:
    """The separator in a first line ``sep=;``, which spreadsheets write and which is not a row."""
    found = _SEPARATOR_LINE.match(head)
    return found[1] if found else None


def has_spaced_header(head: str) -> bool:
    """Whether a text begins with quoted cells that are separated by spaces, as R's ``write.table`` writes them."""
    return _SPACED_HEADER.match(head) is not None


def with_doubled_marks(text: str) -> str:
    """A text whose quotation marks inside cells are doubled, where a backslash was before them."""
    return text.replace(ESCAPED_MARK, _DOUBLED_MARK)


def found_separator(head: str, wanted: str) -> str:
    """The separator of a .csv: a comma, unless only another one gives rows of as many cells as the first.

    Args:
        head: the beginning of the file, whole lines.
        wanted: the column asked for; the first row that has it as a name is a header.
    """
    scores = {separator: _consistency(head, separator, wanted) for separator in _SEPARATORS}
    return max(_SEPARATORS, key=lambda separator: scores[separator])  # of equals the first


def _consistency(head: str, separator: str, wanted: str) -> tuple[bool, bool, float]:
    """Whether the first row has the column, and several cells; the share of rows that have as many."""
    lines = head[:_HEAD].splitlines(keepends=True)[:_HEAD_ROWS]
    rows = [row for row in csv.reader(lines, delimiter=separator) if row]
    width = len(rows[0]) if rows else 0
    alike = sum(len(row) == width for row in rows) / max(1, len(rows))
    named = wanted in (cell.strip() for cell in rows[0]) if rows else False
    several = width > 1 and alike > 0.5
    return named, several, alike if several else 0.0


@dataclass(frozen=True)
class _Marks:
    """The quotation marks of a window of text.

    Attributes:
        quoted: cells that are enclosed in quotation marks, any inside being doubled.
        doubled, spanning: those among them that hold a quotation mark, and a separator or a line end.
        empty: those that hold nothing.
        stray: lines with any other quotation mark.
        cut: the window ends inside a cell that begins with a quotation mark.
        bare: whether there is another cell, of text.
        ragged, plainly_ragged: rows of another width, if the marks enclose cells and if they do not.
        width: cells of a row.
    """

    quoted: int
    doubled: int
    spanning: int
    empty: int
    stray: int
    cut: bool
    bare: bool
    ragged: int
    plainly_ragged: int
    width: int


def quoting_of(window: str, separator: str, width: int | None, last: bool) -> str:
    """Whether the quotation marks in a window of whole lines enclose cells.

    Args:
        window: begins with a row.
        separator: of cells.
        width: cells of the first row of the file, if it is not in the window.
        last: whether the file ends with the window.

    Returns:
        ``csv``: they do. ``escaped``: they do, with a backslash before those inside. ``none``: they are text.
        ``open``: they enclose cells that need no quoting, so that later lines must tell. ``more``: the window ends
        inside a cell. ``unclear``: it could be either.
    """
    marks = _marks(window, separator, width)
    if ESCAPED_MARK in window and (marks.stray or marks.cut):
        undone = _marks(with_doubled_marks(window), separator, width)
        if undone.cut and not last:
            return "more"
        if undone.doubled > undone.stray:
            return "unclear" if undone.stray else "escaped"
    if marks.cut and not last:
        return "more"
    if marks.stray:
        return "unclear" if marks.doubled > marks.stray else "none"
    if marks.ragged > marks.plainly_ragged:
        return "none"
    if marks.doubled or marks.ragged < marks.plainly_ragged or (marks.quoted > 1 and not marks.bare):
        return "csv"
    if marks.empty and marks.width == 1:
        return "csv"
    return "unclear" if marks.spanning else "open"


def _marks(window: str, separator: str, width: int | None) -> _Marks:
    sep = re.escape(separator)
    begins, ends = rf"(?<![^{sep}\n])", rf"(?![^{sep}\n])"
    pattern = re.compile(rf'{begins}"[^"]*(?:""[^"]*)*"{ends}')
    cells = pattern.findall(window)
    masked = pattern.sub("\0", window)
    left = masked.find('"')
    opening = re.compile(rf'{begins}"[^"]*(?:""[^"]*)*\Z')
    found, ragged = _ragged(masked, separator, width)
    return _Marks(
        quoted=len(cells),
        doubled=sum('"' in cell[1:-1] for cell in cells),
        spanning=sum(separator in cell or "\n" in cell for cell in cells),
        empty=cells.count('""'),
        stray=sum('"' in line for line in masked.split("\n")),
        cut=left >= 0 and opening.match(masked, left) is not None,
        bare=re.search(rf"{begins}(?![-+\d.eE]+{ends})[^\0{sep}\n]+", masked) is not None,
        ragged=ragged,
        plainly_ragged=_ragged(window, separator, width)[1],
        width=found,
    )


def _ragged(text: str, separator: str, width: int | None) -> tuple[int, int]:
    """Cells of the first row, and rows that have more or fewer."""
    widths = Counter(line.count(separator) + 1 for line in text.split("\n") if line)
    first = next((line.count(separator) + 1 for line in text.split("\n") if line), 1)
    expected = width or first
    return expected, widths.total() - widths[expected]
