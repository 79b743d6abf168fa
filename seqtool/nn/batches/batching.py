"""From token ids to batches: truncated-BPTT streams, whole sentences, fixed windows.

B batch, T time, N context length. The ids may be a memory map of any integer type; only what a batch needs is read.
Every token is a target exactly once an epoch, the first after `<eos>`; where a batch has room left its targets are
`IGNORED`, which the losses of `nn.losses.output` pass over.

All kinds resume: ``position`` is the next batch of the epoch, and each batch is a function of (seed, epoch, position).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqtool.compute.splitmix import mix

IGNORED = -100
_BATCHES_PER_POOL = 100
_FEISTEL_ROUNDS = 4


class Ids(Protocol):
    """Integers (N,): an array, or what gives one for a slice or an index array."""

    def __len__(self) -> int: ...

    def __getitem__(self, where: Any, /) -> NDArray[Any]: ...


Positions = NDArray[np.int64]


class Batch(NamedTuple):
    """Inputs and targets (int64), how many targets are real, not `IGNORED`, and the share of the learning rate.

    ``source`` is what the targets are made from, where they are: ids_SB, `IGNORED` after a sentence's end, or
    vectors_DB. The last axis of all tensors is the rows, but for the inputs of windows, whose first it is.
    """

    inputs: Tensor
    targets: Tensor
    tokens: int
    lr_share: float = 1.0
    source: Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        """The same on a device."""
        source = None if self.source is None else self.source.to(device)
        return self._replace(inputs=self.inputs.to(device), targets=self.targets.to(device), source=source)


class Batches(ABC):
    """The batches of one epoch after another.

    Iterating yields from ``position`` to the end of the epoch; then ``epoch`` is one more and ``position`` 0. While
    a batch is worked on, ``position`` is already the next one's, so a state taken after a step goes on with the next.

    Attributes:
        stateful: the next batch goes on where this one ended, so the hidden state is carried over.
        unit: what is counted of a batch, in its plural.

    Args:
        ids: all tokens of the corpus [n].
        eos: model id of `<eos>`.
        id_map: model id of every corpus id, where they differ.
        seed: of the order, where one is drawn.
        shuffle: whether it is.
    """

    stateful = False
    unit = "tokens"

    def __init__(self, ids: Ids, eos: int, id_map: Ids | None = None, seed: int = 0, shuffle: bool = True) -> None:
        self.ids, self.eos, self.id_map = ids, eos, id_map
        self.seed, self.shuffle = seed, shuffle
        self.epoch, self.position = 0, 0

    @abstractmethod
    def __len__(self) -> int:
        """Batches in an epoch."""

    @abstractmethod
    def batch(self, index: int) -> Batch:
        """Batch ``index`` of the current epoch."""

    def __iter__(self) -> Iterator[Batch]:
        while self.position < len(self):
            self.position += 1
            batch = self.batch(self.position - 1)
            if batch.tokens:
                yield batch
        self.epoch, self.position = self.epoch + 1, 0

    def state_dict(self) -> dict[str, int]:
        """Where the next batch is."""
        return {"epoch": self.epoch, "position": self.position}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Go on from there."""
        self.epoch, self.position = int(state["epoch"]), int(state["position"])

    def _tokens_at(self, positions: Positions) -> Positions:
        """Model ids at these positions of the corpus; `<eos>` before its beginning."""
        tokens = np.asarray(self.ids[np.maximum(positions, 0)])
        if self.id_map is not None:
            tokens = self.id_map[tokens]
        return np.where(positions < 0, self.eos, tokens.astype(np.int64))

    def _batch_at(self, positions: Positions, real: NDArray[np.bool_]) -> Batch:
        """The tokens at these positions as targets, those before them as inputs; `IGNORED` where not ``real``."""
        inputs = np.where(real, self._tokens_at(np.where(real, positions - 1, 0)), self.eos)
        targets = np.where(real, self._tokens_at(np.where(real, positions, 0)), IGNORED)
        return Batch(torch.from_numpy(inputs), torch.from_numpy(targets), int(real.sum()))


class StreamBatches(Batches):
    """The corpus as B parallel streams, cut every ``bptt`` steps (truncated back-propagation through time).

    Stream b reads the tokens from b·⌈n/B⌉ on, after the token before them (the first one after `<eos>`) and the
    zero state. The last streams may be shorter; no token is dropped.

    Args:
        ids: all tokens of the corpus [n].
        eos: model id of `<eos>`.
        batch_size: number of streams B.
        bptt: steps T in a batch; the last of an epoch may have fewer.
        id_map: model id of every corpus id, where they differ.
    """

    stateful = True

    def __init__(
        self, ids: Ids, eos: int, batch_size: int, bptt: int, id_map: Ids | None = None, seed: int = 0
    ) -> None:
        super().__init__(ids, eos, id_map, seed)
        self.bptt, self.batch_size = bptt, batch_size
        self.stream_length = math.ceil(len(ids) / batch_size)

    def __len__(self) -> int:
        return math.ceil(self.stream_length / self.bptt)

    def batch(self, index: int) -> Batch:
        """Chunk ``index`` of all streams: inputs_TB, targets_TB."""
        return self._chunk(index * self.bptt, min((index + 1) * self.bptt, self.stream_length))

    def _chunk(self, first: int, last: int) -> Batch:
        times_T1 = np.arange(first, last)[:, None]
        positions_TB = np.arange(self.batch_size) * self.stream_length + times_T1
        return self._batch_at(positions_TB, positions_TB < len(self.ids))


