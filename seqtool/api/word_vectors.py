"""Word vectors, with methods that users of gensim know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seqtool.errors import UsageError, plural
from seqtool.vectors import word_vectors as library

Ranked = list[tuple[str, float]]


class WordVectors(library.WordVectors):
    """Words and their vectors: ``vectors["king"]``, ``"king" in vectors``, ``vectors.most_similar("king")``.

    All searches are exact. Vectors with character n-grams (fastText) also cover unknown words.
    """

    @classmethod
    def of(cls, vectors: library.WordVectors) -> WordVectors:
        """Add these methods to vectors. Only the list of words is copied."""
        return cls(vectors.words, vectors.matrix, vectors.counts, vectors.ngrams)

    def __getitem__(self, words: str | Iterable[str]) -> NDArray[np.float32]:
        """Return the vector of a word as float32 of shape (D,), or (N, D) for N words.

        Raises:
            UnknownWordError: a word is unknown. This is a `KeyError` that suggests similar spellings.
        """
        if isinstance(words, str):
            return self._vector(words)
        rows = [self._vector(word) for word in words]
        return np.stack(rows) if rows else np.empty((0, self.dim), np.float32)

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def __repr__(self) -> str:
        return f"<WordVectors: {plural(len(self), 'word')}, {plural(self.dim, 'dimension')}>"

    def most_similar(
        self,
        positive: str | Iterable[str] | NDArray[Any],
        negative: str | Iterable[str] = (),
        topn: int = 10,
        restrict: int | None = None,
    ) -> Ranked:
        """Find the words with the highest cosine to a word, to a sum of words, or to a vector.

        Args:
            positive: a word, several words whose unit vectors are added, or a vector of shape (D,).
            negative: words whose unit vectors are subtracted.
            topn: number of words to return.
            restrict: search only the first N words.

        Returns:
            ``[(word, cosine), …]``, best first, without the given words.

        Raises:
            UnknownWordError: a word is unknown.
        """
        if isinstance(positive, np.ndarray):
            query_D, given = np.asarray(positive, np.float64), np.empty(0, np.int64)
            if query_D.shape != (self.dim,):
                raise UsageError(f"the vector has shape {query_D.shape}", f"give a vector of shape ({self.dim},)")
        else:
            added, subtracted = self._ids(positive), self._ids(negative)
            given = np.concatenate([added, subtracted])
            if not len(given):
                raise UsageError("most_similar needs at least one word", "give a word, several words or a vector")
            query_D = self.unit(added).sum(axis=0) - self.unit(subtracted).sum(axis=0)
        rows, cosines = self.neighbors(query_D[None], topn, given[None], restrict)
        return self._named(rows, cosines)

    def analogy(
        self,
        a: str,
        b: str,
        c: str,
        topn: int = 10,
        method: Literal["add", "mul"] = "add",
        restrict: int | None = None,
    ) -> Ranked:
        """Find the words that are to ``c`` as ``b`` is to ``a``: ``analogy("man", "king", "woman")``.

        Args:
            a, b, c: the three words, which are never answers.
            topn: number of answers.
            method: ``add`` (3CosAdd) or ``mul`` (3CosMul; Levy and Goldberg 2014).
            restrict: search only the first N words.

        Returns:
            ``[(word, score), …]``, best first.

        Raises:
            UnknownWordError: a word is unknown.
        """
        if method not in ("add", "mul"):
            raise UsageError(f"unknown method {method!r}", "choose add or mul")
        return self._named(*self.analogies(self._ids((a, b, c))[None], topn, method, restrict))

    def similarity(self, a: str, b: str) -> float:
        """Return the cosine similarity of two words.

        Raises:
            UnknownWordError: a word is unknown.
        """
        ids = self._ids((a, b))
        return float(self.similarities(ids[:1], ids[1:])[0])

    def _vector(self, word: str) -> NDArray[np.float32]:
        if not isinstance(word, str):
            raise TypeError(f"a word must be a str, not {type(word).__name__}")
        row = self.id_of(word)
        found = self.matrix[row] if row < len(self) else self._spelled.vectors(np.array([row]))[0]
        return np.array(found, np.float32)

    def _ids(self, words: str | Iterable[str]) -> NDArray[np.int64]:
        some = [words] if isinstance(words, str) else list(words)
        return np.array([self.id_of(word) for word in some], np.int64)

    def _named(self, rows: NDArray[np.int64], scores: NDArray[np.float32]) -> Ranked:
        pairs = zip(rows[0].tolist(), scores[0].tolist(), strict=True)
        return [(self.words[row], score) for row, score in pairs if row >= 0]
