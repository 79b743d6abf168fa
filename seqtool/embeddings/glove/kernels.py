"""The compiled loops of GloVe: sorting counts into blocks, and AdaGrad over a block.

Shapes: V words, P blocks a side, E entries of a block.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.jit import kernel
from seqtool.compute.simd import load, multiply, multiply_add, over_root, pointer, splat, store, total, zeros
from seqtool.compute.splitmix import GOLDEN
from seqtool.compute.splitmix_kernel import mixed

Floats = NDArray[np.floating[Any]]  # of the weights' precision: float32, or float64 to check gradients
Ints = NDArray[np.int32]


class Block(NamedTuple):
    """Entries of the matrix, one item each: row, column, and logarithm of the count."""

    rows: Ints
    columns: Ints
    logs: NDArray[np.float32]


class Parameters(NamedTuple):
    """What is learned, with AdaGrad's sums.

    Attributes:
        words, contexts: flat rows of ``stride`` items, D, a multiple of 16.
        word_squares, context_squares: the sums, of the same shape.
        word_biases_V2, context_biases_V2: bias and its sum, by word.
    """

    words: Floats
    contexts: Floats
    word_squares: Floats
    context_squares: Floats
    word_biases_V2: NDArray[np.float64]
    context_biases_V2: NDArray[np.float64]
    stride: int


class Cost(NamedTuple):
    """The weights of the entries, min(1, x / x-max)^alpha, and the learning rate."""

    log_x_max: float
    alpha: float
    eta: float


@kernel
def count_blocks(first: int, starts: NDArray[np.int64], columns: Ints, sizes_PP: NDArray[np.int64]) -> None:
    """Count the entries of some rows, ``first`` on, by block: row and column modulo P."""
    sides = sizes_PP.shape[0]
    for r in range(len(starts) - 1):
        for i in range(starts[r], starts[r + 1]):
            sizes_PP[(first + r) % sides, columns[i] % sides] += 1


@kernel
def place_entries(
    first: int,
    starts: NDArray[np.int64],
    columns: Ints,
    values: Any,
    unit: float,
    nexts_PP: NDArray[np.int64],
    to: Block,
) -> None:
    """Write the entries of some rows to where their blocks go on; counts as logarithms."""
    rows_to, columns_to, logs_to = to
    sides = nexts_PP.shape[0]
    for r in range(len(starts) - 1):
        for i in range(starts[r], starts[r + 1]):
            at = nexts_PP[(first + r) % sides, columns[i] % sides]
            rows_to[at], columns_to[at] = first + r, columns[i]
            logs_to[at] = math.log(values[i] / unit)
            nexts_PP[(first + r) % sides, columns[i] % sides] = at + 1


@kernel
def shuffle(block: Block, state: int) -> None:
    """Bring entries into a random order (Fisher and Yates)."""
    rows, columns, logs = block
    z = np.uint64(state)
    for i in range(len(rows) - 1, 0, -1):
        z += GOLDEN
        j = np.int64(((mixed(z) >> np.uint64(32)) * np.uint64(i + 1)) >> np.uint64(32))
        rows[i], rows[j] = rows[j], rows[i]
        columns[i], columns[j] = columns[j], columns[i]
        logs[i], logs[j] = logs[j], logs[i]


@kernel
def fit(parameters: Parameters, block: Block, cost: Cost, room: Floats) -> float:
    """Learn from entries, one after the other: f(x) (w·c + b + b' - log x)² / 2, f(x) = min(1, x / x-max)^α.

    As in the GloVe tool, what AdaGrad sums are the squares of the gradients times eta, from 1 on.

    Args:
        parameters: changed.
        block: E entries.
        cost: f and eta.
        room: for 16 items.

    Returns:
        The sum of the losses before learning.
    """
    words, contexts, word_squares, context_squares, word_biases_V2, context_biases_V2, dim = parameters
    rows, columns, logs = block
    log_x_max, alpha, eta = cost
    w, c, g = pointer(words), pointer(contexts), pointer(room)
    ww, cc = pointer(word_squares), pointer(context_squares)
    loss = 0.0
    for n in range(len(rows)):
        row, column = np.int64(rows[n]), np.int64(columns[n])
        i, j = row * dim, column * dim
        score = zeros(w)
        for d in range(0, dim, 16):
            score = multiply_add(load(w, i + d), load(c, j + d), score)
        miss = float(total(score)) + word_biases_V2[row, 0] + context_biases_V2[column, 0] - logs[n]
        weight = math.exp(min(0.0, alpha * (logs[n] - log_x_max)))
        loss += 0.5 * weight * miss * miss
        step = eta * weight * miss
        room[0], room[1] = step, -1
        steps, minus = splat(g, 0), splat(g, 1)
        for d in range(0, dim, 16):
            a, b = load(w, i + d), load(c, j + d)
            aa, bb = load(ww, i + d), load(cc, j + d)
            change_a, change_b = multiply(steps, b), multiply(steps, a)
            store(w, i + d, multiply_add(minus, over_root(change_a, aa), a))
            store(c, j + d, multiply_add(minus, over_root(change_b, bb), b))
            store(ww, i + d, multiply_add(change_a, change_a, aa))
            store(cc, j + d, multiply_add(change_b, change_b, bb))
        word_biases_V2[row, 0] -= step / math.sqrt(word_biases_V2[row, 1])
        context_biases_V2[column, 0] -= step / math.sqrt(context_biases_V2[column, 1])
        word_biases_V2[row, 1] += step * step
        context_biases_V2[column, 1] += step * step
    return loss
