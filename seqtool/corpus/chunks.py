"""The distinct chunks of a text, numbered as they appear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.corpus import kernels

_FIRST_SLOTS = 1 << 16
_FIRST_ARENA = 1 << 18


@dataclass(frozen=True)
class Scanned:
    """A block's lines (L) as chunks (C).

    Attributes:
        ids: int32, each chunk's entry in the table that scanned it.
        lines: int32, the numbers of the lines that were kept.
        chunks: uint32, how many chunks each has.
        lengths: uint32, characters and bytes of each, newline included.
    """

    ids: NDArray[np.int32]
    lines: NDArray[np.int32]
    chunks: NDArray[np.uint32]
    lengths: NDArray[np.uint32]


class ChunkTable:
    """A growing table of distinct chunks; see `kernels` for its memory."""

    def __init__(self) -> None:
        self.size = 0
        starts = np.zeros(_FIRST_SLOTS // 2, np.int64)
        self._arrays: kernels.Table = (
            np.zeros(_FIRST_SLOTS, np.uint64),
            np.empty(_FIRST_SLOTS // 2, np.uint64),
            np.empty(_FIRST_SLOTS // 2, np.uint64),
            starts,
            np.empty(_FIRST_ARENA, np.uint8),
        )

    def scan(self, block: bytes, lines: int, mode: int, drop_blank: bool) -> Scanned:
        """Split a block that ends in a newline, adding its chunks."""
        data = np.frombuffer(block, np.uint8)
        words: Any = np.ndarray((max(0, data.size - 7),), np.uint64, data, strides=(1,))
        *columns, self.size, self._arrays = kernels.scan(data, words, lines, mode, drop_blank, self.size, self._arrays)
        return Scanned(*columns)

    def absorb(self, other: ChunkTable) -> NDArray[np.int32]:
        """Add the chunks of ``other``; their entries here, in its order."""
        mapping, self.size, self._arrays = kernels.absorb(other.size, other._arrays, self.size, self._arrays)
        return mapping  # type: ignore[no-any-return]

    def text(self) -> str:
        """The chunks in order, one a line."""
        *_, starts, arena = self._arrays
        return bytes(arena[: max(0, int(starts[self.size]) - 1)]).decode()
