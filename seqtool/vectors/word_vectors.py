"""Words and their vectors: lookup, cosines, nearest neighbours, analogies.

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

from seqtool.corpus.options import thread_count
from seqtool.errors import InputError
from seqtool.vectors.ranking import ranked
from seqtool.vectors.spelling import near_spellings

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ids = NDArray[np.int64]

SCORES_BYTES = 256 << 20
_ROWS = 1 << 13
# Between these norms a product of a unit vector with a row neither overflows nor loses digits.
_SAFE_NORMS = (1e-25, 1e25)
# Of 3CosMul (Levy and Goldberg 2014, section 6): what keeps the quotient finite.
_EPSILON = 1e-6


class WordVectors:
    """The vectors of a vocabulary, the most frequent word first where that is known.

    Attributes:
        words: V different words.
        matrix: float32 (V, D), perhaps memory-mapped.
        counts: int64 (V,), how often each word occurs, or None.
    """

    def __init__(self, words: Sequence[str], matrix: Floats, counts: Ids | None = None) -> None:
        assert matrix.ndim == 2
        assert len(words) == len(matrix)
        self.words = list(words)
        self.matrix = matrix
        self.counts = counts

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self.ids

    @property
    def dim(self) -> int:
        """The dimension of the vectors."""
        return int(self.matrix.shape[1])

    @cached_property
    def ids(self) -> dict[str, int]:
        """Word → row."""
        return dict(zip(self.words, range(len(self.words)), strict=True))

    def ids_of(self, words: Iterable[str]) -> Ids:
        """The rows of words, -1 where a word is unknown."""
        ids = self.ids
        return np.array([ids.get(word, -1) for word in words], np.int64)

    def id_of(self, word: str) -> int:
        """The row of a word.

        Raises:
            InputError: the word is unknown; the near spellings that are known are named.
        """
        found = self.ids.get(word)
        if found is None:
            near = near_spellings(word, self.words)
            remedy = "did you mean " + " or ".join(near) + "?" if near else "give a word of the vocabulary"
            raise InputError(f"{word} is not among the {len(self):,} words", remedy)
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
                f"the vector of {self.words[wrong[0]]} (row {wrong[0]}) holds nan or infinity", "make the vectors anew"
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
            unit[start : start + _ROWS] = self._unit(np.arange(start, min(len(self), start + _ROWS)))
        return unit, np.ones(len(self), np.float32)

    def _unit(self, ids: Ids) -> Doubles:
        """The unit vectors of rows: float64 (N, D); zeros for a zero vector and for row -1."""
        scale = np.where(ids >= 0, self._inverse_norms[ids], 0.0)
        return np.asarray(self.matrix[ids], np.float64) * scale[:, None]

    def similarities(self, left_N: Ids, right_N: Ids) -> Floats:
        """The cosines of pairs of rows; nan where a row is -1."""
        cosines = np.empty(len(left_N), np.float64)
        for start in range(0, len(left_N), _ROWS):
            part = slice(start, start + _ROWS)
            cosines[part] = (self._unit(left_N[part]) * self._unit(right_N[part])).sum(axis=1)
        known = (np.asarray(left_N) >= 0) & (np.asarray(right_N) >= 0)
        return np.where(known, np.clip(cosines, -1.0, 1.0), np.nan).astype(np.float32)

    def pair_scores(self, pairs: Sequence[tuple[str, str]], fold_case: bool = False) -> Doubles:
        """The cosine of each pair of words: float64 (P,), nan where one is unknown.

        Args:
            pairs: the words.
            fold_case: a word stands for the most frequent one that differs from it in case only.
        """
        ids = self.folded_ids() if fold_case else self.ids
        key: Callable[[str], str] = str.casefold if fold_case else str
        rows = np.array([[ids.get(key(word), -1) for word in pair] for pair in pairs], np.int64).reshape(-1, 2)
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
            _exclude(scores, None if exclude_QE is None else exclude_QE[part])
            return ranked(scores, k, lambda query, ids: self._exact(own[query], ids), absolute=self._slack)

        return _in_blocks(answer, len(queries), rows, k, 1)

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
            a, b, c = (self._unit(ids_Q3[:, column]) for column in range(3))
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
            cosines = self._cosines(self._unit(distinct).astype(np.float32), rows)
            a, b, c = (places.reshape(-1, 3)[:, column] for column in range(3))
            scores = _three_cos_mul(cosines, a, b, c)
            _exclude(scores, own)

            def exact(query: int, ids: Ids) -> Doubles:
                shifted = [(1 + self._exact(vector, ids)) / 2 for vector in self._unit(own[query])]
                return shifted[1] * shifted[2] / (shifted[0] + _EPSILON)

            return ranked(scores, k, exact, relative=32 * self._slack)

        return _in_blocks(answer, len(ids_Q3), rows, k, 5)

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


def _three_cos_mul(cosines_UV: Floats, a_Q: Ids, b_Q: Ids, c_Q: Ids) -> Floats:
    """cos(b) cos(c) / (cos(a) + ε) with cosines shifted to 0 … 1: float32 (Q, V)."""
    cosines_UV += 1
    cosines_UV *= 0.5
    np.maximum(cosines_UV, 0, out=cosines_UV)  # rounding may take the cosine of opposites below -1
    scores = np.empty((len(a_Q), cosines_UV.shape[1]), np.float32)

    def fill(row: int) -> None:
        np.multiply(cosines_UV[b_Q[row]], cosines_UV[c_Q[row]], out=scores[row])
        scores[row] /= cosines_UV[a_Q[row]] + np.float32(_EPSILON)

    with ThreadPoolExecutor(thread_count(None)) as pool:
        list(pool.map(fill, range(len(a_Q))))
    return scores


def _exclude(scores_QV: Floats, exclude_QE: Ids | None) -> None:
    if exclude_QE is None:
        return
    queries, columns = np.nonzero((exclude_QE >= 0) & (exclude_QE < scores_QV.shape[1]))
    scores_QV[queries, exclude_QE[queries, columns]] = -np.inf


def _in_blocks(
    answer: Callable[[slice], tuple[Ids, Floats]], queries: int, rows: int, k: int, tables: int
) -> tuple[Ids, Floats]:
    """Answers block after block; ``tables``: how many rows of scores a query needs at most."""
    size = max(1, SCORES_BYTES // (4 * max(1, rows) * tables))
    width = min(k, rows)
    ids, scores = np.full((queries, width), -1, np.int64), np.full((queries, width), np.nan, np.float32)
    for start in range(0, queries, size) if width else ():
        part = slice(start, start + size)
        ids[part], scores[part] = answer(part)
    return ids, scores
