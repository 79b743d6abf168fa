"""Steps of each optimiser and clipping by hand."""

import math

import pytest
import torch
from torch import nn

from seqtool.errors import UsageError
from seqtool.nn.training import optim


def parameters(gradients: list[list[float]]) -> list[nn.Parameter]:
    made = []
    for gradient in gradients:
        parameter = nn.Parameter(torch.ones(len(gradient)))
        parameter.grad = torch.tensor(gradient)
        made.append(parameter)
    return made


def test_sgd_steps_by_hand() -> None:
    (p,) = parameters([[2.0, -4.0]])
    optimizer = optim.make_optimizer("sgd", [p], lr=0.5, momentum=0.5, weight_decay=0.1)
    optimizer.step()  # v = g + 0.1 p = 2.1, -3.9
    torch.testing.assert_close(p.data, torch.tensor([1 - 1.05, 1 + 1.95]))
    optimizer.step()  # v = 0.5 v + g + 0.1 p
    v = torch.tensor([1.05 + 2 - 0.005, -1.95 - 4 + 0.295])
    torch.testing.assert_close(p.data, torch.tensor([-0.05, 2.95]) - 0.5 * v)


@pytest.mark.parametrize(("name", "decayed"), [("adam", 1.0), ("adamw", 0.99)])
def test_adam_steps_by_hand(name: str, decayed: float) -> None:
    """The first step is lr × the gradient's sign; Adam adds the decay to the gradient, AdamW shrinks the weight."""
    (p,) = parameters([[2.0, -4.0]])
    optim.make_optimizer(name, [p], lr=0.1, weight_decay=0.1).step()
    torch.testing.assert_close(p.data, torch.tensor([decayed - 0.1, decayed + 0.1]), rtol=1e-6, atol=1e-6)


def test_frozen_parameters_are_left_out() -> None:
    free, frozen = parameters([[1.0], [1.0]])
    frozen.requires_grad_(False)
    optim.make_optimizer("sgd", [free, frozen], lr=1.0).step()
    assert (free.item(), frozen.item()) == (0.0, 1.0)
    with pytest.raises(UsageError, match="unknown"):
        optim.make_optimizer("lbfgs", [free], lr=1.0)


@pytest.mark.parametrize("name", optim.OPTIMIZERS)
def test_optimizer_state_round_trip(name: str) -> None:
    def run(steps: int, p: nn.Parameter, optimizer: torch.optim.Optimizer) -> None:
        for _ in range(steps):
            p.grad = p.detach() ** 2
            optimizer.step()

    def make(p: nn.Parameter) -> torch.optim.Optimizer:
        return optim.make_optimizer(name, [p], lr=0.1, momentum=0.9)

    (whole,) = parameters([[0.0, 1.0]])
    run(5, whole, make(whole))
    (first,) = parameters([[0.0, 1.0]])
    before = make(first)
    run(3, first, before)
    second = nn.Parameter(first.detach().clone())
    after = make(second)
    after.load_state_dict(before.state_dict())
    run(2, second, after)
    assert torch.equal(second, whole)


def test_clipping_by_hand() -> None:
    ps = parameters([[3.0], [0.0, 4.0]])
    ps.append(nn.Parameter(torch.ones(1)))  # without a gradient
    assert optim.clip_gradients(ps, 10.0) == pytest.approx(5)
    assert ps[0].grad == torch.tensor([3.0])
    assert optim.clip_gradients(ps, 2.5) == pytest.approx(5)
    torch.testing.assert_close(ps[0].grad, torch.tensor([1.5]))
    torch.testing.assert_close(ps[1].grad, torch.tensor([0.0, 2.0]))
    assert optim.clip_gradients(ps, None) == pytest.approx(2.5)
    assert optim.clip_gradients([], 1.0) == 0


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_norm_shows_a_gradient_that_is_not_finite(bad: float) -> None:
    assert not math.isfinite(optim.clip_gradients(parameters([[1.0, bad]]), 1.0))


def test_learning_rate_is_set_on_all_groups() -> None:
    a, b = parameters([[1.0], [1.0]])
    optimizer = torch.optim.SGD([{"params": [a], "lr": 1.0}, {"params": [b], "lr": 2.0}])
    optim.set_learning_rate(optimizer, 0.5)
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.5]
