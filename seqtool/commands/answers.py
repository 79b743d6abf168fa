"""What commands answer: records, tables, lines, and what was made.

An answer is complete in itself: the command line prints it in the form that was asked for, a notebook shows it.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from seqtool.commands.showing import cell_text, data_frame, html_table
from seqtool.errors import SeqtoolError

ItemT = TypeVar("ItemT")
_SHOWN_ROWS = 60


@dataclass
class Answer:
    """What every answer has.

    Attributes:
        json: what ``--json`` prints, where it is not the answer's own values.
        notes: lines for stderr, after the answer.
        error: a failure that is raised once the answer is out, for what could be answered only in part.
        native: the lines of ``--format native``, where the command has that form (see `answers_in`).
        saved: it is in a file or an artifact too; in a pipe it is printed only in a form that was asked for.
        made: artifacts made on the way to the answer, reported on stderr before it.
    """

    json: Any = field(default=None, kw_only=True, repr=False)
    notes: Sequence[str] = field(default=(), kw_only=True, repr=False)
    error: SeqtoolError | None = field(default=None, kw_only=True, repr=False)
    native: Iterable[str] | None = field(default=None, kw_only=True, repr=False)
    saved: bool = field(default=False, kw_only=True, repr=False)
    made: Sequence[Made] = field(default=(), kw_only=True, repr=False)

    def complete(self) -> None:
        """Compute what is still to be computed row by row or line by line."""


@dataclass
class Record(Answer, Mapping[str, Any]):
    """Named values: ``answer["perplexity"]``.

    Attributes:
        values_: the values, in order.
        shown: what text and TSV show, where that differs.
        parts: what text shows instead, with blank lines between: records and tables.
    """

    values_: Mapping[str, Any]
    shown: Mapping[str, Any] | None = field(default=None, kw_only=True, repr=False)
    parts: Sequence[Answer] = field(default=(), kw_only=True, repr=False)

    def __getitem__(self, name: str) -> Any:
        return self.values_[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    def __len__(self) -> int:
        return len(self.values_)

    def __repr__(self) -> str:
        width = max(map(len, self.values_), default=0)
        return "\n".join(f"{name:<{width}}  {cell_text(value)}".rstrip() for name, value in self.values_.items())

    def _repr_html_(self) -> str:
        return html_table(("", ""), self.values_.items())

    def to_pandas(self) -> Any:
        """A ``pandas.DataFrame`` of one row; needs pandas."""
        return data_frame([list(self.values_.values())], list(self.values_))


@dataclass(repr=False)
class Made(Record):
    """An artifact that was made, or was there already; `path` is its first value.

    Attributes:
        written: whether it was made now; ``False`` where it is up to date.
        finished: ``False`` for a training whose time was up.
    """

    written: bool = field(default=True, kw_only=True)
    finished: bool = field(default=True, kw_only=True)

    @property
    def path(self) -> Path:
        """The artifact's folder."""
        return Path(next(iter(self.values_.values())))

    @property
    def outcome(self) -> str:
        """What was done, in a line: ``wrote corpus.lm``."""
        if not self.finished:
            return f"{self.path} is not finished; the same call resumes it"
        return f"wrote {self.path}" if self.written else f"{self.path} is up to date"

    def load(self, **how: Any) -> Any:
        """The artifact as an object; see `seqtool.load`."""
        import seqtool

        return seqtool.load(self.path, **how)

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"{self.outcome}\n{super().__repr__()}"


def made(output: Path, kind: str, written: bool, name: str | None = None) -> Made:
    """The answer of a command that made an artifact: its path, its summary, and what was dropped.

    Args:
        output: the artifact's folder.
        kind: its kind.
        written: whether it was made now.
        name: what the path is called in the answer, if not by the kind.
    """
    from seqtool.artifact.read import open_artifact

    artifact = open_artifact(output, kind)
    shown = {key: value for key, value in artifact.summary.items() if key != "preprocessing"}
    dropped = [dict(row) for row in artifact.manifest.ledger]
    return Made({name or kind: str(output), **shown, "dropped": dropped}, written=written)


