"""Linear interpolation of models: P(w | h) = Σ λ_m P_m(w | h)  (Jelinek and Mercer 1980).

Shapes: M models, N tokens, B rows, V words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.decoding.protocol import StepModel

_MOST_ROUNDS, _SMALLEST_CHANGE = 200, 1e-6


def tune_weights(log_probs_MN: NDArray[Any]) -> NDArray[np.float64]:
    """The weights under which held-out tokens are most probable, by expectation maximization from equal ones.

    Args:
        log_probs_MN: natural-log probabilities of the tokens under each model.

    Returns:
        float64 (M,), summing to 1; equal weights where no model gives the tokens any probability.
    """
    models = len(log_probs_MN)
    weights_M = np.full(models, 1.0 / models)
    scores_MN = log_probs_MN.astype(np.float64)
    scores_MN = scores_MN[:, np.isfinite(scores_MN).any(0)]
    if not scores_MN.size:
        return weights_M
    probs_MN = np.exp(scores_MN - scores_MN.max(0))
    for _ in range(_MOST_ROUNDS):
        shares_MN = weights_M[:, None] * probs_MN
        updated_M = (shares_MN / shares_MN.sum(0)).mean(1)
        change = float(np.abs(updated_M - weights_M).max())
        weights_M = updated_M / updated_M.sum()
        if change < _SMALLEST_CHANGE:
            break
    return weights_M


def mix(log_probs: Sequence[Iterable[NDArray[Any]]], weights: Sequence[float]) -> Iterator[NDArray[np.float32]]:
    """The log-probabilities of tokens under the mixture, from those under each model, in pieces of any lengths."""
    logs_M = _logs(weights)[:, None]
    for pieces_MN in aligned(log_probs):
        yield np.logaddexp.reduce(pieces_MN.astype(np.float64) + logs_M, axis=0).astype(np.float32)


def aligned(streams: Sequence[Iterable[NDArray[Any]]]) -> Iterator[NDArray[Any]]:
    """Streams of pieces as pieces of all streams at once: (M, n), n being what all have at hand.

    Raises:
        ValueError: where one stream ends before another.
    """
    iterators = [iter(stream) for stream in streams]
    held = [np.zeros(0, np.float32) for _ in streams]
    while True:
        for i, iterator in enumerate(iterators):
            while not len(held[i]):
                piece = next(iterator, None)
                if piece is None:
                    break
                held[i] = piece
        length = min(map(len, held))
        if not length:
            if max(map(len, held)):
                raise ValueError("the models score different numbers of tokens")
            return
        yield np.stack([piece[:length] for piece in held])
        held = [piece[length:] for piece in held]


class MixedSteps:
    """A mixture read token by token.

    Args:
        models: the models.
        weights: M weights that sum to 1.
        ids_MV: for every id of the first model the id of the same word in each.
    """

    def __init__(self, models: Sequence[StepModel], weights: Sequence[float], ids_MV: NDArray[np.int64]) -> None:
        self._models, self._ids_MV, self._logs_M = models, ids_MV, _logs(weights)
        self.eos_id, self.unk_id = models[0].eos_id, models[0].unk_id

    def start(self, rows: int) -> list[Any]:
        """The states of all models."""
        return [model.start(rows) for model in self._models]

    def step(self, state: list[Any], ids_B: NDArray[Any]) -> tuple[NDArray[np.float32], list[Any]]:
        """Read one token a row; see `protocol.StepModel`."""
        states, log_probs_MBV = [], []
        for model, ids_V, before in zip(self._models, self._ids_MV, state, strict=True):
            log_probs_BV, after = model.step(before, ids_V[np.asarray(ids_B)])
            states.append(after)
            log_probs_MBV.append(log_probs_BV[:, ids_V].astype(np.float64))
        mixed = np.logaddexp.reduce(np.stack(log_probs_MBV) + self._logs_M[:, None, None], axis=0)
        return mixed.astype(np.float32), states

    def reorder(self, state: list[Any], rows_B: NDArray[Any]) -> list[Any]:
        """Pick rows of every state."""
        return [model.reorder(part, rows_B) for model, part in zip(self._models, state, strict=True)]


def _logs(weights: Sequence[float]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        return np.log(np.asarray(weights, np.float64))
