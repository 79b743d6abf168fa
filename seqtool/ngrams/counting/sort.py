"""Sorting the histories of a text, read backwards: the order in which a trie holds n-grams.

A *record* is a place of the text: the word there and the N - 1 words before it, nearest first, ending at the first
line end among those (further columns are 0; a word is its label + 1). Sorted, the records that share their first n
words lie together, for every n at once; how many words a record shares with the one before it tells where an n-gram of
each order begins.

Records are sorted by 64-bit keys. A key holds the rank by what was sorted so far, as many further words as fit, and
the record's number. Shapes: R records, N order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.jit import kernel

ALIKE = 255
_KEY_BITS = 64
_BUCKET_BITS, _FINE_BITS = 20, 12
# 2048 counters of eight bytes, 16 KiB, leave room in a first-level cache.
_DIGIT_BITS = 11


@dataclass(frozen=True)
class Buckets:
    """The first two words of a record as a number of few bits, by which records are sorted coarsely.

    What is left out of them is the *fine* number, for a bucket in which a frequent word puts too many records.

    Attributes:
        bits: of a word (its label + 1).
        shift: what of the two words' bits is left out.
        fine_shift: what of these the fine number leaves out as well.
    """

    bits: int
    shift: int
    fine_shift: int

    @classmethod
    def of(cls, vocabulary: int) -> Buckets:
        """For so many words."""
        bits = vocabulary.bit_length()
        shift = max(0, 2 * bits - _BUCKET_BITS)
        return cls(bits, shift, max(0, shift - _FINE_BITS))

    @property
    def size(self) -> int:
        """How many there are."""
        return 1 << (2 * self.bits - self.shift)

    @property
    def fine_size(self) -> int:
        """How many fine numbers a bucket has."""
        return 1 << (self.shift - self.fine_shift)


def most_records(vocabulary: int) -> int:
    """How many records are sorted together at best: twice their number and a word fit a key."""
    return 1 << ((_KEY_BITS - vocabulary.bit_length()) // 2)


@kernel
def count_buckets(labels: NDArray[np.uint32], margin: int, bits: int, shift: int, counts: NDArray[np.int64]) -> None:
    """Add the records of a block to the counts of their buckets."""
    for i in range(margin, len(labels)):
        first, second = np.int64(labels[i]) + 1, np.int64(labels[i - 1]) + 1 if margin else 0
        counts[((first << bits) | second) >> shift] += 1


@kernel
def count_fine(
    labels: NDArray[np.uint32],
    margin: int,
    bits: int,
    shift: int,
    fine_shift: int,
    rows: NDArray[np.int32],
    counts: NDArray[np.int64],
) -> None:
    """As `count_buckets`, by fine number, of the buckets that have a row (int32, −1 where not) of counts."""
    mask = (1 << shift) - 1
    for i in range(margin, len(labels)):
        first, second = np.int64(labels[i]) + 1, np.int64(labels[i - 1]) + 1 if margin else 0
        key = (first << bits) | second
        row = np.int64(rows[key >> shift])
        if row >= 0:
            counts[row, (key & mask) >> fine_shift] += 1


@kernel
def collect(
    labels: NDArray[np.uint32],
    margin: int,
    end: int,
    shifts: tuple[int, int, int],
    part: tuple[int, int, int, int],
    filled: int,
    records: NDArray[np.uint32],
) -> int:
    """Add the records of a block that fall into some buckets.

    Args:
        labels: a block with ``margin`` = N - 1 labels before it.
        margin, end: see `text.CountedText`.
        shifts: bits, shift and fine shift of the buckets.
        part: the buckets, from the first to before the last, and the fine numbers likewise.
        filled: records there are.
        records: uint32 (R, N), receives them.

    Returns:
        How many records there are then.
    """
    bits, shift, fine_shift = shifts
    low, high, fine_low, fine_high = part
    mask = (1 << shift) - 1
    for i in range(margin, len(labels)):
        first, second = np.int64(labels[i]) + 1, np.int64(labels[i - 1]) + 1 if margin else 0
        key = (first << bits) | second
        bucket, fine = key >> shift, (key & mask) >> fine_shift
        if bucket < low or bucket >= high or fine < fine_low or fine >= fine_high:
            continue
        records[filled, 0] = first
        ended = False
        for d in range(1, margin + 1):
            word = labels[i - d]
            # 0 is less than every label + 1: a history that ends comes before all that go on.
            records[filled, d] = 0 if ended else word + 1
            ended = ended or word == end
        filled += 1
    return filled


def sort_records(records: NDArray[np.uint32], bits: int) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """Records in order, and the words that each shares with the one before it.

    Args:
        records: uint32 (R, N), at least one.
        bits: of a word.

    Returns:
        uint32 (R, N); uint8 (R,), `ALIKE` where all words are shared.
    """
    count, order = records.shape
    number_bits = max(1, (count - 1).bit_length())
    keys, spare = np.arange(count, dtype=np.uint64), np.empty(count, np.uint64)
    ranks, shared = np.zeros(count, np.uint32), np.full(count, ALIKE, np.uint8)
    shared[0] = 0
    other = np.empty_like(records)
    done, rank_bits = 0, 0
    while done < order:
        words = min(order - done, (_KEY_BITS - number_bits - rank_bits) // bits)
        if words < 1:  # far more records than fit, mostly of one frequent pair of words
            return _sorted_word_by_word(records, bits, number_bits)
        make_keys(records, keys, ranks, done, words, bits, number_bits)
        # The record's number in the low bits is only carried along.
        keys, spare = radix_sort(keys, spare, number_bits, rank_bits + words * bits)
        groups = rank_keys(keys, ranks, shared, done, words, bits, number_bits)
        # The records follow at once: from now on they only move among neighbors, in the cache.
        reorder(records, keys, number_bits, other)
        records, other = other, records
        rank_bits, done = (groups - 1).bit_length(), done + words
    return records, shared


def _sorted_word_by_word(
    records: NDArray[np.uint32], bits: int, number_bits: int
) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """As `sort_records`, by one word after the other, the last first: slower, and of any number of records."""
    count, order = records.shape
    keys, spare = np.arange(count, dtype=np.uint64), np.empty(count, np.uint64)
    # The sort keeps the order of equal keys, so sorting by the last word first ends with all words in order.
    for place in reversed(range(order)):
        make_keys(records, keys, np.zeros(count, np.uint32), place, 1, bits, number_bits)
        keys, spare = radix_sort(keys, spare, number_bits, bits)
    result, shared = np.empty_like(records), np.empty(count, np.uint8)
    reorder(records, keys, number_bits, result)
    share(result, shared)
    return result, shared


@kernel
def share(records: NDArray[np.uint32], shared: NDArray[np.uint8]) -> None:
    """How many words each record has in common with the one before it, `ALIKE` for all of them."""
    order = records.shape[1]
    shared[0] = 0
    for t in range(1, len(records)):
        same = 0
        while same < order and records[t, same] == records[t - 1, same]:
            same += 1
        shared[t] = same if same < order else ALIKE


@kernel
def reorder(
    records: NDArray[np.uint32], keys: NDArray[np.uint64], number_bits: int, ordered: NDArray[np.uint32]
) -> None:
    """Put records into the order of their keys, and number them anew."""
    mask = np.uint64((1 << number_bits) - 1)
    for t in range(len(keys)):
        number = keys[t] & mask
        for d in range(records.shape[1]):
            ordered[t, d] = records[number, d]
        keys[t] = t


@kernel
def make_keys(
    records: NDArray[np.uint32],
    keys: NDArray[np.uint64],
    ranks: NDArray[np.uint32],
    done: int,
    words: int,
    bits: int,
    number_bits: int,
) -> None:
    """Replace the keys, in their order, by rank, the next words and the record's number."""
    mask = np.uint64((1 << number_bits) - 1)
    for t in range(len(keys)):
        number = keys[t] & mask
        key = np.uint64(ranks[t])
        for d in range(done, done + words):
            key = (key << np.uint64(bits)) | np.uint64(records[number, d])
        keys[t] = (key << np.uint64(number_bits)) | number


