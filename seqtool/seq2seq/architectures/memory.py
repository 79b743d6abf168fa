"""What a decoder is given of what was read.

N rows of a decoder, R rows read (N is R, or K hypotheses of each: N = R · K), S source steps, H hidden.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from seqtool.nn.cells.recurrent import State


class Memory(NamedTuple):
    """What an encoder read.

    Attributes:
        states_RSH: every step.
        mask_RS: which of them are real.
        ends: what each layer ended with, h_RH; one for all layers of a decoder where there is one only.
        extra: what else an architecture reads by, rows first.
    """

    states_RSH: Tensor
    mask_RS: Tensor
    ends: tuple[Tensor, ...]
    extra: State = ()

    def select(self, rows: Tensor) -> Memory:
        """Some of the rows."""
        return Memory(
            self.states_RSH.index_select(0, rows),
            self.mask_RS.index_select(0, rows),
            tuple(end.index_select(0, rows) for end in self.ends),
            tuple(part.index_select(0, rows) for part in self.extra),
        )


class VectorEncoder(nn.Module):
    """Reads one given vector (of an image, of a word) instead of a text.

    Args:
        input_dim: of the vectors.
        hidden_dim: H.
    """

    def __init__(self, input_dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.project = nn.Linear(input_dim, hidden_dim)

    def forward(self, vectors_DR: Tensor) -> Memory:
        """A memory of one step."""
        end_RH = torch.tanh(self.project(vectors_DR.t()))
        states_R1H, mask_R1 = end_RH[:, None], end_RH.new_ones(len(end_RH), 1, dtype=torch.bool)
        return Memory(states_R1H, mask_R1, (end_RH,), (states_R1H,))


def grouped(x_NTH: Tensor, rows: int) -> Tensor:
    """The steps of all hypotheses of a source as one row: (R, K · T, H)."""
    return x_NTH.reshape(rows, -1, x_NTH.shape[2])


def copies(x_RH: Tensor, count: int) -> Tensor:
    """Each row ``count`` times."""
    return x_RH.repeat_interleave(count, 0) if count > 1 else x_RH
