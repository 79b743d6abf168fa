"""What is wrong or odd in a text: its characters, its lines, its vocabulary; and what it shares with another.

Of every line 8 bytes of a hash and 4 of a length are kept, of every token type its count.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtool.corpus.normalize import Normalizer
from seqtool.corpus.tokenize import Tokenizer

LONG_LINE = 2000  # tokens
_MOST_COLUMNS = 20
_GROWTH = 1.25  # between the points where the vocabulary is measured
_ODD = {
    "control characters": re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"),
    "invisible characters (zero width, soft hyphen)": re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]"),
    "no-break and other odd spaces": re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"),
    "replacement characters (U+FFFD)": re.compile("\ufffd"),
    "private-use characters": re.compile("[\ue000-\uf8ff]"),
    "HTML tags or entities": re.compile(
        r"(?!<(?:unk|UNK|s|/s|eos|bos|pad)>)</?[a-zA-Z][^<>]{0,200}>|&(?:[a-z]{2,8}|#\d{1,6});"
    ),
    "<unk> for words that were left out": re.compile("<(?:unk|UNK)>"),
    "web addresses": re.compile(r"https?://\S+"),
}
_REMEDIES = {
    "control characters": "clean them out; they become tokens or parts of tokens",
    "invisible characters (zero width, soft hyphen)": "clean them out: two words that look the same differ",
    "no-break and other odd spaces": "they are white space to every tokenizer but char",
    "replacement characters (U+FFFD)": "an earlier step lost letters here: go back to the source",
    "private-use characters": "letters of one font: map them to Unicode",
    "HTML tags or entities": "take the markup out before you preprocess",
    "<unk> for words that were left out": "whitespace and word read it as an unknown word (docs/preprocessing.md)",
    "web addresses": "rare tokens: replace them by one, if they do not matter",
}


class Finding(NamedTuple):
    """One thing about a text, and what to do about it; an empty ``remedy``: nothing."""

    what: str
    value: int | float | str
    remedy: str = ""


@dataclass
class Inspection:
    """What is gathered of a text while its lines go by.

    Attributes:
        growth: (tokens read, types seen).
        odd: lines with each kind of odd characters.
    """

    name: str
    tokenizer: Tokenizer
    normalizer: Normalizer
    lines: int = 0
    blank: int = 0
    characters: int = 0
    tokens: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    lengths: array[int] = field(default_factory=lambda: array("I"))
    hashes: array[int] = field(default_factory=lambda: array("Q"))
    growth: list[tuple[int, int]] = field(default_factory=list)
    odd: Counter[str] = field(default_factory=Counter)
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
        if not line.strip():
            self.blank += 1
            return
        self.hashes.append(int.from_bytes(hashlib.blake2b(line.encode("utf-8", "replace"), digest_size=8).digest()))
        if not line.isascii():
            self.odd["letters that are not composed (NFC)"] += not unicodedata.is_normalized("NFC", line)
        for what, pattern in _ODD.items():
            if pattern.search(line):
                self.odd[what] += 1
        found = self.tokenizer.tokenize(self.normalizer(line))
        self.lengths.append(len(found))
        self.counts.update(found)
        self.tokens += len(found)
        if self.tokens >= self._next:
            self.growth.append((self.tokens, len(self.counts)))
            self._next = self.tokens * _GROWTH

    def findings(self) -> Iterator[Finding]:
        """Everything about the text, in an order to read."""
        yield Finding("lines", self.lines)
        yield Finding(
            "blank lines",
            self.blank,
            "they are kept as empty sentences; --blank-lines drop takes them out" if self.blank else "",
        )
        yield Finding("characters, line ends left out", self.characters)
        yield from self._lengths()
        yield from self._columns()
        repeated = len(self.hashes) - len(np.unique(np.frombuffer(self.hashes, np.uint64))) if self.hashes else 0
        share = repeated / max(1, len(self.hashes))
        advice = "a test set drawn from this text is known already: --split-by hash, or awk '!seen[$0]++' before"
        yield Finding("repeated lines", repeated, advice if share > 0.01 else "")
        for what in ("letters that are not composed (NFC)", *_ODD):
            if self.odd[what]:
                remedy = _REMEDIES.get(what, "preprocess composes them (--normalize nfc, the default)")
                yield Finding(f"lines with {what}", self.odd[what], remedy)
        yield from self._vocabulary()

    def _lengths(self) -> Iterator[Finding]:
        if not self.lengths:
            return
        lengths = np.frombuffer(self.lengths, np.uint32)
        yield Finding("tokens a line, mean", round(float(lengths.mean()), 2))
        for name, share in (("median", 50), ("99 % have at most", 99), ("longest", 100)):
            yield Finding(f"tokens a line, {name}", int(np.percentile(lengths, share, method="lower")))
        long = int((lengths > LONG_LINE).sum())
        if long:
            yield Finding(
                f"lines of more than {LONG_LINE:,} tokens", long, "one line a sentence or document is expected"
            )

    def _columns(self) -> Iterator[Finding]:
        """Whether the lines are words in columns, sentences apart by blank lines."""
        width = self.lengths[0] if self.lengths else 0
        if 1 < width < _MOST_COLUMNS and self.blank > 1 and all(length == width for length in self.lengths):
            yield Finding("columns", width, "a word a line, as train-tagger reads it; as text it is something else")

    def _vocabulary(self) -> Iterator[Finding]:
        limited = self.odd["<unk> for words that were left out"] > 0
        once = sum(count == 1 for count in self.counts.values())
        yield Finding("tokens", self.tokens)
        yield Finding("types", len(self.counts))
        yield Finding("types that occur once, share", round(once / max(1, len(self.counts)), 4))
        ranked = self.ranked()
        for limit in (10_000, 50_000):
            if len(ranked) > limit:
                covered = float(ranked[:limit].sum() / max(1, self.tokens))
                yield Finding(f"tokens covered by {limit:,} types", round(covered, 4))
        beta = self.heaps()
        if beta is not None:
            odd = "the vocabulary hardly grows: generated or very narrow text?" if beta < 0.3 and not limited else ""
            new = beta > 0.9 and len(self.counts) > self.tokens / 2
            odd = "nearly every token is new: is it tokenised as you think?" if new else odd
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


def zipf_exponent(ranked: NDArray[np.int64]) -> float | None:
    """s of count ~ rank^-s (Zipf 1949), by least squares over the ranks 10 to 1,000, in logarithms."""
    last = min(1000, len(ranked))
    if last < 50:
        return None
    ranks = np.unique(np.geomspace(10, last, 60).astype(int))
    return -float(np.polyfit(np.log(ranks), np.log(ranked[ranks - 1]), 1)[0])


def shared(first: Inspection, other: Inspection) -> Iterator[Finding]:
    """What another text shares with the first, as a test set with its training text."""
    known = np.unique(np.frombuffer(first.hashes, np.uint64)) if first.hashes else np.zeros(0, np.uint64)
    lines = np.frombuffer(other.hashes, np.uint64) if other.hashes else np.zeros(0, np.uint64)
    both = int(np.isin(lines, known).sum())
    share = both / max(1, len(lines))
    advice = f"{share:.1%} of its lines are known from training: take them out of one of the two (grep -vxFf)"
    yield Finding(f"lines that stand in {first.name} too", both, advice if both else "")
    unknown = sum(count for token, count in other.counts.items() if token not in first.counts)
    types = sum(token not in first.counts for token in other.counts)
    yield Finding(f"tokens that {first.name} does not have, share", round(unknown / max(1, other.tokens), 4))
    yield Finding(f"types that {first.name} does not have, share", round(types / max(1, len(other.counts)), 4))


class Cost(NamedTuple):
    """What a command would take with a text, roughly: minutes, and memory in words."""

    command: str
    minutes: float
    memory: str


# Tokens a second of the commands' defaults on two cores, and passes over the text, as measured in docs/results.md.
_RATES = {
    "preprocess": (7.0e6, 1),
    "cooccur": (8.0e6, 1),
    "train-word2vec": (1.4e6, 5),
    "train-fasttext": (0.7e6, 5),
    "train-ngram --order 5": (1.6e6, 1),
}
_ANALYSED = 4.0e4  # tokens a second of an analyser of morphemes
_LM_TOKENS_PER_SECOND, _LM_TYPES = 10_000, 10_000  # LSTM, fp32, on the Penn Treebank; the softmax grows with the types
_VECTOR_BYTES = 2 * 112 * 4  # of a word: two rows of 100 numbers, filled up
_LM_BYTES = 4 * 200 * 4  # of a type: its embedding, the gradient and the optimiser's two
_KEPT = 5  # occurrences of a word that has a vector


def costs(text: Inspection, cores: int) -> Iterator[Cost]:
    """Time and memory of the commands' defaults, scaled by the cores; factors of two either way are no surprise."""
    kept = sum(count >= _KEPT for count in text.counts.values())
    bounded = {"preprocess": "for the vocabulary, some 100 MB", "cooccur": "up to --memory, 1G",
               "train-ngram --order 5": "up to --memory, 2G"}  # fmt: skip
    for command, (usual, passes) in _RATES.items():
        rate = _ANALYSED if command == "preprocess" and text.tokenizer.by_line else usual
        memory = bounded.get(command, f"{kept * _VECTOR_BYTES / 1e6:,.0f} MB of weights")
        memory += " and those of the n-grams" if command == "train-fasttext" else ""
        yield Cost(command, _minutes(text.tokens * passes, rate, cores), memory)
    types = len(text.counts)
    rate = _LM_TOKENS_PER_SECOND * _LM_TYPES / max(_LM_TYPES, types)
    memory = f"{types * _LM_BYTES / 1e6:,.0f} MB of weights, gradients and optimiser"
    yield Cost("train-lm (an epoch)", _minutes(text.tokens, rate, cores), memory)


def _minutes(tokens: int, rate: float, cores: int) -> float:
    return round(max(tokens / (rate * max(1, cores) / 2) / 60, 0.01), 2)
