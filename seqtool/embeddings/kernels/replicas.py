"""The compiled loops that gather rows into replicas and add back what was learned on them.

A shard of a round learns on copies of the rows it touches. `compact` numbers them, `gather` copies them, `differences`
turns the copies into what was learned, and `scatter_add` adds that to the weights, row by row in the order of the
shards.

Shapes: R rows of a shard, S shards.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.jit import kernel
from seqtool.compute.simd import load, multiply_add, pointer, prefetch, splat, store, zeros
from seqtool.embeddings.kernels.arguments import Floats, Ints, Longs, Replicas, RowSums, SharedParts


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
            # A filler's number is R, which is known only at the end.
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
        # Row by row, because V is much larger than R.
        slots_V[own_R[slot]] = -1
    for i in range(last - first):
        if slots[i] < 0:
            slots[i] = size
    return size


@kernel
def gather(weights: Floats, dim: int, own_R: Ints, size: int, copies: Floats) -> None:
    """Copy rows, and a row of zeros behind them for the fillers."""
    source, target = pointer(weights), pointer(copies)
    for slot in range(size):
        row = np.int64(own_R[slot]) * dim
        # Rows are anywhere in memory: the fourth next is asked for while this one is copied.
        ahead = np.int64(own_R[min(slot + 4, size - 1)]) * dim
        for d in range(0, dim, 16):
            prefetch(source, ahead + d)
            store(target, slot * dim + d, load(source, row + d))
    copies[size * dim : (size + 1) * dim] = 0


@kernel
def differences(weights: Floats, dim: int, own_R: Ints, size: int, copies: Floats, room: Floats) -> None:
    """Turn copies into what they differ by from the weights."""
    source, target = pointer(weights), pointer(copies)
    # copy - row as (-1) · row + copy: there is no subtraction among the operations on lanes.
    room[0] = -1
    minus = splat(pointer(room), 0)
    for slot in range(size):
        row = np.int64(own_R[slot]) * dim
        ahead = np.int64(own_R[min(slot + 4, size - 1)]) * dim
        for d in range(0, dim, 16):
            prefetch(source, ahead + d)
            store(target, slot * dim + d, multiply_add(minus, load(source, row + d), load(target, slot * dim + d)))


@kernel
def scatter_add(
    weights: Floats,
    dim: int,
    replicas: Replicas,
    thread: int,
    threads: int,
    progress: NDArray[np.float64],
    by_row: RowSums,
) -> None:
    """Add what S shards have learned of the rows that belong to a thread (by their last six bits).

    Every shard has moved a row towards where its gradient vanishes, from the same place. After n uses a share p(n) of
    the way is done, so one after the other they would have moved it p(sum of n); the sum of their movements is scaled
    by that over the sum of p(n). A rare row gets the sum, a frequent one something nearer to the mean.

    Args:
        progress: p(n) by n; the last one stands for all larger n.
    """
    own_SR, uses_SR, sizes_S, copies_S = replicas
    totals_V, sums_V, room = by_row
    # A row belongs to one thread, so nothing is locked, and every row adds up its shards in the same order whatever the
    # number of threads. By the last bits, because frequent words have the low numbers: so every thread gets some of
    # them.
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
                # Only what was touched, for V is much larger than the rows of a round.
                totals_V[row], sums_V[row] = 0, 0.0


@kernel
def gather_means(
    weights: Floats,
    dim: int,
    part_starts_V1: Longs,
    parts: Ints,
    own_R: Ints,
    size: int,
    copies: Floats,
    room: Floats,
) -> None:
    """As `gather`, but the copy of word w is the mean of the rows ``parts[part_starts[w]:part_starts[w + 1]]``."""
    source, target, shares = pointer(weights), pointer(copies), pointer(room)
    for slot in range(size):
        word = own_R[slot]
        first, last = part_starts_V1[word], part_starts_V1[word + 1]
        for d in range(0, dim, 16):
            store(target, slot * dim + d, zeros(source))
        room[0] = 1 / (last - first)
        share = splat(shares, 0)
        for part in range(first, last):
            row = np.int64(parts[part]) * dim
            ahead = np.int64(parts[min(part + 4, len(parts) - 1)]) * dim
            for d in range(0, dim, 16):
                prefetch(source, ahead + d)
                at = slot * dim + d
                store(target, at, multiply_add(share, load(source, row + d), load(target, at)))
    copies[size * dim : (size + 1) * dim] = 0


@kernel
def scatter_add_parts(
    weights: Floats,
    dim: int,
    shared: SharedParts,
    replicas: Replicas,
    thread: int,
    threads: int,
    progress: NDArray[np.float64],
    by_word: RowSums,
) -> None:
    """As `scatter_add`, of words whose vectors are means: every row of a mean receives the change of it.

    The words are scaled by their uses in all shards, whichever rows belong to the thread. What other words do to a word
    through the rows they share is so many uses more, ``shared_V``, none of which knew of another.
    """
    part_starts_V1, parts, shared_V = shared
    own_SR, uses_SR, sizes_S, copies_S = replicas
    totals_V, sums_V, room = by_word
    most = len(progress) - 1
    for s in range(len(sizes_S)):
        for slot in range(sizes_S[s]):
            word = own_SR[s, slot]
            totals_V[word] += uses_SR[s, slot]
            sums_V[word] += progress[min(most, uses_SR[s, slot])]
    target, factor = pointer(weights), pointer(room)
    for s in range(len(sizes_S)):
        source = pointer(copies_S[s])
        for slot in range(sizes_S[s]):
            word = own_SR[s, slot]
            # The uses that other words make of its rows each moved p(1) of the way, none knowing of another.
            others = shared_V[word]
            room[0] = progress[min(most, totals_V[word] + int(others))] / (sums_V[word] + progress[1] * others)
            scale = splat(factor, 0)
            for part in range(part_starts_V1[word], part_starts_V1[word + 1]):
                row = np.int64(parts[part])
                if ((row & 63) * threads) >> 6 == thread:
                    for d in range(0, dim, 16):
                        at = row * dim + d
                        store(target, at, multiply_add(scale, load(source, slot * dim + d), load(target, at)))
    for s in range(len(sizes_S)):
        for slot in range(sizes_S[s]):
            word = own_SR[s, slot]
            totals_V[word], sums_V[word] = 0, 0.0
