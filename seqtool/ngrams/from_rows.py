"""From n-grams in any order to the trie of a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.jit import kernel
from seqtool.ngrams.counting.count import FIRST, WORD, Nodes
from seqtool.ngrams.counting.text import labels_of_ids
from seqtool.ngrams.querying.query import Found
from seqtool.ngrams.trie import LOG_BACKOFF, LOG_PROB, Trie


@dataclass(frozen=True)
class Rows:
    """N-grams of one order: int64 (R, n) ids in the order of the text; float32 (R, 2) log10 P and log10 β."""

    ids: NDArray[np.int64]
    numbers: NDArray[np.float32]


def trie_of_rows(orders: Sequence[Rows], words: int, twice: Callable[[int], Exception]) -> Trie:
    """The trie of n-grams of the orders 1 … N, the first holding every word of the vocabulary.

    Args:
        orders: the n-grams.
        words: V.
        twice: makes the error for an n-gram of order n that is there twice.
    """
    labels = labels_of_ids(words).astype(np.int64)
    sorted_orders = [_sorted(labels[rows.ids[:, ::-1]], rows.numbers) for rows in orders]
    for n, (paths, _) in enumerate(sorted_orders, 1):
        if (paths[1:] == paths[:-1]).all(1).any():
            raise twice(n)
    for n in range(len(orders) - 1, 0, -1):
        sorted_orders[n - 1] = _with_parents(sorted_orders[n - 1], sorted_orders[n][0])
    made: list[Nodes] = []
    for n, (paths, numbers) in enumerate(sorted_orders, 1):
        missing = np.isnan(numbers[:, 0])
        if missing.any():
            numbers[missing, 0] = _backed_off(made, paths[missing])
        if n > 1:
            made[-1][:, FIRST] = np.searchsorted(find_parents(paths, sorted_orders[n - 2][0]), np.arange(len(made[-1])))
        made.append(_nodes(paths, numbers, longest=n == len(orders)))
    return Trie(tuple(made))


def _sorted(paths: NDArray[np.int64], numbers: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """N-grams by their labels, the last word first."""
    order = np.lexsort(paths.T[::-1])
    return paths[order], numbers[order]


def _with_parents(
    order: tuple[NDArray[np.int64], NDArray[np.float32]], below: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """An order with the nodes added (log10 P not known yet) above which those of the next order stand."""
    paths, numbers = order
    wanted = below[find_parents(below, paths) < 0, :-1]
    if not len(wanted):
        return order
    added = np.unique(wanted, axis=0)
    unknown = np.tile(np.array([np.nan, 0.0], np.float32), (len(added), 1))
    return _sorted(np.concatenate([paths, added]), np.concatenate([numbers, unknown]))


def _backed_off(orders: Sequence[Nodes], paths_RN: NDArray[np.int64]) -> NDArray[np.float32]:
    """log10 P of n-grams that are not there, by the shorter orders."""
    n = paths_RN.shape[1]
    trie = Trie((*orders, np.zeros((0, 2), np.uint32)))
    words = list(np.ascontiguousarray(paths_RN.T, np.uint32))
    word, before = Found(trie, words[0]), Found(trie, words[1])
    for length in range(2, n):
        word.extend(length, words[length - 1])
        before.extend(length, words[length])
    steps = np.arange(1, n)[:, None] >= word.length
    return word.log10 + np.where(steps, before.backoffs, 0).sum(0)


def _nodes(paths: NDArray[np.int64], numbers: NDArray[np.float32], longest: bool) -> Nodes:
    """The array of an order, first children still to come."""
    nodes = np.zeros((len(paths) + (not longest), 2 if longest else 4), np.uint32)
    nodes[: len(paths), WORD] = paths[:, -1]
    floats = nodes.view(np.float32)
    floats[: len(paths), 1 if longest else LOG_PROB] = numbers[:, 0]
    if not longest:
        floats[: len(paths), LOG_BACKOFF] = numbers[:, 1]
    return nodes


@kernel
def find_parents(paths: NDArray[np.int64], parents: NDArray[np.int64]) -> NDArray[np.int64]:
    """For sorted n-grams the number of the one, among those sorted of the order before, that ends them; −1 if none."""
    found = np.full(len(paths), -1, np.int64)
    at, depth = 0, parents.shape[1]
    for i in range(len(paths)):
        while at < len(parents):
            difference = 0
            for column in range(depth):
                difference = parents[at, column] - paths[i, column]
                if difference != 0:
                    break
            if difference == 0:
                found[i] = at
            if difference >= 0:
                break
            at += 1
    return found
