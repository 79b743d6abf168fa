"""What is wrong or odd in a text: its characters, its lines, its vocabulary; and what it shares with another.

Of every line 8 bytes of a hash and 4 of a length are kept, of every token type its count. Where a text has a word a
line, in columns, its sentences are looked over instead of its lines: the blocks between blank lines.
"""

from __future__ import annotations

import hashlib
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtool.corpus.doctor import kinds, remedies
from seqtool.corpus.doctor.kinds import KINDS
from seqtool.corpus.doctor.remedies import Reading
from seqtool.corpus.doctor.units import particles, token_length, unspaced
from seqtool.corpus.doctor.wrapping import Wrapping
from seqtool.corpus.normalize import Normalizer
from seqtool.corpus.tokenizers.tokenize import Tokenizer

LONG_LINE = 2000  # tokens; of a sentence in columns, words
_MOST_COLUMNS = 20
_GROWTH = 1.25  # between the points where the vocabulary is measured
_LINES_OF_PARAGRAPH = 60  # more on average: paragraphs have no blank lines between them
_RARE = 0.4  # share of types that occur once, in a text whose words are not a grammar's
_BLANK = 0  # the hash of a blank line; of others it is never that


class Finding(NamedTuple):
    """One thing about a text, and what to do about it.

    Attributes:
        what, value: the thing.
        remedy: empty where there is nothing to do.
        line: the number of the first line with it (of a table the row, its header counted; of a row with too
            many or too few cells the line of the file), where it has a place.
    """

    what: str
    value: int | float | str
    remedy: str = ""
    line: int | None = None


class Units(NamedTuple):
    """What repeats and what another text may share: lines that are not blank, or sentences in columns.

    Attributes:
        name: ``lines`` or ``sentences``.
        hashes: of each.
        places: index of the first line of each, from 0.
        lengths: of each, in tokens or, of sentences, in words.
    """

    name: str
    hashes: NDArray[np.uint64]
    places: NDArray[np.int64]
    lengths: NDArray[np.uint32]


