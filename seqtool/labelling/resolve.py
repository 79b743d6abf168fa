"""What a user leaves open of the training of a classifier or a tagger."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple, TypeVar

from seqtool.labelling.options import LabelTraining
from seqtool.nn.device import choose_device, choose_precision

TrainingT = TypeVar("TrainingT", bound=LabelTraining)
_DEFAULT_LR = {"sgd": 0.5, "nt-asgd": 0.5, "adam": 0.002, "adamw": 0.002}


class Affordable(NamedTuple):
    """The epochs two cores do in some minutes: so many tokens in all, but no fewer and no more epochs than these."""

    tokens: float
    fewest: int
    most: int


def resolved(training: TrainingT, tokens: int, affordable: Affordable, choices: list[str]) -> tuple[TrainingT, str]:
    """Epochs and learning rate filled in, and the precision, ``fp32`` or ``bf16``.

    Args:
        training: as the user gave it.
        tokens: of an epoch.
        affordable: where the user says no number of epochs.
        choices: what was decided is added, a line each.
    """
    device, why_device = choose_device(training.device)
    precision, why_precision = choose_precision(training.precision, device)
    choices += [f"device: {why_device}", f"precision: {precision}, {why_precision}"]
    epochs = training.epochs
    if epochs is None:
        epochs = min(affordable.most, max(affordable.fewest, round(affordable.tokens / max(1, tokens))))
        choices.append(f"epochs: {epochs}, for some minutes on two cores with this text (--epochs)")
    lr = _DEFAULT_LR[training.optimizer] if training.lr is None else training.lr
    return dataclasses.replace(training, epochs=epochs, lr=lr), precision
