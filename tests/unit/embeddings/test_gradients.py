"""What a kernel changes is the learning rate times the gradient of its loss: against finite differences in float64."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from seqtool.embeddings.glove.kernels import Block, Cost, Parameters, fit
from seqtool.embeddings.kernels import blocks as kernels
from seqtool.embeddings.kernels.arguments import Matrices, Positions, Scratch, Targets

WORDS, DIM, STRIDE, WINDOW, END = 30, 20, 32, 3, 30
RATE = 1e-6
Array = np.ndarray[Any, Any]


class Case:
    """Random weights, and one position between six words: 3 1 4 [5] 9 2 6, no word twice."""

    def __init__(self, targets: list[int], signs: list[float]) -> None:
        draw = np.random.default_rng(3)
        self.inputs, self.outputs = (np.zeros((WORDS + 1) * STRIDE) for _ in range(2))
        for flat in (self.inputs, self.outputs):
            flat.reshape(-1, STRIDE)[:WORDS, :DIM] = draw.normal(0, 0.4, (WORDS, DIM))
        self.stream = np.array([END] * WINDOW + [3, 1, 4, 5, 9, 2, 6] + [END] * WINDOW, np.int32)
        self.context = [3, 1, 4, 9, 2, 6]
        self.widths = np.array([0, 0, 0, 3, 0, 0, 0], np.int32)
        size = len(targets)
        self.starts = np.array([0, 0, 0, 0, size, size, size, size], np.int32)
        self.targets, self.signs = np.array(targets, np.int32), np.array(signs, np.float64)

    def run(self, kernel: str, rate: float) -> tuple[float, int]:
        scratch = Scratch(
            np.zeros(2 * WINDOW * 64), np.zeros(2 * WINDOW, np.int64), np.zeros(64 * 16), np.zeros(2 * STRIDE)
        )
        matrices = Matrices(self.inputs, self.outputs, STRIDE)
        positions = Positions(self.stream, END, WINDOW, len(self.widths))
        if kernel in ("skipgram", "cbow"):
            learn = kernels.skipgram if kernel == "skipgram" else kernels.cbow
            targets = Targets(self.starts, self.targets, self.signs)
            return learn(matrices, positions, self.widths, targets, rate, scratch)
        words, mean = self.stream[WINDOW:-WINDOW], kernel == "softmax cbow"
        return kernels.softmax(matrices, positions, self.widths, words, WORDS, mean, rate, scratch)

    def rows(self) -> tuple[Array, Array]:
        return self.inputs.reshape(-1, STRIDE)[:WORDS, :DIM], self.outputs.reshape(-1, STRIDE)[:WORDS, :DIM]


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def expected_loss(case: Case, kernel: str) -> float:
    """The formulas, in numpy."""
    inputs, outputs = case.rows()
    hidden = inputs[case.context]
    if "cbow" in kernel:
        hidden = hidden.mean(0, keepdims=True)
    if "softmax" in kernel:
        scores = hidden @ outputs.T
        return float((np.log(np.exp(scores).sum(1)) - scores[:, 5]).sum())
    real = case.signs != 0
    scores = hidden @ outputs[case.targets[real]].T
    return float(-np.log(sigmoid(case.signs[real] * scores)).sum())


def numerical(matrix: Array, loss: Callable[[], float], step: float = 1e-5) -> Array:
    gradient = np.zeros_like(matrix)
    for place in np.ndindex(matrix.shape):
        before = matrix[place]
        matrix[place] = before + step
        above = loss()
        matrix[place] = before - step
        gradient[place] = (above - loss()) / (2 * step)
        matrix[place] = before
    return gradient


NEGATIVES = ([5, 10, 11, 12, 13, 14], [1, -1, -1, -1, -1, -1])
MANY = ([5, *range(10, 21)], [1, *[-1] * 11])
FILLED = ([5, 10, 11, 12, END, END], [1, -1, -1, -1, 0, 0])
PATH = ([5, 10, 11, 12, 13, 14, 15, 16, END, END, END, END], [1, -1, -1, 1, 1, -1, 1, 1, 0, 0, 0, 0])


@pytest.mark.parametrize("given", [NEGATIVES, MANY, FILLED, PATH], ids=["5 negatives", "11", "fillers", "path"])
@pytest.mark.parametrize("kernel", ["skipgram", "cbow", "softmax", "softmax cbow"])
def test_gradients(kernel: str, given: tuple[list[int], list[float]]) -> None:
    case = Case(*given)
    inputs, outputs = case.rows()
    expected_inputs = numerical(inputs, lambda: expected_loss(case, kernel))
    expected_outputs = numerical(outputs, lambda: expected_loss(case, kernel))
    before, expected = (inputs.copy(), outputs.copy()), expected_loss(case, kernel)
    loss, count = case.run(kernel, RATE)
    assert loss == pytest.approx(expected, rel=1e-6)
    assert count == (1 if "cbow" in kernel else 6)
    # As in word2vec.c every word of CBOW's window receives the gradient of the mean, not a sixth of it.
    scale = 6 if "cbow" in kernel else 1
    np.testing.assert_allclose((before[0] - inputs) / RATE, scale * expected_inputs, atol=2e-5)
    np.testing.assert_allclose((before[1] - outputs) / RATE, expected_outputs, atol=2e-5)
    assert np.abs(expected_inputs).max() > 0.1
    assert not case.inputs.reshape(-1, STRIDE)[END].any(), "the fillers' row stays 0"
    assert not case.outputs.reshape(-1, STRIDE)[END].any()


def test_a_word_twice_in_the_window_learns_twice() -> None:
    case, alone = Case(*NEGATIVES), Case(*NEGATIVES)
    case.stream[WINDOW : WINDOW + 3] = 3
    alone.stream[WINDOW : WINDOW + 3] = [END, END, 3]
    before = case.rows()[0][3].copy()
    case.run("skipgram", RATE)
    alone.run("skipgram", RATE)
    np.testing.assert_allclose(case.rows()[0][3] - before, 3 * (alone.rows()[0][3] - before), rtol=1e-4, atol=1e-12)


@pytest.mark.parametrize("count", [0.5, 7.0, 250.0])
def test_the_gradient_of_glove(count: float) -> None:
    draw = np.random.default_rng(4)
    words, contexts = np.zeros(STRIDE), np.zeros(STRIDE)
    words[:DIM], contexts[:DIM] = draw.normal(0, 0.5, DIM), draw.normal(0, 0.5, DIM)
    biases = [np.array([[draw.normal(), 1.0]]) for _ in range(2)]
    squares = [np.ones(STRIDE), np.ones(STRIDE)]
    entry = Block(np.zeros(1, np.int32), np.zeros(1, np.int32), np.array([math.log(count)], np.float32))

    def loss() -> float:
        miss = words @ contexts + biases[0][0, 0] + biases[1][0, 0] - float(entry.logs[0])
        return 0.5 * min(1.0, (count / 100) ** 0.75) * miss**2

    moved = [words[:DIM], contexts[:DIM], biases[0][:, :1], biases[1][:, :1]]
    gradients = [numerical(matrix, loss) for matrix in moved]
    before = [matrix.copy() for matrix in moved]
    expected = loss()
    parameters = Parameters(words, contexts, *squares, *biases, STRIDE)
    told = fit(parameters, entry, Cost(math.log(100), 0.75, RATE), np.zeros(16))
    assert told == pytest.approx(expected, rel=1e-6)
    for matrix, old, gradient in zip(moved, before, gradients, strict=True):
        np.testing.assert_allclose((old - matrix) / RATE, gradient, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(squares[0][:DIM] - 1, (RATE * gradients[0]) ** 2, atol=1e-15)
