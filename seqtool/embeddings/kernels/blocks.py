"""The compiled loops that draw what a block of positions is trained on, and learn from it.

A *slot* is a row of the matrices at hand. A *target* is an output row with a sign: 1 for a word that is there, -1 for
one that is not, 0 for a filler that changes nothing (targets are worked off by sixes). Of a hidden vector h and a
target o the cost is -log σ(sign h·o).

Skip-gram predicts the targets of a word from each word around it, CBOW from their mean (Mikolov et al. 2013). As in
word2vec.c, every word of CBOW's window receives the whole gradient of the mean. All scores of a word are taken before
anything is changed.

Everything works in the precision of the weights: float32 to learn, float64 to check gradients.

Shapes: C positions, V words, D.
"""

from __future__ import annotations

import numpy as np

from seqtool.compute.jit import kernel
from seqtool.compute.simd import after, load, multiply_add, pointer, splat, store
from seqtool.compute.splitmix import GOLDEN
from seqtool.compute.splitmix_kernel import mixed
from seqtool.embeddings.kernels.arguments import (
    Alias,
    Block,
    Hidden,
    Ints,
    Matrices,
    Paths,
    Positions,
    Scratch,
    Targets,
)
from seqtool.embeddings.kernels.sgd import (
    add_to_rows,
    change_rows,
    fetch_targets,
    list_context,
    loss_and_steps,
    score_six,
    softmax_steps,
    take_mean,
)

_HIGH, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


@kernel
def draw_widths(block: Block, window: int, state: int, widths_C: Ints) -> None:
    """Draw how far each position of a block looks, 1 to window; 0 where a line ends."""
    stream, first, last, end = block
    z = np.uint64(state)
    for k in range(last - first):
        z += GOLDEN
        # A product takes 32 random bits to a number below the window, without the division of a remainder (Lemire
        # 2019).
        drawn = ((mixed(z) >> _HIGH) * np.uint64(window)) >> _HIGH
        widths_C[k] = 0 if stream[first + k] >= end else 1 + np.int64(drawn)


@kernel
def draw_negatives(block: Block, negative: int, noise: Alias, pool: Ints, state: int, drawn: Targets) -> None:
    """The targets of negative sampling: the word itself and other words, each of a different one.

    The block draws its ``pool`` from the distribution, and every word its negatives from the pool: so each row that is
    fetched serves several words. A negative that is the word itself, or is drawn twice, becomes a filler, row ``end``.
    """
    stream, first, last, end = block
    limits_V, aliases_V = noise
    starts, targets, signs = drawn
    z = np.uint64(state)
    words = np.uint64(len(limits_V))
    for i in range(len(pool)):
        z += GOLDEN
        bits = mixed(z)
        # One random number does for both: its high half draws the column, its low half decides between word and alias.
        row = np.int64(((bits >> _HIGH) * words) >> _HIGH)
        pool[i] = row if (bits & _LOW) < limits_V[row] else aliases_V[row]
    size, t = np.uint64(len(pool)), 0
    for k in range(last - first):
        starts[k] = t
        word = np.int64(stream[first + k])
        if word >= end:
            continue
        begin = t
        targets[t], signs[t] = word, 1
        t += 1
        for _ in range(negative):
            z += GOLDEN
            row = np.int64(pool[np.int64(((mixed(z) >> _HIGH) * size) >> _HIGH)])
            # Drawn twice, a word would be in a six twice (`change_rows`); the search begins at the word itself.
            known = False
            for before in range(begin, t):
                known |= targets[before] == row
            targets[t], signs[t] = (end, 0) if known else (row, -1)
            t += 1
        while (t - begin) % 6:
            targets[t], signs[t] = end, 0
            t += 1
    starts[last - first] = t


@kernel
def take_paths(block: Block, paths: Paths, drawn: Targets) -> None:
    """The targets of the hierarchical softmax: the nodes of each word's path, filled up with row ``end``."""
    stream, first, last, end = block
    path_starts_V1, nodes, path_signs = paths
    starts, targets, signs = drawn
    t = 0
    for k in range(last - first):
        starts[k] = t
        word = np.int64(stream[first + k])
        if word >= end:
            continue
        begin = t
        for i in range(path_starts_V1[word], path_starts_V1[word + 1]):
            targets[t], signs[t] = nodes[i], path_signs[i]
            t += 1
        while (t - begin) % 6:
            targets[t], signs[t] = end, 0
            t += 1
    starts[last - first] = t


SIX = 6


