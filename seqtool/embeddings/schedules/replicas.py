"""Replicas of rows: the shards of a round gather them, learn on them, and their changes are added back.

Row r of the inputs is word r's own; where words are spelled, its vector is the mean of that row and those of its
n-grams. A shard then learns on the mean, and every row of the mean receives the whole change of it, as in fastText.

Shapes: V words, R rows gathered at most by a shard, S shards.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.embeddings.kernels import replicas as replica_kernels
from seqtool.embeddings.kernels.arguments import Replicas, RowSums, SharedParts
from seqtool.embeddings.weights import Parts, aligned

# How much of the way to where its gradient vanishes a row goes at a use, by learning rate.
PULL = 5.0
_MOST_USES = 1 << 14
# Words that share rows pull in directions of their own: they count for so much of a use.
_SHARED = 0.2


def progress_at(rate: float) -> NDArray[np.float64]:
    """By number of uses, what share of the way to where its gradient vanishes a row has gone (`scatter_add`)."""
    return np.asarray(-np.expm1(-PULL * max(rate, 1e-12) * np.arange(_MOST_USES)))


class ReplicaSet:
    """The replicas of one matrix's rows that the shards of a round learn on.

    Args:
        matrix: flat rows, changed by `scatter_add`.
        words: V.
        rows: R.
        stride: of the matrix.
        shards: S.
        threads: how many scatter.
        parts: of the words' vectors, where they are means.
        positions: of the text, in a shard.

    Attributes:
        copies_S: float32, a flat array of rows each.
        uses_SR: int32, how often each row is used.
        sizes_S: int64, how many rows are gathered.
    """

    def __init__(
        self,
        matrix: NDArray[np.float32],
        words: int,
        rows: int,
        stride: int,
        shards: int,
        threads: int,
        parts: Parts | None = None,
        positions: int = 0,
    ) -> None:
        self.matrix, self.stride, self._parts = matrix, stride, parts
        self.copies_S = aligned(shards * (rows + 1) * stride).reshape(shards, -1)
        # What a row was is still in the weights when its shard is done; a mean would have to be computed again.
        self._before_S = aligned(shards * (rows + 1) * stride).reshape(shards, -1) if parts else None
        self._own_SR = np.zeros((shards, rows), np.int32)
        self.uses_SR = np.zeros((shards, rows), np.int32)
        self.sizes_S = np.zeros(shards, np.int64)
        # How many words of a round move each word by the rows they share, all of them from the same place.
        self._shared = (
            SharedParts(parts.starts_V1, parts.rows, _SHARED * positions * shards * parts.sharing_V) if parts else None
        )
        # A row belongs to one thread, which alone touches its sums. The rows of a mean may belong to several, so each
        # adds up all words for itself.
        self._totals = [np.zeros(words, np.int64) for _ in range(threads if parts else 1)]
        self._sums = [np.zeros(words) for _ in range(threads if parts else 1)]
        self._rooms = [aligned(16) for _ in range(max(shards, threads))]

    def gather(self, shard: int, rows: NDArray[Any], end: int, slots_V: Any, slots: Any) -> int:
        """Copy the rows that a shard touches, and number them in ``slots``; how many they are."""
        own, copies = self._own_SR[shard], self.copies_S[shard]
        size = replica_kernels.compact(rows, 0, len(rows), end, slots_V, slots, own, self.uses_SR[shard])
        self.sizes_S[shard] = size
        if self._parts is None:
            replica_kernels.gather(self.matrix, self.stride, own, size, copies)
        else:
            assert self._before_S is not None
            parts = self._parts.starts_V1, self._parts.rows
            replica_kernels.gather_means(self.matrix, self.stride, *parts, own, size, copies, self._rooms[shard])
            used = (size + 1) * self.stride
            self._before_S[shard, :used] = copies[:used]
        return size

    def differences(self, shard: int) -> None:
        """What the shard has learned takes the place of its copies."""
        size, copies = int(self.sizes_S[shard]), self.copies_S[shard]
        if self._before_S is None:
            replica_kernels.differences(self.matrix, self.stride, self._own_SR[shard], size, copies, self._rooms[shard])
        else:
            copies[: size * self.stride] -= self._before_S[shard, : size * self.stride]

    def scatter_add(self, thread: int, threads: int, progress: NDArray[np.float64]) -> None:
        """Add what the shards have learned to the rows of a thread."""
        own = thread if self._parts else 0
        replicas = Replicas(self._own_SR, self.uses_SR, self.sizes_S, self.copies_S)
        sums = RowSums(self._totals[own], self._sums[own], self._rooms[thread])
        if self._shared is None:
            replica_kernels.scatter_add(self.matrix, self.stride, replicas, thread, threads, progress, sums)
        else:
            replica_kernels.scatter_add_parts(
                self.matrix, self.stride, self._shared, replicas, thread, threads, progress, sums
            )
