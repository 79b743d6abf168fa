"""Batches of sentences with others of about their length: pairs of source and target, and texts with labels.

B batch, S and T steps of source and target.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from seqtool.nn.batches.batching import IGNORED, Batch, Batches, Ids, Positions


class Sentences(Protocol):
    """Sentence i is ``ids[bounds[i]:bounds[i + 1]]``, its ``<eos>`` included."""

    @property
    def ids(self) -> Ids:
        """All tokens in the model's ids."""

    @property
    def bounds(self) -> Positions:
        """int64, sentences + 1."""


def sentence_lengths(sentences: Sentences) -> Positions:
    """Tokens of every sentence, ``<eos>`` included."""
    return np.diff(sentences.bounds)


def padded(ids: Ids, starts_B: Positions, ends_B: Positions, fill: int = IGNORED) -> NDArray[np.int64]:
    """The tokens from each start to each end as the columns of an array (time, B), ``fill`` after them."""
    lengths_B = ends_B - starts_B
    times_T1 = np.arange(lengths_B.max(initial=0))[:, None]
    real_TB = times_T1 < lengths_B
    return np.where(real_TB, ids[np.where(real_TB, starts_B + times_T1, 0)].astype(np.int64), fill)


def padded_sentences(sentences: Sentences, rows_B: Positions) -> NDArray[np.int64]:
    """Sentences as the columns of an array (time, B), `IGNORED` after their ends."""
    bounds = sentences.bounds
    return padded(sentences.ids, np.asarray(bounds[rows_B], np.int64), np.asarray(bounds[rows_B + 1], np.int64))


class BucketBatches(Batches):
    """Batches of examples of about one length, their order and their company drawn anew every epoch.

    The examples are sorted by length and cut where a batch is full, so that a batch is as large in every epoch;
    examples of one length change places among them.

    Args:
        ids: all tokens, for `Batches`.
        eos: model id of ``<eos>``.
        lengths: of every example of ``rows``, in tokens.
        rows: which examples, int64.
        size: of a batch: examples, or tokens.
        by_tokens: whether ``size`` is in tokens, padding included.
        seed: of the order.
        shuffle: ``False`` gives the batches by length, the examples of a length in their order.
    """

    def __init__(
        self,
        ids: Ids,
        eos: int,
        lengths: Positions,
        rows: Positions,
        size: int,
        by_tokens: bool,
        seed: int = 0,
        shuffle: bool = True,
    ) -> None:
        super().__init__(ids, eos, seed=seed, shuffle=shuffle)
        self.rows, self._lengths = rows, lengths
        self.edges = _edges(np.sort(lengths), size, by_tokens)
        self._order: tuple[int, Positions, Positions] = (-1, rows, rows)

    def __len__(self) -> int:
        return len(self.edges) - 1

    @abstractmethod
    def of(self, rows_B: Positions) -> Batch:
        """A batch of these examples."""

    def batch(self, index: int) -> Batch:
        """Batch ``index`` of the current epoch."""
        return self.of(self.members(index))

    def members(self, index: int) -> Positions:
        """The examples of batch ``index`` of the current epoch."""
        if self._order[0] != self.epoch:
            self._order = (self.epoch, *self._drawn())
        _, batches, sorted_rows = self._order
        first, last = self.edges[batches[index] : batches[index] + 2]
        return sorted_rows[first:last]

    def _drawn(self) -> tuple[Positions, Positions]:
        """The order of the batches, and of the examples: by length, those of one length at random."""
        if not self.shuffle:
            return np.arange(len(self)), self.rows[np.argsort(self._lengths, kind="stable")]
        draw = np.random.default_rng((self.seed, self.epoch))
        mixed = draw.permutation(len(self.rows))
        by_length = mixed[np.argsort(self._lengths[mixed], kind="stable")]
        return draw.permutation(len(self)), self.rows[by_length]


class PairBatches(BucketBatches):
    """Batches of pairs; the length of a pair is that of its longer side.

    Args:
        source: the sentences read, or vectors (pairs, D), a row for each target.
        target: the sentences written; as many.
        rows, eos, size, by_tokens, seed, shuffle: see `BucketBatches`.
        bucketing: ``False`` puts pairs of any lengths into a batch.
    """

    def __init__(
        self,
        source: Sentences | NDArray[Any],
        target: Sentences,
        rows: Positions,
        eos: int,
        size: int,
        by_tokens: bool,
        seed: int = 0,
        shuffle: bool = True,
        bucketing: bool = True,
    ) -> None:
        longer = sentence_lengths(target)[rows]
        if not isinstance(source, np.ndarray):
            longer = np.maximum(longer, sentence_lengths(source)[rows])
        if not bucketing:
            longer = np.full_like(longer, longer.max(initial=0))
        super().__init__(target.ids, eos, longer, rows, size, by_tokens, seed, shuffle)
        self.source, self.target = source, target

    @property
    def pairs(self) -> int:
        """In an epoch."""
        return len(self.rows)

    @property
    def tokens(self) -> int:
        """Of the targets in an epoch, ``<eos>`` included."""
        return int(sentence_lengths(self.target)[self.rows].sum())

    def of(self, rows_B: Positions) -> Batch:
        """source_SB or source_DB, inputs_TB, targets_TB."""
        targets_TB = padded_sentences(self.target, rows_B)
        inputs_TB = np.roll(np.where(targets_TB == IGNORED, self.eos, targets_TB), 1, axis=0)
        inputs_TB[0] = self.eos
        source, tokens = source_of(self.source, rows_B), int((targets_TB != IGNORED).sum())
        return Batch(torch.from_numpy(inputs_TB), torch.from_numpy(targets_TB), tokens, source=source)


def _edges(longer: Positions, size: int, by_tokens: bool) -> Positions:
    """Where batches of examples sorted by length begin, and the end: a batch has one at least."""
    if not by_tokens:
        return np.asarray([*range(0, len(longer), size), len(longer)])
    edges = [0]
    while edges[-1] < len(longer):
        first = edges[-1]
        counts = np.arange(1, min(size, len(longer) - first) + 1)
        fits = counts * longer[first : first + len(counts)] <= size
        edges.append(first + max(1, int(np.searchsorted(~fits, True))))
    return np.asarray(edges)


def source_of(source: Sentences | NDArray[Any], rows_B: Positions) -> torch.Tensor:
    """Some of the sources: source_SB of sentences, source_DB of vectors (pairs, D)."""
    if isinstance(source, np.ndarray):
        return vectors_tensor(source[rows_B])
    return torch.from_numpy(padded_sentences(source, rows_B))


def vectors_tensor(vectors_BD: NDArray[Any]) -> torch.Tensor:
    """Vectors as a source: float32 (D, B), a copy."""
    return torch.from_numpy(np.array(vectors_BD.T, np.float32, order="C"))


def source_tensor(sentences: Sequence[Sequence[int]]) -> torch.Tensor:
    """Sentences of ids as source_SB, `IGNORED` after their ends."""
    width = max(map(len, sentences), default=0)
    filled: Iterator[Any] = ([*ids, *[IGNORED] * (width - len(ids))] for ids in sentences)
    return torch.tensor(list(filled), dtype=torch.int64).t().contiguous()
