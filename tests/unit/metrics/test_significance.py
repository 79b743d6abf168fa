"""Comparisons: intervals against scipy's, no difference at the right rate, planted differences found."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from seqtool.metrics.bootstrap import Floats
from seqtool.metrics.significance import compare_correlations, compare_sums


def mean(sums_BK: Floats) -> Floats:
    found: Floats = sums_BK[:, 0] / sums_BK[:, 1]
    return found


def with_ones(values_N: Floats) -> Floats:
    return np.stack([values_N, np.ones(len(values_N))], 1)


def test_intervals_and_p_values_are_scipys() -> None:
    draw = np.random.default_rng(2)
    a_N = draw.normal(size=150)
    b_N = a_N + draw.normal(0.08, 0.5, size=150)
    found = compare_sums(with_ones(a_N), with_ones(b_N), mean, 20_000, 1)
    theirs = stats.bootstrap((b_N - a_N,), np.mean, n_resamples=20_000, method="percentile", rng=1)
    assert found.low == pytest.approx(theirs.confidence_interval.low, abs=0.005)
    assert found.high == pytest.approx(theirs.confidence_interval.high, abs=0.005)
    permuted = stats.permutation_test(
        (a_N, b_N), lambda x, y: np.mean(y) - np.mean(x), permutation_type="samples", n_resamples=20_000, rng=1
    )
    assert found.p_randomization == pytest.approx(permuted.pvalue, abs=0.01)
    assert found.p_bootstrap == pytest.approx(permuted.pvalue, abs=0.03)
    assert found.difference == pytest.approx(float((b_N - a_N).mean()))


def test_what_does_not_differ_is_found_to_differ_at_the_level() -> None:
    """Halves of one model's results, 400 times: p < 0.05 in about 5 % of them."""
    draw = np.random.default_rng(3)
    low = np.zeros(2)
    for trial in range(400):
        skill_N = draw.random(100)  # of the items, the same for both
        a_N, b_N = ((draw.random(100) < skill_N).astype(np.float64) for _ in range(2))
        found = compare_sums(with_ones(a_N), with_ones(b_N), mean, 300, trial)
        low += [found.p_bootstrap < 0.05, found.p_randomization < 0.05]
    assert (stats.binom.cdf(low, 400, 0.05) > 1e-3).all()
    assert (stats.binom.sf(low - 1, 400, 0.075) > 1e-3).all()


def test_a_planted_difference_is_found() -> None:
    draw = np.random.default_rng(4)
    a_N = (draw.random(2000) < 0.80).astype(np.float64)
    b_N = np.where(draw.random(2000) < 0.05, 1.0, a_N)
    found = compare_sums(with_ones(a_N), with_ones(b_N), mean, 2000, 1)
    assert found.p_bootstrap < 0.01
    assert found.p_randomization < 0.01
    assert found.low is not None
    assert 0 < found.low < found.difference


def test_a_result_does_not_differ_from_itself() -> None:
    a_N = np.random.default_rng(5).random(50)
    found = compare_sums(with_ones(a_N), with_ones(a_N), mean, 200, 1)
    assert (found.difference, found.low, found.high, found.p_bootstrap, found.p_randomization) == (0, 0, 0, 1, 1)


def test_correlations_of_scorers_with_scales_of_their_own() -> None:
    draw = np.random.default_rng(6)
    gold_N = draw.normal(size=300)
    good_N, poor_N = (gold_N + draw.normal(0, width, 300) for width in (0.5, 2.0))
    found = compare_correlations(gold_N, 1000 * poor_N, good_N, 1000, 1)
    assert found.a == pytest.approx(stats.spearmanr(gold_N, poor_N).statistic)
    assert found.b == pytest.approx(stats.spearmanr(gold_N, good_N).statistic)
    assert found.p_bootstrap < 0.01
    assert found.p_randomization < 0.01
    assert compare_correlations(gold_N, good_N, 5 * good_N, 200, 1).p_randomization == 1.0


def test_an_infinite_result_is_no_proof_of_a_difference() -> None:
    a_N = np.random.default_rng(7).random(20)
    b_N = np.where(np.arange(20) == 3, -np.inf, a_N)
    found = compare_sums(with_ones(a_N), with_ones(b_N), mean, 100, 1)
    assert np.isnan([found.p_bootstrap, found.p_randomization]).all()
    assert (found.low, found.high) == (None, None)


def test_another_seed_draws_other_resamples_and_other_exchanges() -> None:
    draw = np.random.default_rng(8)
    gold_N, a_N = draw.normal(size=(2, 40))
    b_N = a_N + draw.normal(0.1, 0.5, size=40)
    for compared in (
        lambda seed: compare_sums(with_ones(a_N), with_ones(b_N), mean, 200, seed),
        lambda seed: compare_correlations(gold_N, a_N, b_N, 200, seed),
    ):
        found = [compared(seed) for seed in range(6)]
        assert compared(0) == found[0]
        for name in ("low", "high", "p_bootstrap", "p_randomization"):
            assert len({getattr(one, name) for one in found}) > 1, name
        assert len({(one.a, one.b, one.difference) for one in found}) == 1
