"""An n-gram model as the commands use it: what it carries, and the trie asked.

Shapes: B rows, V words, N order, P places.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from seqtool.corpus.model_text import MappedIds, ModelText
from seqtool.corpus.text_processor import TextProcessor
from seqtool.corpus.vocabulary import EOS, UNK
from seqtool.errors import UsageError
from seqtool.ngrams.counting.text import labels_of_ids
from seqtool.ngrams.querying.query import LN10, PLACES, Found, history_lengths, score_labels
from seqtool.ngrams.trie import Trie


@dataclass(frozen=True)
class NgramModel(TextProcessor):
    """A loaded n-gram model.

    Attributes:
        trie: its probabilities.
        alpha: of stupid back-off; ``None`` for a model of probabilities.
        threads: to compute with.
    """

    trie: Trie
    alpha: float | None
    threads: int

    contexts: ClassVar[tuple[str, ...]] = ("sentence",)
    context = "sentence"
    device = "cpu"

    @property
    def probabilistic(self) -> bool:
        """Whether what it gives are probabilities."""
        return self.alpha is None

    @property
    def unseen(self) -> float:
        """log10 of what every step back counts under stupid back-off; 0 elsewhere, where histories say it."""
        return math.log10(self.alpha) if self.alpha else 0.0

    @cached_property
    def labels(self) -> NDArray[np.uint32]:
        """The label of every id."""
        return labels_of_ids(len(self.vocabulary))

    def log_probs(self, text: ModelText, context: str) -> Iterator[NDArray[np.float32]]:
        """Natural-log probabilities (float32) of a text's tokens in order, in pieces.

        Raises:
            UsageError: where the context is to go over line ends.
        """
        if context not in self.contexts:
            message = f"{self.name} is an n-gram model, which supports only --context sentence, not {context}"
            raise UsageError(message, "leave out --context")
        end = int(self.labels[EOS])
        for log10 in score_labels(self.trie, self._blocks(text), end, self.unseen, self.threads):
            yield log10 * np.float32(LN10)

    def _blocks(self, text: ModelText) -> Iterator[NDArray[np.uint32]]:
        labels = MappedIds(text.ids.ids, self.labels[text.ids.mapping])
        before = np.full(self.trie.order, self.labels[EOS], np.uint32)
        for start in range(0, len(labels), PLACES):
            block = np.concatenate([before, labels[start : start + PLACES]])
            yield block
            before = block[len(block) - self.trie.order :]

    def step_model(self) -> NgramStepModel:
        """The model, token by token."""
        return NgramStepModel(self)


class NgramStepModel:
    """An n-gram model read token by token, for `seqtool.decoding`. A state is the last words, uint32 (B, N - 1)."""

    eos_id, unk_id = EOS, UNK

    def __init__(self, model: NgramModel) -> None:
        self._trie, self._unseen = model.trie, model.unseen
        self._labels = model.labels

    def start(self, rows: int) -> NDArray[np.uint32]:
        """Before the first token there are line ends."""
        return np.full((rows, max(1, self._trie.order - 1)), self._labels[EOS])

    def step(self, state: NDArray[np.uint32], ids_B: np.ndarray) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
        """Read one token a row; see `decoding.protocol`. Rows with the same history are computed once."""
        state = np.concatenate([state[:, 1:], self._labels[np.asarray(ids_B)][:, None]], 1)
        histories, rows_B = np.unique(state, axis=0, return_inverse=True)
        log_probs = np.stack([self._next(history[::-1]) for history in histories])
        return log_probs[rows_B.ravel()], state

    def reorder(self, state: NDArray[np.uint32], rows_B: np.ndarray) -> NDArray[np.uint32]:
        """Pick rows of the state."""
        return state[rows_B]

    def _next(self, history: NDArray[np.uint32]) -> NDArray[np.float32]:
        """Natural-log probabilities of all words after a history, nearest word first: float32 (V,), by id."""
        trie = self._trie
        words = Found(trie, np.arange(trie.words, dtype=np.uint32))
        backoffs = np.zeros(trie.order + 1)  # by the words of the history that step back
        if trie.order > 1:
            before = Found(trie, history[:1])
            for n in range(2, trie.order):
                before.extend(n, history[n - 1 : n])
            for n in range(2, int(before.length[0]) + 2):
                words.extend(n, np.full(trie.words, history[n - 2], np.uint32))
            backoffs[1 : trie.order] = before.backoffs[:, 0]
            if self._unseen:
                known = history_lengths(np.append(history[::-1], np.uint32(0)), trie.order, int(self._labels[EOS]))[-1]
                backoffs[1 : trie.order] = np.where(np.arange(1, trie.order) <= known, self._unseen, 0.0)
        total = words.log10 + backoffs[::-1].cumsum()[::-1][words.length]
        return (total * LN10).astype(np.float32)[self._labels]
