"""Bootstrap intervals of correlations and means (Efron 1979; the percentile method).

N pairs of values are drawn N times with replacement, R times over; the interval holds the middle of the R correlations.
A resample is the number of times that each pair was drawn, so that its ranks follow from one sort of the whole.

Shapes: N pairs, B resamples of a block, G groups of equal values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Interval = tuple[float, float]
Floats = NDArray[np.float64]
LEVEL = 0.95
_BLOCK_VALUES = 1 << 20


def correlation_intervals(
    x_N: Floats, y_N: Floats, resamples: int, seed: int, level: float = LEVEL
) -> tuple[Interval | None, Interval | None]:
    """Percentile intervals of the Spearman and the Pearson correlation, of the same resamples.

    Args:
        x_N: finite values, N ≥ 1.
        y_N: the values they are paired with.
        resamples: how many resamples are drawn.
        seed: the same seed gives the same intervals.
        level: the share of the resamples that an interval holds.

    Returns:
        (of Spearman, of Pearson); ``None`` where no resample has a correlation (one side is constant).
    """
    if not resamples:
        return None, None
    x_groups, y_groups = _groups(x_N), _groups(y_N)
    spearman, pearson = [], []
    for weights_BN in draw_resamples(len(x_N), resamples, seed):
        spearman.append(_correlations(_ranks(x_groups, weights_BN), _ranks(y_groups, weights_BN), weights_BN))
        pearson.append(_correlations(x_N[None], y_N[None], weights_BN))
    return percentiles(np.concatenate(spearman), level), percentiles(np.concatenate(pearson), level)


def mean_interval(values_N: Floats, seed: int, resamples: int = 1000, level: float = LEVEL) -> Interval | None:
    """The percentile interval of a mean; ``None`` of a single value.

    Args:
        values_N: finite values.
        seed, resamples, level: see `correlation_intervals`.
    """
    n = len(values_N)
    if n < 2:
        return None
    means = [weights_BN @ values_N / n for weights_BN in draw_resamples(n, resamples, seed)]
    return percentiles(np.concatenate(means), level)


def share_interval(right_N: Floats, seed: int, resamples: int = 1000, level: float = LEVEL) -> Interval | None:
    """The percentile interval of a share; where all or none are right, and every resample is like the other, Wilson's.

    Args:
        right_N: 1 or 0 each.
        seed, resamples, level: see `correlation_intervals`.
    """
    right = int(right_N.sum())
    alike = right in (0, len(right_N))
    return wilson(right, len(right_N), level) if alike else mean_interval(right_N, seed, resamples, level)


def wilson(right: int, n: int, level: float = LEVEL) -> Interval:
    """The score interval of a share (Wilson 1927), n ≥ 1."""
    from scipy.stats import binomtest

    found = binomtest(right, n).proportion_ci(level, method="wilson")
    return float(found.low), float(found.high)


def statistic_interval(
    stats_NK: Floats, score: Callable[[Floats], float], seed: int, resamples: int = 1000, level: float = LEVEL
) -> Interval | None:
    """The percentile interval of a score of summed statistics, such as BLEU's; ``None`` of a single row.

    Args:
        stats_NK: the statistics of each of N items.
        score: of their sums, float64 (K,).
        seed, resamples, level: see `correlation_intervals`.
    """
    n = stats_NK.shape[0]
    if n < 2:
        return None
    sums = (sums_K for weights_BN in draw_resamples(n, resamples, seed) for sums_K in weights_BN @ stats_NK)
    return percentiles(np.array([score(sums_K) for sums_K in sums]), level)


def draw_resamples(n: int, resamples: int, seed: int) -> Iterator[Floats]:
    """How often each pair was drawn, float64 (B, N), in blocks of bounded size."""
    draw = np.random.default_rng(seed)
    rows = max(1, _BLOCK_VALUES // n)
    for start in range(0, resamples, rows):
        count = min(rows, resamples - start)
        drawn_BN = draw.integers(n, size=(count, n)) + n * np.arange(count)[:, None]
        yield np.bincount(drawn_BN.ravel(), minlength=count * n).reshape(count, n).astype(np.float64)


def rank_correlations(x_N: Floats, y_N: Floats, weights_BN: Floats) -> Floats:
    """The Spearman correlation of each resample, (B,); nan where a side is constant."""
    return _correlations(_ranks(_groups(x_N), weights_BN), _ranks(_groups(y_N), weights_BN), weights_BN)


def _groups(values_N: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The order that sorts values, where each group of equal values begins in it, and the group of each value."""
    order_N = np.argsort(values_N, kind="stable")
    sorted_N = values_N[order_N]
    starts = np.concatenate([[True], sorted_N[1:] != sorted_N[:-1]])
    group_N = np.empty(len(values_N), np.int64)
    group_N[order_N] = np.cumsum(starts) - 1
    return order_N, np.flatnonzero(starts), group_N


def _ranks(groups: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]], weights_BN: Floats) -> Floats:
    """The mean rank of each value within each resample, (B, N); of values that were not drawn it has no meaning."""
    order_N, starts_G, group_N = groups
    drawn_BG = np.add.reduceat(weights_BN[:, order_N], starts_G, axis=1)
    ranks_BG = np.cumsum(drawn_BG, axis=1) - (drawn_BG - 1) / 2
    return ranks_BG[:, group_N]


def _correlations(x_BN: Floats, y_BN: Floats, weights_BN: Floats) -> Floats:
    """The Pearson correlation of each resample, (B,); nan where a side is constant."""
    n = weights_BN.shape[1]
    x_BN = x_BN - (weights_BN * x_BN).sum(1, keepdims=True) / n
    y_BN = y_BN - (weights_BN * y_BN).sum(1, keepdims=True) / n
    covariance, x_B, y_B = ((weights_BN * product).sum(1) for product in (x_BN * y_BN, x_BN**2, y_BN**2))
    scale = np.sqrt(x_B) * np.sqrt(y_B)
    varied = (scale > 0) & ~_constant(weights_BN, x_BN) & ~_constant(weights_BN, y_BN)
    return np.where(varied, np.clip(covariance / np.where(varied, scale, 1.0), -1.0, 1.0), np.nan)


def _constant(weights_BN: Floats, values_BN: Floats) -> NDArray[np.bool_]:
    """Whether a resample drew one value only; rounding gives such values a spread of 1e-17."""
    drawn = weights_BN > 0
    return np.where(drawn, values_BN, -np.inf).max(1) == np.where(drawn, values_BN, np.inf).min(1)


def percentiles(correlations_R: Floats, level: float = LEVEL) -> Interval | None:
    """What holds the middle of the values that are finite; ``None`` where none is."""
    finite = correlations_R[np.isfinite(correlations_R)]
    if not len(finite):
        return None
    low, high = np.percentile(finite, [50 * (1 - level), 50 * (1 + level)])
    return float(low), float(high)
