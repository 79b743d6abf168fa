"""The distinct pretokens of a text, numbered as they appear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.corpus.encoding import kernels

_FIRST_ENTRIES = 1 << 15
_FIRST_ARENA = 1 << 18


@dataclass(frozen=True)
class Pretokenized:
    """A block's lines (L) as pretokens (C).

    Attributes:
        ids: int32 (C,), each pretoken's entry in the table that pretokenized it.
        lines: int32 (L,), the numbers of the lines that were kept.
        pretokens: uint32 (L,), how many pretokens each has.
        lengths: uint32 (L, 2), characters and bytes of each, newline included.
    """

    ids: NDArray[np.int32]
    lines: NDArray[np.int32]
    pretokens: NDArray[np.uint32]
    lengths: NDArray[np.uint32]


class PretokenTable:
    """A growing table of distinct pretokens; see `kernels` for its arrays."""

    def __init__(self) -> None:
        self.size = 0
        self._arrays: kernels.Table = (
            np.zeros(2 * _FIRST_ENTRIES, np.uint64),
            np.empty(_FIRST_ENTRIES, np.uint64),
            np.empty(_FIRST_ENTRIES, np.uint64),
            np.zeros(_FIRST_ENTRIES, np.int64),
            np.empty(_FIRST_ARENA, np.uint8),
        )

    def pretokenize(self, block: bytes, lines: int, mode: int, drop_blank: bool) -> Pretokenized:
        """Split a block of ``lines`` lines that ends in a newline, adding its pretokens."""
        data = np.frombuffer(block, np.uint8)
        words: Any = np.ndarray((max(0, data.size - 7),), np.uint64, data, strides=(1,))
        ids, numbers = np.empty(data.size, np.int32), np.empty(lines, np.int32)
        pretokens, lengths = np.empty(lines, np.uint32), np.empty((lines, 2), np.uint32)
        state = np.array([0, 0, 0, 0, self.size, 0])
        arrays = ids, numbers, pretokens, lengths
        while not kernels.pretokenize(data, words, mode, drop_blank, state, arrays, self._arrays):
            self.size = int(state[4])
            self._make_room(self.size + 1, int(state[5]) + 1)
        *_, filled, kept, self.size, _ = state.tolist()
        return Pretokenized(ids[:filled], numbers[:kept], pretokens[:kept], lengths[:kept])

    def absorb(self, other: PretokenTable) -> NDArray[np.int32]:
        """Add the pretokens of ``other``; their entries here, in its order."""
        self._make_room(other.size, other.bytes)
        mapping = np.empty(other.size, np.int32)
        self.size = int(kernels.absorb(other.size, other._arrays, self.size, self._arrays, mapping))
        return mapping

    @property
    def bytes(self) -> int:
        """The bytes of all pretokens, a newline after each included."""
        return int(self._arrays[3][self.size])

    def text(self) -> str:
        """The pretokens in order, one a line."""
        return self._arrays[4][: max(0, self.bytes - 1)].tobytes().decode()

    def _make_room(self, entries: int, size: int) -> None:
        """Grow what is too small for so many more entries and bytes, twofold at least."""
        slots, hashes, heads, starts, arena = self._arrays
        needed = self.size + entries + 1
        if needed > len(hashes):
            room = max(needed, 2 * len(hashes))
            hashes, heads, starts = (_enlarged(array, room) for array in (hashes, heads, starts))
        if 2 * needed > len(slots):
            slots = np.zeros(1 << (2 * needed - 1).bit_length(), np.uint64)
            kernels.rehash(hashes, self.size, slots)
        if self.bytes + size > len(arena):
            arena = _enlarged(arena, max(self.bytes + size, 2 * len(arena)))
        self._arrays = slots, hashes, heads, starts, arena


def _enlarged(array: NDArray[Any], size: int) -> NDArray[Any]:
    larger = np.empty(size, array.dtype)
    larger[: len(array)] = array
    return larger
