"""The hash that a hash split goes by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.jit import kernel

_NEWLINE = 10
_FNV_OFFSET = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)
_FINAL_1 = np.uint64(0xFF51AFD7ED558CCD)
_FINAL_2 = np.uint64(0xC4CEB9FE1A85EC53)


@kernel
def hash_lines(block: NDArray[np.uint8], lines: int) -> NDArray[np.uint64]:
    """A 64-bit hash of each line without its newline: FNV-1a, then MurmurHash3's final mixing. It never changes."""
    hashes = np.empty(lines, np.uint64)
    at = 0
    for line in range(lines):
        key = _FNV_OFFSET
        while block[at] != _NEWLINE:
            key = (key ^ np.uint64(block[at])) * _FNV_PRIME
            at += 1
        at += 1
        key = (key ^ (key >> np.uint64(33))) * _FINAL_1
        key = (key ^ (key >> np.uint64(33))) * _FINAL_2
        hashes[line] = key ^ (key >> np.uint64(33))
    return hashes
