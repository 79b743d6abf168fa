"""The compiled loops of counting words near words.

A *stream* is a part of the text as row numbers of the kept words (0 to V - 1), V where a line ends. Around it stand
enough V that a window never leaves the array.

A row is summed in a dense accumulator of all columns. Which columns were touched is kept in a bitmap and in a bitmap of
that bitmap's words, so that they are listed in order without sorting, in time that hardly depends on V:

    sums_V      unsigned integers, all 0 between rows
    bits_N      uint64: bit c % 64 of word c // 64 is set where sums_V[c] is not 0
    tops_M      uint64: the same of bits_N

The touching of a column stands in both kernels that sum: as a function of its own it would count the references of the
arrays it takes, which costs thirty times the addition.

Shapes: V words, E entries of the rows being made.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.bits import BIT_NUMBERS, DE_BRUIJN
from seqtool.compute.jit import kernel

Integers = NDArray[np.unsignedinteger]
Bits = NDArray[np.uint64]


class Accumulator(NamedTuple):
    """One row being summed, and which of its columns were touched; all 0 between rows."""

    sums_V: Integers
    bits_N: Bits
    tops_M: Bits


class Entries(NamedTuple):
    """Rows being made.

    Attributes:
        lengths: the entries of each row.
        columns_E, values_E: the entries of all rows, columns ascending.
    """

    lengths: NDArray[np.int64]
    columns_E: NDArray[np.int32]
    values_E: NDArray[Any]


_ONE, _SHIFT = np.uint64(1), np.uint64(58)


@kernel
def occurrences(stream: Integers, first: int, last: int, counts_V: NDArray[np.int64]) -> None:
    """Count the words of ``stream[first:last]``."""
    for i in range(first, last):
        if stream[i] < len(counts_V):
            counts_V[stream[i]] += 1


@kernel
def place(stream: Integers, first: int, last: int, nexts_V: NDArray[np.int64], positions: NDArray[np.int32]) -> None:
    """Write the positions of the words of ``stream[first:last]``, each word's from ``nexts_V`` on."""
    for i in range(first, last):
        row = stream[i]
        if row < len(nexts_V):
            positions[nexts_V[row]] = i
            nexts_V[row] += 1


@kernel
def count_rows(
    stream: Integers,
    starts: NDArray[np.int64],
    positions: NDArray[np.int32],
    weights: Integers,
    steps: NDArray[np.int64],
    accumulator: Accumulator,
    made: Entries,
) -> int:
    """Sum the neighbors of every occurrence of some words.

    Args:
        stream: the text.
        starts: the occurrences of word r of R are ``positions[starts[r]:starts[r + 1]]``; R + 1 items.
        positions: places in the stream.
        weights: what a neighbor at distance 1, 2, … counts.
        steps: the sides that are looked at: 1 to the right, -1 to the left.
        accumulator: all 0, and so again afterwards.
        made: receives R rows.

    Returns:
        E.
    """
    sums_V, bits_N, tops_M = accumulator
    lengths, columns_E, values_E = made
    end = len(sums_V)
    size = 0
    for r in range(len(starts) - 1):
        for i in range(starts[r], starts[r + 1]):
            for side in range(len(steps)):
                p = positions[i]
                for d in range(len(weights)):
                    p += steps[side]
                    column = np.int64(stream[p])
                    if column >= end:
                        break
                    before = sums_V[column]
                    # Weights are above 0, so a sum of 0 means that the column was not touched yet.
                    if before == 0:
                        word = column >> 6
                        bits_N[word] |= _ONE << np.uint64(column & 63)
                        tops_M[word >> 6] |= _ONE << np.uint64(word & 63)
                    sums_V[column] = before + weights[d]
        before = size
        size = _list(sums_V, bits_N, tops_M, size, columns_E, values_E)
        lengths[r] = size - before
    return size


@kernel
def merge_rows(
    starts_KR: NDArray[np.int64],
    columns: NDArray[np.int32],
    values: Integers,
    accumulator: Accumulator,
    made: Entries,
) -> int:
    """Sum R rows that were counted in K parts.

    Args:
        starts_KR: row r of part k is ``columns[starts_KR[k, r]:starts_KR[k, r + 1]]``; (K, R + 1).
        columns, values: the parts' entries.
        accumulator, made: as for `count_rows`.

    Returns:
        E.
    """
    sums_V, bits_N, tops_M = accumulator
    lengths, columns_E, values_E = made
    size = 0
    for r in range(starts_KR.shape[1] - 1):
        for k in range(starts_KR.shape[0]):
            for i in range(starts_KR[k, r], starts_KR[k, r + 1]):
                column = columns[i]
                before = sums_V[column]
                if before == 0:
                    word = column >> 6
                    bits_N[word] |= _ONE << np.uint64(column & 63)
                    tops_M[word >> 6] |= _ONE << np.uint64(word & 63)
                sums_V[column] = before + values[i]
        before = size
        size = _list(sums_V, bits_N, tops_M, size, columns_E, values_E)
        lengths[r] = size - before
    return size


@kernel
def _list(
    sums_V: Integers, bits_N: Bits, tops_M: Bits, size: int, columns_E: NDArray[np.int32], values_E: Integers
) -> int:
    """Append the touched columns in order and make everything 0 again; the new size."""
    for t in range(len(tops_M)):
        # From the top bitmap to the words that have bits, and from these to columns: nothing untouched is looked at
        # but the M tops. What is listed is set to 0 on the way, which saves a pass over V items for every row.
        top = tops_M[t]
        tops_M[t] = 0
        while top:
            word = (t << 6) + BIT_NUMBERS[((top & (~top + _ONE)) * DE_BRUIJN) >> _SHIFT]
            top &= top - _ONE
            bits = bits_N[word]
            bits_N[word] = 0
            while bits:
                column = (word << 6) + BIT_NUMBERS[((bits & (~bits + _ONE)) * DE_BRUIJN) >> _SHIFT]
                bits &= bits - _ONE
                columns_E[size] = column
                values_E[size] = sums_V[column]
                sums_V[column] = 0
                size += 1
    return size


@kernel
def add_sums(
    starts: NDArray[np.int64],
    columns: NDArray[np.int32],
    values: Integers,
    row_sums: NDArray[np.float64],
    column_sums: NDArray[np.float64],
) -> None:
    """Add the entries of some rows to the sums of these rows and of all columns."""
    for r in range(len(starts) - 1):
        total = 0.0
        for i in range(starts[r], starts[r + 1]):
            value = float(values[i])
            total += value
            column_sums[columns[i]] += value
        row_sums[r] += total


@kernel
def associate(
    starts: NDArray[np.int64],
    columns: NDArray[np.int32],
    values: Integers,
    row_logs: NDArray[np.float64],
    column_logs: NDArray[np.float64],
    scale: float,
    positive: bool,
    made: Entries,
) -> int:
    """log(value) - row log - column log, times ``scale``, of the entries of some rows; positive ones only, or all.

    Returns:
        How many entries are kept, in ``made``.
    """
    lengths, columns_E, values_E = made
    size = 0
    for r in range(len(starts) - 1):
        before = size
        for i in range(starts[r], starts[r + 1]):
            association = (math.log(float(values[i])) - row_logs[r] - column_logs[columns[i]]) * scale
            if association > 0 or not positive:
                columns_E[size] = columns[i]
                values_E[size] = association
                size += 1
        lengths[r] = size - before
    return size
