"""The compiled loops of estimation: finding the histories of n-grams, summing by history, and dividing.

The children of a node are sorted by word, those of its history's node too, and each of the first has its history among
the second, because what occurs as part of an n-gram was counted itself. So both are gone through side by side, and a
search never has to go back.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.jit import kernel
from seqtool.ngrams.counting.count import COUNT, FIRST, OCCURRENCES, WORD, Nodes, signed
from seqtool.ngrams.estimation.smoothing import DIVISOR, KEPT, LOWER, SUM, TYPES, WEIGHT


class Orders(NamedTuple):
    """The orders around n-grams.

    Attributes:
        grand, parents, nodes: the nodes of the orders n - 2, n - 1 and n.
        lower: ``parents`` as float32: their probabilities.
        histories: the histories of ``parents``, in ``grand``.
        found: the histories of ``nodes``, in ``parents``.
    """

    grand: Nodes
    parents: Nodes
    lower: NDArray[np.float32]
    histories: Nodes
    nodes: Nodes
    found: Nodes


class Bounds(NamedTuple):
    """Some n-grams: below the nodes ``start`` to ``stop`` of ``parents``, with histories below ``low`` to ``high`` of
    ``grand``; the last of either is left out.
    """

    low: int
    high: int
    start: int
    stop: int


class Discounting(NamedTuple):
    """By count, what it is multiplied by and what is then taken off; see `Discounts`."""

    multiply: NDArray[np.float64]
    subtract: NDArray[np.float64]


@kernel
def count_counts(nodes: Nodes, counts: NDArray[np.int64]) -> None:
    """Add how many nodes have each count to int64 (`MOST_COUNTED` + 1,); larger counts are left out."""
    for i in range(len(nodes)):
        if nodes[i, COUNT] < len(counts):
            counts[nodes[i, COUNT]] += 1


@kernel
def _child(parents: Nodes, word: int, at: int, last: int, size: int) -> int:
    """The node of a word among the sorted nodes from ``at`` to ``last``, which holds it: found by a guess, then by
    growing steps, then by halves."""
    here = signed(parents[at, WORD])
    if here == word:
        return at
    # As if the words that are left were spread evenly; ``at`` holds no greater word than the one looked for.
    low_end, high_end, step = at, last, 1
    guess = at + (word - here) * (last - at) // (size - here)
    if signed(parents[guess, WORD]) <= word:
        low_end = guess
        while guess + step < last and signed(parents[guess + step, WORD]) <= word:
            low_end = guess + step
            step *= 2
        high_end = min(last, guess + step)
    else:
        high_end = guess
        while guess - step > at and signed(parents[guess - step, WORD]) > word:
            high_end = guess - step
            step *= 2
        low_end = max(at, guess - step)
    while high_end - low_end > 1:
        middle = (low_end + high_end) // 2
        if signed(parents[middle, WORD]) <= word:
            low_end = middle
        else:
            high_end = middle
    return low_end


@kernel
def link(
    orders: Orders, bounds: Bounds, pruned: int, discounting: Discounting, size: int, sums: NDArray[np.float64]
) -> None:
    """Find the histories of n-grams, and sum by history what `smoothing.Smoothing.resolve` needs.

    Args:
        orders: of the n-grams; ``found`` receives their histories.
        bounds: which n-grams.
        pruned: see `Order`.
        discounting: what is taken off their counts.
        size: of the vocabulary.
        sums: float64 (histories of the range, 4), zeros.
    """
    grand, parents, lower, histories, nodes, found = orders
    low, high, start, stop = bounds
    multiply, subtract = discounting
    first, limit = signed(grand[low, FIRST]), len(multiply) - 1
    for q in range(start, stop):
        g = signed(histories[q])
        if g < low or g >= high:
            continue
        at, last = signed(grand[g, FIRST]), signed(grand[g + 1, FIRST])
        for i in range(signed(parents[q, FIRST]), signed(parents[q + 1, FIRST])):
            at = _child(parents, signed(nodes[i, WORD]), at, last, size)
            found[i] = at
            count = signed(nodes[i, COUNT])
            row = at - first
            sums[row, SUM] += count
            sums[row, TYPES] += 1
            # Pruned n-grams belong to the sum that is divided by, but what they had goes to the back-off weight.
            if signed(nodes[i, OCCURRENCES]) > pruned:
                entry = min(count, limit)
                sums[row, KEPT] += multiply[entry] * count - subtract[entry]
                sums[row, LOWER] += lower[q, COUNT]


@kernel
def assign(
    orders: Orders,
    bounds: Bounds,
    discounting: Discounting,
    sums: NDArray[np.float64],
    probabilities: NDArray[np.float32],
) -> None:
    """Replace the counts of n-grams by probabilities; the arguments are those of `link`, ``sums`` resolved.

    ``probabilities`` are the nodes as float32.
    """
    grand, parents, lower, histories, nodes, found = orders
    low, high, start, stop = bounds
    multiply, subtract = discounting
    first, limit = signed(grand[low, FIRST]), len(multiply) - 1
    for q in range(start, stop):
        g = signed(histories[q])
        if g < low or g >= high:
            continue
        for i in range(signed(parents[q, FIRST]), signed(parents[q + 1, FIRST])):
            count, row = signed(nodes[i, COUNT]), signed(found[i]) - first
            entry = min(count, limit)
            kept = multiply[entry] * count - subtract[entry]
            probabilities[i, COUNT] = kept / sums[row, DIVISOR] + sums[row, WEIGHT] * lower[q, COUNT]
