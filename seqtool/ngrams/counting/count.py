"""Counting the n-grams of all orders at once, in parts that fit the memory.

The n-grams become the nodes of a trie read backwards: below the root the last words, below each the words that stand
before it, and so on. Nodes of an order stand in one array, children of a node together, by label. The text is read
once for every part: the records whose first two words fall in the part are sorted, and cut where neighbors differ.

The count of an n-gram is how often it occurs (for Kneser-Ney, of those shorter than N that do not begin a sentence: the
number of different words that stand before it; Chen and Goodman 1999, section 2.7).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtool import progress
from seqtool.compute.arrays import ArrayWriter, save_array
from seqtool.compute.jit import kernel
from seqtool.compute.threads import ordered
from seqtool.errors import InputError
from seqtool.ngrams.counting.sort import Buckets, collect, count_buckets, count_fine, most_records, sort_records
from seqtool.ngrams.counting.text import CountedText

Nodes = NDArray[np.uint32]
signed: Any = np.int64  # for kernels, where an unsigned and a signed integer would make a float

_LARGEST_PART = 1 << 22
_SMALLEST_PART = 1 << 14
_MOST_NODES = 2**32 - 2
# Columns of a node while counting.
WORD, FIRST, COUNT, OCCURRENCES = range(4)


Part = tuple[NDArray[np.uint32], NDArray[np.int64]]
"""The nodes of some records: uint32 (n-grams of all orders, 4); and where order n's begin, at item n - 1."""


class Range(NamedTuple):
    """Buckets from the first to before the last, of each the fine numbers likewise, and how many records they have."""

    low: int
    high: int
    fine_low: int
    fine_high: int
    records: int


def count_ngrams(
    text: CountedText, order: int, continuation: bool, memory: int, threads: int, folder: Path
) -> list[Path]:
    """Write the trie of counts.

    Args:
        text: what is counted.
        order: N.
        continuation: count different words before an n-gram, for Kneser-Ney.
        memory: bytes.
        threads: how many parts are under way.
        folder: receives ``counts1.npy`` … ``countsN.npy``: uint32 (n-grams + 1, 4) of word (label), first child,
            count and occurrences. The last row closes the last node's children.

    Returns:
        The files.

    Raises:
        InputError: too many n-grams for 32 bits.
    """
    size = len(text.vocabulary)
    buckets = Buckets.of(size)
    parts = list(_parts(text, buckets, order, memory, threads))
    paths = [folder / f"counts{n}.npy" for n in range(1, order + 1)]
    totals_V2 = np.zeros((size, 2), np.int64)
    with ExitStack() as stack, progress.stage("count", "parts", len(parts)) as stage:
        writers = [stack.enter_context(ArrayWriter(path, np.uint32, (4,))) for path in paths[1:]]

        def counted(part: Range) -> Part:
            return _count_part(text, buckets, order, continuation, part)

        for part in ordered(counted, parts, threads):
            _append(part, writers, totals_V2)
            stage.advance(1)
        for n, writer in enumerate(writers):
            children = writers[n + 1].lengths[0] if n + 1 < len(writers) else 0
            writer.append(0, np.array([[0, children, 0, 0]]))
            writer.finish()
    save_array(paths[0], _unigrams(totals_V2, continuation and order > 1))
    return paths


def _parts(text: CountedText, buckets: Buckets, order: int, memory: int, threads: int) -> Iterator[Range]:
    """What is counted at a time: as many records as fit, one bucket or fine number at least."""
    margin = min(1, order - 1)
    counts = np.zeros(buckets.size, np.int64)
    for block in text.blocks(margin):
        count_buckets(block, margin, buckets.bits, buckets.shift, counts)
    fitting = memory // (threads + 2) // (24 * order + 24)
    most = max(_SMALLEST_PART, min(_LARGEST_PART, fitting, most_records(len(text.vocabulary))))
    large = np.flatnonzero(counts > most) if buckets.fine_size > 1 else np.zeros(0, np.int64)
    while 64 * len(large) * buckets.fine_size > memory:  # their counts, 8 bytes each, take an eighth at most
        most *= 2
        large = np.flatnonzero(counts > most)
    rows = np.full(buckets.size, -1, np.int32)
    rows[large] = np.arange(len(large))
    fine = np.zeros((len(large), buckets.fine_size), np.int64)
    for block in text.blocks(margin) if len(large) else ():
        count_fine(block, margin, buckets.bits, buckets.shift, buckets.fine_shift, rows, fine)
    for low, high, records in _runs(counts, most):
        if rows[low] < 0:
            yield Range(low, high, 0, buckets.fine_size, records)
        else:
            yield from (Range(low, high, *run) for run in _runs(fine[rows[low]], most))


