"""The compiled loops of preprocessing: bytes → pretokens → ids.

A *pretoken* is the piece of a line that is tokenised on its own; what it is depends on the mode:

    WORDS       a run of characters other than white space
    SPACED      the white space before such a run, and the run; at a line's end, the white space alone
    CHARACTERS  as SPACED, but a Han character or Hangul syllable also ends a pretoken

so that in the last two modes the pretokens of a line, joined, are the line. White space is what ``str.isspace`` says it
is, and NUL. A line ends at ``\\n`` only.

Distinct pretokens live in an exact, growing hash table of five arrays:

    slots_K   uint64  0 where free, else 32 bits of the hash, then entry + 1; K is a power of two
    hashes_E  uint64  the hash of every entry
    heads_E   uint64  its first eight bytes
    starts_E  int64   where every entry begins in the arena, and where the next will
    arena     uint8   the entries' bytes, each followed by a newline (which no pretoken contains)

Shapes: C pretokens of a block, L its lines, E entries.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.bits import BIT_NUMBERS, DE_BRUIJN
from seqtool.compute.jit import kernel
from seqtool.compute.splitmix import GOLDEN, MIX_1

WORDS, SPACED, CHARACTERS = 0, 1, 2

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
Lines = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint32], NDArray[np.uint32]]
Table = tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64], NDArray[np.int64], Bytes]


class Pretoken(NamedTuple):
    """A pretoken of text, bytes ``begin`` to ``end`` of a block; its first eight bytes as a number, and its hash."""

    begin: int
    end: int
    head: Any
    key: Any


_NEWLINE = 10
_TEXT, _SPACE, _LEAD, _END = 0, 1, 2, 3


def _kinds() -> Bytes:
    """What a byte can begin: text, an ASCII space, perhaps a wide space (a lead byte), the end of the line."""
    kinds = np.full(256, _TEXT, np.uint8)
    kinds[[0, 9, 11, 12, 13, 28, 29, 30, 31, 32]] = _SPACE
    kinds[[0xC2, 0xE1, 0xE2, 0xE3]] = _LEAD
    kinds[_NEWLINE] = _END
    return kinds


_KINDS = _kinds()
_MASKS = np.array([(1 << 8 * count) - 1 for count in range(9)], np.uint64)
_BLANKS = np.uint64(0x2121212121212121)
_HIGH_BITS = np.uint64(0x8080808080808080)
_ONE = np.uint64(1)
_LOW = np.uint64(0xFFFFFFFF)
_HIGH = np.uint64(0xFFFFFFFF00000000)


@kernel
def _wide_space(block: Bytes, at: int) -> int:
    """Bytes of the white-space character whose possible lead byte is at ``at``; 0 if it is another character."""
    lead, second = block[at], block[at + 1]
    if lead == 0xC2:  # next line, no-break space
        return 2 if second == 0x85 or second == 0xA0 else 0
    third = block[at + 2]
    if lead == 0xE2 and second == 0x80:  # U+2000 to U+200A, line and paragraph separator, narrow no-break space
        return 3 if third <= 0x8A or third == 0xA8 or third == 0xA9 or third == 0xAF else 0
    ogham = lead == 0xE1 and second == 0x9A and third == 0x80
    mathematical = lead == 0xE2 and second == 0x81 and third == 0x9F
    ideographic = lead == 0xE3 and second == 0x80 and third == 0x80
    return 3 if ogham or mathematical or ideographic else 0


@kernel
def _after_spaces(block: Bytes, at: int) -> int:
    """Where the white space that begins at ``at`` ends; at the line's end at the latest."""
    while True:
        kind = _KINDS[block[at]]
        if kind == _SPACE:
            at += 1
            continue
        width = _wide_space(block, at) if kind == _LEAD else 0
        if width == 0:
            return at
        at += width


