"""Greedy decoding and sampling with temperature, top-k and top-p.

Row i draws from its own random stream (Philox keyed by seed and i), so that text i does not depend on how many are
asked for. Shapes: B rows, V tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from seqtool.decoding.protocol import StepModel


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen.

    ``temperature`` divides the log-probabilities; ``top_k`` keeps the k most probable (0: all); ``top_p`` keeps the
    fewest whose probabilities reach it (nucleus sampling, Holtzman et al. 2020, section 3.1); ``greedy`` takes the most
    probable. ``banned`` ids are never chosen. A text ends after ``lines`` end-of-sentence tokens (0: only at
    ``max_tokens``).
    """

    max_tokens: int
    greedy: bool = False
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    banned: tuple[int, ...] = ()
    lines: int = 1
    seed: int = 1


def sample_texts(
    model: StepModel, prompt_ids: Sequence[int], count: int, how: Sampling, batch_rows: int = 16
) -> Iterator[list[int]]:
    """Draw ``count`` continuations of a prompt, in order, each a list of token ids (the last ``<eos>`` left out).

    Always ``batch_rows`` rows are computed, because a matrix product may round differently for another number of rows.
    """
    for first in range(0, count, batch_rows):
        texts = _sample_batch(model, prompt_ids, range(first, first + batch_rows), how)
        yield from texts[: count - first]


def _sample_batch(model: StepModel, prompt_ids: Sequence[int], numbers: range, how: Sampling) -> list[list[int]]:
    uniforms = [np.random.Generator(np.random.Philox(key=[how.seed, number])) for number in numbers]
    state = model.start(len(numbers))
    for token in [model.eos_id, *prompt_ids]:
        log_probs_BV, state = model.step(state, np.full(len(numbers), token, np.int64))
    texts: list[list[int]] = [[] for _ in numbers]
    lines_B = np.zeros(len(numbers), np.int64)
    for _ in range(how.max_tokens):
        draws_B = np.array([uniform.random() for uniform in uniforms])
        ids_B = choose(log_probs_BV, draws_B, how)
        running_B = (lines_B < how.lines) | (how.lines == 0)
        lines_B += ids_B == model.eos_id
        for row in np.flatnonzero(running_B):
            texts[row].append(int(ids_B[row]))
        if how.lines and (lines_B >= how.lines).all():
            break
        log_probs_BV, state = model.step(state, ids_B)
    return [text[:-1] if text and text[-1] == model.eos_id else text for text in texts]


def next_log_probs(model: StepModel, prompt_ids: Sequence[int]) -> np.ndarray:
    """Natural-log probabilities (float32, (V,)) of the token after a prompt at the beginning of a sentence."""
    state = model.start(1)
    for token in [model.eos_id, *prompt_ids]:
        log_probs_BV, state = model.step(state, np.full(1, token, np.int64))
    return log_probs_BV[0]


def choose(log_probs_BV: np.ndarray, draws_B: np.ndarray, how: Sampling) -> np.ndarray:
    """The next token of every row (int64), by inverting the cumulative distribution at the uniform draws in [0, 1)."""
    scores_BV = log_probs_BV.astype(np.float64)
    scores_BV[:, list(how.banned)] = -np.inf
    if how.greedy:
        return scores_BV.argmax(1)
    scores_BV /= how.temperature
    if 0 < how.top_k < scores_BV.shape[1]:
        others_BV = np.argpartition(-scores_BV, how.top_k - 1, axis=1)[:, how.top_k :]
        np.put_along_axis(scores_BV, others_BV, -np.inf, axis=1)
    probs_BV = np.exp(scores_BV - scores_BV.max(1, keepdims=True))
    probs_BV /= probs_BV.sum(1, keepdims=True)
    if how.top_p < 1.0:
        probs_BV = _nucleus(probs_BV, how.top_p)
    cumulative_BV = probs_BV.cumsum(1)
    reached_BV = cumulative_BV <= (draws_B * cumulative_BV[:, -1])[:, None]
    # The draw may round to the very top of the distribution: stay on the last token that can be drawn.
    last_B = probs_BV.shape[1] - 1 - (probs_BV[:, ::-1] > 0).argmax(1)
    return np.minimum(reached_BV.sum(1), last_B)


def _nucleus(probs_BV: np.ndarray, top_p: float) -> np.ndarray:
    order_BV = np.argsort(-probs_BV, axis=1, kind="stable")
    sorted_BV = np.take_along_axis(probs_BV, order_BV, 1)
    before_BV = sorted_BV.cumsum(1) - sorted_BV
    sorted_BV[before_BV >= top_p] = 0.0
    kept_BV = np.zeros_like(probs_BV)
    np.put_along_axis(kept_BV, order_BV, sorted_BV, 1)
    return kept_BV
