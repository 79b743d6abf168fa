"""How often words stand near each other: exact counts in bounded memory, on all cores.

The occurrences of every word are listed first; then the rows of the matrix are made one after the other, each from the
neighbors of its word's occurrences (`kernels`). A text that does not fit the memory is counted in parts, whose
matrices are on disk and added row by row. Weights are whole numbers of a small unit, so that sums are exact and no
order of addition changes them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool import progress
from seqtool.compute.threads import ordered
from seqtool.corpus.corpus import Corpus
from seqtool.corpus.options import counting_bytes, thread_count, warn_of_types
from seqtool.counts.kernels import Accumulator, Entries, count_rows, merge_rows, occurrences, place
from seqtool.counts.options import CooccurOptions
from seqtool.counts.sparse import Levels, Rows, SparseRows, SparseWriter, row_blocks
from seqtool.counts.text import FilteredText
from seqtool.errors import UsageError

_STEPS = {"symmetric": (1, -1), "left": (-1,), "right": (1,)}
_BLOCK_ENTRIES = 1 << 18
_SMALLEST_PART = 1 << 16
# What there is besides: the loaded kernels, and the text being read.
_FIXED_BYTES = 60 << 20


@dataclass(frozen=True)
class Weights:
    """What neighbors count.

    Attributes:
        units: by distance 1, 2, …: uint64, whole units.
        steps: int64, the sides that count: 1 to the right, -1 to the left.
        unit: units of a weight of 1.
    """

    units: NDArray[np.uint64]
    steps: NDArray[np.int64]
    unit: int


@dataclass(frozen=True)
class Counted:
    """What was counted: words, tokens, entries of the matrix; units of a weight of 1; what was left out."""

    words: Sequence[str]
    counts_V: NDArray[np.int64]
    tokens: int
    entries: int
    unit: int
    ledger: list[dict[str, Any]]


def window_weights(options: CooccurOptions) -> Weights:
    """The weights of a window, in units of 1/lcm(1 … window), 1/window or 1."""
    distances = range(1, options.window + 1)
    if options.weighting == "distance":
        unit = math.lcm(*distances)
        units = [unit // d for d in distances]
    elif options.weighting == "dynamic":
        unit = options.window
        units = [options.window - d + 1 for d in distances]
    else:
        unit, units = 1, [1] * options.window
    if sum(units) >= 1 << 62:
        raise _too_wide(options)
    return Weights(np.array(units, np.uint64), np.array(_STEPS[options.direction], np.int64), unit)


def count_cooccurrences(corpus: Corpus, options: CooccurOptions, folder: Path) -> Counted:
    """Write the matrix of a corpus, as `sparse` describes it, into ``folder``.

    Row i holds the neighbors of word i; the values are unsigned units of weight, of 32 bits where no sum can pass
    them.

    Raises:
        InputError: where no word is left to be counted.
        UsageError: where the sums could pass 64 bits.
    """
    text, weights = FilteredText(corpus, options), window_weights(options)
    dtype = _sum_dtype(text, weights, options)
    threads = _threads(text, options, dtype.itemsize)
    warn_of_types(text.end, options.memory, "a higher --min-count, or --max-vocab, keeps fewer")
    counter = _Counter(text, weights, options.window, dtype, threads)
    with SparseWriter(folder, dtype) as output, progress.stage("cooccur", "words", text.tokens) as stage:
        parts = text.parts(_capacity(text, options, dtype.itemsize, threads), threads)
        stream, is_last = next(parts)
        if is_last:
            for rows in counter.count(stream, stage):
                output.append(*rows)
        else:
            with Levels(folder, dtype, text.end, counter.merge) as levels:
                while True:
                    levels.add(counter.count(stream, stage))
                    if is_last:
                        break
                    stream, is_last = next(parts)
                del stream, parts
                for rows in counter.merge(levels.matrices):
                    output.append(*rows)
        entries = output.finish()
    tokens = int(text.counts_V.sum()) - text.sampled
    return Counted(text.words, text.counts_V, tokens, entries, weights.unit, _ledger(text, options))


class _Counter:
    """Counts parts of a text, and adds what was counted; threads share out the rows."""

    def __init__(self, text: FilteredText, weights: Weights, window: int, dtype: np.dtype[Any], threads: int) -> None:
        self._size, self._window, self._threads, self._dtype = text.end, window, threads, dtype
        self._units, self._steps = weights.units.astype(dtype), weights.steps
        words = (self._size + 63) >> 6
        self._accumulators: SimpleQueue[Accumulator] = SimpleQueue()
        for _ in range(threads):
            bitmaps = np.zeros(words, np.uint64), np.zeros((words + 63) >> 6, np.uint64)
            self._accumulators.put(Accumulator(np.zeros(self._size, dtype), *bitmaps))

    def count(self, stream: NDArray[Any], stage: progress.Stage) -> Iterator[Rows]:
        """The matrix of one part of the text, some rows at a time, in order."""
        starts, positions = self._index(stream)
        reach = len(self._units) * len(self._steps)

        def counted(block: tuple[int, int]) -> Rows:
            first, last = block
            room = int(np.minimum(np.diff(starts[first : last + 1]) * reach, self._size).sum())
            inputs = stream, starts[first : last + 1], positions, self._units, self._steps
            return self._made(lambda *made: count_rows(*inputs, *made), last - first, room)

        sizes_V = np.diff(starts)
        sizes_V *= reach
        blocks = row_blocks(np.minimum(sizes_V, self._size, out=sizes_V), _BLOCK_ENTRIES)
        del sizes_V
        for (first, last), rows in zip(blocks, ordered(counted, blocks, self._threads), strict=True):
            stage.advance(int(starts[last] - starts[first]))
            yield rows

    def merge(self, matrices: list[SparseRows]) -> Iterator[Rows]:
        """The sum of matrices, some rows at a time, in order."""

        def merged(block: tuple[int, int]) -> Rows:
            first, last = block
            parts = [matrix.read(first, last) for matrix in matrices]
            sizes = [len(columns) for columns, _ in parts]
            starts_KR = np.stack([matrix.indptr[first : last + 1] - matrix.indptr[first] for matrix in matrices])
            starts_KR += np.cumsum([0, *sizes[:-1]])[:, None]
            columns = np.concatenate([columns for columns, _ in parts])
            values = np.concatenate([values for _, values in parts])
            return self._made(lambda *made: merge_rows(starts_KR, columns, values, *made), last - first, sum(sizes))

        sizes_V = np.zeros(self._size, np.int64)
        for matrix in matrices:
            for first in range(0, self._size, _BLOCK_ENTRIES):
                some = sizes_V[first : first + _BLOCK_ENTRIES]
                some += np.diff(matrix.indptr[first : first + len(some) + 1])
        return ordered(merged, row_blocks(sizes_V, _BLOCK_ENTRIES), self._threads)

    def _made(self, kernel: Callable[[Accumulator, Entries], int], rows: int, room: int) -> Rows:
        made = Entries(np.empty(rows, np.int64), np.empty(room, np.int32), np.empty(room, self._dtype))
        accumulator = self._accumulators.get()
        try:
            size = kernel(accumulator, made)
        finally:
            self._accumulators.put(accumulator)
        return made.lengths, made.columns_E[:size], made.values_E[:size]

    def _index(self, stream: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Where every word stands: starts int64 (V + 1,), positions int32, ascending for each word."""
        first, last = self._window, max(self._window, len(stream) - self._window)
        edges = np.linspace(first, last, self._threads + 1).astype(np.int64).tolist()
        counts_TV = np.zeros((self._threads, self._size), np.int64)
        starts = np.zeros(self._size + 1, np.int64)
        with ThreadPoolExecutor(self._threads) as pool:
            list(pool.map(occurrences, [stream] * self._threads, edges, edges[1:], counts_TV))
            np.cumsum(counts_TV.sum(0), out=starts[1:])
            nexts_TV = np.cumsum(counts_TV, 0)
            nexts_TV -= counts_TV
            nexts_TV += starts[:-1]
            del counts_TV
            positions = np.empty(int(starts[-1]), np.int32)
            arguments = [stream] * self._threads, edges, edges[1:], nexts_TV, [positions] * self._threads
            list(pool.map(place, *arguments))
        return starts, positions


