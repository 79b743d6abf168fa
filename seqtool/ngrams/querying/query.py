"""Asking a trie for probabilities, many words at once.

With h₁ the word before w, h₂ the one before that, the n-gram … h₂ h₁ w is found by going from w to its child h₁, to
that one's child h₂, and so on. If the longest that is there has m words,

    log P(w | h) = log P(w | h₁ … hₘ₋₁) + Σ_(j ≥ m) log β(h₁ … hⱼ),

and the β of the histories h₁ … hⱼ were met on the way down from h₁, when that was the word asked for. So every place of
a text is looked up for itself. The kernel goes down one step with many places before it takes the next: first it asks
for the memory where each word ought to lie among the children if they were spread evenly, then for that where the word
found there says that it lies, and only then searches, so that many memory accesses are under way at a time.

Shapes: P places, N order.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.jit import kernel
from seqtool.compute.simd import pointer, prefetch
from seqtool.compute.threads import ordered
from seqtool.ngrams.counting.count import FIRST, WORD, Nodes, signed
from seqtool.ngrams.trie import LOG_BACKOFF, LOG_PROB, Trie

Floats = NDArray[np.float32]
Labels = NDArray[np.uint32]
LN10 = math.log(10.0)
PLACES = 1 << 16
_TOGETHER = 64


class Walk(NamedTuple):
    """Places on their way down.

    Attributes:
        alive: those that have come so far.
        lows, highs: (P,), where the children of their nodes begin and end.
    """

    alive: NDArray[np.int64]
    lows: NDArray[np.int64]
    highs: NDArray[np.int64]


class Longest(NamedTuple):
    """Of every place (P,) the longest n-gram found: log10 P, how many words it has, log10 β."""

    log10: Floats
    length: NDArray[np.uint8]
    backoffs: Floats


class Found:
    """The longest n-gram found at each of some places.

    Args:
        trie: the model.
        labels: uint32 (P,), the words asked for.

    Attributes:
        log10: float32 (P,): log10 P of the longest n-gram.
        length: uint8 (P,): how many words it has.
        backoffs: float32 (N - 1, P): log10 β of the n-grams of every order below N; 0 where there is none.
    """

    def __init__(self, trie: Trie, labels: Labels) -> None:
        self._trie = trie
        places = len(labels)
        self.log10 = np.empty(places, np.float32)
        self.length = np.ones(places, np.uint8)
        self.backoffs = np.zeros((max(1, trie.order - 1), places), np.float32)
        self._walk, nodes = Walk(*np.empty((3, places), np.int64)), trie.orders[0]
        begin(nodes, nodes.view(np.float32), labels, self._walk, Longest(self.log10, self.length, self.backoffs[0]))

    def extend(self, n: int, words: Labels) -> None:
        """Go from the n-grams of order n - 1 that were found to those of order n with ``words`` (P,) before them."""
        trie = self._trie
        nodes = trie.orders[n - 1]
        backoffs = self.backoffs[n - 1] if n < trie.order else self.backoffs[0]
        longest = Longest(self.log10, self.length, backoffs)
        left = descend(nodes, nodes.view(np.float32), n, words, 1.0 / trie.words, self._walk, longest)
        self._walk = self._walk._replace(alive=self._walk.alive[:left])


def score_labels(trie: Trie, blocks: Iterator[Labels], end: int, unseen: float, threads: int) -> Iterator[Floats]:
    """log10 P of every word of a text, block after block.

    Args:
        trie: the model.
        blocks: labels, each with the N labels before it.
        end: the label of the line end.
        unseen: log10 of what each step back counts, where that does not depend on the history (stupid back-off); or 0.
        threads: blocks under way.
    """
    yield from ordered(lambda block: _score_block(trie, block, end, unseen), blocks, threads)


def _score_block(trie: Trie, labels: Labels, end: int, unseen: float) -> Floats:
    order = trie.order
    found = Found(trie, labels[order - 1 :])
    for n in range(2, order + 1):
        found.extend(n, labels[order - n : len(labels) - n + 1])
    if unseen:
        steps = history_lengths(labels[1:], order, end) + 1 - found.length[1:]
        return found.log10[1:] + np.float32(unseen) * steps.astype(np.float32)
    return add_backoffs(found.log10, found.length, found.backoffs)


@kernel
def history_lengths(labels: Labels, order: int, end: int) -> NDArray[np.int64]:
    """How many words, up to the beginning of the sentence and that included, stand before each but the first N - 1."""
    lengths = np.empty(len(labels) - order + 1, np.int64)
    for place in range(len(lengths)):
        known = 0
        while known < order - 1:
            known += 1
            if labels[place + order - 1 - known] == end:
                break
        lengths[place] = known
    return lengths


@kernel
def find_child(nodes: Nodes, word: int, low: int, high: int, guess: int, key: int) -> int:
    """The first of the nodes ``low`` to ``high`` whose word is not less; ``key`` stands at the guess."""
    step = 1
    if key == word:
        return guess
    if key < word:  # close in with growing steps, then by halves
        while guess + step < high and signed(nodes[guess + step, WORD]) < word:
            guess += step
            step *= 2
        low, high = guess + 1, min(high, guess + step + 1)
    else:
        while guess - step >= low and signed(nodes[guess - step, WORD]) > word:
            guess -= step
            step *= 2
        low, high = max(low, guess - step), guess
    while low < high:
        middle = (low + high) >> 1
        if signed(nodes[middle, WORD]) < word:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def begin(nodes: Nodes, floats: Floats, labels: Labels, walk: Walk, longest: Longest) -> None:
    """What `descend` gives, for order 1: every place reaches the row of its label."""
    alive, lows, highs = walk
    log10, _, backoffs = longest
    inner = nodes.shape[1] == 4
    for place in range(len(labels)):
        row = signed(labels[place])
        alive[place] = place
        log10[place] = floats[row, LOG_PROB if inner else 1]
        if inner:
            backoffs[place] = floats[row, LOG_BACKOFF]
            lows[place], highs[place] = signed(nodes[row, FIRST]), signed(nodes[row + 1, FIRST])


@kernel
def descend(nodes: Nodes, floats: Floats, n: int, words: Labels, share: float, walk: Walk, longest: Longest) -> int:
    """One step down, to order n; how many places reach it.

    Args:
        nodes, floats: the array of order n, and the same as float32.
        words: uint32 (P,): the child to go to.
        share: 1 / V.
        walk: places that are at a node of order n - 1; the first of them become those that reach order n.
        longest: receives what is found at places that reach order n.
    """
    alive, lows, highs = walk
    log10, length, backoffs = longest
    if len(nodes) == 0:
        return 0
    guesses = np.empty(_TOGETHER, np.int64)
    at, width, last, left = pointer(nodes), nodes.shape[1], len(nodes) - 1, 0
    for start in range(0, len(alive), _TOGETHER):
        together = min(_TOGETHER, len(alive) - start)
        for k in range(together):
            place = alive[start + k]
            low, size = lows[place], highs[place] - lows[place]
            # A node without children may have its place behind the last node.
            guesses[k] = min(low + signed((np.float64(words[place]) + 0.5) * share * np.float64(size)), last)
            prefetch(at, guesses[k] * width)
        for k in range(together):
            # How far off the word there is tells how far off the guess is.
            place = alive[start + k]
            low, high = lows[place], highs[place]
            off = np.float64(signed(words[place]) - signed(nodes[guesses[k], WORD])) * share * np.float64(high - low)
            guesses[k] = min(max(guesses[k] + signed(np.rint(off)), low), max(high - 1, 0))
            prefetch(at, guesses[k] * width)
        for k in range(together):
            place = alive[start + k]
            low, high, guess = lows[place], highs[place], guesses[k]
            if low == high:
                continue
            word = signed(words[place])
            low = find_child(nodes, word, low, high, guess, signed(nodes[guess, WORD]))
            if low >= highs[place] or signed(nodes[low, WORD]) != word:
                continue
            length[place] = n
            log10[place] = floats[low, LOG_PROB if width == 4 else 1]
            if width == 4:
                backoffs[place] = floats[low, LOG_BACKOFF]
                lows[place], highs[place] = signed(nodes[low, FIRST]), signed(nodes[low + 1, FIRST])
            # In place: what is written was read already, for left is never more than start + k.
            alive[left] = place
            left += 1
    return left


@kernel
def add_backoffs(log10: Floats, length: NDArray[np.uint8], backoffs: Floats) -> Floats:
    """log10 P of every place but the first, whose n-grams are the histories of the second."""
    result = np.empty(len(log10) - 1, np.float32)
    for place in range(1, len(log10)):
        total = np.float64(log10[place])
        for j in range(signed(length[place]) - 1, len(backoffs)):
            total += backoffs[j, place - 1]
        result[place - 1] = total
    return result
