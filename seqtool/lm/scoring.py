"""The log-probability of every token of a text under a neural model.

``stream`` reads the text as one sequence, as truncated backpropagation saw it; ``sentence`` starts every sentence from
the zero state. Either way the first token is predicted after ``<eos>``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from seqtool import progress
from seqtool.lm.neural import NeuralLanguageModel
from seqtool.nn.batches.batching import IGNORED, Batches, Ids, SentenceBatches, StreamBatches, WindowBatches

_STREAM_STEPS = 512
_SENTENCES = 64
_PADDED_TOKENS = 1 << 15
_WINDOWS = 512


@torch.no_grad()
def token_log_probs(
    model: NeuralLanguageModel, ids: Ids, bounds: np.ndarray, context: str, streams: int = 1
) -> Iterator[np.ndarray]:
    """Natural-log probabilities of all tokens in order, in pieces (float32).

    Args:
        model: in any mode; it is put into evaluation mode.
        ids: (N,) in the model's ids, ``<eos>`` at each sentence's end.
        bounds: int64 (S + 1,).
        context: ``stream`` or ``sentence``.
        streams: read a stream as so many parallel ones: faster, each but the first starting without its past.
    """
    model.eval()
    if context == "sentence":
        yield from _by_sentence(model, ids, bounds)
        return
    device = model.embedding.weight.device
    batches: Batches
    if model.options.arch == "window":
        batches = WindowBatches(ids, model.eos_id, model.options.context, _WINDOWS, shuffle=False)
    else:
        batches = StreamBatches(ids, model.eos_id, min(streams, max(1, len(ids))), _STREAM_STEPS)
    state = model.initial_state(getattr(batches, "batch_size", 1))
    with progress.stage("score", "tokens", len(ids)) as stage:
        for batch in batches:
            targets = batch.targets.to(device)
            hidden, state = model(batch.inputs.to(device), state)
            scores = model.output.token_log_probs(hidden.flatten(0, -2), targets.flatten())
            yield scores[targets.flatten() != IGNORED].cpu().numpy()
            stage.advance(batch.tokens)


def mean_loss(model: NeuralLanguageModel, ids: Ids, bounds: np.ndarray, context: str, streams: int) -> float:
    """Mean negative log-probability per token, in nats (the order of the tokens does not matter)."""
    total = sum(float(piece.sum(dtype=np.float64)) for piece in token_log_probs(model, ids, bounds, context, streams))
    return -total / max(1, len(ids))


def _by_sentence(model: NeuralLanguageModel, ids: Ids, bounds: np.ndarray) -> Iterator[np.ndarray]:
    """Runs of sentences scored together and given back in order; a window's context is cut at the sentence too."""
    with progress.stage("score", "tokens", len(ids)) as stage:
        first = 0
        while first < len(bounds) - 1:
            some = _together(np.asarray(bounds[first : first + _SENTENCES + 1]))
            batches = SentenceBatches(ids, some, model.eos_id, _SENTENCES, shuffle=False)
            order = np.argsort(np.diff(some), kind="stable")
            scores_TB, real_TB = _score_sentences(model, batches)
            pieces = [scores_TB[real_TB[:, column], column] for column in np.argsort(order)]
            yield np.concatenate(pieces)
            stage.advance(int(some[-1] - some[0]))
            first += len(some) - 1


def _together(bounds: np.ndarray) -> np.ndarray:
    """The bounds of as many first sentences as can be padded to the longest within `_PADDED_TOKENS`, at least one."""
    longest = np.maximum.accumulate(np.diff(bounds))
    fitting = int((longest * np.arange(1, len(bounds)) <= _PADDED_TOKENS).sum())
    return bounds[: max(1, fitting) + 1]


def _score_sentences(model: NeuralLanguageModel, batches: SentenceBatches) -> tuple[np.ndarray, np.ndarray]:
    device = model.embedding.weight.device
    (batch,) = batches
    inputs_TB, targets_TB = batch.inputs.to(device), batch.targets.to(device)
    if model.options.arch == "window":
        hidden, _ = model(_contexts(inputs_TB, model), ())
    else:
        hidden, _ = model(inputs_TB, model.initial_state(inputs_TB.shape[1]))
    scores = model.output.token_log_probs(hidden.flatten(0, -2), targets_TB.flatten())
    return scores.view(targets_TB.shape).cpu().numpy(), (targets_TB != IGNORED).cpu().numpy()


def _contexts(inputs_TB: torch.Tensor, model: NeuralLanguageModel) -> torch.Tensor:
    """inputs_TB → the window before each target, ids_TBN, padded with ``<eos>`` at the sentence's beginning."""
    window = model.options.context
    pad = inputs_TB.new_full((window - 1, inputs_TB.shape[1]), model.eos_id)
    return torch.cat([pad, inputs_TB]).unfold(0, window, 1)