class Items(Generic[ItemT]):
    """What an answer is made from: read once as it comes, or kept and read as often as needed.

    Args:
        items: an iterator.
    """

    def __init__(self, items: Iterable[ItemT]) -> None:
        self._items = items

    def keep(self) -> Sequence[ItemT]:
        """All items, read now if they were not before, so that they can be read again."""
        if not isinstance(self._items, Sequence):
            self._items = list(self._items)
        return self._items

    def __iter__(self) -> Iterator[ItemT]:
        # A generator looks at the items when its first one is asked for: `keep` may have been called by then.
        yield from self._items


class Table(Answer, Sequence[dict[str, Any]]):
    """Rows under named columns; a sequence of dictionaries.

    Args:
        columns: their names.
        rows: a value for each column; an iterator is read only when it is needed, row by row where it is printed.
        text: rows for the aligned text, where they differ.
        drawn: lines for the text, where it is no table.
        details: the attributes of an `Answer`.
    """

    def __init__(
        self,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        *,
        text: Iterable[Sequence[Any]] | None = None,
        drawn: Iterable[str] | None = None,
        **details: Any,
    ) -> None:
        super().__init__(**details)
        self.columns = tuple(columns)
        self._items = Items(rows)
        self.text, self.drawn = text, drawn

    def stream(self) -> Iterator[Sequence[Any]]:
        """The rows, as they come; once, if they come from an iterator."""
        return iter(self._items)

    @property
    def rows(self) -> Sequence[Sequence[Any]]:
        """All rows."""
        return self._items.keep()

    def complete(self) -> None:
        """Read all rows."""
        _ = self.rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [dict(zip(self.columns, row, strict=True)) for row in self.rows[at]]
        return dict(zip(self.columns, self.rows[at], strict=True))

    def to_pandas(self) -> Any:
        """A ``pandas.DataFrame``; needs pandas."""
        return data_frame([list(row) for row in self.rows], list(self.columns))

    def __repr__(self) -> str:
        cells = [list(self.columns), *([cell_text(cell) for cell in row] for row in self.rows[:_SHOWN_ROWS])]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.columns))]
        lines = [
            "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
        ]
        more = len(self.rows) - _SHOWN_ROWS
        return "\n".join([*lines, f"… and {more:,} more rows"] if more > 0 else lines)

    def _repr_html_(self) -> str:
        more = len(self.rows) - _SHOWN_ROWS
        rest = f"<p>… and {more:,} more rows</p>" if more > 0 else ""
        return html_table(self.columns, self.rows[:_SHOWN_ROWS]) + rest


class Picture(Table):
    """The numbers that a picture shows; the command line prints them only in a form that is asked for.

    Args:
        columns: see `Table`.
        rows: see `Table`.
        path: the picture, or the folder that keeps the numbers; ``None`` where neither was asked for.
    """

    def __init__(self, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, path: Path | None) -> None:
        super().__init__(columns, rows)
        self.path = path


class Lines(Answer, Sequence[str]):
    """Text, a line at a time; `lines` may be an iterator, and is then printed as it comes.

    Args:
        lines: without line ends.
        table: the same as rows.
        tabular: the forms in which the table is printed, where they are asked for.
        items: what the lines, the table and the native form are all made from, if they share an iterator.
        details: the attributes of an `Answer`.
    """

    def __init__(
        self,
        lines: Iterable[str],
        *,
        table: Table | None = None,
        tabular: Sequence[str] = ("json",),
        items: Items[Any] | None = None,
        **details: Any,
    ) -> None:
        super().__init__(**details)
        self._items = Items(lines)
        self.table, self.tabular, self._shared = table, tabular, items

    def stream(self) -> Iterator[str]:
        """The lines, as they come; once, if they come from an iterator."""
        return iter(self._items)

    @property
    def lines(self) -> Sequence[str]:
        """All lines."""
        return self._items.keep()

    def complete(self) -> None:
        """Read all lines, and what else is made from the same items."""
        if self._shared is not None:
            self._shared.keep()
        _ = self.lines
        if self.table is not None:
            self.table.complete()
        if self.native is not None:
            self.native = list(self.native)

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, at: Any) -> Any:
        return self.lines[at]

    def __repr__(self) -> str:
        return "\n".join(self.lines)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(repr(self))}</pre>"

    def to_pandas(self) -> Any:
        """A ``pandas.DataFrame`` of the table, or of one column ``line``; needs pandas."""
        if self.table is not None:
            return self.table.to_pandas()
        return data_frame([[line] for line in self.lines], ["line"])
