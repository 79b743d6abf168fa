"""The compiled loops that draw what a block of positions is trained on.

Shapes: C positions of a block.
"""

from __future__ import annotations

import numpy as np

from seqtool.compute.jit import kernel
from seqtool.compute.splitmix import GOLDEN
from seqtool.compute.splitmix_kernel import mixed
from seqtool.embeddings.kernels.arguments import Alias, Block, Ints, Paths, Targets

_HIGH, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


@kernel
def draw_widths(block: Block, window: int, state: int, widths_C: Ints) -> None:
    """Draw how far each position of a block looks, 1 to window; 0 where a line ends."""
    stream, first, last, end = block
    z = np.uint64(state)
    for k in range(last - first):
        z += GOLDEN
        # A product takes 32 random bits to a number below the window, without the division of a remainder (Lemire
        # 2019).
        drawn = ((mixed(z) >> _HIGH) * np.uint64(window)) >> _HIGH
        widths_C[k] = 0 if stream[first + k] >= end else 1 + np.int64(drawn)


@kernel
def draw_negatives(block: Block, negative: int, noise: Alias, pool: Ints, state: int, drawn: Targets) -> None:
    """The targets of negative sampling: the word itself and other words, each of a different one.

    The block draws its ``pool`` from the distribution, and every word its negatives from the pool: so each row that is
    fetched serves several words. A negative that is the word itself, or is drawn twice, becomes a filler, row ``end``.
    """
    stream, first, last, end = block
    limits_V, aliases_V = noise
    starts, targets, signs = drawn
    z = np.uint64(state)
    words = np.uint64(len(limits_V))
    for i in range(len(pool)):
        z += GOLDEN
        bits = mixed(z)
        # One random number does for both: its high half draws the column, its low half decides between word and alias.
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
            # Drawn twice, a word would be in a six twice (`change_rows`); the search begins at the word itself.
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
def take_paths(block: Block, paths: Paths, drawn: Targets) -> None:
    """The targets of the hierarchical softmax: the nodes of each word's path, filled up with row ``end``."""
    stream, first, last, end = block
    path_starts_V1, nodes, path_signs = paths
    starts, targets, signs = drawn
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
