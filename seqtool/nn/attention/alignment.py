"""Attention of a decoder on what an encoder has read: where each output looks.

B batch, Q queries, S source steps, H size of queries and memory.

    weights = softmax(score(query, memory)),  context = Σ_s weights_s memory_s

    dot       query · memory_s                                    (Luong et al. 2015, eq. 8)
    general   query · W memory_s                                  (the same)
    additive  v · tanh(W query + U memory_s)                      (Bahdanau et al. 2015, appendix A.1.2)
    location  row s of W query, whatever stands there             (Luong et al. 2015, eq. 7)
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

SCORES = ("dot", "general", "additive", "location")


class Keys(NamedTuple):
    """What is attended to: the memory, what the scores are made with, and which steps are real."""

    memory_BSH: Tensor
    keys_BSH: Tensor
    mask_BS: Tensor


class Alignment(nn.Module):
    """One attention.

    Args:
        score: one of `SCORES`.
        dim: H.
        longest: the source steps that ``location`` can look at; it does not see those after them.
    """

    def __init__(self, score: str, dim: int, longest: int) -> None:
        super().__init__()
        self.score, self.longest = score, longest
        if score in ("general", "additive"):
            self.key = nn.Linear(dim, dim, bias=False)
        if score == "additive":
            self.query, self.v = nn.Linear(dim, dim), nn.Linear(dim, 1, bias=False)
        if score == "location":
            self.place = nn.Linear(dim, longest)

    def prepare(self, memory_BSH: Tensor, mask_BS: Tensor) -> Keys:
        """What does not depend on the queries, computed once."""
        keys = self.key(memory_BSH) if self.score in ("general", "additive") else memory_BSH
        if self.score == "location" and mask_BS.shape[1] > self.longest:
            mask_BS = mask_BS & (torch.arange(mask_BS.shape[1], device=mask_BS.device) < self.longest)
        return Keys(memory_BSH, keys, mask_BS)

    def forward(self, queries_BQH: Tensor, keys: Keys) -> tuple[Tensor, Tensor]:
        """What each query gathers (B, Q, H), and the weights (B, Q, S), which sum to 1 over the real steps."""
        scores_BQS = self._scores(queries_BQH, keys).masked_fill(~keys.mask_BS[:, None], -torch.inf)
        weights_BQS = scores_BQS.softmax(-1)
        return torch.bmm(weights_BQS, keys.memory_BSH), weights_BQS

    def _scores(self, queries_BQH: Tensor, keys: Keys) -> Tensor:
        if self.score == "location":
            steps = keys.mask_BS.shape[1]
            placed = self.place(queries_BQH)[..., :steps]
            return nn.functional.pad(placed, (0, steps - placed.shape[2]))
        if self.score == "additive":
            mixed_BQSH = torch.tanh(self.query(queries_BQH)[:, :, None] + keys.keys_BSH[:, None])
            scores: Tensor = self.v(mixed_BQSH)[..., 0]
            return scores
        return torch.bmm(queries_BQH, keys.keys_BSH.transpose(1, 2))
