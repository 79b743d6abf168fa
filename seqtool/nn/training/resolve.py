"""What a user may leave open of a training: epochs, learning rate, precision, device."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from seqtool.nn.device import choose_device, choose_precision
from seqtool.nn.options import TrainingOptions

TrainingT = TypeVar("TrainingT", bound=TrainingOptions)


@dataclass(frozen=True)
class Defaults:
    """The figures of one family of models.

    Attributes:
        fewest_epochs, most_epochs: bounds of the number of epochs.
        data: what the number of epochs depends on, in words.
        rates: the learning rate of each optimizer.
    """

    fewest_epochs: int
    most_epochs: int
    data: str
    rates: Mapping[str, float]


def resolve_training(
    training: TrainingT, defaults: Defaults, affordable_epochs: float, choices: list[str]
) -> tuple[TrainingT, str]:
    """Fill in epochs and learning rate, and choose the precision to compute in: ``fp32`` or ``bf16``.

    ``auto`` stays in the options: a training that is moved to another device resumes there in the precision it has.

    Args:
        training: as the user gave it.
        defaults: what is chosen where the user gave nothing.
        affordable_epochs: what two cores do in some minutes.
        choices: receives a line for each decision.
    """
    device, why_device = choose_device(training.device)
    precision, why_precision = choose_precision(training.precision, device)
    choices += [f"device: {why_device}", f"precision: {precision} ({why_precision})"]
    epochs, lr = training.epochs, training.lr
    if epochs is None:
        epochs = min(defaults.most_epochs, max(defaults.fewest_epochs, round(affordable_epochs)))
        choices.append(f"epochs: {epochs}, to take a few minutes on two cores with {defaults.data} (see --epochs)")
    if lr is None:
        lr = defaults.rates[training.optimizer]
    return dataclasses.replace(training, epochs=epochs, lr=lr), precision
