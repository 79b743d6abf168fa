"""Beam search. Shapes: K hypotheses of the beam, V tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from seqtool.decoding.protocol import StepModel


@dataclass(order=True)
class Hypothesis:
    """A decoded sequence and its natural-log probability; ``finished`` when it ended in ``<eos>`` (left out)."""

    score: float
    ids: list[int] = field(compare=False)
    finished: bool = field(compare=False, default=False)


def beam_search(
    model: StepModel, prompt_ids: Sequence[int], beam: int, max_tokens: int, banned: tuple[int, ...] = (), best: int = 1
) -> list[Hypothesis]:
    """The ``best`` most probable continuations that the beam finds, most probable first.

    A hypothesis ends at ``<eos>`` or after ``max_tokens``; scores are not normalised by length, so that a score is the
    log-probability of the text. A beam of 1 is greedy decoding.
    """
    state = model.start(beam)
    for token in [model.eos_id, *prompt_ids]:
        log_probs_KV, state = model.step(state, np.full(beam, token, np.int64))
    # The rows are equal before the first token: only one of them may branch, or all would stay equal.
    scores_K = np.full(beam, -np.inf)
    scores_K[0] = 0.0
    live: list[list[int]] = [[] for _ in range(beam)]
    done: list[Hypothesis] = []
    for _ in range(max_tokens):
        scores_K, rows_K, ids_K = _expand(scores_K, log_probs_KV, banned)
        grown = [[*live[row], int(token)] for row, token in zip(rows_K, ids_K, strict=True)]
        ended_K = ids_K == model.eos_id
        done += [
            Hypothesis(float(scores_K[k]), grown[k][:-1], True)
            for k in np.flatnonzero(ended_K)
            if np.isfinite(scores_K[k])
        ]
        live, scores_K = grown, np.where(ended_K, -np.inf, scores_K)
        done = sorted(done, reverse=True)[:best]
        # No later hypothesis can overtake: scores only fall.
        if len(done) == best and done[-1].score >= scores_K.max():
            return done
        log_probs_KV, state = model.step(model.reorder(state, rows_K), ids_K)
    done += [Hypothesis(float(score), ids) for score, ids in zip(scores_K, live, strict=True) if np.isfinite(score)]
    return sorted(done, reverse=True)[:best]


def _expand(
    scores_K: np.ndarray, log_probs_KV: np.ndarray, banned: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The K best continuations: their scores, the hypotheses they continue, their tokens."""
    beam, vocabulary = log_probs_KV.shape
    totals_KV = scores_K[:, None] + log_probs_KV.astype(np.float64)
    totals_KV[:, list(banned)] = -np.inf
    flat = totals_KV.ravel()
    top = np.argpartition(-flat, beam - 1)[:beam]
    top = top[np.argsort(-flat[top], kind="stable")]
    return flat[top], top // vocabulary, top % vocabulary
