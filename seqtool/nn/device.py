"""Where and how exactly to compute: device, precision, threads, seed and random state."""

from __future__ import annotations

import os
from collections.abc import Mapping

import torch
from torch import Tensor

from seqtool.errors import InputError, UsageError
from seqtool.nn.options import DeviceOptions

DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("auto", "fp32", "bf16")


def choose_device(name: str) -> tuple[torch.device, str]:
    """The device of a run and, for the user, why it was chosen.

    Args:
        name: ``auto`` (a GPU where there is one), ``cpu`` or ``cuda``.

    Raises:
        InputError: ``cuda`` was asked for and there is none.
        UsageError: the name is not known.
    """
    if name not in DEVICES:
        raise UsageError(f"unknown device {name}", f"choose one of {', '.join(DEVICES)}")
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise InputError("PyTorch finds no CUDA device", "use --device cpu")
    if name == "cpu" or not available:
        reason = "set by --device" if name == "cpu" else "PyTorch finds no CUDA device"
        return torch.device("cpu"), f"cpu ({reason})"
    reason = "set by --device" if name == "cuda" else "found automatically"
    return torch.device("cuda"), f"cuda ({torch.cuda.get_device_name()}, {reason})"


def use_device(compute: DeviceOptions) -> torch.device:
    """The device that was asked for, once PyTorch has the threads that were.

    Raises:
        InputError: ``--device cuda`` and there is none.
    """
    set_threads(compute.threads)
    return choose_device(compute.device)[0]


def choose_precision(name: str, device: torch.device) -> tuple[str, str]:
    """The precision of the matrix products, ``fp32`` or ``bf16``, and why; weights are kept in fp32 either way.

    Args:
        name: ``auto`` (bf16 where the hardware multiplies it natively), ``fp32`` or ``bf16``.
        device: where the products run.

    Raises:
        UsageError: the name is not known.
    """
    if name not in PRECISIONS:
        raise UsageError(f"unknown precision {name}", f"choose one of {', '.join(PRECISIONS)}")
    native, evidence = _bf16_support(device)
    if name == "auto":
        return ("bf16" if native else "fp32"), evidence
    if name == "bf16" and not native:
        return name, f"set by --precision, although {evidence}"
    return name, "set by --precision"


def _bf16_support(device: torch.device) -> tuple[bool, str]:
    """Whether bf16 products run natively on the device, and how that is known."""
    if device.type == "cuda":
        native = torch.cuda.get_device_capability(device) >= (8, 0)
        return native, f"the GPU {'has' if native else 'lacks'} native bf16"
    capability = torch.cpu.get_capabilities()
    names = [flag for flag in ("amx_bf16", "avx512_bf16") if capability.get(flag)]
    if names:
        return True, f"the CPU has {' and '.join(names).upper()}"
    return False, "the CPU lacks AVX512_BF16 and AMX"


def set_threads(count: int | None) -> int:
    """Let PyTorch use ``count`` CPU threads (``None``: as it is) and return how many it uses."""
    if count is not None:
        torch.set_num_threads(count)
    return torch.get_num_threads()


def seed_everything(seed: int) -> None:
    """Seed PyTorch's generators on the CPU and on every GPU."""
    torch.manual_seed(seed)


def deterministic(on: bool) -> None:
    """Use only algorithms with the same bytes every run (matters on CUDA; slower there)."""
    if on:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when cuBLAS starts
    torch.use_deterministic_algorithms(on)
    torch.backends.cudnn.benchmark = not on


def random_state() -> dict[str, Tensor]:
    """The state of every PyTorch generator as uint8 tensors, fit for a checkpoint."""
    state = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        state |= {f"cuda.{i}": generator for i, generator in enumerate(torch.cuda.get_rng_state_all())}
    return state


def restore_random_state(state: Mapping[str, Tensor]) -> None:
    """Put back what `random_state` gave; GPUs the state does not know, or knows too many of, are left alone."""
    torch.set_rng_state(state["cpu"].cpu())
    for index in range(torch.cuda.device_count()):
        if f"cuda.{index}" in state:
            torch.cuda.set_rng_state(state[f"cuda.{index}"].cpu(), index)
