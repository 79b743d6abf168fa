"""How a text in columns is laid out: what separates its columns, how many there are, and which lines are comments."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from seqtool.corpus.reading import conllu
from seqtool.corpus.reading.hub import HUB_PREFIX, is_saved_dataset
from seqtool.corpus.reading.tables.kinds import table_format
from seqtool.errors import InputError

_WORDS = "write one word and its label per line, separated by a TAB, with a blank line after each sentence"
_WORD_NAMES = frozenset({"word", "words", "token", "tokens", "form"})
_LABEL_NAMES = frozenset({"label", "labels", "tag", "tags", "pos", "upos", "ner", "ner_tag", "ner_tags", "bio", "iob"})
DOCUMENT = "-DOCSTART-"
_BLANKS = " \t"
_BETWEEN = re.compile(r"[^ \t]+")  # a no-break space, or U+3000, is part of a word
# Comments that may have as many cells as a word: "# sent_id = 1", "# newdoc".
_SURE_COMMENT = re.compile(r"#+ *[\w.:-]+ += |#+ *[\w.:-]+ +=$|# *(newdoc|newpar)\b")
_LABEL = re.compile(r"[BIESLUMW][-_].+|.+[-_][BIESLUMW]|[A-Z$#.,:'\"()*_-]*")
_TITLE = re.compile(r"(#+) +\S")


@dataclass(frozen=True)
class Layout:
    """See `find_layout`.

    Attributes:
        separator: a TAB, or a space for any run of spaces and TABs.
        width: columns of a word.
        seen: the values of each column in the beginning of the text.
    """

    separator: str
    width: int
    seen: Sequence[frozenset[str]] = ()
    conllu: bool = False

    def split(self, line: str) -> tuple[str, list[str]]:
        """A line without the blank cells after the last column, and its cells without the blanks around them.

        A cell of blanks alone is left as it is: where characters are labeled, a space is a word.
        """
        if self.separator == " ":
            return line, _BETWEEN.findall(line)
        cells = line.split("\t")
        while len(cells) > self.width and not cells[-1].strip(" "):
            cells.pop()
        return "\t".join(cells), [cell.strip(" ") or cell for cell in cells]

    def is_comment(self, line: str) -> bool:
        """Whether a line before the first word of a sentence is a comment.

        It begins with ``#`` and has another number of cells than a word. With as many it is one that is surely not a
        word: ``# name = value``; after TABs, ``## title`` or a label that has spaces; of three columns or more, cells
        that no word has in its columns, the last of which does not look like a label.
        """
        if not line.startswith("#"):
            return False
        cells = self.split(line)[1]
        if len(cells) != self.width:
            return len(cells) > 1 or not cells[0].strip("#") or " " in cells[0]
        if _SURE_COMMENT.match(line):
            return True
        if self.separator == "\t":
            title = _TITLE.match(cells[0])
            return title is not None and (len(title[1]) > 1 or " " in cells[-1])
        prose = not _LABEL.fullmatch(cells[-1]) and not self._known(cells)
        return len(cells) > 2 and not cells[0].strip("#") and prose

    def is_doubtful(self, line: str) -> bool:
        """Whether a line that `is_comment` takes for a word may be a comment: no word has what follows its ``#``."""
        cells = self.split(line)[1]
        hash_first = line.startswith("#") and not cells[0].strip("#")
        return hash_first and len(cells) > 1 and cells[-1].isalpha() and not self._known(cells)

    def _known(self, cells: Sequence[str]) -> bool:
        return any(cell in values for cell, values in zip(cells[1:], self.seen[1:], strict=False))


def is_blank(line: str) -> bool:
    """Whether a line has nothing but spaces and TABs."""
    return not line.strip(_BLANKS)


