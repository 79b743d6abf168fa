"""The compiled loops around learning: what a block of positions is trained on, and rows that are lent and given back.

A shard of a round learns on copies of the rows it touches. `compact` numbers them, `borrow` copies them, `differences`
turns the copies into what was learned, and `give_back` adds that to the weights, row by row in the order of the shards.

Shapes: C positions of a block, R rows of a shard, S shards.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.corpus.compiled import kernel
from seqtool.corpus.random_bits import GOLDEN, mixed
from seqtool.embeddings.lanes import load, multiply_add, pointer, prefetch, splat, store

Floats = NDArray[Any]
Ints = NDArray[np.int32]

_HIGH, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


@kernel
def draw_widths(stream: Any, first: int, last: int, end: int, window: int, state: int, widths_C: Ints) -> None:
    """Draw how far each position of ``stream[first:last]`` looks, 1 to window; 0 where a line ends."""
    z = np.uint64(state)
    for k in range(last - first):
        z += GOLDEN
        drawn = ((mixed(z) >> _HIGH) * np.uint64(window)) >> _HIGH
        widths_C[k] = 0 if stream[first + k] >= end else 1 + np.int64(drawn)


@kernel
def draw_negatives(
    stream: Any,
    first: int,
    last: int,
    end: int,
    negative: int,
    limits_V: NDArray[np.uint64],
    aliases_V: Ints,
    pool: Ints,
    state: int,
    starts: Ints,
    targets: Ints,
    signs: Floats,
) -> None:
    """The targets of negative sampling: the word itself and other words, each of a different one.

    The block draws its ``pool`` from the distribution, and every word its negatives from the pool: so each row that is
    fetched serves several words. A negative that is the word itself, or is drawn twice, becomes a filler, row ``end``.
    """
    z = np.uint64(state)
    words = np.uint64(len(limits_V))
    for i in range(len(pool)):
        z += GOLDEN
        bits = mixed(z)
        row = np.int64(((bits >> _HIGH) * words) >> _HIGH)
        pool[i] = row if (bits & _LOW) < limits_V[row] else aliases_V[row]
    size, t = np.uint64(len(pool)), 0
    for k in range(last - first):
        starts[k] = t
        word = np.int64(stream[first + k])
        if word >= end:
            continue
        begin = t
        targets[t], signs[t] = word, 1
        t += 1
        for _ in range(negative):
            z += GOLDEN
            row = np.int64(pool[np.int64(((mixed(z) >> _HIGH) * size) >> _HIGH)])
            known = False
            for before in range(begin, t):
                known |= targets[before] == row
            targets[t], signs[t] = (end, 0) if known else (row, -1)
            t += 1
        while (t - begin) % 6:
            targets[t], signs[t] = end, 0
            t += 1
    starts[last - first] = t


@kernel
def take_paths(
    stream: Any,
    first: int,
    last: int,
    end: int,
    path_starts_V1: NDArray[np.int64],
    nodes: Ints,
    path_signs: NDArray[np.float32],
    starts: Ints,
    targets: Ints,
    signs: Floats,
) -> None:
    """The targets of the hierarchical softmax: the nodes of each word's path, filled up with row ``end``."""
    t = 0
    for k in range(last - first):
        starts[k] = t
        word = np.int64(stream[first + k])
        if word >= end:
            continue
        begin = t
        for i in range(path_starts_V1[word], path_starts_V1[word + 1]):
            targets[t], signs[t] = nodes[i], path_signs[i]
            t += 1
        while (t - begin) % 6:
            targets[t], signs[t] = end, 0
            t += 1
    starts[last - first] = t


