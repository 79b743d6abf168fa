"""A training from its claim on a folder to the finished artifact, for every kind of model."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import torch
from torch import nn

from seqtool import progress
from seqtool.artifact.manifest import Recipe
from seqtool.artifact.read import read_manifest
from seqtool.artifact.training import TrainingArtifact
from seqtool.artifact.write import Claim, Draft, RunRecord, examine
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

ModelT = TypeVar("ModelT", bound=nn.Module)
BatchesT = TypeVar("BatchesT", bound=Batches)
Status = Literal["finished", "up to date", "time is up"]
_COPIES = {"sgd": 2, "nt-asgd": 3, "adam": 4, "adamw": 4}  # of the weights: themselves, gradients, the optimizer's


@dataclass(frozen=True, kw_only=True)
class TrainingPlan(ABC, Generic[ModelT, BatchesT]):
    """A training with everything decided: what is trained on what, and how. Each family of models has its own.

    Attributes:
        training: resolved: ``epochs`` and ``lr`` are filled in.
        precision: the one to compute in, ``fp32`` or ``bf16``.
        ledger: what was changed or dropped of the data.
        choices: what was decided for the user, in a line each.
    """

    training: TrainingOptions
    precision: str
    ledger: Sequence[Mapping[str, Any]]
    choices: Sequence[str]

    @property
    @abstractmethod
    def tokens(self) -> int:
        """Units of one epoch, as the batches count them, for the progress bar."""

    @property
    def selection_metric(self) -> str:
        """What the best weights are chosen by: ``loss``, or a measure of the task."""
        return "loss"

    @abstractmethod
    def recipe(self) -> Recipe:
        """What determines the result."""

    @abstractmethod
    def new_model(self, precision: str) -> ModelT:
        """The model with its first weights, drawn from PyTorch's generator."""

    def start_from_given(self, model: ModelT) -> None:
        """Replace first weights by those that the user gave, such as word vectors."""

    @abstractmethod
    def new_batches(self) -> BatchesT:
        """What is trained on."""

    @abstractmethod
    def task(self, model: ModelT, batches: BatchesT, folder: Path) -> Task:
        """The losses of the model; ``folder`` is the artifact under way."""

    @abstractmethod
    def begin(self, model: ModelT, draft: Draft) -> None:
        """Write what training does not change, and what is known of the model."""

    @abstractmethod
    def summary(self, trainer: Trainer, model: ModelT, folder: Path) -> dict[str, Any]:
        """What is known at the end; ``model`` has the best weights and computes in fp32, as everyone else will."""

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """What the training would be: resolved options, vocabulary, size and memory; nothing is trained."""


@dataclass(frozen=True)
class Trained:
    """What became of a training.

    Attributes:
        status: ``up to date`` where the model was there already; ``time is up`` after ``--max-minutes``.
        path: the model's folder; that of the unfinished training where the time is up.
        summary: of the artifact there.
    """

    status: Status
    path: Path
    summary: Mapping[str, Any]


def run_training(plan: TrainingPlan[Any, Any], output: Path, overwrite: bool = False) -> Trained:
    """Train a model, or continue an unfinished training of the same.

    Under ``torchrun`` every process calls this, and the first alone writes.

    Args:
        plan: what is trained on what, and how.
        output: the model's folder.
        overwrite: replace an artifact made differently.

    Raises:
        InterruptedRunError: after Ctrl-C, with the checkpoint saved.
        DivergedError: where the loss is not a number any more.
    """
    recipe, world = plan.recipe(), join_world()
    found = Claim("up to date") if world.rank else examine(output, recipe, overwrite)
    if not world.any(not world.rank and found.status != "up to date")[0]:
        return _up_to_date(output, found)
    model, device, record = _prepare(plan)
    run = RunRecord(operational(plan.training), record | ({"processes": world.size} if world.size > 1 else {}))
    with (
        nullcontext()
        if world.rank
        else TrainingArtifact.begin(output, recipe, run, functools.partial(plan.begin, model), overwrite)
    ) as begun:
        if not world.any(begun is not None)[0]:
            return _up_to_date(output, Claim("up to date"))
        slot = begun or TrainingArtifact(output, recipe, run)
        trainer, outcome = _run(plan, model, device, slot, world)
        run.details |= trainer.cost()
        summary = {} if world.rank else _ended(plan, trainer, slot, outcome)
    world.wait()
    if outcome == "finished":
        return Trained("finished", output, summary)
    why = "interrupted" if outcome == "interrupted" else "stopped after --max-minutes"
    where = f"{why} in epoch {trainer.state.epoch + 1}, at step {trainer.state.step}; the checkpoint is in {slot.path}"
    remedy = "run the same command again to continue"
    if outcome == "interrupted":
        raise InterruptedRunError(where, remedy)
    progress.note(f"{where}; {remedy}")
    return Trained("time is up", slot.path, summary)


