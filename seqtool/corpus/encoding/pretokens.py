"""The distinct pretokens of a text, numbered as they appear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.arrays import pages
from seqtool.corpus.encoding import kernels
from seqtool.corpus.encoding.numbering import number_lines
from seqtool.corpus.packed import PackedTexts

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

    def number(self, texts: list[str]) -> NDArray[np.int32]:
        """Add texts without newlines; their entries."""
        block = ("\n".join(texts) + "\n").encode("utf-8", "surrogateescape")
        self._make_room(len(texts), len(block))
        data, numbers = np.frombuffer(block, np.uint8), np.empty(len(texts), np.int32)
        words: Any = np.ndarray((max(0, data.size - 7),), np.uint64, data, strides=(1,))
        self.size = int(number_lines(data, words, self.size, self._arrays, numbers))
        return numbers

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

    def texts(self) -> PackedTexts:
        """The pretokens in order."""
        return PackedTexts(self._arrays[3][: self.size + 1], self._arrays[4][: self.bytes])

    def _make_room(self, entries: int, size: int) -> None:
        """Grow what is too small for so many more entries and bytes, twofold at least."""
        needed, used = self.size + entries + 1, self.bytes + size
        arrays: list[Any] = list(self._arrays)
        del self._arrays  # one array at a time exists twice
        if needed > len(arrays[1]):
            room = max(needed, 2 * len(arrays[1]))
            for number in (1, 2, 3):
                arrays[number] = _enlarged(arrays[number], room)
        if 2 * needed > len(arrays[0]):
            arrays[0] = None
            arrays[0] = pages(1 << (2 * needed - 1).bit_length(), np.uint64)
            kernels.rehash(arrays[1], self.size, arrays[0])
        if used > len(arrays[4]):
            arrays[4] = _enlarged(arrays[4], max(used, 2 * len(arrays[4])))
        slots, hashes, heads, starts, arena = arrays
        self._arrays = slots, hashes, heads, starts, arena


def _enlarged(array: NDArray[Any], size: int) -> NDArray[Any]:
    larger = pages(size, array.dtype)
    larger[: len(array)] = array
    return larger