def _runs(counts: NDArray[np.int64], most: int) -> Iterator[tuple[int, int, int]]:
    """Runs of numbers, the first and after the last, whose counts are at most so many together, or a number alone."""
    ends = np.cumsum(counts)
    low = taken = 0
    while taken < ends[-1]:
        high = max(low + 1, int(np.searchsorted(ends, taken + most, side="right")))
        if ends[high - 1] > taken:
            yield low, high, int(ends[high - 1]) - taken
        low, taken = high, int(ends[high - 1])


def _count_part(text: CountedText, buckets: Buckets, order: int, continuation: bool, part: Range) -> Part:
    records, filled = np.empty((part.records, order), np.uint32), 0
    shifts = buckets.bits, buckets.shift, buckets.fine_shift
    for block in text.blocks(order - 1):
        filled = collect(block, order - 1, text.end, shifts, part[:4], filled, records)
    records, shared = sort_records(records, buckets.bits)
    sizes = np.zeros(order, np.int64)
    count_nodes(records, shared, sizes)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    rows = np.zeros((int(starts[-1]), 4), np.uint32)
    make_nodes(records, shared, text.end, continuation, starts, rows)
    return rows, starts


def _append(part: Part, writers: list[ArrayWriter], totals_V2: NDArray[np.int64]) -> None:
    """Add a part's nodes to the files; a word's own node, of which several parts may have a piece, to the totals."""
    nodes, starts = part
    unigrams = nodes[: starts[1]]
    children = np.append(unigrams[1:, FIRST], starts[2] - starts[1] if len(writers) else 0)
    np.add.at(totals_V2, unigrams[:, WORD], np.stack([unigrams[:, OCCURRENCES], children - unigrams[:, FIRST]], 1))
    befores = [writer.lengths[0] for writer in writers[1:]]
    for n, writer in enumerate(writers, 2):
        rows = nodes[starts[n - 1] : starts[n]]
        if n - 2 < len(befores):
            rows[:, FIRST] += np.uint32(befores[n - 2])
        if writer.lengths[0] + len(rows) > _MOST_NODES:
            raise InputError(
                f"the text has more than {_MOST_NODES:,} {n}-grams", "use a lower --order, or part of the text"
            )
        writer.append(0, rows)


def _unigrams(totals_V2: NDArray[np.int64], continuation: bool) -> NDArray[np.uint32]:
    occurrences_V, children_V = totals_V2.T
    rows = np.zeros((len(totals_V2) + 1, 4), np.uint32)
    rows[:-1, WORD] = np.arange(len(totals_V2))
    rows[1:, FIRST] = np.cumsum(children_V)
    rows[:-1, COUNT] = children_V if continuation else occurrences_V
    rows[:-1, OCCURRENCES] = occurrences_V
    return rows


@kernel
def count_nodes(records: NDArray[np.uint32], shared: NDArray[np.uint8], sizes: NDArray[np.int64]) -> None:
    """How many nodes of each order sorted records make: added to int64 (N,)."""
    order = records.shape[1]
    for t in range(len(records)):
        n = signed(shared[t])
        while n < order and records[t, n] != 0:
            sizes[n] += 1
            n += 1


@kernel
def make_nodes(
    records: NDArray[np.uint32],
    shared: NDArray[np.uint8],
    end: int,
    continuation: bool,
    starts: NDArray[np.int64],
    rows: NDArray[Any],
) -> None:
    """The nodes of sorted records, order after order; first children are counted from 0 within their order."""
    total, order = records.shape
    filled = starts[:order].copy()
    opened = np.full(order, -1, np.int64)  # by order - 1: the node that is being counted, and where it began
    began = np.zeros(order, np.int64)
    for t in range(total + 1):
        common = min(signed(shared[t]), order) if t < total else 0
        for n in range(common, order):
            node = opened[n]
            if node < 0:
                continue
            occurrences = t - began[n]
            plain = not continuation or n == order - 1 or (n > 0 and rows[node, WORD] == end)
            rows[node, OCCURRENCES] = occurrences
            rows[node, COUNT] = occurrences if plain else filled[n + 1] - starts[n + 1] - rows[node, FIRST]
            opened[n] = -1
        n = common
        while t < total and n < order and records[t, n] != 0:
            node = filled[n]
            rows[node, WORD] = records[t, n] - 1
            if n + 1 < order:
                rows[node, FIRST] = filled[n + 1] - starts[n + 1]
            opened[n], began[n] = node, t
            filled[n] += 1
            n += 1
