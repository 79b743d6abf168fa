"""What one thread does with a block of positions: draw what it is trained on, and learn from it.

Negatives are drawn from an alias table; of a Huffman tree the paths are taken.
"""

from __future__ import annotations

import hashlib
import heapq
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.simd import WIDTH
from seqtool.embeddings.kernels import blocks as kernels
from seqtool.embeddings.kernels.arguments import (
    Alias,
    Block,
    Floats,
    Matrices,
    Paths,
    Positions,
    Scratch,
    Targets,
)
from seqtool.embeddings.kernels.blocks import draw_negatives, draw_widths, take_paths
from seqtool.embeddings.options import Word2vecOptions
from seqtool.embeddings.weights import aligned


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


# Positions that are learned from at a time: fewer where each of them changes more.
BLOCK, CBOW_BLOCK, SOFTMAX_BLOCK = 256, 1024, 32
# A short text has fewer in a block, so that an epoch has so many: what is learned in one is known in the next.
_EPOCH_BLOCKS = 3200


@dataclass(frozen=True)
class Setting:
    """What all threads share: the words and what is drawn from them.

    Attributes:
        words: V, which also stands where a line ends.
        targets: the most targets of a position, a multiple of six (of a softmax: 0).
        block: positions of a block.
    """

    words: int
    options: Word2vecOptions
    counts_V: NDArray[np.int64]
    noise: Alias | None
    paths: Paths | None
    targets: int
    block: int

    @property
    def pool(self) -> int:
        """Draws that the negatives of a block are taken from.

        Skip-gram uses each of its negatives for several predictions: with fewer draws analogies suffer, and more cost
        time, for more rows are touched.
        """
        return self.block // 2 if self.options.model == "cbow" else 3 * self.block


def make_setting(counts_V: NDArray[np.int64], options: Word2vecOptions) -> Setting:
    """The tables that a loss needs."""
    words, noise, paths, targets = len(counts_V), None, None, 0
    if options.loss == "ns":
        noise = alias_table(counts_V.astype(np.float64) ** options.ns_exponent)
        targets = 1 + options.negative
    elif options.loss == "hs":
        paths = huffman_paths(counts_V)
        targets = int(np.diff(paths.starts_V1).max())
    # Fillers make it a multiple of six, see `score_six`.
    sixes = -(-targets // kernels.SIX) * kernels.SIX
    most = SOFTMAX_BLOCK if options.loss == "softmax" else CBOW_BLOCK if options.model == "cbow" else BLOCK
    block = max(SOFTMAX_BLOCK, min(most, int(counts_V.sum()) // _EPOCH_BLOCKS))
    return Setting(words, options, counts_V, noise, paths, sixes, block)


def chance_loss(setting: Setting) -> float:
    """The loss of a prediction where nothing is known, in nats."""
    options, counts_V = setting.options, setting.counts_V
    if options.loss == "softmax":
        return math.log(setting.words)
    if setting.paths is None:
        return (1 + options.negative) * math.log(2)
    lengths_V = np.diff(setting.paths.starts_V1)
    return float(lengths_V @ counts_V / counts_V.sum()) * math.log(2)


def random_state(*key: int) -> int:
    """A number of 62 bits for the random numbers of a place in a run."""
    return int.from_bytes(hashlib.blake2b(repr(key).encode(), digest_size=8).digest()) >> 2


class Worker:
    """The room of one thread, and the calls of its kernels.

    Args:
        setting: what is learned.
        stride: of the weights.
        dtype: of the weights.

    Attributes:
        widths, targets: of the block at hand (`kernels`).
    """

    def __init__(self, setting: Setting, stride: int, dtype: Any = np.float32) -> None:
        self.setting, self._stride = setting, stride
        window, room = setting.options.window, max(setting.targets, kernels.SIX)
        self.widths = np.zeros(setting.block, np.int32)
        self.targets = Targets(
            starts=np.zeros(setting.block + 1, np.int32),
            rows=np.zeros(setting.block * setting.targets, np.int32),
            signs=np.zeros(setting.block * setting.targets, dtype),
        )
        self._pool = np.zeros(setting.pool, np.int32)
        self._scratch = Scratch(
            scores=aligned(max(2 * window * room, setting.words), dtype),
            places=np.zeros(2 * window, np.int64),
            sums=aligned(max(2 * window * WIDTH, stride), dtype),
            hidden=aligned(2 * stride, dtype),
        )

    def draw(self, stream: NDArray[np.int32], first: int, last: int, state: int) -> None:
        """Draw the widths and targets of ``stream[first:last]``, a block."""
        setting, options = self.setting, self.setting.options
        block = Block(stream, first, last, setting.words)
        draw_widths(block, options.window, state, self.widths)
        if setting.noise is not None:
            draw_negatives(block, options.negative, setting.noise, self._pool, random_state(state), self.targets)
        elif setting.paths is not None:
            take_paths(block, setting.paths, self.targets)

    def learn(
        self, inputs: Floats, outputs: Floats, positions: Positions, targets: NDArray[np.int32], rate: float
    ) -> tuple[float, int]:
        """Learn from the positions whose targets were drawn; their loss, and of how many predictions.

        Args:
            inputs, outputs: rows of the weights, or copies.
            positions: where the words are among the inputs.
            targets: output rows of the targets; of a softmax, of the positions.
            rate: learning rate.
        """
        options, matrices = self.setting.options, Matrices(inputs, outputs, self._stride)
        cbow = options.model == "cbow"
        if options.loss == "softmax":
            size = self.setting.words
            return kernels.softmax(matrices, positions, self.widths, targets, size, cbow, rate, self._scratch)
        learn = kernels.cbow if cbow else kernels.skipgram
        return learn(matrices, positions, self.widths, self.targets._replace(rows=targets), rate, self._scratch)