@dataclass
class Inspection:
    """What is gathered of a text while its lines go by.

    Attributes:
        reading: how they were made of a file.
        hashes: of each line; 0 of a blank one.
        lengths: of each line that is not blank, in tokens.
        growth: (tokens read, types seen).
        odd: lines with each kind of odd characters.
        first_odd: index of the first of them, from 0.
        width: words of the first line that is not blank.
        even: whether all others have as many.
        wrapping: of lines that another follows.
    """

    name: str
    tokenizer: Tokenizer
    normalizer: Normalizer
    reading: Reading = field(default_factory=Reading)
    lines: int = 0
    blank: int = 0
    characters: int = 0
    tokens: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    lengths: array[int] = field(default_factory=lambda: array("I"))
    hashes: array[int] = field(default_factory=lambda: array("Q"))
    growth: list[tuple[int, int]] = field(default_factory=list)
    odd: Counter[str] = field(default_factory=Counter)
    first_odd: dict[str, int] = field(default_factory=dict)
    width: int = 0
    even: bool = True
    wrapping: Wrapping = field(default_factory=Wrapping)
    _next: float = 1000.0

    def read(self, lines: Iterable[str]) -> None:
        """Go through the lines of the text."""
        for line in lines:
            self._line(line)
        if not self.growth or self.growth[-1][0] != self.tokens:
            self.growth.append((self.tokens, len(self.counts)))

    def _line(self, line: str) -> None:
        self.lines += 1
        self.characters += len(line)
        self.wrapping.add(line, self.lines - 1)
        if not line.strip():
            self.blank += 1
            self.hashes.append(_BLANK)
            return
        self.hashes.append(_hash(line.encode("utf-8", "replace")))
        if self.even:
            width = len(line.split())
            self.width = self.width or width
            self.even = width == self.width
        if not line.isascii() and not unicodedata.is_normalized("NFC", line):
            self._odd(kinds.COMPOSED)
        for what, found_in in KINDS.items():
            if found_in(line):
                self._odd(what)
        found = self.tokenizer.tokenize(self.normalizer(line))
        self.lengths.append(len(found))
        self.counts.update(found)
        self.tokens += len(found)
        if self.tokens >= self._next:
            self.growth.append((self.tokens, len(self.counts)))
            self._next = self.tokens * _GROWTH

    def _odd(self, what: str) -> None:
        self.odd[what] += 1
        self.first_odd.setdefault(what, self.lines - 1)

    @property
    def in_columns(self) -> bool:
        """Whether each line is a word in columns, sentences apart by blank lines."""
        return not self.reading.cells and self.even and 1 < self.width < _MOST_COLUMNS and self.blank > 1

    def units(self, sentences: bool) -> Units:
        """The lines that are not blank, or the sentences of a text in columns."""
        hashes = np.frombuffer(self.hashes, np.uint64) if self.hashes else np.zeros(0, np.uint64)
        places = np.flatnonzero(hashes)
        lines = hashes[places]
        if not sentences:
            return Units("lines", lines, places, np.array(self.lengths, np.uint32))
        starts = np.flatnonzero(np.diff(places, prepend=-2) > 1)
        ends = np.append(starts[1:], len(places))
        digests = (_hash(lines[start:end].tobytes()) for start, end in zip(starts, ends, strict=True))
        whole = np.fromiter(digests, np.uint64, len(starts))
        return Units("sentences", whole, places[starts], (ends - starts).astype(np.uint32))

    def number(self, index: int) -> int | None:
        """The number by which a line's index is told, where the lines have the numbers of one file's."""
        return index + self.reading.first if self.reading.numbered else None

    def findings(self) -> Iterator[Finding]:
        """Everything about the text, in an order to read."""
        units = self.units(self.in_columns)
        yield Finding("lines", self.lines)
        if units.name == "sentences":
            advice = "one word per line, as train-tagger expects; not suitable as plain text"
            yield Finding("columns", self.width, advice)
            yield Finding("sentences", len(units.hashes))
        elif self.blank:
            advice = "kept as empty sentences; --blank-lines drop removes them"
            yield Finding("blank lines", self.blank, advice, self.number(self.hashes.index(_BLANK)))
        else:
            yield Finding("blank lines", 0)
        yield Finding("characters (without line ends)", self.characters)
        yield from self._lengths(units)
        yield self._repeated(units)
        yield from self._broken()
        for what in (kinds.COMPOSED, *KINDS):
            if self.odd[what] and kinds.told(what, self.odd, self.lines):
                line = self.number(self.first_odd[what])
                yield Finding(f"lines with {what}", self.odd[what], kinds.remedy(what, self.reading), line)
        yield from self._vocabulary()

    def _broken(self) -> Iterator[Finding]:
        """Lines that are no sentences: broken at a width, or without spaces between words."""
        width = None if self.reading.cells else self.wrapping.width()
        if width is not None and self.wrapping.first is not None:
            told = f"lines that continue on the next line (hard-wrapped at width {width})"
            advice = "--unwrap joins the lines of a paragraph"
            if self.wrapping.count > _LINES_OF_PARAGRAPH * (self.blank + 1):
                advice = "put blank lines between paragraphs before using --unwrap, which would join all lines"
            yield Finding(told, self.wrapping.count, advice, self.number(self.wrapping.first))
        if self.tokenizer.name == "whitespace" and unspaced(self.counts, self.tokens, len(self.lengths)):
            advice = "the words are not separated by spaces; use --tokenizer char or bpe"
            yield Finding("characters per token, mean", round(token_length(self.counts), 1), advice)

    def _lengths(self, units: Units) -> Iterator[Finding]:
        lengths = units.lengths
        if not len(lengths):
            return
        sentences = units.name == "sentences"
        what = "words per sentence" if sentences else "tokens per line"
        yield Finding(f"{what}, mean", round(float(lengths.mean()), 2))
        for name, share in (("median", 50), ("99th percentile", 99), ("longest", 100)):
            yield Finding(f"{what}, {name}", int(np.percentile(lengths, share, method="lower")))
        long = np.flatnonzero(lengths > LONG_LINE)
        if len(long):
            told = f"{units.name} with more than {LONG_LINE:,} {'words' if sentences else 'tokens'}"
            advice = "expected one sentence or document per line"
            advice = "expected a blank line after each sentence" if sentences else advice
            yield Finding(told, len(long), advice, self.number(int(units.places[long[0]])))

    def _repeated(self, units: Units) -> Finding:
        _, first = np.unique(units.hashes, return_index=True)
        again = np.ones(len(units.hashes), bool)
        again[first] = False
        repeated = int(again.sum())
        share = repeated / max(1, len(again))
        advice = remedies.repeated(self.reading, units.name) if share > 0.01 else ""
        line = self.number(int(units.places[again.argmax()])) if repeated else None
        return Finding(f"repeated {units.name}", repeated, advice, line)

    def _vocabulary(self) -> Iterator[Finding]:
        limited = self.odd[kinds.UNKNOWN] > 0
        once = sum(count == 1 for count in self.counts.values())
        yield Finding("tokens", self.tokens)
        yield Finding("types", len(self.counts))
        share = once / max(1, len(self.counts))
        by_spaces = self.tokenizer.name in ("whitespace", "word")
        advice = particles(self.counts) if by_spaces and share > _RARE else ""
        yield Finding("share of types that occur once", round(share, 4), advice)
        ranked = self.ranked()
        for limit in (10_000, 50_000):
            if len(ranked) > limit:
                covered = float(ranked[:limit].sum() / max(1, self.tokens))
                yield Finding(f"share of tokens covered by the {limit:,} most frequent types", round(covered, 4))
        beta = self.heaps()
        if beta is not None:
            odd = "the vocabulary hardly grows; check for repetitive text" if beta < 0.3 and not limited else ""
            new = beta > 0.9 and len(self.counts) > self.tokens / 2
            odd = "most tokens are new types; check --tokenizer" if new else odd
            yield Finding("Heaps exponent (types ~ tokens^β)", round(beta, 3), odd)
        slope = zipf_exponent(ranked)
        if slope is not None:
            yield Finding("Zipf exponent (ranks 10 to 1,000)", round(slope, 3))

    def ranked(self) -> NDArray[np.int64]:
        """The counts of the types, the largest first."""
        return np.sort(np.fromiter(self.counts.values(), np.int64, len(self.counts)))[::-1]

    def heaps(self) -> float | None:
        """β of types ~ K · tokens^β (Heaps 1978), by least squares over the later half of the growth, in logs."""
        points = [(n, v) for n, v in self.growth if v > 0]
        later = points[len(points) // 2 :]
        if len(later) < 3:
            return None
        logs = np.log(np.asarray(later, np.float64))
        return float(np.polyfit(logs[:, 0], logs[:, 1], 1)[0])


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest()) or 1