@kernel
def radix_sort(
    keys: NDArray[np.uint64], spare: NDArray[np.uint64], low: int, bits: int
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Sort keys by so many bits from bit ``low`` on, digit by digit from the lowest.

    Args:
        keys, spare: two arrays of one length, both overwritten.
        low, bits: what is sorted by.

    Returns:
        The sorted keys and the other array.
    """
    passes = (bits + _DIGIT_BITS - 1) // _DIGIT_BITS
    mask = np.uint64((1 << _DIGIT_BITS) - 1)
    places = np.zeros((passes, 1 << _DIGIT_BITS), np.int64)
    for t in range(len(keys)):
        # One pass counts every digit, because no counts depend on the order of the keys.
        rest = keys[t] >> np.uint64(low)
        for digit in range(passes):
            places[digit, rest & mask] += 1
            rest >>= np.uint64(_DIGIT_BITS)
    for digit in range(passes):
        before = 0
        for value in range(1 << _DIGIT_BITS):
            here = places[digit, value]
            places[digit, value] = before
            before += here
        shift, place = np.uint64(low + digit * _DIGIT_BITS), places[digit]
        for t in range(len(keys)):
            value = (keys[t] >> shift) & mask
            spare[place[value]] = keys[t]
            place[value] += 1
        keys, spare = spare, keys
    return keys, spare


@kernel
def rank_keys(
    keys: NDArray[np.uint64],
    ranks: NDArray[np.uint32],
    shared: NDArray[np.uint8],
    done: int,
    words: int,
    bits: int,
    number_bits: int,
) -> int:
    """Number the different keys in order, and note where records that were alike differ; how many keys there are."""
    number, word = np.uint64(number_bits), np.uint64(bits)
    before, rank = keys[0] >> number, 0
    ranks[0] = 0
    for t in range(1, len(keys)):
        key = keys[t] >> number
        if key != before:
            rank += 1
            if shared[t] == ALIKE:
                # The highest word that differs: every word that has to be shifted away until nothing differs is not
                # shared.
                difference, same = key ^ before, done + words
                while difference != 0:
                    difference >>= word
                    same -= 1
                shared[t] = same
            before = key
        ranks[t] = rank
    return rank + 1
