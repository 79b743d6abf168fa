"""The output layer against float64 cross-entropy written with PyTorch's autograd."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from seqtool.nn.batches.batching import IGNORED
from seqtool.nn.losses.output import OutputLayer

ROW_BYTES_F64 = 50 * 8


def problem(rows: int = 23, hidden_dim: int = 7, vocab_size: int = 50, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Hidden states (float64) and targets of which every fifth is ignored."""
    generator = torch.Generator().manual_seed(seed)
    hidden = torch.randn(rows, hidden_dim, generator=generator, dtype=torch.float64)
    target = torch.randint(0, vocab_size, (rows,), generator=generator)
    target[::5] = IGNORED
    return hidden, target


def layer(precision: str, bias: bool = True, chunk_bytes: int = 1 << 20) -> OutputLayer:
    torch.manual_seed(1)
    made = OutputLayer(7, 50, bias=bias, precision=precision, chunk_bytes=chunk_bytes).double()
    with torch.no_grad():
        made.weight.normal_()
        if made.bias is not None:
            made.bias.normal_()
    return made


def gradients(loss: Tensor, *inputs: Tensor) -> list[Tensor]:
    return [gradient.double() for gradient in torch.autograd.grad(loss, inputs)]


@pytest.mark.parametrize("chunk_rows", [1, 2, 7, 23, 1000])
@pytest.mark.parametrize("bias", [True, False])
def test_loss_and_gradients_equal_cross_entropy_for_any_chunking(chunk_rows: int, bias: bool) -> None:
    hidden, target = problem()
    made = layer("fp64", bias, chunk_bytes=chunk_rows * ROW_BYTES_F64)
    inputs = [hidden.requires_grad_(), *made.parameters()]
    loss = made(hidden, target)
    expected = functional.cross_entropy(functional.linear(hidden, made.weight, made.bias), target)
    torch.testing.assert_close(loss, expected, rtol=1e-12, atol=0)
    for ours, theirs in zip(gradients(loss, *inputs), gradients(expected, *inputs), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-14)


def test_gradients_equal_finite_differences() -> None:
    """In random directions through all inputs at once."""
    hidden, target = problem(rows=6)
    made = layer("fp64", chunk_bytes=2 * ROW_BYTES_F64)
    inputs = [hidden.requires_grad_(), *made.parameters()]
    slopes = gradients(made(hidden, target), *inputs)
    for _ in range(5):
        directions = [torch.randn_like(one) for one in inputs]
        ends = []
        for side in (1e-5, -1e-5):
            moved = [one.detach() + side * direction for one, direction in zip(inputs, directions, strict=True)]
            weights = {"weight": moved[1], "bias": moved[2]}
            ends.append(torch.func.functional_call(made, weights, (moved[0], target)).item())
        slope = sum((one * direction).sum().item() for one, direction in zip(slopes, directions, strict=True))
        assert (ends[0] - ends[1]) / 2e-5 == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize(("precision", "loss_error", "gradient_error"), [("fp32", 1e-6, 1e-6), ("bf16", 2e-3, 1e-2)])
@pytest.mark.parametrize("chunk_bytes", [1, 1 << 20])
def test_error_of_low_precision_is_bounded(
    precision: str, loss_error: float, gradient_error: float, chunk_bytes: int
) -> None:
    hidden, target = problem(rows=200)
    made = layer(precision, chunk_bytes=chunk_bytes)
    reference = [hidden.requires_grad_(), *made.parameters()]
    logits = functional.linear(hidden, made.weight, made.bias)
    expected = functional.cross_entropy(logits, target)
    expected_gradients = gradients(expected, *reference)

    made = made.float()
    low = hidden.detach().float().requires_grad_()
    loss = made(low, target)
    assert loss.dtype == torch.float32
    assert abs(loss.item() / expected.item() - 1) < loss_error
    for ours, theirs in zip(gradients(loss, low, *made.parameters()), expected_gradients, strict=True):
        assert (ours - theirs).norm() / theirs.norm() < gradient_error


@pytest.mark.parametrize("logit", [2.0, 6.5, 12.0])
def test_bf16_keeps_the_digits_of_an_almost_certain_target(logit: float) -> None:
    """Rounded to bf16, p is 1 here from 6.5 on, so that p - 1 and log p would be 0."""
    made = OutputLayer(1, 2, bias=False, precision="bf16")
    with torch.no_grad():
        made.weight.copy_(torch.tensor([[logit], [0.0]]))
    hidden = torch.ones(1, 1, requires_grad=True)
    loss = made(hidden, torch.tensor([0]))
    (gradient,) = torch.autograd.grad(loss, hidden)
    p_other = 1 / (1 + math.exp(logit))
    assert loss.item() == pytest.approx(-math.log1p(-p_other), rel=1e-2)
    assert gradient.item() == pytest.approx(-p_other * logit, rel=1e-2)


def test_a_scaled_loss_scales_the_gradients() -> None:
    hidden, target = problem()
    made = layer("fp64")
    hidden.requires_grad_()
    plain = gradients(made(hidden, target), hidden, made.weight)
    scaled = gradients(made(hidden, target) * 3, hidden, made.weight)
    for once, thrice in zip(plain, scaled, strict=True):
        torch.testing.assert_close(3 * once, thrice)


