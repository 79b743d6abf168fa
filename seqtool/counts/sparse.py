"""Sparse matrices on disk: the three arrays of CSR, written and read some rows at a time.

    indptr.npy    int64 (V + 1,): the entries of row r are indptr[r] to indptr[r + 1]
    indices.npy   int32 (E,): their columns, ascending in each row
    data.npy      (E,): their values
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.read import Artifact
from seqtool.corpus.arrays import ArrayWriter, temporary_file, write_all
from seqtool.errors import ArtifactError

INDPTR, INDICES, DATA = "indptr.npy", "indices.npy", "data.npy"
_DTYPES = ("uint32", "uint64", "float32", "float64")
_MADE_AGAIN = "make it again"


class SparseWriter:
    """Writes a matrix, rows in order.

    Args:
        folder: receives the three files.
        dtype: of the values.
    """

    def __init__(self, folder: Path, dtype: Any) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._columns = self._stack.enter_context(ArrayWriter(folder / INDICES, np.int32))
        self._values = self._stack.enter_context(ArrayWriter(folder / DATA, dtype))
        self._lengths: list[NDArray[np.int64]] = [np.zeros(1, np.int64)]

    def __enter__(self) -> SparseWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def append(self, lengths: NDArray[np.int64], columns: NDArray[np.int32], values: NDArray[Any]) -> None:
        """Add rows of these lengths."""
        self._lengths.append(lengths)
        self._columns.append(0, columns)
        self._values.append(0, values)

    def finish(self) -> int:
        """Complete the files; the number of entries."""
        self._columns.finish()
        self._values.finish()
        indptr = np.cumsum(np.concatenate(self._lengths))
        np.save(self._folder / INDPTR, indptr)
        return int(indptr[-1])


class SparseRows:
    """A matrix on disk, whose rows are read into memory when they are asked for.

    Attributes:
        indptr: int64 (V + 1,).
        shape: rows and columns.
    """

    def __init__(
        self, indptr: NDArray[np.int64], columns: tuple[int, int], values: tuple[int, int], dtype: Any, width: int
    ) -> None:
        self.indptr = indptr
        self.shape = len(indptr) - 1, width
        self.dtype = np.dtype(dtype)
        self._columns, self._values = columns, values

    def read(self, first: int, last: int) -> tuple[NDArray[np.int32], NDArray[Any]]:
        """Columns and values of the entries of some rows."""
        start, stop = int(self.indptr[first]), int(self.indptr[last])
        return self._part(self._columns, np.dtype(np.int32), start, stop), self._part(
            self._values, self.dtype, start, stop
        )

    def blocks(self, most: int = 1 << 20) -> list[tuple[int, int]]:
        """Ranges of rows with about ``most`` entries each."""
        return row_blocks(np.diff(self.indptr), most)

    @staticmethod
    def _part(place: tuple[int, int], dtype: np.dtype[Any], start: int, stop: int) -> NDArray[Any]:
        descriptor, offset = place
        part = np.empty(stop - start, dtype)
        view, at = memoryview(part.view(np.uint8)), offset + start * dtype.itemsize  # type: ignore[arg-type]
        while len(view):
            count = os.preadv(descriptor, [view], at)
            if not count:
                raise ArtifactError("a sparse matrix ends before its last row", _MADE_AGAIN)
            view, at = view[count:], at + count
        return part


class Spill:
    """Matrices of one shape in two unnamed temporary files."""

    def __init__(self, folder: Path, dtype: Any, width: int) -> None:
        self._stack = ExitStack()
        self._files: list[IO[bytes]] = [self._stack.enter_context(temporary_file(folder)) for _ in range(2)]
        self._dtype, self._width = np.dtype(dtype), width
        self._lengths: list[NDArray[np.int64]] = []
        self._entries = 0
        self.matrices: list[SparseRows] = []

    def __enter__(self) -> Spill:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def append(self, lengths: NDArray[np.int64], columns: NDArray[np.int32], values: NDArray[Any]) -> None:
        """Add rows to the matrix under way."""
        self._lengths.append(lengths)
        write_all(self._files[0], columns)
        write_all(self._files[1], values)

    def end_matrix(self) -> None:
        """The matrix under way is complete."""
        indptr = np.cumsum(np.concatenate([np.zeros(1, np.int64), *self._lengths]))
        columns, values = (file.fileno() for file in self._files)
        places = (columns, 4 * self._entries), (values, self._dtype.itemsize * self._entries)
        self.matrices.append(SparseRows(indptr, *places, self._dtype, self._width))
        self._lengths = []
        self._entries += int(indptr[-1])


def row_blocks(sizes_V: NDArray[np.int64], most: int) -> list[tuple[int, int]]:
    """Ranges of consecutive rows whose sizes sum to about ``most``: less than that and the largest row together."""
    bins = (np.cumsum(sizes_V) - 1) // most
    edges = np.flatnonzero(np.diff(bins)) + 1
    ends = [0, *edges.tolist(), len(sizes_V)]
    return [(first, last) for first, last in zip(ends, ends[1:], strict=False) if last > first]


class OpenedSparse:
    """The matrix of an artifact, its files checked, for reading rows; a context manager."""

    def __init__(self, artifact: Artifact, width: int) -> None:
        self.artifact = artifact
        indptr = artifact.array(INDPTR, ("int64",), 1)
        indices, data = artifact.array(INDICES, ("int32",), 1), artifact.array(DATA, _DTYPES, 1)
        rising = len(indptr) == width + 1 and indptr[0] == 0 and bool(np.all(np.diff(indptr) >= 0))
        if not rising or not int(indptr[-1]) == len(indices) == len(data):
            raise ArtifactError(f"{artifact.path}: {INDPTR} does not fit the other files", _MADE_AGAIN)
        self._stack = ExitStack()
        places = [(self._open(name), getattr(array, "offset", 0)) for name, array in ((INDICES, indices), (DATA, data))]
        self.rows = SparseRows(np.array(indptr), places[0], places[1], data.dtype, width)

    def _open(self, name: str) -> int:
        return self._stack.enter_context((self.artifact.path / name).open("rb")).fileno()

    def __enter__(self) -> OpenedSparse:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def checked_blocks(self, most: int = 1 << 20) -> Iterator[tuple[int, int]]:
        """Ranges of rows."""
        yield from self.rows.blocks(most)
