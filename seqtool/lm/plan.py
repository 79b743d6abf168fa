"""The training of a language model, with everything decided."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from seqtool.artifact.manifest import Recipe
from seqtool.artifact.read import Artifact
from seqtool.artifact.write import Draft
from seqtool.corpus.corpus import Corpus
from seqtool.corpus.model_text import HeldOut, ModelText, model_text
from seqtool.corpus.text_processor import preprocessing_summary, write_text_processor
from seqtool.corpus.vocabulary import EOS, Vocabulary
from seqtool.lm.neural import NeuralLanguageModel
from seqtool.lm.options import LanguageModelOptions
from seqtool.lm.scoring import mean_loss, token_log_probs
from seqtool.nn.batches.batching import Batch, Batches, SentenceBatches, StreamBatches, WindowBatches
from seqtool.nn.batches.random_bptt import RandomStreamBatches
from seqtool.nn.training.driver import TrainingPlan, trainable, training_size
from seqtool.nn.training.trainer import Hidden, Trainer
from seqtool.options import determining
from seqtool.vectors.artifact import vectors_input
from seqtool.vectors.initial import start_from_vectors

Measure = Callable[[ModelText, Iterable[np.ndarray], str], dict[str, Any]]

_VALID_STREAMS = 20


class LanguageModelTask:
    """What the training loop needs to know of a language model."""

    perplexity = True

    def __init__(self, model: NeuralLanguageModel, valid: ModelText) -> None:
        self.model: NeuralLanguageModel = model
        self.valid = valid

    def loss(self, batch: Batch, hidden: Hidden) -> tuple[Tensor, Hidden]:
        """Mean loss per token of a batch; a missing state is the zero state."""
        state = hidden or self.model.initial_state(batch.inputs.shape[1])
        return self.model.loss(batch.inputs, batch.targets, state)

    def validate(self) -> tuple[float, dict[str, float]]:
        """Mean loss per held-out token."""
        text, context = self.valid, self.model.options.batching
        return mean_loss(self.model, text.ids, text.bounds, context, _VALID_STREAMS), {}


def no_measures(text: ModelText, log_probs: Iterable[np.ndarray], context: str) -> dict[str, Any]:
    """A `Measure` that keeps nothing of a test."""
    return {}


@dataclass(frozen=True, kw_only=True)
class LmPlan(TrainingPlan[NeuralLanguageModel, Batches]):
    """The training of a language model.

    Attributes:
        corpus, train, sentences: what is trained on: the artifact, its content, and the lines that are not held out.
        mapping: the model's id of each id of the corpus.
        measure: turns a test text, its tokens' log-probabilities and the context into what is kept of the test.
    """

    corpus: Artifact
    train: Corpus
    sentences: slice
    valid: HeldOut
    tests: Sequence[HeldOut]
    options: LanguageModelOptions
    vocabulary: Vocabulary
    mapping: np.ndarray
    measure: Measure = no_measures

    @property
    def tokens(self) -> int:
        """Tokens of one epoch, line ends included."""
        return int(self.train.bounds[self.sentences.stop] - self.train.bounds[self.sentences.start])

    def recipe(self) -> Recipe:
        options = determining(self.options) | determining(self.training)
        seed = options.pop("seed")
        roles = [("valid", self.valid), *(("test", test) for test in self.tests)]
        held_out = [
            dataclasses.replace(text.source, kind=f"{role}:{text.source.kind}") for role, text in roles if text.source
        ]
        vectors = options.pop("init_vectors")
        if vectors is not None:
            given = vectors_input(Path(vectors))
            held_out.append(dataclasses.replace(given, name=str(vectors), kind=f"init-{given.kind}"))
        return Recipe("lm", "train-lm", options, [self.corpus.as_input(), *held_out], seed)

    def new_model(self, precision: str) -> NeuralLanguageModel:
        return NeuralLanguageModel(self.options, len(self.vocabulary), precision)

    def start_from_given(self, model: NeuralLanguageModel) -> None:
        if self.options.init_vectors:
            start_from_vectors(model.embedding.weight, self.vocabulary, Path(self.options.init_vectors))

    def new_batches(self) -> Batches:
        options, seed = self.options, self.training.seed
        first, last = int(self.train.bounds[self.sentences.start]), int(self.train.bounds[self.sentences.stop])
        ids, size = self.train.ids[first:last], self.training.batch_size
        if options.arch == "window":
            return WindowBatches(ids, EOS, options.context, size * options.bptt, seed, self.mapping)
        if options.batching == "sentence":
            bounds = np.asarray(self.train.bounds[self.sentences.start : self.sentences.stop + 1]) - first
            return SentenceBatches(ids, bounds, EOS, size, seed, self.mapping)
        if options.random_bptt:
            return RandomStreamBatches(ids, EOS, size, options.bptt, seed, self.mapping)
        return StreamBatches(ids, EOS, size, options.bptt, self.mapping)

    def task(self, model: NeuralLanguageModel, batches: Batches, folder: Path) -> LanguageModelTask:
        return LanguageModelTask(model, self._text(self.valid))

    def begin(self, model: NeuralLanguageModel, draft: Draft) -> None:
        write_text_processor(draft.path, self.vocabulary, self.corpus)
        draft.summary |= {
            "architecture": _architecture(self.options),
            "parameters": trainable(model),
            "vocabulary": len(self.vocabulary),
            "tokenizer": self.train.tokenizer.name,
            "lossless": self.train.tokenizer.lossless,
            "preprocessing": preprocessing_summary(self.corpus),
            "precision": self.precision,
            "tokens": self.tokens,
        }

    def summary(self, trainer: Trainer, model: NeuralLanguageModel, folder: Path) -> dict[str, Any]:
        tests, context = [], self.options.batching
        for test in self.tests:
            text = self._text(test)
            scores = token_log_probs(model, text.ids, text.bounds, context)
            tests.append({"data": test.name} | self.measure(text, scores, context))
        return {"best_valid_perplexity": trainer.best_perplexity, "tests": tests}

    def describe(self) -> dict[str, Any]:
        return {
            **determining(self.options),
            **determining(self.training),
            "precision": self.precision,
            "tokens_per_epoch": self.tokens,
            "vocabulary": len(self.vocabulary),
            **training_size(self, len(self.new_batches())),
            "choices": list(self.choices),
        }

    def _text(self, held_out: HeldOut) -> ModelText:
        corpus = held_out.corpus
        mapping = self.mapping if corpus is self.train else corpus.vocabulary.mapping(self.vocabulary)
        return model_text(held_out.name, corpus, held_out.sentences, mapping, self.train.characters)


def _architecture(options: LanguageModelOptions) -> str:
    """In words, such as ``LSTM 200-200 tied``."""
    sizes = [options.emb_dim]
    if options.arch == "transformer":
        sizes += [options.feed_forward_dim()] * options.layers
    elif options.arch == "recurrent" or options.combine == "concat":
        sizes += options.hidden_sizes()
    kind = {
        "recurrent": options.cell.upper(),
        "transformer": f"transformer {options.positions} {options.span}",
        "window": f"window {options.context} {options.combine}",
    }[options.arch]
    return f"{kind} {'-'.join(map(str, sizes))}{' tied' if options.tied else ''}"
