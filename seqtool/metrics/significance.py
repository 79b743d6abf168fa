"""Whether two results on the same items differ: the paired bootstrap, and approximate randomization.

Bootstrap (Efron 1979; Koehn 2004): N items are drawn N times with replacement, R times over; the interval of the
difference is of percentiles, and p is twice the share of the draws on the rarer side of no difference.

Randomization (Noreen 1989; Riezler and Maxwell 2005): the two results of each item are exchanged or not, by the toss of
a coin, R times over; p is the share of the exchanges whose difference is as large as the one found, or larger.

N items, K statistics of each, B draws of a block, R draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from seqtool.metrics.bootstrap import Floats, draw_resamples, percentiles, rank_correlations

_BLOCK_VALUES = 1 << 20
Score = Callable[[Floats], Floats]
"""Sums of statistics (B, K) → scores (B,)."""


@dataclass(frozen=True)
class Difference:
    """Of one measure of two results.

    Attributes:
        n: items.
        a, b: the measure of each.
        difference: b - a.
        low, high: its 95 % interval; ``None`` where no draw has one.
        p_bootstrap, p_randomization: two-sided; nan where the difference is not a finite number.
    """

    n: int
    a: float
    b: float
    difference: float
    low: float | None
    high: float | None
    p_bootstrap: float
    p_randomization: float


def compare_sums(a_NK: Floats, b_NK: Floats, score: Score, draws: int, seed: int) -> Difference:
    """Compare a score of summed statistics: a mean, perplexity, F1, BLEU.

    Args:
        a_NK, b_NK: statistics of the same N items, dense or sparse.
        score: of their sums.
        draws: R.
        seed: the same seed gives the same result.
    """
    n = a_NK.shape[0]
    totals = [np.asarray(some.sum(0), np.float64).reshape(1, -1) for some in (a_NK, b_NK)]
    a, b = (float(score(total)[0]) for total in totals)
    drawn = [score(weights_BN @ b_NK) - score(weights_BN @ a_NK) for weights_BN in draw_resamples(n, draws, seed)]
    less_NK = b_NK - a_NK
    exchanged = [
        score(totals[1] - moved_BK) - score(totals[0] + moved_BK)
        for moved_BK in (coins_BN @ less_NK for coins_BN in _coins(n, draws, seed))
    ]
    return _difference(n, a, b, np.concatenate(drawn), np.concatenate(exchanged))


def compare_correlations(gold_N: Floats, a_N: Floats, b_N: Floats, draws: int, seed: int) -> Difference:
    """Compare Spearman's correlations of two scorers with the same gold values.

    Scorers have scales of their own, so that what is exchanged are ranks.
    """
    n, ones_1N = len(gold_N), np.ones((1, len(gold_N)))
    a, b = (float(rank_correlations(some, gold_N, ones_1N)[0]) for some in (a_N, b_N))
    drawn = [
        rank_correlations(b_N, gold_N, weights_BN) - rank_correlations(a_N, gold_N, weights_BN)
        for weights_BN in draw_resamples(n, draws, seed)
    ]
    ranks = [rankdata(some) for some in (a_N, b_N, gold_N)]
    exchanged = []
    for coins_BN in _coins(n, draws, seed):
        one, other = np.where(coins_BN, ranks[1], ranks[0]), np.where(coins_BN, ranks[0], ranks[1])
        exchanged.append(_correlations(other, ranks[2]) - _correlations(one, ranks[2]))
    return _difference(n, a, b, np.concatenate(drawn), np.concatenate(exchanged))


def _difference(n: int, a: float, b: float, drawn_R: Floats, exchanged_R: Floats) -> Difference:
    if not np.isfinite(b - a):  # a perplexity that is infinite
        return Difference(n, a, b, b - a, None, None, np.nan, np.nan)
    finite = drawn_R[np.isfinite(drawn_R)]
    low, high = percentiles(finite) or (None, None)
    rarer = min(int((finite <= 0).sum()), int((finite >= 0).sum()))
    # Rounding makes exchanges that change nothing differ in the last bits.
    extreme = int((np.abs(exchanged_R) >= abs(b - a) * (1 - 1e-9)).sum())
    return Difference(
        n,
        a,
        b,
        b - a,
        low,
        high,
        min(1.0, 2 * (rarer + 1) / (len(finite) + 1)),
        (extreme + 1) / (len(exchanged_R) + 1),
    )


def _coins(n: int, draws: int, seed: int) -> Iterator[Floats]:
    """Zeros and ones (B, N), in blocks of bounded size."""
    draw = np.random.default_rng((seed, 1))
    rows = max(1, _BLOCK_VALUES // n)
    for start in range(0, draws, rows):
        yield draw.integers(2, size=(min(rows, draws - start), n)).astype(np.float64)


def _correlations(x_BN: Floats, y_N: Floats) -> Floats:
    """Pearson's correlation of each row with y (B,)."""
    x_BN, y_N = x_BN - x_BN.mean(1, keepdims=True), y_N - y_N.mean()
    scale = np.sqrt(np.square(x_BN).sum(1) * np.square(y_N).sum())
    return x_BN @ y_N / np.where(scale > 0, scale, 1.0)
