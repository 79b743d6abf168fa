"""Sentences in columns, as in CoNLL's shared tasks: a word a line, its columns apart by white space or by TABs, and a
blank line after each sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seqtool.errors import InputError


@dataclass(frozen=True)
class Sentence:
    """A sentence, or a blank line between sentences, which has no words.

    Attributes:
        name: of the text.
        number: of its first line.
        lines: as they stand.
        words: the columns of each line.
        separator: between columns.
    """

    name: str
    number: int
    lines: list[str]
    words: list[list[str]]
    separator: str

    def column(self, number: int) -> list[str]:
        """One column; negative numbers count from the last.

        Raises:
            InputError: there is none.
        """
        width = len(self.words[0])
        if not -width <= number < width:
            message = f"{self.name}, line {self.number}: no column {number} among {width}"
            raise InputError(message, "give the number of another")
        return [columns[number] for columns in self.words]


def sentences(name: str, lines: Iterable[str]) -> Iterator[Sentence]:
    """The sentences and the blank lines of a text, in order.

    Columns are apart by TABs where the first line has one, so that a column may be empty or hold spaces.

    Raises:
        InputError: a line has fewer or more columns than the first.
    """
    held: list[str] = []
    words: list[list[str]] = []
    width, separator = 0, " "
    number = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            if words:
                yield Sentence(name, number - len(words), held, words, separator)
            yield Sentence(name, number, [line], [], separator)
            held, words = [], []
            continue
        if not width:
            separator = "\t" if "\t" in line else " "
        columns = line.split("\t") if separator == "\t" else line.split()
        width = width or len(columns)
        if len(columns) != width:
            message = (
                f"{name}, line {number}: {len(columns)} columns, {width} expected (a word a line, with its labels)"
            )
            raise InputError(message, "mend the line; columns are apart by TABs or by spaces throughout")
        held.append(line)
        words.append(columns)
    if words:
        yield Sentence(name, number + 1 - len(words), held, words, separator)
