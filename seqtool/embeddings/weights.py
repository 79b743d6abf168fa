"""The matrices that are learned, laid out for the kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.embeddings.lanes import WIDTH

_CACHE_LINE = 64


def aligned(size: int, dtype: Any = np.float32) -> NDArray[Any]:
    """Zeros that begin at a cache line."""
    bytes_needed = size * np.dtype(dtype).itemsize
    raw = np.zeros(bytes_needed + _CACHE_LINE, np.uint8)
    first = -raw.ctypes.data % _CACHE_LINE
    return raw[first : first + bytes_needed].view(dtype)


class Weights:
    """Input and output vectors.

    Args:
        words: V.
        dim: D.
        dtype: float32, or float64 to check gradients.

    Attributes:
        stride: D, filled up with zeros to a multiple of 16.
        inputs, outputs: flat, (V + 1) x stride; row V belongs to the fillers and stays 0.
    """

    def __init__(self, words: int, dim: int, dtype: Any = np.float32) -> None:
        self.words, self.dim = words, dim
        self.stride = -(-dim // WIDTH) * WIDTH
        self.inputs = aligned((words + 1) * self.stride, dtype)
        self.outputs = aligned((words + 1) * self.stride, dtype)

    def rows(self, matrix: NDArray[Any]) -> NDArray[Any]:
        """A view (V, D) of one of the two."""
        return matrix.reshape(self.words + 1, self.stride)[: self.words, : self.dim]

    def start(self, seed: int) -> None:
        """Inputs uniform within ±1/(2 D), outputs 0, as in word2vec.c."""
        drawn = np.random.default_rng(seed).random((self.words, self.dim), np.float32)
        self.rows(self.inputs)[:] = (drawn - np.float32(0.5)) / np.float32(self.dim)

    def finite(self) -> bool:
        """Whether every weight is a number."""
        return bool(np.isfinite(self.inputs.sum()) and np.isfinite(self.outputs.sum()))
