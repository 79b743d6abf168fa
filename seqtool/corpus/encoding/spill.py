"""Pretokenized blocks on disk, between the pass that reads the text and the pass that writes the ids."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.arrays import temporary_file, write_all
from seqtool.corpus.encoding.pretokens import Pretokenized


@dataclass(frozen=True)
class Place:
    """Where a block lies in the spill: L lines, C pretokens, from byte ``offset``, numbered by table ``table``."""

    offset: int
    table: int
    first_line: int
    lines: int
    pretokens: int


@dataclass(frozen=True)
class SpilledBlock:
    """A block read back.

    Attributes:
        ids: int32, pretoken numbers in the table ``table``.
        pretokens: uint32, pretokens of each line.
        lengths: uint32, characters and bytes of each line.
        parts: uint8, the part (train, valid, test) of each line.
    """

    table: int
    ids: NDArray[np.int32]
    pretokens: NDArray[np.uint32]
    lengths: NDArray[np.uint32]
    parts: NDArray[np.uint8]


class Spill:
    """An unnamed temporary file of pretokenized blocks.

    Args:
        directory: the folder whose disk it takes.
    """

    def __init__(self, directory: Path) -> None:
        self._file, self._maps = temporary_file(directory), temporary_file(directory)
        self._map_sizes: list[int] = []
        self._end = 0
        self.places: list[Place] = []
        self.lines = 0
        self.ends: list[int] | None = None

    def __enter__(self) -> Spill:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
        self._maps.close()

    def append(self, table: int, pretokenized: Pretokenized, parts: NDArray[np.uint8]) -> None:
        """Add a block."""
        lines = len(pretokenized.pretokens)
        self.places.append(Place(self._end, table, self.lines, lines, len(pretokenized.ids)))
        for array in (pretokenized.ids, pretokenized.pretokens, pretokenized.lengths, parts):
            write_all(self._file, array)
            self._end += array.nbytes
        self.lines += lines

    def keep_map(self, mapping: NDArray[np.int32]) -> None:
        """Put the numbers of a table's pretokens among those of all on the disk too."""
        write_all(self._maps, mapping)
        self._map_sizes.append(len(mapping))

    def maps(self) -> list[NDArray[np.int32]]:
        """What `keep_map` was given, mapped."""
        sizes, ends = self._map_sizes, np.cumsum(self._map_sizes)
        if not sum(sizes):
            return [np.zeros(0, np.int32) for _ in sizes]
        everything = np.memmap(self._maps, np.int32, "r", shape=(int(ends[-1]),))  # type: ignore[call-overload]
        return np.split(everything, ends[:-1])

    def split_contiguously(self, shares: tuple[float, ...]) -> None:
        """Give lines to parts by position, in place of the parts they were stored with."""
        self.ends = [round(share * self.lines) for share in np.cumsum(shares).tolist()]

    def read(self, place: Place) -> SpilledBlock:
        """A block of ``places``; safe to call from several threads."""
        lines, pretokens = place.lines, place.pretokens
        data = os.pread(self._file.fileno(), 4 * pretokens + 13 * lines, place.offset)
        ids = np.frombuffer(data, np.int32, pretokens)
        counts = np.frombuffer(data, np.uint32, lines, 4 * pretokens)
        lengths = np.frombuffer(data, np.uint32, 2 * lines, 4 * pretokens + 4 * lines).reshape(-1, 2)
        parts = np.frombuffer(data, np.uint8, lines, 4 * pretokens + 12 * lines)
        return SpilledBlock(place.table, ids, counts, lengths, self._by_position(place) if self.ends else parts)

    def _by_position(self, place: Place) -> NDArray[Any]:
        numbers = np.arange(place.first_line, place.first_line + place.lines)
        return np.searchsorted(np.array(self.ends), numbers, side="right").astype(np.uint8)
