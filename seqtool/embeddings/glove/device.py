"""GloVe on a device, with torch: AdaGrad over big batches of entries.

The gradients of all entries of a batch are taken at once. What a row then moves is damped, as in `device_steps`, by
p(s) / s, p(s) = 1 - exp(-s): s is the sum over its entries of how far each alone would take the row towards where
its own miss vanishes, eta f(x) (|c|² + 1). A row with few entries moves by nearly the sum; one with many, which the sum
would carry past its goal, by no more than the way there.

A bias is one more column of its matrix, which meets a column of ones in the other.

Shapes: E entries of a batch; V words; D.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqtool.embeddings.glove.kernels import Block
from seqtool.embeddings.options import GloveOptions
from seqtool.embeddings.weights import Weights
from seqtool.nn.device import deterministic

# Entries of a batch; an epoch over fewer entries has so many batches all the same.
MOST_ENTRIES, LEAST_ENTRIES, _EPOCH_BATCHES = 1 << 18, 256, 64


class DeviceFit:
    """Vectors, biases and AdaGrad's sums on a device.

    Args:
        weights, squares, biases: see `glove.GloveTraining`; changed by `collect`.
        options: how.
        entries: of an epoch.
        device: where.
    """

    def __init__(
        self,
        weights: Weights,
        squares: Weights,
        biases: NDArray[np.float64],
        options: GloveOptions,
        entries: int,
        device: torch.device,
    ) -> None:
        self._options, self._device = options, device
        self._host = (weights, squares, biases)
        self._most = min(MOST_ENTRIES, max(LEAST_ENTRIES, entries // _EPOCH_BATCHES))
        self._ordered = device.type == "cuda"
        if self._ordered:
            deterministic(True)
        dim = weights.dim
        # Columns: the vector; its bias; the ones that the other's bias meets: behind each other in the contexts.
        self._bias, self._ones = (dim, dim + 1), (dim + 1, dim)
        self._matrices: list[Tensor] = []
        self._squares: list[Tensor] = []
        for side, name in enumerate(("inputs", "outputs")):
            for to, source, column in ((self._matrices, weights, 0), (self._squares, squares, 1)):
                flat = np.ones((weights.words, dim + 2), weights.inputs.dtype)
                flat[:, :dim] = source.rows(getattr(source, name))
                flat[:, self._bias[side]] = biases[side, :, column]
                to.append(torch.from_numpy(flat).to(device))

    def learn(self, blocks: Sequence[Block]) -> tuple[float, int]:
        """Learn from blocks of entries, each in random order: (the sum of the losses, how many entries)."""
        size = sum(len(block.rows) for block in blocks)
        parts = max(1, -(-size // self._most))
        pieces = [[np.array_split(array, parts) for array in block] for block in blocks]
        loss = torch.zeros((), dtype=torch.float64, device=self._device)
        for part in range(parts):
            rows, columns, logs = (
                torch.from_numpy(np.concatenate([piece[kind][part] for piece in pieces])).to(self._device)
                for kind in range(3)
            )
            loss += self._learn((rows.long(), columns.long()), logs.to(self._matrices[0].dtype))
        return float(loss), size

    def _learn(self, places: tuple[Tensor, Tensor], logs_E: Tensor) -> Tensor:
        """Learn from a batch; the sum of the losses before."""
        options = self._options
        own = [matrix[rows] for matrix, rows in zip(self._matrices, places, strict=True)]
        misses_E = (own[0] * own[1]).sum(1) - logs_E
        weights_E = (options.weight_alpha * (logs_E - math.log(options.x_max))).clamp(max=0).exp()
        for side, rows in enumerate(places):
            other = own[1 - side]
            if side == 0:
                other = other.clone()
            other[:, self._ones[side]] = 0
            self._change(side, rows, other, options.eta * weights_E, misses_E)
        return (0.5 * weights_E * misses_E.square()).sum(dtype=torch.float64)

    def _change(self, side: int, rows: Tensor, other_ED: Tensor, rates_E: Tensor, misses_E: Tensor) -> None:
        matrix, squares = self._matrices[side], self._squares[side]
        pulls = rates_E.new_zeros(len(matrix)).index_add_(0, rows, rates_E * other_ED.square().sum(1))
        damping = -torch.expm1(-pulls.clamp(min=1e-6)) / pulls.clamp(min=1e-6)
        change = other_ED * (rates_E * misses_E).unsqueeze(1)
        squares.index_add_(0, rows, change.square())
        matrix.index_add_(0, rows, -damping[rows].unsqueeze(1) * change / squares[rows].sqrt())

    def collect(self) -> None:
        """Bring everything back."""
        weights, squares, biases = self._host
        for side, name in enumerate(("inputs", "outputs")):
            for tensors, to, column in ((self._matrices, weights, 0), (self._squares, squares, 1)):
                found = tensors[side].cpu().numpy()
                to.rows(getattr(to, name))[:] = found[:, : weights.dim]
                biases[side, :, column] = found[:, self._bias[side]]

    def close(self) -> None:
        """Let torch work as before."""
        if self._ordered:
            deterministic(False)
