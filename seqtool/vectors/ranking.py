"""The best of many scores: a bound from the maxima of groups, then the few that reach it.

Shapes: Q queries, V scores each, K best.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from seqtool.corpus.options import thread_count

SCORES_BYTES = 256 << 20
# Of 3CosMul (Levy and Goldberg 2014, section 6): what keeps the quotient finite.
EPSILON = 1e-6
_GROUP = 256
_QUERIES = 16


def ranked(
    scores_QV: NDArray[np.float32],
    k: int,
    exact: Callable[[int, NDArray[np.int64]], NDArray[np.float64]],
    absolute: float = 0.0,
    relative: float = 0.0,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The columns of the k best scores of every row.

    Args:
        scores_QV: approximate scores; -inf where a column is no answer.
        k: how many.
        exact: the exact scores of some columns (ascending) of one row.
        absolute, relative: how far an approximate score may be off, compared with another one.

    Returns:
        (columns int64 (Q, K), exact scores float32 (Q, K)), best first and equal ones by their column; -1 and nan
        where there are fewer than K.
    """
    queries, width = scores_QV.shape[0], min(k, scores_QV.shape[1])
    ids, values = np.full((queries, width), -1, np.int64), np.full((queries, width), np.nan, np.float32)

    def fill(start: int) -> None:
        for query in range(start, min(queries, start + _QUERIES)):
            found = candidates(scores_QV[query], width, absolute, relative)
            exactly = exact(query, found).astype(np.float32)
            best = np.argsort(-exactly, kind="stable")[:width]
            ids[query, : len(best)], values[query, : len(best)] = found[best], exactly[best]

    with ThreadPoolExecutor(thread_count(None)) as pool:
        list(pool.map(fill, range(0, queries, _QUERIES)))
    return ids, values


def candidates(scores_V: NDArray[np.float32], k: int, absolute: float, relative: float) -> NDArray[np.int64]:
    """The columns, ascending, that may be among the k best, 1 <= k <= V."""
    group = min(_GROUP, len(scores_V) // (2 * k))
    # The k-th greatest of the groups' maxima is no greater than the k-th greatest score.
    group = max(1, group)
    best = scores_V[: len(scores_V) // group * group].reshape(-1, group).max(axis=1)
    bound = np.partition(best, -k)[-k]
    if bound == -np.inf:
        return np.flatnonzero(scores_V > -np.inf)
    return np.flatnonzero(scores_V >= bound - absolute - relative * abs(bound))


def three_cos_mul(
    cosines_UV: NDArray[np.float32], a_Q: NDArray[np.int64], b_Q: NDArray[np.int64], c_Q: NDArray[np.int64]
) -> NDArray[np.float32]:
    """cos(b) cos(c) / (cos(a) + ε) with cosines shifted to 0 … 1: float32 (Q, V)."""
    cosines_UV += 1
    cosines_UV *= 0.5
    np.maximum(cosines_UV, 0, out=cosines_UV)  # rounding may take the cosine of opposites below -1
    scores = np.empty((len(a_Q), cosines_UV.shape[1]), np.float32)

    def fill(row: int) -> None:
        np.multiply(cosines_UV[b_Q[row]], cosines_UV[c_Q[row]], out=scores[row])
        scores[row] /= cosines_UV[a_Q[row]] + np.float32(EPSILON)

    with ThreadPoolExecutor(thread_count(None)) as pool:
        list(pool.map(fill, range(len(a_Q))))
    return scores


def exclude(scores_QV: NDArray[np.float32], exclude_QE: NDArray[np.int64] | None) -> None:
    """Take columns out of the answers; -1 stands for none."""
    if exclude_QE is None:
        return
    queries, columns = np.nonzero((exclude_QE >= 0) & (exclude_QE < scores_QV.shape[1]))
    scores_QV[queries, exclude_QE[queries, columns]] = -np.inf


def in_blocks(
    answer: Callable[[slice], tuple[NDArray[np.int64], NDArray[np.float32]]],
    queries: int,
    rows: int,
    k: int,
    tables: int,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Answers block after block; ``tables``: how many rows of scores a query needs at most."""
    size = max(1, SCORES_BYTES // (4 * max(1, rows) * tables))
    width = min(k, rows)
    ids, scores = np.full((queries, width), -1, np.int64), np.full((queries, width), np.nan, np.float32)
    for start in range(0, queries, size) if width else ():
        part = slice(start, start + size)
        ids[part], scores[part] = answer(part)
    return ids, scores
