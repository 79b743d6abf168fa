"""From pairs to a trained model."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from seqtool.artifact.manifest import Recipe
from seqtool.artifact.read import Artifact, read_manifest
from seqtool.artifact.write import Draft
from seqtool.corpus.artifact import preprocessing_of
from seqtool.corpus.normalize import Normalizer
from seqtool.nn.batches.batching import Batch
from seqtool.nn.batches.buckets import PairBatches, lengths_of
from seqtool.nn.training.driver import TrainOutcome, run_training, size_of, trainable
from seqtool.nn.training.trainer import Hidden, Trainer
from seqtool.options import determining
from seqtool.seq2seq.artifact import Language, TranslationModel, write_languages
from seqtool.seq2seq.model import Seq2Seq
from seqtool.seq2seq.options import Seq2SeqTraining
from seqtool.seq2seq.pairs import Side
from seqtool.seq2seq.plan import Job
from seqtool.seq2seq.translate import greedy_texts

# Translations, references and whether their units are characters → named scores, higher is better.
Measure = Callable[[Sequence[str], Sequence[str], bool], dict[str, float]]
_BY_CHARACTER = ("char", "syllable", "jamo")


class Seq2SeqTask:
    """What the training loop needs to know of a model of pairs.

    Args:
        model: the model.
        batches: what it learns from.
        valid: held-out pairs.
        training: resolved options.
        scores: of its translations of the held-out pairs; taken only where one of them decides.
    """

    perplexity = True

    def __init__(self, model: Seq2Seq, batches: PairBatches, valid: PairBatches, training: Seq2SeqTraining,
                 scores: Callable[[Seq2Seq], dict[str, float]]) -> None:  # fmt: skip
        self.model: Seq2Seq = model
        self.batches, self.valid, self.training, self.scores = batches, valid, training, scores

    def loss(self, batch: Batch, hidden: Hidden) -> tuple[Tensor, Hidden]:
        """Mean loss per target token."""
        assert self.training.epochs is not None
        done = (self.batches.epoch + self.batches.position / len(self.batches)) / self.training.epochs
        return self.model.loss(batch, self.training.scheduled_sampling * done), None

    def validate(self) -> tuple[float, dict[str, float]]:
        """Mean cross-entropy per target token of the held-out pairs; the score that decides."""
        total, tokens, device = 0.0, 0, self.model.embedding.weight.device
        for batch in self.valid:
            total -= float(self.model.target_log_probs(batch.to(device)).sum(dtype=torch.float64))
            tokens += batch.tokens
        loss, name = total / max(1, tokens), self.training.validate_on
        return loss, {name: self.scores(self.model)[name]} if name != "loss" and math.isfinite(loss) else {}


def describe(job: Job) -> dict[str, Any]:
    """What a training would be: resolved options, vocabularies, size and memory; nothing is trained."""
    batches = job.batches()
    return {
        **determining(job.options),
        **determining(job.training),
        "precision": job.precision,
        "pairs": batches.pairs,
        "tokens_per_epoch": batches.tokens,
        "source_size": job.source_size,
        "vocabulary_size": len(job.vocabularies[1]),
        **size_of(PairTraining(job), len(batches)),
        "left_out": list(job.ledger),
        "choices": list(job.choices),
    }


@dataclass(frozen=True)
class PairTraining:
    """A job as `nn.training.driver.run_training` takes it.

    Attributes:
        measure: scores the translations of the held-out pairs.
    """

    job: Job
    measure: Measure = lambda translations, references, by_character: {}

    @property
    def ledger(self) -> Sequence[Mapping[str, Any]]:
        """See `TrainingJob`."""
        return self.job.ledger

    @property
    def tokens(self) -> int:
        """See `TrainingJob`."""
        return int(lengths_of(self.job.pairs.target)[self.job.rows].sum())

    def recipe(self) -> Recipe:
        """See `TrainingJob`."""
        return self.job.recipe()

    def new_model(self, precision: str) -> Seq2Seq:
        """See `TrainingJob`."""
        job = self.job
        source, target = job.vocabularies
        smoothing = job.training.label_smoothing
        return Seq2Seq(job.options, job.source_size, len(target), precision, smoothing, source.padding)

    def new_batches(self) -> PairBatches:
        """See `TrainingJob`."""
        return self.job.batches()

    @property
    def decides(self) -> str:
        """See `TrainingJob`."""
        return self.job.training.validate_on

    def task(self, model: Seq2Seq, batches: PairBatches, folder: Path) -> Seq2SeqTask:
        """See `TrainingJob`."""
        scores = functools.partial(self._scores, folder)
        return Seq2SeqTask(model, batches, self.job.valid_batches(), self.job.training, scores)

    def _scores(self, folder: Path, model: Seq2Seq) -> dict[str, float]:
        """Of the greedy translations of the held-out pairs."""
        job, target = self.job, self.job.sides[1]
        preprocessing = preprocessing_of(target.artifact.options)
        language = Language(job.vocabularies[1], target.corpus.tokenizer, Normalizer(preprocessing), preprocessing)
        loaded = TranslationModel(Artifact(folder, read_manifest(folder)), model.eval(), None, language)
        longest = 10 + 2 * int(lengths_of(job.valid.target)[job.valid_rows].max())
        translations = greedy_texts(loaded, job.valid.source, job.valid_rows, longest)
        return self.measure(translations, job.references, language.tokenizer.name in _BY_CHARACTER)

    def begin(self, model: Seq2Seq, draft: Draft) -> None:
        """See `TrainingJob`."""
        job, (source, target) = self.job, self.job.sides
        corpora = (source.artifact if isinstance(source, Side) else None, target.artifact)
        draft.summary |= write_languages(draft.path, job.vocabularies, corpora)
        options = job.options
        kind = options.cell.upper() if options.arch == "recurrent" else options.arch
        draft.summary |= {
            "architecture": f"{kind} {options.layers} x {options.hidden_size}",
            "parameters": trainable(model),
            "source_size": job.source_size,
            "vocabulary": len(job.vocabularies[1]),
            "tokenizer": target.corpus.tokenizer.name,
            "precision": job.precision,
            "pairs": len(job.rows),
            "tokens": self.tokens,
        }

    def summary(self, trainer: Trainer, folder: Path) -> dict[str, Any]:
        """See `TrainingJob`; scored in fp32, as the finished model will be by everyone else."""
        best = trainer.at.best_loss
        model = self.new_model("fp32").to(trainer.device)
        model.load_state_dict(trainer.best)
        return {
            "epochs": trainer.at.epoch,
            "best_epoch": trainer.at.best_epoch,
            "best_valid_perplexity": math.exp(best) if best is not None and best < 700 else None,
            "valid_pairs": len(self.job.valid_rows),
            "valid_greedy": self._scores(folder, model),
        }


def train(job: Job, output: Path, measure: Measure, overwrite: bool = False) -> TrainOutcome:
    """Train a model; see `run_training` and `PairTraining`."""
    return run_training(PairTraining(job, measure), output, overwrite)
