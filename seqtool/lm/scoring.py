"""The log-probability of every token of a text under a neural model.

``stream`` reads the text as one sequence, as truncated backpropagation saw it; ``sentence`` starts every sentence from
the zero state. Either way the first token is predicted after ``<eos>``.

A stream may also be learned from: every token is scored before, so the scores are still a probability of the text. T
tokens of a segment, N cached states, H hidden, V vocabulary.

    cache (Grave, Joulin and Usunier 2016, arXiv 1612.04426, eqs. 3 and 6)
        P(w) = (1 - λ) P_model(w) + λ P_cache(w),  P_cache(w) ∝ Σ_i [w = w_{i+1}] exp(θ h_t · h_i)
    dynamic evaluation (Krause et al. 2017, arXiv 1709.07432, section 4: SGD with decay towards the trained weights)
        W ← W - η ∂(mean loss of a segment)/∂W + δ (W_0 - W)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from seqtool import progress
from seqtool.lm.neural import NeuralLanguageModel
from seqtool.lm.options import AdaptOptions
from seqtool.nn.batches.batching import IGNORED, Batches, Ids, SentenceBatches, StreamBatches, WindowBatches
from seqtool.nn.cells.recurrent import Recurrent, detach

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


_CACHE_STEPS = 64


def adapted_log_probs(model: NeuralLanguageModel, ids: Ids, how: AdaptOptions) -> Iterator[np.ndarray]:
    """Natural-log probabilities of all tokens in order, in pieces (float32); the model is left as it was.

    Args:
        model: a model that reads a stream; it is put into evaluation mode.
        ids: (n,) in the model's ids, read as one stream.
        how: what is learned.
    """
    model.eval()
    if isinstance(model.encoder, Recurrent):
        model.encoder.layers.train()  # cuDNN has gradients in training mode only; a layer has no dropout of its own
    trained = [parameter.detach().clone() for parameter in model.parameters()] if how.dynamic_lr else []
    steps = how.dynamic_steps if how.dynamic_lr else _CACHE_STEPS
    state, cache, device = model.initial_state(1), Cache(how), model.embedding.weight.device
    try:
        with progress.stage("score", "tokens", len(ids)) as stage:
            for batch in StreamBatches(ids, model.eos_id, 1, steps):
                targets_T = batch.targets[:, 0].to(device)
                with torch.set_grad_enabled(bool(how.dynamic_lr)):
                    hidden_T1H, state = model.encode(batch.inputs.to(device), state)
                    scores_TV = model.output.log_probs(hidden_T1H[:, 0])
                    scores_T = scores_TV.gather(1, targets_T[:, None])[:, 0]
                yield cache(hidden_T1H[:, 0].detach(), targets_T, scores_T.detach()).cpu().numpy()
                if how.dynamic_lr:
                    learn(model, -scores_T.mean(), trained, how)
                state = detach(state)
                stage.advance(batch.tokens)
    finally:
        with torch.no_grad():
            for parameter, before in zip(model.parameters(), trained, strict=False):
                parameter.copy_(before)
        model.eval()


def learn(model: NeuralLanguageModel, loss: Tensor, trained: list[Tensor], how: AdaptOptions) -> None:
    """A step of dynamic evaluation."""
    parameters = list(model.parameters())
    wanted = [index for index, parameter in enumerate(parameters) if parameter.requires_grad]
    gradients = torch.autograd.grad(loss, [parameters[index] for index in wanted], allow_unused=True)
    with torch.no_grad():
        for index, gradient in zip(wanted, gradients, strict=True):
            if gradient is not None:
                parameters[index].lerp_(trained[index], how.dynamic_decay).sub_(gradient, alpha=how.dynamic_lr)


class Cache:
    """The last N states, each with the token that followed it."""

    def __init__(self, how: AdaptOptions) -> None:
        self.how = how
        self.hidden_NH: Tensor | None = None
        self.words_N: Tensor | None = None

    def __call__(self, hidden_TH: Tensor, targets_T: Tensor, scores_T: Tensor) -> Tensor:
        """The log-probabilities of the targets with the cache's part; then the segment is remembered."""
        if not self.how.cache:
            return scores_T
        past = 0 if self.hidden_NH is None else len(self.hidden_NH)
        if self.hidden_NH is not None and self.words_N is not None:
            states, words = torch.cat([self.hidden_NH, hidden_TH]), torch.cat([self.words_N, targets_T])
        else:
            states, words = hidden_TH, targets_T
        age = torch.arange(past, past + len(targets_T), device=words.device)[:, None] - torch.arange(
            len(words), device=words.device
        )
        seen = (age > 0) & (age <= self.how.cache)
        alike = (self.how.cache_theta * hidden_TH @ states.t()).masked_fill(~seen, -torch.inf)
        share = torch.where(seen, alike.softmax(1), 0.0)  # the first token of all has no past: its row is not a number
        cached_T = (share * (words == targets_T[:, None])).sum(1)
        weight = torch.where(seen.any(1), self.how.cache_weight, 0.0)
        self.hidden_NH, self.words_N = states[-self.how.cache :], words[-self.how.cache :]
        return ((1 - weight) * scores_T.exp() + weight * cached_T).log()
