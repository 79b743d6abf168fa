"""A recurrent reader of whole sentences: what stands at every step, and at the end, padding left out.

B batch, S steps, D input, H hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from seqtool.errors import UsageError
from seqtool.nn.cells.recurrent import Recurrent
from seqtool.nn.layers.dropout import make_dropout


class RecurrentEncoder(nn.Module):
    """L layers of which the lowest may read in both directions (Schuster and Paliwal 1997).

    A layer of both directions has H / 2 units in each, so that it gives H numbers.

    Args:
        cell: one of `recurrent.CELLS`.
        input_dim: D.
        hidden_dims: H of each layer, the lowest first; all equal where ``residual``.
        both_ways: how many of the lowest layers read in both directions (Wu et al. 2016, section 3.2: one).
        dropout: probability, between layers.
        locked: the same mask at all time steps.
        residual: add a layer's input to its output, from the second layer on.
        single_bias, state_dropout: see `Recurrent`.
        precision: ``fp32`` or ``bf16``.

    Raises:
        UsageError: H is odd and a layer reads in both directions.
    """

    def __init__(
        self,
        cell: str,
        input_dim: int,
        hidden_dims: Sequence[int],
        *,
        both_ways: int = 0,
        dropout: float = 0.0,
        locked: bool = False,
        residual: bool = False,
        single_bias: bool = False,
        state_dropout: float = 0.0,
        precision: str = "fp32",
    ) -> None:
        super().__init__()
        for size in hidden_dims[:both_ways]:
            if size % 2:
                raise UsageError(f"--bidirectional needs an even --hidden-dim, not {size}", "use an even number")
        self.residual, self.output_dim = residual, hidden_dims[-1]
        self.dropout = make_dropout(dropout, locked)
        self.forwards, self.backwards = nn.ModuleList(), nn.ModuleList()
        for depth, (into, out) in enumerate(pairwise([input_dim, *hidden_dims])):
            size = out // 2 if depth < both_ways else out
            for directions in (self.forwards, self.backwards) if depth < both_ways else (self.forwards,):
                directions.append(
                    Recurrent(
                        cell, into, [size], single_bias=single_bias, state_dropout=state_dropout, precision=precision
                    )
                )

    def forward(self, x_SBD: Tensor, lengths_B: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The top layer's outputs (S, B, H), and of every layer what it ends with, h_BH.

        Args:
            x_SBD: inputs; what stands after a sentence's end does not matter.
            lengths_B: int64, at least 1.
        """
        back_SB = reversing(len(x_SBD), lengths_B)
        ends = []
        for depth, layer in enumerate(self.forwards):
            assert isinstance(layer, Recurrent)
            into = self.dropout(x_SBD) if depth else x_SBD
            out, _ = layer(into, layer.initial_state(into.shape[1]))
            end = _at(out, lengths_B - 1)
            if depth < len(self.backwards):
                other = self.backwards[depth]
                assert isinstance(other, Recurrent)
                turned, _ = other(reordered(into, back_SB), other.initial_state(into.shape[1]))
                out = torch.cat([out, reordered(turned, back_SB)], 2)
                end = torch.cat([end, _at(turned, lengths_B - 1)], 1)
            ends.append(end)
            x_SBD = out + into if self.residual and depth else out
        return x_SBD, ends


def reversing(steps: int, lengths_B: Tensor) -> Tensor:
    """The order (S, B) that turns each sentence round and leaves its padding; its own inverse."""
    times_S1 = torch.arange(steps, device=lengths_B.device)[:, None]
    return torch.where(times_S1 < lengths_B, lengths_B - 1 - times_S1, times_S1)


def reordered(x_SBD: Tensor, order_SB: Tensor) -> Tensor:
    """Steps in another order for every row."""
    return x_SBD.gather(0, order_SB[..., None].expand_as(x_SBD))


def _at(x_SBH: Tensor, steps_B: Tensor) -> Tensor:
    """What stands at a step of every row: (B, H)."""
    return x_SBH[steps_B, torch.arange(x_SBH.shape[1], device=x_SBH.device)]
