"""The entries of a co-occurrence matrix, shuffled on disk into blocks that can be learned from at the same time.

Row and column modulo P say which of P x P blocks an entry belongs to. Blocks (i, i + s), for all i, share no row and
no column, so threads may learn from them at once and the result is the same as one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.files import writing
from seqtool.artifact.read import Artifact
from seqtool.compute.arrays import allocate, temporary_file
from seqtool.embeddings.glove.kernels import Block, count_blocks, place_entries, shuffle
from seqtool.embeddings.schedules.worker import random_state
from seqtool.errors import ArtifactError

_SMALLEST_SIDE, _LARGEST_SIDE, _WORDS_A_BLOCK = 16, 256, 1000
_READ_ENTRIES = 1 << 20
_RECREATE = "recreate the counts"


class ShuffledCounts:
    """The blocks of a matrix.

    Attributes:
        sides: P.
        starts: int64 (P * P + 1,): block (i, j) is entries ``starts[i * P + j]`` to the next.
        rows, columns, logs: int32, int32, float32: of all entries, mapped.
    """

    def __init__(self, sides: int, starts: NDArray[np.int64], file: Any) -> None:
        size = int(starts[-1])
        self.sides, self.starts = sides, starts
        allocate(file, 12 * max(size, 1))
        shape = (max(size, 1),)
        self.rows = np.memmap(file, np.int32, "r+", 0, shape)[:size]
        self.columns = np.memmap(file, np.int32, "r+", 4 * shape[0], shape)[:size]
        self.logs = np.memmap(file, np.float32, "r+", 8 * shape[0], shape)[:size]

    def block(self, i: int, j: int) -> Block:
        """Rows, columns and logarithms of the counts of a block."""
        number = i * self.sides + j
        part = slice(self.starts[number], self.starts[number + 1])
        return Block(self.rows[part], self.columns[part], self.logs[part])


@contextmanager
def shuffled(counts: Artifact, words: int, seed: int, folder: Path) -> Iterator[ShuffledCounts]:
    """The entries of counts in blocks, each in random order, in an unnamed file in ``folder``: 12 bytes an entry.

    Raises:
        ArtifactError: where the files of the counts do not fit each other.
        OutputError: the disk of the folder has no room for them.
    """
    indptr, columns, values = _opened(counts, words)
    sides = min(_LARGEST_SIDE, max(_SMALLEST_SIDE, -(-words // _WORDS_A_BLOCK)))
    sizes = np.zeros((sides, sides), np.int64)
    for first, last in _row_ranges(indptr):
        part = slice(indptr[first], indptr[last])
        count_blocks(first, indptr[first : last + 1] - indptr[first], np.asarray(columns[part]), sizes)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    with ExitStack() as stack:
        with writing(folder):
            file = stack.enter_context(temporary_file(folder))
            entries = ShuffledCounts(sides, starts, file)
        nexts, unit = starts[:-1].reshape(sides, sides).copy(), float(counts.summary.get("unit", 1))
        for first, last in _row_ranges(indptr):
            part = slice(indptr[first], indptr[last])
            given = indptr[first : last + 1] - indptr[first], np.asarray(columns[part]), np.asarray(values[part])
            place_entries(first, *given, unit, nexts, Block(entries.rows, entries.columns, entries.logs))
        for number in range(sides * sides):
            shuffle(entries.block(*divmod(number, sides)), random_state(seed, number))
        yield entries


def _opened(counts: Artifact, words: int) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[Any]]:
    indptr = np.array(counts.array("indptr.npy", ("int64",), 1))
    columns = counts.array("indices.npy", ("int32",), 1)
    values = counts.array("data.npy", ("uint32", "uint64"), 1)
    rising = len(indptr) == words + 1 and indptr[0] == 0 and bool(np.all(np.diff(indptr) >= 0))
    if not rising or not int(indptr[-1]) == len(columns) == len(values):
        raise ArtifactError(f"{counts.path}: indptr.npy does not match the other files", _RECREATE)
    for first in range(0, len(columns), _READ_ENTRIES):
        part, some = columns[first : first + _READ_ENTRIES], values[first : first + _READ_ENTRIES]
        if not 0 <= int(part.min()) <= int(part.max()) < words or int(some.min()) == 0:
            raise ArtifactError(f"{counts.path} has an entry with an invalid word or a count of 0", _RECREATE)
    return indptr, columns, values


def _row_ranges(indptr: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Ranges of rows of about so many entries."""
    first, size = 0, len(indptr) - 1
    while first < size:
        last = int(np.searchsorted(indptr, indptr[first] + _READ_ENTRIES, "right")) - 1
        last = min(size, max(last, first + 1))
        yield first, last
        first = last
