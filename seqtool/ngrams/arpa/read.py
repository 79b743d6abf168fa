"""Reading ARPA text, as KenLM, SRILM and others write it, into the trie of a model.

A missing back-off is 1. An n-gram whose end is missing among the shorter ones (as pruning by entropy leaves them) gets
one there, of the probability that backing off gives it: no score changes. Of a model without ``<unk>`` unknown words
have the probability 10^−100, as in KenLM. There may be any number of blanks between fields and around a line, in the
head too, and blank lines or none between the sections (IRSTLM).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqtool import progress
from seqtool.compute.arrays import save_array
from seqtool.corpus.reading.blocks import cut
from seqtool.corpus.reading.streams import file_pieces
from seqtool.corpus.vocabulary import EOS, SPECIALS, UNK, Vocabulary
from seqtool.errors import InputError, plural
from seqtool.ngrams.arpa.lines import (
    BAD_NUMBER,
    NO_ERROR,
    ROOM,
    UNKNOWN_WORD,
    WRONG_FIELDS,
    fill_table,
    hash_words,
    parse_lines,
)
from seqtool.ngrams.arpa.write import BEGIN, END
from seqtool.ngrams.from_rows import Rows, trie_of_rows
from seqtool.ngrams.trie import order_file

_UNKNOWN = ("<unk>", "<UNK>")
_MISSING_UNKNOWN = -100.0
_REMEDY = "recreate the ARPA file"
_PREAMBLE = 64 << 10
_HEAD = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*\\data\\|^\\data\\[ \t\r]*\n\s*ngram\s+1\s*=", re.MULTILINE)
_COUNT = re.compile(r"ngram\s+(\d+)\s*=\s*(\d+)")
_WHY = {
    BAD_NUMBER: "expected a base-10 logarithm (at most 0 for a probability)",
    WRONG_FIELDS: "expected a log10 probability, {words} and optionally a back-off weight",
    UNKNOWN_WORD: "the {n}-gram contains a word that is not among the 1-grams",
    ROOM: "found more {n}-grams than the header gives",
}
_INTERMEDIATE = ("iARPA", "qARPA")
_COMPILE = "convert it with IRSTLM: compile-lm --text=yes IN OUT"
_MOST_ORDER, _MOST_DIGITS = 32, 18


def is_arpa(path: Path) -> bool:
    r"""Whether a file begins with ``\data\``, or has it and the number of 1-grams after a preamble (within 64 kB)."""
    if not path.is_file():
        return False
    data = b""
    try:
        for piece in file_pieces(str(path), sha256()):
            data += piece[:_PREAMBLE]
            if len(data) >= _PREAMBLE:
                break
    except InputError:
        return False
    return _HEAD.search(data) is not None


def read_arpa(path: Path, folder: Path) -> tuple[Vocabulary, list[int]]:
    """Write the trie of an ARPA file into a folder; its vocabulary, and how many n-grams of each order it has.

    Raises:
        InputError: naming the line that is wrong.
    """
    reader = _Reader(path)
    sizes = reader.head()
    with progress.stage("read ARPA", "n-grams", sum(sizes)) as stage:
        words, numbers = reader.words(sizes[0])
        tokens, unigrams, table = _vocabulary(path, words, numbers)
        stage.advance(sizes[0])
        orders = [unigrams]
        for n in range(2, len(sizes) + 1):
            orders.append(_of_one_sentence(path, n, reader.section(n, sizes[n - 1], table), len(tokens)))
            stage.advance(sizes[n - 1])
        reader.ending(len(sizes))
    trie = trie_of_rows(orders, len(tokens), lambda n: InputError(f"{path}: found a repeated {n}-gram", _REMEDY))
    for n, nodes in enumerate(trie.orders, 1):
        save_array(folder / order_file(n), nodes)
    return Vocabulary(tokens, np.zeros(len(tokens), np.int64)), trie.sizes


@dataclass(frozen=True)
class _Table:
    keys: NDArray[np.uint64]
    values: NDArray[np.int64]


class _Reader:
    """The file, section after section."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._blocks = cut(str(path), file_pieces(str(path), sha256()))
        self._data = b""
        self._state = np.zeros(3, np.int64)

    def head(self) -> list[int]:
        """How many n-grams of each order there are."""
        while (line := self._next_line().strip().removeprefix("\ufeff")) != "\\data\\":
            if line in _INTERMEDIATE:  # anything else before it says nothing of the model
                raise InputError(f"{self._path} is IRSTLM's {line} format, not ARPA text", _COMPILE)
        sizes: list[int] = []
        while (line := self._peeked_marker()) and (match := _COUNT.fullmatch(line)):
            self._next_line()
            if match[1] != str(len(sizes) + 1) or len(sizes) == _MOST_ORDER or len(match[2]) > _MOST_DIGITS:
                raise self._wrong(
                    f"expected ngram {len(sizes) + 1}=COUNT (at most {_MOST_ORDER} orders and {_MOST_DIGITS} digits)"
                )
            sizes.append(int(match[2]))
        if not sizes:
            raise self._wrong("expected ngram 1=COUNT")
        return sizes

    def words(self, size: int) -> tuple[list[str], NDArray[np.float32]]:
        """The single words and their numbers."""
        self._section_begins(1)
        words, numbers = [], []
        while (line := self._peek()) is not None and not line.startswith("\\"):
            fields = self._next_line().replace("\t", " ").split(" ")
            fields = [field for field in fields if field]
            if not fields:
                continue
            if len(fields) not in (2, 3):
                raise self._wrong(_WHY[WRONG_FIELDS].format(words=plural(1, "word")))
            numbers.append([self._number(fields[0], 0.0), self._number(fields[2]) if len(fields) == 3 else 0.0])
            words.append(fields[1])
        self._counted(1, size, len(words))
        return words, np.array(numbers, np.float32).reshape(-1, 2)

    def section(self, n: int, size: int, table: _Table) -> Rows:
        """The n-grams of an order, words in the order of the text."""
        self._section_begins(n)
        try:
            ids, numbers = np.empty((size, n), np.int64), np.empty((size, 2), np.float32)
        except (MemoryError, ValueError):
            raise InputError(
                f"{self._path}: the header gives {size:,} {n}-grams, more than fit in memory", _REMEDY
            ) from None
        self._state[2] = 0
        while self._fill():
            block = np.frombuffer(self._data, np.uint8)
            error = parse_lines(block, self._state, table.keys, table.values, ids, numbers)
            if error != NO_ERROR:
                self._state[1] += 1
                raise self._wrong(_WHY[error].format(n=n, words=plural(n, "word")))
            if self._state[0] < len(block):
                break
        self._counted(n, size, int(self._state[2]))
        return Rows(ids, numbers)

    def ending(self, length: int) -> None:
        """Refuse a file that is cut off, or continues."""
        if self._marker() != "\\end\\":
            raise self._wrong(f"expected \\end\\ after the {length}-grams (is the file cut off?)")

    def _fill(self) -> bool:
        """Whether there is more to read."""
        while self._state[0] == len(self._data):
            block = next(self._blocks, None)
            if block is None:
                return False
            self._data, self._state[0] = block.data, 0
        return True

    def _peek(self) -> str | None:
        if not self._fill():
            return None
        start = int(self._state[0])
        line = self._data[start : self._data.index(b"\n", start)]
        return line.decode("utf-8", "surrogateescape").rstrip("\r")

    def _next_line(self) -> str:
        line = self._peek()
        if line is None:
            raise self._wrong("the file is cut off")
        self._state[0] = self._data.index(b"\n", int(self._state[0])) + 1
        self._state[1] += 1
        return line

    def _peeked_marker(self) -> str:
        """The next line that is not blank, still to be read; nothing at the end of the file."""
        while (line := self._peek()) is not None and not line.strip():
            self._next_line()
        return line.strip() if line else ""

    def _marker(self) -> str:
        """The next line that is not blank."""
        self._peeked_marker()
        return self._next_line().strip()

    def _section_begins(self, n: int) -> None:
        line = self._marker()
        if line != f"\\{n}-grams:":
            raise self._wrong(f"expected \\{n}-grams:")

    def _number(self, text: str, most: float = np.inf) -> float:
        try:
            number = float(text)
        except ValueError:
            number = np.nan
        if not number <= most or number == np.inf:
            raise self._wrong(_WHY[BAD_NUMBER])
        return number

    def _counted(self, n: int, expected: int, found: int) -> None:
        if expected != found:
            raise self._wrong(f"the header gives {expected:,} {n}-grams, found {found:,}")

    def _wrong(self, why: str) -> InputError:
        return InputError(f"{self._path}: line {self._state[1]}: {why}", _REMEDY)


