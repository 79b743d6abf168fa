"""Intervals of correlations: against a loop over resamples, and what must hold of any."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr

from seqtool.metrics import bootstrap
from seqtool.metrics.bootstrap import correlation_intervals

VALUES = st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=4, max_size=25)


def split(values: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.array(values, float).T
    assume(len(set(x)) > 1)
    assume(len(set(y)) > 1)
    return x, y


@given(VALUES)
@settings(max_examples=30)
@pytest.mark.filterwarnings("ignore::scipy.stats.ConstantInputWarning")
def test_the_same_as_drawing_pairs_one_resample_at_a_time(values: list[tuple[int, int]]) -> None:
    x, y = split(values)
    n = len(x)
    drawn = np.random.default_rng(5).integers(n, size=(40, n))
    loops = [[function(x[row], y[row]).statistic for row in drawn] for function in (spearmanr, pearsonr)]
    expected = [np.percentile(np.array(found)[np.isfinite(found)], [2.5, 97.5]) for found in loops]
    for interval, pair in zip(correlation_intervals(x, y, 40, 5), expected, strict=True):
        assert interval == pytest.approx(pair, abs=1e-9)


@given(VALUES, st.integers(0, 2**63 - 1))
@settings(max_examples=30)
def test_what_holds_of_any_interval(values: list[tuple[int, int]], seed: int) -> None:
    x, y = split(values)
    spearman, pearson = correlation_intervals(x, y, 50, seed)
    assert (spearman, pearson) == correlation_intervals(x, y, 50, seed)
    for interval in (spearman, pearson):
        assert interval is not None
        assert -1 <= interval[0] <= interval[1] <= 1
    curved, _ = correlation_intervals(x, np.exp(y), 50, seed)
    assert curved == pytest.approx(spearman), "ranks see only the order"
    mirrored = correlation_intervals(x, -y, 50, seed)
    for interval, other in zip((spearman, pearson), mirrored, strict=True):
        assert other == pytest.approx((-interval[1], -interval[0]), abs=1e-9)
    swapped = correlation_intervals(y, x, 50, seed)
    assert swapped == (pytest.approx(spearman), pytest.approx(pearson))


def test_blocks_do_not_change_what_is_drawn_within_them(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(1)
    x, y = draw.normal(size=(2, 50))
    whole = correlation_intervals(x, y, 100, 3)
    monkeypatch.setattr(bootstrap, "_BLOCK_VALUES", 50 * 7)
    for interval, same in zip(correlation_intervals(x, y, 100, 3), whole, strict=True):
        assert interval == pytest.approx(same)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    """Of 200 samples of 60 pairs with a correlation of 0.6, between 87 and 99 in a hundred."""
    draw = np.random.default_rng(0)
    covered = 0
    for seed in range(200):
        x, noise = draw.normal(size=(2, 60))
        _, interval = correlation_intervals(x, 0.6 * x + 0.8 * noise, 200, seed)
        assert interval is not None
        covered += interval[0] <= 0.6 <= interval[1]
    assert 174 <= covered <= 198


def test_more_pairs_make_it_narrower() -> None:
    x, noise = np.random.default_rng(0).normal(size=(2, 2000))
    y = x + noise
    few, _ = correlation_intervals(x[:50], y[:50], 500, 1)
    many, _ = correlation_intervals(x, y, 500, 1)
    assert few is not None
    assert many is not None
    assert (few[1] - few[0]) > 3 * (many[1] - many[0])


def test_a_constant_side_has_no_interval() -> None:
    for n in range(3, 40):  # the mean of n equal values is not always that value
        assert correlation_intervals(np.full(n, 0.1), np.arange(float(n)), 20, 1) == (None, None)
        assert correlation_intervals(np.arange(float(n)), np.full(n, 1 / 3), 20, 1) == (None, None)
    assert correlation_intervals(np.arange(4.0), np.arange(4.0), 0, 1) == (None, None)
