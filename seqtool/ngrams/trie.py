"""The trie of a model on disk: sorted arrays, memory-mapped, read as they are.

``ngrams1.npy`` … ``ngramsN.npy`` hold a row per n-gram, children of a node together, by label:

    below order N   uint32 (n-grams + 1, 4): word (label), first child, log10 P and log10 β as the bits of a float32;
                    the last row closes the last node's children
    of order N      uint32 (n-grams, 2): word, log10 P

The row of a single word is its label. A log10 of −infinity is an event that cannot be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.read import Artifact
from seqtool.compute.arrays import ArrayWriter
from seqtool.compute.jit import kernel
from seqtool.compute.threads import ordered
from seqtool.errors import ArtifactError
from seqtool.ngrams.counting.count import COUNT, FIRST, OCCURRENCES, Nodes, signed
from seqtool.ngrams.estimation.estimate import Order
from seqtool.ngrams.paging import release

LOG_PROB, LOG_BACKOFF = 2, 3
_ROWS = 1 << 18
_CLOSED = np.zeros((1, 4), np.uint32)


@dataclass(frozen=True)
class Trie:
    """The opened arrays of a model; ``orders[n - 1]`` as the module says."""

    orders: tuple[Nodes, ...]

    @property
    def order(self) -> int:
        """N."""
        return len(self.orders)

    @property
    def words(self) -> int:
        """V."""
        return len(self.orders[0]) - (self.order > 1)

    @property
    def sizes(self) -> list[int]:
        """N-grams by order."""
        return [len(nodes) - (n < self.order) for n, nodes in enumerate(self.orders, 1)]


class Estimated(NamedTuple):
    """The nodes of an estimated order; ``probabilities`` are the nodes as float32, for the rest see `Order`."""

    nodes: Nodes
    probabilities: NDArray[np.float32]
    backoffs: NDArray[np.float32]
    pruned: int


def order_file(n: int) -> str:
    """The file of an order."""
    return f"ngrams{n}.npy"


def write_trie(orders: Iterator[Order], folder: Path, threads: int) -> list[Order]:
    """Write the arrays of estimated orders, pruned n-grams left out; the orders as they came."""
    # One order behind: a row says where its first child is, and which children are left is known with the next order.
    before, done = next(orders), list[Order]()
    for order in orders:
        _write_order(before, order, folder / order_file(len(done) + 1), threads)
        done.append(before)
        before = order
    _write_order(before, None, folder / order_file(len(done) + 1), threads)
    return [*done, before]


def _write_order(order: Order, children: Order | None, path: Path, threads: int) -> None:
    columns = 2 if children is None else 4
    nodes = order.nodes.view(np.float32)
    below = children.nodes if children else _CLOSED
    work = partial(_rows, order, nodes, below, children.pruned if children else 0, columns)
    with ArrayWriter(path, np.uint32, (columns,)) as writer:
        kept = 0
        for rows, kept_below in ordered(work, range(0, len(order), _ROWS), threads):
            if children is not None:
                # Parts are made at the same time and count children from 0; only now is it known how many came before.
                rows[:, FIRST] += np.uint32(kept)
            writer.append(0, rows)
            kept += kept_below
            release(order.nodes, order.backoffs, below)
        if children is not None:
            writer.append(0, np.array([[0, kept, 0, 0]], np.uint32))
        writer.finish()


def _rows(
    order: Order, probabilities: NDArray[np.float32], below: Nodes, pruned_below: int, columns: int, first: int
) -> tuple[Nodes, int]:
    rows = np.empty((min(_ROWS, len(order) - first), columns), np.uint32)
    estimated = Estimated(order.nodes, probabilities, order.backoffs, order.pruned)
    made, kept_below = make_rows(estimated, below, pruned_below, first, rows, rows.view(np.float32))
    return rows[:made], kept_below


@kernel
def make_rows(
    estimated: Estimated, below: Nodes, pruned_below: int, first: int, rows: Nodes, floats: NDArray[np.float32]
) -> tuple[int, int]:
    """Rows of the final arrays from estimated nodes.

    Args:
        estimated: the nodes of an order.
        below, pruned_below: the nodes of the next order, none for the last.
        first: from which node on.
        rows: receives as many as it has place for, pruned ones left out; first children count from 0.
        floats: the same as float32.

    Returns:
        How many rows were made, and how many children there are that are not pruned.
    """
    nodes, probabilities, backoffs, pruned = estimated
    made = kept = 0
    longest = rows.shape[1] == 2
    for q in range(first, first + len(rows)):
        before = kept
        if not longest:
            for i in range(signed(nodes[q, FIRST]), signed(nodes[q + 1, FIRST])):
                kept += signed(below[i, OCCURRENCES]) > pruned_below
        if pruned > 0 and signed(nodes[q, OCCURRENCES]) <= pruned:
            continue
        rows[made, 0] = nodes[q, 0]
        probability = np.float64(probabilities[q, COUNT])
        logarithm = math.log10(probability) if probability > 0 else -np.inf
        if longest:
            floats[made, 1] = logarithm
        else:
            rows[made, FIRST] = before
            floats[made, LOG_PROB] = logarithm
            backoff = np.float64(backoffs[q])
            floats[made, LOG_BACKOFF] = math.log10(backoff) if backoff > 0 else -np.inf
        made += 1
    return made, kept


def open_trie(artifact: Artifact, order: int, words: int, opened: Callable[[int], Nodes]) -> Trie:
    """The arrays of a model, checked.

    Args:
        artifact: the model.
        order: N.
        words: V.
        opened: gives the array of an order.

    Raises:
        ArtifactError: where they are damaged or do not fit each other.
    """
    orders: list[Any] = []
    for n in range(1, order + 1):
        nodes = opened(n)
        expected = 2 if n == order else 4
        size = len(nodes) - (n < order)
        if nodes.shape[1] != expected or size < 0 or (n == 1 and size != words):
            raise ArtifactError(
                f"{artifact.path / order_file(n)} has the wrong shape {nodes.shape}", "train the model again"
            )
        # The kernels check no bounds: with wrong numbers of children they would read any memory.
        if n > 1 and not well_formed(orders[-1], nodes, size, words):
            raise ArtifactError(
                f"{artifact.path / order_file(n)} does not match the order below", "train the model again"
            )
        orders.append(nodes)
    return Trie(tuple(orders))


@kernel
def well_formed(parents: Nodes, nodes: Nodes, size: int, words: int) -> bool:
    """Whether first children rise from 0 to ``size`` and all words are labels."""
    before = 0
    for q in range(len(parents)):
        here = signed(parents[q, FIRST])
        if here < before or here > size:
            return False
        before = here
    for i in range(size):
        if signed(nodes[i, 0]) >= words:
            return False
    return signed(parents[0, FIRST]) == 0 and before == size
