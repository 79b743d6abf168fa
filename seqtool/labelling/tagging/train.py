"""From sentences in columns to a trained tagger."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from seqtool.artifact.manifest import Recipe
from seqtool.artifact.write import Draft
from seqtool.labelling.tagging.plan import TagJob
from seqtool.labelling.tagging.schemes import given_labels
from seqtool.labelling.tagging.tagged import TaggedBatches
from seqtool.labelling.tagging.tagger import Tagger
from seqtool.nn.batches.batching import Batch, Positions
from seqtool.nn.training.driver import TrainOutcome, run_training, size_of, trainable
from seqtool.nn.training.trainer import Hidden, Trainer
from seqtool.options import determining
from seqtool.vectors.initial import start_from_vectors

_VALID_BATCH = 64
# Gold and guessed labels of sentences → named scores, higher is better: ``accuracy`` and ``f1``.
Measure = Callable[[Sequence[tuple[Sequence[str], Sequence[str]]]], dict[str, float]]


class TaggerTask:
    """What the training loop needs to know of a tagger.

    Args:
        model: the tagger.
        valid: held-out sentences whose labels the model can write.
        scores: of what the model guesses on all held-out sentences.
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
def guesses(model: Tagger, batches: TaggedBatches) -> list[list[int]]:
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


@dataclass(frozen=True)
class TaggerTrainingJob:
    """A job as `nn.training.driver.run_training` takes it.

    Attributes:
        measure: scores the held-out sentences.
    """

    job: TagJob
    measure: Measure = lambda sentences: {}

    @property
    def ledger(self) -> Sequence[Mapping[str, Any]]:
        """See `TrainingJob`."""
        return self.job.ledger

    @property
    def tokens(self) -> int:
        """Words of an epoch."""
        bounds, rows = self.job.train.bounds, self.job.rows
        return int((bounds[rows + 1] - bounds[rows]).sum())

    def recipe(self) -> Recipe:
        """See `TrainingJob`."""
        return self.job.recipe()

    def _model(self, precision: str) -> Tagger:
        job, codes = self.job, self.job.codes
        sizes = [len(alphabet) for alphabet in codes.features]
        words = (job.learned_words, len(codes.words) - job.learned_words)
        return Tagger(job.options, words, len(codes.characters), sizes, job.allowed, precision)

    def new_model(self, precision: str) -> Tagger:
        """See `TrainingJob`."""
        job, codes = self.job, self.job.codes
        model = self._model(precision)
        model.singletons[torch.from_numpy(job.singletons)] = True
        if job.options.init_vectors is not None:
            tables = [model.embedding.weight.data, *([model.others.weight.data] if model.others is not None else [])]
            whole_VD = torch.cat(tables)
            start_from_vectors(whole_VD, codes.words, Path(job.options.init_vectors))
            for table, rows in zip(tables, whole_VD.split([len(table) for table in tables]), strict=True):
                table.copy_(rows)
        return model

    def new_batches(self) -> TaggedBatches:
        """See `TrainingJob`."""
        return TaggedBatches(self.job.train, self.job.rows, self.job.training.batch_size, self.job.training.seed)

    def _valid(self, rows: Positions) -> TaggedBatches:
        return TaggedBatches(self.job.valid, rows, _VALID_BATCH, shuffle=False)

    @property
    def decides(self) -> str:
        """See `TrainingJob`."""
        return self.job.training.validate_on or "loss"

    def task(self, model: Tagger, batches: TaggedBatches, folder: Path) -> TaggerTask:
        """See `TrainingJob`."""
        return TaggerTask(model, self._valid(self.job.scored_rows), self._scores)

    def _scores(self, model: Tagger) -> dict[str, float]:
        names = self.job.codes.labels.symbols
        labels = guesses(model, self._valid(self.job.valid_rows))
        found = [given_labels([names[i] for i in some], self.job.options.scheme) for some in labels]
        return self.measure(list(zip(self.job.valid_labels, found, strict=True)))

    def begin(self, model: Tagger, draft: Draft) -> None:
        """See `TrainingJob`."""
        job, options = self.job, self.job.options
        job.codes.write(draft.path)
        (draft.path / "allowed.tsv").write_text(
            "".join("\t".join(map(str, row)) + "\n" for row in job.allowed.astype(int).tolist()), encoding="utf-8"
        )
        read = f", characters by {options.characters}" if options.characters != "none" else ""
        draft.summary |= {
            "architecture": f"{options.cell.upper()} {options.layers} x {options.hidden_dim} both ways{read}"
            + (", CRF" if options.crf else ""),
            "parameters": trainable(model),
            "emb_dim": options.emb_dim,
            "learned_words": job.learned_words,
            "labels": len(job.codes.labels),
            "vocabulary": len(job.codes.words),
            "precision": job.precision,
            "sentences": len(job.rows),
            "words": self.tokens,
            "valid_sentences": len(job.valid_rows),
        }

    def summary(self, trainer: Trainer, folder: Path) -> dict[str, Any]:
        """See `TrainingJob`; scored in fp32, as the finished model will be by everyone else."""
        model = self._model("fp32").to(trainer.device)
        model.load_state_dict(trainer.best)
        scores = {f"valid_{name}": value for name, value in self._scores(model.eval()).items()}
        return {
            "epochs": trainer.at.epoch,
            "best_epoch": trainer.at.best_epoch,
            "valid_loss": trainer.at.best_loss,
            **scores,
        }


def describe(job: TagJob) -> dict[str, Any]:
    """What a training would be: resolved options, vocabularies, size and memory; nothing is trained."""
    work = TaggerTrainingJob(job)
    return {
        **determining(job.columns),
        **determining(job.options),
        **determining(job.training),
        "precision": job.precision,
        "labels": len(job.codes.labels),
        "sentences": len(job.rows),
        "words": work.tokens,
        "vocabulary_size": len(job.codes.words),
        **size_of(work, len(work.new_batches())),
        "left_out": list(job.ledger),
        "choices": list(job.choices),
    }


def train(job: TagJob, output: Path, measure: Measure, overwrite: bool = False) -> TrainOutcome:
    """Train a tagger; see `run_training` and `TaggerTrainingJob`."""
    return run_training(TaggerTrainingJob(job, measure), output, overwrite)
