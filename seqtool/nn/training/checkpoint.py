"""A training's whole state as one safetensors file and one JSON object."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from seqtool.errors import ArtifactError, UsageError, as_os_error, damaged

ModelT = TypeVar("ModelT", bound=nn.Module)
STATE_TENSORS, STATE_JSON, WEIGHTS = "state.safetensors", "state.json", "model.safetensors"


def save_weights(weights: Mapping[str, Tensor], path: Path) -> None:
    """Write weights (any device) as safetensors.

    Raises:
        OSError: where the file cannot be written.
    """
    try:
        save_file({name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}, path)
        path.chmod(0o666 & ~_umask())  # safetensors writes for the owner alone
    except SafetensorError as error:  # its word for a full disk
        raise as_os_error(error, path) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def load_weights(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file onto the CPU.

    Raises:
        ArtifactError: where it is damaged.
    """
    try:
        return load_file(path, device="cpu")
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise damaged(path, error, "recreate the artifact") from None
    except RuntimeError as error:  # torch's, of a file that it cannot map
        raise ArtifactError(f"{path} cannot be read ({error})", "check the disk, or recreate the artifact") from None


def load_fitting(path: Path, make: Callable[[], ModelT]) -> ModelT:
    """The model that ``make`` makes, with the weights of a file.

    Their names, shapes and types are checked before memory is taken for the model.

    Raises:
        ArtifactError: where the file is damaged or does not fit the model, or there is no such model.
    """
    weights = load_weights(path)
    try:
        with torch.device("meta"), _Undrawn():
            expected = make().state_dict()
        if {k: (t.shape, t.dtype) for k, t in expected.items()} != {k: (t.shape, t.dtype) for k, t in weights.items()}:
            raise ValueError("the names, shapes or types of the weights differ")
        with _Undrawn():
            model = make()
        model.load_state_dict(weights)
        if not all(bool(torch.isfinite(tensor).all()) for tensor in weights.values()):
            raise ValueError("some weights are not finite")
    except (RuntimeError, TypeError, ValueError, UsageError) as error:
        detail = " ".join(str(error).split())[:200]
        raise ArtifactError(
            f"{path} does not match the options of the model ({detail})", "train the model again"
        ) from None
    return model


class _Undrawn(TorchFunctionMode):
    """Leaves first weights undrawn that a file will replace.

    On the device meta, drawing them makes torch import its compiler: more than a second.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        named = kwargs or {}
        if func.__name__ in ("normal_", "uniform_"):  # the tensors' own and those of nn.init
            return args[0] if args else named["tensor"]
        return func(*args, **named)


def flatten_optimizer(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimizer's tensors by ``optimizer.PARAMETER.NAME``; its numbers are all options, known anyway."""
    state = optimizer.state_dict()["state"]
    return {
        f"optimizer.{index}.{name}": torch.as_tensor(value)
        for index, entry in state.items()
        for name, value in entry.items()
        if value is not None
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put back what `flatten_optimizer` gave; tensors go to the device of their parameter."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        if key.startswith("optimizer."):
            _, index, name = key.split(".", 2)
            state.setdefault(int(index), {})[name] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def with_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``{"a": …}`` → ``{"PREFIX.a": …}``."""
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def without_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The inverse of `with_prefix`; other names are left out."""
    return {name[len(prefix) + 1 :]: tensor for name, tensor in tensors.items() if name.startswith(prefix + ".")}