def _vocabulary(path: Path, words: list[str], numbers: NDArray[np.float32]) -> tuple[list[str], Rows, _Table]:
    """The tokens by id; the unigrams, a row per id; the table from spelling to id, that of ``<s>`` being V."""
    if END not in words:
        raise InputError(f"{path} has no 1-gram {END}", "train the model with sentence ends")
    if len(set(words)) != len(words):
        raise InputError(f"{path}: found a repeated 1-gram", _REMEDY)
    special = {BEGIN, END, *_UNKNOWN}
    tokens = [*SPECIALS, *(word for word in words if word not in special)]
    ids = dict(zip(tokens[2:], range(2, len(tokens)), strict=True))
    ids |= {BEGIN: len(tokens), END: EOS} | dict.fromkeys(_UNKNOWN, UNK)
    rows = np.zeros((len(tokens), 2), np.float32)
    rows[UNK, 0] = _MISSING_UNKNOWN
    if not set(words) & set(_UNKNOWN):
        progress.warn(f"{path} has no <unk>: unknown words get a probability of 1e-100")
    begin = np.zeros(2, np.float32)
    for word, row in zip(words, numbers, strict=True):
        if word == BEGIN:
            begin = row
        else:
            rows[ids[word]] = row
    rows[EOS, 1] = begin[1]  # a line end is a history as <s>, a word as </s>
    spelled = [word.encode("utf-8", "surrogateescape") for word in words]
    bounds = np.concatenate([[0], np.cumsum(np.fromiter(map(len, spelled), np.int64, len(spelled)))])
    hashes = hash_words(np.frombuffer(b"".join(spelled), np.uint8), bounds)
    slots = 1 << (2 * len(words)).bit_length()
    table = _Table(np.zeros(slots, np.uint64), np.full(slots, -1, np.int64))
    numbered = np.array([ids[word] for word in words], np.int64)
    if not fill_table(hashes, numbered, table.keys, table.values):
        raise InputError(f"{path}: two words have the same 64-bit hash", "rename one of them")
    return tokens, Rows(np.arange(len(tokens))[:, None], rows), table


def _of_one_sentence(path: Path, n: int, rows: Rows, begin: int) -> Rows:
    """The rows with ``<s>`` and ``</s>`` as one line end, without those that go across it: no text asks for them."""
    across = (rows.ids[:, 1:] == begin).any(1) | (rows.ids[:, :-1] == EOS).any(1)
    if across.any():
        skipped = plural(int(across.sum()), f"{n}-gram")
        progress.note(f"{path}: skipped {skipped} with {BEGIN} or {END} inside (no sentence contains them)")
        rows = Rows(rows.ids[~across], rows.numbers[~across])
    rows.ids[rows.ids == begin] = EOS
    return rows
