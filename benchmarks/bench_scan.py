"""Speed of one recurrent layer, forward and backward, over the length of the sequences.

Hidden size and input 512, batch 8, fp32. ``naive`` is minLSTM as its paper prints it: gates and scan in logarithms, by
cumulative sums, with PyTorch's own gradients. All take turns, because the machine's speed drifts; medians.

T time, B batch, D = H.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from typing import Any

import torch
from measure import save, setting
from torch import Tensor, nn
from torch.nn import functional

from seqtool.nn.cells.recurrent import make_layer
from seqtool.nn.cells.scan import ScanLayer

LENGTHS = (64, 128, 256, 512, 1024, 2048, 4096)


class NaiveMinLstm(ScanLayer):
    """The same layer, computed as in appendix B of arXiv 2410.01201."""

    def forward(self, x_TBD: Tensor, h_1BH: Tensor) -> tuple[Tensor, Tensor]:
        """As `ScanLayer.forward`."""
        f, i, candidate = functional.linear(x_TBD, self.weight_ih_l0, self.bias_ih_l0).chunk(3, -1)
        odds = functional.softplus(-f) - functional.softplus(-i)
        log_stay, log_enter = -functional.softplus(odds), -functional.softplus(-odds)
        log_g = torch.where(candidate >= 0, (candidate.relu() + 0.5).log(), -functional.softplus(-candidate))
        sums = functional.pad(log_stay.cumsum(0), (0, 0, 0, 0, 1, 0))
        log_values = torch.cat([h_1BH.log(), log_enter + log_g])
        out = (sums + (log_values - sums).logcumsumexp(0)).exp()[1:]
        return out, out[-1:]


def step(layer: nn.Module, x_TBD: Tensor, state: Any) -> float:
    """Seconds of a forward and a backward pass."""
    started = time.perf_counter()
    out = layer(x_TBD, state)[0]
    out.backward(torch.ones_like(out))
    if x_TBD.is_cuda:
        torch.cuda.synchronize()
    layer.zero_grad()
    x_TBD.grad = None
    return time.perf_counter() - started


def speeds(length: int, size: int, batch: int, rounds: int, device: str) -> dict[str, float]:
    """Median tokens a second of every layer at one length."""
    torch.manual_seed(0)
    layers: dict[str, nn.Module] = {name: make_layer(name, size, size) for name in ("lstm", "gru", "mingru", "minlstm")}
    layers["naive minlstm"] = NaiveMinLstm("minlstm", size, size)
    x = torch.randn(length, batch, size, device=device, requires_grad=True)
    zeros = torch.full((1, batch, size), 1e-6, device=device)
    seconds: dict[str, list[float]] = {name: [] for name in layers}
    for number, (name, layer) in itertools.product(range(rounds + 1), layers.items()):
        spent = step(layer.to(device), x, (zeros, zeros) if name == "lstm" else zeros)
        if number:
            seconds[name].append(spent)
    return {name: length * batch / statistics.median(times) for name, times in seconds.items()}


def table(rows: dict[int, dict[str, float]]) -> str:
    """A line a length: tokens a second, and minLSTM's as a multiple of the LSTM's."""
    names = list(next(iter(rows.values())))
    lines = [f"| T | {' | '.join(names)} | minlstm / lstm |", "|---" * (len(names) + 1) + "|---|"]
    lines += [
        f"| {length} | {' | '.join(f'{row[name]:,.0f}' for name in names)} | {row['minlstm'] / row['lstm']:.2f} |"
        for length, row in rows.items()
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    rows = {}
    for length in arguments.lengths:
        rows[length] = speeds(length, arguments.hidden, arguments.batch, arguments.rounds, arguments.device)
        print(length, {name: round(value) for name, value in rows[length].items()}, flush=True)
    device = torch.cuda.get_device_name() if arguments.device == "cuda" else "cpu"
    where = setting("torch", "numpy", "numba") | {
        "threads": arguments.threads,
        "rounds": arguments.rounds,
        "hidden": arguments.hidden,
        "batch": arguments.batch,
        "device": device,
    }
    text = (
        f"Tokens a second, forward and backward, hidden {arguments.hidden}, batch {arguments.batch}.\n\n{table(rows)}"
    )
    save("bench_scan", where, text, {"tokens_per_second": rows})


if __name__ == "__main__":
    main()