@kernel
def skipgram(
    matrices: Matrices, positions: Positions, widths_C: Ints, targets: Targets, rate: float, scratch: Scratch
) -> tuple[float, int]:
    """Learn from a block, skip-gram.

    Args:
        matrices: changed.
        positions: where.
        widths_C: words looked at on each side; 0: nothing is learned there.
        targets: sixes of them at each position.
        rate: learning rate.
        scratch: room.

    Returns:
        (the sum of the losses before learning, pairs of words).
    """
    inputs, outputs, dim = matrices
    slots, end, offset, count = positions
    starts, rows, signs = targets
    loss, pairs = 0.0, 0
    x, o, g, at = pointer(inputs), pointer(outputs), pointer(scratch.scores), pointer(scratch.places)
    sums = pointer(scratch.sums)
    for k in range(count):
        m = list_context(pointer(slots), offset + k, widths_C[k], end, dim, at)
        if m == 0:
            continue
        first, size = np.int64(starts[k]), np.int64(starts[k + 1] - starts[k])
        t, sign = after(pointer(rows), first), after(pointer(signs), first)
        if k + 1 < count:
            # The targets of the next position come out of memory while this one is computed.
            fetch_targets(o, after(t, size), np.int64(starts[k + 2] - starts[k + 1]), dim)
        for six in range(0, size, 6):
            for j in range(m):
                score_six(after(x, at[j]), o, after(t, six), after(sign, six), dim, after(g, j * size + six))
        loss += loss_and_steps(g, m, size, sign, rate)
        change_rows(Hidden(x, x, at, m), o, t, size, dim, g, sums)
        pairs += m
    return loss, pairs


@kernel
def cbow(
    matrices: Matrices, positions: Positions, widths_C: Ints, targets: Targets, rate: float, scratch: Scratch
) -> tuple[float, int]:
    """Learn from a block, CBOW; as `skipgram`. Returns loss and positions."""
    inputs, outputs, dim = matrices
    slots, end, offset, count = positions
    starts, rows, signs = targets
    loss, pairs = 0.0, 0
    x, o, g, at = pointer(inputs), pointer(outputs), pointer(scratch.scores), pointer(scratch.places)
    sums, h = pointer(scratch.sums), pointer(scratch.hidden)
    change = after(h, dim)
    for k in range(count):
        m = list_context(pointer(slots), offset + k, widths_C[k], end, dim, at)
        if m == 0:
            continue
        first, size = np.int64(starts[k]), np.int64(starts[k + 1] - starts[k])
        t, sign = after(pointer(rows), first), after(pointer(signs), first)
        if k + 1 < count:
            fetch_targets(o, after(t, size), np.int64(starts[k + 2] - starts[k + 1]), dim)
        take_mean(x, at, m, dim, h, g)
        for six in range(0, size, 6):
            score_six(h, o, after(t, six), after(sign, six), dim, after(g, six))
        loss += loss_and_steps(g, 1, size, sign, rate)
        # There is one hidden vector, the mean at place 0, and its change is summed behind it. ``at`` has to name that
        # place for a moment, and then the words of the window again, which all receive the change.
        first_place = at[0]
        at[0] = 0
        change_rows(Hidden(h, change, at, 1), o, t, size, dim, g, sums)
        at[0] = first_place
        add_to_rows(change, x, at, m, dim)
        pairs += 1
    return loss, pairs


@kernel
def softmax(
    matrices: Matrices,
    positions: Positions,
    widths_C: Ints,
    words_C: Ints,
    size: int,
    mean: bool,
    rate: float,
    scratch: Scratch,
) -> tuple[float, int]:
    """Learn from a block by the softmax over all words: -log of the probability of ``words_C[k]`` at position k.

    Args:
        size: V, the rows of the outputs.
        mean: predict from the mean of the window (CBOW), or from each of its words (skip-gram).

    Returns:
        (the sum of the losses before learning, predictions).
    """
    inputs, outputs, dim = matrices
    slots, end, offset, length = positions
    loss, count = 0.0, 0
    x, o, g, at = pointer(inputs), pointer(outputs), pointer(scratch.scores), pointer(scratch.places)
    sums, h = pointer(scratch.sums), pointer(scratch.hidden)
    change = after(h, dim)
    for k in range(length):
        m = list_context(pointer(slots), offset + k, widths_C[k], end, dim, at)
        if m == 0:
            continue
        for j in range(1 if mean else m):
            first = 0 if mean else j
            take_mean(x, after(at, first), m if mean else 1, dim, h, sums)
            loss += softmax_steps(h, o, size, dim, words_C[k], rate, g)
            for word in range(size):
                step, row = splat(g, word), word * dim
                for d in range(0, dim, 16):
                    # The hidden vector learns from the row as it was.
                    b = load(o, row + d)
                    store(change, d, multiply_add(step, b, load(change, d)))
                    store(o, row + d, multiply_add(step, load(h, d), b))
            add_to_rows(change, x, after(at, first), m if mean else 1, dim)
            count += 1
    return loss, count
