"""A sparse matrix times a block of columns: on all cores, or on CUDA.

On the CPU the product is made in tiles, some thousand columns of the matrix by some thousand rows, so that the rows of
the block that a tile needs stay in the core's own cache: half as fast again as row after row.

Shapes: A is N × N with E entries; B columns of a block; T tiles of columns.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from seqtool.compute.jit import kernel, reassociating_kernel

# 6,000 columns × 32 numbers of 4 bytes are 0.75 MB, 4,096 rows 0.5 MB: together they fit a cache of 1.5 MB.
_TILE_COLUMNS, _TILE_ROWS = 6000, 4096


class CpuMatrix:
    """A matrix as an operator on numpy arrays for `lanczos`.

    Args:
        matrix: A.
        threads: how many.
        seed: of `random`.
        dtype: float32 or float64, of everything.
    """

    def __init__(self, matrix: csr_array, threads: int, seed: int, dtype: Any = np.float32) -> None:
        self.size = matrix.shape[0]
        self._dtype = np.dtype(dtype)
        self._random = np.random.default_rng(seed)
        self._pool = ThreadPoolExecutor(threads)
        self._matrix = _Tiled(matrix, self._dtype)
        self._transposed = _Tiled(matrix.T.tocsr(), self._dtype)

    def random(self, columns: int) -> NDArray[Any]:
        """A normally distributed (N, columns) array; the next one at every call."""
        return self._random.standard_normal((self.size, columns)).astype(self._dtype)

    def empty(self, columns: int) -> NDArray[Any]:
        """An (N, columns) array to be filled, a whole column after the other in memory."""
        return np.empty((self.size, columns), self._dtype, order="F")

    def times(self, x_NB: NDArray[Any]) -> NDArray[Any]:
        """A X."""
        return self._matrix.times(x_NB, self._pool)

    def transposed_times(self, x_NB: NDArray[Any]) -> NDArray[Any]:
        """A' X."""
        return self._transposed.times(x_NB, self._pool)

    def array(self, host: NDArray[Any]) -> NDArray[Any]:
        """A host array (float64) as one of these, in their precision."""
        return host.astype(self._dtype)

    def host(self, array: NDArray[Any]) -> NDArray[Any]:
        """An array as a host array."""
        return array


class _Tiled:
    def __init__(self, matrix: csr_array, dtype: np.dtype[Any]) -> None:
        size = matrix.shape[0]
        edges = np.array([*range(_TILE_COLUMNS, size, _TILE_COLUMNS), size])
        indptr = matrix.indptr.astype(np.int64)
        self._columns, self._values = matrix.indices.astype(np.int32), matrix.data.astype(dtype, copy=False)
        self._bounds_TN = _tile_bounds(indptr, self._columns, edges)
        self._blocks = [(first, min(first + _TILE_ROWS, size)) for first in range(0, size, _TILE_ROWS)]

    def times(self, x_NB: NDArray[Any], pool: ThreadPoolExecutor) -> NDArray[Any]:
        x_NB = np.ascontiguousarray(x_NB)
        result_NB = np.empty_like(x_NB)

        def multiply(block: tuple[int, int]) -> None:
            _multiply(self._bounds_TN, self._columns, self._values, x_NB, result_NB, *block)

        list(pool.map(multiply, self._blocks))
        return result_NB


@kernel
def _tile_bounds(indptr: NDArray[np.int64], columns: NDArray[np.int32], edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the entries of every row pass each edge: int64 (T + 1, N)."""
    size = len(indptr) - 1
    bounds = np.empty((len(edges) + 1, size), np.int64)
    for r in range(size):
        i = indptr[r]
        bounds[0, r] = i
        for t in range(len(edges)):
            while i < indptr[r + 1] and columns[i] < edges[t]:
                i += 1
            bounds[t + 1, r] = i
    return bounds


@reassociating_kernel
def _multiply(
    bounds_TN: NDArray[np.int64],
    columns: NDArray[np.int32],
    values: NDArray[Any],
    x_NB: NDArray[Any],
    result_NB: NDArray[Any],
    first: int,
    last: int,
) -> None:
    """Rows ``first`` to ``last`` of A X."""
    width = x_NB.shape[1]
    result_NB[first:last] = 0
    for t in range(bounds_TN.shape[0] - 1):
        for r in range(first, last):
            i, end = bounds_TN[t, r], bounds_TN[t + 1, r]
            while i + 4 <= end:
                a, b, c, d = columns[i], columns[i + 1], columns[i + 2], columns[i + 3]
                p, q, u, v = values[i], values[i + 1], values[i + 2], values[i + 3]
                for k in range(width):
                    result_NB[r, k] += p * x_NB[a, k] + q * x_NB[b, k] + u * x_NB[c, k] + v * x_NB[d, k]
                i += 4
            while i < end:
                a, p = columns[i], values[i]
                for k in range(width):
                    result_NB[r, k] += p * x_NB[a, k]
                i += 1


class CudaMatrix:
    """A matrix as an operator on torch tensors on a GPU for `lanczos`, as `CpuMatrix`; float32.

    Args:
        matrix: A.
        device: such as ``cuda``.
        seed: of `random`.
    """

    def __init__(self, matrix: csr_array, device: Any, seed: int) -> None:
        import torch

        self._torch, self._device = torch, device
        self.size = matrix.shape[0]
        self._generator = torch.Generator(device).manual_seed(seed)
        self._matrix, self._transposed = self._sparse(matrix), self._sparse(matrix.T.tocsr())

    def _sparse(self, matrix: csr_array) -> Any:
        arrays = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data.astype(np.float32)
        indptr, columns, values = (self._torch.from_numpy(array).to(self._device) for array in arrays)
        return self._torch.sparse_csr_tensor(indptr, columns, values, size=matrix.shape)

    def random(self, columns: int) -> Any:
        """See `CpuMatrix.random`."""
        return self._torch.randn(self.size, columns, generator=self._generator, device=self._device)

    def empty(self, columns: int) -> Any:
        """See `CpuMatrix.empty`."""
        return self._torch.empty(columns, self.size, device=self._device).T

    def times(self, x_NB: Any) -> Any:
        """A X."""
        return self._matrix @ x_NB

    def transposed_times(self, x_NB: Any) -> Any:
        """A' X."""
        return self._transposed @ x_NB

    def array(self, host: NDArray[Any]) -> Any:
        """On the GPU."""
        return self._torch.from_numpy(np.ascontiguousarray(host, np.float32)).to(self._device)

    def host(self, array: Any) -> NDArray[Any]:
        """From the GPU."""
        result: NDArray[Any] = array.cpu().numpy()
        return result
