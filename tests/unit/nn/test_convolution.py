"""Gated convolutions: how their weights begin, and steps one after the other."""

from __future__ import annotations

import math

import pytest
import torch

from seqtool.nn.layers.convolution import GatedConvolution


@pytest.mark.parametrize(("width", "dropout"), [(3, 0.0), (3, 0.5), (5, 0.75)])
def test_weights_begin_with_the_deviation_of_the_paper(width: int, dropout: float) -> None:
    """Gehring et al. 2017, section 3.5: variance 4 p / n, of n inputs that are kept with probability p."""
    torch.manual_seed(1)
    layer = GatedConvolution(64, width, dropout).convolution
    assert layer.weight.std().item() == pytest.approx(math.sqrt(4 * (1 - dropout) / (width * 64)), rel=0.03)
    assert layer.bias is not None
    assert not layer.bias.any()


def test_steps_one_after_the_other_are_those_of_one_call() -> None:
    torch.manual_seed(2)
    layer, x = GatedConvolution(4, 3, 0.0), torch.randn(2, 6, 4)
    before = torch.zeros(2, 2, 4)
    whole, last = layer.after(x, before)
    assert whole.shape == x.shape
    torch.testing.assert_close(last, x[:, -2:])
    seen = []
    for t in range(6):
        out, before = layer.after(x[:, t : t + 1], before)
        seen.append(out)
    torch.testing.assert_close(torch.cat(seen, 1), whole)
    around = layer.around(x)
    torch.testing.assert_close(around[:, :-1], whole[:, 1:])
