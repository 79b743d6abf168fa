"""Linear-chain conditional random field (Lafferty, McCallum and Pereira 2001), and the best path through labels.

B batch, T time, L labels.

    score(y) = start[y_1] + Σ_t emission_t[y_t] + Σ_t transition[y_{t-1}, y_t] + end[y_T]
    P(y) = exp(score(y)) / Σ_y' exp(score(y')),  the sum by the forward algorithm, the best y by Viterbi's
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding

FORBIDDEN = -1e4  # a score, in nats; -inf would make gradients that are not numbers


class CRF(nn.Module):
    """Scores of labels that follow each other.

    Args:
        labels: L.
        learned: whether there are transitions to learn; without them P(y) is a product over the steps, but what is
            not allowed.
        allowed: bool (L + 2, L): whether a label may follow another; the last two rows: whether it may come first,
            and last. Left out, everything is.
    """

    allowed: Tensor

    def __init__(self, labels: int, learned: bool = True, allowed: Tensor | None = None) -> None:
        super().__init__()
        shapes = {"transition": (labels, labels), "start": (labels,), "end": (labels,)}
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.zeros(shape), requires_grad=learned))
        full = torch.ones(labels + 2, labels, dtype=torch.bool) if allowed is None else allowed
        self.register_buffer("allowed", full, persistent=False)

    def loss(self, emissions_TBL: Tensor, labels_TB: Tensor, mask_TB: Tensor) -> Tensor:
        """The sum of -log P of the label sequences, in nats.

        Args:
            emissions_TBL: scores of the labels at every step.
            labels_TB: int64, labels of the real steps, of others any.
            mask_TB: which steps are real; in every column the first, and none after one that is not.
        """
        return (self._total(emissions_TBL, mask_TB) - self._score(emissions_TBL, labels_TB, mask_TB)).sum()

    def best(self, emissions_TBL: Tensor, mask_TB: Tensor) -> Tensor:
        """The most probable labels (T, B), int64; where not real, 0 (Viterbi 1967)."""
        transition_LL, start_L, end_L = self._weights()
        lengths_B = mask_TB.sum(0)
        score_BL, back = start_L + emissions_TBL[0], []
        for emission_BL, real_B in zip(emissions_TBL[1:], mask_TB[1:], strict=True):
            best_BL, from_BL = (score_BL[:, :, None] + transition_LL).max(1)
            score_BL = torch.where(real_B[:, None], best_BL + emission_BL, score_BL)
            back.append(from_BL)
        label_B = (score_BL + end_L).argmax(1)
        path = [label_B]
        for step in range(len(back), 0, -1):
            before_B = back[step - 1].gather(1, label_B[:, None])[:, 0]
            label_B = torch.where(step < lengths_B, before_B, label_B)
            path.append(label_B)
        return torch.stack(path[::-1]).masked_fill(~mask_TB, 0)

    def _weights(self) -> tuple[Tensor, Tensor, Tensor]:
        """Transitions, starts and ends."""
        transition, start, end = (self.get_parameter(name) for name in ("transition", "start", "end"))
        may_follow, (may_begin, may_end) = self.allowed[:-2], self.allowed[-2:]
        return (
            transition.masked_fill(~may_follow, FORBIDDEN),
            start.masked_fill(~may_begin, FORBIDDEN),
            end.masked_fill(~may_end, FORBIDDEN),
        )

    def _score(self, emissions_TBL: Tensor, labels_TB: Tensor, mask_TB: Tensor) -> Tensor:
        """The score of the given paths (B,)."""
        transition_LL, start_L, end_L = self._weights()
        labels_TB = labels_TB.masked_fill(~mask_TB, 0)
        emitted_TB = emissions_TBL.gather(2, labels_TB[..., None])[..., 0]
        moved_TB = _chosen(transition_LL.flatten(), labels_TB[:-1] * len(transition_LL) + labels_TB[1:])
        last_B = labels_TB.gather(0, mask_TB.sum(0, keepdim=True) - 1)[0]
        ends_B = _chosen(start_L, labels_TB[0]) + _chosen(end_L, last_B)
        return ends_B + (emitted_TB * mask_TB).sum(0) + (moved_TB * mask_TB[1:]).sum(0)

    def _total(self, emissions_TBL: Tensor, mask_TB: Tensor) -> Tensor:
        """log Σ exp(score) over all paths (B,): products of probabilities, scaled by the largest at every step."""
        transition_LL, start_L, end_L = self._weights()
        factor_LL, least = transition_LL.exp(), torch.finfo(emissions_TBL.dtype).tiny
        total_BL = start_L + emissions_TBL[0]
        for emission_BL, real_B in zip(emissions_TBL[1:], mask_TB[1:], strict=True):
            largest_B1 = total_BL.detach().amax(1, keepdim=True)
            summed_BL = ((total_BL - largest_B1).exp() @ factor_LL).clamp(min=least).log() + largest_B1
            total_BL = torch.where(real_B[:, None], summed_BL + emission_BL, total_BL)
        return (total_BL + end_L).logsumexp(1)


def _chosen(values_N: Tensor, ids: Tensor) -> Tensor:
    """``values_N[ids]``, whose gradient is summed in one order whatever the threads."""
    return embedding(ids, values_N[:, None])[..., 0]
