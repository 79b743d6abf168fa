"""The matrices that are learned, laid out for the kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.simd import WIDTH

_CACHE_LINE = 64
_BLOCK_ROWS = 1 << 12


def aligned(size: int, dtype: Any = np.float32) -> NDArray[Any]:
    """Zeros that begin at a cache line."""
    bytes_needed = size * np.dtype(dtype).itemsize
    raw = np.zeros(bytes_needed + _CACHE_LINE, np.uint8)
    first = -raw.ctypes.data % _CACHE_LINE
    return raw[first : first + bytes_needed].view(dtype)


@dataclass(frozen=True)
class Parts:
    """The rows whose mean a word's vector is.

    Attributes:
        count: N, rows there are: a word's own has its number, those of n-grams come behind.
        starts_V1: int64; those of word v are items ``starts[v]`` to ``starts[v + 1]``, its own first.
        rows: int32.
        sharing_V: float64, how many words of a text move word v at each of its positions, by the rows they share.
    """

    count: int
    starts_V1: NDArray[np.int64]
    rows: NDArray[np.int32]
    sharing_V: NDArray[np.float64]


class Weights:
    """Input and output vectors.

    Args:
        words: V.
        dim: D.
        dtype: float32, or float64 to check gradients.
        parts: of the words' vectors, where they are means of N rows; otherwise N is V.

    Attributes:
        stride: D, filled up with zeros to a multiple of 16.
        inputs, outputs: flat, (N + 1) x stride and (V + 1) x stride; the last row belongs to the fillers and stays 0.
    """

    def __init__(self, words: int, dim: int, dtype: Any = np.float32, parts: Parts | None = None) -> None:
        self.words, self.dim, self.parts = words, dim, parts
        self.stride = -(-dim // WIDTH) * WIDTH
        rows = words if parts is None else parts.count
        self.inputs = aligned((rows + 1) * self.stride, dtype)
        self.outputs = aligned((words + 1) * self.stride, dtype)

    def rows(self, matrix: NDArray[Any]) -> NDArray[Any]:
        """A view (N, D) or (V, D) of one of the two."""
        return matrix.reshape(-1, self.stride)[:-1, : self.dim]

    def start(self, seed: int) -> None:
        """Inputs uniform within ±1/(2 D) as in word2vec.c, parts of means within ±1/D as in fastText; outputs 0."""
        inputs = self.rows(self.inputs)
        draw, scale = np.random.default_rng(seed), np.float32(self.dim if self.parts is None else self.dim / 2)
        for first in range(0, len(inputs), _BLOCK_ROWS):
            rows = inputs[first : first + _BLOCK_ROWS]
            rows[:] = (draw.random(rows.shape, np.float32) - np.float32(0.5)) / scale

    def finite(self) -> bool:
        """Whether every weight is a number."""
        return bool(np.isfinite(self.inputs.sum()) and np.isfinite(self.outputs.sum()))