@kernel
def _after_word(block: Bytes, words: Words, at: int, mode: int) -> int:
    """Where the run of text that begins at ``at`` ends."""
    while True:
        while at < words.size:  # eight bytes at a time to the first that is not a printable ASCII character
            word = words[at]
            # The high bit of every byte below 0x21 or above 0x7F. A byte after one of these may be marked wrongly, by
            # the borrow, but only the first one counts.
            other = (((word - _BLANKS) & ~word) | word) & _HIGH_BITS
            if other != 0:
                at += BIT_NUMBERS[((other & (~other + _ONE)) * DE_BRUIJN) >> np.uint64(58)] >> 3
                break
            at += 8
        kind = _KINDS[block[at]]
        if kind == _SPACE or kind == _END or (kind == _LEAD and _wide_space(block, at) > 0):  # noqa: SIM109
            return at
        lead = block[at]
        at += 1
        if mode == CHARACTERS and 0xE4 <= lead <= 0xED and (lead != 0xEA or block[at] >= 0xB0):
            return at + 2  # U+4000 to U+9FFF, U+AC00 to U+D7FF


@kernel
def _head(block: Bytes, words: Words, begin: int, end: int) -> Any:
    """The first eight bytes as a number, the first byte lowest; zeros past the end."""
    if begin < words.size:
        return words[begin] & _MASKS[min(8, end - begin)]
    head = np.uint64(0)
    for at in range(min(8, end - begin)):
        head |= np.uint64(block[begin + at]) << np.uint64(8 * at)
    return head


@kernel
def _hash(block: Bytes, words: Words, begin: int, end: int, head: Any) -> Any:
    """A 64-bit hash of the bytes, of which ``head`` is the first eight."""
    # A product moves bits up only. The shifts bring them down again, because a slot is chosen by the low bits.
    key = (np.uint64(end - begin) ^ head) * GOLDEN
    for at in range(begin + 8, end, 8):
        key = (key ^ (key >> np.uint64(32)) ^ _head(block, words, at, end)) * GOLDEN
    key = (key ^ (key >> np.uint64(32))) * MIX_1
    return key ^ (key >> np.uint64(29))


@kernel
def _find(block: Bytes, pretoken: Pretoken, slots: Any, heads: Any, starts: Any, arena: Any) -> tuple[Any, Any]:
    """The entry of a pretoken, or -1; and its slot, or the free slot where it belongs."""
    begin, end, head, key = pretoken
    mask = np.uint64(slots.size - 1)
    slot = key & mask
    while slots[slot] != 0:
        # A slot holds the high half of the hash beside the entry's number, so that most other entries are passed over
        # without a look at their bytes, which are elsewhere in memory.
        if (slots[slot] ^ key) & _HIGH == 0:
            entry = np.int64(slots[slot] & _LOW) - 1
            first = starts[entry]
            if heads[entry] == head and starts[entry + 1] - first - 1 == end - begin:
                at = 8
                while at < end - begin and arena[first + at] == block[begin + at]:
                    at += 1
                if at >= end - begin:
                    return entry, slot
        slot = (slot + np.uint64(1)) & mask
    return -1, slot


@kernel
def rehash(hashes: Any, size: int, slots: Any) -> None:
    """Fill free ``slots`` with the first ``size`` entries."""
    mask = np.uint64(slots.size - 1)
    for entry in range(size):
        slot = hashes[entry] & mask
        while slots[slot] != 0:
            slot = (slot + _ONE) & mask
        slots[slot] = (hashes[entry] & _HIGH) | np.uint64(entry + 1)


@kernel
def _has_room(length: int, size: int, slots: Any, hashes: Any, starts: Any, arena: Any) -> bool:
    """Whether an entry of so many bytes can be added, at most every second slot being taken."""
    fits = starts[size] + length + 1 <= arena.size
    return bool(fits and size + 1 < hashes.size and 2 * (size + 1) <= slots.size)


@kernel
def _add(block: Bytes, pretoken: Pretoken, slot: Any, size: int, table: Any) -> None:
    """Add a pretoken to a table that has room for it."""
    begin, end, head, key = pretoken
    slots, hashes, heads, starts, arena = table
    first = starts[size]
    for at in range(begin, end):
        arena[first + at - begin] = block[at]
    arena[first + end - begin] = _NEWLINE
    hashes[size], heads[size], starts[size + 1] = key, head, first + end - begin + 1
    slots[slot] = (key & _HIGH) | np.uint64(size + 1)