def training_size(plan: TrainingPlan[Any, Any], batches: int) -> dict[str, Any]:
    """What a training would be in numbers: parameters, memory of the weights and what belongs to them, steps."""
    parameters = trainable(_first_model(plan, "fp32"))
    copies = _COPIES[plan.training.optimizer]
    return {
        "parameters": parameters,
        "weights_gradients_optimizer_mb": round(parameters * 4 * copies / 2**20),
        "steps": batches * (plan.training.epochs or 0),
    }


def trainable(model: nn.Module) -> int:
    """Numbers that are learned."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def _first_model(plan: TrainingPlan[ModelT, Any], precision: str) -> ModelT:
    model = plan.new_model(precision)
    plan.start_from_given(model)
    return model


def _prepare(plan: TrainingPlan[Any, Any]) -> tuple[nn.Module, torch.device, dict[str, Any]]:
    """Choose device and precision, say so, and make the model."""
    training = plan.training
    device, _ = devices.choose_device(training.device)
    threads = devices.set_threads(training.threads)
    for line in plan.choices:
        progress.note(line)
    devices.deterministic(training.deterministic)
    devices.seed_everything(training.seed)
    model = _first_model(plan, plan.precision).to(device)
    return model, device, {"device": str(device), "precision": plan.precision, "threads": threads}


def _run(
    plan: TrainingPlan[Any, Any], model: nn.Module, device: torch.device, slot: TrainingArtifact, world: World
) -> tuple[Trainer, Outcome]:
    """Continue from the current checkpoint, which all processes read before the first writes another."""
    batches = plan.new_batches()
    task = plan.task(model, batches, slot.path)
    trainer = Trainer(task, batches, plan.training, device, slot.save, world, plan.selection_metric)
    world.wait()
    checkpoint = slot.current()
    if checkpoint is not None:
        trainer.load(checkpoint)
        progress.note(f"resuming {slot.path} at epoch {trainer.state.epoch + 1}, step {trainer.state.step}")
    world.wait()
    outcome = trainer.run(plan.tokens * trainer.epochs)
    state = trainer.state
    progress.note(cost_line(state.tokens, state.seconds, state.joules, device, batches.unit))
    return trainer, outcome


def _ended(
    plan: TrainingPlan[Any, Any], trainer: Trainer, slot: TrainingArtifact, outcome: Outcome
) -> Mapping[str, Any]:
    """The summary of the artifact as it is now, which is finished where the training is."""
    if outcome != "finished":
        return slot.manifest.summary
    model = plan.new_model("fp32").to(trainer.device)
    model.load_state_dict(trainer.best)
    epochs = {"epochs": trainer.state.epoch, "best_epoch": trainer.state.best_epoch}
    summary = epochs | plan.summary(trainer, model.eval(), slot.path)
    return slot.finish(summary, [dict(row) for row in plan.ledger], (WEIGHTS, HISTORY)).summary


def _up_to_date(output: Path, found: Claim) -> Trained:
    """The answer of every process where the first one found the model made, perhaps by another command meanwhile."""
    existing = found.existing or read_manifest(output)
    return Trained("up to date", output, existing.summary)
