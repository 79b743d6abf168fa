"""SplitMix64: random bits that depend on a seed and a position only, so that no order of work changes them.

Kernels call `mixed` of `splitmix_kernel`, this function compiled; this module imports no numba.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

BitsT = TypeVar("BitsT", np.uint64, NDArray[np.uint64])

# A counter that grows by this and is then mixed is the generator SplitMix64.
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1, MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def mix(z: BitsT) -> BitsT:
    """Random bits of numbers: the finaliser of SplitMix64 (Steele, Lea and Flood 2014), a bijection of 64 bits."""
    z = (z ^ (z >> np.uint64(30))) * MIX_1
    z = (z ^ (z >> np.uint64(27))) * MIX_2
    return z ^ (z >> np.uint64(31))
