"""NT-ASGD: SGD that answers with the mean of its weights, from the moment that validation stops improving.

Merity, Keskar and Socher 2017 (arXiv 1708.02182), algorithm 1; the mean over all steps since then is that of Polyak and
Juditsky 1992.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn


class WeightAverage:
    """The mean of a model's trainable weights over the steps since it was started.

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
            raise ValueError("the averaged weights have other shapes")
