"""From a corpus to word vectors, epoch after epoch, with a checkpoint after each."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool import progress
from seqtool.compute.threads import ordered
from seqtool.corpus.corpus import Corpus
from seqtool.corpus.options import thread_count
from seqtool.corpus.subsampling import FilteredTokens
from seqtool.embeddings.artifact import TrainingState
from seqtool.embeddings.options import MOST_SOFTMAX_WORDS, Word2vecOptions
from seqtool.embeddings.schedules.rounds import scheduled
from seqtool.embeddings.schedules.worker import chance_loss, make_setting, random_state
from seqtool.embeddings.subwords import spell_vocabulary, word_vectors
from seqtool.embeddings.weights import Weights
from seqtool.errors import DivergedError, UsageError
from seqtool.vectors.artifact import NGRAMS, VECTORS

# Text is read so many tokens at a time; windows do not reach from one part into the next.
PART = 1 << 18
# The mean loss of fewer predictions than these says nothing of a training.
_FEW = 1000


class Training:
    """The training of word2vec and fastText.

    Args:
        corpus: what is learned from.
        options: how.

    Attributes:
        kept: the words.
        spelling: their n-grams, where they have any.
        weights: what was learned so far.
        state: how far it is.
        extra: float32 (E, D), vectors of further words, which stay as they are and come last.

    Raises:
        InputError: no word is left.
        UsageError: too many words for a full softmax.
    """

    def __init__(self, corpus: Corpus, options: Word2vecOptions) -> None:
        self.options = options
        self.kept = FilteredTokens(corpus, options.min_count, options.max_vocab, options.sample, options.across_lines)
        words = len(self.kept.words)
        if options.loss == "softmax" and words > MOST_SOFTMAX_WORDS:
            raise UsageError(
                f"a softmax over {words:,} words is not to be waited for",
                f"give --loss ns, or --max-vocab {MOST_SOFTMAX_WORDS} or less",
            )
        rule = options.rule
        self.spelling = spell_vocabulary(self.kept.words, rule, self.kept.expected_counts) if rule else None
        self.weights = Weights(words, options.dim, parts=self.spelling.parts if self.spelling else None)
        self.weights.start(options.seed)
        self.state = TrainingState()
        self.extra = np.zeros((0, options.dim), np.float32)
        self._setting = make_setting(self.kept.counts_V, options)
        self._chance = chance_loss(self._setting)

    def run(self, save: Callable[[], None]) -> None:
        """Train to the last epoch, and call ``save`` after each.

        Raises:
            DivergedError: a weight or the loss is not a number any more.
        """
        options, started = self.options, time.monotonic() - self.state.seconds
        schedule = scheduled(self._setting, self.weights, thread_count(options.threads))
        words = self.kept.last - self.kept.first
        try:
            with progress.stage(options.COMMAND.removeprefix("train-"), "words", options.epochs * words) as stage:
                stage.start_at(self.state.epoch * words)
                while self.state.epoch < options.epochs:
                    loss, count = self._epoch(schedule.learn, stage)
                    schedule.collect()
                    if not self.weights.finite():
                        self._diverged(self.kept.last, self.state.epoch, "a weight is not a number")
                    self._end_epoch(loss, count)
                    self.state.seconds = time.monotonic() - started
                    save()
                    progress.note(f"{self.state.line(options.epochs)}  {stage.rate_and_time()}")
        finally:
            schedule.close()

    def _epoch(self, learn: Any, stage: progress.Stage) -> tuple[float, int]:
        kept, options, epoch = self.kept, self.options, self.state.epoch
        seed = random_state(options.seed, epoch)
        total_loss, total_count = 0.0, 0

        def read(first: int) -> tuple[int, int, NDArray[np.int32]]:
            last = min(first + PART, kept.last)
            return first, last, kept.read(first, last, seed, options.window)[0].astype(np.int32)

        for first, last, stream in ordered(read, range(kept.first, kept.last, PART), 1):
            loss, count = learn(
                stream, (seed, first), lambda share, a=first, b=last: self._rate(epoch, a + share * (b - a))
            )
            if not math.isfinite(loss):
                self._diverged(last, epoch, "the loss is not a number")
            if loss > (2 * self._chance + 1) * max(count, _FEW):
                self._diverged(last, epoch, f"the loss is {loss / count:.3g}, twice that of knowing nothing")
            total_loss, total_count = total_loss + loss, total_count + count
            stage.advance(last - first, f"epoch {epoch + 1}/{options.epochs}  loss {loss / max(1, count):.3f}")
        return total_loss, total_count

    def _rate(self, epoch: int, position: float) -> float:
        """The learning rate at a position of the corpus in an epoch."""
        size = max(1, self.kept.last - self.kept.first)
        done = (epoch + (position - self.kept.first) / size) / self.options.epochs
        return self.options.rate * max(1 - done, self.options.min_lr)

    def _diverged(self, position: int, epoch: int, why: str) -> None:
        kept = f"epoch {epoch} is kept" if epoch else "nothing was learned before"
        step = epoch * (self.kept.last - self.kept.first) + position - self.kept.first
        raise DivergedError(
            f"training diverged in epoch {epoch + 1}, within {step:,} words, learning rate "
            f"{self._rate(epoch, position):.3g}: {why}; {kept}",
            "train again with --overwrite and a lower --lr",
        )

    def _end_epoch(self, loss: float, count: int) -> None:
        state = self.state
        state.epoch += 1
        rate, mean = self._rate(state.epoch - 1, self.kept.last), loss / max(1, count)
        state.history.append([state.epoch, state.epoch * self.kept.tokens, count, mean, rate])
        if not count and all(told for _, _, told, _, _ in state.history[:-1]):  # said once
            progress.warn("no word stands beside another: there is nothing to learn from")

    def matrices(self) -> dict[str, NDArray[Any]]:
        """Views of the input and output vectors."""
        weights = self.weights
        return {"inputs": weights.rows(weights.inputs), "outputs": weights.rows(weights.outputs)}

    def results(self) -> dict[str, NDArray[Any]]:
        """The word vectors, float32 (V + E, D), and those of the n-grams."""
        weights = self.weights
        vectors = word_vectors(weights)
        if self.options.add_contexts:
            vectors = vectors + weights.rows(weights.outputs)
        results = {VECTORS: np.concatenate([vectors, self.extra]) if len(self.extra) else vectors}
        return results | ({NGRAMS: weights.rows(weights.inputs)[weights.words :]} if self.spelling else {})