def zipf_exponent(ranked: NDArray[np.int64]) -> float | None:
    """s of count ~ rank^-s (Zipf 1949), by least squares over the ranks 10 to 1,000, in logarithms."""
    last = min(1000, len(ranked))
    if last < 50:
        return None
    ranks = np.unique(np.geomspace(10, last, 60).astype(int))
    return -float(np.polyfit(np.log(ranks), np.log(ranked[ranks - 1]), 1)[0])


def shared(first: Inspection, other: Inspection) -> Iterator[Finding]:
    """What another text shares with the first, as a test set with its training text."""
    sentences = first.in_columns and other.in_columns
    known, units = first.units(sentences), other.units(sentences)
    both = np.isin(units.hashes, known.hashes)
    count = int(both.sum())
    told = f"{count / max(1, len(both)):.1%} of its {units.name}; "
    advice = told + remedies.shared(first.reading, other.reading, units.name) if count else ""
    if first.in_columns != other.in_columns:  # lines taken out of sentences would break them
        advice = "only one of the two texts is in columns; compare texts of the same kind"
    line = other.number(int(units.places[both.argmax()])) if count else None
    yield Finding(f"{units.name} that also occur in {first.name}", count, advice, line)
    unknown = sum(count for token, count in other.counts.items() if token not in first.counts)
    types = sum(token not in first.counts for token in other.counts)
    yield Finding(f"share of tokens that do not occur in {first.name}", round(unknown / max(1, other.tokens), 4))
    yield Finding(f"share of types that do not occur in {first.name}", round(types / max(1, len(other.counts)), 4))
