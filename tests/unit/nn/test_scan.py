"""The two scans against a loop over the equations, their gradients, and inputs at the ends of the range."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from seqtool.nn.cells import scan as scans
from seqtool.nn.cells.scan import GATES, ScanLayer, fused_scan, gates, linear_scan, scan

Scan = Callable[[str, Tensor, Tensor], Tensor]
CELLS = pytest.mark.parametrize("cell", list(GATES))
SCANS = pytest.mark.parametrize("compute", [scan, fused_scan], ids=["torch", "compiled"])


def by_loop(cell: str, inputs: Tensor, start: Tensor) -> Tensor:
    """One step after the other in float64, by PyTorch's own gradients."""
    h, outputs = start, []
    for x in inputs:
        *raw, candidate = x.chunk(GATES[cell], -1)
        g = torch.where(candidate >= 0, candidate + 0.5, torch.sigmoid(candidate))
        if cell == "mingru":
            z = torch.sigmoid(raw[0])
            h = (1 - z) * h + z * g
        else:
            f, i = torch.sigmoid(raw[0]), torch.sigmoid(raw[1])
            h = (f * h + i * g) / (f + i)
        outputs.append(h)
    return torch.stack(outputs)


def drawn(
    cell: str, steps: int, batch: int = 2, size: int = 3, dtype: torch.dtype = torch.float64
) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(steps)
    inputs = 3 * torch.randn(steps, batch, GATES[cell] * size, generator=draw, dtype=torch.float64)
    return inputs.to(dtype), torch.rand(batch, size, generator=draw, dtype=torch.float64).to(dtype)


@CELLS
@SCANS
@given(steps=st.integers(1, 40), batch=st.integers(1, 3), size=st.integers(1, 40))
def test_a_scan_is_the_loop_and_so_are_its_gradients(
    cell: str, compute: Scan, steps: int, batch: int, size: int
) -> None:
    inputs, start = (part.requires_grad_() for part in drawn(cell, steps, batch, size))
    expected, found = by_loop(cell, inputs, start), compute(cell, inputs, start)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    weights = torch.cos(torch.arange(expected.numel(), dtype=torch.float64)).view_as(expected)
    theirs = torch.autograd.grad((weights * expected).sum(), (inputs, start))
    ours = torch.autograd.grad((weights * found).sum(), (inputs, start))
    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)


@CELLS
@SCANS
def test_gradients_equal_finite_differences(cell: str, compute: Scan) -> None:
    inputs, start = (part.requires_grad_() for part in drawn(cell, 5))
    assert torch.autograd.gradcheck(lambda x, h: compute(cell, x, h), (inputs, start))


@CELLS
@SCANS
def test_single_precision_over_a_thousand_steps_stays_within_1e_5(cell: str, compute: Scan) -> None:
    inputs, start = drawn(cell, 1_000, dtype=torch.float32)
    torch.testing.assert_close(
        compute(cell, inputs, start).double(), by_loop(cell, inputs.double(), start.double()), rtol=1e-5, atol=1e-5
    )


@CELLS
def test_step_by_step_is_what_all_at_once_is(cell: str) -> None:
    torch.manual_seed(0)
    layer, x, h = ScanLayer(cell, 4, 6), torch.randn(200, 3, 4), torch.zeros(1, 3, 6)
    whole, last = layer(x, h)
    outputs = []
    for x_t in x:
        out, h = layer(x_t[None], h)
        outputs.append(out)
    torch.testing.assert_close(torch.cat(outputs), whole, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(h, last, rtol=1e-5, atol=1e-5)


@CELLS
@SCANS
@pytest.mark.parametrize("extreme", [-1e4, -90.0, 90.0, 1e4])
def test_gates_at_the_ends_of_the_range_give_numbers(cell: str, compute: Scan, extreme: float) -> None:
    inputs, start = drawn(cell, 6, dtype=torch.float32)
    inputs[..., : -start.shape[1]] = extreme
    inputs.requires_grad_()
    out = compute(cell, inputs, start)
    out.sum().backward()
    assert torch.isfinite(out).all()
    assert inputs.grad is not None
    assert torch.isfinite(inputs.grad).all()


def test_equal_gates_take_the_mean_and_an_open_gate_forgets() -> None:
    zeros = torch.zeros(1, 1, 3)
    assert fused_scan("minlstm", zeros, torch.tensor([[2.0]])).item() == pytest.approx((2 + 0.5) / 2)
    assert fused_scan("mingru", torch.tensor([[[50.0, 3.0]]]), torch.tensor([[9.0]])).item() == pytest.approx(3.5)
    stay, enter = gates("minlstm", zeros)
    assert (stay.item(), enter.item()) == (0.5, 0.25)


@given(steps=st.integers(1, 70))
def test_joined_pairs_are_the_recurrence(steps: int) -> None:
    draw = np.random.default_rng(steps)
    stay, enter, h = draw.normal(size=(steps, 2)), draw.normal(size=(steps, 2)), draw.normal(size=2)
    found = linear_scan(*(torch.from_numpy(part) for part in (stay, enter, h)))
    for t in range(steps):
        h = stay[t] * h + enter[t]
        np.testing.assert_allclose(found[t].numpy(), h, rtol=1e-9, atol=1e-12)


@CELLS
def test_no_number_of_threads_changes_a_byte(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs, start = drawn(cell, 64, 4, 75, torch.float32)
    inputs.requires_grad_()
    results, used = [], set()
    kernels = scans._kernels

    def watched(name: str) -> tuple[Callable[..., None], Callable[..., None]]:
        forward, backward = kernels(name)

        def named(*arguments: object) -> None:
            used.add(threading.current_thread().name)
            forward(*arguments)

        return named, backward

    monkeypatch.setattr(scans, "_kernels", watched)
    for threads in (1, 2, 3):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        out = fused_scan(cell, inputs, start)
        (gradient,) = torch.autograd.grad(out.square().sum(), inputs)
        results.append((out.detach().numpy().tobytes(), gradient.numpy().tobytes()))
    assert len(set(results)) == 1
    assert len(used) > 1, "threads were used"
