"""Weights of a mixture, tuned on held-out tokens."""

from __future__ import annotations

import numpy as np
import pytest

from seqtool.decoding.mixture import tune_weights


def test_equal_weights_where_no_model_gives_anything() -> None:
    assert tune_weights(np.full((4, 3), -np.inf)).tolist() == [0.25] * 4


def test_tokens_that_one_model_alone_knows_count_for_it() -> None:
    """Three tokens of four are the first's alone, one is the second's."""
    known = np.array([[0.0, 0.0, 0.0, -np.inf], [-np.inf, -np.inf, -np.inf, 0.0]])
    assert tune_weights(known).tolist() == pytest.approx([0.75, 0.25])


def test_the_likelihood_is_highest() -> None:
    probabilities = np.random.default_rng(3).uniform(0.01, 1, (2, 50))
    weight = tune_weights(np.log(probabilities))[0]
    grid = np.linspace(0, 1, 1001)
    likelihoods = np.log(grid[:, None] * probabilities[0] + (1 - grid)[:, None] * probabilities[1]).sum(1)
    assert weight == pytest.approx(grid[likelihoods.argmax()], abs=2e-3)
