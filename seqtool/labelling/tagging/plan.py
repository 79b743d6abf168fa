"""The training of a tagger, with everything decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqtool.artifact.manifest import Input, Recipe
from seqtool.artifact.write import Draft
from seqtool.labelling.tagging.options import Columns, TaggerOptions, TaggerTraining
from seqtool.labelling.tagging.schemes import given_labels
from seqtool.labelling.tagging.tagged import Codes, Tagged, TaggedBatches
from seqtool.labelling.tagging.tagger import Tagger
from seqtool.nn.batches.batching import Batch, Positions
from seqtool.nn.training.driver import TrainingPlan, trainable, training_size
from seqtool.nn.training.trainer import Hidden, Trainer
from seqtool.options import determining
from seqtool.vectors.initial import start_from_vectors

_VALID_BATCH = 64
# Gold and predicted labels of sentences → named scores, higher is better: ``accuracy`` and ``f1``.
Measure = Callable[[Sequence[tuple[Sequence[str], Sequence[str]]]], dict[str, float]]


class TaggerTask:
    """What the training loop needs to know of a tagger.

    Args:
        model: the tagger.
        valid: held-out sentences whose labels the model can write.
        scores: of the predictions on all held-out sentences.
    """

    perplexity = False

    def __init__(self, model: Tagger, valid: TaggedBatches, scores: Callable[[Tagger], dict[str, float]]) -> None:
        self.model: Tagger = model
        self.valid, self.scores = valid, scores

    def loss(self, batch: Batch, hidden: Hidden) -> tuple[Tensor, Hidden]:
        """Mean loss per word."""
        assert batch.source is not None
        return self.model.loss(batch.source, batch.targets) / batch.tokens, None

    def validate(self) -> tuple[float, dict[str, float]]:
        """Mean -log P per word of the held-out sentences whose labels the model can write; scores of all."""
        total, words, device = 0.0, 0, self.model.output.weight.device
        for batch in self.valid:
            moved = batch.to(device)
            assert moved.source is not None
            total += float(self.model.loss(moved.source, moved.targets))
            words += batch.tokens
        return total / max(1, words), self.scores(self.model)


@torch.no_grad()
def predicted(model: Tagger, batches: TaggedBatches) -> list[list[int]]:
    """The labels of every sentence of ``batches.rows``, in their order."""
    found: dict[int, list[int]] = {}
    for index in range(len(batches)):
        rows = batches.members(index)
        batch = batches.of(rows).to(model.output.weight.device)
        assert batch.source is not None
        best_BS = model.best(batch.source).t().tolist()
        lengths = batches.text.bounds[rows + 1] - batches.text.bounds[rows]
        for row, best, length in zip(rows.tolist(), best_BS, lengths.tolist(), strict=True):
            found[row] = best[:length]
    return [found[row] for row in batches.rows.tolist()]


def no_measures(sentences: Sequence[tuple[Sequence[str], Sequence[str]]]) -> dict[str, float]:
    """A `Measure` without scores."""
    return {}


@dataclass(frozen=True)
class LabelReading:
    """How the labels of a text mark spans.

    Attributes:
        asked: the scheme that was asked for; ``None``: it is found in the labels.
        read: a label as ``B-X``, ``I-X`` and the like, where it marks spans in another way.
        measure: scores labels that were written for these.
    """

    asked: str | None = None
    read: Callable[[str], str] = str
    measure: Measure = no_measures


@dataclass(frozen=True)
class ValidationSentences:
    """The sentences that are validated on.

    Attributes:
        rows: which of ``tagged``.
        scored_rows: those that the validation loss is of.
        labels: gold labels of those in ``rows``, as they stand.
    """

    tagged: Tagged
    rows: Positions
    scored_rows: Positions
    labels: Sequence[Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class TaggerPlan(TrainingPlan[Tagger, TaggedBatches]):
    """The training of a tagger.

    Attributes:
        rows: the sentences of ``train`` that are trained on.
        allowed: which label may follow which.
        singletons: ids of words that occur once.
        conllu: whether the columns are those of CoNLL-U.
        learned_words: the first so many of the vocabulary; the others are known by their vectors alone.
    """

    inputs: Sequence[Input]
    codes: Codes
    train: Tagged
    rows: Positions
    valid: ValidationSentences
    allowed: NDArray[np.bool_]
    singletons: NDArray[np.int64]
    learned_words: int
    columns: Columns
    options: TaggerOptions
    training: TaggerTraining
    valid_share: float
    conllu: bool
    reading: LabelReading

    @property
    def tokens(self) -> int:
        """Words of an epoch."""
        bounds = self.train.bounds
        return int((bounds[self.rows + 1] - bounds[self.rows]).sum())

    @property
    def selection_metric(self) -> str:
        return self.training.validate_on or "loss"

    def recipe(self) -> Recipe:
        options = self.columns.as_options() | determining(self.options) | determining(self.training)
        options |= {"valid_share": self.valid_share}
        if self.reading.asked is not None:
            options["label_scheme"] = self.reading.asked
        seed = options.pop("seed")
        del options["init_vectors"]
        return Recipe("tagger", "train-tagger", options, self.inputs, seed)

    def new_model(self, precision: str) -> Tagger:
        sizes = [len(alphabet) for alphabet in self.codes.features]
        words = (self.learned_words, len(self.codes.words) - self.learned_words)
        return Tagger(self.options, words, len(self.codes.characters), sizes, self.allowed, precision)

    def start_from_given(self, model: Tagger) -> None:
        model.singletons[torch.from_numpy(self.singletons)] = True
        if self.options.init_vectors is not None:
            tables = [model.embedding.weight.data, *([model.others.weight.data] if model.others is not None else [])]
            whole_VD = torch.cat(tables)
            start_from_vectors(whole_VD, self.codes.words, Path(self.options.init_vectors))
            for table, rows in zip(tables, whole_VD.split([len(table) for table in tables]), strict=True):
                table.copy_(rows)

    def new_batches(self) -> TaggedBatches:
        return TaggedBatches(self.train, self.rows, self.training.batch_size, self.training.seed)

    def _valid_batches(self, rows: Positions) -> TaggedBatches:
        return TaggedBatches(self.valid.tagged, rows, _VALID_BATCH, shuffle=False)

    def task(self, model: Tagger, batches: TaggedBatches, folder: Path) -> TaggerTask:
        return TaggerTask(model, self._valid_batches(self.valid.scored_rows), self._scores)

    def _scores(self, model: Tagger) -> dict[str, float]:
        names = self.codes.labels.symbols
        labels = predicted(model, self._valid_batches(self.valid.rows))
        found = [given_labels([names[i] for i in some], self.options.scheme) for some in labels]
        return self.reading.measure(list(zip(self.valid.labels, found, strict=True)))

    def begin(self, model: Tagger, draft: Draft) -> None:
        options = self.options
        self.codes.write(draft.path)
        (draft.path / "allowed.tsv").write_text(
            "".join("\t".join(map(str, row)) + "\n" for row in self.allowed.astype(int).tolist()), encoding="utf-8"
        )
        if self.conllu:
            draft.summary["conllu"] = True
        read = f", character {options.characters.upper()}" if options.characters != "none" else ""
        crf = ", CRF" if options.crf else ""
        draft.summary |= {
            "architecture": f"{options.cell.upper()} {options.layers} x {options.hidden_dim} bidirectional{read}{crf}",
            "parameters": trainable(model),
            "emb_dim": options.emb_dim,
            "learned_words": self.learned_words,
            "labels": len(self.codes.labels),
            "vocabulary": len(self.codes.words),
            "precision": self.precision,
            "sentences": len(self.rows),
            "words": self.tokens,
            "valid_sentences": len(self.valid.rows),
        }

    def summary(self, trainer: Trainer, model: Tagger, folder: Path) -> dict[str, Any]:
        scores = {f"valid_{name}": value for name, value in self._scores(model).items()}
        return {"valid_loss": trainer.state.best_loss, **scores}

    def describe(self) -> dict[str, Any]:
        return {
            **self.columns.as_options(),
            **determining(self.options),
            **determining(self.training),
            "precision": self.precision,
            "labels": len(self.codes.labels),
            "sentences": len(self.rows),
            "words": self.tokens,
            "vocabulary_size": len(self.codes.words),
            **training_size(self, len(self.new_batches())),
            "left_out": list(self.ledger),
            "choices": list(self.choices),
        }
