"""PyTorch's recurrent layers step by step, with dropout of the state; their own kernels have none.

B batch, T time, D input, H hidden, G gates.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def run_by_steps(layer: nn.RNNBase, x_TBD: Tensor, state: Any, dropout: nn.Module) -> tuple[Tensor, Any]:
    """A layer of one direction whose state h goes through one mask before every step's matrix product.

    The equations are those of `recurrent`, h replaced by h · mask in the products alone (Gal and Ghahramani 2016,
    eq. 7); the sum (1 - z) n + z h of a GRU keeps the whole h.

    Args:
        layer: one layer of `nn.RNN`, `nn.LSTM` or `nn.GRU`.
        x_TBD: inputs.
        state: as the layer takes it, with a leading axis of one; a pair for an LSTM.
        dropout: makes the mask out of ones (B, H).

    Returns:
        Outputs (T, B, H) and the last state, as the layer gives them.
    """
    weight_hh, bias_hh = layer.weight_hh_l0, layer.bias_hh_l0
    assert isinstance(weight_hh, Tensor)
    assert isinstance(bias_hh, Tensor)
    inputs_TBG = nn.functional.linear(x_TBD, layer.weight_ih_l0, layer.bias_ih_l0)  # type: ignore[arg-type]
    hidden_BH, memory_BH = (state[0][0], state[1][0]) if layer.mode == "LSTM" else (state[0], None)
    mask_BH = dropout(torch.ones_like(hidden_BH))
    outputs = []
    for input_BG in inputs_TBG:
        recurrent_BG = nn.functional.linear(hidden_BH * mask_BH, weight_hh, bias_hh)
        hidden_BH, memory_BH = _step(layer.mode, input_BG, recurrent_BG, hidden_BH, memory_BH)
        outputs.append(hidden_BH)
    last = hidden_BH[None] if memory_BH is None else (hidden_BH[None], memory_BH[None])
    return torch.stack(outputs), last


def _step(
    mode: str, input_BG: Tensor, recurrent_BG: Tensor, hidden_BH: Tensor, memory_BH: Tensor | None
) -> tuple[Tensor, Tensor | None]:
    if memory_BH is not None:
        i, f, g, o = (input_BG + recurrent_BG).chunk(4, 1)
        memory_BH = torch.sigmoid(f) * memory_BH + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(memory_BH), memory_BH
    if mode == "GRU":
        (r_in, z_in, n_in), (r_h, z_h, n_h) = input_BG.chunk(3, 1), recurrent_BG.chunk(3, 1)
        new_BH, keep_BH = torch.tanh(n_in + torch.sigmoid(r_in + r_h) * n_h), torch.sigmoid(z_in + z_h)
        return new_BH + keep_BH * (hidden_BH - new_BH), None
    activation = torch.relu if mode == "RNN_RELU" else torch.tanh
    return activation(input_BG + recurrent_BG), None
