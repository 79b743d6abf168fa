"""The cost of a training, with a library that counts energy as we say."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest
import torch

from seqtool.nn.training.cost import EnergyMeter, cost, cost_line, energy_meter

CPU = torch.device("cpu")


class Library:
    """NVML's three functions over a list of counts; ``None``: the function fails."""

    def __init__(self, counts: list[int | None], initialised: int = 0) -> None:
        self.counts, self.initialised, self.uuid = counts, initialised, b""

    def nvmlInit_v2(self) -> int:  # noqa: N802
        return self.initialised

    def nvmlDeviceGetHandleByUUID(self, uuid: bytes, handle: Any) -> int:  # noqa: N802
        self.uuid = uuid
        return 0

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: Any, answer: Any) -> int:  # noqa: N802
        count = self.counts.pop(0)
        if count is None:
            return 3
        answer._obj.value = count
        return 0


def test_joules_since_the_start() -> None:
    library = Library([5_000, 7_500, 11_000])
    meter = EnergyMeter("GPU-1", lambda name: library)
    assert library.uuid == b"GPU-1"
    assert [meter.joules(), meter.joules()] == [2.5, 6.0]


@pytest.mark.parametrize(
    "library", [Library([None, None]), Library([5, None]), Library([], initialised=1), object()], ids=range(4)
)
def test_where_nobody_counts_there_are_none(library: Any) -> None:
    assert EnergyMeter("GPU-1", lambda name: library).joules() is None
    assert EnergyMeter("GPU-1", lambda name: ctypes.CDLL("libnothing.so.1")).joules() is None
    assert energy_meter(CPU).joules() is None


def test_the_record_and_the_line() -> None:
    assert cost(1_000, 4.0, None, CPU) == {"training_seconds": 4.0, "tokens_per_second": 250}
    assert cost(1_000, 4.0, 12.34, CPU)["joules"] == 12.3
    line = cost_line(2_000_000, 4.0, 12.0, CPU)
    assert line.startswith("cost: 2,000,000 tokens in ")
    assert "peak memory" in line
    assert line.endswith("12 J, 6.0 J per million tokens")
    assert " J" not in cost_line(10, 0.0, None, CPU)
