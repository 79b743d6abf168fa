"""Words and their places in the plane. N words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqtool.vectors.plots.options import WordMapOptions
from seqtool.vectors.plots.plot import coordinates
from seqtool.vectors.word_vectors import Ids, WordVectors


@dataclass(frozen=True)
class WordMap:
    """N words and their places, float64 (N, 2)."""

    words: Sequence[str]
    places_N2: NDArray[np.float64]

    def rows(self) -> list[tuple[str, float, float]]:
        """Each word with its x and y."""
        return [(word, x, y) for word, (x, y) in zip(self.words, self.places_N2.tolist(), strict=True)]


def map_words(vectors: WordVectors, words: Sequence[str] | None, options: WordMapOptions) -> WordMap:
    """The places of the words given, each once, or else of the most frequent ones.

    Raises:
        InputError: a word is unknown, or there are too few.
    """
    known = vectors.knowing(words or ())
    rows = np.array([known.id_of(word) for word in dict.fromkeys(words)]) if words else _frequent(known, options.num)
    places_N2 = coordinates(known.matrix[rows], options.method, options.seed, options.perplexity)
    return WordMap([known.words[row] for row in rows], places_N2)


def _frequent(vectors: WordVectors, num: int) -> Ids:
    if vectors.counts is None:
        return np.arange(min(num, len(vectors)))
    return np.argsort(-vectors.counts, kind="stable")[:num]
