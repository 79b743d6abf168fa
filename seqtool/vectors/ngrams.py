"""The character n-grams of words, and the vectors that they give to words never seen.

A word is written ``<word>``; its n-grams of all lengths from the least to the most are hashed into buckets, and each
bucket that is seen has a vector (Bojanowski et al. 2017, arXiv 1607.04606, section 3.2). The n-grams and their hash are
those of fastText, so that its models can be read.

By ``jamo`` a Hangul syllable is three letters, a mark standing where there is no final one (Park et al. 2018,
aclanthology.org/P18-1226, section 3.1).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from seqtool.corpus.normalize import Form, in_form

_SYLLABLE = re.compile("[\uac00-\ud7a3]")
_NO_FINAL = "\0"
_BLOCK_WORDS = 1 << 14


@dataclass(frozen=True)
class NgramRule:
    """Which n-grams a word has.

    Attributes:
        minn, maxn: the least and the most units of an n-gram; none where ``maxn`` is 0.
        bucket: how many buckets there are.
        units: ``characters`` or ``jamo``.
    """

    minn: int
    maxn: int
    bucket: int
    units: str = "characters"

    def buckets(self, words: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The buckets of the n-grams of words.

        Returns:
            (starts int64 (W + 1,), buckets int64): those of word w are items ``starts[w]`` to ``starts[w + 1]``, in
            the order of the text; one that comes twice is there twice.
        """
        from seqtool.vectors.formats.kernels import hash_ngrams

        sizes, found = [np.zeros(1, np.int64)], [np.zeros(0, np.int64)]
        for first in range(0, len(words), _BLOCK_WORDS):
            spelled = [self._spelled(word) for word in words[first : first + _BLOCK_WORDS]]
            ends = np.cumsum([0, *map(len, spelled)])
            letters = np.frombuffer(b"".join(spelled), np.uint8)
            counts = np.empty(len(spelled), np.int64)
            most = np.minimum(np.diff(ends), max(0, self.maxn - self.minn + 1))  # that begin at a byte
            room = np.empty(int(np.diff(ends) @ most), np.int64)
            size = hash_ngrams(letters, ends, self.minn, self.maxn, self.bucket, counts, room)
            sizes.append(counts)
            found.append(room[:size].copy())
        return np.cumsum(np.concatenate(sizes)), np.concatenate(found)

    def _spelled(self, word: str) -> bytes:
        if self.units == "jamo":
            word = _SYLLABLE.sub(_three_letters, unicodedata.normalize("NFC", word))
        return f"<{word}>".encode("utf-8", "surrogatepass")


def _three_letters(syllable: re.Match[str]) -> str:
    return unicodedata.normalize("NFD", syllable[0]).ljust(3, _NO_FINAL)


def word_means(
    matrix: NDArray[np.float32], own_V: NDArray[np.int64], starts_V1: NDArray[np.int64], rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    """The means of words' own rows and those of their n-grams.

    Args:
        matrix: float32 (R, D).
        own_V: the row of each word.
        starts_V1, rows: the rows of word v's n-grams are items ``starts[v]`` to ``starts[v + 1]``.

    Returns:
        float32 (V, D).
    """
    means = np.empty((len(own_V), matrix.shape[1]), np.float32)
    for first in range(0, len(own_V), _BLOCK_WORDS):
        last = min(first + _BLOCK_WORDS, len(own_V))
        starts = starts_V1[first : last + 1] - starts_V1[first]
        parts = rows[starts_V1[first] : starts_V1[last]]
        counts = np.diff(starts)
        from scipy.sparse import csr_array

        shares = csr_array((np.ones(len(parts), np.float32), parts, starts), shape=(last - first, len(matrix)))
        means[first:last] = (shares @ matrix + matrix[own_V[first:last]]) / (1 + counts)[:, None]
    return means


class NgramVectors:
    """Vectors of n-grams.

    Attributes:
        rule: the n-grams.
        buckets_G: int64, the buckets that have a vector, rising.
        matrix_GD: float32, perhaps memory-mapped.
    """

    def __init__(self, rule: NgramRule, buckets_G: NDArray[np.int64], matrix_GD: NDArray[np.float32]) -> None:
        assert len(buckets_G) == len(matrix_GD)
        self.rule, self.buckets_G, self.matrix_GD = rule, buckets_G, matrix_GD

    def rows_of(self, buckets: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of buckets, -1 where one has no vector."""
        if not len(self.buckets_G):
            return np.full(len(buckets), -1, np.int64)
        rows = np.minimum(np.searchsorted(self.buckets_G, buckets), len(self.buckets_G) - 1)
        return np.where(self.buckets_G[rows] == buckets, rows, -1)

    def vector(self, word: str) -> NDArray[np.float64] | None:
        """The mean of the vectors of a word's n-grams: float64 (D,); None where none of them has one."""
        rows = self.rows_of(self.rule.buckets([word])[1])
        rows = rows[rows >= 0]
        return np.asarray(self.matrix_GD[rows], np.float64).mean(axis=0) if len(rows) else None


class SpelledWords:
    """Words outside a vocabulary, numbered from its size on as they are met.

    Args:
        ngrams: what spells them; None: nothing does.
        known: the V words of the vocabulary; others are spelled in their Unicode form.
        dim: D.

    Attributes:
        words: those that have a vector.
    """

    def __init__(self, ngrams: NgramVectors | None, known: Sequence[str], dim: int) -> None:
        self._ngrams, self._known, self._size, self._dim = ngrams, known, len(known), dim
        self.words: list[str] = []
        self._rows: dict[str, int] = {}
        self._vectors: list[NDArray[np.float64]] = []

    def row(self, word: str) -> int:
        """The row of a word, -1 where it cannot be spelled."""
        if self._ngrams is None:
            return -1
        word = in_form(word, self._form)
        if word not in self._rows:
            vector = self._ngrams.vector(word)
            self._rows[word] = -1 if vector is None else self._size + len(self.words)
            if vector is not None:
                self.words.append(word)
                self._vectors.append(vector)
        return self._rows[word]

    @cached_property
    def _form(self) -> Form:
        other = (word for word in self._known if not word.isascii() and in_form(word, "NFC") != in_form(word, "NFD"))
        return "NFD" if (first := next(other, None)) and in_form(first, "NFD") == first else "NFC"

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """The vectors of rows: float64 (N, D)."""
        return np.array([self._vectors[row - self._size] for row in rows]).reshape(len(rows), self._dim)

    def units(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """The vectors of rows, of unit length: float64 (N, D)."""
        vectors = self.vectors(rows)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.divide(vectors, norms, out=vectors, where=norms > 0)
