"""Attention in numpy, what a token may see, and pieces that give what the whole gives."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seqtool.nn.attention.transformer import CausalAttention, Transformer
from seqtool.nn.cells.recurrent import select

POSITIONS = pytest.mark.parametrize("positions", ["rotary", "learned"])


def stack(positions: str = "rotary", span: int = 5, layers: int = 2, **options: float) -> Transformer:
    torch.manual_seed(0)
    return Transformer(8, 12, layers, 2, span, positions, **options).double()  # type: ignore[arg-type]


def drawn(steps: int, batch: int = 3) -> torch.Tensor:
    return torch.randn(steps, batch, 8, generator=torch.Generator().manual_seed(steps), dtype=torch.float64)


def test_attention_by_its_equations() -> None:
    """Token by token and head by head; rotary positions as complex numbers."""
    torch.manual_seed(0)
    heads, span, size = 2, 4, 4
    attention = CausalAttention(8, heads, span, True, 0.0).double()
    x, cache = drawn(6, 1), torch.randn(1, 3, 16, dtype=torch.float64)
    found, seen = attention(x, cache)
    projected = (x[:, 0] @ attention.query_key_value.weight.T + attention.query_key_value.bias).detach().numpy()
    query, key, value = projected[:, :8], projected[:, 8:16], projected[:, 16:]
    key, value = np.concatenate([cache[0, :, :8], key]), np.concatenate([cache[0, :, 8:], value])
    turn = 10_000.0 ** (-np.arange(0, size, 2) / size)
    gathered = np.zeros((6, 8))
    for t in range(6):
        place = 3 + t
        for head in range(heads):
            own = slice(head * size, (head + 1) * size)
            first, last = slice(head * size, head * size + 2), slice(head * size + 2, (head + 1) * size)
            places = range(max(0, place - span + 1), place + 1)
            q = query[t, first] + 1j * query[t, last]
            scores = []
            for p in places:
                k = key[p, first] + 1j * key[p, last]
                scores.append((q * np.conj(k) * np.exp(1j * (place - p) * turn)).sum().real / np.sqrt(size))
            weights = np.exp(scores) / np.exp(scores).sum()
            gathered[t, own] = weights @ value[list(places), own]
    expected = gathered @ attention.output.weight.T.detach().numpy() + attention.output.bias.detach().numpy()
    np.testing.assert_allclose(found[:, 0].detach().numpy(), expected, atol=1e-12)
    np.testing.assert_allclose(seen[0].detach().numpy(), np.concatenate([key, value], 1), atol=1e-12)


@POSITIONS
@pytest.mark.parametrize("pieces", [[1] * 17, [3, 1, 13], [17], [6, 6, 5]], ids=str)
def test_pieces_give_what_the_whole_gives(positions: str, pieces: list[int]) -> None:
    model, x = stack(positions), drawn(17)
    whole, last = model(x, model.initial_state(3))
    state, outputs = model.initial_state(3), []
    for piece in x.split(pieces):
        out, state = model(piece, state)
        outputs.append(out)
    torch.testing.assert_close(torch.cat(outputs), whole)
    torch.testing.assert_close(state, last)
    assert {cache.shape[1] for cache in state} == {4 if positions == "rotary" else 2}


@POSITIONS
def test_what_a_token_sees(positions: str) -> None:
    """Rotary: two layers of span 5 reach 8 tokens back; learned: the tokens of the same block before it."""
    model, x = stack(positions), drawn(17, 1).requires_grad_()
    out, _ = model(x, model.initial_state(1))
    for t in range(17):
        (gradient,) = torch.autograd.grad(out[t].sum() + out[t].square().sum(), x, retain_graph=True)
        seen = [place for place in range(17) if gradient[place].abs().max() > 0]
        assert seen == list(range(max(0, t - 8) if positions == "rotary" else t // 5 * 5, t + 1))


def test_rotary_positions_know_distances_and_not_places() -> None:
    model = stack(span=4)
    before, x = drawn(9), drawn(3)
    shifted = torch.cat([before, x])
    short, _ = model(shifted[4:], model.initial_state(3))
    long, _ = model(shifted, model.initial_state(3))
    torch.testing.assert_close(long[-1], short[-1])
    swapped = shifted[[0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 9, 11]]
    assert not torch.allclose(model(swapped, model.initial_state(3))[0][-1], long[-1])


@POSITIONS
def test_selected_rows_go_on_as_those_rows_would(positions: str) -> None:
    model = stack(positions)
    _, state = model(drawn(3), model.initial_state(3))
    x, rows = drawn(1), torch.tensor([2, 0, 2, 1])
    torch.testing.assert_close(model(x[:, rows], select(state, rows))[0], model(x, state)[0][:, rows])


@POSITIONS
def test_gradients_equal_finite_differences(positions: str) -> None:
    model, x = stack(positions, span=3), drawn(4, 1).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: model(x, model.initial_state(1))[0], (x,))


def test_bf16_is_close_and_keeps_fp32_outside() -> None:
    model, x = stack().float(), drawn(9).float()
    exact, _ = model(x, model.initial_state(3))
    model.precision = "bf16"
    rough, state = model(x, model.initial_state(3))
    rough.sum().backward()
    assert {rough.dtype, *(cache.dtype for cache in state)} == {torch.float32}
    assert 0 < (rough - exact).norm() / exact.norm() < 0.02


def test_dropout_is_only_in_training() -> None:
    model, x = stack(dropout=0.5), drawn(4)
    trained = model(x, model.initial_state(3))[0]
    assert not torch.allclose(trained, model.eval()(x, model.initial_state(3))[0])
    torch.testing.assert_close(model(x, model.initial_state(3)), stack()(x, model.initial_state(3)))
