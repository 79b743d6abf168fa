"""Many short texts without an object for each: their bytes in a row, and where each begins."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

_PART = 1 << 16


class PackedTexts(Sequence[str]):
    """A sequence of texts: 8 bytes for each beside its spelling, where a list of ``str`` takes about 65.

    Args:
        starts: int64 (T + 1,): text i is bytes ``starts[i]`` to ``starts[i + 1] - 1``, after which comes a newline.
        arena: uint8, UTF-8; stray bytes (of byte-level pieces) as they are.
    """

    def __init__(self, starts: NDArray[np.int64], arena: NDArray[np.uint8]) -> None:
        self._starts, self._arena = starts, arena

    @classmethod
    def of(cls, texts: Sequence[str]) -> PackedTexts:
        """Texts packed, unless they are."""
        if isinstance(texts, PackedTexts):
            return texts
        coded = [text.encode("utf-8", "surrogateescape") for text in texts]
        lengths = np.fromiter(map(len, coded), np.int64, len(coded)) + 1
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        return cls(starts, np.frombuffer(b"".join(text + b"\n" for text in coded), np.uint8))

    @classmethod
    def joined(cls, blocks: Sequence[PackedTexts]) -> PackedTexts:
        """The texts of several, one after the other; each has packed its own with `of`."""
        ends = np.cumsum([0, *(block._starts[-1] for block in blocks)], dtype=np.int64)
        starts = [block._starts[:-1] + end for block, end in zip(blocks, ends.tolist(), strict=False)]
        arenas = [block._arena for block in blocks]
        return cls(np.concatenate([*starts, ends[-1:]]), np.concatenate([np.zeros(0, np.uint8), *arenas]))

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...

    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            first, last, step = index.indices(len(self))
            if step == 1:
                return PackedTexts(self._starts[first : max(first, last) + 1], self._arena)
            return [self[number] for number in range(first, last, step)]
        number = range(len(self))[index]
        return self._coded(number, number + 1).decode("utf-8", "surrogateescape")

    def __iter__(self) -> Iterator[str]:
        for part in self.parts():
            yield from part

    def parts(self) -> Iterator[list[str]]:
        """The texts as lists of a few ten thousand."""
        for first in range(0, len(self), _PART):
            last = min(len(self), first + _PART)
            data = self._coded(first, last)
            if data.count(b"\n") == last - first - 1:
                yield data.decode("utf-8", "surrogateescape").split("\n")
            else:  # a text holds a newline
                yield [self[number] for number in range(first, last)]

    def index(self, value: str, start: int = 0, stop: int | None = None) -> int:
        """The place of a text.

        Raises:
            ValueError: it is not there.
        """
        wanted = np.frombuffer(value.encode("utf-8", "surrogateescape"), np.uint8)
        found = start + np.flatnonzero(self.lengths()[start:stop] == len(wanted))
        for at, byte in enumerate(wanted.tolist()):
            found = found[self._arena[self._starts[found] + at] == byte]
        if not len(found):
            raise ValueError(f"{value!r} is not among the texts")
        return int(found[0])

    def __contains__(self, value: object) -> bool:
        try:
            return isinstance(value, str) and self.index(value) >= 0
        except ValueError:
            return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(str.__eq__, self, other))

    __hash__ = None  # type: ignore[assignment]

    def lengths(self) -> NDArray[np.int64]:
        """Bytes of each text: int64 (T,)."""
        return np.diff(self._starts) - 1

    def taken(self, order: NDArray[Any], before: Iterable[str] = ()) -> PackedTexts:
        """The texts ``before``, and those of some numbers in that order."""
        first = PackedTexts.of(list(before))
        lengths = self.lengths()[order] + 1
        starts = np.concatenate([first._starts, first._starts[-1] + np.cumsum(lengths)])
        arena = np.empty(int(starts[-1]), np.uint8)
        arena[: first._starts[-1]] = first._arena
        at = len(first)
        for begin in range(0, len(order), _PART):
            some = order[begin : begin + _PART]
            new = starts[at + begin : at + begin + len(some) + 1]
            shifts = np.repeat(self._starts[some] - new[:-1], np.diff(new))
            arena[new[0] : new[-1]] = self._arena[np.arange(new[0], new[-1]) + shifts]
        return PackedTexts(starts, arena)

    def repeated(self, first: int = 0) -> str | None:
        """A text that occurs twice among those from number ``first`` on; None where all differ."""
        hashes = np.fromiter(map(hash, itertools.islice(self, first, None)), np.int64, len(self) - first)
        ordered = np.sort(hashes)
        same = ordered[1:][ordered[1:] == ordered[:-1]]
        seen: set[str] = set()
        for number in (first + np.flatnonzero(np.isin(hashes, same))).tolist() if len(same) else ():
            if (text := self[number]) in seen:
                return text
            seen.add(text)
        return None

    def by_rank(self, counts: NDArray[np.int64]) -> NDArray[np.int32]:
        """The order of the texts by falling count, equal counts by their bytes: int32 (T,).

        Eight bytes are compared at a time; texts that are equal so far are sorted among themselves by the next eight.
        """
        order, depth = np.arange(len(self), dtype=np.int32), 0
        groups: Any = -counts if counts.max(initial=0) >> 31 else -counts.astype(np.int32)
        tied: Any = slice(None)
        while len(groups):
            heads, ends = self._heads(order[tied], depth)
            sorting = np.lexsort((ends, heads, groups))
            order[tied] = order[tied][sorting]
            heads, ends, groups = heads[sorting], ends[sorting], groups[sorting]
            new = np.ones(len(groups) + 1, bool)
            new[1:-1] = (groups[1:] != groups[:-1]) | (heads[1:] != heads[:-1]) | (ends[1:] != ends[:-1])
            again = np.flatnonzero(~(new[1:] & new[:-1])).astype(np.int32)
            groups = np.cumsum(new[:-1], dtype=np.int32)[again]
            tied, depth = again if depth == 0 else tied[again], depth + 8
        return order

    def _heads(self, numbers: NDArray[Any], depth: int) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
        """Bytes ``depth`` to ``depth + 8`` of some texts as numbers that sort as they do, and how many there are."""
        heads, counts = np.zeros((len(numbers), 8), np.uint8), np.empty(len(numbers), np.uint8)
        for begin in range(0, len(numbers), _PART):
            some = numbers[begin : begin + _PART]
            firsts, ends = self._starts[some] + depth, self._starts[1:][some] - 1
            counts[begin : begin + _PART] = np.minimum(ends - firsts, 8)
            for byte in range(8):
                has = np.flatnonzero(firsts + byte < ends)
                heads[begin + has, byte] = self._arena[firsts[has] + byte]
        return heads.view(np.uint64)[:, 0].byteswap(inplace=sys.byteorder == "little"), counts

    def _coded(self, first: int, last: int) -> bytes:
        """Texts ``first`` to ``last``, a newline between them."""
        begin: Any = self._starts[first]
        return self._arena[begin : max(begin, self._starts[last] - 1)].tobytes()
