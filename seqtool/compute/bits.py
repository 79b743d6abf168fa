"""Which bit of a number is set: what numba has no instruction for, by a multiplication and a table.

A number of one bit times the De Bruijn number has other top six bits for each of the 64 bits (Leiserson, Prokop and
Randall 1998). ``x & (~x + 1)`` is the lowest bit of x, so that of x > 0 it has the number

    BIT_NUMBERS[((x & (~x + 1)) * DE_BRUIJN) >> 58]
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DE_BRUIJN = np.uint64(0x022FDD63CC95386D)


def _bit_numbers() -> NDArray[np.int64]:
    numbers = np.zeros(64, np.int64)
    for bit in range(64):
        numbers[((int(DE_BRUIJN) << bit) & (2**64 - 1)) >> 58] = bit
    return numbers


BIT_NUMBERS = _bit_numbers()
