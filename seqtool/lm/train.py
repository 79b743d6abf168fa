"""From corpora to a trained language model."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from seqtool import progress
from seqtool.artifact.training import TrainingArtifact
from seqtool.artifact.write import Draft, RunRecord, claim
from seqtool.corpus.carried import preprocessing_summary, write_carried
from seqtool.corpus.model_text import HeldOut, ModelText, model_text
from seqtool.corpus.vocabulary import Vocabulary
from seqtool.errors import InputError, InterruptedRunError
from seqtool.lm.neural import NeuralLanguageModel
from seqtool.lm.plan import Job, batches_of
from seqtool.lm.scoring import mean_loss, token_log_probs
from seqtool.nn import device as devices
from seqtool.nn.batching import Batch
from seqtool.nn.checkpoint import WEIGHTS
from seqtool.nn.cost import cost_line
from seqtool.nn.distributed import World, join_world
from seqtool.nn.history import HISTORY
from seqtool.nn.training import Hidden, Outcome, Trainer
from seqtool.options import determining, operational
from seqtool.vectors.artifact import chosen_vectors

TrainOutcome = Literal["finished", "up to date", "time is up"]
Measure = Callable[[ModelText, Iterable[np.ndarray], str], dict[str, Any]]

_VALID_STREAMS = 20


def describe(job: Job) -> dict[str, Any]:
    """What a training would be: resolved options, vocabulary, size and memory; nothing is trained."""
    model = NeuralLanguageModel(job.options, len(job.vocabulary))
    parameters = sum(p.numel() for p in model.parameters() if p.requires_grad)
    copies = {"sgd": 2, "nt-asgd": 3, "adam": 4, "adamw": 4}[job.training.optimizer]
    return {
        **determining(job.options),
        **determining(job.training),
        "precision": job.precision,
        "tokens_per_epoch": job.tokens,
        "vocabulary": len(job.vocabulary),
        "parameters": parameters,
        "weights_gradients_optimizer_mb": round(parameters * 4 * copies / 2**20),
        "steps": len(batches_of(job)) * (job.training.epochs or 0),
        "choices": list(job.choices),
    }


class LanguageModelTask:
    """What the training loop needs to know of a language model."""

    def __init__(self, model: NeuralLanguageModel, valid: ModelText) -> None:
        self.model: NeuralLanguageModel = model
        self.valid = valid

    def loss(self, batch: Batch, hidden: Hidden) -> tuple[Tensor, Hidden]:
        """Mean loss per token of a batch; a missing state is the zero state."""
        state = hidden or self.model.initial_state(batch.inputs.shape[1])
        return self.model.loss(batch.inputs, batch.targets, state)

    def valid_loss(self) -> float:
        """Mean loss per held-out token."""
        text, context = self.valid, self.model.options.batching
        return mean_loss(self.model, text.ids, text.bounds, context, _VALID_STREAMS)


def train(job: Job, output: Path, measure: Measure, overwrite: bool = False) -> TrainOutcome:
    """Train a language model, or go on with an unfinished training of the same.

    Under ``torchrun`` every process calls this, and the first alone writes.

    Args:
        job: what `plan` decided.
        output: the model's folder.
        measure: turns a test text, its tokens' log-probabilities and the context into what is kept of the test.
        overwrite: replace an artifact made differently.

    Returns:
        ``finished``, ``up to date`` (it was there already), or ``time is up`` (``--max-minutes``).

    Raises:
        InterruptedRunError: after Ctrl-C, with the checkpoint saved.
        DivergedError: where the loss is not a number any more.
    """
    recipe, world = job.recipe(), join_world()
    standing = "up to date" if world.rank else claim(output, recipe, overwrite)
    if not world.any(not world.rank and standing != "up to date")[0]:
        return "up to date"
    setting = _prepare(job)
    run = RunRecord(operational(job.training), setting.record | ({"processes": world.size} if world.size > 1 else {}))
    fill = functools.partial(_begin, job, setting.model)
    with (
        nullcontext(TrainingArtifact(output, recipe, run))
        if world.rank
        else TrainingArtifact.begin(output, recipe, run, fill, overwrite)
    ) as slot:
        trainer, outcome = _run(job, setting, slot, world)
        run.details |= trainer.cost()
        if outcome == "finished" and not world.rank:
            slot.finish(_summary(job, trainer, setting.device, measure), _ledger(job), (WEIGHTS, HISTORY))
    world.wait()
    if outcome == "finished":
        return "finished"
    where = f"{outcome} at epoch {trainer.at.epoch + 1}, step {trainer.at.step}; {output} is saved"
    if outcome == "interrupted":
        raise InterruptedRunError(where, "run the same command again to go on")
    progress.note(f"{where}: run the same command again to go on")
    return "time is up"


def _run(job: Job, setting: Setting, slot: TrainingArtifact, world: World) -> tuple[Trainer, Outcome]:
    """Go on from the current checkpoint, which all processes read before the first writes another."""
    task = LanguageModelTask(setting.model, _text(job, job.valid))
    trainer = Trainer(task, batches_of(job), job.training, setting.device, slot.save, world)
    world.wait()
    checkpoint = slot.current()
    if checkpoint is not None:
        trainer.load(checkpoint)
        progress.note(f"resuming {slot.path} at epoch {trainer.at.epoch + 1}, step {trainer.at.step}")
    world.wait()
    outcome = trainer.run(job.tokens * trainer.epochs)
    progress.note(cost_line(trainer.at.tokens, trainer.at.seconds, trainer.at.joules, setting.device))
    return trainer, outcome


@dataclass(frozen=True)
class Setting:
    """Where and how a job is computed, and its model there, freshly initialised."""

    model: NeuralLanguageModel
    device: torch.device
    record: dict[str, Any]


def _prepare(job: Job) -> Setting:
    """Choose device and precision, say so, and make the model."""
    training = job.training
    device, _ = devices.choose_device(training.device)
    precision, threads = job.precision, devices.set_threads(training.threads)
    for line in job.choices:
        progress.note(line)
    devices.deterministic(training.deterministic)
    devices.seed_everything(training.seed)
    model = NeuralLanguageModel(job.options, len(job.vocabulary), precision)
    if job.options.init_vectors:
        _start_from_vectors(model, job.vocabulary, Path(job.options.init_vectors))
    return Setting(model.to(device), device, {"device": str(device), "precision": precision, "threads": threads})


def _text(job: Job, held_out: HeldOut) -> ModelText:
    corpus = held_out.corpus
    mapping = job.mapping if corpus is job.train else corpus.vocabulary.mapping(job.vocabulary)
    return model_text(held_out.name, corpus, held_out.sentences, mapping, job.train.characters)


def _start_from_vectors(model: NeuralLanguageModel, vocabulary: Vocabulary, path: Path) -> None:
    vectors = chosen_vectors(path, set(vocabulary.tokens[2:]))
    dim = model.options.emb_dim
    if any(len(vector) != dim for vector in vectors.values()):
        found = len(next(iter(vectors.values())))
        raise InputError(f"{path} has vectors of dimension {found}, the model {dim}", f"give --emb-dim {found}")
    with torch.no_grad():
        for token, vector in vectors.items():
            model.embedding.weight[vocabulary.ids[token]] = torch.from_numpy(vector)
    progress.note(f"{len(vectors):,} of {len(vocabulary) - 2:,} embeddings start from {path}")


def _begin(job: Job, model: NeuralLanguageModel, draft: Draft) -> None:
    """Write what training does not change."""
    write_carried(draft.path, job.vocabulary, job.corpus)
    options = job.options
    sizes = [options.emb_dim]
    if options.arch == "transformer":
        sizes += [options.feed_forward_dim()] * options.layers
    elif options.arch == "recurrent" or options.combine == "concat":
        sizes += options.hidden_sizes()
    shape = "-".join(map(str, sizes))
    kind = {
        "recurrent": options.cell.upper(),
        "transformer": f"transformer {options.positions} {options.span}",
        "window": f"window {options.context} {options.combine}",
    }[options.arch]
    draft.summary |= {
        "architecture": f"{kind} {shape}{' tied' if options.tied else ''}",
        "parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "vocabulary": len(job.vocabulary),
        "tokenizer": job.train.tokenizer.name,
        "lossless": job.train.tokenizer.lossless,
        "preprocessing": preprocessing_summary(job.corpus),
        "precision": job.precision,
        "tokens": job.tokens,
    }


def _summary(job: Job, trainer: Trainer, device: torch.device, measure: Measure) -> dict[str, Any]:
    best, context = trainer.at.best_loss, job.options.batching
    # Tested in fp32, as the finished model will be by everyone else.
    model = NeuralLanguageModel(job.options, len(job.vocabulary)).to(device)
    model.load_state_dict(trainer.best)
    tests = []
    for test in job.tests:
        text = _text(job, test)
        tests.append(
            {"data": test.name} | measure(text, token_log_probs(model, text.ids, text.bounds, context), context)
        )
    return {
        "epochs": trainer.at.epoch,
        "best_epoch": trainer.at.best_epoch,
        "best_valid_perplexity": math.exp(best) if best is not None and best < 700 else None,
        "tests": tests,
    }


def _ledger(job: Job) -> list[dict[str, Any]]:
    rows = [dict(row) for row in job.corpus.manifest.ledger]
    if job.cut:
        rows.append({"what": "training tokens", "count": job.cut, "why": "past the vocabulary's end, read as <unk>"})
    return rows
