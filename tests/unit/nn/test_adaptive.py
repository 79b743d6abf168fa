"""The adaptive softmax: probabilities, losses, ignored targets and cut-offs."""

from __future__ import annotations

import pytest
import torch

from seqtool.errors import UsageError
from seqtool.nn.batches.batching import IGNORED
from seqtool.nn.losses.adaptive import AdaptiveOutput


@pytest.fixture
def layer() -> AdaptiveOutput:
    torch.manual_seed(0)
    return AdaptiveOutput(16, 30, [5, 12, 99])


def test_the_words_of_all_classes_sum_to_one_and_loss_and_scores_are_theirs(layer: AdaptiveOutput) -> None:
    hidden, target = torch.randn(4, 3, 16), torch.randint(0, 30, (4, 3))
    log_p = layer.log_probs(hidden)
    assert log_p.shape == (4, 3, 30)
    torch.testing.assert_close(log_p.exp().sum(-1), torch.ones(4, 3))
    picked = log_p.gather(-1, target[..., None])[..., 0]
    torch.testing.assert_close(layer(hidden, target), -picked.mean())
    torch.testing.assert_close(layer.token_log_probs(hidden.flatten(0, 1), target.flatten()), picked.flatten())


def test_ignored_targets_count_for_nothing(layer: AdaptiveOutput) -> None:
    hidden, target = torch.randn(6, 16, requires_grad=True), torch.tensor([1, IGNORED, 20, 7, IGNORED, 29])
    real = target != IGNORED
    torch.testing.assert_close(layer(hidden, target), layer(hidden[real], target[real]))
    scores = layer.token_log_probs(hidden.detach(), target)
    assert (scores[~real] == 0).all()
    assert (scores[real] < 0).all()
    nothing = layer(hidden, torch.full((6,), IGNORED))
    nothing.backward()
    assert nothing.item() == 0
    assert hidden.grad is not None
    assert (hidden.grad == 0).all()


@pytest.mark.parametrize("cutoffs", [[], [30], [0, 5], [5, 5], [9, 5]], ids=str)
def test_cutoffs_that_make_no_classes_are_refused(cutoffs: list[int]) -> None:
    with pytest.raises(UsageError, match="--cutoffs"):
        AdaptiveOutput(16, 30, cutoffs)
