"""Sparse matrices on disk: the three arrays of CSR, written and read some rows at a time.

indptr.npy    int64 (V + 1,): the entries of row r are indptr[r] to indptr[r + 1]
indices.npy   int32 (E,): their columns, ascending in each row
data.npy      (E,): their values
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.read import Artifact
from seqtool.compute.arrays import ArrayWriter, temporary_file, write_all
from seqtool.errors import ArtifactError, plural

INDPTR, INDICES, DATA = "indptr.npy", "indices.npy", "data.npy"
_DTYPES = ("uint32", "uint64", "float32", "float64")
_RECREATE = "recreate it"
_MATRICES_OF_A_LEVEL = 8
Rows = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[Any]]


class SparseWriter:
    """Writes a matrix, rows in order.

    Args:
        folder: receives the three files.
        dtype: of the values.
    """

    def __init__(self, folder: Path, dtype: Any) -> None:
        self._stack = ExitStack()
        self._columns = self._stack.enter_context(ArrayWriter(folder / INDICES, np.int32))
        self._values = self._stack.enter_context(ArrayWriter(folder / DATA, dtype))
        self._starts = self._stack.enter_context(ArrayWriter(folder / INDPTR, np.int64))
        self._starts.append(0, np.zeros(1, np.int64))

    def __enter__(self) -> SparseWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def append(self, lengths: NDArray[np.int64], columns: NDArray[np.int32], values: NDArray[Any]) -> None:
        """Add rows of these lengths."""
        self._starts.append(0, self._columns.lengths[0] + np.cumsum(lengths))
        self._columns.append(0, columns)
        self._values.append(0, values)

    def finish(self) -> int:
        """Complete the files; the number of entries."""
        for array in (self._columns, self._values, self._starts):
            array.finish()
        return self._columns.lengths[0]


class SparseRows:
    """A matrix on disk, whose rows are read into memory when they are asked for.

    Attributes:
        indptr: int64 (V + 1,), or what reads such an array's items from the disk.
        shape: rows and columns.
    """

    def __init__(
        self,
        indptr: NDArray[np.int64] | _StoredStarts,
        columns: tuple[int, int],
        values: tuple[int, int],
        dtype: Any,
        width: int,
        name: object = "a matrix in a temporary folder",
    ) -> None:
        self.indptr: Any = indptr
        self.shape = len(indptr) - 1, width
        self.dtype = np.dtype(dtype)
        self._columns, self._values, self._name = columns, values, name

    def read(self, first: int, last: int) -> tuple[NDArray[np.int32], NDArray[Any]]:
        """Columns and values of the entries of some rows.

        Raises:
            ArtifactError: a column that the matrix does not have.
        """
        start, stop = int(self.indptr[first]), int(self.indptr[last])
        columns = _read_part(self._columns, np.dtype(np.int32), start, stop)
        if len(columns) and not 0 <= int(columns.min()) <= int(columns.max()) < self.shape[1]:
            message = f"{self._name}: an entry is outside the {plural(self.shape[1], 'column')}"
            raise ArtifactError(message, _RECREATE)
        return columns, _read_part(self._values, self.dtype, start, stop)

    def blocks(self, most: int = 1 << 20) -> list[tuple[int, int]]:
        """Ranges of rows with about ``most`` entries each."""
        return row_blocks(np.diff(self.indptr), most)


def _read_part(place: tuple[int, int], dtype: np.dtype[Any], start: int, stop: int) -> NDArray[Any]:
    """Items ``start`` to ``stop`` of an array that begins at a place (descriptor, offset) of a file."""
    descriptor, offset = place
    part = np.empty(stop - start, dtype)
    view, at = memoryview(part.view(np.uint8)), offset + start * dtype.itemsize  # type: ignore[arg-type]
    while len(view):
        count = os.preadv(descriptor, [view], at)
        if not count:
            raise ArtifactError("a sparse matrix ends before its last row", _RECREATE)
        view, at = view[count:], at + count
    return part


class _StoredStarts:
    """An ``indptr`` of so many items at a place of a file: of many matrices of many rows they would fill the memory."""

    def __init__(self, place: tuple[int, int], size: int) -> None:
        self._place, self._size = place, size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, where: int | slice) -> Any:
        if isinstance(where, int):
            return self[where : where + 1][0]
        return _read_part(self._place, np.dtype(np.int64), where.start, where.stop)


class Spill:
    """Matrices of one shape in three unnamed temporary files."""

    def __init__(self, folder: Path, dtype: Any, width: int) -> None:
        self._files: list[IO[bytes]] = [temporary_file(folder) for _ in range(3)]
        self._dtype, self._width = np.dtype(dtype), width
        self._entries = self._starts = 0
        self.matrices: list[SparseRows] = []

    def add(self, matrix: Iterable[Rows]) -> None:
        """Add a matrix, given some rows at a time."""
        entries, starts = 0, 1
        write_all(self._files[2], np.zeros(1, np.int64))
        for lengths, columns, values in matrix:
            write_all(self._files[0], columns)
            write_all(self._files[1], values)
            write_all(self._files[2], entries + np.cumsum(lengths))
            entries, starts = entries + len(columns), starts + len(lengths)
        columns_file, values_file, starts_file = (file.fileno() for file in self._files)
        places = (columns_file, 4 * self._entries), (values_file, self._dtype.itemsize * self._entries)
        indptr = _StoredStarts((starts_file, 8 * self._starts), starts)
        self.matrices.append(SparseRows(indptr, *places, self._dtype, self._width))
        self._entries, self._starts = self._entries + entries, self._starts + starts

    def close(self) -> None:
        """Give the disk back."""
        for file in self._files:
            file.close()


class Levels:
    """Any number of matrices to be added, of which only some exist at a time.

    When a level is full its matrices are merged into one of the next: with n of them, each entry is written about
    log n times.

    Args:
        folder: for the temporary files.
        dtype, width: of the matrices.
        merge: adds matrices.
    """

    def __init__(
        self, folder: Path, dtype: Any, width: int, merge: Callable[[list[SparseRows]], Iterable[Rows]]
    ) -> None:
        self._shape = folder, dtype, width
        self._merge = merge
        self._levels: list[Spill] = []

    def __enter__(self) -> Levels:
        return self

    def __exit__(self, *error: object) -> None:
        for spill in self._levels:
            spill.close()

    @property
    def matrices(self) -> list[SparseRows]:
        """All that are left to be added."""
        return [matrix for spill in self._levels for matrix in spill.matrices]

    def add(self, matrix: Iterable[Rows], level: int = 0) -> None:
        """Add a matrix, given some rows at a time."""
        if level == len(self._levels):
            self._levels.append(Spill(*self._shape))
        spill = self._levels[level]
        spill.add(matrix)
        if len(spill.matrices) == _MATRICES_OF_A_LEVEL:
            self.add(self._merge(spill.matrices), level + 1)
            spill.close()
            self._levels[level] = Spill(*self._shape)


def row_blocks(sizes_V: NDArray[np.int64], most: int) -> list[tuple[int, int]]:
    """Ranges of consecutive rows whose sizes sum to about ``most``: less than that and the largest row together."""
    bins = np.cumsum(sizes_V)
    bins -= 1
    bins //= most
    edges = np.flatnonzero(bins[1:] != bins[:-1]) + 1
    ends = [0, *edges.tolist(), len(sizes_V)]
    return [(first, last) for first, last in pairwise(ends) if last > first]


@contextmanager
def open_sparse(artifact: Artifact, size: int) -> Iterator[SparseRows]:
    """The square matrix of an artifact, its files checked.

    Args:
        artifact: counts or associations.
        size: rows and columns it must have.

    Raises:
        ArtifactError: where the files do not fit each other.
    """
    indptr = artifact.array(INDPTR, ("int64",), 1)
    indices, data = artifact.array(INDICES, ("int32",), 1), artifact.array(DATA, _DTYPES, 1)
    rising = len(indptr) == size + 1 and indptr[0] == 0 and bool(np.all(indptr[1:] >= indptr[:-1]))
    if not rising or not int(indptr[-1]) == len(indices) == len(data):
        raise ArtifactError(f"{artifact.path}: {INDPTR} does not match the other files", _RECREATE)
    with (artifact.path / INDICES).open("rb") as columns, (artifact.path / DATA).open("rb") as values:
        places = [(file.fileno(), getattr(array, "offset", 0)) for file, array in ((columns, indices), (values, data))]
        yield SparseRows(np.array(indptr), places[0], places[1], data.dtype, size, artifact.path)
