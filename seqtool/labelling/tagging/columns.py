"""Sentences in columns, as in CoNLL's shared tasks: a word a line, its columns apart by white space or by TABs, and a
blank line after each sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from seqtool.artifact.manifest import Input
from seqtool.corpus.options import SourceOptions
from seqtool.corpus.text_inputs import tell_changes, whole_text
from seqtool.errors import InputError, UsageError

_LOOKED_AT = 1000  # lines that show which columns at the end hold nothing


@dataclass(frozen=True)
class Sentence:
    """A sentence, or a blank line between sentences, which has no words.

    Attributes:
        name: of the text.
        number: of its first line.
        lines: as they stand, without the blank cells after the last column.
        words: the columns of each line, without the blanks around a cell.
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

    Columns are apart by TABs where the first line has one, so that a column may be empty or hold spaces. The blanks
    around a cell are not part of it, and a TAB at the end of the lines begins no column.

    Raises:
        InputError: a line has fewer or more columns than the first.
    """
    rest = iter(lines)
    beginning = _beginning(rest)
    separator, width = _layout([line for line in beginning if line.strip()])
    held: list[str] = []
    words: list[list[str]] = []
    number = 0
    for number, whole in enumerate(chain(beginning, rest), 1):
        line, columns = _columns(whole, separator, width)
        if not whole.strip():
            if words:
                yield Sentence(name, number - len(words), held, words, separator)
            yield Sentence(name, number, [whole], [], separator)
            held, words = [], []
            continue
        if len(columns) != width:
            message = (
                f"{name}, line {number}: {len(columns)} columns, {width} expected (a word a line, with its labels)"
            )
            raise InputError(message, "mend the line; columns are apart by TABs or by spaces throughout")
        held.append(line)
        words.append(columns)
    if words:
        yield Sentence(name, number + 1 - len(words), held, words, separator)


def read_sentences(name: str, sources: SourceOptions) -> tuple[list[Sentence], Input]:
    """All sentences of a file without the blank lines between them, and the file as an input.

    Raises:
        InputError: the file cannot be read, or its lines have different columns.
        UsageError: standard input, or options that would leave columns out.
    """
    if name == "-":
        raise UsageError("an output name cannot be derived from standard input", "write it to a file")
    if sources.column is not None or sources.errors == "skip":
        raise UsageError("columns are read whole", "leave --column and --errors skip out")
    read = whole_text(name, "columns", sources, plain=True)
    tell_changes(read.counts)
    return [sentence for sentence in sentences(name, read.lines) if sentence.words], read.entry


def _beginning(lines: Iterator[str]) -> list[str]:
    """Lines enough to see the columns: `_LOOKED_AT`, and more where these are blank."""
    found = []
    for line in lines:
        found.append(line)
        if len(found) >= _LOOKED_AT and line.strip():
            break
    return found


def _layout(lines: Sequence[str]) -> tuple[str, int]:
    """What separates the columns of a text that begins with these lines, none of them blank, and how many there are.

    The last column is the last of the first line in which any line has something.
    """
    if not lines or "\t" not in lines[0]:
        return " ", len(lines[0].split()) if lines else 0
    filled = max(len(_columns(line, "\t", 1)[1]) for line in lines)
    return "\t", min(len(lines[0].split("\t")), filled)


def _columns(line: str, separator: str, width: int) -> tuple[str, list[str]]:
    """A line without the blank cells after the first ``width``, and its cells without the blanks around them.

    A cell of blanks alone is left as it is: where characters are labelled, a space is a word.
    """
    if separator == " ":
        return line, line.split()
    cells = line.split("\t")
    while len(cells) > width and not cells[-1].strip(" "):
        cells.pop()
    return "\t".join(cells), [cell.strip(" ") or cell for cell in cells]
