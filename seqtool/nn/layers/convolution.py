"""Gated convolutions in time (Dauphin et al. 2017; Gehring et al. 2017, section 3.2).

B batch, T time, H hidden, K width of the kernel.

    y = a · σ(b),  [a; b] = W * x + c;  x ← (x + y) / √2

Before the first step stand zeros; a causal block looks back only, one that reads a whole sentence to both sides.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

HALF = math.sqrt(0.5)


class GatedConvolution(nn.Module):
    """One convolution and its gate, without the sum.

    Args:
        dim: H.
        width: K.
        dropout: probability of a number of the input, to scale the first weights by (Gehring et al., section 3.5).
    """

    def __init__(self, dim: int, width: int, dropout: float) -> None:
        super().__init__()
        self.width = width
        self.convolution = nn.Conv1d(dim, 2 * dim, width)
        nn.init.normal_(self.convolution.weight, std=math.sqrt(4 * (1 - dropout) / (width * dim)))
        nn.init.zeros_(self.convolution.bias)  # type: ignore[arg-type]

    def forward(self, x_BTH: Tensor) -> Tensor:
        """The T - K + 1 steps that have K to look at: (B, T - K + 1, H)."""
        return nn.functional.glu(self.convolution(x_BTH.transpose(1, 2)), 1).transpose(1, 2)

    def around(self, x_BTH: Tensor) -> Tensor:
        """All T steps, each seeing (K - 1) / 2 to both sides (K odd), zeros beyond the ends."""
        side = self.width // 2
        return self(nn.functional.pad(x_BTH, (0, 0, side, self.width - 1 - side)))

    def after(self, x_BTH: Tensor, before_BKH: Tensor) -> tuple[Tensor, Tensor]:
        """All T steps, each seeing itself and the K - 1 before it, and the last K - 1 for the next call."""
        seen = torch.cat([before_BKH, x_BTH], 1)
        return self(seen), seen[:, seen.shape[1] - self.width + 1 :]
