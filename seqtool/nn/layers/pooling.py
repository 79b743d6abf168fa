"""From what stands at every step of a sentence to one vector of it, padding left out.

B batch, S steps, H hidden.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Pooling(nn.Module):
    """One vector of a sentence.

    Args:
        kind: ``last`` (what the reader ends with), ``mean``, ``max`` (of each number over time; Collobert et al.
            2011), or ``attention`` (a mean weighed by softmax(v · tanh(W x)); Yang et al. 2016, section 2.2).
        dim: H.
    """

    def __init__(self, kind: str, dim: int) -> None:
        super().__init__()
        self.kind = kind
        self.score = nn.Sequential(nn.Linear(dim, dim), nn.Tanh(), nn.Linear(dim, 1)) if kind == "attention" else None

    def forward(self, x_SBH: Tensor, end_BH: Tensor, lengths_B: Tensor) -> Tensor:
        """The vectors (B, H).

        Args:
            x_SBH: what stands at every step; after a sentence's end anything finite.
            end_BH: what the reader ends with.
            lengths_B: int64, at least 1.
        """
        if self.kind == "last":
            return end_BH
        padding_SB = torch.arange(len(x_SBH), device=x_SBH.device)[:, None] >= lengths_B
        if self.kind == "max":
            return x_SBH.masked_fill(padding_SB[..., None], -torch.inf).amax(0)
        if self.score is None:
            return x_SBH.masked_fill(padding_SB[..., None], 0).sum(0) / lengths_B[:, None]
        weights_SB1 = self.score(x_SBH).masked_fill(padding_SB[..., None], -torch.inf).softmax(0)
        return (weights_SB1 * x_SBH).sum(0)
