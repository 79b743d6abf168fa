"""Sentences in columns, as in CoNLL's shared tasks: a word a line, its columns apart by white space or by TABs, and a
blank line after each sentence.

Some lines are not words: comments before a sentence, -DOCSTART- lines, and in CoNLL-U comments, ranges and empty nodes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from seqtool.artifact.manifest import Input
from seqtool.corpus.options import SourceOptions
from seqtool.corpus.reading import conllu
from seqtool.corpus.text_inputs import tell_changes, whole_text
from seqtool.errors import InputError, UsageError, plural
from seqtool.labelling.tagging.layout import (
    DOCUMENT,
    Layout,
    find_layout,
    is_blank,
    refuse_commas_and_header,
    refuse_tables,
)
from seqtool.progress import note, warn_once

_LOOKED_AT = 1000  # lines that show how a text is laid out


@dataclass(frozen=True)
class Sentence:
    """A sentence, or lines between sentences, which have no words.

    Attributes:
        name: of the text.
        number: of its first line.
        lines: as they stand, without the blank cells after the last column.
        words: the columns of each word, without the blanks around a cell.
        separator: between columns.
        places: index of each word's line.
        conllu: whether the text is CoNLL-U.
    """

    name: str
    number: int
    lines: list[str]
    words: list[list[str]]
    separator: str
    places: Sequence[int] = ()
    conllu: bool = False

    def column(self, number: int) -> list[str]:
        """One column; negative numbers count from the last.

        Raises:
            InputError: there is none.
        """
        width = len(self.words[0])
        if not -width <= number < width:
            columns = f"{plural(width, 'column')}, numbered from 0"
            message = f"{self.name}: line {self.number}: column {number} does not exist ({columns})"
            raise InputError(message, "give the number of another column")
        return [columns[number] for columns in self.words]

    def labels(self, number: int) -> list[str]:
        """A column of labels.

        Raises:
            InputError: there is none, or one of them is empty.
        """
        found = self.column(number)
        for place, label in zip(self.places, found, strict=False):
            if is_blank(label):
                message = f"{self.name}: line {self.number + place}: the label (column {number}) is empty"
                raise InputError(message, "give every word a label, for example O")
        return found

    def column_number(self, column: str) -> int:
        """The number of a column given by name, in CoNLL-U, or by number.

        Raises:
            InputError: it has no such name.
        """
        if column.removeprefix("-").isdecimal():
            return int(column)
        found = conllu.column_number(column) if self.conllu else None
        if found is None:
            names = (
                f"one of {', '.join(conllu.COLUMNS)}"
                if self.conllu
                else "a number; only the columns of CoNLL-U have names"
            )
            raise InputError(f"{self.name} has no column named {column}", f"give {names}")
        return found


def sentences(name: str, lines: Iterable[str]) -> Iterator[Sentence]:
    """The sentences of a text and the lines between them, in order.

    Columns are apart by TABs where most lines have one, so that a column may be empty or hold spaces. The blanks
    around a cell are not part of it, and a TAB at the end of the lines begins no column.

    Raises:
        InputError: a line has fewer or more columns than most, or CoNLL-U is malformed.
    """
    refuse_tables(name)
    rest = iter(lines)
    beginning = _beginning(rest)
    layout = find_layout(name, beginning)
    refuse_commas_and_header(name, beginning, layout)
    read = _conllu_sentence if layout.conllu else _column_sentences
    block: list[str] = []
    number = 0
    for number, line in enumerate(chain(beginning, rest), 1):
        if not is_blank(line):
            block.append(line)
            continue
        if block:
            yield from read(name, number - len(block), block, layout)
            block = []
        yield Sentence(name, number, [line], [], layout.separator)
    if block:
        yield from read(name, number + 1 - len(block), block, layout)


def read_sentences(name: str, sources: SourceOptions) -> tuple[list[Sentence], Input]:
    """All sentences of a file without what is between them, and the file as an input.

    Raises:
        InputError: the file cannot be read, or its lines have different columns.
        UsageError: standard input, or options that would leave columns out.
    """
    if name == "-":
        raise UsageError("columns cannot be read from standard input", "write them to a file")
    if sources.column is not None:
        remedy = f"use --word-column {sources.column} for the words, --label-column for the labels"
        raise UsageError("--column does not apply to a text of one word per line", remedy)
    if sources.errors == "skip":
        raise UsageError("--errors skip would leave out words of a sentence", "use --errors replace")
    refuse_tables(name)
    read = whole_text(name, "columns", sources, plain=True)
    tell_changes(read.counts)
    found = list(sentences(name, read.lines))
    tell_passed_over(name, found)
    return [sentence for sentence in found if sentence.words], read.entry


def tell_passed_over(name: str, found: Iterable[Sentence]) -> None:
    """Say how many lines are neither words nor blank."""
    counts: Counter[str] = Counter()
    for sentence in found:
        words = {*sentence.places}
        counts.update(
            _what(line) for place, line in enumerate(sentence.lines) if place not in words and not is_blank(line)
        )
    if counts:
        shown = ", ".join(plural(n, what) for what, n in counts.items())
        note(f"{name}: lines that are not words: {shown}")


def _what(line: str) -> str:
    if line.startswith("#"):
        return conllu.COMMENT
    if line.startswith(DOCUMENT):
        return f"{DOCUMENT} line"
    return conllu.RANGE if "-" in line.partition("\t")[0] else conllu.EMPTY


def _beginning(lines: Iterator[str]) -> list[str]:
    """Lines enough to see the columns: `_LOOKED_AT`, and more where these are blank."""
    found = []
    for line in lines:
        found.append(line)
        if len(found) >= _LOOKED_AT and not is_blank(line):
            break
    return found


def _conllu_sentence(name: str, number: int, lines: list[str], layout: Layout) -> Iterator[Sentence]:
    """The sentence of a block of CoNLL-U, or its comments alone."""
    ids, words, places = conllu.Ids(name), list[list[str]](), list[int]()
    for place, line in enumerate(lines):
        if ids.kind(number + place, line) == conllu.WORD:
            words.append(_cells(name, number + place, line, layout)[1])
            places.append(place)
    ids.end(number + len(lines) - 1)
    yield Sentence(name, number, lines, words, layout.separator, places, conllu=True)


@dataclass
class _Held:
    lines: list[str] = field(default_factory=list)
    words: list[list[str]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)


def _column_sentences(name: str, number: int, lines: list[str], layout: Layout) -> Iterator[Sentence]:
    """The sentences of a block of lines that are not blank: one, or some with -DOCSTART- lines between."""
    held = _Held()
    for line_number, line in enumerate(lines, number):
        if line.startswith(DOCUMENT):
            if held.words:
                yield _made(name, line_number, held, layout)
                held = _Held()
            held.lines.append(line)
        elif not held.words and layout.is_comment(line):
            held.lines.append(line)
        else:
            if not held.words and layout.is_doubtful(line):
                warn_once(f"{name}: line {line_number}: {line[:60]!r} is read as a word, not as a comment")
            written, cells = _cells(name, line_number, line, layout)
            held.places.append(len(held.lines))
            held.lines.append(written)
            held.words.append(cells)
    yield _made(name, number + len(lines), held, layout)


def _made(name: str, end: int, held: _Held, layout: Layout) -> Sentence:
    return Sentence(name, end - len(held.lines), held.lines, held.words, layout.separator, held.places)


def _cells(name: str, number: int, whole: str, layout: Layout) -> tuple[str, list[str]]:
    """A word's line without the blank cells after its columns, and the cells.

    Raises:
        InputError: there are fewer or more than most lines have.
    """
    line, cells = layout.split(whole)
    if len(cells) != layout.width:
        message = f"{name}: line {number}: expected {plural(layout.width, 'column')}, found {len(cells)}"
        remedy = "write one word per line, with the same columns in all lines, separated by TABs or all by spaces"
        raise InputError(message, remedy)
    return line, cells
