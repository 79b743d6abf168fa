"""Beam search and sampling for many sources at once, in PyTorch, on the model's device.

R sources under way, K hypotheses of each, N = R · K rows of the model, V words, S source steps, T tokens so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

_LEAST_COVERAGE = 1e-6


class BatchedModel(Protocol):
    """A model that writes a target for each of several sources, token by token.

    A state holds R sources and K hypotheses of each, those of a source next to each other.
    """

    eos_id: int

    def start(self, hypotheses: int) -> Any:
        """The state of all sources before the first token, whose input is ``<eos>``."""

    def step(self, state: Any, ids_N: Tensor) -> tuple[Tensor, Tensor | None, Any]:
        """Read a token a row: logits_NV of the next, where the row looked, and the new state.

        Where it looked is (N, S), infinite at padding, or ``None`` where nobody knows.
        """

    def reorder(self, state: Any, rows_N: Tensor) -> Any:
        """The state whose row i is row ``rows_N[i]``, a hypothesis of the same source."""

    def keep(self, state: Any, sources: Tensor, rows_N: Tensor) -> Any:
        """The state of some of the sources, ``rows_N`` being the rows of their hypotheses."""


@dataclass(frozen=True)
class Written:
    """One target: its ids without ``<eos>``, its natural-log probability, the score it is ranked by, and whether it
    ended in ``<eos>``."""

    ids: list[int]
    log_prob: float
    score: float
    finished: bool


@dataclass(frozen=True)
class BeamOptions:
    """See `seq2seq.options.TranslateOptions`."""

    beam: int = 5
    length_penalty: float = 0.6
    coverage_penalty: float = 0.0
    best: int = 1
    banned: tuple[int, ...] = ()


def beam_search(model: BatchedModel, limits: Sequence[int], how: BeamOptions) -> list[list[Written]]:
    """The best targets that the beam finds for every source, best first.

    A source is done once as many hypotheses as the beam holds have ended, each among the best of its step; a beam of 1
    is greedy decoding. Scores are log P / ((5 + length) / 6)^α + β Σ_s log min(1, Σ_t weight) (Wu et al. 2016, eq. 14),
    a length including ``<eos>``.

    Args:
        model: with R sources.
        limits: R numbers: the most tokens of each target; what has not ended by then counts after all that has.
        how: the options.
    """
    return _Search(model, limits, how).run()


class _Search:
    def __init__(self, model: BatchedModel, limits: Sequence[int], how: BeamOptions) -> None:
        self.model, self.how, self.beam = model, how, how.beam
        self.found: list[list[Written]] = [[] for _ in limits]
        self.sources = np.arange(len(limits))
        self.limits_R = np.asarray(limits)

    @torch.no_grad()
    def run(self) -> list[list[Written]]:
        """Search until every source is done."""
        model, beam, count = self.model, self.beam, len(self.sources)
        state = model.start(beam)
        ids_N = torch.full((count * beam,), model.eos_id)
        scores_RK = torch.full((count, beam), -torch.inf)
        scores_RK[:, 0] = 0.0  # the rows of a source are equal as yet: only one may branch
        tokens_RKT = torch.zeros(count, beam, 0, dtype=torch.int64)
        coverage_RKS = None
        while len(self.sources):
            logits_NV, look_NS, state = model.step(state, ids_N)
            if self.how.coverage_penalty and look_NS is not None:
                look_RKS = look_NS.view(len(self.sources), beam, -1).cpu()
                coverage_RKS = look_RKS if coverage_RKS is None else coverage_RKS + look_RKS
            grown, parents_RC, tokens_RC = self._grow(logits_NV, scores_RK)
            ended_RC = tokens_RC == model.eos_id
            self._keep_ended(grown, parents_RC, ended_RC, tokens_RKT, coverage_RKS)
            # The first K that go on, in order.
            order = ended_RC.to(torch.int8).sort(dim=1, stable=True).indices[:, :beam]
            scores_RK, parents_RK, next_RK = (part.gather(1, order) for part in (grown, parents_RC, tokens_RC))
            scores_RK = scores_RK.masked_fill(ended_RC.gather(1, order), -torch.inf)
            tokens_RKT = torch.cat([_picked(tokens_RKT, parents_RK), next_RK[..., None]], 2)
            if coverage_RKS is not None:
                coverage_RKS = _picked(coverage_RKS, parents_RK)
            ids_N = next_RK.flatten()
            rows_N = (torch.arange(len(self.sources))[:, None] * beam + parents_RK).flatten()
            going = self._going(tokens_RKT, scores_RK, coverage_RKS)
            if len(going) < len(self.sources):
                kept = torch.from_numpy(going)
                rows_N = rows_N.view(-1, beam)[kept].flatten()
                state = model.keep(state, kept, rows_N)
                self.sources, self.limits_R = self.sources[going], self.limits_R[going]
                scores_RK, tokens_RKT = scores_RK[kept], tokens_RKT[kept]
                coverage_RKS = None if coverage_RKS is None else coverage_RKS[kept]
                ids_N = ids_N.view(-1, beam)[kept].flatten()
            else:
                state = model.reorder(state, rows_N)
        return [sorted(some, key=_rank)[: self.how.best] for some in self.found]

    def _grow(self, logits_NV: Tensor, scores_RK: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The best 2 K continuations of each source: their scores, the hypotheses they continue, their tokens."""
        logits_NV[:, list(self.how.banned)] = -torch.inf
        count = min(2 * self.beam, logits_NV.shape[1])
        top_NC, ids_NC = logits_NV.topk(count, 1)
        log_probs_NC = (top_NC - logits_NV.logsumexp(1, keepdim=True)).float().cpu()
        totals = (scores_RK.flatten()[:, None] + log_probs_NC).view(len(self.sources), -1)
        grown, at = totals.topk(min(2 * self.beam, totals.shape[1]), 1)
        return grown, at // count, ids_NC.cpu().view(len(self.sources), -1).gather(1, at)

    def _keep_ended(
        self, grown: Tensor, parents: Tensor, ended: Tensor, tokens_RKT: Tensor, coverage: Tensor | None
    ) -> None:
        """Take the continuations that end now and are among the best K."""
        ending = ended[:, : self.beam] & grown[:, : self.beam].isfinite()
        for r, c in ending.nonzero().tolist():
            k = int(parents[r, c])
            self._take(
                r, tokens_RKT[r, k].tolist(), float(grown[r, c]), True, None if coverage is None else coverage[r, k]
            )

    def _going(self, tokens_RKT: Tensor, scores_RK: Tensor, coverage: Tensor | None) -> np.ndarray:
        """The sources that are not done; of those at their limit what was written is taken."""
        going = []
        for r, source in enumerate(self.sources.tolist()):
            if len(self.found[source]) >= self.beam:
                continue
            if tokens_RKT.shape[2] < self.limits_R[r] and bool(scores_RK[r].isfinite().any()):
                going.append(r)
                continue
            for k in scores_RK[r].isfinite().nonzero()[:, 0].tolist():
                self._take(
                    r,
                    tokens_RKT[r, k].tolist(),
                    float(scores_RK[r, k]),
                    False,
                    None if coverage is None else coverage[r, k],
                )
        return np.asarray(going, np.int64)

    def _take(self, r: int, ids: list[int], log_prob: float, finished: bool, coverage: Tensor | None) -> None:
        length = len(ids) + finished
        score = log_prob / ((5 + length) / 6) ** self.how.length_penalty
        if coverage is not None:
            score += self.how.coverage_penalty * float(coverage.clamp(_LEAST_COVERAGE, 1).log().sum())
        self.found[self.sources[r]].append(Written(ids, log_prob, score, finished))


