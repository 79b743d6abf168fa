"""Arrays in pages of their own."""

from __future__ import annotations

import numpy as np
import pytest

from seqtool.compute.arrays import pages


@pytest.mark.parametrize("size", [0, 1, 100_000])
def test_pages_hold_zeros_that_can_be_changed(size: int) -> None:
    array = pages(size, np.uint64)
    assert array.shape == (size,)
    assert array.dtype == np.uint64
    assert not array.any()
    array[:] = 7
    assert array.sum() == 7 * size


def test_more_pages_than_the_system_has_are_a_memory_error() -> None:
    with pytest.raises(MemoryError):
        pages(1 << 50, np.uint64)