def test_tied_weight_collects_both_gradients() -> None:
    ids, target = torch.tensor([3, 3, 8, 49]), torch.tensor([8, IGNORED, 1, 3])
    embedding = nn.Parameter(torch.randn(50, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(2)))
    made = OutputLayer(7, 50, tied=embedding, precision="fp64").double()
    loss = made(functional.embedding(ids, made.weight).tanh(), target)
    expected = functional.cross_entropy(functional.linear(made.weight[ids].tanh(), made.weight, made.bias), target)
    (ours,), (theirs,) = gradients(loss, made.weight), gradients(expected, made.weight)
    torch.testing.assert_close(ours, theirs)
    assert OutputLayer(7, 50, tied=embedding).weight is embedding


def test_tied_weight_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(50, 6\)"):
        OutputLayer(7, 50, tied=nn.Parameter(torch.zeros(50, 6)))


@pytest.mark.parametrize("rows", [0, 4])
def test_no_real_target_gives_zero_loss_and_zero_gradients(rows: int) -> None:
    made = layer("fp64")
    hidden = torch.randn(rows, 7, dtype=torch.float64, requires_grad=True)
    loss = made(hidden, torch.full((rows,), IGNORED))
    assert loss.item() == 0
    assert all((gradient == 0).all() for gradient in gradients(loss, hidden, *made.parameters()))


def test_time_and_batch_axes_are_flattened_together() -> None:
    hidden, target = problem(rows=12)
    made = layer("fp64")
    torch.testing.assert_close(made(hidden.view(3, 4, 7), target.view(3, 4)), made(hidden, target))


def test_an_outer_autocast_does_not_change_the_precision() -> None:
    hidden, target = problem()
    made = layer("fp32").float()
    with torch.autocast("cpu", torch.bfloat16):
        assert made(hidden.float(), target) == made(hidden.float(), target)
        inside, log_probs = made(hidden.float(), target), made.log_probs(hidden.float())
    assert inside == made(hidden.float(), target)
    assert torch.equal(log_probs, made.log_probs(hidden.float()))


def test_the_loss_of_one_forward_is_differentiated_once() -> None:
    hidden, target = problem()
    loss = layer("fp64")(hidden.requires_grad_(), target)
    loss.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="already used"):
        loss.backward()


@pytest.mark.parametrize("chunk_bytes", [1, 1 << 20])
def test_token_log_probs_are_those_of_the_targets(chunk_bytes: int) -> None:
    hidden, target = problem()
    made = layer("bf16", chunk_bytes=chunk_bytes).float()
    got = made.token_log_probs(hidden.float(), target)
    log_p = functional.linear(hidden, made.weight.double(), made.bias.double()).log_softmax(-1)  # type: ignore[union-attr]
    expected = log_p.gather(1, target.clamp(min=0)[:, None])[:, 0] * (target >= 0)
    assert got.dtype == torch.float32
    torch.testing.assert_close(got.double(), expected, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(made.log_probs(hidden.float()).double(), log_p, rtol=1e-5, atol=1e-5)
    assert made.token_log_probs(torch.zeros(0, 7), torch.zeros(0, dtype=torch.int64)).shape == (0,)


def test_no_array_exceeds_the_chunk_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    softmax = torch.softmax

    def watched(p: Tensor, dim: int, **kwargs: Tensor) -> Tensor:
        sizes.append(p.numel() * p.element_size())
        return softmax(p, dim, **kwargs)

    monkeypatch.setattr(torch, "softmax", watched)
    hidden, target = problem(rows=100)
    layer("fp64", chunk_bytes=7 * ROW_BYTES_F64)(hidden, target)
    assert sum(sizes) == 100 * ROW_BYTES_F64
    assert max(sizes) <= 7 * ROW_BYTES_F64


@pytest.mark.parametrize("chunk_bytes", [64, 1 << 20])
def test_label_smoothing_is_pytorchs(chunk_bytes: int) -> None:
    torch.manual_seed(3)
    layer = OutputLayer(6, 9, precision="fp64", smoothing=0.1, chunk_bytes=chunk_bytes).double().train()
    hidden = torch.randn(7, 6, dtype=torch.float64, requires_grad=True)
    target = torch.tensor([3, 0, IGNORED, 8, 1, 3, IGNORED])
    layer(hidden, target).backward()
    own = [hidden.grad, layer.weight.grad, layer.bias.grad]  # type: ignore[union-attr]
    found = float(layer(hidden, target))
    hidden.grad = layer.weight.grad = layer.bias.grad = None  # type: ignore[union-attr]
    logits = functional.linear(hidden, layer.weight, layer.bias)
    expected = functional.cross_entropy(logits, target, ignore_index=IGNORED, label_smoothing=0.1)
    expected.backward()  # type: ignore[no-untyped-call]
    assert found == pytest.approx(float(expected), abs=1e-12)
    for mine, peer in zip(own, [hidden.grad, layer.weight.grad, layer.bias.grad], strict=True):  # type: ignore[union-attr]
        torch.testing.assert_close(mine, peer)
    assert float(layer.eval()(hidden, target)) != pytest.approx(found)  # what is measured is not smoothed
