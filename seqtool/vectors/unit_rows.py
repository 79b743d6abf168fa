"""Rows of unit length, whatever their size."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_SAFE_LENGTHS = 1e-15, 1e18  # between these the sum of float32 squares neither vanishes nor overflows


def unit_rows(vectors_ND: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each row divided by its Euclidean norm; a row of zeros as it is: float32 (N, D)."""
    with np.errstate(over="ignore", under="ignore"):
        lengths_N: NDArray[Any] = np.linalg.norm(vectors_ND, axis=1, keepdims=True)
        units_ND = np.asarray(vectors_ND / np.maximum(lengths_N, np.finfo(np.float32).tiny), np.float32)
    odd = np.flatnonzero(~((lengths_N > _SAFE_LENGTHS[0]) & (lengths_N < _SAFE_LENGTHS[1])))
    doubles_ND = vectors_ND[odd].astype(np.float64)
    norms_N = np.linalg.norm(doubles_ND, axis=1, keepdims=True)
    units_ND[odd] = np.divide(doubles_ND, norms_N, out=np.zeros_like(doubles_ND), where=norms_N > 0)
    return units_ND
