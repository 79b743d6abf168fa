"""Words and their vectors: lookup, cosines, nearest neighbors, analogies.

Every ranking is exact. Scores are first computed in float32 for all words; those that may be among the best, given the
rounding of that product, are computed again in float64, rounded to float32 and ranked, equal ones by their row. So an
answer depends neither on the number of threads nor on what else was asked in the same call.

Shapes: V words, D dimensions, Q queries, K answers each, E excluded rows each, N pairs, P pairs of spellings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from seqtool.corpus.normalize import spelling_in
from seqtool.corpus.options import thread_count
from seqtool.errors import InputError, UnknownWordError, plural
from seqtool.vectors.ngrams import NgramVectors, SpelledWords
from seqtool.vectors.ranking import EPSILON, exclude, in_blocks, ranked, three_cos_mul
from seqtool.vectors.spelling import near_spellings

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ids = NDArray[np.int64]

_ROWS = 1 << 13
# Between these norms a product of a unit vector with a row neither overflows nor loses digits.
_SAFE_NORMS = (1e-25, 1e25)


class WordVectors:
    """The vectors of a vocabulary, the most frequent word first where that is known.

    Attributes:
        words: V different words.
        matrix: float32 (V, D), perhaps memory-mapped.
        counts: int64 (V,), how often each word occurs, or None.
        ngrams: what spells further words, or None.
        name: where they come from, for messages.
    """

    def __init__(
        self, words: Sequence[str], matrix: Floats, counts: Ids | None = None, ngrams: NgramVectors | None = None
    ) -> None:
        assert matrix.ndim == 2
        assert len(words) == len(matrix)
        self.words = list(words)
        self.matrix = matrix
        self.counts = counts
        self.ngrams = ngrams
        self.name = ""
        self._spelled = SpelledWords(ngrams, self.words, self.dim)

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self._row(word) >= 0

    @property
    def dim(self) -> int:
        """The dimension of the vectors."""
        return int(self.matrix.shape[1])

    @cached_property
    def ids(self) -> dict[str, int]:
        """Word → row."""
        return dict(zip(self.words, range(len(self.words)), strict=True))

    def ids_of(self, words: Iterable[str]) -> Ids:
        """The rows of words, -1 where a word is unknown.

        A word that is unknown as it is written is looked up in other Unicode forms (`spelling_in`).
        """
        return np.array([self._row(word) for word in words], np.int64)

    def _row(self, word: str) -> int:
        spelling = spelling_in(self.ids, word)
        return -1 if spelling is None else self.ids[spelling]

    def rows_of(self, words: Iterable[str]) -> Ids:
        """As `ids_of`, but a word that the n-grams spell has a row behind the vocabulary; it is never an answer."""
        spell = self._spelled.row
        rows = (row if (row := self._row(word)) >= 0 else spell(word) for word in words)
        return np.fromiter(rows, np.int64)

    def knowing(self, words: Iterable[str]) -> WordVectors:
        """These vectors, and behind them those of the given words that n-grams spell, as words like the others."""
        rows = self.rows_of(words)
        rows = np.unique(rows[rows >= len(self)])
        if not len(rows):
            return self
        matrix = np.concatenate([self.matrix, self._spelled.vectors(rows).astype(np.float32)])
        counts = None if self.counts is None else np.concatenate([self.counts, np.zeros(len(rows), np.int64)])
        return WordVectors([*self.words, *map(self.word_at, rows.tolist())], matrix, counts)

    def word_at(self, row: int) -> str:
        """The word of a row of `rows_of`."""
        return self.words[row] if row < len(self) else self._spelled.words[row - len(self)]

    def id_of(self, word: str) -> int:
        """The row of a word (see `rows_of`).

        Raises:
            UnknownWordError: the word is unknown; the near spellings that are known are named.
        """
        found = int(self.rows_of([word])[0])
        if found < 0:
            near = near_spellings(word, self.words)
            remedy = "did you mean " + " or ".join(near) + "?" if near else "choose a word of the vocabulary"
            spelled = ", and none of its n-grams has a vector" if self.ngrams is not None else ""
            raise UnknownWordError(f"{word!r} is not among the {plural(len(self), 'word')}{spelled}", remedy)
        return found

    def folded_ids(self) -> dict[str, int]:
        """Case-folded spelling → the first, most frequent, row of that spelling."""
        return self._folded_ids

    @cached_property
    def _folded_ids(self) -> dict[str, int]:
        backwards = range(len(self.words) - 1, -1, -1)
        return dict(zip((word.casefold() for word in reversed(self.words)), backwards, strict=True))

    @cached_property
    def _norms(self) -> Doubles:
        """Euclidean norms (V,).

        Raises:
            InputError: a vector is not finite.
        """
        norms = np.empty(len(self), np.float64)

        def fill(start: int) -> None:
            rows = np.asarray(self.matrix[start : start + _ROWS], np.float64)
            norms[start : start + _ROWS] = np.sqrt(np.einsum("vd,vd->v", rows, rows))

        with ThreadPoolExecutor(thread_count(None)) as pool:
            list(pool.map(fill, range(0, len(self), _ROWS)))
        wrong = np.flatnonzero(~np.isfinite(norms))
        if len(wrong):
            raise InputError(
                f"{self.name and f'{self.name}: '}the vector of {self.words[wrong[0]]!r} (row {wrong[0]}) contains "
                "nan or infinity",
                "recreate the vectors",
            )
        return norms

    @cached_property
    def _inverse_norms(self) -> Doubles:
        """1 / norm, 0 for a zero vector: its cosine with everything is 0."""
        return np.divide(1.0, self._norms, out=np.zeros(len(self)), where=self._norms > 0)

    @cached_property
    def _factors(self) -> tuple[Floats, Floats]:
        """A matrix and a factor for each row that makes it a unit vector."""
        norms, matrix = self._norms[self._norms > 0], np.asarray(self.matrix)
        if len(norms) == 0 or (norms.min() > _SAFE_NORMS[0] and norms.max() < _SAFE_NORMS[1]):
            return matrix, self._inverse_norms.astype(np.float32)
        unit = np.empty(matrix.shape, np.float32)
        for start in range(0, len(self), _ROWS):
            unit[start : start + _ROWS] = self.unit(np.arange(start, min(len(self), start + _ROWS)))
        return unit, np.ones(len(self), np.float32)

    def unit(self, ids: Ids) -> Doubles:
        """The unit vectors of rows of `rows_of`: float64 (N, D); zeros for a zero vector and for row -1."""
        own = np.where(ids < len(self), ids, -1)
        scale = np.where(own >= 0, self._inverse_norms[own], 0.0)
        units = np.asarray(self.matrix[own], np.float64) * scale[:, None]
        spelled = ids >= len(self)
        units[spelled] = self._spelled.units(ids[spelled])
        return units

    def similarities(self, left_N: Ids, right_N: Ids) -> Floats:
        """The cosines of pairs of rows; nan where a row is -1."""
        cosines = np.empty(len(left_N), np.float64)
        for start in range(0, len(left_N), _ROWS):
            part = slice(start, start + _ROWS)
            cosines[part] = (self.unit(left_N[part]) * self.unit(right_N[part])).sum(axis=1)
        known = (np.asarray(left_N) >= 0) & (np.asarray(right_N) >= 0)
        return np.where(known, np.clip(cosines, -1.0, 1.0), np.nan).astype(np.float32)

    def pair_scores(self, pairs: Sequence[tuple[str, str]], fold_case: bool = False, spell: bool = False) -> Doubles:
        """The cosine of each pair of words: float64 (P,), nan where one is unknown.

        Args:
            pairs: the words.
            fold_case: a word stands for the most frequent one that differs from it in case only.
            spell: unknown words have the vectors that their n-grams give them.
        """
        ids = self.folded_ids() if fold_case else self.ids
        key: Callable[[str], str] = str.casefold if fold_case else str
        words = [word for pair in pairs for word in pair]
        spelled = (spelling_in(ids, key(word)) for word in words)
        rows = np.array([-1 if spelling is None else ids[spelling] for spelling in spelled], np.int64)
        if spell:
            rows = np.where(rows < 0, self.rows_of(words), rows)
        rows = rows.reshape(-1, 2)
        return self.similarities(rows[:, 0], rows[:, 1]).astype(np.float64)

    def neighbors(
        self, queries_QD: NDArray[np.floating], k: int, exclude_QE: Ids | None = None, restrict: int | None = None
    ) -> tuple[Ids, Floats]:
        """The rows of the greatest cosine with each query.

        Args:
            queries_QD: vectors of any length.
            k: how many rows are wanted.
            exclude_QE: rows that are no answer to the query; -1 stands for none.
            restrict: only the first so many rows are searched.

        Returns:
            (rows int64 (Q, K), cosines float32 (Q, K)), best first, K being ``k`` or the number of rows searched
            where that is less; -1 and nan where exclusion leaves fewer.
        """
        queries = np.array(queries_QD, np.float64)
        norms = np.linalg.norm(queries, axis=1, keepdims=True)
        np.divide(queries, norms, out=queries, where=norms > 0)
        rows = self._searched(restrict)

        def answer(part: slice) -> tuple[Ids, Floats]:
            own = queries[part]
            scores = self._cosines(own.astype(np.float32), rows)
            exclude(scores, None if exclude_QE is None else exclude_QE[part])
            return ranked(scores, k, lambda query, ids: self._exact(own[query], ids), absolute=self._slack)

        return in_blocks(answer, len(queries), rows, k, 1)

    def analogies(
        self, ids_Q3: Ids, k: int = 1, method: str = "add", restrict: int | None = None
    ) -> tuple[Ids, Floats]:
        """Rows that are to c as b is to a, for questions (a, b, c); a, b and c are no answers.

        Args:
            ids_Q3: int64 (Q, 3); a question with a row of -1 has no answers.
            k: how many answers are wanted.
            method: ``add``: the cosine with b - a + c, all of unit length (3CosAdd); ``mul``: the product of the
                cosines with b and c over that with a, cosines shifted to 0 … 1 (3CosMul; Levy and Goldberg 2014).
            restrict: only the first so many rows are searched.

        Returns:
            As `neighbors`.
        """
        if method == "mul":
            ids, scores = self._multiplied(ids_Q3, k, restrict)
        else:
            a, b, c = (self.unit(ids_Q3[:, column]) for column in range(3))
            ids, scores = self.neighbors(b - a + c, k, ids_Q3, restrict)
        unknown = (ids_Q3 < 0).any(axis=1)
        ids[unknown], scores[unknown] = -1, np.nan
        return ids, scores

    def _multiplied(self, ids_Q3: Ids, k: int, restrict: int | None) -> tuple[Ids, Floats]:
        rows = self._searched(restrict)

        def answer(part: slice) -> tuple[Ids, Floats]:
            own = ids_Q3[part]
            # Questions share words: each word's cosines are computed once a block.
            distinct, places = np.unique(own, return_inverse=True)
            cosines = self._cosines(self.unit(distinct).astype(np.float32), rows)
            a, b, c = (places.reshape(-1, 3)[:, column] for column in range(3))
            scores = three_cos_mul(cosines, a, b, c)
            exclude(scores, own)

            def exact(query: int, ids: Ids) -> Doubles:
                shifted = [(1 + self._exact(vector, ids)) / 2 for vector in self.unit(own[query])]
                return shifted[1] * shifted[2] / (shifted[0] + EPSILON)

            return ranked(scores, k, exact, relative=32 * self._slack)

        return in_blocks(answer, len(ids_Q3), rows, k, 5)

    @property
    def _slack(self) -> float:
        """By how much two cosines computed in float32 may stand in the wrong order."""
        return 4 * (self.dim + 8) * float(np.finfo(np.float32).eps)

    def _searched(self, restrict: int | None) -> int:
        return len(self) if restrict is None else max(0, min(restrict, len(self)))

    def _cosines(self, queries_QD: Floats, rows: int) -> Floats:
        matrix, factors = self._factors
        scores = queries_QD @ matrix[:rows].T
        scores *= factors[:rows]
        return scores

    def _exact(self, query_D: Doubles, ids: Ids) -> Doubles:
        if not query_D.any():
            return np.zeros(len(ids))
        parts = [
            (np.asarray(self.matrix[ids[start : start + _ROWS]], np.float64) * query_D).sum(axis=1)
            for start in range(0, len(ids), _ROWS)
        ]
        return np.clip(np.concatenate([*parts, np.empty(0)]) * self._inverse_norms[ids], -1.0, 1.0)
