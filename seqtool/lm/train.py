"""From corpora to a trained language model."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from seqtool.artifact.manifest import Recipe
from seqtool.artifact.write import Draft
from seqtool.corpus.model_text import HeldOut, ModelText, model_text
from seqtool.corpus.text_processor import preprocessing_summary, write_carried
from seqtool.lm.neural import NeuralLanguageModel
from seqtool.lm.options import LanguageModelOptions
from seqtool.lm.plan import Job, batches_of
from seqtool.lm.scoring import mean_loss, token_log_probs
from seqtool.nn.batches.batching import Batch, Batches
from seqtool.nn.training.driver import TrainOutcome, run_training, size_of, trainable
from seqtool.nn.training.trainer import Hidden, Trainer
from seqtool.options import determining
from seqtool.vectors.initial import start_from_vectors

Measure = Callable[[ModelText, Iterable[np.ndarray], str], dict[str, Any]]

_VALID_STREAMS = 20


def describe(job: Job) -> dict[str, Any]:
    """What a training would be: resolved options, vocabulary, size and memory; nothing is trained."""
    return {
        **determining(job.options),
        **determining(job.training),
        "precision": job.precision,
        "tokens_per_epoch": job.tokens,
        "vocabulary": len(job.vocabulary),
        **size_of(LanguageModelTraining(job), len(batches_of(job))),
        "choices": list(job.choices),
    }


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


@dataclass(frozen=True)
class LanguageModelTraining:
    """A job as `nn.training.driver.run_training` takes it.

    Attributes:
        measure: turns a test text, its tokens' log-probabilities and the context into what is kept of the test.
    """

    job: Job
    measure: Measure = lambda text, log_probs, context: {}

    @property
    def ledger(self) -> list[dict[str, Any]]:
        """See `TrainingJob`."""
        rows = [dict(row) for row in self.job.corpus.manifest.ledger]
        if self.job.cut:
            why = "past the vocabulary's end, read as <unk>"
            rows.append({"what": "training tokens", "count": self.job.cut, "why": why})
        return rows

    @property
    def tokens(self) -> int:
        """See `TrainingJob`."""
        return self.job.tokens

    def recipe(self) -> Recipe:
        """See `TrainingJob`."""
        return self.job.recipe()

    def new_model(self, precision: str) -> NeuralLanguageModel:
        """See `TrainingJob`."""
        job = self.job
        model = NeuralLanguageModel(job.options, len(job.vocabulary), precision)
        if job.options.init_vectors:
            start_from_vectors(model.embedding.weight, job.vocabulary, Path(job.options.init_vectors))
        return model

    def new_batches(self) -> Batches:
        """See `TrainingJob`."""
        return batches_of(self.job)

    @property
    def decides(self) -> str:
        """See `TrainingJob`."""
        return "loss"

    def task(self, model: NeuralLanguageModel, batches: Batches, folder: Path) -> LanguageModelTask:
        """See `TrainingJob`."""
        return LanguageModelTask(model, _text(self.job, self.job.valid))

    def begin(self, model: NeuralLanguageModel, draft: Draft) -> None:
        """See `TrainingJob`."""
        job = self.job
        write_carried(draft.path, job.vocabulary, job.corpus)
        draft.summary |= {
            "architecture": _architecture(job.options),
            "parameters": trainable(model),
            "vocabulary": len(job.vocabulary),
            "tokenizer": job.train.tokenizer.name,
            "lossless": job.train.tokenizer.lossless,
            "preprocessing": preprocessing_summary(job.corpus),
            "precision": job.precision,
            "tokens": job.tokens,
        }

    def summary(self, trainer: Trainer, folder: Path) -> dict[str, Any]:
        """See `TrainingJob`; tests are in fp32, as the finished model will be by everyone else."""
        job, best = self.job, trainer.at.best_loss
        model = NeuralLanguageModel(job.options, len(job.vocabulary)).to(trainer.device)
        model.load_state_dict(trainer.best)
        tests, context = [], job.options.batching
        for test in job.tests:
            text = _text(job, test)
            scores = token_log_probs(model, text.ids, text.bounds, context)
            tests.append({"data": test.name} | self.measure(text, scores, context))
        return {
            "epochs": trainer.at.epoch,
            "best_epoch": trainer.at.best_epoch,
            "best_valid_perplexity": math.exp(best) if best is not None and best < 700 else None,
            "tests": tests,
        }


def train(job: Job, output: Path, measure: Measure, overwrite: bool = False) -> TrainOutcome:
    """Train a language model; see `run_training` and `LanguageModelTraining`."""
    return run_training(LanguageModelTraining(job, measure), output, overwrite)


def _text(job: Job, held_out: HeldOut) -> ModelText:
    corpus = held_out.corpus
    mapping = job.mapping if corpus is job.train else corpus.vocabulary.mapping(job.vocabulary)
    return model_text(held_out.name, corpus, held_out.sentences, mapping, job.train.characters)


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
