"""From the trie of counts to the trie of probabilities, order by order from the shortest.

For the n-grams of an order all histories are needed at once, but they are scattered over the trie, which is read
backwards. The history of w₁…wₙ is w₁…wₙ₋₁; it stands below the history of w₂…wₙ, which was found for the order before,
beside others by label; and so do the children of w₂…wₙ, so that both are walked in step (`link`). What is summed by
history is kept for a range of histories at a time, and every range is worked on by one thread.

The arrays lie on disk meanwhile, mapped into memory, and are given back when memory is short.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqtool import progress
from seqtool.compute.arrays import read_array
from seqtool.compute.threads import ordered
from seqtool.ngrams.counting.count import COUNT, FIRST, OCCURRENCES, WORD, Nodes
from seqtool.ngrams.estimation.kernels import Bounds, Discounting, Orders, assign, count_counts, link
from seqtool.ngrams.estimation.smoothing import (
    BACKOFF,
    DIVISOR,
    MOST_COUNTED,
    WEIGHT,
    Discounts,
    Smoothing,
)
from seqtool.ngrams.paging import PIECE, mapped_file, mapped_to_change, release

_BYTES_A_HISTORY = 200
_FEWEST_RANGES = 8


@dataclass(frozen=True)
class Order:
    """The n-grams of one order being estimated.

    Attributes:
        nodes: uint32 (n-grams + 1, 4), as `counting` made them; the count is replaced by the probability (float32).
        histories: uint32 (n-grams,): the history of every n-gram, a node of the order before.
        backoffs: float32 (n-grams,): β of every n-gram as a history, once the next order is done.
        pruned: n-grams that occur at most so often are left out.
        discounts: what was taken off their counts.
    """

    nodes: Nodes
    histories: Nodes
    backoffs: NDArray[np.float32]
    pruned: int
    discounts: Discounts

    def __len__(self) -> int:
        return len(self.nodes) - 1

    @property
    def kept(self) -> int:
        """How many n-grams are not pruned."""
        return len(self) if not self.pruned else int((self.nodes[:-1, OCCURRENCES] > self.pruned).sum())


def estimate(
    paths: list[Path], smoothing: Smoothing, pruned: list[int], end: int, memory: int, threads: int
) -> Iterator[Order]:
    """Replace counts by probabilities.

    Args:
        paths: the files that `count_ngrams` wrote.
        smoothing: how.
        pruned: by order, see `Order`.
        end: the label of the line end.
        memory: bytes.
        threads: how many ranges are worked on at a time.

    Yields:
        Every order, from the first, when no other needs its back-offs any more.
    """
    length, total = len(paths), len(np.load(paths[0], mmap_mode="r")) - 1
    root = np.array([[0, 0, 0, 0], [0, total, 0, 0]], np.uint32)
    grand, parent = root, _unigrams(read_array(paths[0]), smoothing, pruned[0], length, paths[0])
    for n in range(2, length + 1):
        nodes = mapped_to_change(paths[n - 1])
        child = _order(nodes, smoothing, pruned[n - 1], paths[n - 1])
        ranges = _ranges(grand, memory // (threads + 1) // _BYTES_A_HISTORY)
        short = 3 * nodes.nbytes > memory
        work = partial(_estimate_range, grand, parent, child, smoothing, n == length, end, total, short)
        with progress.stage(f"estimate {n}-grams", "histories", len(parent)) as stage:
            for done in ordered(work, ranges, threads):
                stage.advance(done)
        yield parent
        grand, parent = parent.nodes, child
    yield parent


def _order(nodes: Nodes, smoothing: Smoothing, pruned: int, path: Path) -> Order:
    size = len(nodes) - 1
    counts_of_counts = np.zeros(MOST_COUNTED + 1, np.int64)
    for first in range(0, size, PIECE):
        count_counts(nodes[first : min(size, first + PIECE)], counts_of_counts)
        release(nodes)
    histories = mapped_file(path.with_suffix(".histories"), size, np.uint32)
    backoffs = mapped_file(path.with_suffix(".backoffs"), size, np.float32)
    return Order(nodes, histories, backoffs, pruned, smoothing.discounts(counts_of_counts))


def _unigrams(nodes: Nodes, smoothing: Smoothing, pruned: int, length: int, path: Path) -> Order:
    """The first order, whose only history is the empty one."""
    order = _order(nodes, smoothing, pruned, path)
    counts = nodes[:-1, COUNT].astype(np.int64)
    kept = order.discounts.kept(counts)
    uniform, seen = 1.0 / len(order), counts > 0
    sums = np.array([[counts.sum(), kept.sum(), seen.sum(), uniform * seen.sum()]], np.float64)
    smoothing.resolve(sums, length == 1)
    divisor, weight, backoff = sums[0, DIVISOR], sums[0, WEIGHT], sums[0, BACKOFF]
    probabilities = np.where(seen, kept / divisor + weight * uniform, backoff * uniform)
    nodes[:-1, COUNT] = probabilities.astype(np.float32).view(np.uint32)
    return order


def _ranges(grand: Nodes, most: int) -> Iterator[tuple[int, int]]:
    """Runs of nodes with about so many children."""
    size, children = len(grand) - 1, int(grand[-1, FIRST])
    most = max(1, min(most, -(-children // _FEWEST_RANGES)))
    first = 0
    while first < size:
        last = int(np.searchsorted(grand[:, FIRST], int(grand[first, FIRST]) + most, side="right")) - 1
        last = min(size, max(first + 1, last))
        yield first, last
        first = last


def _estimate_range(
    grand: Nodes,
    parent: Order,
    child: Order,
    smoothing: Smoothing,
    longest: bool,
    end: int,
    size: int,
    short: bool,
    bounds: tuple[int, int],
) -> int:
    """The n-grams whose histories stand below some nodes of ``grand``; how many histories these are.

    Where memory is ``short`` they are gone through in pieces, and the pages given back.
    """
    low, high = bounds
    first, last = int(grand[low, FIRST]), int(grand[high, FIRST])
    sums = np.zeros((last - first, 4))
    discounting = Discounting(child.discounts.multiply, child.discounts.subtract)
    lower, probabilities = parent.nodes.view(np.float32), child.nodes.view(np.float32)
    orders = Orders(grand, parent.nodes, lower, parent.histories, child.nodes, child.histories)
    piece = PIECE if short else max(1, len(parent))
    for start in range(0, len(parent), piece):
        some = Bounds(low, high, start, min(len(parent), start + piece))
        link(orders, some, child.pruned, discounting, size, sums)
        if short:
            _release(grand, parent, child)
    # All words are the histories of one range, the root's: the arrays in between take more than its sums.
    for start in range(0, last - first, PIECE):
        some_sums = sums[start : start + PIECE]
        words = parent.nodes[first + start : first + start + len(some_sums), WORD]
        smoothing.resolve(some_sums, longest or words == end)
    parent.backoffs[first:last] = sums[:, BACKOFF]
    for start in range(0, len(parent), piece):
        some = Bounds(low, high, start, min(len(parent), start + piece))
        assign(orders, some, discounting, sums, probabilities)
        if short:
            _release(grand, parent, child)
    return last - first


def _release(grand: Nodes, parent: Order, child: Order) -> None:
    release(grand, parent.nodes, parent.histories, parent.backoffs, child.nodes, child.histories)
