"""The innermost loops of learning, on pointers to the flat arrays of `arguments`.

The names are those of `blocks`: rows of D items (``dim``), targets with signs, and positions in rows.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from seqtool.compute.jit import kernel, reassociating_kernel
from seqtool.compute.simd import add, load, multiply_add, prefetch, splat, store, total, zeros
from seqtool.embeddings.kernels.arguments import Hidden


@kernel
def list_context(slots: Any, k: int, width: int, end: int, dim: int, places: Any) -> int:
    """List where the rows of the words around position k begin; how many they are."""
    m = 0
    for step in (-1, 1):
        p = k
        for _ in range(width):
            p += step
            slot = np.int64(slots[p])
            # No window reaches into another line.
            if slot == end:
                break
            places[m] = slot * dim
            m += 1
    return m


@kernel
def fetch_targets(outputs: Any, targets: Any, size: Any, dim: int) -> None:
    """Ask for the rows of targets ahead of time."""
    for t in range(size):
        row = np.int64(targets[t]) * dim
        for d in range(0, dim, 16):
            prefetch(outputs, row + d)


@kernel
def score_six(h: Any, outputs: Any, targets: Any, signs: Any, dim: int, scores: Any) -> None:
    """The products of one hidden vector with six targets, with their signs."""
    # Six sums at a time: the hidden vector is loaded once for six products, and no addition waits for the one before
    # it, because each belongs to another sum. Targets come in sixes, so that no remainder needs a loop of its own.
    o0, o1, o2 = np.int64(targets[0]) * dim, np.int64(targets[1]) * dim, np.int64(targets[2]) * dim
    o3, o4, o5 = np.int64(targets[3]) * dim, np.int64(targets[4]) * dim, np.int64(targets[5]) * dim
    s0, s1, s2, s3, s4, s5 = zeros(h), zeros(h), zeros(h), zeros(h), zeros(h), zeros(h)
    for d in range(0, dim, 16):
        a = load(h, d)
        s0 = multiply_add(a, load(outputs, o0 + d), s0)
        s1 = multiply_add(a, load(outputs, o1 + d), s1)
        s2 = multiply_add(a, load(outputs, o2 + d), s2)
        s3 = multiply_add(a, load(outputs, o3 + d), s3)
        s4 = multiply_add(a, load(outputs, o4 + d), s4)
        s5 = multiply_add(a, load(outputs, o5 + d), s5)
    scores[0], scores[1], scores[2] = total(s0) * signs[0], total(s1) * signs[1], total(s2) * signs[2]
    scores[3], scores[4], scores[5] = total(s3) * signs[3], total(s4) * signs[4], total(s5) * signs[5]


@kernel
def loss_and_steps(scores: Any, m: int, size: Any, signs: Any, rate: float) -> float:
    """Turn signed scores into steps, rate * sign * σ(-score); the sum of the losses.

    e^-z is (e^(-z/16))^16, by Taylor's series to the 8th power: right to 1e-6, and made of vector instructions. Scores
    end at ±12; one that is not a number stays so.
    """
    # Constants are of the weights' precision: one float64 among them would make all of the arithmetic float64.
    kind = type(signs[0])
    for q in range(m * size):
        z = scores[q]
        z = kind(12) if z > kind(12) else z
        z = kind(-12) if z < kind(-12) else z
        y = z * kind(-1 / 16)
        e = kind(1 / 120) + y * (kind(1 / 720) + y * (kind(1 / 5040) + y * kind(1 / 40320)))
        e = kind(1) + y * (kind(1) + y * (kind(1 / 2) + y * (kind(1 / 6) + y * (kind(1 / 24) + y * e))))
        # Squared four times: to the power of 16.
        e *= e
        e *= e
        e *= e
        e *= e
        scores[q] = e / (kind(1) + e)
    loss = 0.0
    step = kind(rate)
    for j in range(m):
        # One logarithm for many factors: it is taken only of their product. No factor is below σ(-12), 6e-6,
        # so a product that was above 1e-200 is still far from the smallest double.
        likelihood = 1.0
        for t in range(size):
            miss = scores[j * size + t]
            likelihood *= 1 - abs(signs[t]) * miss
            scores[j * size + t] = step * signs[t] * miss
            if likelihood < 1e-200:
                loss -= math.log(likelihood)
                likelihood = 1.0
        loss -= math.log(likelihood)
    return loss


@kernel
def change_rows(hidden: Hidden, outputs: Any, targets: Any, size: Any, dim: int, steps: Any, sums: Any) -> None:
    """Add the steps times the targets to the changes of the hidden vectors, and times these vectors to the targets."""
    h, into, places, m = hidden
    for d in range(0, dim, 16):
        for j in range(m):
            store(sums, j * 16, zeros(h))
        for six in range(0, size, 6):
            o0, o1, o2 = targets[six] * dim + d, targets[six + 1] * dim + d, targets[six + 2] * dim + d
            o3, o4, o5 = targets[six + 3] * dim + d, targets[six + 4] * dim + d, targets[six + 5] * dim + d
            # b are the targets as they were, from which the hidden vectors learn; n are what becomes of them. A row
            # must not stand twice among the six, because the second store would undo the first: `draw_negatives` makes
            # a filler of every repetition. Fillers share a row, but their steps are 0, so that it stays what it is.
            b0, b1, b2 = load(outputs, o0), load(outputs, o1), load(outputs, o2)
            b3, b4, b5 = load(outputs, o3), load(outputs, o4), load(outputs, o5)
            n0, n1, n2, n3, n4, n5 = b0, b1, b2, b3, b4, b5
            for j in range(m):
                s = j * size + six
                a, change = load(h, places[j] + d), load(sums, j * 16)
                g = splat(steps, s)
                change, n0 = multiply_add(g, b0, change), multiply_add(g, a, n0)
                g = splat(steps, s + 1)
                change, n1 = multiply_add(g, b1, change), multiply_add(g, a, n1)
                g = splat(steps, s + 2)
                change, n2 = multiply_add(g, b2, change), multiply_add(g, a, n2)
                g = splat(steps, s + 3)
                change, n3 = multiply_add(g, b3, change), multiply_add(g, a, n3)
                g = splat(steps, s + 4)
                change, n4 = multiply_add(g, b4, change), multiply_add(g, a, n4)
                g = splat(steps, s + 5)
                change, n5 = multiply_add(g, b5, change), multiply_add(g, a, n5)
                store(sums, j * 16, change)
            store(outputs, o0, n0)
            store(outputs, o1, n1)
            store(outputs, o2, n2)
            store(outputs, o3, n3)
            store(outputs, o4, n4)
            store(outputs, o5, n5)
        # Only now, because skip-gram adds to the very vectors that the targets above have learned from.
        for j in range(m):
            store(into, places[j] + d, add(load(into, places[j] + d), load(sums, j * 16)))


@kernel
def take_mean(x: Any, places: Any, m: int, dim: int, h: Any, room: Any) -> None:
    """h becomes the mean of rows, and what follows it 0."""
    room[0] = type(room[0])(1 / m)
    share = splat(room, 0)
    for d in range(0, dim, 16):
        mean = zeros(x)
        for j in range(m):
            mean = multiply_add(share, load(x, places[j] + d), mean)
        store(h, d, mean)
        store(h, dim + d, zeros(x))


@kernel
def add_to_rows(change: Any, x: Any, places: Any, m: int, dim: int) -> None:
    """Add one change to rows."""
    for j in range(m):
        for d in range(0, dim, 16):
            store(x, places[j] + d, add(load(x, places[j] + d), load(change, d)))


@reassociating_kernel
def softmax_steps(h: Any, outputs: Any, size: int, dim: int, target: int, rate: float, steps: Any) -> float:
    """The steps, rate * (1 where the word is the target - its probability); the loss.

    e^z is (e^(z/1024))^1024, by Taylor's series to the 4th power: right to 1e-4 in float32, and made of vector
    instructions.
    """
    kind = type(steps[0])
    highest = -math.inf
    for word in range(size):
        score = zeros(h)
        for d in range(0, dim, 16):
            score = multiply_add(load(h, d), load(outputs, word * dim + d), score)
        steps[word] = total(score)
    for word in range(size):
        highest = max(highest, steps[word])
    loss = highest - steps[target]
    # Less the highest, no power of e is above 1. Below e^-40 a word's share is lost in rounding anyway, and the series
    # is good only near 0.
    top = kind(highest)
    for word in range(size):
        z = steps[word] - top
        y = (kind(-40) if z < kind(-40) else z) * kind(1 / 1024)
        e = kind(1) + y * (kind(1) + y * (kind(1 / 2) + y * (kind(1 / 6) + y * kind(1 / 24))))
        # Squared ten times: to the power of 1024.
        e *= e
        e *= e
        e *= e
        e *= e
        e *= e
        e *= e
        e *= e
        e *= e
        e *= e
        e *= e
        steps[word] = e
    share = 0.0
    for word in range(size):
        share += steps[word]
    scale = kind(-rate / share)
    for word in range(size):
        steps[word] *= scale
    steps[target] += kind(rate)
    return loss + math.log(share)