@kernel
def compact(rows: Any, first: int, last: int, end: int, slots_V: Ints, slots: Ints, own_R: Ints, uses_R: Ints) -> int:
    """Number the rows of ``rows[first:last]`` in the order in which they come.

    Args:
        rows: row numbers, ``end`` or more for a filler.
        slots_V: -1 everywhere, and so again afterwards.
        slots: receives the number of each; R for a filler.
        own_R, uses_R: receive the rows, and how often each comes.

    Returns:
        R.
    """
    size = 0
    for i in range(first, last):
        row = np.int64(rows[i])
        if row >= end:
            slots[i - first] = -1
            continue
        slot = slots_V[row]
        if slot < 0:
            slot = size
            slots_V[row], own_R[slot], uses_R[slot] = slot, row, 0
            size += 1
        uses_R[slot] += 1
        slots[i - first] = slot
    for slot in range(size):
        slots_V[own_R[slot]] = -1
    for i in range(last - first):
        if slots[i] < 0:
            slots[i] = size
    return size


@kernel
def borrow(weights: Floats, dim: int, own_R: Ints, size: int, copies: Floats) -> None:
    """Copy rows, and a row of zeros behind them for the fillers."""
    source, target = pointer(weights), pointer(copies)
    for slot in range(size):
        row = np.int64(own_R[slot]) * dim
        ahead = np.int64(own_R[min(slot + 4, size - 1)]) * dim
        for d in range(0, dim, 16):
            prefetch(source, ahead + d)
            store(target, slot * dim + d, load(source, row + d))
    copies[size * dim : (size + 1) * dim] = 0


@kernel
def differences(weights: Floats, dim: int, own_R: Ints, size: int, copies: Floats, room: Floats) -> None:
    """Turn copies into what they differ by from the weights."""
    source, target = pointer(weights), pointer(copies)
    room[0] = -1
    minus = splat(pointer(room), 0)
    for slot in range(size):
        row = np.int64(own_R[slot]) * dim
        ahead = np.int64(own_R[min(slot + 4, size - 1)]) * dim
        for d in range(0, dim, 16):
            prefetch(source, ahead + d)
            store(target, slot * dim + d, multiply_add(minus, load(source, row + d), load(target, slot * dim + d)))


@kernel
def give_back(
    weights: Floats,
    dim: int,
    own_SR: Any,
    uses_SR: Any,
    sizes_S: NDArray[np.int64],
    copies_S: Any,
    thread: int,
    threads: int,
    progress: NDArray[np.float64],
    totals_V: NDArray[np.int64],
    sums_V: NDArray[np.float64],
    room: Floats,
) -> None:
    """Add what S shards have learned of the rows that belong to a thread (by their last six bits).

    Every shard has moved a row towards where its gradient vanishes, from the same place. After n uses a share p(n) of
    the way is done, so one after the other they would have moved it p(sum of n); the sum of their movements is scaled
    by that over the sum of p(n). A rare row gets the sum, a frequent one something nearer to the mean.

    Args:
        progress: p(n) by n; the last one stands for all larger n.
        totals_V, sums_V: 0 in the thread's rows, and so again afterwards.
    """
    most = len(progress) - 1
    for s in range(len(sizes_S)):
        for slot in range(sizes_S[s]):
            row = own_SR[s, slot]
            if ((row & 63) * threads) >> 6 == thread:
                totals_V[row] += uses_SR[s, slot]
                sums_V[row] += progress[min(most, uses_SR[s, slot])]
    target, factor = pointer(weights), pointer(room)
    for s in range(len(sizes_S)):
        source = pointer(copies_S[s])
        for slot in range(sizes_S[s]):
            row = np.int64(own_SR[s, slot])
            if ((row & 63) * threads) >> 6 == thread:
                room[0] = progress[min(most, totals_V[row])] / sums_V[row]
                scale = splat(factor, 0)
                for d in range(0, dim, 16):
                    at = row * dim + d
                    store(target, at, multiply_add(scale, load(source, slot * dim + d), load(target, at)))
    for s in range(len(sizes_S)):
        for slot in range(sizes_S[s]):
            row = own_SR[s, slot]
            if ((row & 63) * threads) >> 6 == thread:
                totals_V[row], sums_V[row] = 0, 0.0
