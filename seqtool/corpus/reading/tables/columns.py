"""The cells of a column of a .csv or .tsv.

A column given by name is in the first row; one given by number means a table without a header. Every row must have as
many cells as the header, or as most of the first rows have: a separator inside a cell would move its text. R writes the
names of rows in a first column that has no name: their header is a cell short.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from operator import itemgetter

from seqtool.corpus.reading.tables.cells import MISSING_WORDS, Cells
from seqtool.corpus.reading.tables.kinds import (
    MissingColumnError,
    NotATableError,
    RaggedRowError,
    Table,
    chosen_column,
    table_format,
)
from seqtool.corpus.reading.tables.rows import Rows, is_blank, lines_of, row_batches
from seqtool.corpus.reading.tables.texts import TableText
from seqtool.errors import InputError, plural
from seqtool.progress import note_once

_FEWEST_NAMED_ROWS, _FEWEST_SPELLED = 3, 10  # rows whose names are numbers, or any text


def cells_of_rows(table: Table, text: TableText) -> Cells:
    """The cells of a column, in batches; a blank line is a missing cell.

    Raises:
        InputError: there is no such column, or a row cannot be read.
    """
    column = _Column(table, text)
    for batch in row_batches(table, text):
        if table.lines is None and {*map(len, batch.rows)} == {column.width}:
            cells = list[str | None](map(itemgetter(column.index), batch.rows))
        else:
            cells = [*column.cells(batch)]
        if not MISSING_WORDS.isdisjoint(cells):
            table.counts["missing_words"] += sum(cell in MISSING_WORDS for cell in cells)
        yield cells


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
        for number, row in enumerate(batch.rows):
            header = False
            if self.width < 0 and not is_blank(row):
                header = self._header
                self._begin(row, [other for other in batch.rows[number + 1 :] if not is_blank(other)])
            if not header:
                place = self._text.place(line)
                if len(row) == self.width:
                    self._table.note_line(place)
                    yield row[self.index]
                elif not is_blank(row):
                    self._table.on_bad_row(self._ragged(place, row))
                elif self.index >= 0:  # a header was read, or there is none
                    self._table.note_line(place)
                    yield row[self.index] if self.index < len(row) else None
            line += lines_of(row)

    def _begin(self, row: list[str], others: Sequence[list[str]]) -> None:
        """Find the column in the first row that is not blank, and the width of the rows in it or in all of them."""
        name, column = self._table.name, self._table.options.column
        self.width = len(row) if self._header else _usual_width([row, *others])
        if self.width == len(row) == 1 or self._table.kind == "csv":
            self._refuse_other_kinds(",".join(row))
        if self._header:
            if has_row_names(row, others):
                note_once(
                    f"{name}: the header has one cell fewer than the rows, so the first cells are read as row names "
                    "(as R writes them)"
                )
                row, self.width = ["", *row], self.width + 1
            self.index = chosen_column(name, row, column)
        elif has_row_names(row, others):
            message = (
                f"{name}: line 1: expected a row, found a header with one cell fewer than the rows, whose first cells "
                "are row names (as R writes them)"
            )
            raise InputError(message, f"give the column by name, one of: {', '.join(row)}")
        elif self.index >= self.width:
            raise MissingColumnError(name, str(column), [str(number) for number in range(self.width)])

    def _refuse_other_kinds(self, line: str) -> None:
        """Refuse a first line that is an object in JSON, or has another separator than a TAB or none.

        Raises:
            InputError: saying how the text is read.
        """
        name, wanted = self._table.name, self._table.wanted
        if line.startswith('{"') and line.rstrip().endswith("}"):
            raise InputError(f"{name}: line 1: expected a table row, found JSON", "save it as .jsonl")
        if self._table.kind == "csv" or self._table.options.separator:
            return
        for separator in ",;|":
            if separator in line and wanted in (cell.strip(' "') for cell in line.split(separator)):
                raise NotATableError(name, wanted, f"give --separator '{separator}'")
        if table_format(name, None) is None:
            raise NotATableError(name, wanted)

    def _ragged(self, line: int, row: Sequence[str]) -> RaggedRowError:
        """The error of a row that has more or fewer cells than others."""
        usual = "the first row" if self._header else "most rows"
        what = f"expected {plural(self.width, 'cell')} as in {usual}, found {len(row):,}"
        if len(row) == self.width + 1 and not row[-1]:
            return RaggedRowError(
                self._table.name, line, f"{what}; the row ends with a separator", "delete the separator"
            )
        return RaggedRowError(self._table.name, line, what, self._remedy(row))

    def _remedy(self, row: Sequence[str]) -> str:
        options = self._table.options
        if options.separator in (" ", "space"):
            return "quote cells that contain a space (--quoting csv), separate cells with TABs"
        if self._header and len(row) == self.width + 1 and row[0].isdecimal():
            return "fix the row (a column of row names needs a name in the header; in R, write row.names = FALSE)"
        if self._table.kind == "csv" and options.quoting != "none":
            return "quote cells that contain a separator or a line end, fix the row"
        if any(_QUOTED.match(cell) for cell in row) and options.quoting == "auto":
            return "use --quoting csv if quotation marks enclose cells, fix the row"
        return "replace separators and line ends within cells with spaces, fix the row"


_QUOTED = re.compile(r'^".*|.*"$', re.DOTALL)


def _usual_width(rows: Sequence[Sequence[str]]) -> int:
    """The number of cells that most rows have; of equals that of the first."""
    return Counter(map(len, rows)).most_common(1)[0][0]


def has_row_names(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first cells of rows are names without a header, as R's ``write.table`` writes them.

    No row has as few cells as the header, most have one more; the names are all different; and the last cells are
    neither all empty, as behind a separator at the end of a row, nor begin with a space, as a text behind its comma.
    """
    wider = [row for row in rows if len(row) == len(header) + 1]
    names = {row[0] for row in wider}
    enough = _FEWEST_NAMED_ROWS if all(name.isdecimal() for name in names) else _FEWEST_SPELLED
    return (
        len(names) == len(wider) >= enough
        and 2 * len(wider) > len(rows)
        and all(len(row) != len(header) for row in rows)
        and any(row[-1] for row in wider)
        and not any(row[-1].startswith(" ") for row in wider)
    )
