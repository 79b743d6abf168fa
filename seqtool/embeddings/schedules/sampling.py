"""What is drawn, and from what: negatives from an alias table, the paths of a Huffman tree."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from seqtool.embeddings.kernels.arguments import Alias, Paths


def alias_table(weights_V: NDArray[np.float64]) -> Alias:
    """The table of a distribution in proportion to weights."""
    size = len(weights_V)
    share = (weights_V / weights_V.sum() * size).tolist()
    limits, aliases = [1.0] * size, list(range(size))
    small = [i for i in range(size) if share[i] < 1]
    large = [i for i in range(size) if share[i] >= 1]
    # What is left over in either list has a share of 1 but for rounding: its limit stays 1, its alias itself.
    while small and large:
        low, high = small.pop(), large[-1]
        limits[low], aliases[low] = share[low], high
        share[high] -= 1 - share[low]
        if share[high] < 1:
            small.append(large.pop())
    return Alias((np.array(limits) * 2.0**32).astype(np.uint64), np.array(aliases, np.int32))


def huffman_paths(counts_V: NDArray[np.int64]) -> Paths:
    """The paths of a Huffman tree (Huffman 1952): frequent words have short ones; the root is node V - 2."""
    size = len(counts_V)
    # Equal counts are ordered by number, so that the tree is the same everywhere.
    heap = [(count, index) for index, count in enumerate(counts_V.tolist())]
    heapq.heapify(heap)
    parents, right = [0] * (2 * size - 1), [False] * (2 * size - 1)
    for node in range(size, 2 * size - 1):
        first, second = heapq.heappop(heap), heapq.heappop(heap)
        parents[first[1]] = parents[second[1]] = node
        right[second[1]] = True
        heapq.heappush(heap, (first[0] + second[0], node))
    nodes: list[int] = []
    signs: list[float] = []
    starts = [0]
    for leaf in range(size):
        node = leaf
        while node < 2 * size - 2:
            nodes.append(parents[node] - size)
            signs.append(-1.0 if right[node] else 1.0)
            node = parents[node]
        starts.append(len(nodes))
    return Paths(np.array(starts, np.int64), np.array(nodes, np.int32), np.array(signs, np.float32))
