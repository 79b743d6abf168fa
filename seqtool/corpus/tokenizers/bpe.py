"""Training byte-pair encoding (Sennrich, Haddow, Birch 2016) in time linear in the text, however long its words.

The pieces and their order are those of the trainer of ``tokenizers``: the pair that occurs most often is merged, of
equally frequent ones the pair of lower numbers; the count of a run of equal symbols counts overlapping pairs; a piece
that two pairs spell has one number. But a merge costs as much as the pair has occurrences, because every pair has a
list of these; there, it costs as much as the words have symbols in which it occurs, and a line without spaces is one
word.

Words are rows of linked symbols, a row of 32 bytes for each, so that what is told of a symbol is together in memory:

    SYMBOL          its number; the row of a symbol that was merged into the one before it is no longer linked
    WEIGHT          how often its word counts
    BEFORE, AFTER   the rows of its neighbours in the word, -1 at its ends
    PAIR            the pair that begins here, -1 where none does
    EARLIER, LATER  the rows where this pair begins too: a list in the order of the text, -1 at its ends

Shapes: N symbols of all words, one after the other; Q distinct pairs.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.jit import kernel
from seqtool.compute.splitmix import GOLDEN

_STEP = 1 << 16  # symbols whose pairs are counted at once
_SYMBOL, _WEIGHT, _BEFORE, _AFTER, _PAIR, _EARLIER, _LATER = range(7)
_PAIR_TYPES = (np.int64, np.int64, np.int32, np.int32, np.int32, np.int32)


class _Pairs(NamedTuple):
    """A hash table of pairs, and for each the list of where it begins.

    Attributes:
        slots: int32, a power of two of them: 0 where free, else a pair's number, from 1.
        keys: int64 (Q,), first symbol · 2^32 + second.
        counts: int64 (Q,).
        firsts, lasts: int32 (Q,), the ends of the list; -1 where it is empty.
        sizes: int32 (Q,), its length.
        merges: int32 (Q,), the last merge that added to it.
    """

    slots: Any
    keys: Any
    counts: Any
    firsts: Any
    lasts: Any
    sizes: Any
    merges: Any


def train_bpe(
    symbols: NDArray[np.int32], lengths: NDArray[np.int64], counts: NDArray[np.int64], alphabet: list[str], size: int
) -> tuple[list[str], list[tuple[str, str]]]:
    """Learn merges until there are ``size`` pieces, or no pairs.

    Args:
        symbols: (N,), of all words, as numbers in the alphabet.
        lengths: (W,), the symbols of each word.
        counts: (W,), how often each occurs; their sum is less than 2^31.
        alphabet: the first pieces.
        size: how many pieces, the alphabet included.

    Returns:
        The pieces in order, and the pairs of pieces that are merged, in order.
    """
    words = _linked(symbols, lengths, counts)
    pairs, total = _counted(words)
    queue = _entries(pairs, np.arange(total))
    heapify(queue)
    pieces, merges = list(alphabet), list[tuple[str, str]]()
    numbers = {piece: number for number, piece in enumerate(pieces)}
    while len(pieces) < size and queue:
        count, key, pair = heappop(queue)
        now = int(pairs.counts[pair])
        if now != -count:  # other merges took some of it
            heappush(queue, (-now, key, pair))
            continue
        if not now:
            break
        first, second = pieces[key >> 32], pieces[key & 0xFFFFFFFF]
        number = numbers.setdefault(first + second, len(pieces))
        if number == len(pieces):
            pieces.append(first + second)
        merges.append((first, second))
        pairs = _with_room(pairs, total, 2 * int(pairs.sizes[pair]))
        changed, total = _merge(words, pairs, pair, number, total, len(merges))
        for entry in _entries(pairs, changed):
            heappush(queue, entry)
    return pieces, merges


def _linked(symbols: NDArray[np.int32], lengths: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int32]:
    """The rows of words: int32 (N, 8)."""
    rows = np.arange(len(symbols), dtype=np.int32)
    words = np.full((len(symbols), 8), -1, np.int32)
    words[:, _SYMBOL], words[:, _WEIGHT] = symbols, np.repeat(counts, lengths)
    words[:, _BEFORE], words[:, _AFTER] = rows - 1, rows + 1
    ends = np.cumsum(lengths)
    words[(ends - lengths)[lengths > 0], _BEFORE] = words[ends[lengths > 0] - 1, _AFTER] = -1
    return words


def _counted(words: NDArray[np.int32]) -> tuple[_Pairs, int]:
    """The pairs of words, and how many they are."""
    pairs = _Pairs(np.zeros(2, np.int32), *(np.empty(0, dtype) for dtype in _PAIR_TYPES))
    total = 0
    for first in range(0, len(words), _STEP):
        pairs = _with_room(pairs, total, _STEP)
        total = _count(words, pairs, first, min(first + _STEP, len(words)), total)
    return pairs, total


def _entries(pairs: _Pairs, chosen: NDArray[Any]) -> list[tuple[int, int, int]]:
    """Pairs as entries of the queue: the most frequent first, then the one of lower numbers."""
    counts, keys = (-pairs.counts[chosen]).tolist(), pairs.keys[chosen].tolist()
    return [entry for entry in zip(counts, keys, chosen.tolist(), strict=True) if entry[0]]


def _with_room(pairs: _Pairs, total: int, more: int) -> _Pairs:
    """The table with room for so many more pairs than the ``total`` it has, at most every second slot being taken."""
    slots, *columns = pairs
    needed = total + more
    if needed > len(pairs.keys):
        room = max(needed, 2 * len(pairs.keys))
        columns = [np.concatenate([column[:total], np.empty(room - total, column.dtype)]) for column in columns]
    if 2 * needed > len(slots):
        slots = np.zeros(1 << (2 * needed).bit_length(), np.int32)
        _rehash(pairs.keys, total, slots)
    return _Pairs(slots, *columns)


@kernel
def _slot(slots: Any, keys: Any, key: Any) -> Any:
    """The slot of a pair, or the free one where it belongs."""
    mask = np.uint64(slots.size - 1)
    slot = (np.uint64(key) * GOLDEN) >> np.uint64(32) & mask
    while slots[slot] != 0 and keys[slots[slot] - 1] != key:
        slot = (slot + np.uint64(1)) & mask
    return slot


@kernel
def _rehash(keys: Any, total: int, slots: Any) -> None:
    for pair in range(total):
        slots[_slot(slots, keys, keys[pair])] = pair + 1


@kernel
def _add(words: Any, pairs: Any, at: int, total: int) -> int:
    """Count the pair that begins at a symbol, and put it at the end of the pair's list; the number of pairs."""
    key = np.int64(words[at, _SYMBOL]) << 32 | np.int64(words[words[at, _AFTER], _SYMBOL])
    slot = _slot(pairs.slots, pairs.keys, key)
    if pairs.slots[slot] == 0:
        pairs.keys[total], pairs.counts[total], pairs.sizes[total], pairs.merges[total] = key, 0, 0, 0
        pairs.firsts[total] = pairs.lasts[total] = -1
        total += 1
        pairs.slots[slot] = total
    pair = pairs.slots[slot] - 1
    last = pairs.lasts[pair]
    words[at, _PAIR], words[at, _EARLIER], words[at, _LATER] = pair, last, -1
    if last < 0:
        pairs.firsts[pair] = at
    else:
        words[last, _LATER] = at
    pairs.lasts[pair] = at
    pairs.sizes[pair] += 1
    pairs.counts[pair] += words[at, _WEIGHT]
    return total


