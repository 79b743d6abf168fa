"""A training command from its claim on a folder to the finished artifact, for every kind of model."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Literal, Protocol

import torch
from torch import nn

from seqtool import progress
from seqtool.artifact.manifest import Recipe
from seqtool.artifact.training import TrainingArtifact
from seqtool.artifact.write import Draft, RunRecord, claim
from seqtool.errors import InterruptedRunError
from seqtool.nn import device as devices
from seqtool.nn.batches.batching import Batches
from seqtool.nn.options import TrainingOptions
from seqtool.nn.training.checkpoint import WEIGHTS
from seqtool.nn.training.cost import cost_line
from seqtool.nn.training.distributed import World, join_world
from seqtool.nn.training.history import HISTORY
from seqtool.nn.training.trainer import Outcome, Task, Trainer
from seqtool.options import operational

TrainOutcome = Literal["finished", "up to date", "time is up"]
_COPIES = {"sgd": 2, "nt-asgd": 3, "adam": 4, "adamw": 4}  # of the weights: themselves, gradients, the optimiser's


class Decided(Protocol):
    """What a plan has decided of every training."""

    @property
    def training(self) -> TrainingOptions:
        """Resolved: ``epochs`` and ``lr`` are filled in."""
        ...

    @property
    def precision(self) -> str:
        """Computed in: ``fp32`` or ``bf16``."""
        ...

    @property
    def choices(self) -> Sequence[str]:
        """What was decided for the user, in a line each."""
        ...


class TrainingJob(Protocol):
    """What differs from one kind of model to another."""

    @property
    def job(self) -> Decided:
        """The plan."""
        ...

    @property
    def ledger(self) -> Sequence[Mapping[str, Any]]:
        """What was changed or dropped of the data."""
        ...

    @property
    def tokens(self) -> int:
        """Targets of one epoch, for the progress bar."""
        ...

    def recipe(self) -> Recipe:
        """What determines the result."""
        ...

    def new_model(self, precision: str) -> nn.Module:
        """The model with its first weights, drawn from PyTorch's generator."""
        ...

    def new_batches(self) -> Batches:
        """What is trained on."""
        ...

    @property
    def decides(self) -> str:
        """What the best weights are chosen by: ``loss``, or a measure of the task."""
        ...

    def task(self, model: Any, batches: Any, folder: Path) -> Task:
        """The losses of the model; ``folder`` is the artifact under way."""
        ...

    def begin(self, model: Any, draft: Draft) -> None:
        """Write what training does not change, and what is known of the model."""
        ...

    def summary(self, trainer: Trainer, folder: Path) -> dict[str, Any]:
        """What is known at the end."""
        ...


def run_training(work: TrainingJob, output: Path, overwrite: bool = False) -> TrainOutcome:
    """Train a model, or go on with an unfinished training of the same.

    Under ``torchrun`` every process calls this, and the first alone writes.

    Args:
        work: what is trained on what, and how.
        output: the model's folder.
        overwrite: replace an artifact made differently.

    Returns:
        ``finished``, ``up to date`` (it was there already), or ``time is up`` (``--max-minutes``).

    Raises:
        InterruptedRunError: after Ctrl-C, with the checkpoint saved.
        DivergedError: where the loss is not a number any more.
    """
    recipe, world = work.recipe(), join_world()
    standing = "up to date" if world.rank else claim(output, recipe, overwrite)
    if not world.any(not world.rank and standing != "up to date")[0]:
        return "up to date"
    model, device, record = _prepare(work)
    run = RunRecord(operational(work.job.training), record | ({"processes": world.size} if world.size > 1 else {}))
    with (
        nullcontext()
        if world.rank
        else TrainingArtifact.begin(output, recipe, run, functools.partial(work.begin, model), overwrite)
    ) as begun:
        if not world.any(begun is not None)[0]:
            return "up to date"
        slot = begun or TrainingArtifact(output, recipe, run)
        trainer, outcome = _run(work, model, device, slot, world)
        run.details |= trainer.cost()
        if outcome == "finished" and not world.rank:
            slot.finish(work.summary(trainer, slot.path), [dict(row) for row in work.ledger], (WEIGHTS, HISTORY))
    world.wait()
    if outcome == "finished":
        return "finished"
    where = f"{outcome} at epoch {trainer.at.epoch + 1}, step {trainer.at.step}; {slot.path} is saved"
    if outcome == "interrupted":
        raise InterruptedRunError(where, "run the same command again to go on")
    progress.note(f"{where}: run the same command again to go on")
    return "time is up"


def size_of(work: TrainingJob, batches: int) -> dict[str, Any]:
    """What a training would be in numbers: parameters, memory of the weights and what belongs to them, steps."""
    parameters = trainable(work.new_model("fp32"))
    copies = _COPIES[work.job.training.optimizer]
    return {
        "parameters": parameters,
        "weights_gradients_optimizer_mb": round(parameters * 4 * copies / 2**20),
        "steps": batches * (work.job.training.epochs or 0),
    }


def trainable(model: nn.Module) -> int:
    """Numbers that are learned."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def _prepare(work: TrainingJob) -> tuple[nn.Module, torch.device, dict[str, Any]]:
    """Choose device and precision, say so, and make the model."""
    training = work.job.training
    device, _ = devices.choose_device(training.device)
    threads = devices.set_threads(training.threads)
    for line in work.job.choices:
        progress.note(line)
    devices.deterministic(training.deterministic)
    devices.seed_everything(training.seed)
    model = work.new_model(work.job.precision).to(device)
    return model, device, {"device": str(device), "precision": work.job.precision, "threads": threads}


def _run(
    work: TrainingJob, model: nn.Module, device: torch.device, slot: TrainingArtifact, world: World
) -> tuple[Trainer, Outcome]:
    """Go on from the current checkpoint, which all processes read before the first writes another."""
    batches = work.new_batches()
    task = work.task(model, batches, slot.path)
    trainer = Trainer(task, batches, work.job.training, device, slot.save, world, work.decides)
    world.wait()
    checkpoint = slot.current()
    if checkpoint is not None:
        trainer.load(checkpoint)
        progress.note(f"resuming {slot.path} at epoch {trainer.at.epoch + 1}, step {trainer.at.step}")
    world.wait()
    outcome = trainer.run(work.tokens * trainer.epochs)
    at = trainer.at
    progress.note(cost_line(at.tokens, at.seconds, at.joules, device, batches.unit))
    return trainer, outcome
