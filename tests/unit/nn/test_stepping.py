"""Layers run step by step equal PyTorch's; the state's mask is one for all steps."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from seqtool.nn.cells.recurrent import Recurrent, run_by_steps
from seqtool.nn.layers.dropout import Dropout


@pytest.mark.parametrize("make", [nn.LSTM, nn.GRU, nn.RNN])
def test_without_a_mask_it_is_the_layer(make: type[nn.RNNBase]) -> None:
    layer, x_TBD = make(3, 4).double(), torch.randn(5, 2, 3, dtype=torch.float64)
    part = torch.randn(1, 2, 4, dtype=torch.float64)
    state = (part, part + 1) if make is nn.LSTM else part
    expected, found = layer(x_TBD, state), run_by_steps(layer, x_TBD, state, nn.Identity())
    torch.testing.assert_close(found[0], expected[0])
    torch.testing.assert_close(found[1], expected[1])


def test_a_masked_number_of_the_state_reaches_no_gate() -> None:
    layer, x_TBD, zero = nn.LSTM(3, 4), torch.randn(6, 1, 3), torch.zeros(1, 1, 4)

    class First(nn.Module):
        def forward(self, ones_BH: torch.Tensor) -> torch.Tensor:
            return ones_BH * torch.tensor([0.0, 1, 1, 1])

    found, _ = run_by_steps(layer, x_TBD, (zero, zero), First())
    with torch.no_grad():
        layer.weight_hh_l0[:, 0] = 0
    expected, _ = layer(x_TBD, (zero, zero))
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn_tanh"])
def test_a_stack_drops_states_only_while_it_trains(cell: str) -> None:
    stack, x_TBD = Recurrent(cell, 3, [8], state_dropout=0.5), torch.randn(4, 2, 3)
    state = stack.initial_state(2)
    stack.eval()
    plain = stack(x_TBD, state)[0]
    torch.testing.assert_close(stack(x_TBD, state)[0], plain)
    stack.train()
    assert isinstance(stack.state_dropout, Dropout)
    assert not torch.allclose(stack(x_TBD, state)[0], plain)
