"""The text that is counted: the kept words of a corpus as a stream of rows, in parts that fit the memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.corpus.corpus import Corpus
from seqtool.corpus.parallel import ordered
from seqtool.corpus.vocabulary import EOS, UNK
from seqtool.counts.kernels import keep
from seqtool.counts.options import CooccurOptions
from seqtool.errors import InputError

_BLOCK_TOKENS = 1 << 20
_UINT16_ROWS = 1 << 16


class KeptText:
    """The training part of a corpus without the words that are not counted.

    Args:
        corpus: the text.
        options: the vocabulary's limits, the subsampling, and whether windows reach over line ends.

    Attributes:
        words: V words, by falling count.
        counts_V: int64, their occurrences in the training part.
        dtype: of the stream, in which V stands where a line ends.
        tokens: tokens of the training part, line ends left out.
        unknown, rare, sampled: tokens left out: ``<unk>``, below the limits, at random (known once read).

    Raises:
        InputError: no word is left.
    """

    def __init__(self, corpus: Corpus, options: CooccurOptions) -> None:
        first, last = corpus.split("train")
        self._corpus = corpus
        self._first, self._last = int(corpus.bounds[first]), int(corpus.bounds[last])
        full = corpus.vocabulary
        largest = None if options.max_vocab is None else options.max_vocab + 2
        vocabulary, mapping = full.cut(None, options.min_count, largest)
        self.words, self.counts_V = vocabulary.tokens[2:], vocabulary.counts[2:]
        if not self.words:
            raise InputError(
                f"no word of {corpus.directory} occurs {options.min_count} times", "give a lower --min-count"
            )
        self.end = len(self.words)
        self.dtype = np.dtype(np.uint16 if self.end < _UINT16_ROWS else np.uint32)
        self._rows = np.where(mapping >= 2, mapping - 2, self.end + 1).astype(np.uint32)
        self._rows[EOS] = self.end + 1 if options.across_lines else self.end
        self._limits_V = _limits(self.counts_V, options.sample)
        self._options = options
        self.tokens = int(full.counts[UNK] + full.counts[2:].sum())
        self.unknown = int(full.counts[UNK])
        self.rare = self.tokens - self.unknown - int(self.counts_V.sum())
        self.sampled = 0

    @property
    def size(self) -> int:
        """The most items that the stream can have."""
        return self._last - self._first

    def parts(self, capacity: int, threads: int) -> Iterator[tuple[NDArray[Any], bool]]:
        """The stream in parts of at most ``capacity`` items (more than 4 windows), and whether a part is the last.

        The words to be counted in a part are those one window or more away from both of its ends: each part begins
        with the end of the one before, so that every word is counted once and sees its whole window.
        """
        window = self._options.window
        stream = np.empty(min(capacity, self.size + 2 * window), self.dtype)
        stream[:window] = self.end
        length = window
        for kept in self._blocks(threads):
            done = 0
            while done < len(kept):
                if length == len(stream) - window:
                    yield stream[:length], False
                    stream[: 2 * window] = stream[length - 2 * window : length].copy()
                    length = 2 * window
                taken = kept[done : done + len(stream) - window - length]
                stream[length : length + len(taken)] = taken
                length += len(taken)
                done += len(taken)
        stream[length : length + window] = self.end
        yield stream[: length + window], True

    def _blocks(self, threads: int) -> Iterator[NDArray[Any]]:
        firsts = range(self._first, self._last, _BLOCK_TOKENS)
        for kept, sampled in ordered(self._keep, firsts, threads):
            self.sampled += sampled
            yield kept

    def _keep(self, first: int) -> tuple[NDArray[Any], int]:
        ids = self._corpus.read_ids(first, min(first + _BLOCK_TOKENS, self._last))
        kept = np.empty(len(ids), self.dtype)
        length, sampled = keep(ids, first, self._rows, self.end, self._limits_V, self._options.seed, kept)
        return kept[:length], sampled


def _limits(counts_V: NDArray[np.int64], sample: float) -> NDArray[np.uint64]:
    """By word the largest random number with which it stays: word2vec's probability √(t/f) + t/f of 2^64."""
    if not sample:
        return np.zeros(0, np.uint64)
    ratio = sample * (counts_V.sum() / counts_V)
    share = np.minimum(np.sqrt(ratio) + ratio, 1.0)
    return np.minimum(share * 2.0**64, math.nextafter(2.0**64, 0)).astype(np.uint64)
