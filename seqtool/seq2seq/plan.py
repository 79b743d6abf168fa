"""The training of a sequence-to-sequence model, with everything decided."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqtool.artifact.manifest import Input, Recipe
from seqtool.artifact.read import Artifact, read_manifest
from seqtool.artifact.write import Draft
from seqtool.corpus.artifact import preprocess_options
from seqtool.corpus.model_text import HeldOut
from seqtool.corpus.normalize import Normalizer
from seqtool.corpus.vocabulary import EOS, Vocabulary
from seqtool.nn.batches.batching import Batch, Positions
from seqtool.nn.batches.buckets import PairBatches, sentence_lengths
from seqtool.nn.training.driver import TrainingPlan, trainable, training_size
from seqtool.nn.training.trainer import Hidden, Trainer
from seqtool.options import determining
from seqtool.seq2seq.artifact import Language, TranslationModel, write_languages
from seqtool.seq2seq.model import Seq2Seq
from seqtool.seq2seq.options import Seq2SeqOptions, Seq2SeqTraining
from seqtool.seq2seq.pairs import Pairs, Side, vectors_as_input
from seqtool.seq2seq.translate import greedy_texts

# Translations, references and whether their units are characters → named scores, higher is better.
Measure = Callable[[Sequence[str], Sequence[str], bool], dict[str, float]]
_BY_CHARACTER = ("char", "syllable", "jamo")


def no_measures(translations: Sequence[str], references: Sequence[str], by_character: bool) -> dict[str, float]:
    """A `Measure` without scores."""
    return {}


@dataclass(frozen=True)
class GivenPairs:
    """Pairs to validate on: texts, or vectors and a text."""

    source: HeldOut | Path
    target: HeldOut


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

    def __init__(
        self,
        model: Seq2Seq,
        batches: PairBatches,
        valid: PairBatches,
        training: Seq2SeqTraining,
        scores: Callable[[Seq2Seq], dict[str, float]],
    ) -> None:
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


@dataclass(frozen=True, kw_only=True)
class Seq2SeqPlan(TrainingPlan[Seq2Seq, PairBatches]):
    """The training of a model of pairs.

    Attributes:
        sides: the corpora of source and target; of the source, it may be a file of vectors.
        pairs, rows: both sides in ids, and which of the pairs are trained on.
        valid, valid_rows, references: the held-out pairs, and their targets as text.
        given: what was given to validate on.
        measure: scores the translations of the held-out pairs.
    """

    sides: tuple[Side | Path, Side]
    pairs: Pairs
    rows: Positions
    valid: Pairs
    valid_rows: Positions
    references: Sequence[str]
    vocabularies: tuple[Vocabulary, Vocabulary]
    options: Seq2SeqOptions
    training: Seq2SeqTraining
    given: GivenPairs | None
    measure: Measure = no_measures

    @property
    def source_size(self) -> int:
        """Of the source's vocabulary, or the dimension of its vectors."""
        source = self.pairs.source
        return source.shape[1] if isinstance(source, np.ndarray) else len(self.vocabularies[0])

    @property
    def tokens(self) -> int:
        return int(sentence_lengths(self.pairs.target)[self.rows].sum())

    @property
    def selection_metric(self) -> str:
        return self.training.validate_on

    def recipe(self) -> Recipe:
        options = determining(self.options) | determining(self.training)
        seed = options.pop("seed")
        del options["source_vectors"]
        source, target = self.sides
        if isinstance(source, Side) and source.artifact.path == target.artifact.path and target.sentences.start:
            inputs = [target.artifact.as_input()]  # the halves of one corpus
        else:
            inputs = [_side_input(source, "source"), _side_input(target, "target")]
        if self.given is not None:
            inputs += _held_out_inputs(self.given)
        return Recipe("seq2seq", "train-seq2seq", options, inputs, seed)

    def new_model(self, precision: str) -> Seq2Seq:
        source, target = self.vocabularies
        smoothing = self.training.label_smoothing
        return Seq2Seq(self.options, self.source_size, len(target), precision, smoothing, source.padding)

    def new_batches(self) -> PairBatches:
        training = self.training
        size, by_tokens = training.batch_tokens or training.batch_size, training.batch_tokens is not None
        return PairBatches(
            self.pairs.source,
            self.pairs.target,
            self.rows,
            EOS,
            size,
            by_tokens,
            training.seed,
            bucketing=training.bucketing,
        )

    def _valid_batches(self) -> PairBatches:
        return PairBatches(self.valid.source, self.valid.target, self.valid_rows, EOS, 4096, True, shuffle=False)

    def task(self, model: Seq2Seq, batches: PairBatches, folder: Path) -> Seq2SeqTask:
        scores = functools.partial(self._scores, folder)
        return Seq2SeqTask(model, batches, self._valid_batches(), self.training, scores)

    def _scores(self, folder: Path, model: Seq2Seq) -> dict[str, float]:
        """Of the greedy translations of the held-out pairs."""
        target = self.sides[1]
        preprocessing = preprocess_options(target.artifact.options)
        language = Language(self.vocabularies[1], target.corpus.tokenizer, Normalizer(preprocessing), preprocessing)
        loaded = TranslationModel(Artifact(folder, read_manifest(folder)), model.eval(), None, language)
        longest = 10 + 2 * int(sentence_lengths(self.valid.target)[self.valid_rows].max())
        translations = greedy_texts(loaded, self.valid.source, self.valid_rows, longest)
        return self.measure(translations, self.references, language.tokenizer.name in _BY_CHARACTER)

    def begin(self, model: Seq2Seq, draft: Draft) -> None:
        source, target = self.sides
        corpora = (source.artifact if isinstance(source, Side) else None, target.artifact)
        draft.summary |= write_languages(draft.path, self.vocabularies, corpora)
        kind = self.options.cell.upper() if self.options.arch == "recurrent" else self.options.arch
        draft.summary |= {
            "architecture": f"{kind} {self.options.layers} x {self.options.hidden_size}",
            "parameters": trainable(model),
            "source_size": self.source_size,
            "vocabulary": len(self.vocabularies[1]),
            "tokenizer": target.corpus.tokenizer.name,
            "precision": self.precision,
            "pairs": len(self.rows),
            "tokens": self.tokens,
        }

    def summary(self, trainer: Trainer, model: Seq2Seq, folder: Path) -> dict[str, Any]:
        return {
            "best_valid_perplexity": trainer.best_perplexity,
            "valid_pairs": len(self.valid_rows),
            "valid_greedy": self._scores(folder, model),
        }

    def describe(self) -> dict[str, Any]:
        batches = self.new_batches()
        return {
            **determining(self.options),
            **determining(self.training),
            "precision": self.precision,
            "pairs": batches.pairs,
            "tokens_per_epoch": batches.tokens,
            "source_size": self.source_size,
            "vocabulary_size": len(self.vocabularies[1]),
            **training_size(self, len(batches)),
            "left_out": list(self.ledger),
            "choices": list(self.choices),
        }


def _side_input(side: Side | Path, role: str) -> Input:
    if isinstance(side, Path):
        return vectors_as_input(side, "source-vectors:npy")
    return dataclasses.replace(side.artifact.as_input(), kind=f"{role}:corpus")


def _held_out_inputs(given: GivenPairs) -> list[Input]:
    """Both sides as inputs; those of one table have its role."""
    assert given.target.source is not None
    target = given.target.source
    if isinstance(given.source, Path):
        return [vectors_as_input(given.source, "valid-source:npy"), _as(target, "valid-target")]
    assert given.source.source is not None
    source = given.source.source
    roles = ("valid", "valid") if source.digest == target.digest else ("valid-source", "valid-target")
    return [_as(source, roles[0]), _as(target, roles[1])]


def _as(text: Input, role: str) -> Input:
    return dataclasses.replace(text, kind=f"{role}:{text.kind}")
