"""Optimisers, gradient clipping and learning-rate annealing.

The optimisers are PyTorch's own. A schedule is told the validation loss after every epoch and sets the learning
rate of the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from seqtool.errors import UsageError

OPTIMIZERS = ("sgd", "adam", "adamw")


def make_optimizer(
    name: str,
    parameters: Iterable[nn.Parameter],
    lr: float,
    *,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
) -> torch.optim.Optimizer:
    """The optimiser of that name over the trainable parameters, in PyTorch's fused form.

    Args:
        name: ``sgd`` (with ``momentum``), ``adam`` or ``adamw`` (with ``betas``, ``eps``).
        parameters: those with ``requires_grad`` are optimised.
        lr: learning rate.
        momentum: of SGD, without dampening.
        weight_decay: L2 penalty (sgd, adam) or decoupled decay (adamw; Loshchilov & Hutter, arXiv 1711.05101).
        betas: decay of Adam's first and second moment.
        eps: added to Adam's denominator.

    Raises:
        UsageError: the name is not known.
    """
    trainable = [parameter for parameter in parameters if parameter.requires_grad]
    if name == "sgd":
        return torch.optim.SGD(trainable, lr=lr, momentum=momentum, weight_decay=weight_decay, fused=True)
    if name not in OPTIMIZERS:
        raise UsageError(f"optimizer {name} is not known", f"choose one of {', '.join(OPTIMIZERS)}")
    adam = torch.optim.Adam if name == "adam" else torch.optim.AdamW
    return adam(trainable, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, fused=True)


def clip_gradients(parameters: Iterable[nn.Parameter], max_norm: float | None) -> float:
    """Scale the gradients down so that their common L2 norm is at most ``max_norm`` (Pascanu et al. 2013, alg. 1).

    Args:
        parameters: those without a gradient are passed over.
        max_norm: the bound; ``None`` only measures.

    Returns:
        The norm before clipping; not a finite number where a gradient is not.
    """
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if not gradients:
        return 0.0
    norm = float(global_norm(gradients))  # the only synchronisation with the device
    if max_norm is not None and norm > max_norm:
        torch._foreach_mul_(gradients, max_norm / norm)
    return norm


def global_norm(tensors: list[Tensor]) -> Tensor:
    """The L2 norm of all numbers of the tensors together, a scalar on their device."""
    norm: Tensor = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(tensors)))
    return norm


def learning_rate(optimizer: torch.optim.Optimizer) -> float:
    """The current learning rate (of the first group; a schedule keeps all groups alike)."""
    return float(optimizer.param_groups[0]["lr"])


def set_learning_rate(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Give all parameter groups this learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = lr


class Annealing(Protocol):
    """A schedule: told of every finished epoch, it sets the learning rate of the next."""

    def after_epoch(self, valid_loss: float) -> float:
        """Take note of the epoch's validation loss and return the new learning rate."""

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint has to keep (the rate itself is in the optimiser's state)."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""


class PlateauAnnealing:
    """Divide the learning rate when the validation loss is not below the best so far.

    "Deep Learning from Scratch 2", section 6.5.4: by 4.

    Args:
        optimizer: whose rate is annealed.
        factor: what the rate is divided by; 1 keeps it.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, factor: float = 4.0) -> None:
        self.optimizer = optimizer
        self.factor = factor
        self.best = float("inf")

    def after_epoch(self, valid_loss: float) -> float:
        """Divide the rate unless ``valid_loss`` is a new best."""
        if valid_loss < self.best:
            self.best = valid_loss
        else:
            set_learning_rate(self.optimizer, learning_rate(self.optimizer) / self.factor)
        return learning_rate(self.optimizer)

    def state_dict(self) -> dict[str, Any]:
        """The best loss so far."""
        return {"best": self.best}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        self.best = float(state["best"])


class StepAnnealing:
    """Keep the learning rate for ``start_epoch`` epochs, then divide it before every further one.

    Zaremba et al. 2014 (arXiv 1409.2329), section 4.1: epoch e = 1, 2, … runs at lr / factor^max(0, e - start_epoch).

    Args:
        optimizer: whose rate is annealed.
        start_epoch: the last epoch at the full rate.
        factor: what the rate is divided by.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, start_epoch: int, factor: float) -> None:
        self.optimizer = optimizer
        self.start_epoch = start_epoch
        self.factor = factor
        self.finished = 0

    def after_epoch(self, valid_loss: float) -> float:
        """Count the epoch, whatever its loss."""
        self.finished += 1
        if self.finished >= self.start_epoch:
            set_learning_rate(self.optimizer, learning_rate(self.optimizer) / self.factor)
        return learning_rate(self.optimizer)

    def state_dict(self) -> dict[str, Any]:
        """The number of finished epochs."""
        return {"finished": self.finished}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        self.finished = int(state["finished"])
