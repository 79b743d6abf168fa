"""The compiled loops that read files of vectors, and that find the n-grams of words.

Shapes: L lines or entries, D numbers in each.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.jit import kernel

READ, BLANK, SHORT, ODD = 0, 1, 2, 3

_TENS = 10.0 ** np.arange(23)  # exact
_EXACT = 1 << 53
_MANTISSA = 1 << 59
_MOST_EXPONENT = 22
_SPACE, _TAB, _RETURN, _NEWLINE = 32, 9, 13, 10
_FNV_OFFSET, _FNV_PRIME = np.uint32(2166136261), np.uint32(16777619)
_ZERO, _NINE, _PLUS, _MINUS, _POINT, _SMALL_E, _LARGE_E = 48, 57, 43, 45, 46, 101, 69


@kernel
def _is_space(byte: int) -> bool:
    return byte in (_SPACE, _TAB, _RETURN)


@kernel
def _decimal(data: NDArray[np.uint8], at: int, end: int) -> tuple[float, int, bool]:
    """The number that begins at ``at``, where it ends, and whether it is certain to be rounded correctly."""
    negative = data[at] == _MINUS
    if negative or data[at] == _PLUS:
        at += 1
    mantissa, exponent, digits, fraction = 0, 0, 0, False
    while at < end and not _is_space(data[at]):
        byte = data[at]
        if _ZERO <= byte <= _NINE:
            if mantissa >= _MANTISSA:
                return 0.0, at, False
            mantissa = mantissa * 10 + (int(byte) - _ZERO)
            digits += 1
            exponent -= fraction
        elif byte == _POINT and not fraction:
            fraction = True
        else:
            break
        at += 1
    if digits == 0 or mantissa >= _EXACT:
        return 0.0, at, False
    if at < end and (data[at] == _SMALL_E or data[at] == _LARGE_E):
        written, at, good = _exponent(data, at + 1, end)
        if not good:
            return 0.0, at, False
        exponent += written
    if at < end and not _is_space(data[at]):
        return 0.0, at, False
    if exponent < -_MOST_EXPONENT or exponent > _MOST_EXPONENT:
        return 0.0, at, False
    value = mantissa / _TENS[-exponent] if exponent < 0 else mantissa * _TENS[exponent]
    return (-value if negative else value), at, True


@kernel
def _exponent(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, int, bool]:
    negative = at < end and data[at] == _MINUS
    if at < end and (data[at] == _MINUS or data[at] == _PLUS):
        at += 1
    value, first = 0, at
    while at < end and at - first < 4 and _ZERO <= data[at] <= _NINE:
        value = value * 10 + (int(data[at]) - _ZERO)
        at += 1
    return (-value if negative else value), at, at > first


@kernel
def read_lines(
    data: NDArray[np.uint8],
    bounds_L2: NDArray[np.int64],
    vectors_LD: NDArray[np.float32],
    ends: NDArray[np.int64],
    states: NDArray[np.uint8],
) -> None:
    """Read lines of a word and D numbers, from the right: what stands before the last D fields is the word.

    Args:
        data: the bytes of the lines.
        bounds_L2: (L, 2) where every line begins, and where its newline is.
        vectors_LD: filled with the numbers.
        ends: (L,) filled with where the word of each line ends.
        states: (L,) filled with READ, BLANK, SHORT (fewer fields than D + 1) or ODD (a number not read here).
    """
    dim = vectors_LD.shape[1]
    for line in range(len(bounds_L2)):
        start, end = bounds_L2[line, 0], bounds_L2[line, 1]
        while end > start and _is_space(data[end - 1]):
            end -= 1
        if end == start:
            states[line] = BLANK
            continue
        at, fields = end, 0
        while True:
            while at > start and not _is_space(data[at - 1]):
                at -= 1
            fields += 1
            if fields == dim or at == start:
                break
            while at > start and _is_space(data[at - 1]):
                at -= 1
        stop = at
        while stop > start and _is_space(data[stop - 1]):
            stop -= 1
        ends[line] = stop
        if fields < dim or stop == start:
            states[line] = SHORT
            continue
        states[line] = READ
        for column in range(dim):
            while _is_space(data[at]):
                at += 1
            value, at, good = _decimal(data, at, end)
            if not good:
                states[line] = ODD
                break
            vectors_LD[line, column] = value


@kernel
def read_entries(
    data: NDArray[np.uint8],
    vectors_LB: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> tuple[int, int]:
    """Read entries of a word, a space and B bytes of numbers, perhaps with newlines before the word.

    Returns:
        (entries read, where the first that is not whole begins).
    """
    size, at = vectors_LB.shape[1], 0
    for entry in range(len(vectors_LB)):
        start = at
        while start < len(data) and data[start] == _NEWLINE:
            start += 1
        end = start
        while end < len(data) and data[end] != _SPACE:
            end += 1
        if end + 1 + size > len(data):
            return entry, at
        starts[entry], ends[entry] = start, end
        vectors_LB[entry] = data[end + 1 : end + 1 + size]
        at = end + 1 + size
    return len(vectors_LB), at


@kernel
def hash_ngrams(
    letters: NDArray[np.uint8],
    ends: NDArray[np.int64],
    minn: int,
    maxn: int,
    bucket: int,
    counts: NDArray[np.int64],
    found: NDArray[np.int64],
) -> int:
    """Hash the n-grams of words written one after the other: FNV-1a of 32 bits, its bytes signed, as fastText's.

    Args:
        letters: UTF-8.
        ends: int64 (W + 1,), where each word begins, and the end.
        minn, maxn, bucket: the rule.
        counts: receives how many n-grams each word has.
        found: receives their buckets.

    Returns:
        How many there are.
    """
    size = 0
    for word in range(len(counts)):
        first, last, before = ends[word], ends[word + 1], size
        for start in range(first, last):
            if letters[start] & 0xC0 == 0x80:
                continue
            key, at = _FNV_OFFSET, start
            for n in range(1, maxn + 1):
                if at >= last:
                    break
                while True:
                    key = np.uint32((key ^ np.uint32(np.int8(letters[at]))) * _FNV_PRIME)
                    at += 1
                    if at >= last or letters[at] & 0xC0 != 0x80:
                        break
                # The marks of a word's ends are no n-grams by themselves.
                if n >= minn and not (n == 1 and (start == first or at == last)):
                    found[size] = key % np.uint32(bucket)
                    size += 1
        counts[word] = size - before
    return size
