"""One vector of a sentence, whatever stands after its end."""

from __future__ import annotations

import pytest
import torch

from seqtool.nn.layers.pooling import Pooling


@pytest.mark.parametrize("kind", ["last", "mean", "max", "attention"])
def test_padding_changes_nothing(kind: str) -> None:
    pooling, x_SBH, lengths_B = Pooling(kind, 3), torch.randn(4, 2, 3), torch.tensor([2, 4])
    end_BH = torch.stack([x_SBH[1, 0], x_SBH[3, 1]])
    before = pooling(x_SBH, end_BH, lengths_B)
    x_SBH[2:, 0] = 1e3
    torch.testing.assert_close(pooling(x_SBH, end_BH, lengths_B), before)
    torch.testing.assert_close(pooling(x_SBH[:2, :1], end_BH[:1], lengths_B[:1]), before[:1])


def test_each_kind_by_hand() -> None:
    x_SBH, lengths_B = torch.tensor([[[1.0, 8.0]], [[3.0, 2.0]]]), torch.tensor([2])
    end_BH = x_SBH[1]
    expected = {"last": [3.0, 2.0], "mean": [2.0, 5.0], "max": [3.0, 8.0]}
    for kind, values in expected.items():
        assert Pooling(kind, 2)(x_SBH, end_BH, lengths_B)[0].tolist() == values
    attention = Pooling("attention", 2)
    assert attention.score is not None
    for parameter in attention.parameters():
        torch.nn.init.zeros_(parameter)
    assert attention(x_SBH, end_BH, lengths_B)[0].tolist() == [2.0, 5.0]
