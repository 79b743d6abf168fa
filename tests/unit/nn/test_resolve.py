"""What is chosen where the user leaves it open."""

from __future__ import annotations

import pytest

from seqtool.nn.options import TrainingOptions
from seqtool.nn.training.resolve import Defaults, resolve_training

DEFAULTS = Defaults(3, 20, "this text", {"sgd": 20.0, "adamw": 0.005})


@pytest.mark.parametrize(("affordable", "epochs"), [(0.2, 3), (7.4, 7), (1e9, 20)])
def test_epochs_are_as_many_as_can_be_afforded_within_bounds(affordable: float, epochs: int) -> None:
    choices: list[str] = []
    training, precision = resolve_training(
        TrainingOptions(device="cpu", precision="fp32"), DEFAULTS, affordable, choices
    )
    assert (training.epochs, training.lr, precision) == (epochs, 0.005, "fp32")
    assert [line.partition(":")[0] for line in choices] == ["device", "precision", "epochs"]
    assert f"epochs: {epochs}, " in choices[2]
    assert "this text" in choices[2]


def test_what_the_user_gave_stays() -> None:
    choices: list[str] = []
    given = TrainingOptions(epochs=50, lr=0.1, optimizer="sgd", device="cpu", precision="auto")
    training, precision = resolve_training(given, DEFAULTS, 1.0, choices)
    assert training == given, "auto stays auto, so that a checkpoint may move to another device"
    assert precision in ("fp32", "bf16")
    assert len(choices) == 2


def test_the_rate_is_that_of_the_optimizer() -> None:
    training, _ = resolve_training(TrainingOptions(optimizer="sgd", device="cpu"), DEFAULTS, 1.0, [])
    assert training.lr == 20.0
