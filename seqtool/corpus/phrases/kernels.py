"""The inner loops of phrases: neighbours as numbers, and neighbours joined."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.jit import kernel

Integers = NDArray[Any]


@kernel
def pair_keys(
    ids: Integers, frequent_V: NDArray[np.bool_], first: int, last: int, keys: NDArray[np.uint64], length: int
) -> int:
    """Add the neighbours in ``ids`` to ``keys``, as first · 2³² + second.

    Args:
        ids: sentence after sentence.
        frequent_V: the words that count; ``<eos>`` is none of them.
        first, last: the first words that are asked for: from, up to.
        keys: uint64, with room.
        length: how many it holds.

    Returns:
        How many it then holds.
    """
    for i in range(len(ids) - 1):
        a, b = ids[i], ids[i + 1]
        if first <= a < last and frequent_V[a] and frequent_V[b]:
            keys[length] = (np.uint64(a) << np.uint64(32)) | np.uint64(b)
            length += 1
    return length


@kernel
def join_pairs(
    ids: Integers,
    ends: NDArray[np.int64],
    starts_V: NDArray[np.int64],
    seconds_P: Integers,
    joined_P: Integers,
    out: Integers,
) -> int:
    """Join neighbours that are phrases, each sentence from left to right.

    Args:
        ids: sentence after sentence.
        ends: where each sentence ends in ``ids``; becomes where it ends in ``out``.
        starts_V: int64 (V + 1,): the phrases that begin with word v are those from ``starts_V[v]`` to ``[v + 1]``.
        seconds_P: their second words, rising for each first one.
        joined_P: what they become.
        out: receives the sentences, with room for all ids; may be ``ids`` itself.

    Returns:
        Its length.
    """
    length, i = 0, 0
    for sentence in range(len(ends)):
        while i < ends[sentence]:
            token, step = ids[i], 1
            low, high = starts_V[token], starts_V[token + 1]
            if low < high and i + 1 < ends[sentence]:
                second, past = ids[i + 1], high
                while low < high:
                    middle = (low + high) // 2
                    if seconds_P[middle] < second:
                        low = middle + 1
                    else:
                        high = middle
                if low < past and seconds_P[low] == second:
                    token, step = joined_P[low], 2
            out[length] = token
            length += 1
            i += step
        ends[sentence] = length
    return length
