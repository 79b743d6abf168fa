"""The conditional random field against a sum over all paths."""

from __future__ import annotations

import itertools

import pytest
import torch

from seqtool.nn.losses.crf import CRF

LABELS, STEPS = 3, 4
NOT_ALLOWED = [(0, 2), (2, 2), (LABELS, 1), (LABELS + 1, 0)]  # label 1 may not come first, 0 not last


def made(restricted: bool) -> CRF:
    allowed = torch.ones(LABELS + 2, LABELS, dtype=torch.bool)
    for pair in NOT_ALLOWED if restricted else []:
        allowed[pair] = False
    crf = CRF(LABELS, allowed=allowed).double()
    torch.manual_seed(3)
    for parameter in crf.parameters():
        torch.nn.init.normal_(parameter)
    return crf


def path_score(crf: CRF, emissions_TL: torch.Tensor, path: tuple[int, ...]) -> float:
    start, transition, end = (crf.get_parameter(name) for name in ("start", "transition", "end"))
    score = float(start[path[0]] + end[path[-1]])
    score += sum(float(emissions_TL[t, label]) for t, label in enumerate(path))
    return score + sum(float(transition[a, b]) for a, b in itertools.pairwise(path))


def is_allowed(path: tuple[int, ...], restricted: bool) -> bool:
    ends = [(LABELS, path[0]), (LABELS + 1, path[-1])]
    return not restricted or not any(pair in NOT_ALLOWED for pair in [*ends, *itertools.pairwise(path)])


@torch.no_grad()
@pytest.mark.parametrize("restricted", [False, True])
def test_loss_and_best_path_are_those_of_all_paths(restricted: bool) -> None:
    crf, lengths = made(restricted), [4, 1, 3]
    emissions_TBL = torch.randn(STEPS, len(lengths), LABELS, dtype=torch.float64)
    mask_TB = torch.arange(STEPS)[:, None] < torch.tensor(lengths)
    labels_TB = torch.zeros(STEPS, len(lengths), dtype=torch.int64)
    expected = 0.0
    for row, length in enumerate(lengths):
        paths = [p for p in itertools.product(range(LABELS), repeat=length) if is_allowed(p, restricted)]
        scores = torch.tensor([path_score(crf, emissions_TBL[:, row], path) for path in paths], dtype=torch.float64)
        labels_TB[:length, row] = torch.tensor(paths[len(paths) // 2])
        expected += float(scores.logsumexp(0) - scores[len(paths) // 2])
        best = crf.best(emissions_TBL, mask_TB)[:length, row].tolist()
        assert tuple(best) == paths[int(scores.argmax())]
    assert float(crf.loss(emissions_TBL, labels_TB, mask_TB)) == pytest.approx(expected, abs=1e-9)


def test_gradients_of_the_loss() -> None:
    crf = made(restricted=False)
    mask_TB = torch.tensor([[True, True], [True, True], [True, False]])
    labels_TB = torch.tensor([[0, 2], [1, 1], [2, 0]])
    emissions_TBL = torch.randn(3, 2, LABELS, dtype=torch.float64, requires_grad=True)
    names = [name for name, _ in crf.named_parameters()]

    def loss(emissions: torch.Tensor, *weights: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(crf, dict(zip(names, weights, strict=True)), (emissions, labels_TB, mask_TB))

    crf.forward = crf.loss  # type: ignore[method-assign]
    assert torch.autograd.gradcheck(loss, (emissions_TBL, *crf.parameters()))


def test_without_transitions_the_loss_is_a_sum_of_cross_entropies() -> None:
    crf, emissions_TBL = CRF(LABELS, learned=False), torch.randn(STEPS, 2, LABELS)
    labels_TB = torch.randint(LABELS, (STEPS, 2))
    expected = torch.nn.functional.cross_entropy(emissions_TBL.flatten(0, 1), labels_TB.flatten(), reduction="sum")
    assert float(crf.loss(emissions_TBL, labels_TB, torch.ones(STEPS, 2, dtype=torch.bool))) == pytest.approx(
        float(expected), rel=1e-5
    )
    assert not [p for p in crf.parameters() if p.requires_grad]


def test_what_stands_in_the_padding_changes_nothing() -> None:
    crf = made(restricted=True).float()
    emissions_TBL, labels_TB = torch.randn(STEPS, 1, LABELS), torch.tensor([[0], [1], [0], [1]])
    mask_TB = torch.tensor([[True], [True], [False], [False]])
    before = crf.loss(emissions_TBL, labels_TB, mask_TB), crf.best(emissions_TBL, mask_TB)
    emissions_TBL[2:], labels_TB[2:] = 1e3, -100
    assert torch.equal(before[0], crf.loss(emissions_TBL, labels_TB, mask_TB))
    assert torch.equal(before[1], crf.best(emissions_TBL, mask_TB))
