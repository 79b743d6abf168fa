"""Optimizers (PyTorch's own), gradient clipping, the learning rate over time, and NT-ASGD's mean of weights."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from seqtool.errors import UsageError
from seqtool.nn.options import TrainingOptions

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
    """The optimizer of that name over the trainable parameters, in PyTorch's fused form.

    Args:
        name: ``sgd`` (with ``momentum``), ``nt-asgd`` (the same; `WeightAverage` adds the mean),
            ``adam`` or ``adamw`` (with ``betas``, ``eps``).
        parameters: those with ``requires_grad`` are optimized.
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
        raise UsageError(f"unknown optimizer {name}", f"choose one of {', '.join(OPTIMIZERS)}")
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
    # The only synchronisation with the device.
    norm = float(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients))))
    if max_norm is not None and norm > max_norm:
        torch._foreach_mul_(gradients, max_norm / norm)
    return norm


def set_learning_rate(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Give all parameter groups this learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = lr


class Schedule:
    """The learning rate at every step: warm-up × shape × what the epochs' validation losses made of it.

    - ``constant``: the given rate.
    - ``linear``, ``cosine``: down to 0 at the last step (cosine: Loshchilov and Hutter 2017, eq. 5, without restarts).
    - ``inverse-sqrt``: falls as 1/√step once it is warm (Vaswani et al. 2017, section 5.3, scaled so that the given
      rate is the highest).
    - ``plateau``: divided by the factor after an epoch whose validation loss is not a new best ("Deep Learning from
      Scratch 2", section 6.5.4: by 4).
    - ``step``: at full rate through epoch ``anneal_after``, then divided before every further epoch (Zaremba et al.
      2014, section 4.1).

    Args:
        options: the training's options, ``lr`` filled in.
        total_steps: optimizer steps of the whole training.
    """

    def __init__(self, options: TrainingOptions, total_steps: int) -> None:
        self.options, self.total_steps = options, max(1, total_steps)
        self.annealed = 1.0
        self.best = math.inf

    def rate(self, step: int) -> float:
        """The learning rate of step number ``step``, counted from 0."""
        assert self.options.lr is not None
        warm = min(1.0, (step + 1) / self.options.warmup) if self.options.warmup else 1.0
        if self.options.schedule == "inverse-sqrt":
            warm *= min(1.0, math.sqrt(max(1, self.options.warmup) / (step + 1)))
        return self.options.lr * warm * self._shape(min(1.0, step / self.total_steps)) / self.annealed

    def _shape(self, done: float) -> float:
        if self.options.schedule == "linear":
            return 1.0 - done
        if self.options.schedule == "cosine":
            return (1.0 + math.cos(math.pi * done)) / 2
        return 1.0

    def after_epoch(self, finished: int, valid_loss: float) -> None:
        """Take note that epoch number ``finished`` (from 1) ended with this validation loss."""
        stalled = not valid_loss < self.best
        self.best = min(self.best, valid_loss)
        plateau = self.options.schedule == "plateau" and stalled
        step = self.options.schedule == "step" and finished >= self.options.anneal_after
        if plateau or step:
            self.annealed *= self.options.anneal_factor

    def state_dict(self) -> dict[str, float]:
        """What a checkpoint keeps; JSON has no infinity, so an unset best is left out."""
        return {"annealed": self.annealed} | ({"best": self.best} if math.isfinite(self.best) else {})

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        self.annealed, self.best = float(state["annealed"]), float(state.get("best", math.inf))


class WeightAverage:
    """The mean of a model's trainable weights over the steps since it was started.

    NT-ASGD is SGD that answers with it, from the moment that validation stops improving: Merity, Keskar and Socher 2017
    (arXiv 1708.02182), algorithm 1; the mean over all steps since then is that of Polyak and Juditsky 1992.

    Args:
        parameters: those with ``requires_grad`` are averaged.
        nonmono: validations n without improvement that start it; ``None``: never.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], nonmono: int | None) -> None:
        self.parameters = [parameter for parameter in parameters if parameter.requires_grad]
        self.nonmono = nonmono
        self.losses: list[float] = []
        self.steps = 0
        self.mean: list[Tensor] = []

    @property
    def started(self) -> bool:
        """Whether steps are averaged."""
        return bool(self.mean)

    def after_validation(self, loss: float) -> bool:
        """Start where this loss is worse than the best one more than n validations ago; whether it was started now."""
        if self.nonmono is None or self.started:
            return False
        stalled = len(self.losses) > self.nonmono and loss > min(self.losses[: -self.nonmono])
        self.losses.append(loss)
        if stalled:
            self.mean = [parameter.detach().clone() for parameter in self.parameters]
        return stalled

    @torch.no_grad()
    def after_step(self) -> None:
        """Take the weights into the mean; the first after the start replace it."""
        if self.started:
            self.steps += 1
            torch._foreach_lerp_(self.mean, [parameter.detach() for parameter in self.parameters], 1 / self.steps)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The model has the mean as its weights."""
        if not self.started:
            yield
            return
        own = [parameter.data for parameter in self.parameters]
        self._set(self.mean)
        try:
            yield
        finally:
            self._set(own)

    def _set(self, tensors: list[Tensor]) -> None:
        for parameter, tensor in zip(self.parameters, tensors, strict=True):
            parameter.data = tensor

    def tensors(self) -> dict[str, Tensor]:
        """The mean, for a checkpoint."""
        return {str(index): tensor for index, tensor in enumerate(self.mean)}

    def state_dict(self) -> dict[str, Any]:
        """The rest, for a checkpoint."""
        return {"losses": self.losses, "steps": self.steps}

    def load(self, state: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
        """Go on from a checkpoint.

        Raises:
            ValueError: where it holds means of other weights.
        """
        self.losses, self.steps = [float(loss) for loss in state["losses"]], int(state["steps"])
        self.mean = [tensors[str(index)].to(self.parameters[index].device) for index in range(len(tensors))]
        if self.mean and [m.shape for m in self.mean] != [p.shape for p in self.parameters]:
            raise ValueError("the averaged weights have different shapes")
