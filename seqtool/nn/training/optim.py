"""Optimisers (PyTorch's own) and gradient clipping; the learning rate over time is `nn.training.schedule`."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from seqtool.errors import UsageError

OPTIMIZERS = ("sgd", "nt-asgd", "adam", "adamw")


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
        name: ``sgd`` (with ``momentum``), ``nt-asgd`` (the same; `nn.training.averaging` adds the mean),
            ``adam`` or ``adamw`` (with ``betas``, ``eps``).
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
    if name in ("sgd", "nt-asgd"):
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


def set_learning_rate(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Give all parameter groups this learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = lr
