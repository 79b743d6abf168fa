"""From pairs to a trained model."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from seqtool import progress
from seqtool.artifact.read import Artifact, read_manifest
from seqtool.artifact.training import TrainingArtifact
from seqtool.artifact.write import Draft, RunRecord, claim
from seqtool.corpus.artifact import preprocessing_of
from seqtool.corpus.normalize import Normalizer
from seqtool.errors import InterruptedRunError
from seqtool.nn import device as devices
from seqtool.nn.batching import Batch
from seqtool.nn.buckets import PairBatches, lengths_of
from seqtool.nn.checkpoint import WEIGHTS
from seqtool.nn.cost import cost_line
from seqtool.nn.distributed import World, join_world
from seqtool.nn.history import HISTORY
from seqtool.nn.training import Hidden, Outcome, Trainer
from seqtool.options import determining, operational
from seqtool.seq2seq.artifact import Language, TranslationModel, write_languages
from seqtool.seq2seq.model import Seq2Seq
from seqtool.seq2seq.pairs import Side
from seqtool.seq2seq.plan import Job
from seqtool.seq2seq.translate import greedy_texts

TrainOutcome = Literal["finished", "up to date", "time is up"]
# Translations and references → named scores, higher is better.
Measure = Callable[[Sequence[str], Sequence[str]], dict[str, float]]


class Seq2SeqTask:
    """What the training loop needs to know of a model of pairs."""

    def __init__(self, model: Seq2Seq, batches: PairBatches, valid: PairBatches, sampling: float, epochs: int) -> None:
        self.model: Seq2Seq = model
        self.batches, self.valid, self.sampling, self.epochs = batches, valid, sampling, epochs

    def loss(self, batch: Batch, hidden: Hidden) -> tuple[Tensor, Hidden]:
        """Mean loss per target token."""
        done = (self.batches.epoch + self.batches.position / len(self.batches)) / self.epochs
        return self.model.loss(batch, self.sampling * done), None

    def valid_loss(self) -> float:
        """Mean cross-entropy per target token of the held-out pairs."""
        total, tokens, device = 0.0, 0, self.model.embedding.weight.device
        for batch in self.valid:
            total += float(self.model.loss(batch.to(device))) * batch.tokens
            tokens += batch.tokens
        return total / max(1, tokens)


def describe(job: Job) -> dict[str, Any]:
    """What a training would be: resolved options, vocabularies, size and memory; nothing is trained."""
    model = _model(job)
    parameters = sum(p.numel() for p in model.parameters() if p.requires_grad)
    copies = {"sgd": 2, "nt-asgd": 3, "adam": 4, "adamw": 4}[job.training.optimizer]
    batches = job.batches()
    return {
        **determining(job.options),
        **determining(job.training),
        "precision": job.precision,
        "pairs": batches.pairs,
        "tokens_per_epoch": batches.tokens,
        "source_size": job.source_size,
        "vocabulary_size": len(job.vocabularies[1]),
        "parameters": parameters,
        "weights_gradients_optimizer_mb": round(parameters * 4 * copies / 2**20),
        "steps": len(batches) * (job.training.epochs or 0),
        "left_out": list(job.ledger),
        "choices": list(job.choices),
    }


def train(job: Job, output: Path, measure: Measure, overwrite: bool = False) -> TrainOutcome:
    """Train a model, or go on with an unfinished training of the same; see `lm.train.train`.

    Args:
        job: what `plan` decided.
        output: the model's folder.
        measure: scores the translations of the held-out pairs.
        overwrite: replace an artifact made differently.

    Raises:
        InterruptedRunError: after Ctrl-C, with the checkpoint saved.
        DivergedError: where the loss is not a number any more.
    """
    recipe, world = job.recipe(), join_world()
    standing = "up to date" if world.rank else claim(output, recipe, overwrite)
    if not world.any(not world.rank and standing != "up to date")[0]:
        return "up to date"
    model, device, record = _prepare(job)
    run = RunRecord(operational(job.training), record | ({"processes": world.size} if world.size > 1 else {}))
    fill = functools.partial(_begin, job, model)
    with (
        nullcontext(TrainingArtifact(output, recipe, run))
        if world.rank
        else TrainingArtifact.begin(output, recipe, run, fill, overwrite)
    ) as slot:
        trainer, outcome = _run(job, model, device, slot, world, measure)
        run.details |= trainer.cost()
        if outcome == "finished" and not world.rank:
            slot.finish(_summary(job, trainer, slot, device, measure), list(job.ledger), (WEIGHTS, HISTORY))
    world.wait()
    if outcome == "finished":
        return "finished"
    where = f"{outcome} at epoch {trainer.at.epoch + 1}, step {trainer.at.step}; {output} is saved"
    if outcome == "interrupted":
        raise InterruptedRunError(where, "run the same command again to go on")
    progress.note(f"{where}: run the same command again to go on")
    return "time is up"


def _model(job: Job, precision: str = "fp32") -> Seq2Seq:
    smoothing = job.training.label_smoothing
    return Seq2Seq(job.options, job.source_size, len(job.vocabularies[1]), precision, smoothing)


def _prepare(job: Job) -> tuple[Seq2Seq, torch.device, dict[str, Any]]:
    """Choose device and precision, say so, and make the model."""
    training = job.training
    device, _ = devices.choose_device(training.device)
    threads = devices.set_threads(training.threads)
    for line in job.choices:
        progress.note(line)
    for row in job.ledger:
        progress.note(f"{row['count']:,} {row['what']}: {row['why']}")
    devices.deterministic(training.deterministic)
    devices.seed_everything(training.seed)
    model = _model(job, job.precision).to(device)
    return model, device, {"device": str(device), "precision": job.precision, "threads": threads}


def _run(
    job: Job, model: Seq2Seq, device: torch.device, slot: TrainingArtifact, world: World, measure: Measure
) -> tuple[Trainer, Outcome]:
    """Go on from the current checkpoint, which all processes read before the first writes another."""
    batches = job.batches()
    assert job.training.epochs is not None
    task = Seq2SeqTask(
        model, batches, job.valid_batches(), job.training.scheduled_sampling, job.training.epochs
    )  # fmt: skip
    judge = None
    if job.training.validate_on != "loss":
        judge = functools.partial(_judgment, job, model, slot.path, measure)
    trainer = Trainer(task, batches, job.training, device, slot.save, world, judge)
    world.wait()
    checkpoint = slot.current()
    if checkpoint is not None:
        trainer.load(checkpoint)
        progress.note(f"resuming {slot.path} at epoch {trainer.at.epoch + 1}, step {trainer.at.step}")
    world.wait()
    outcome = trainer.run(batches.tokens * trainer.epochs)
    progress.note(cost_line(trainer.at.tokens, trainer.at.seconds, trainer.at.joules, device))
    return trainer, outcome


def _judgment(job: Job, model: Seq2Seq, folder: Path, measure: Measure) -> tuple[float, str]:
    """How bad the greedy translations of the held-out pairs are, and what is said of them."""
    scores = _scores(job, model, folder, measure)
    name = job.training.validate_on
    return -scores[name], f"  {name} {scores[name]:.2f}"


def _scores(job: Job, model: Seq2Seq, folder: Path, measure: Measure) -> dict[str, float]:
    target = job.sides[1]
    preprocessing = preprocessing_of(target.artifact.options)
    language = Language(job.vocabularies[1], target.corpus.tokenizer, Normalizer(preprocessing), preprocessing)
    loaded = TranslationModel(Artifact(folder, read_manifest(folder)), model.eval(), None, language)
    longest = 10 + 2 * int(lengths_of(job.valid.target)[job.valid_rows].max())
    return measure(greedy_texts(loaded, job.valid.source, job.valid_rows, longest), job.references)


def _begin(job: Job, model: Seq2Seq, draft: Draft) -> None:
    """Write what training does not change."""
    source, target = job.sides
    corpora = (source.artifact if isinstance(source, Side) else None, target.artifact)
    draft.summary |= write_languages(draft.path, job.vocabularies, corpora)
    options = job.options
    kind = options.cell.upper() if options.arch == "recurrent" else options.arch
    draft.summary |= {
        "architecture": f"{kind} {options.layers} x {options.hidden_size}",
        "parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "source_size": job.source_size,
        "vocabulary": len(job.vocabularies[1]),
        "tokenizer": target.corpus.tokenizer.name,
        "precision": job.precision,
        "pairs": len(job.rows),
        "tokens": job.batches().tokens,
    }


def _summary(
    job: Job, trainer: Trainer, slot: TrainingArtifact, device: torch.device, measure: Measure
) -> dict[str, Any]:
    best = trainer.at.best_loss
    model = _model(job).to(device)
    model.load_state_dict(trainer.best)
    return {
        "epochs": trainer.at.epoch,
        "best_epoch": trainer.at.best_epoch,
        "best_valid_perplexity": math.exp(best) if best is not None and best < 700 else None,
        "valid_pairs": len(job.valid_rows),
        "valid_greedy": _scores(job, model, slot.path, measure),
    }
