"""Learning rates by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqtool.nn.options import TrainingOptions
from seqtool.nn.training.optim import Schedule


def rates(steps: int, total: int, **options: Any) -> list[float]:
    schedule = Schedule(TrainingOptions(lr=8.0, **options), total)
    return [schedule.rate(step) for step in range(steps)]


def after_epochs(losses: list[float], **options: Any) -> list[float]:
    """The rate of each epoch, of four steps, the first included."""
    schedule = Schedule(TrainingOptions(lr=8.0, **options), 4 * len(losses) + 4)
    found = [schedule.rate(0)]
    for epoch, loss in enumerate(losses, 1):
        schedule.after_epoch(epoch, loss)
        found.append(schedule.rate(4 * epoch))
    return found


def test_constant() -> None:
    assert rates(3, 3, schedule="constant") == [8, 8, 8]


def test_linear_falls_to_zero_after_the_last_step() -> None:
    assert rates(4, 4, schedule="linear") == [8, 6, 4, 2]


def test_cosine_is_half_in_the_middle() -> None:
    assert rates(5, 4, schedule="cosine") == pytest.approx([8, 4 + 4 * 0.5**0.5, 4, 4 - 4 * 0.5**0.5, 0])


def test_warmup_grows_to_the_full_rate_at_its_last_step() -> None:
    assert rates(6, 100, schedule="constant", warmup=4) == [2, 4, 6, 8, 8, 8]


def test_warmup_multiplies_the_shape() -> None:
    assert rates(4, 4, schedule="linear", warmup=2) == [4, 6, 4, 2]


def test_plateau_divides_after_an_epoch_that_is_no_new_best() -> None:
    losses = [5.0, 4.0, 4.0, 3.0, 3.5, 2.0]
    assert after_epochs(losses, schedule="plateau", anneal_factor=4.0) == [8, 8, 8, 2, 2, 0.5, 0.5]


def test_plateau_compares_with_the_best_not_the_last() -> None:
    assert after_epochs([1.0, 3.0, 2.0], schedule="plateau", anneal_factor=2.0) == [8, 8, 4, 2]


def test_step_divides_before_every_epoch_past_the_given_one() -> None:
    """Zaremba et al. 2014, small: full rate for 4 epochs, halved before each further one."""
    found = after_epochs([1.0] * 6, schedule="step", anneal_factor=2.0, anneal_after=4)
    assert found == [8, 8, 8, 8, 4, 2, 1]


@given(st.lists(st.floats(0.1, 9.0), min_size=1, max_size=8), st.integers(0, 8), st.sampled_from(["plateau", "step"]))
def test_resumed_after_any_epoch_it_goes_on_the_same(losses: list[float], stop: int, kind: str) -> None:
    options = TrainingOptions(lr=8.0, schedule=kind, anneal_after=2)
    whole, first = Schedule(options, 40), Schedule(options, 40)
    resumed = first
    for epoch, loss in enumerate(losses, 1):
        whole.after_epoch(epoch, loss)
        resumed.after_epoch(epoch, loss)
        if epoch == stop:
            state = json.loads(json.dumps(first.state_dict(), allow_nan=False))
            resumed = Schedule(options, 40)
            resumed.load_state_dict(state)
    assert [whole.rate(s) for s in range(40)] == [resumed.rate(s) for s in range(40)]
