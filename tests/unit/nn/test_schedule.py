"""The learning rate of every epoch by hand."""

import dataclasses
import json

import pytest

from seqtool.nn.options import TrainingOptions
from seqtool.nn.schedule import Schedule

LOSSES = [5.0, 4.0, 4.0, 4.5, 3.9, 4.1]


def rates(schedule: Schedule, losses: list[float], first: int = 1) -> list[float]:
    """The rate in force during each epoch, told the loss after it."""
    seen = []
    for epoch, loss in enumerate(losses, first):
        seen.append(schedule.rate(10))
        schedule.after_epoch(epoch, loss)
    return seen


def make(**values: object) -> Schedule:
    return Schedule(dataclasses.replace(TrainingOptions(), lr=20.0, **values), total_steps=100)  # type: ignore[arg-type]


def test_plateau_divides_when_there_is_no_new_best() -> None:
    """The book's: by 4, and a tie is no improvement."""
    assert rates(make(schedule="plateau", anneal_factor=4.0), LOSSES) == [20, 20, 20, 5, 1.25, 1.25]


def test_step_divides_every_epoch_after_the_given_one() -> None:
    """Zaremba small: rate 1 (here 20) through epoch 4, then halved before every further one."""
    schedule = make(schedule="step", anneal_factor=2.0, anneal_after=4)
    assert rates(schedule, LOSSES) == [20, 20, 20, 20, 10, 5]


def test_constant_stays() -> None:
    assert rates(make(schedule="constant"), LOSSES) == [20] * 6


@pytest.mark.parametrize("kind", ["plateau", "step"])
@pytest.mark.parametrize("stop", [0, 2, 4])
def test_state_round_trip(kind: str, stop: int) -> None:
    values = {"schedule": kind, "anneal_factor": 4.0, "anneal_after": 3}
    whole = rates(make(**values), LOSSES)
    first, second = make(**values), make(**values)
    head = rates(first, LOSSES[:stop])
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert head + rates(second, LOSSES[stop:], first=stop + 1) == whole
