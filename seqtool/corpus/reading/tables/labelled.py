"""Lines that hold a label and a text, or a source and a target.

tab         label TAB text, quoted or not as a .tsv; the text may have TABs
word        a first word, the label, then the text
fasttext    __label__x beside a text, as fastText reads it: before, after or inside
underscore  source_target, both padded with spaces, as in "Deep Learning from Scratch 2"
"""

from __future__ import annotations

from typing import Any

from seqtool.corpus.reading.tables.cells import Cells
from seqtool.corpus.reading.tables.kinds import FASTTEXT_MARK, FIRST_OF_LABELS, UNDERSCORE, BadRowError, Table
from seqtool.corpus.reading.tables.rows import is_blank, lines_of, row_batches
from seqtool.corpus.reading.tables.texts import TableText
from seqtool.errors import plural

FIRST_LINES = 100


def labelled_cells(table: Table, text: TableText) -> Cells:
    """The labels or the texts of labelled lines, the sources or targets of pairs; ``None`` of a blank line.

    Raises:
        BadRowError: a line of another form.
    """
    form, _, wanted = table.wanted.partition("/")
    part = 0 if wanted in ("label", "source") else 1
    return _tab_cells(table, text, part) if form == "tab" else _cells(table, text, form, part)


def _tab_cells(table: Table, text: TableText, part: int) -> Cells:
    remedy = "write label TAB text, use --form word or fasttext"
    for batch in row_batches(table, text):
        cells, line = list[str | None](), batch.line
        for row in batch.rows:
            place = text.place(line)
            if len(row) > 1:
                cells.append("\t".join(row[1:]) if part else row[0].strip())
                table.note_line(place)
            elif is_blank(row):
                cells.append(None)
                table.note_line(place)
            else:
                table.on_bad_row(BadRowError(table.name, place, "expected a TAB after the label", remedy))
            line += lines_of(row)
        yield cells


def _cells(table: Table, text: TableText, form: str, part: int) -> Cells:
    number = 0
    for block in text:
        cells: list[Any] = []
        for line in block.split("\n")[:-1]:
            number += 1
            place = text.place(number)
            try:
                cells.append(_parts(table, place, line, form)[part] if line.strip() else None)
                table.note_line(place)
            except BadRowError as error:
                table.on_bad_row(error)
        yield cells


def _parts(table: Table, number: int, line: str, form: str) -> tuple[str, str]:
    if form == "word":
        label, text = [*line.split(None, 1), ""][:2]
        return label, text
    if form == UNDERSCORE:
        if line.count("_") != 1:
            what = f"expected source_target with one underscore, found {plural(line.count('_'), 'underscore')}"
            raise BadRowError(table.name, number, what, "fix the line, separate the pair with a TAB")
        source, _, target = line.partition("_")
        return source.strip(), target.strip()
    return _fasttext(table, number, line, several=form == FIRST_OF_LABELS)


def _fasttext(table: Table, number: int, line: str, several: bool) -> tuple[str, str]:
    """The label and the text of a line; ``several``: of more labels the first, which is counted."""
    label, text = [*line.split(None, 1), ""][:2]
    if not label.startswith(FASTTEXT_MARK) or FASTTEXT_MARK in text or FASTTEXT_MARK in label[1:]:
        words = line.replace(f",{FASTTEXT_MARK}", f" {FASTTEXT_MARK}").split()
        labels = [word for word in words if word.startswith(FASTTEXT_MARK)]
        if not labels:
            raise BadRowError(
                table.name, number, f"the line has no {FASTTEXT_MARK} label", "write __label__x before the text"
            )
        if len(labels) > 1 and not several:
            what = f"expected one label, found {len(labels)} ({' '.join(label[:40] for label in labels[:3])})"
            raise BadRowError(table.name, number, what, "use --labels first to keep the first label of each line")
        table.counts["labels"] += len(labels) > 1
        label, text = labels[0], " ".join(word for word in words if not word.startswith(FASTTEXT_MARK))
    label = label.removeprefix(FASTTEXT_MARK)
    if label.endswith(",") and not several:
        what = f"the label '{label}' ends with a comma, so it would differ from '{label[:-1]}'"
        raise BadRowError(table.name, number, what, "delete the comma")
    return label.removesuffix(",") if several else label, text


def holds_underscore_pairs(lines: list[str]) -> bool:
    """Whether most of the first lines are pairs with one underscore between source and target, and have no TAB."""
    some = [line for line in lines[:FIRST_LINES] if line.strip()]
    return 2 * sum(line.count("_") == 1 and "\t" not in line for line in some) > len(some)
