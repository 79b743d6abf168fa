"""Batches of pairs: sources and the targets made from them, with others of about their length.

B batch, S and T steps of source and target.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from seqtool.nn.batching import IGNORED, Batch, Batches, Ids, Positions


class Sentences(Protocol):
    """Sentence i is ``ids[bounds[i]:bounds[i + 1]]``, its ``<eos>`` included."""

    @property
    def ids(self) -> Ids:
        """All tokens in the model's ids."""
        ...

    @property
    def bounds(self) -> Positions:
        """int64, sentences + 1."""
        ...


def lengths_of(sentences: Sentences) -> Positions:
    """Tokens of every sentence, ``<eos>`` included."""
    return np.diff(sentences.bounds)


def padded(sentences: Sentences, rows_B: Positions, fill: int) -> NDArray[np.int64]:
    """Sentences as the columns of an array (time, B), ``fill`` after their ends."""
    starts_B = np.asarray(sentences.bounds[rows_B], np.int64)
    lengths_B = np.asarray(sentences.bounds[rows_B + 1], np.int64) - starts_B
    times_T1 = np.arange(lengths_B.max(initial=0))[:, None]
    real_TB = times_T1 < lengths_B
    return np.where(real_TB, sentences.ids[np.where(real_TB, starts_B + times_T1, 0)].astype(np.int64), fill)


class PairBatches(Batches):
    """Batches of pairs of about one length, their order and their company drawn anew every epoch.

    The pairs are sorted by the longer side and cut where a batch is full, so that a batch is as large in every epoch;
    pairs of one length change places among them.

    Args:
        source: the sentences read, or vectors (pairs, D), a row for each target.
        target: the sentences written; as many.
        rows: which pairs, int64.
        eos: model id of ``<eos>``, the first input of every target.
        size: of a batch: pairs, or tokens.
        by_tokens: whether ``size`` is in tokens of the longer side, padding included.
        seed: of the order.
        shuffle: ``False`` gives the batches by length, the pairs of a length in their order.
    """

    def __init__(
        self, source: Sentences | NDArray[Any], target: Sentences, rows: Positions, eos: int, size: int,
        by_tokens: bool, seed: int = 0, shuffle: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(target.ids, eos, None)
        self.source, self.target, self.rows, self.seed, self.shuffle = source, target, rows, seed, shuffle
        longer = lengths_of(target)[rows]
        if not isinstance(source, np.ndarray):
            longer = np.maximum(longer, lengths_of(source)[rows])
        self._longer = longer
        self.edges = _edges(np.sort(longer), size, by_tokens)
        self._order: tuple[int, Positions, Positions] = (-1, rows, rows)

    def __len__(self) -> int:
        return len(self.edges) - 1

    @property
    def pairs(self) -> int:
        """In an epoch."""
        return len(self.rows)

    @property
    def tokens(self) -> int:
        """Of the targets in an epoch, ``<eos>`` included."""
        return int(lengths_of(self.target)[self.rows].sum())

    def batch(self, index: int) -> Batch:
        """Batch ``index``: source_SB or source_DB, inputs_TB, targets_TB."""
        return self._of(self.members(index))

    def members(self, index: int) -> Positions:
        """The pairs of batch ``index`` of the current epoch."""
        if self._order[0] != self.epoch:
            self._order = (self.epoch, *self._drawn())
        _, batches, sorted_rows = self._order
        first, last = self.edges[batches[index] : batches[index] + 2]
        return sorted_rows[first:last]

    def _drawn(self) -> tuple[Positions, Positions]:
        """The order of the batches, and of the pairs: by length, those of one length at random."""
        if not self.shuffle:
            return np.arange(len(self)), self.rows[np.argsort(self._longer, kind="stable")]
        draw = np.random.default_rng((self.seed, self.epoch))
        mixed = draw.permutation(len(self.rows))
        by_length = mixed[np.argsort(self._longer[mixed], kind="stable")]
        return draw.permutation(len(self)), self.rows[by_length]

    def _of(self, rows_B: Positions) -> Batch:
        targets_TB = padded(self.target, rows_B, IGNORED)
        inputs_TB = np.roll(np.where(targets_TB == IGNORED, self.eos, targets_TB), 1, axis=0)
        inputs_TB[0] = self.eos
        if isinstance(self.source, np.ndarray):
            source = vectors_tensor(self.source[rows_B])
        else:
            source = torch.from_numpy(padded(self.source, rows_B, IGNORED))
        tokens = int((targets_TB != IGNORED).sum())
        return Batch(torch.from_numpy(inputs_TB), torch.from_numpy(targets_TB), tokens, source=source)


def _edges(longer: Positions, size: int, by_tokens: bool) -> Positions:
    """Where batches of pairs sorted by length begin, and the end: a batch has a pair at least."""
    if not by_tokens:
        return np.asarray([*range(0, len(longer), size), len(longer)])
    edges = [0]
    while edges[-1] < len(longer):
        first = edges[-1]
        counts = np.arange(1, min(size, len(longer) - first) + 1)
        fits = counts * longer[first : first + len(counts)] <= size
        edges.append(first + max(1, int(np.searchsorted(~fits, True))))
    return np.asarray(edges)


def vectors_tensor(vectors_BD: NDArray[Any]) -> torch.Tensor:
    """Vectors as a source: float32 (D, B), a copy."""
    return torch.from_numpy(np.array(vectors_BD.T, np.float32, order="C"))


def source_tensor(sentences: Sequence[Sequence[int]]) -> torch.Tensor:
    """Sentences of ids as source_SB, `IGNORED` after their ends."""
    width = max(map(len, sentences), default=0)
    filled: Iterator[Any] = ([*ids, *[IGNORED] * (width - len(ids))] for ids in sentences)
    return torch.tensor(list(filled), dtype=torch.int64).t().contiguous()
