"""The schedule of word2vec and fastText on a device: big batches, from each of which all is learned at once.

The steps are those of `device_steps`. What is drawn at random is drawn on the device, from a generator that begins anew
with every part of the text: so a resumed training is the uninterrupted one. The same bytes come out every time on the
same device, where adding up is told to keep one order (`nn.device.deterministic`); with ``--hogwild`` it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from seqtool.embeddings.schedules.device_steps import (
    context_mask,
    context_means,
    count_uses,
    damping,
    joint_damping,
    learn_targets,
    learn_words,
)
from seqtool.embeddings.schedules.worker import Setting, random_state
from seqtool.embeddings.weights import Parts, Weights
from seqtool.nn.device import deterministic

# Positions of a batch: of more less is learned, and a short text has fewer, so that an epoch has so many batches.
MOST_POSITIONS, LEAST_POSITIONS, _EPOCH_BATCHES = 4_096, 128, 400
_LEAST_TILE = 16
# Numbers that the largest matrix of a batch may have: 1 GiB of them.
_ROOM = 1 << 28


class DeviceRounds:
    """Batches on a device. As `rounds.Hogwild`.

    Args:
        setting: what is learned.
        weights: changed by `collect`.
        device: where.
    """

    def __init__(self, setting: Setting, weights: Weights, device: torch.device) -> None:
        options = setting.options
        self._setting, self._weights, self._device = setting, weights, device
        self._ordered = options.deterministic and device.type == "cuda"
        if self._ordered:
            deterministic(True)
        self._inputs, self._outputs = (
            torch.from_numpy(matrix).to(device, copy=True).view(-1, weights.stride)
            for matrix in (weights.inputs, weights.outputs)
        )
        self._parts = DeviceParts(weights.parts, device) if weights.parts else None
        self._targets = _targets(setting, device)
        self._window = options.window
        # Two windows at least, so that no more than half of a tile's places are its margins.
        self._tile = max(_LEAST_TILE, 2 * options.window)
        self._places = self._tile + 2 * options.window
        self._batch = max(1, self._positions() // self._tile)
        self._generator = torch.Generator(device)

    def _positions(self) -> int:
        """How many positions a batch has."""
        setting = self._setting
        targets = setting.words if setting.options.loss == "softmax" else self._tile * setting.targets
        # The n-grams of spelled words are common to many: what is learned at once has to be less.
        most = MOST_POSITIONS // 2 if self._parts else MOST_POSITIONS
        most = min(most, _ROOM * self._tile // (self._places * max(targets, self._weights.stride)))
        return min(most, max(LEAST_POSITIONS, int(setting.counts_V.sum()) // _EPOCH_BATCHES))

    def learn(self, stream: NDArray[np.int32], key: Sequence[int], rate: Callable[[float], float]) -> tuple[float, int]:
        """See `rounds.Hogwild.learn`."""
        size, end = len(stream) - 2 * self._window, self._setting.words
        # By the place in the run, so that a resumed training draws what the uninterrupted one does.
        self._generator.manual_seed(random_state(*key))
        tiles = -(-size // self._tile)
        words = torch.from_numpy(stream).to(self._device).long()
        words = functional.pad(words, (0, tiles * self._tile - size), value=end)
        # The number of line ends before a word: two words with the same are of one line.
        lines = (words == end).cumsum(0)
        words_NR, lines_NR = (row.unfold(0, self._places, self._tile) for row in (words, lines))
        losses = torch.zeros((), dtype=torch.float64, device=self._device)
        counts = torch.zeros((), dtype=torch.int64, device=self._device)
        for first in range(0, tiles, self._batch):
            part = slice(first, first + self._batch)
            speed = rate(first * self._tile / max(1, size))
            loss, count = self._learn(words_NR[part], lines_NR[part], speed)
            losses, counts = losses + loss, counts + count
        return float(losses), int(counts)

    def _learn(self, words_NR: Tensor, lines_NR: Tensor, rate: float) -> tuple[Tensor, Tensor]:
        """Learn from a batch."""
        setting, words_NB = self._setting, words_NR[:, self._window : self._window + self._tile]
        widths = torch.randint(1, self._window + 1, words_NB.shape, generator=self._generator, device=self._device)
        pairs = context_mask(words_NR, lines_NR, widths, setting.words)
        pairs_NBR = pairs.to(self._inputs.dtype)
        rows, places = words_NR.reshape(-1), (*words_NR.shape, self._inputs.shape[1])
        hidden = (self._parts.take(self._inputs, rows) if self._parts else self._inputs[rows]).view(places)
        if setting.options.model == "cbow":
            means, there = context_means(hidden, pairs_NBR)
            each = means.view(-1, 1, means.shape[2]), there.view(-1, 1, 1), words_NB.reshape(-1, 1)
            loss, change = self._predict(*each, rate)
            change, count = pairs_NBR.transpose(1, 2) @ change.view(means.shape), there.sum(dtype=torch.int64)
        else:
            loss, change = self._predict(hidden, pairs_NBR, words_NB, rate)
            count = pairs.sum()
        uses = count_uses(rows, setting.words + 1)
        change = change.reshape(len(rows), -1) * damping(uses[rows], rate, change.dtype).unsqueeze(1)
        if self._parts:
            self._parts.give(self._inputs, rows, uses, change, rate)
        else:
            self._inputs.index_add_(0, rows, change)
        return loss, count

    def _predict(self, hidden_NRD: Tensor, pairs_NBR: Tensor, words_NB: Tensor, rate: float) -> tuple[Tensor, Tensor]:
        if self._targets is None:
            return learn_words(hidden_NRD, pairs_NBR, words_NB, self._outputs, rate)
        targets = self._targets(words_NB, self._generator)
        return learn_targets(hidden_NRD, pairs_NBR, *targets, self._outputs, rate)

    def collect(self) -> None:
        """Bring the weights back."""
        for array, tensor in ((self._weights.inputs, self._inputs), (self._weights.outputs, self._outputs)):
            torch.from_numpy(array).copy_(tensor.view(-1))

    def close(self) -> None:
        """Let torch work as before."""
        if self._ordered:
            deterministic(False)


class DeviceParts:
    """The means that spelled words are.

    Args:
        parts: which rows they are of.
        device: where.
    """

    def __init__(self, parts: Parts, device: torch.device) -> None:
        self._size = parts.count
        starts_V1 = torch.from_numpy(parts.starts_V1).to(device)
        # The filler, word V, has no part.
        self._starts, self._sizes = starts_V1, functional.pad(starts_V1.diff(), (0, 1))
        self._rows = torch.from_numpy(parts.rows).to(device).long()

    def _rows_and_owners(self, words: Tensor) -> tuple[Tensor, Tensor]:
        """The rows of words one after the other, and which of the words each belongs to."""
        sizes = self._sizes[words]
        owners = torch.arange(len(words), device=words.device).repeat_interleave(sizes)
        ends = sizes.cumsum(0)
        places = torch.arange(len(owners), device=words.device) - (ends - sizes)[owners]
        return self._rows[self._starts[words][owners] + places], owners

    def take(self, inputs: Tensor, words: Tensor) -> Tensor:
        """The vectors of words: (len(words), D)."""
        own, slots = words.unique(return_inverse=True)
        rows, _ = self._rows_and_owners(own)
        sizes = self._sizes[own]
        means = functional.embedding_bag(rows, inputs, sizes.cumsum(0) - sizes, mode="mean")
        return means[slots]

    def give(self, inputs: Tensor, words: Tensor, uses: Tensor, change: Tensor, rate: float) -> None:
        """Add the changes of words' vectors to all of their rows.

        Args:
            inputs: changed.
            words: whose vectors.
            uses: by word, how often it stands among them.
            change: (len(words), D), damped.
            rate: learning rate.
        """
        own, slots = words.unique(return_inverse=True)
        rows, owners = self._rows_and_owners(own)
        changes = change.new_zeros(len(own), change.shape[1]).index_add_(0, slots, change)
        share = joint_damping(rows, uses[own][owners], len(inputs), rate, change.dtype)
        inputs.index_add_(0, rows, changes[owners].mul_(share.unsqueeze(1)))


class _Negatives:
    """Each position's own word, and others drawn from the noise; one that is the word itself is a filler."""

    def __init__(self, setting: Setting, device: torch.device) -> None:
        assert setting.noise is not None
        self._end, self._negative = setting.words, setting.options.negative
        self._limits_V = torch.from_numpy(setting.noise.limits_V.astype(np.int64)).to(device)
        self._aliases_V = torch.from_numpy(setting.noise.aliases_V).to(device).long()
        self._labels = torch.arange(1 + self._negative, device=device) == 0

    def __call__(self, words_NB: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        shape, device = (*words_NB.shape, self._negative), words_NB.device
        columns = torch.randint(self._end, shape, generator=generator, device=device)
        stay = torch.randint(1 << 32, shape, generator=generator, device=device) < self._limits_V[columns]
        drawn = torch.where(stay, columns, self._aliases_V[columns])
        own = words_NB.unsqueeze(2)
        drawn = torch.where((drawn == own) | (own == self._end), self._end, drawn)
        return torch.cat([own, drawn], 2), self._labels[None, None]


class _Nodes:
    """The nodes of each position's path, filled up."""

    def __init__(self, setting: Setting, device: torch.device) -> None:
        paths = setting.paths
        assert paths is not None
        sizes = np.diff(paths.starts_V1)
        nodes = np.full((setting.words + 1, max(1, int(sizes.max()))), setting.words)
        labels = np.zeros(nodes.shape, bool)
        filled = np.arange(nodes.shape[1]) < np.append(sizes, 0)[:, None]
        nodes[filled], labels[filled] = paths.nodes, paths.signs > 0
        self._nodes, self._labels = torch.from_numpy(nodes).to(device), torch.from_numpy(labels).to(device)

    def __call__(self, words_NB: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        return self._nodes[words_NB], self._labels[words_NB]


def _targets(setting: Setting, device: torch.device) -> _Negatives | _Nodes | None:
    """What gives positions their targets; nothing for the softmax."""
    if setting.options.loss == "softmax":
        return None
    return (_Negatives if setting.options.loss == "ns" else _Nodes)(setting, device)