@kernel
def _remove(words: Any, pairs: Any, at: int) -> Any:
    """Take the pair that begins at a symbol out of its list; the pair, whose count stays."""
    pair, earlier, later = words[at, _PAIR], words[at, _EARLIER], words[at, _LATER]
    if earlier < 0:
        pairs.firsts[pair] = later
    else:
        words[earlier, _LATER] = later
    if later < 0:
        pairs.lasts[pair] = earlier
    else:
        words[later, _EARLIER] = earlier
    pairs.sizes[pair] -= 1
    words[at, _PAIR] = -1
    return pair


@kernel
def _count(words: Any, pairs: Any, first: int, end: int, total: int) -> int:
    """Count the pairs that begin at some symbols; the number of pairs."""
    for at in range(first, end):
        if words[at, _AFTER] >= 0:
            total = _add(words, pairs, at, total)
    return total


@kernel
def _merge(words: Any, pairs: Any, pair: int, number: int, total: int, merge: int) -> Any:
    """Merge a pair to the symbol ``number`` wherever it occurs.

    Returns:
        (int32, the pairs that are new somewhere; the number of pairs).
    """
    places = np.empty(pairs.sizes[pair], np.int32)
    at = pairs.firsts[pair]
    for index in range(places.size):
        places[index] = at
        at = words[at, _LATER]
    changed, filled = np.empty(2 * places.size, np.int32), 0
    for at in places:
        if words[at, _PAIR] != pair:  # in a run of equal symbols: the one before took this one
            continue
        weight, left, right = words[at, _WEIGHT], words[at, _BEFORE], words[at, _AFTER]
        following = words[right, _AFTER]
        _remove(words, pairs, at)
        if left >= 0:
            pairs.counts[_remove(words, pairs, left)] -= weight
        if following >= 0:
            pairs.counts[_remove(words, pairs, right)] -= weight
            words[following, _BEFORE] = at
        words[at, _SYMBOL], words[at, _AFTER] = number, following
        for begin in (left, at):
            if begin >= 0 and words[begin, _AFTER] >= 0:
                total = _add(words, pairs, begin, total)
                other = words[begin, _PAIR]
                if pairs.merges[other] != merge:
                    pairs.merges[other] = merge
                    changed[filled] = other
                    filled += 1
    return changed[:filled], total
