"""Asking a trie for probabilities, many words at once.

With h₁ the word before w, h₂ the one before that, the n-gram … h₂ h₁ w is found by going from w to its child h₁, to
that one's child h₂, and so on. If the longest that is there has m words,

    log P(w | h) = log P(w | h₁ … hₘ₋₁) + Σ_(j ≥ m) log β(h₁ … hⱼ),

and the β of the histories h₁ … hⱼ were met on the way down from h₁, when that was the word asked for. So every place of
a text is looked up for itself. The kernel goes down one step with all places before it takes the next: first it reads
where each word ought to lie among the children if they were spread evenly, then where the word found there says that it
lies, and only then searches, so that many memory accesses are under way at a time.

Shapes: P places, N order.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.corpus.compiled import kernel
from seqtool.corpus.parallel import ordered
from seqtool.ngrams.counting import FIRST, WORD, Nodes, signed
from seqtool.ngrams.trie import LOG_BACKOFF, LOG_PROB, Trie

Floats = NDArray[np.float32]
LN10 = math.log(10.0)
PLACES = 1 << 14
_TOGETHER = 64


class Found:
    """The longest n-gram found at each of some places.

    Args:
        labels: int64 (P,), the words asked for.
        order: N.

    Attributes:
        log10: float32 (P,): log10 P of the longest n-gram.
        length: uint8 (P,): how many words it has.
        backoffs: float32 (N - 1, P): log10 β of the n-grams of every order below N; 0 where there is none.
    """

    def __init__(self, trie: Trie, labels: NDArray[np.int64]) -> None:
        self._trie = trie
        first = trie.orders[0].view(np.float32)[labels]
        self.log10 = first[:, LOG_PROB if first.shape[1] == 4 else 1].copy()
        self.length = np.ones(len(labels), np.uint8)
        self.backoffs = np.zeros((max(1, trie.order - 1), len(labels)), np.float32)
        self._lows, self._highs = np.zeros((2, len(labels)), np.int64)
        if trie.order > 1:
            self.backoffs[0] = first[:, LOG_BACKOFF]
            self._lows[:] = trie.orders[0][labels, FIRST]
            self._highs[:] = trie.orders[0][labels + 1, FIRST]
        self._alive = np.arange(len(labels), dtype=np.int64)

    def extend(self, n: int, words: NDArray[np.int64]) -> None:
        """Go from the n-grams of order n - 1 that were found to those of order n with ``words`` (P,) before them."""
        trie = self._trie
        nodes = trie.orders[n - 1]
        backoffs = self.backoffs[n - 1] if n < trie.order else self.backoffs[0]
        left = descend(
            nodes, nodes.view(np.float32), n, words, 1.0 / trie.words, self._alive, self._lows, self._highs,
            self.log10, self.length, backoffs,
        )  # fmt: skip
        self._alive = self._alive[:left]


def score_labels(trie: Trie, blocks: Iterator[NDArray[Any]], end: int, unseen: float, threads: int) -> Iterator[Floats]:
    """log10 P of every word of a text, block after block.

    Args:
        trie: the model.
        blocks: labels, each with the N labels before it.
        end: the label of the line end.
        unseen: log10 of what each step back counts, where that does not depend on the history (stupid back-off); or 0.
        threads: blocks under way.
    """
    yield from ordered(lambda block: _score_block(trie, np.asarray(block, np.int64), end, unseen), blocks, threads)


def _score_block(trie: Trie, labels: NDArray[np.int64], end: int, unseen: float) -> Floats:
    order = trie.order
    found = Found(trie, labels[order - 1 :])
    for n in range(2, order + 1):
        found.extend(n, labels[order - n : len(labels) - n + 1])
    if unseen:
        steps = history_lengths(labels[1:], order, end) + 1 - found.length[1:]
        return found.log10[1:] + np.float32(unseen) * steps.astype(np.float32)
    return add_backoffs(found.log10, found.length, found.backoffs)


@kernel
def history_lengths(labels: NDArray[np.int64], order: int, end: int) -> NDArray[np.int64]:
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
def descend(
    nodes: Nodes, floats: Floats, n: int, words: NDArray[np.int64], share: float, alive: NDArray[np.int64],
    lows: NDArray[np.int64], highs: NDArray[np.int64], log10: Floats, length: NDArray[np.uint8], backoffs: Floats,
) -> int:  # fmt: skip
    """One step down, to order n; how many places reach it.

    Args:
        nodes, floats: the array of order n, and the same as float32.
        words: int64 (P,): the child to go to.
        share: 1 / V.
        alive: places that are at a node of order n - 1; the first of them become those that reach order n.
        lows, highs: int64 (P,): where the children of their nodes begin and end.
        log10, length, backoffs: (P,), of places that reach order n what stands there.
    """
    if len(nodes) == 0:
        return 0
    guesses, keys = np.empty((2, _TOGETHER), np.int64)
    inner, left = nodes.shape[1] == 4, 0
    for start in range(0, len(alive), _TOGETHER):
        together = min(_TOGETHER, len(alive) - start)
        for k in range(together):
            place = alive[start + k]
            low, size = lows[place], highs[place] - lows[place]
            guesses[k] = low + signed((np.float64(words[place]) + 0.5) * share * np.float64(size))
            keys[k] = signed(nodes[min(guesses[k], len(nodes) - 1), WORD])
        for k in range(together):
            # How far off the word there is tells how far off the guess is.
            place = alive[start + k]
            size = highs[place] - lows[place]
            off = signed(np.rint(np.float64(words[place] - keys[k]) * share * np.float64(size)))
            guess = min(max(guesses[k] + off, lows[place]), highs[place] - 1)
            if size > 0 and guess != guesses[k]:
                guesses[k], keys[k] = guess, signed(nodes[guess, WORD])
        for k in range(together):
            place = alive[start + k]
            low, high, guess, key = lows[place], highs[place], guesses[k], keys[k]
            if low == high:
                continue
            word = words[place]
            low = find_child(nodes, word, low, high, guess, key)
            if low >= highs[place] or signed(nodes[low, WORD]) != word:
                continue
            length[place] = n
            log10[place] = floats[low, LOG_PROB if inner else 1]
            if inner:
                backoffs[place] = floats[low, LOG_BACKOFF]
                lows[place], highs[place] = signed(nodes[low, FIRST]), signed(nodes[low + 1, FIRST])
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
