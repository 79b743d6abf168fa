"""CoNLL-U, the format of the Universal Dependencies treebanks: a word a line in ten columns, apart by TABs, comments
before each sentence, a blank line after it (https://universaldependencies.org/format.html).

Two kinds of lines are not words: a range (``2-3``: how the words 2 and 3 are written together) and an empty node
(``5.1``: a word that is understood but not written).
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from seqtool.corpus.reading.tables.kinds import MissingColumnError
from seqtool.errors import InputError
from seqtool.progress import warn_once

COLUMNS = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")
COMMENT, WORD, RANGE, EMPTY = "comment", "word", "range", "empty node"

_OLDER_NAMES = {"UPOSTAG": "UPOS", "CPOSTAG": "UPOS", "XPOSTAG": "XPOS", "POSTAG": "XPOS"}
_NAME = re.compile(r"\.conll-?u(\.(gz|bz2|xz|zst))?$", re.IGNORECASE)
_ID = re.compile(r"(?P<word>[0-9]{1,9})(?:-(?P<last>[0-9]{1,9})|\.(?P<empty>[0-9]{1,9}))?")
_TEXT = re.compile(r"#\s*text\s*=\s?(.*)", re.DOTALL)
_SPACE = re.compile(r"\s")
_FORM, _LEMMA, _MISC = (COLUMNS.index(name) for name in ("FORM", "LEMMA", "MISC"))
_LOOKED_AT = 1 << 14  # characters that show whether a text is CoNLL-U
_REMEDY = "fix the sentence; udapi and the validator of Universal Dependencies find such lines"
Row = tuple[str, list[str]]
"""The kind of a line, and its cells."""


def is_conllu_name(path: str) -> bool:
    """Whether a file is CoNLL-U by its suffix: ``.conllu`` or ``.conll-u``, also compressed."""
    return _NAME.search(path) is not None


def looks_like_conllu(lines: Iterable[str], separator: str | None = "\t") -> bool:
    """Whether some lines are CoNLL-U by what they hold: ten columns or more, an ID first and a head in the seventh.

    ``separator``: between columns; ``None`` for spaces, which CoNLL-U does not allow.
    """
    rows = [line.split(separator) for line in lines if line.strip(" \t") and not line.startswith("#")]
    head = COLUMNS.index("HEAD")
    return bool(rows) and all(
        len(row) >= len(COLUMNS) and _ID.fullmatch(row[0]) and (row[head] == "_" or row[head].isdecimal())
        for row in rows
    )


def warn_of_conllu(name: str, beginning: bytes) -> None:
    """Warn where a text begins as CoNLL-U does, whose cells would all be read as words."""
    lines = beginning[:_LOOKED_AT].decode("utf-8", "replace").split("\n")[:-1]
    if looks_like_conllu(lines) or looks_like_conllu(lines, None):
        warn_once(f"{name} looks like CoNLL-U and is read as plain text: name it .conllu to read its sentences")


def refuse_conllu(name: str, beginning: str, column: str) -> None:
    """Refuse CoNLL-U where a table is expected: its comments are not rows, and its columns have no header.

    Lines of words alone are a table too: where the column is a number, a warning says that each word is a text.

    Raises:
        InputError: saying what to do.
    """
    lines = beginning[:_LOOKED_AT].split("\n")[:-1]
    if not looks_like_conllu(lines):
        return
    if column.isdecimal() and all(line[:1].isdecimal() for line in lines if line):
        warn_once(f"{name} looks like CoNLL-U and is read as a table, a word a row: name it .conllu to read sentences")
        return
    message = f"{name} looks like CoNLL-U, which is not read as a table"
    raise InputError(message, "name it .conllu to read its sentences, or a column such as --column lemma")


def column_number(name: str) -> int | None:
    """The number of a column from 0, of its name in any case, or of a number; ``None``: there is no such column."""
    if name.isdecimal():
        return int(name) if int(name) < len(COLUMNS) else None
    upper = _OLDER_NAMES.get(name.upper(), name.upper())
    return COLUMNS.index(upper) if upper in COLUMNS else None


class Ids:
    """The IDs of a sentence, checked one after the other: words count from 1, ranges and empty nodes fit between.

    Args:
        name: of the text, for messages.
    """

    def __init__(self, name: str) -> None:
        self.name, self.word, self.empty, self.last = name, 0, 0, 0

    def kind(self, number: int, line: str) -> str:
        """What the line ``number`` of the text is.

        Raises:
            InputError: its ID is none, or does not follow the one before it.
        """
        if line.startswith("#"):
            return COMMENT
        text = line.partition("\t")[0].strip(" ")
        found = _ID.fullmatch(text)
        if found is None and looks_like_conllu([line], None):
            message = f"{self.name}: line {number}: spaces between columns, where CoNLL-U needs TABs"
            raise InputError(message, _with_tabs(self.name))
        if found is None:
            raise InputError(f"{self.name}: line {number}: {text[:40]!r} is not an ID of CoNLL-U", _REMEDY)
        word = int(found["word"])
        if found["empty"]:
            expected = f"{self.word}.{self.empty + 1}"
            kind, fits = EMPTY, (word, int(found["empty"])) == (self.word, self.empty + 1)
            self.empty += 1
        elif found["last"]:
            expected = f"a range from {self.word + 1} on"
            kind, fits = RANGE, word == max(self.word, self.last) + 1 and int(found["last"]) >= word
            self.last = int(found["last"])
        else:
            expected = str(self.word + 1)
            kind, fits = WORD, word == self.word + 1
            self.word, self.empty = word, 0
        if not fits:
            remedy = "a blank line ends a sentence" if word == 1 and kind != EMPTY else _REMEDY
            raise InputError(f"{self.name}: line {number}: expected the ID {expected}, found {text}", remedy)
        return kind

    def end(self, number: int) -> None:
        """Check that the sentence, whose last line is ``number``, has all words of its ranges.

        Raises:
            InputError: it has not.
        """
        if self.last > self.word:
            message = f"{self.name}: line {number}: the sentence ends at word {self.word}, a range at {self.last}"
            raise InputError(message, _REMEDY)


def _with_tabs(name: str) -> str:
    """How columns are separated by TABs, with a command for a file that is not compressed."""
    path = Path(name)
    if path.suffix.lower() not in (".conllu", ".conll-u"):
        return "separate the columns by TABs"
    made = shlex.quote(f"{path.stem}.tabs{path.suffix}")
    return f"separate them by TABs: awk '!/^#/ {{$1 = $1}} 1' OFS='\\t' {shlex.quote(name)} > {made}"


def conllu_texts(name: str, lines: Iterable[str], column: str | None, counts: Counter[str]) -> Iterator[str]:
    """A text for each sentence: its ``# text``, or its words' forms joined; or a column of its words, spaces between.

    Args:
        name: of the text, for messages.
        lines: with or without their newlines.
        column: name or number; ``None``: the text.
        counts: receives what is left out or changed.

    Raises:
        InputError: a sentence is malformed, or there is no such column.
    """
    wanted = None if column is None else column_number(column)
    if column is not None and wanted is None:
        raise MissingColumnError(f"{name} is CoNLL-U and", column, [name.lower() for name in COLUMNS])
    block: list[str] = []
    for number, whole in enumerate(chain(lines, [""]), 1):
        line = whole.removesuffix("\n")
        if line.strip(" \t"):
            block.append(line)
        elif block:
            yield from _sentence(name, number - len(block), block, wanted, counts)
            block = []


def _sentence(name: str, first: int, block: Sequence[str], wanted: int | None, counts: Counter[str]) -> Iterator[str]:
    """The text of a sentence whose lines begin at ``first``; nothing of comments alone."""
    rows, ids = list[Row](), Ids(name)
    for number, line in enumerate(block, first):
        kind, cells = ids.kind(number, line), line.split("\t")
        if kind != COMMENT:
            _check_cells(name, number, cells, wanted)
            rows.append((kind, cells))
    ids.end(first + len(block) - 1)
    texts = [match[1] for line in block if (match := _TEXT.match(line)) and match[1].strip()]
    if not ids.word:
        if rows or texts:
            raise InputError(f"{name}: line {first}: the sentence has no word", _REMEDY)
        return
    counts["empty_nodes"] += sum(kind == EMPTY for kind, _ in rows)
    if wanted is not None:
        counts["ranges"] += sum(kind == RANGE for kind, _ in rows)
        yield " ".join(_token(cells, wanted, counts) for kind, cells in rows if kind == WORD)
        return
    counts["joined"] += not texts
    yield texts[0] if texts else _joined(rows)


def _check_cells(name: str, number: int, cells: Sequence[str], wanted: int | None) -> None:
    if len(cells) != len(COLUMNS):
        message = f"{name}: line {number}: expected {len(COLUMNS)} columns of CoNLL-U, found {len(cells)}"
        raise InputError(message, "separate the columns by TABs and write _ where one is empty")
    for place in {_FORM, wanted or _FORM}:
        if not cells[place].strip():
            raise InputError(f"{name}: line {number}: the column {COLUMNS[place]} is empty", "write _ where it is")


def _token(cells: Sequence[str], wanted: int, counts: Counter[str]) -> str:
    cell = cells[wanted].strip(" ")
    counts["unspecified"] += cell == "_" and wanted != _FORM and not (wanted == _LEMMA and cells[_FORM] == "_")
    token, spaces = _SPACE.subn("_", cell)
    counts["inner_spaces"] += spaces
    return token


def _joined(rows: Sequence[Row]) -> str:
    """The forms as they are written: a range for its words, and no space after SpaceAfter=No."""
    pieces, last = list[str](), 0
    for kind, cells in rows:
        if kind == EMPTY or (kind == WORD and int(cells[0]) <= last):
            continue
        if kind == RANGE:
            last = int(cells[0].partition("-")[2])
        pieces.append(cells[_FORM].strip(" ") + ("" if "SpaceAfter=No" in cells[_MISC].strip().split("|") else " "))
    return "".join(pieces).rstrip(" ")
