"""What commands answer: records, tables, lines, and what was made.

An answer is complete in itself: the command line prints it in the form that was asked for, a notebook shows it.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seqtool.errors import SeqtoolError

_SHOWN_ROWS = 60


@dataclass
class Answer:
    """What every answer has.

    Attributes:
        json: what ``--json`` prints, where it is not the answer's own values.
        notes: lines for stderr, after the answer.
        error: a failure that is raised once the answer is out, for what could be answered only in part.
        made: artifacts made on the way to the answer, reported on stderr before it.
    """

    json: Any = field(default=None, kw_only=True, repr=False)
    notes: Sequence[str] = field(default=(), kw_only=True, repr=False)
    error: SeqtoolError | None = field(default=None, kw_only=True, repr=False)
    made: Sequence[Made] = field(default=(), kw_only=True, repr=False)


@dataclass
class Record(Answer, Mapping[str, Any]):
    """Named values: ``answer["perplexity"]``.

    Attributes:
        values_: the values, in order.
        shown: what text and TSV show, where that differs.
    """

    values_: Mapping[str, Any]
    shown: Mapping[str, Any] | None = field(default=None, kw_only=True, repr=False)

    def __getitem__(self, name: str) -> Any:
        return self.values_[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    def __len__(self) -> int:
        return len(self.values_)

    def __repr__(self) -> str:
        width = max(map(len, self.values_), default=0)
        return "\n".join(f"{name:<{width}}  {value}" for name, value in self.values_.items())

    def _repr_html_(self) -> str:
        return _html_table(("", ""), self.values_.items())


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


class Table(Answer, Sequence[dict[str, Any]]):
    """Rows under named columns; a sequence of dictionaries.

    Args:
        columns: their names.
        rows: a value for each column; an iterator is read only when it is needed, row by row where it is printed.
        text: rows for the aligned text, where they differ.
        json: see `Answer`.
        notes: see `Answer`.
        error: see `Answer`.
    """

    def __init__(
        self,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        *,
        text: Iterable[Sequence[Any]] | None = None,
        json: Any = None,
        notes: Sequence[str] = (),
        error: SeqtoolError | None = None,
    ) -> None:
        super().__init__(json=json, notes=notes, error=error)
        self.columns = tuple(columns)
        self._rows: Iterable[Sequence[Any]] = rows
        self.text = text

    def stream(self) -> Iterator[Sequence[Any]]:
        """The rows, as they come; once, if they come from an iterator."""
        return iter(self._rows)

    @property
    def rows(self) -> list[Sequence[Any]]:
        """All rows."""
        if not isinstance(self._rows, list):
            self._rows = list(self._rows)
        return self._rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [dict(zip(self.columns, row, strict=True)) for row in self.rows[at]]
        return dict(zip(self.columns, self.rows[at], strict=True))

    def to_pandas(self) -> Any:
        """A ``pandas.DataFrame``; needs pandas."""
        import pandas as pd  # type: ignore[import-untyped, unused-ignore]

        return pd.DataFrame([list(row) for row in self.rows], columns=list(self.columns))

    def __repr__(self) -> str:
        cells = [list(self.columns), *([_shown(cell) for cell in row] for row in self.rows[:_SHOWN_ROWS])]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.columns))]
        lines = [
            "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
        ]
        more = len(self.rows) - _SHOWN_ROWS
        return "\n".join([*lines, f"… and {more:,} more rows"] if more > 0 else lines)

    def _repr_html_(self) -> str:
        return _html_table(self.columns, self.rows[:_SHOWN_ROWS])


class Lines(Answer, Sequence[str]):
    """Text, a line at a time; `lines` may be an iterator, and is then printed as it comes.

    Args:
        lines: without line ends.
        table: the same as rows, for ``--json`` (and ``tsv``, if ``tabular``).
        tabular: TSV prints the table, not the lines.
        notes: see `Answer`.
        error: see `Answer`.
    """

    def __init__(
        self,
        lines: Iterable[str],
        *,
        table: Table | None = None,
        tabular: bool = False,
        notes: Sequence[str] = (),
        error: SeqtoolError | None = None,
    ) -> None:
        super().__init__(notes=notes, error=error)
        self._lines: Iterable[str] = lines
        self.table, self.tabular = table, tabular

    def stream(self) -> Iterator[str]:
        """The lines, as they come; once, if they come from an iterator."""
        return iter(self._lines)

    @property
    def lines(self) -> list[str]:
        """All lines."""
        if not isinstance(self._lines, list):
            self._lines = list(self._lines)
        return self._lines

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, at: Any) -> Any:
        return self.lines[at]

    def __repr__(self) -> str:
        return "\n".join(self.lines)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _html_table(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(_shown(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
