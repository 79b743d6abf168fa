"""Cells whose gates see the input alone, so that all time steps are computed at once (Feng et al. 2024).

T time, B batch, D input, H hidden. arXiv 2410.01201, appendix B, with σ the logistic function::

    g(x)     x + 0.5 where x ≥ 0, else σ(x): continuous and positive
    minGRU   z = σ(W_z x + b_z)   h' = (1 - z) h + z g(W_h x + b_h);   gates in the order z, h
    minLSTM  f = σ(W_f x + b_f)   i = σ(W_i x + b_i)   h' = (f h + i g(W_h x + b_h)) / (f + i);   in the order f, i, h

Both are h_t = s_t h_{t-1} + (1 - s_t) g_t with s between 0 and 1. The products with W, all there is to multiply, run
over all times together; what is left is a scan. The paper computes it in logarithms; here nothing ever divides by s, so
that no logarithm is needed, and h_0 is zero. On a CPU gates, scan and their gradients are two compiled loops that read
memory once (`nn.cells.scan_kernels`); elsewhere the scan joins neighboring steps, then pairs of those, in 2 log2 T
rounds.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

GATES = {"mingru": 2, "minlstm": 3}
_FEWEST_NUMBERS = 1 << 14  # below, a second thread costs more than it saves
_RANGE_MULTIPLE = 16  # numbers of a cache line


class ScanLayer(nn.Module):
    """One layer of minGRU or minLSTM, called like PyTorch's recurrent layers and with their names of parameters.

    Args:
        cell: ``mingru`` or ``minlstm``.
        input_dim: D.
        hidden_dim: H.
    """

    def __init__(self, cell: str, input_dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.cell, rows, bound = cell, GATES[cell] * hidden_dim, 1 / math.sqrt(hidden_dim)
        self.weight_ih_l0 = nn.Parameter(torch.empty(rows, input_dim).uniform_(-bound, bound))
        self.bias_ih_l0 = nn.Parameter(torch.empty(rows).uniform_(-bound, bound))

    def forward(self, x_TBD: Tensor, h_1BH: Tensor) -> tuple[Tensor, Tensor]:
        """The outputs h_TBH and the last of them, h_1BH, in the type of the state."""
        inputs = functional.linear(x_TBD, self.weight_ih_l0, self.bias_ih_l0).to(h_1BH.dtype)
        out = (
            fused_scan(self.cell, inputs, h_1BH[0])
            if inputs.device.type == "cpu"
            else scan(self.cell, inputs, h_1BH[0])
        )
        return out, out[-1:]


def gates(cell: str, inputs_TBG: Tensor) -> tuple[Tensor, Tensor]:
    """The share s_TBH that stays and what enters, (1 - s) g, from the inputs of gates and candidate."""
    *raw, candidate = inputs_TBG.chunk(GATES[cell], -1)
    g = torch.where(candidate >= 0, candidate + 0.5, candidate.sigmoid())
    if cell == "mingru":
        return (-raw[0]).sigmoid(), raw[0].sigmoid() * g
    odds = functional.softplus(-raw[1]) - functional.softplus(-raw[0])  # log f - log i
    return odds.sigmoid(), (-odds).sigmoid() * g


def scan(cell: str, inputs_TBG: Tensor, start_BH: Tensor) -> Tensor:
    """The outputs h_TBH in PyTorch's own operations, on any device; T ≥ 1."""
    stay, enter = gates(cell, inputs_TBG)
    return _LinearScan.apply(stay, enter, start_BH)  # type: ignore[no-any-return, no-untyped-call]


def linear_scan(stay: Tensor, enter: Tensor, start: Tensor) -> Tensor:
    """h_t = stay_t h_{t-1} + enter_t along the first axis, from h_0 = ``start`` (Blelloch 1990, section 1.4).

    Two neighboring steps are one: h_{t+1} = (stay_{t+1} stay_t) h_{t-1} + (stay_{t+1} enter_t + enter_{t+1}).
    """
    steps = len(enter)
    if steps == 1:
        return torch.addcmul(enter, stay, start)
    earlier, later = slice(0, steps - 1, 2), slice(1, None, 2)
    joined = linear_scan(stay[later] * stay[earlier], torch.addcmul(enter[later], stay[later], enter[earlier]), start)
    out = torch.empty_like(enter)
    out[later] = joined
    out[:1] = torch.addcmul(enter[:1], stay[:1], start)
    out[2::2] = torch.addcmul(enter[2::2], stay[2::2], out[1:-1:2])
    return out


class _LinearScan(torch.autograd.Function):
    """`linear_scan` whose gradient is one too, backwards: d_t = ∂h_t + stay_{t+1} d_{t+1}."""

    @staticmethod
    def forward(ctx: Any, stay: Tensor, enter: Tensor, start: Tensor) -> Tensor:
        out = linear_scan(stay, enter, start)
        ctx.save_for_backward(stay, start, out)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        stay, start, out = ctx.saved_tensors
        following = torch.cat([stay[1:], torch.zeros_like(stay[:1])])
        d_enter = linear_scan(following.flip(0), d_out.flip(0), torch.zeros_like(start)).flip(0)
        return d_enter * torch.cat([start[None], out[:-1]]), d_enter, stay[0] * d_enter[0]


def fused_scan(cell: str, inputs_TBG: Tensor, start_BH: Tensor) -> Tensor:
    """The same outputs h_TBH by the compiled loops, on a CPU; float32 or float64."""
    return _FusedScan.apply(inputs_TBG, start_BH, cell)  # type: ignore[no-any-return, no-untyped-call]


class _FusedScan(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs_TBG: Tensor, start_BH: Tensor, cell: str) -> Tensor:
        forward, ctx.kernel = _kernels(cell)
        inputs_TBG, start_BH = inputs_TBG.contiguous(), start_BH.contiguous()
        activations_TBG = inputs_TBG.sigmoid()
        out = inputs_TBG.new_empty(*inputs_TBG.shape[:2], start_BH.shape[1])
        _on_threads(forward, inputs_TBG, activations_TBG, start_BH, out)
        ctx.save_for_backward(activations_TBG, start_BH, out)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_out: Tensor) -> tuple[Tensor, Tensor, None]:
        activations_TBG, start_BH, out = ctx.saved_tensors
        d_inputs, d_start = torch.empty_like(activations_TBG), torch.zeros_like(start_BH)
        _on_threads(ctx.kernel, activations_TBG, start_BH, out, d_out.contiguous(), d_inputs, d_start)
        return d_inputs, d_start, None


def _kernels(cell: str) -> tuple[Callable[..., None], Callable[..., None]]:
    from seqtool.nn.cells import scan_kernels as kernels  # numba is loaded only for these cells

    if cell == "mingru":
        return kernels.min_gru_forward, kernels.min_gru_backward
    return kernels.min_lstm_forward, kernels.min_lstm_backward


def _on_threads(function: Callable[..., None], *tensors: Tensor) -> None:
    """Call a kernel for all units, on as many threads as PyTorch uses, each with a range of units."""
    arrays = [tensor.numpy() for tensor in tensors]
    size, threads = arrays[-1].shape[-1], torch.get_num_threads()
    if threads == 1 or arrays[0].size < _FEWEST_NUMBERS:
        function(*arrays, 0, size)
        return
    width = -(-size // (threads * _RANGE_MULTIPLE)) * _RANGE_MULTIPLE
    pending = [
        _pool(threads).submit(function, *arrays, first, min(size, first + width)) for first in range(0, size, width)
    ]
    for future in pending:
        future.result()


@functools.cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, "scan")
