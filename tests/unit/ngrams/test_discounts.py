"""Discounts from counts of counts, by the formulas of their papers."""

from __future__ import annotations

import numpy as np
import pytest

from seqtool.ngrams.estimation.smoothing import Discounts, Smoothing
from seqtool.ngrams.options import NgramOptions

N = (0, 100, 40, 24, 17, 13, 5, 4)  # of n-grams that occur 0, 1, 2, … 7 times


def discounts(smoothing: str, n: tuple[int, ...] = N) -> Discounts:
    return Smoothing(NgramOptions(smoothing=smoothing), 10).discounts(np.array(n))


def kept(found: Discounts, counts: int = 8) -> list[float]:
    return found.kept(np.arange(counts + 1)).tolist()


def test_modified_kneser_ney() -> None:
    """Y = 100 / 180; D_i = i - (i + 1) Y n_(i+1) / n_i."""
    found = discounts("modified-kneser-ney")
    y = 100 / 180
    expected = (1 - 2 * y * 40 / 100, 2 - 3 * y * 24 / 40, 3 - 4 * y * 17 / 24)
    assert found.named == pytest.approx(expected)
    assert not found.fallen_back
    d1, d2, d3 = expected
    assert kept(found, 5) == pytest.approx([0, 1 - d1, 2 - d2, 3 - d3, 4 - d3, 5 - d3])


@pytest.mark.parametrize("smoothing", ["kneser-ney", "absolute"])
def test_one_discount(smoothing: str) -> None:
    found = discounts(smoothing)
    assert found.named == pytest.approx((100 / 180,))
    assert kept(found, 3) == pytest.approx([0, 1 - 100 / 180, 2 - 100 / 180, 3 - 100 / 180])


def test_good_turing() -> None:
    """A = 6 n₆ / n₁ = 0.3; d_r = ((r + 1) n_(r+1) / (r n_r) - A) / (1 - A)."""
    found = discounts("katz")
    expected = [((r + 1) * N[r + 1] / N[r] / r - 0.3) / 0.7 for r in range(1, 6)]
    assert found.named == pytest.approx(tuple(expected))
    assert not found.fallen_back
    assert kept(found, 7) == pytest.approx([0, *(r * d for r, d in enumerate(expected, 1)), 6, 7])


@pytest.mark.parametrize("smoothing", ["witten-bell", "add-k", "ml", "stupid-backoff"])
def test_others_take_nothing_off(smoothing: str) -> None:
    found = discounts(smoothing)
    assert (kept(found, 9), found.named, found.fallen_back) == ([*range(10)], (), False)


NEEDED = {"modified-kneser-ney": 4, "kneser-ney": 2, "absolute": 2, "katz": 6}
FIXED = {"modified-kneser-ney": (0.5, 1.0, 1.5), "kneser-ney": (0.5,), "absolute": (0.5,), "katz": (0.5,)}


@pytest.mark.parametrize("missing", range(1, 8))
@pytest.mark.parametrize("smoothing", NEEDED)
def test_a_count_that_never_occurs_needs_fixed_discounts(smoothing: str, missing: int) -> None:
    found = discounts(smoothing, (*N[:missing], 0, *N[missing + 1 :]))
    assert found.fallen_back == (missing <= NEEDED[smoothing])
    assert (found.named == FIXED[smoothing]) == found.fallen_back


@pytest.mark.parametrize(
    ("smoothing", "n"),
    [
        ("modified-kneser-ney", (0, 1, 10, 200, 1, 1, 1, 1)),  # D₂ < 0
        ("katz", (0, 100, 60, 24, 17, 13, 5, 4)),  # d₁ > 1
        ("katz", (0, 100, 14, 24, 17, 13, 5, 4)),  # d₁ < 0
        ("katz", (0, 30, 14, 12, 9, 8, 5, 4)),  # A = 1
    ],
)
def test_a_discount_out_of_bounds_is_a_fixed_one(smoothing: str, n: tuple[int, ...]) -> None:
    found = discounts(smoothing, n)
    assert (found.fallen_back, found.named) == (True, FIXED[smoothing])
