"""Text from a language model, and beam search for it. Shapes: K hypotheses of the beam, V tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from seqtool.decoding.options import GenerateOptions
from seqtool.decoding.protocol import StepModel, TextModel
from seqtool.decoding.sampling import Sampling, sample_texts
from seqtool.errors import UsageError
from seqtool.progress import warn


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

    A hypothesis ends at ``<eos>`` or after ``max_tokens``; scores are not normalized by length, so that a score is the
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


@dataclass(frozen=True)
class GeneratedText:
    """A text, its prompt included, and the log10 probability of the continuation (beam search; else ``None``)."""

    text: str
    log10: float | None = None


def generate_texts(loaded: TextModel, how: GenerateOptions) -> Iterator[GeneratedText]:
    """Texts as the options ask for them, one after the other.

    Raises:
        UsageError: where beam search is asked for more texts than it keeps, or to continue past a line end.
    """
    model, prompt_ids = loaded.step_model(), encode_prompt(loaded, how.prompt)
    banned = (model.unk_id,) if how.no_unk else ()
    if how.method == "beam":
        if how.num > how.beam:
            raise UsageError(f"--num {how.num} exceeds --beam {how.beam}", f"use --beam {how.num}")
        if how.lines != 1:
            raise UsageError("--method beam stops at the first line end and cannot use --lines", "leave it out")
        for found in beam_search(model, prompt_ids, how.beam, how.max_tokens, banned, how.num):
            yield GeneratedText(_text(loaded, how, found.ids), found.score / float(np.log(10)))
        return
    sampling = Sampling(
        how.max_tokens, how.method == "greedy", how.temperature, how.top_k, how.top_p, banned, how.lines, how.seed
    )
    for ids in sample_texts(model, prompt_ids, how.num, sampling, how.batch_size):
        yield GeneratedText(_text(loaded, how, ids))


def encode_prompt(loaded: TextModel, text: str) -> list[int]:
    """The ids of a text to continue; warns of tokens that the model does not know."""
    ids = loaded.encode(text) if text else []
    if loaded.unk_id in ids:
        unknown = ", ".join(map(repr, loaded.unknown(text))) or "<unk>"
        warn(f"the prompt contains unknown tokens, which are read as <unk>: {unknown}")
    return ids


def _text(loaded: TextModel, how: GenerateOptions, ids: list[int]) -> str:
    """The prompt as it was written, then the continuation."""
    continuation = loaded.decode(ids)
    if not how.prompt:
        return continuation
    gap = "" if loaded.lossless or not continuation or how.prompt[-1:].isspace() else " "
    return how.prompt + gap + continuation
