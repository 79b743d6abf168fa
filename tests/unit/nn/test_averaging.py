"""NT-ASGD by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from seqtool.nn.training.optim import WeightAverage


def average(nonmono: int | None = 2) -> tuple[nn.Parameter, WeightAverage]:
    weight = nn.Parameter(torch.zeros(1))
    return weight, WeightAverage([weight], nonmono)


@pytest.mark.parametrize(
    ("losses", "started_at"),
    [
        ([5.0, 4.0, 3.0, 2.0, 1.0], None),
        ([5.0, 4.0, 4.5, 4.2], None),
        ([5.0, 4.0, 4.5, 4.2, 4.1], 5),
        ([5.0, 6.0, 7.0, 8.0], 4),
        ([5.0, 6.0, 5.0, 5.0, 5.0], None),
    ],
)
def test_starts_where_a_loss_is_worse_than_the_best_more_than_n_validations_ago(
    losses: list[float], started_at: int | None
) -> None:
    """With n = 2: the loss of validation t against those up to t - 3."""
    _, mean = average()
    started = [number for number, loss in enumerate(losses, 1) if mean.after_validation(loss)]
    assert started == ([started_at] if started_at else [])


def test_without_n_it_never_starts() -> None:
    _, mean = average(None)
    assert not any(mean.after_validation(loss) for loss in (1.0, 2.0, 3.0, 4.0, 5.0))
    assert not mean.losses


def test_the_mean_is_over_the_steps_since_the_start_and_only_lent_to_the_model() -> None:
    weight, mean = average(1)
    weight.data.fill_(100.0)
    mean.after_step()
    for loss in (1.0, 2.0, 3.0):
        mean.after_validation(loss)
    for value in (1.0, 2.0, 6.0):
        weight.data.fill_(value)
        mean.after_step()
    with mean.in_place():
        assert weight.item() == pytest.approx(3.0)
    assert weight.item() == 6.0


def test_a_mean_goes_on_from_a_checkpoint_as_if_it_had_never_stopped() -> None:
    weight, mean = average(1)
    for loss in (1.0, 2.0, 3.0):
        mean.after_validation(loss)
    for value in (1.0, 2.0, 6.0):
        weight.data.fill_(value)
        mean.after_step()
    other, again = average(1)
    again.load(mean.state_dict(), mean.tensors())
    assert (again.steps, again.losses, again.started) == (3, [1.0, 2.0, 3.0], True)
    other.data.fill_(11.0)
    again.after_step()
    with again.in_place():
        assert other.item() == pytest.approx((1 + 2 + 6 + 11) / 4)


def test_losses_before_a_checkpoint_count_towards_the_start() -> None:
    _, mean = average(1)
    mean.after_validation(1.0)
    mean.after_validation(2.0)
    _, again = average(1)
    again.load(mean.state_dict(), mean.tensors())
    assert again.after_validation(3.0)


def test_a_checkpoint_of_other_weights_is_refused() -> None:
    _, mean = average(1)
    with pytest.raises(ValueError, match="shapes"):
        mean.load({"losses": [], "steps": 1}, {"0": torch.zeros(2)})
    with pytest.raises(KeyError):
        mean.load({"losses": [], "steps": 1}, {"1": torch.zeros(1)})