class SentenceBatches(Batches):
    """Whole sentences, each from `<eos>` and the zero state, batched with others of about its length.

    The sentences are shuffled anew every epoch and drawn in pools of 100 batches; a pool is sorted by length, cut
    into batches, and the batches are shuffled. All sentences are kept whole.

    Args:
        ids: all tokens of the corpus [n].
        bounds: sentence i is ``ids[bounds[i]:bounds[i + 1]]``, its final `<eos>` included where the corpus has one.
        eos: model id of `<eos>`.
        batch_size: sentences B in a batch.
        seed: of the order.
        id_map: model id of every corpus id, where they differ.
        shuffle: ``False`` keeps the corpus order of the pools (batches within them are still sorted by length).
    """

    def __init__(
        self,
        ids: Ids,
        bounds: Ids,
        eos: int,
        batch_size: int,
        seed: int = 0,
        id_map: Ids | None = None,
        shuffle: bool = True,
    ) -> None:
        super().__init__(ids, eos, id_map, seed, shuffle)
        self.bounds, self.batch_size = bounds, batch_size
        self._pool: tuple[tuple[int, int], list[Positions]] = ((-1, -1), [])

    def __len__(self) -> int:
        return math.ceil((len(self.bounds) - 1) / self.batch_size)

    def batch(self, index: int) -> Batch:
        """Batch ``index``, padded to its longest sentence: inputs_TB, targets_TB."""
        pool, place = divmod(index, _BATCHES_PER_POOL)
        if self._pool[0] != (self.epoch, pool):
            self._pool = (self.epoch, pool), self._make_pool(pool)
        starts_B, lengths_B = self._spans(self._pool[1][place])
        times_T1 = np.arange(lengths_B.max())[:, None]
        real_TB = times_T1 < lengths_B
        batch = self._batch_at(starts_B + times_T1, real_TB)
        batch.inputs[:1] = self.eos
        return batch

    def _spans(self, sentences: Positions) -> tuple[Positions, Positions]:
        starts = np.asarray(self.bounds[sentences], dtype=np.int64)
        return starts, np.asarray(self.bounds[sentences + 1], dtype=np.int64) - starts

    def _make_pool(self, pool: int) -> list[Positions]:
        """The sentence numbers of each batch of a pool, in the order they are used."""
        size = self.batch_size * _BATCHES_PER_POOL
        count = len(self.bounds) - 1
        sentences = np.arange(pool * size, min((pool + 1) * size, count))
        if self.shuffle:
            sentences = shuffled(sentences, count, self.seed, self.epoch)
        _, lengths = self._spans(sentences)
        sentences = sentences[np.argsort(lengths, kind="stable")]
        batches = np.split(sentences, np.arange(self.batch_size, len(sentences), self.batch_size))
        if not self.shuffle:
            return batches
        order = np.random.default_rng((self.seed, self.epoch, pool)).permutation(len(batches))
        return [batches[i] for i in order]


class WindowBatches(Batches):
    """For a fixed-window model: the N tokens before, and the token, in random order (Bengio et al. 2003).

    Before the beginning of the corpus the context is `<eos>`.

    Args:
        ids: all tokens of the corpus [n].
        eos: model id of `<eos>`.
        context: number of preceding tokens N.
        batch_size: targets B in a batch.
        seed: of the order.
        id_map: model id of every corpus id, where they differ.
        shuffle: ``False`` keeps the corpus order.
    """

    def __init__(
        self,
        ids: Ids,
        eos: int,
        context: int,
        batch_size: int,
        seed: int = 0,
        id_map: Ids | None = None,
        shuffle: bool = True,
    ) -> None:
        super().__init__(ids, eos, id_map, seed, shuffle)
        self.context, self.batch_size = context, batch_size

    def __len__(self) -> int:
        return math.ceil(len(self.ids) / self.batch_size)

    def batch(self, index: int) -> Batch:
        """Batch ``index``: inputs_BN, targets_B."""
        positions_B = np.arange(index * self.batch_size, min((index + 1) * self.batch_size, len(self.ids)))
        if self.shuffle:
            positions_B = shuffled(positions_B, len(self.ids), self.seed, self.epoch)
        context_BN = positions_B[:, None] + np.arange(-self.context, 0)
        inputs_BN, targets_B = self._tokens_at(context_BN), self._tokens_at(positions_B)
        return Batch(torch.from_numpy(inputs_BN), torch.from_numpy(targets_B), len(positions_B))


def shuffled(indices: Positions, count: int, seed: int, epoch: int) -> Positions:
    """Where a random permutation of ``range(count)`` sends these indices, without holding the permutation.

    A Feistel network permutes the numbers of 2·h bits, the smallest such range that holds ``count``; a result that
    lies outside is sent through again until it falls inside (cycle walking: Black & Rogaway 2002, section 4).

    Args:
        indices: int64, each in ``range(count)``.
        count: size of the permuted range.
        seed: together with ``epoch`` names the permutation.
        epoch: see ``seed``.
    """
    half = np.uint64(max(1, ((count - 1).bit_length() + 1) // 2))
    keys = np.random.default_rng((seed, epoch)).integers(0, 2**64, _FEISTEL_ROUNDS, dtype=np.uint64)
    result = _feistel(indices.astype(np.uint64), half, keys)
    while (outside := result >= count).any():
        result[outside] = _feistel(result[outside], half, keys)
    return result.astype(np.int64)


def _feistel(numbers: NDArray[np.uint64], half: np.uint64, keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One pass of a balanced Feistel network over numbers of 2·half bits; a bijection for any round function.

    The round function is SplitMix64's: every bit of the input reaches every bit of the output.
    """
    mask = (np.uint64(1) << half) - np.uint64(1)
    left, right = numbers >> half, numbers & mask
    for key in keys:
        left, right = right, left ^ (mix(right ^ key) & mask)
    return (left << half) | right
