"""The answers of commands: records, tables, lines, and artifacts that were made.

The command line prints an answer in the requested form; a notebook displays it.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from seqtool.commands.showing import cell_text, data_frame, html_table
from seqtool.errors import SeqtoolError, plural

ItemT = TypeVar("ItemT")
_SHOWN_ROWS = 60


@dataclass
class Answer:
    """The base class of answers.

    Attributes:
        json: what ``--json`` prints, if it differs from the answer's values.
        notes: lines for stderr, printed after the answer.
        error: an error that is raised after a partial answer is printed.
        native: the lines of ``--format native``, if the command has that form (see `answers_in`).
        saved: whether the answer is also in a file or an artifact. In a pipe it is then printed only in a form that
            the user asked for.
        made: artifacts that were made to compute the answer, reported on stderr before it.
    """

    json: Any = field(default=None, kw_only=True, repr=False)
    notes: Sequence[str] = field(default=(), kw_only=True, repr=False)
    error: SeqtoolError | None = field(default=None, kw_only=True, repr=False)
    native: Iterable[str] | None = field(default=None, kw_only=True, repr=False)
    saved: bool = field(default=False, kw_only=True, repr=False)
    made: Sequence[Made] = field(default=(), kw_only=True, repr=False)

    def complete(self) -> None:
        """Compute all rows or lines that have not been computed yet."""


@dataclass
class Record(Answer, Mapping[str, Any]):
    """Named values: ``answer["perplexity"]``.

    Attributes:
        values_: the values, in order.
        shown: the values that text and TSV show, if they differ.
        parts: records and tables that text shows instead, separated by blank lines.
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
        """Return a ``pandas.DataFrame`` of one row. Needs pandas."""
        return data_frame([list(self.values_.values())], list(self.values_))


@dataclass(repr=False)
class Made(Record):
    """An artifact that the command made, or that was up to date. Its `path` is the first value.

    Attributes:
        written: ``True`` if the command made it, ``False`` if it was up to date.
        finished: ``False`` if a training stopped at its time limit.
    """

    written: bool = field(default=True, kw_only=True)
    finished: bool = field(default=True, kw_only=True)

    @property
    def path(self) -> Path:
        """The artifact's folder."""
        return Path(next(iter(self.values_.values())))

    @property
    def outcome(self) -> str:
        """One line about what the command did: ``wrote corpus.lm``."""
        if not self.finished:
            return f"{self.path} is unfinished; run the same command again to continue"
        return f"wrote {self.path}" if self.written else f"{self.path} is up to date"

    def load(self, **how: Any) -> Any:
        """Open the artifact as an object; see `seqtool.load`."""
        import seqtool

        return seqtool.load(self.path, **how)

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"{self.outcome}\n{super().__repr__()}"


def made(output: Path, kind: str, written: bool, name: str | None = None) -> Made:
    """Return the answer of a command that made an artifact: path, summary and dropped items.

    Args:
        output: the artifact's folder.
        kind: its kind.
        written: whether the command made it.
        name: the name of the path in the answer [default: the kind].
    """
    from seqtool.artifact.read import open_artifact

    artifact = open_artifact(output, kind)
    shown = {key: value for key, value in artifact.summary.items() if key != "preprocessing"}
    dropped = [dict(row) for row in artifact.manifest.ledger]
    return Made({name or kind: str(output), **shown, "dropped": dropped}, written=written)


class Items(Generic[ItemT]):
    """The items behind an answer. They can be read once as a stream, or kept and read again.

    Args:
        items: an iterator.
    """

    def __init__(self, items: Iterable[ItemT]) -> None:
        self._items = items

    def keep(self) -> Sequence[ItemT]:
        """Read all items, unless that was done before, and keep them."""
        if not isinstance(self._items, Sequence):
            self._items = list(self._items)
        return self._items

    def __iter__(self) -> Iterator[ItemT]:
        # A generator starts at the first request for an item; `keep` may have been called before that.
        yield from self._items


class Table(Answer, Sequence[dict[str, Any]]):
    """A table with named columns, which behaves as a sequence of dictionaries.

    Args:
        columns: the names of the columns.
        rows: one value per column. An iterator is read only when needed, and row by row for printing.
        text: rows for aligned text, if they differ.
        drawn: lines for text that is not a table.
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
        """Iterate over the rows. Rows from an iterator can be read only once."""
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
        """Return a ``pandas.DataFrame``. Needs pandas."""
        return data_frame([list(row) for row in self.rows], list(self.columns))

    def __repr__(self) -> str:
        cells = [list(self.columns), *([cell_text(cell) for cell in row] for row in self.rows[:_SHOWN_ROWS])]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.columns))]
        lines = [
            "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
        ]
        more = len(self.rows) - _SHOWN_ROWS
        return "\n".join([*lines, f"… and {plural(more, 'more row')}"] if more > 0 else lines)

    def _repr_html_(self) -> str:
        more = len(self.rows) - _SHOWN_ROWS
        rest = f"<p>… and {plural(more, 'more row')}</p>" if more > 0 else ""
        return html_table(self.columns, self.rows[:_SHOWN_ROWS]) + rest


class Picture(Table):
    """The numbers that a picture shows. The command line prints them only if the user asks for a form.

    Args:
        columns: see `Table`.
        rows: see `Table`.
        path: the picture, or the folder with the saved numbers; ``None`` if there is neither.
    """

    def __init__(self, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, path: Path | None) -> None:
        super().__init__(columns, rows)
        self.path = path


class Lines(Answer, Sequence[str]):
    """Lines of text. If `lines` is an iterator, each line is printed as soon as it is computed.

    Args:
        lines: lines without line ends.
        table: the same content as a table.
        tabular: the forms in which the table is printed instead of the lines.
        items: the items that the lines, the table and the native form share, if they share an iterator.
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
        """Iterate over the lines. Lines from an iterator can be read only once."""
        return iter(self._items)

    @property
    def lines(self) -> Sequence[str]:
        """All lines."""
        return self._items.keep()

    def complete(self) -> None:
        """Read all lines, and the table and the native form."""
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
        """Return a ``pandas.DataFrame`` of the table, or with the one column ``line``. Needs pandas."""
        if self.table is not None:
            return self.table.to_pandas()
        return data_frame([[line] for line in self.lines], ["line"])
