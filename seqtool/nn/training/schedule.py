"""The learning rate over time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from seqtool.nn.options import TrainingOptions


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
        total_steps: optimiser steps of the whole training.
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
