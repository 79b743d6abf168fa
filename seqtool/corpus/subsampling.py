"""The words of a corpus that counting and vectors work on, as a stream of rows.

Words past the limits of the vocabulary are taken out before windows are drawn, and frequent ones at random.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.jit import kernel
from seqtool.compute.splitmix import GOLDEN, MIX_1
from seqtool.compute.splitmix_kernel import mixed
from seqtool.corpus.corpus import Corpus
from seqtool.corpus.vocabulary import EOS, UNK
from seqtool.errors import InputError

Integers = NDArray[np.unsignedinteger]

_UINT16_ROWS = 1 << 16


class FilteredTokens:
    """Which words of a corpus are kept.

    Args:
        corpus: the text, of which the training part is read.
        min_count, max_vocab: the vocabulary's limits.
        sample: the subsampling (0: none).
        across_lines: whether line ends are taken out too.

    Attributes:
        words: V words, by falling count.
        counts_V: int64, their occurrences in the training part.
        end: V, which stands in the stream where a line ends.
        dtype: of the stream.
        first, last: the positions of the training part in the corpus.
        tokens: tokens of the training part, line ends left out.
        unknown, rare: tokens left out: ``<unk>``, below the limits.

    Raises:
        InputError: no word is left.
    """

    def __init__(
        self, corpus: Corpus, min_count: int, max_vocab: int | None, sample: float, across_lines: bool
    ) -> None:
        first, last = corpus.split("train")
        self._corpus = corpus
        self.first, self.last = int(corpus.bounds[first]), int(corpus.bounds[last])
        full = corpus.vocabulary
        vocabulary, mapping = full.cut(None, min_count, None if max_vocab is None else max_vocab + 2, corpus.directory)
        self.words, self.counts_V = vocabulary.tokens[2:], vocabulary.counts[2:]
        if not self.words:
            raise InputError(f"no word of {corpus.directory} has a count of {min_count} or more", "lower --min-count")
        self.end = len(self.words)
        self.dtype = np.dtype(np.uint16 if self.end < _UINT16_ROWS else np.uint32)
        self._rows = np.where(mapping >= 2, mapping - 2, self.end + 1).astype(np.uint32)
        self._rows[EOS] = self.end + 1 if across_lines else self.end
        self._limits_V = _limits(self.counts_V, sample)
        self.tokens = int(full.counts[UNK] + full.counts[2:].sum())
        self.unknown = int(full.counts[UNK])
        self.rare = self.tokens - self.unknown - int(self.counts_V.sum())

    @property
    def expected_counts(self) -> NDArray[np.float64]:
        """How often each word is expected to stay when frequent ones are taken out at random."""
        shares_V = self._limits_V / 2.0**64 if len(self._limits_V) else np.ones(self.end)
        return np.asarray(self.counts_V * shares_V, np.float64)

    def read(self, first: int, last: int, seed: int, margin: int = 0) -> tuple[NDArray[Any], int]:
        """The stream of the corpus's positions ``first`` to ``last``.

        Args:
            first, last: positions in the corpus.
            seed: of the subsampling.
            margin: line ends put before and behind the stream.

        Returns:
            (the stream, how many words were taken out at random).
        """
        ids = self._corpus.read_ids(first, last)
        kept = np.empty(len(ids) + 2 * margin, self.dtype)
        kept[:margin] = self.end
        length, sampled = keep(ids, first, self._rows, self.end, self._limits_V, seed, kept[margin:])
        kept[margin + length : length + 2 * margin] = self.end
        return kept[: length + 2 * margin], sampled


def _limits(counts_V: NDArray[np.int64], sample: float) -> NDArray[np.uint64]:
    """By word the largest random number with which it stays: word2vec's probability √(t/f) + t/f of 2^64."""
    if not sample:
        return np.zeros(0, np.uint64)
    ratio = sample * (counts_V.sum() / counts_V)
    share = np.minimum(np.sqrt(ratio) + ratio, 1.0)
    return np.minimum(share * 2.0**64, math.nextafter(2.0**64, 0)).astype(np.uint64)


@kernel
def keep(
    ids: Integers,
    first: int,
    rows: NDArray[np.uint32],
    end: int,
    limits_V: NDArray[np.uint64],
    seed: int,
    kept: Integers,
) -> tuple[int, int]:
    """Translate ids into rows, leaving out what is not counted.

    Args:
        ids: a part of the corpus.
        first: the position of its first token in the corpus.
        rows: by id, its row; ``end`` where a line ends, more where it is left out.
        end: V.
        limits_V: a word stays where a random number is at most this; empty: all stay.
        seed: of the random numbers, which depend on the position in the corpus and on nothing else.
        kept: receives the stream.

    Returns:
        (length of the stream, words taken out at random).
    """
    length, sampled = 0, 0
    start = np.uint64(seed) * MIX_1 + np.uint64(first) * GOLDEN
    for i in range(len(ids)):
        row = rows[ids[i]]
        if row > end:
            continue
        if row < len(limits_V) and mixed(start + np.uint64(i) * GOLDEN) > limits_V[row]:
            sampled += 1
            continue
        kept[length] = row
        length += 1
    return length, sampled
