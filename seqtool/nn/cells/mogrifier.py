"""The Mogrifier LSTM: input and state gate each other before they meet (Melis et al. 2020, arXiv 1909.01792).

T time, B batch, D input, H hidden. With x⁰ = x and h⁰ = h_{t-1}, for rounds i = 1 … r::

    x^i = 2 σ(Q^i h^{i-1}) x^{i-2}     i odd          Q^i: D × H
    h^i = 2 σ(R^i x^{i-1}) h^{i-2}     i even         R^i: H × D

and an LSTM takes the last of each; r = 0 is the LSTM. With a rank k, Q and R are products of two thin matrices. As x
depends on the state, nothing can be computed for all times ahead.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class MogrifierLayer(nn.Module):
    """One layer, called like `torch.nn.LSTM` and with its names of parameters.

    Args:
        input_dim: D.
        hidden_dim: H.
        rounds: r, of mutual gating.
        rank: k, or ``None`` for full matrices.
    """

    def __init__(self, input_dim: int, hidden_dim: int, rounds: int = 5, rank: int | None = None) -> None:
        super().__init__()
        bound = 1 / math.sqrt(hidden_dim)

        def drawn(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.empty(*shape).uniform_(-bound, bound))

        self.weight_ih_l0, self.weight_hh_l0 = drawn(4 * hidden_dim, input_dim), drawn(4 * hidden_dim, hidden_dim)
        self.bias_ih_l0, self.bias_hh_l0 = drawn(4 * hidden_dim), drawn(4 * hidden_dim)
        shapes = [(input_dim, hidden_dim) if i % 2 == 0 else (hidden_dim, input_dim) for i in range(rounds)]
        self.gates = nn.ModuleList(
            nn.ParameterList([drawn(*shape)] if rank is None else [drawn(shape[0], rank), drawn(rank, shape[1])])
            for shape in shapes
        )

    def forward(
        self, x_TBD: Tensor, state: tuple[Tensor, Tensor], weight_hh: Tensor | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Outputs h_TBH and the last h_1BH, c_1BH; ``weight_hh`` takes the place of the layer's own."""
        weight_hh = self.weight_hh_l0 if weight_hh is None else weight_hh
        h, c = state[0][0], state[1][0]
        bias, outputs = self.bias_ih_l0 + self.bias_hh_l0, []
        for x in x_TBD:
            x, h = self._gated(x, h)
            inputs = functional.linear(x, self.weight_ih_l0, bias) + functional.linear(h, weight_hh)
            i, f, g, o = inputs.chunk(4, -1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            outputs.append(h)
        return torch.stack(outputs), (h[None], c[None])

    def _gated(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        for number, factors in enumerate(self.gates):
            if number % 2 == 0:
                x = 2 * _product(factors, h).sigmoid() * x
            else:
                h = 2 * _product(factors, x).sigmoid() * h
        return x, h


def _product(factors: Sequence[Tensor] | nn.Module, vector: Tensor) -> Tensor:
    for factor in reversed(list(factors)):  # type: ignore[arg-type]
        vector = functional.linear(vector, factor)
    return vector
