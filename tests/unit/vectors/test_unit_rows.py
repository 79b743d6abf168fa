"""Rows of any size become rows of unit length, without a word from NumPy."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from seqtool.vectors.unit_rows import unit_rows


@pytest.mark.parametrize("size", [1e38, 3e38, 1e25, 1.0, 1e-20, 1e-38, 1e-44])
def test_the_size_of_a_row_does_not_matter(size: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        units = unit_rows(np.array([[size, -size], [0, 0], [3, 4]], np.float32))
    np.testing.assert_allclose(units, [[0.5**0.5, -(0.5**0.5)], [0, 0], [0.6, 0.8]], rtol=1e-6)
    assert units.dtype == np.float32
