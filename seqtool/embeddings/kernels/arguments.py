"""What the kernels of word2vec and fastText are given, in groups.

Numba takes a NamedTuple apart when a kernel is called: inside, its fields are as fast as arguments. A kernel names the
fields it needs once, at its head, because an array that is looked up again in a loop has its references counted there.

Shapes: C positions of a block, V words, S shards of a round, R rows of a shard.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]  # of the weights' precision: float32, or float64 to check gradients
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


class Matrices(NamedTuple):
    """Input and output vectors: flat arrays of rows, the weights themselves or copies of some of their rows.

    Attributes:
        inputs, outputs: row r begins at r * stride.
        stride: D, a multiple of 16.
    """

    inputs: Floats
    outputs: Floats
    stride: int


class Positions(NamedTuple):
    """Positions to learn at: position k of ``size`` is ``slots[offset + k]``.

    Attributes:
        slots: input rows of the words, ``end`` where a line ends.
    """

    slots: Ints
    end: int
    offset: int
    size: int


class Targets(NamedTuple):
    """The targets of the positions: position k has ``starts[k]`` to ``starts[k + 1]``, a multiple of six.

    Attributes:
        rows: of the outputs.
        signs: 1, -1, or 0 for a filler.
    """

    starts: Ints
    rows: Ints
    signs: Floats


class Scratch(NamedTuple):
    """Room of one thread, whose content means nothing between calls.

    Attributes:
        scores: 2 x window x targets items; of a softmax V.
        places: 2 x window.
        sums: 32 x window, and not fewer than D.
        hidden: 2 x D.
    """

    scores: Floats
    places: Longs
    sums: Floats
    hidden: Floats


class Block(NamedTuple):
    """The positions ``stream[first:last]`` of a text of word rows, ``end`` or more where a line ends."""

    stream: Ints
    first: int
    last: int
    end: int


class Alias(NamedTuple):
    """A distribution over V words from which a word is drawn in constant time (Walker 1974, Vose 1991).

    Draw a column uniformly; its word stays where a random number of 32 bits is below its limit, else its alias it is.

    Attributes:
        limits_V: at most 2^32.
    """

    limits_V: NDArray[np.uint64]
    aliases_V: Ints


class Paths(NamedTuple):
    """For every word a path from the root of a binary tree to its leaf.

    Attributes:
        starts_V1: the path of word r is items ``starts[r]`` to ``starts[r + 1]``.
        nodes: inner nodes, 0 to V - 2.
        signs: 1 where the path goes left, -1 where it goes right.
    """

    starts_V1: Longs
    nodes: Ints
    signs: NDArray[np.float32]


class Replicas(NamedTuple):
    """The copies of one matrix's rows that the shards of a round have learned on.

    Attributes:
        own_SR, uses_SR: the rows, and how often each is used.
        sizes_S: how many rows a shard has.
        copies_S: a flat array of rows for each shard.
    """

    own_SR: Ints
    uses_SR: Ints
    sizes_S: Longs
    copies_S: Floats


class RowSums(NamedTuple):
    """What a thread adds up for each row; all 0 between calls.

    Attributes:
        totals_V: uses in all shards.
        sums_V: progress of all shards.
        room: 16 items.
    """

    totals_V: Longs
    sums_V: NDArray[np.float64]
    room: Floats


class SharedParts(NamedTuple):
    """The rows whose mean a word's vector is, and how many uses more other words make of them.

    Attributes:
        starts_V1: those of word v are items ``starts[v]`` to ``starts[v + 1]`` of ``rows``.
    """

    starts_V1: Longs
    rows: Ints
    shared_V: NDArray[np.float64]


class Hidden(NamedTuple):
    """Hidden vectors at ``places``, and where their changes are added, by the same places; pointers (see `simd`)."""

    vectors: Any
    changes: Any
    places: Any
    size: int