def _sum_dtype(text: FilteredText, weights: Weights, options: CooccurOptions) -> np.dtype[Any]:
    """32 bits where even the most frequent word beside nothing but itself would fit."""
    most = int(text.counts_V.max()) * int(weights.units.sum()) * len(weights.steps)
    if most >= 1 << 63:
        raise _too_wide(options)
    return np.dtype(np.uint32 if most < 1 << 32 else np.uint64)


def _too_wide(options: CooccurOptions) -> UsageError:
    return UsageError(
        f"the counts of --window {options.window} with --weighting {options.weighting} can exceed 64 bits",
        "use a smaller --window, or --weighting dynamic or flat",
    )


def _threads(text: FilteredText, options: CooccurOptions, sum_bytes: int) -> int:
    """The threads asked for, or as many as have room for their numbers of every word in half the memory."""
    room = counting_bytes(options.memory) // 2 // (text.end * (sum_bytes + 24))
    return max(1, min(thread_count(options.threads), room))


def _capacity(text: FilteredText, options: CooccurOptions, sum_bytes: int, threads: int) -> int:
    """The items of the stream that fit the memory, each with its position; one for every word at least."""
    blocks = (threads + 2) * (_BLOCK_ENTRIES + text.end) * (4 + sum_bytes)
    accumulators = threads * text.end * (sum_bytes + 16)
    left = counting_bytes(options.memory) - _FIXED_BYTES - blocks - accumulators
    items = left // (text.dtype.itemsize + 4)
    # A part of less than the words there are would take longer to add than to count.
    return min(max(items, text.end, _SMALLEST_PART + 4 * options.window), 1 << 30)


def _ledger(text: FilteredText, options: CooccurOptions) -> list[dict[str, Any]]:
    limits = f"below --min-count {options.min_count}"
    limits += "" if options.max_vocab is None else f" or beyond --max-vocab {options.max_vocab}"
    rows = ((text.unknown, "unknown (<unk>)"), (text.rare, limits), (text.sampled, f"--sample {options.sample:g}"))
    return [{"what": "tokens", "count": count, "why": f"left out: {why}"} for count, why in rows if count]