def refuse_tables(name: str) -> None:
    """Refuse what has no lines of words by its name.

    Raises:
        InputError: a data set, JSON or Parquet.
    """
    found = {"jsonl": "JSON", "parquet": "Parquet"}.get(table_format(name, None) or "")
    found = "a data set" if name.startswith(HUB_PREFIX) or is_saved_dataset(Path(name)) else found
    if found:
        raise InputError(f"{name}: expected a text with one word per line, found {found}", _WORDS)


def refuse_commas_and_header(name: str, beginning: Sequence[str], layout: Layout) -> None:
    """Refuse columns with commas between, and a first line that names the columns.

    Raises:
        InputError: with a command where there is one.
    """
    if table_format(name, None) == "csv" and layout.width == 1:
        separator = max(",;", key="".join(beginning).count)
        program = (
            f'import csv, sys; [print(*row, sep=chr(9)) for row in csv.reader(sys.stdin, delimiter="{separator}")]'
        )
        made = shlex.quote(f"{Path(name).stem}.columns.tsv")
        command = f"python3 -c {shlex.quote(program)} < {shlex.quote(name)} > {made}"
        remedy = f"separate the columns with TABs: {command}" if name.endswith(".csv") else _WORDS
        raise InputError(f"{name}: expected TABs or spaces between columns, found '{separator}'", remedy)
    first = [] if layout.conllu or not beginning else [cell.casefold() for cell in layout.split(beginning[0])[1]]
    if not _WORD_NAMES.isdisjoint(first) and not _LABEL_NAMES.isdisjoint(first):
        raise InputError(f"{name}: line 1: expected a word and its label, found a header", "delete the line")


def find_layout(name: str, lines: Sequence[str]) -> Layout:
    """How a text that is called so and begins with these lines is laid out.

    The lines that have the same number of columns as most show the width, so that one of another width is found to be
    the wrong one wherever it is.
    """
    filled = [line for line in lines if not is_blank(line)]
    if conllu.is_conllu_name(name) or conllu.looks_like_conllu(filled):
        words = [line for line in filled if not line.startswith("#") and line.partition("\t")[0].strip().isdecimal()]
        wider = Counter(width for line in words if (width := line.count("\t") + 1) >= len(conllu.COLUMNS))
        return Layout("\t", _most(wider, len(conllu.COLUMNS)), conllu=True)
    words = [line for line in filled if not line.startswith(("#", DOCUMENT))]
    words = words or [line for line in filled if not line.startswith(DOCUMENT)] or filled
    tabs = sum("\t" in line for line in words)
    spaced = Counter(len(_BETWEEN.findall(line)) for line in words)
    if not tabs or (tabs < len(words) and (len(spaced) == 1 or 2 * tabs < len(words))):
        layout = Layout(" ", _most(spaced, 0))
    else:
        layout = Layout("\t", _tab_width(words))
    inside = [
        line for before, line in pairwise(["", *lines]) if not (line.startswith("#") and _may_begin_after(before))
    ]
    rows = [cells for line in inside if len(cells := layout.split(line)[1]) == layout.width]
    return Layout(layout.separator, layout.width, [frozenset(column) for column in zip(*rows, strict=True)])


def _may_begin_after(line: str) -> bool:
    return is_blank(line) or line.startswith(("#", DOCUMENT))


def _most(counts: Counter[int], otherwise: int) -> int:
    """The number that occurs most often; the first of equals."""
    return counts.most_common(1)[0][0] if counts else otherwise


def _tab_width(lines: Sequence[str]) -> int:
    """The width that fits most lines; of equals one that fits the first line, and the smallest of these.

    A line fits a width if it has as many cells, and nothing but blanks after them.
    """
    cells = [line.split("\t") for line in lines]
    ranges = [(max((i for i, cell in enumerate(row, 1) if cell.strip(" ")), default=1), len(row)) for row in cells]
    bounds = Counter(ranges)
    first, last = ranges[0]

    def fitting(width: int) -> tuple[int, bool, int]:
        fits = sum(n for (least, most), n in bounds.items() if least <= width <= most)
        return fits, first <= width <= last, -width

    return max(range(1, max(most for _, most in ranges) + 1), key=fitting)
