"""Attention, bidirectional reading and gated convolutions against loops in float64 and against PyTorch's own."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from seqtool.errors import UsageError
from seqtool.nn.attention.alignment import SCORES, Alignment
from seqtool.nn.cells.encoder import RecurrentEncoder, reordered, reversing
from seqtool.nn.layers.convolution import GatedConvolution


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("score", SCORES)
def test_attention_by_its_equations(score: str) -> None:
    torch.manual_seed(1)
    attention = Alignment(score, 4, 6).double()
    queries, memory = drawn(2, 3, 4), drawn(2, 5, 4, seed=1)
    mask = torch.tensor([[True] * 5, [True, True, True, False, False]])
    context, weights = attention(queries, attention.prepare(memory, mask))
    named = {name: value.detach().numpy() for name, value in attention.named_parameters()}
    for b in range(2):
        real = int(mask[b].sum())
        for q in range(3):
            h = queries[b, q].numpy()
            scores = []
            for s in range(real):
                m = memory[b, s].numpy()
                if score == "dot":
                    scores.append(h @ m)
                elif score == "general":
                    scores.append(h @ (named["key.weight"] @ m))
                elif score == "additive":
                    inner = named["query.weight"] @ h + named["query.bias"] + named["key.weight"] @ m
                    scores.append(named["v.weight"][0] @ np.tanh(inner))
                else:
                    scores.append(named["place.weight"][s] @ h + named["place.bias"][s])
            expected = np.exp(scores) / np.exp(scores).sum()
            np.testing.assert_allclose(weights[b, q, :real].detach(), expected, atol=1e-12)
            assert (weights[b, q, real:] == 0).all()
            np.testing.assert_allclose(context[b, q].detach(), expected @ memory[b, :real].numpy(), atol=1e-12)


def test_location_does_not_look_past_the_places_it_knows() -> None:
    attention = Alignment("location", 4, 3).double()
    _, weights = attention(drawn(1, 2, 4), attention.prepare(drawn(1, 6, 4), torch.ones(1, 6, dtype=torch.bool)))
    assert (weights[..., 3:] == 0).all()
    np.testing.assert_allclose(weights.sum(-1).detach(), 1.0)


def test_reading_both_ways_is_what_pytorch_does_with_packed_sentences() -> None:
    torch.manual_seed(2)
    own = RecurrentEncoder("lstm", 3, [8, 8], both_ways=2).double()
    peer = nn.LSTM(3, 4, 2, bidirectional=True).double()
    for layer in range(2):
        for suffix, part in (("", own.forwards[layer]), ("_reverse", own.backwards[layer])):
            for name, value in part.layers[0].named_parameters():  # type: ignore[union-attr, index, operator]
                peer.get_parameter(name.replace("_l0", f"_l{layer}{suffix}")).data = value.data
    x, lengths = drawn(6, 3, 3), torch.tensor([6, 2, 4])
    out, ends = own(x, lengths)
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
    expected, (h, _) = peer(packed)
    expected, _ = nn.utils.rnn.pad_packed_sequence(expected)
    for b, length in enumerate(lengths.tolist()):
        torch.testing.assert_close(out[:length, b], expected[:length, b])
        for layer in range(2):
            torch.testing.assert_close(ends[layer][b], torch.cat([h[2 * layer, b], h[2 * layer + 1, b]]))


def test_what_stands_after_a_sentence_changes_nothing() -> None:
    torch.manual_seed(3)
    encoder = RecurrentEncoder("gru", 3, [8, 8], both_ways=1, residual=True).double()
    x, lengths = drawn(6, 2, 3), torch.tensor([6, 3])
    out, ends = encoder(x, lengths)
    x[3:, 1] = 9.0
    other, other_ends = encoder(x, lengths)
    torch.testing.assert_close(out[:3, 1], other[:3, 1], rtol=0, atol=0)
    torch.testing.assert_close(ends, other_ends, rtol=0, atol=0)


def test_a_residual_encoder_adds_what_goes_into_every_layer_but_the_lowest() -> None:
    torch.manual_seed(5)
    encoder = RecurrentEncoder("gru", 4, [4, 4, 4], both_ways=1, residual=True).double()
    x, lengths = drawn(5, 2, 4), torch.tensor([5, 5])
    h, _ = encoder.forwards[0](x, encoder.forwards[0].initial_state(2))  # type: ignore[operator]
    back, _ = encoder.backwards[0](x.flip(0), encoder.backwards[0].initial_state(2))  # type: ignore[operator]
    expected = torch.cat([h, back.flip(0)], 2)
    for layer in list(encoder.forwards)[1:]:
        expected = expected + layer(expected, layer.initial_state(2))[0]  # type: ignore[operator]
    torch.testing.assert_close(encoder(x, lengths)[0], expected)


def test_turning_round_is_its_own_inverse_and_leaves_padding() -> None:
    order = reversing(5, torch.tensor([5, 2]))
    assert order.t().tolist() == [[4, 3, 2, 1, 0], [1, 0, 2, 3, 4]]
    x = drawn(5, 2, 3)
    torch.testing.assert_close(reordered(reordered(x, order), order), x, rtol=0, atol=0)


def test_an_odd_size_cannot_be_halved() -> None:
    with pytest.raises(UsageError, match="even"):
        RecurrentEncoder("lstm", 3, [7], both_ways=1)


def test_gated_convolution_by_its_equation() -> None:
    torch.manual_seed(4)
    layer = GatedConvolution(3, 3, 0.0).double()
    x = drawn(1, 5, 3)
    weight, bias = layer.convolution.weight.detach().numpy(), layer.convolution.bias.detach().numpy()  # type: ignore[union-attr]
    around, after = layer.around(x)[0].detach(), layer.after(x, torch.zeros(1, 2, 3, dtype=torch.float64))[0][0]
    padded = np.concatenate([np.zeros((2, 3)), x[0].numpy(), np.zeros((2, 3))])
    for t in range(5):
        for found, first in ((around[t], t + 1), (after[t].detach(), t)):
            y = np.einsum("ohk,kh->o", weight, padded[first : first + 3]) + bias
            np.testing.assert_allclose(found, y[:3] / (1 + np.exp(-y[3:])), atol=1e-12)