@kernel
def _characters(block: Bytes, begin: int, end: int) -> int:
    """Code points: the bytes that do not continue one."""
    count = 0
    for at in range(begin, end):
        count += (block[at] & 0xC0) != 0x80
    return count


# One function although it is long: with a part of the loop in a function of its own it was 10 to 100 % slower.
@kernel
def pretokenize(
    block: Bytes, words: Words, mode: int, drop_blank: bool, state: Any, lines: Lines, table: Table
) -> bool:
    """Split a block into lines and pretokens, adding the pretokens to the table, until it is full.

    Args:
        block: UTF-8, ending in a newline.
        words: the eight bytes at every position of the block, as numbers.
        mode: WORDS, SPACED or CHARACTERS.
        drop_blank: leave out lines without text.
        state: int64 (6,), where to begin and then how far it came: position, line, pretokens, lines kept, table
            entries, bytes of the pretoken that the table had no room for.
        lines: receives, as `Pretokenized` tells, ids, numbers of the lines kept, their pretokens and lengths.
        table: five arrays.

    Returns:
        Whether the block is done; if not, the line in ``state`` is to be pretokenized again with a larger table.
    """
    ids, numbers, pretokens, lengths = lines
    slots, hashes, heads, starts, arena = table
    at, line, filled, kept, size = state[0], state[1], state[2], state[3], state[4]
    while at < block.size:
        line_begin, line_filled, blank = at, filled, True
        while True:
            begin = at
            at = _after_spaces(block, at)
            if block[at] != _NEWLINE:
                blank = False
                begin = at if mode == WORDS else begin
                at = _after_word(block, words, at, mode)
            # At the end of the line white space is a pretoken of its own, except in WORDS: nothing may be lost.
            elif mode == WORDS or at == begin:
                break
            head = _head(block, words, begin, at)
            pretoken = Pretoken(begin, at, head, _hash(block, words, begin, at, head))
            entry, slot = _find(block, pretoken, slots, heads, starts, arena)
            if entry < 0:
                if not _has_room(at - begin, size, slots, hashes, starts, arena):
                    # The line begins again with a larger table. What it has added stays, and is found then.
                    state[:] = line_begin, line, line_filled, kept, size, at - begin
                    return False
                _add(block, pretoken, slot, size, table)
                entry = size
                size += 1
            ids[filled] = entry
            filled += 1
        at += 1
        if blank and drop_blank:
            filled = line_filled
        else:
            numbers[kept], pretokens[kept] = line, filled - line_filled
            lengths[kept, 0], lengths[kept, 1] = _characters(block, line_begin, at), at - line_begin
            kept += 1
        line += 1
    state[:] = at, line, filled, kept, size, 0
    return True


@kernel
def absorb(other_size: int, other: Table, size: int, table: Table, mapping: Any) -> int:
    """Add the entries of one table to another that has room for them; its new size.

    ``mapping``, int32 (other_size,), receives the entry here of each entry there.
    """
    slots, _, heads, starts, arena = table
    _, other_hashes, other_heads, other_starts, other_arena = other
    for index in range(other_size):
        pretoken = Pretoken(other_starts[index], other_starts[index + 1] - 1, other_heads[index], other_hashes[index])
        entry, slot = _find(other_arena, pretoken, slots, heads, starts, arena)
        if entry < 0:
            _add(other_arena, pretoken, slot, size, table)
            entry = size
            size += 1
        mapping[index] = entry
    return size


@kernel
def measure(block: Bytes, lines: int) -> NDArray[np.uint32]:
    """Characters and bytes of each line, newline included: uint32 (lines, 2)."""
    lengths = np.empty((lines, 2), np.uint32)
    begin = 0
    for line in range(lines):
        end = begin
        while block[end] != _NEWLINE:
            end += 1
        end += 1
        lengths[line, 0], lengths[line, 1] = _characters(block, begin, end), end - begin
        begin = end
    return lengths
