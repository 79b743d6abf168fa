"""Random numbers that depend on a seed and a position only, so that no order of work changes them."""

from __future__ import annotations

import numpy as np

from seqtool.compute.jit import kernel

# A counter that grows by this and is then `mixed` is the generator SplitMix64.
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1, MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@kernel
def mixed(z: np.uint64) -> np.uint64:
    """Random bits of a number (the finaliser of SplitMix64, Steele, Lea and Flood 2014)."""
    z = (z ^ (z >> np.uint64(30))) * MIX_1
    z = (z ^ (z >> np.uint64(27))) * MIX_2
    return z ^ (z >> np.uint64(31))
