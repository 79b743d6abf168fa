"""The format of a table, its columns, and rows that are damaged."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from seqtool.corpus.options import DEFAULT_COLUMN, SourceOptions
from seqtool.errors import InputError

TABLES = ("csv", "tsv", "jsonl", "parquet")

# Texts whose lines are read in parts, as columns such as tab/label: a label up to a TAB or a space, or marked as
# fastText marks it (of several the first); a source before, a target behind an underscore.
FIRST_OF_LABELS = "fasttext-first"
UNDERSCORE = "underscore"
LINE_FORMS = ("tab", "word", "fasttext", FIRST_OF_LABELS, UNDERSCORE)
FASTTEXT_MARK = "__label__"

_COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
_NAMES_SHOWN = 10
_NUMBERS = re.compile(r"\d+(,\d+)+")


class BadRowError(InputError):
    """A row that cannot be read; ``line`` is the line of the file where it begins, from 1."""

    def __init__(self, name: str, line: int, what: str, remedy: str) -> None:
        super().__init__(f"{name}: line {line}: {what}", f"{remedy}, or use --bad-rows skip")
        self.line = line


class RaggedRowError(BadRowError):
    """A row that has more or fewer cells than the first."""


class ColumnError(InputError):
    """A column that cannot be read; `asked_by` names another option than ``--column`` that asked for it."""

    def asked_by(self, flag: str) -> ColumnError:
        """The same error where ``flag`` named the column."""
        self.remedy = (self.remedy or "").replace("--column", flag)
        return self


class MissingColumnError(ColumnError):
    """A column that a table does not have; ``otherwise`` is what else the user can do."""

    def __init__(self, where: str, wanted: str, names: Sequence[str], otherwise: str = "") -> None:
        shown = ", ".join(text[:40] for text in names[:_NAMES_SHOWN]) + (" …" if len(names) > _NAMES_SHOWN else "")
        remedy = f"set --column to one of: {shown}{otherwise}" if names else "check the file: it has no columns"
        super().__init__(f"{where} has no column '{wanted}'", remedy)
        self.names = names


class NotATableError(MissingColumnError):
    """A text without TABs of which a column was asked for; ``remedy`` is what helps."""

    def __init__(self, name: str, wanted: str, remedy: str = "omit --column, or give --separator") -> None:
        super().__init__(name, wanted, [])
        self.message = f"{name}: line 1: expected a table, but the line has no TAB"
        self.remedy = remedy


OnBadRow = Callable[[BadRowError], None]


@dataclass(frozen=True)
class Table:
    """A table to be read.

    Attributes:
        name: how messages call it.
        kind: csv, tsv, jsonl or lines.
        options: how it is read; its column is one.
        on_bad_row: gets the error of every row that cannot be read, and may raise it; if it does not, the row is
            left out.
        counts: what was changed.
        lines: gets the line of the file where the row of each cell begins, from 1; ``None``: nobody asks.
    """

    name: str
    kind: str
    options: SourceOptions
    on_bad_row: OnBadRow
    counts: Counter[str]
    lines: array[int] | None = None

    def note_line(self, line: int) -> None:
        """Keep the line of the file where the row of the next cell begins, if it is asked for."""
        if self.lines is not None:
            self.lines.append(line)

    @property
    def wanted(self) -> str:
        """The column asked for, by name or number."""
        return DEFAULT_COLUMN if self.options.column is None else self.options.column


def table_format(path: str, column: str | None) -> str | None:
    """``csv``, ``tsv``, ``jsonl``, ``parquet`` or ``lines``; None for plain text.

    A text with a ``column`` is read as .tsv, with one such as ``tab/label`` in parts of its lines.
    """
    if column is not None and column.partition("/")[0] in LINE_FORMS and "/" in column:
        return "lines"
    name = PurePath(path)
    suffix = (PurePath(name.stem) if name.suffix in _COMPRESSED else name).suffix.lower().removeprefix(".")
    suffix = {"json": "jsonl", "ndjson": "jsonl", "tab": "tsv"}.get(suffix, suffix)
    return suffix if suffix in TABLES else "tsv" if column is not None else None


def columns_named(column: str) -> list[str]:
    """Several columns, with TABs between, or, numbers alone, with commas."""
    return column.split("," if _NUMBERS.fullmatch(column) else "\t")


def chosen_column(where: str, names: Sequence[str], column: str | None) -> int:
    """The index of the column asked for by name or number.

    Raises:
        MissingColumnError: there is none; lists those there are.
    """
    wanted = DEFAULT_COLUMN if column is None else column
    if list(names).count(wanted) > 1:
        message = f"{where}: {list(names).count(wanted)} columns are named '{wanted}'"
        raise InputError(message, "rename all but one of them in the header")
    if wanted in names:
        return names.index(wanted)
    if wanted.isdecimal() and int(wanted) < len(names):
        return int(wanted)
    stripped = [name.strip() for name in names]
    if wanted in stripped:
        return stripped.index(wanted)
    otherwise = "" if wanted.isdecimal() else " (or, if the first row is not a header, a number from 0)"
    raise MissingColumnError(where, wanted, names, otherwise)


def chosen_path(where: str, names: Sequence[str], column: str | None) -> tuple[int, list[str]]:
    """The index of the column asked for, and the names behind it where it is a path such as ``translation.en``.

    Raises:
        MissingColumnError: there is no such column; lists those there are.
    """
    root, *path = (column or "").split(".")
    if path and column not in names and root in names:
        return names.index(root), path
    return chosen_column(where, names, column), []
