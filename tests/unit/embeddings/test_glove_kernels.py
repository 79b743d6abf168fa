"""GloVe's compiled loops: an order that is random, and one step by hand."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from seqtool.embeddings.glove.kernels import Block, Cost, Parameters, fit, shuffle
from seqtool.embeddings.weights import Weights


def test_every_order_is_as_frequent_as_any_other() -> None:
    orders = Counter[tuple[int, ...]]()
    for state in range(6000):
        numbers = np.arange(5, dtype=np.int32)  # of which the middle three are the block
        block = Block(numbers[1:4], numbers[1:4] * 10, numbers[1:4].astype(np.float32))
        shuffle(block, state * 7919)
        assert (block.columns == 10 * block.rows).all()
        assert (block.logs == block.rows).all()
        assert (numbers[0], numbers[4]) == (0, 4)
        orders[tuple(block.rows.tolist())] += 1
    assert len(orders) == 6
    assert min(orders.values()) > 850
    assert max(orders.values()) < 1150


@pytest.mark.parametrize("log", [0.5, 6.0])
def test_a_step_by_hand(log: float) -> None:
    """f(x) (w·c + b + b' - log x)² / 2 before the step; AdaGrad divides by the root of the sum before it."""
    draw = np.random.default_rng(4)
    w, c = draw.normal(size=(2, 16))
    squares = np.ones((2, 32))
    words, contexts = (np.concatenate([np.zeros(16), row]) for row in (w, c))
    biases = np.array([[[0.0, 1.0], [0.3, 1.0]], [[0.0, 1.0], [-0.2, 1.0]]])
    parameters = Parameters(words, contexts, squares[0], squares[1], biases[0], biases[1], 16)
    entry = Block(np.array([1], np.int32), np.array([1], np.int32), np.array([log], np.float32))
    loss = fit(parameters, entry, Cost(2.0, 0.75, 0.05), np.zeros(16))
    miss = w @ c + 0.3 - 0.2 - log
    weight = min(1.0, math.exp(0.75 * (log - 2.0)))
    assert loss == pytest.approx(0.5 * weight * miss**2)
    step = 0.05 * weight * miss
    np.testing.assert_allclose(words[16:], w - step * c, rtol=1e-9)
    np.testing.assert_allclose(contexts[16:], c - step * w, rtol=1e-9)
    np.testing.assert_allclose(squares[0][16:], 1 + (step * c) ** 2, rtol=1e-9)
    np.testing.assert_allclose(squares[1][16:], 1 + (step * w) ** 2, rtol=1e-9)
    np.testing.assert_allclose(biases[:, 1], [[0.3 - step, 1 + step**2], [-0.2 - step, 1 + step**2]], rtol=1e-9)
    assert not words[:16].any()
    assert not contexts[:16].any()


@pytest.mark.parametrize("side", ["inputs", "outputs"])
@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_weights_are_finite_where_both_sides_are(side: str, wrong: float) -> None:
    weights = Weights(3, 2)
    weights.start(1)
    weights.outputs[:] = 0
    assert weights.finite()
    getattr(weights, side)[0] = wrong
    assert not weights.finite()
