"""Which rows of the inputs spell which word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqtool.embeddings.kernels import replicas as replica_kernels
from seqtool.embeddings.weights import Parts, Weights, aligned
from seqtool.vectors.ngrams import NgramRule, NgramVectors


@dataclass(frozen=True)
class Spelling:
    """The n-grams of a vocabulary, each bucket that it uses a row behind the words' own.

    Attributes:
        rule: which n-grams there are.
        buckets_G: int64, rising.
        parts: the rows of every word.
    """

    rule: NgramRule
    buckets_G: NDArray[np.int64]
    parts: Parts


def spell_vocabulary(words: Sequence[str], rule: NgramRule, counts_V: NDArray[np.float64]) -> Spelling:
    """The spelling of a vocabulary whose words are read as often as ``counts_V`` says, or in proportion to that."""
    starts, buckets = rule.buckets(words)
    seen, numbers = np.unique(buckets, return_inverse=True)
    starts_V1 = starts + np.arange(len(starts))
    rows = np.empty(starts_V1[-1], np.int32)
    own = np.zeros(len(rows), bool)
    own[starts_V1[:-1]] = True
    rows[own], rows[~own] = np.arange(len(words)), len(words) + numbers
    return Spelling(rule, seen, Parts(len(words) + len(seen), starts_V1, rows, _sharing(starts_V1, rows, counts_V)))


def _sharing(
    starts_V1: NDArray[np.int64], rows: NDArray[np.int32], counts_V: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Of every word the share of the text that is other words, each weighted by the part of the rows that it has."""
    share_V, sizes_V = counts_V / counts_V.sum(), np.diff(starts_V1)
    of_rows = np.bincount(rows, np.repeat(share_V, sizes_V))
    return np.asarray(np.add.reduceat(of_rows[rows], starts_V1[:-1]) / sizes_V - share_V)


def word_vectors(weights: Weights) -> NDArray[np.float32]:
    """The input vectors of all words: float32 (V, D)."""
    if weights.parts is None:
        return weights.rows(weights.inputs)
    words, stride = weights.words, weights.stride
    means = aligned((words + 1) * stride)
    own_V, parts = np.arange(words, dtype=np.int32), (weights.parts.starts_V1, weights.parts.rows)
    replica_kernels.gather_means(weights.inputs, stride, *parts, own_V, words, means, aligned(16))
    return weights.rows(means)


def start_words(weights: Weights, known_V: NDArray[np.bool_], vectors: NDArray[np.float32]) -> None:
    """Let known words begin at given vectors; where words are spelled, their own rows make up the difference."""
    own = weights.rows(weights.inputs)[: weights.words]
    if weights.parts is None:
        own[known_V] = vectors
        return
    sizes = np.diff(weights.parts.starts_V1)[known_V, None].astype(np.float32)
    own[known_V] += sizes * (vectors - word_vectors(weights)[known_V])


def start_ngrams(weights: Weights, spelling: Spelling, before: NgramVectors | None) -> int:
    """Let n-grams begin at the vectors of earlier ones of the same rule; how many do."""
    if before is None or before.rule != spelling.rule:
        return 0
    rows = before.rows_of(spelling.buckets_G)
    known = rows >= 0
    weights.rows(weights.inputs)[weights.words :][known] = before.matrix_GD[rows[known]]
    return int(known.sum())
