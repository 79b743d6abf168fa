"""The compiled reading of ARPA lines: a number, words, perhaps a number.

Words are known by a 64-bit hash of their bytes, looked up in a table of the single words.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.jit import kernel

NO_ERROR, BAD_NUMBER, WRONG_FIELDS, UNKNOWN_WORD, ROOM = range(5)
_OFFSET, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
_SHIFT = np.uint64(29)


@kernel
def hash_words(spelled: NDArray[np.uint8], bounds: NDArray[np.int64]) -> NDArray[np.uint64]:
    """FNV-1a of every word, mixed once more."""
    hashes = np.empty(len(bounds) - 1, np.uint64)
    for i in range(len(hashes)):
        key = _OFFSET
        for at in range(bounds[i], bounds[i + 1]):
            key = (key ^ np.uint64(spelled[at])) * _PRIME
        hashes[i] = key ^ (key >> _SHIFT)
    return hashes


@kernel
def fill_table(hashes: NDArray[np.uint64], ids: NDArray[np.int64], keys: NDArray[np.uint64], values: Any) -> bool:
    """Fill an empty table (values −1) of a power of two of slots; False where two words have one hash."""
    mask = np.uint64(len(keys) - 1)
    for i in range(len(hashes)):
        slot = hashes[i] & mask
        while values[slot] >= 0:
            if keys[slot] == hashes[i]:
                return False
            slot = (slot + np.uint64(1)) & mask
        keys[slot], values[slot] = hashes[i], ids[i]
    return True


@kernel
def _number(block: NDArray[np.uint8], begin: int, end: int) -> float:
    """The decimal number, or −inf, that these bytes write; not a number where they write none."""
    value, digits, scale, exponent = 0.0, 0, 0, 0
    negative = block[begin] == 45
    at = begin + 1 if negative or block[begin] == 43 else begin
    if negative and end - at == 3 and block[at] == 105 and block[at + 1] == 110 and block[at + 2] == 102:
        return -np.inf
    while at < end and (48 <= block[at] <= 57 or (block[at] == 46 and scale == 0)):
        if block[at] == 46:
            scale = 1
        else:
            value = value * 10 + (block[at] - 48)
            digits += 1
            scale += scale > 0
        at += 1
    if digits and at < end and (block[at] == 101 or block[at] == 69):
        at += 1
        down = at < end and block[at] == 45
        at += at < end and (block[at] == 45 or block[at] == 43)
        if at == end:
            return np.nan
        while at < end and 48 <= block[at] <= 57 and exponent < 1000:
            exponent = exponent * 10 + (block[at] - 48)
            at += 1
        exponent = -exponent if down else exponent
    if at < end or not digits:
        return np.nan
    if value:  # 0 times a power that is infinite is not a number
        value *= 10.0 ** (exponent - max(0, scale - 1))
    return -value if negative else value


@kernel
def _word(
    block: NDArray[np.uint8], begin: int, end: int, keys: NDArray[np.uint64], values: NDArray[np.int64]
) -> np.int64:
    """The word that these bytes spell, from the table; negative where it is not there."""
    mask = np.uint64(len(keys) - 1)
    key = _OFFSET
    for at in range(begin, end):
        key = (key ^ np.uint64(block[at])) * _PRIME
    key ^= key >> _SHIFT
    slot = key & mask
    while values[slot] >= 0 and keys[slot] != key:
        slot = (slot + np.uint64(1)) & mask
    return values[slot]


@kernel
def _after_blanks(block: NDArray[np.uint8], at: int) -> int:
    while block[at] == 32 or block[at] == 9 or block[at] == 13:
        at += 1
    return at


@kernel
def _after_field(block: NDArray[np.uint8], at: int) -> int:
    while block[at] != 32 and block[at] != 9 and block[at] != 13 and block[at] != 10:
        at += 1
    return at


@kernel
def _parse_line(block: NDArray[np.uint8], at: int, keys: Any, values: Any, ids: Any, numbers: Any) -> tuple[int, int]:
    """Read the line whose first field begins at ``at``: `NO_ERROR`, or what is wrong with it; and where it ends."""
    n, field = len(ids), 0
    numbers[1] = 0.0
    while block[at] != 10:
        begin = at
        at = _after_field(block, at)
        if field == 0 or field == n + 1:
            value = _number(block, begin, at)
            if not value < np.inf or (field == 0 and value > 0):
                return BAD_NUMBER, at
            numbers[0 if field == 0 else 1] = value
        elif field <= n:
            word = _word(block, begin, at, keys, values)
            if word < 0:
                return UNKNOWN_WORD, at
            ids[field - 1] = word
        else:
            return WRONG_FIELDS, at
        field += 1
        at = _after_blanks(block, at)
    return NO_ERROR if field > n else WRONG_FIELDS, at


@kernel
def parse_lines(
    block: NDArray[np.uint8],
    state: NDArray[np.int64],
    keys: NDArray[np.uint64],
    values: NDArray[np.int64],
    ids: NDArray[np.int64],
    numbers: NDArray[np.float32],
) -> int:
    """Read n-gram lines up to one that begins with a backslash, or the end of the block.

    Args:
        block: whole lines.
        state: int64 (3,): position, lines read, n-grams read; advanced.
        keys, values: the table of words.
        ids: int64 (room, n): receives the words of each n-gram.
        numbers: float32 (room, 2): log10 P, and log10 β, 0 where there is none.

    Returns:
        `NO_ERROR`, or what is wrong with the line at the position; `ROOM` where there is no more.
    """
    while state[0] < len(block) and block[state[0]] != 92:
        at = _after_blanks(block, state[0])
        if block[at] != 10:
            if state[2] == len(ids):
                return ROOM
            error, at = _parse_line(block, at, keys, values, ids[state[2]], numbers[state[2]])
            if error != NO_ERROR:
                return error
            state[2] += 1
        state[0] = at + 1
        state[1] += 1
    return NO_ERROR