def _picked(x_RKx: Tensor, parents_RK: Tensor) -> Tensor:
    """The rows of the hypotheses that are continued."""
    return x_RKx.gather(1, parents_RK[..., None].expand(-1, -1, x_RKx.shape[2]))


def _rank(written: Written) -> tuple[bool, float]:
    return not written.finished, -written.score


@torch.no_grad()
def sample(
    model: BatchedModel,
    limits: Sequence[int],
    numbers: Sequence[int],
    copies: int,
    temperature: float,
    seed: int,
    banned: tuple[int, ...] = (),
) -> list[list[Written]]:
    """Draw ``copies`` targets of every source, the most probable first.

    Copy k of source i draws from its own random stream (Philox keyed by seed, ``numbers[i]`` and k), so that what is
    drawn does not depend on what is drawn beside it.
    """
    streams = [
        np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, n, k))))
        for n in numbers
        for k in range(copies)
    ]
    state, rows = model.start(copies), len(streams)
    ids_N = torch.full((rows,), model.eos_id)
    tokens: list[list[int]] = [[] for _ in streams]
    totals, ended = np.zeros(rows), np.zeros(rows, bool)
    most = np.repeat(np.asarray(limits), copies)
    steps = 0
    while (going := ~ended & (steps < most)).any():
        logits_NV, _, state = model.step(state, ids_N)
        logits_NV[:, list(banned)] = -torch.inf
        log_probs_NV = logits_NV.float().log_softmax(1).cpu().double()
        shares_NV = (log_probs_NV / temperature).softmax(1).cumsum(1)
        drawn = torch.tensor([[stream.random()] for stream in streams], dtype=torch.float64) * shares_NV[:, -1:]
        ids_N = torch.searchsorted(shares_NV, drawn, right=True)[:, 0].clamp(max=shares_NV.shape[1] - 1)
        totals += np.where(going, log_probs_NV.gather(1, ids_N[:, None])[:, 0].numpy(), 0)
        for n in np.flatnonzero(going).tolist():
            if int(ids_N[n]) == model.eos_id:
                ended[n] = True
            else:
                tokens[n].append(int(ids_N[n]))
        steps += 1
    found = [
        Written(ids, float(total), float(total), bool(done))
        for ids, total, done in zip(tokens, totals, ended, strict=True)
    ]
    return [sorted(found[first : first + copies], key=_rank) for first in range(0, rows, copies)]
