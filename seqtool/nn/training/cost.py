"""What a training costs: time, memory, and energy where the GPU's driver counts it.

NVML (NVIDIA Management Library) counts the energy of a whole GPU since its driver was loaded, in millijoules; what
other processes use meanwhile is in it. It is called directly, as it comes with every driver.
"""

from __future__ import annotations

import ctypes
import resource
import sys
from collections.abc import Callable
from typing import Any

import torch

from seqtool.progress import format_rate, format_seconds

_LIBRARY = "libnvidia-ml.so.1"


class EnergyMeter:
    """Joules used by a GPU since this was made.

    Args:
        uuid: the GPU's, as ``GPU-…``; ``None`` where there is no GPU.
        load: opens the library.
    """

    def __init__(self, uuid: str | None, load: Callable[[str], Any] = ctypes.CDLL) -> None:
        self._library: Any = None
        self._handle = ctypes.c_void_p()
        self._start = 0
        if uuid is None:
            return
        try:
            library = load(_LIBRARY)
            ready = library.nvmlInit_v2() == 0
            found = ready and library.nvmlDeviceGetHandleByUUID(uuid.encode(), ctypes.byref(self._handle)) == 0
        except (OSError, AttributeError):
            return
        if found:
            self._library = library
            self._start = self._count() or 0

    def joules(self) -> float | None:
        """Since this was made; ``None`` where the driver does not count."""
        count = self._count() if self._library is not None and self._start else None
        return None if count is None else (count - self._start) / 1000

    def _count(self) -> int | None:
        millijoules = ctypes.c_ulonglong()
        answered = self._library.nvmlDeviceGetTotalEnergyConsumption(self._handle, ctypes.byref(millijoules)) == 0
        return millijoules.value if answered else None


def energy_meter(device: torch.device) -> EnergyMeter:
    """The meter of a device; one that never answers for a CPU."""
    if device.type != "cuda":
        return EnergyMeter(None)
    return EnergyMeter(f"GPU-{torch.cuda.get_device_properties(device).uuid}")


def cost(tokens: int, seconds: float, joules: float | None, device: torch.device) -> dict[str, float]:
    """The entries of ``run.json``; ``peak_device_memory_bytes`` and ``joules`` only where they are known."""
    found: dict[str, float] = {
        "training_seconds": round(seconds, 1),
        "tokens_per_second": round(tokens / max(seconds, 1e-9)),
    }
    if device.type == "cuda":
        found["peak_device_memory_bytes"] = torch.cuda.max_memory_allocated(device)
    if joules is not None:
        found["joules"] = round(joules, 1)
    return found


def cost_line(tokens: int, seconds: float, joules: float | None, device: torch.device, unit: str = "tokens") -> str:
    """The same in a line for people, with the peak memory of this process."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    parts = [
        f"{tokens:,} {unit} in {format_seconds(seconds)}",
        format_rate(tokens / max(seconds, 1e-9), unit),
        f"peak memory {peak / 2**20:,.0f} MiB",
    ]
    if device.type == "cuda":
        parts.append(f"peak GPU memory {torch.cuda.max_memory_allocated(device) / 2**20:,.0f} MiB")
    if joules is not None:
        parts.append(f"{joules:,.0f} J, {joules / max(tokens, 1) * 1e6:,.1f} J per million {unit}")
    return "cost: " + ", ".join(parts)
