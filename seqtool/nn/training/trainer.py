"""The only training loop: clipping, schedules, early stopping, checkpoints, resume.

A `Task` says what one batch costs and how well the model does on held-out text; everything else is the same for every
neural model. The loss is the mean per token.
"""

from __future__ import annotations

import dataclasses
import gc
import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from seqtool import progress
from seqtool.artifact.files import read_json
from seqtool.errors import DivergedError, damaged
from seqtool.nn.batches.batching import Batch, Batches
from seqtool.nn.device import random_state, restore_random_state, seed_everything
from seqtool.nn.options import TrainingOptions
from seqtool.nn.training import checkpoint as files
from seqtool.nn.training import gradient_accumulation as parts
from seqtool.nn.training import optim
from seqtool.nn.training.cost import cost, energy_meter
from seqtool.nn.training.distributed import World, require_rows
from seqtool.nn.training.history import (
    HISTORY,
    HISTORY_COLUMNS,
    MAX_LOSS,
    TrainingState,
    format_loss,
    write_history,
)
from seqtool.nn.training.optim import Schedule, WeightAverage
from seqtool.nn.training.signals import stop_signal

Hidden = parts.Hidden
Task = parts.Task
Outcome = Literal["finished", "time is up", "interrupted"]


class Trainer:
    """Trains a task's model to the end of its epochs, or until stopped.

    Args:
        task: the model and its losses.
        batches: what is trained on.
        options: resolved options (``epochs`` and ``lr`` filled in).
        device: where the model lives.
        save: called with a function that writes a checkpoint into a folder.
        world: the processes that train together; the first one's ``save`` alone is called.
        selection_metric: the measure on the held-out text by which the best weights are chosen, or ``loss``.

    Raises:
        UsageError: the rows of a batch cannot be dealt to the processes.
    """

    def __init__(
        self,
        task: Task,
        batches: Batches,
        options: TrainingOptions,
        device: torch.device,
        save: Callable[[Callable[[Path], None]], None],
        world: World = World(),  # noqa: B008  (it is frozen)
        selection_metric: str = "loss",
    ) -> None:
        if batches.stateful:
            require_rows(options.batch_size, world)
        self.world, self.selection_metric = world, selection_metric
        assert options.epochs is not None
        assert options.lr is not None
        self.task, self.batches, self.options, self.device, self._save = task, batches, options, device, save
        self.epochs: int = options.epochs
        self.schedule = Schedule(options, self.epochs * len(batches))
        parameters = task.model.parameters()
        self.optimizer = optim.make_optimizer(
            options.optimizer, parameters, options.lr, weight_decay=options.weight_decay
        )
        nonmono = options.nonmono if options.optimizer == "nt-asgd" else None
        self.average = WeightAverage(task.model.parameters(), nonmono)
        self.state = TrainingState()
        self.hidden: Hidden = None
        self._all_rows: list[Tensor] = []
        self._joules_before, self._meter = self.state.joules, energy_meter(device)
        self.best: dict[str, Tensor] = {}
        self._saved_at = time.monotonic()
        self._seed_own_rows()

    def run(self, total_tokens: int) -> Outcome:
        """Continue the training from its current state.

        Args:
            total_tokens: tokens of all epochs, for the progress bar.

        Raises:
            DivergedError: where the loss or the gradient is not a finite number.
        """
        # The command line starts without it (`cli.main`), and a training makes garbage for hours.
        gc.enable()
        started, seconds_before = time.monotonic(), self.state.seconds
        self._joules_before, self._meter = self.state.joules, energy_meter(self.device)
        limit = math.inf if self.options.max_minutes is None else self.options.max_minutes * 60
        with progress.stage("train", self.batches.unit, total_tokens) as stage, stop_signal() as stopped:
            stage.start_at(self.state.tokens)
            while self.state.epoch < self.epochs and not self.state.stopped_early:
                for batch in self.batches:
                    self.step(batch)
                    stage.advance(batch.tokens, self._detail())
                    if self._is_time_to_validate():
                        self._validate(stage, f" step {self.state.step}")
                        self.save()
                    now = time.monotonic()
                    self.state.seconds = seconds_before + now - started
                    # All processes must decide alike, or one would wait for the others for ever.
                    interrupted, late, due = self.world.any(
                        stopped.is_set(), now - started > limit, now - self._saved_at > self.options.checkpoint_seconds
                    )
                    if interrupted or late or due:
                        self.save()
                    if interrupted or late:
                        return "interrupted" if interrupted else "time is up"
                self._end_epoch(stage)
        return "finished"

    def _is_time_to_validate(self) -> bool:
        """Whether a step of ``validate_every`` is done; not the last of an epoch, after which there is one anyway."""
        every = self.options.validate_every
        return every is not None and self.state.step % every == 0 and self.state.epoch_steps < len(self.batches)

    def step(self, batch: Batch) -> None:
        """Learn from one batch.

        Raises:
            DivergedError: where the loss or the gradient is not a finite number.
        """
        model, rate = self.task.model, self.schedule.rate(self.state.step) * batch.lr_share
        model.train()
        optim.set_learning_rate(self.optimizer, rate)
        self.optimizer.zero_grad(set_to_none=True)
        loss, hidden = parts.backward(
            self.task, batch.to(self.device), self.hidden, self.options.accumulate, self.world
        )
        self.hidden = hidden if self.batches.stateful else None
        norm = optim.clip_gradients(model.parameters(), self.options.clip or None)
        # Before the step, so that the weights stay good.
        if not math.isfinite(norm):
            self._diverged(rate)
        self.optimizer.step()
        self.average.after_step()
        self.state.step += 1
        self.state.epoch_steps += 1
        self.state.norm_sum += norm
        self.state.tokens += batch.tokens
        value = float(loss)
        if not math.isfinite(value):
            self._diverged(rate)
        self.state.epoch_loss += value * batch.tokens
        self.state.epoch_tokens += batch.tokens

    def _diverged(self, rate: float) -> None:
        kept = "the last checkpoint is kept" if self.state.best_loss is not None else "there is no earlier result"
        where = f"training diverged at step {self.state.step}, at learning rate {rate:g}"
        raise DivergedError(
            f"{where}: the loss or its gradient is not a finite number, or too large; {kept}",
            "train again with --overwrite and a lower --lr or --clip",
        )

    def _end_epoch(self, stage: progress.Stage) -> None:
        state, self.hidden = self.state, None
        valid = self._validate(stage)
        state.epoch += 1
        state.epoch_loss, state.epoch_tokens, state.norm_sum, state.epoch_steps = 0.0, 0, 0.0, 0
        self.schedule.after_epoch(state.epoch, valid)
        if self.average.after_validation(valid):
            progress.note(f"validation stopped improving: weights are averaged from epoch {state.epoch + 1} on")
        patience = self.options.patience
        state.stopped_early = patience is not None and state.epoch - state.best_epoch >= patience
        if state.stopped_early:
            progress.note(f"stopped early: no improvement since epoch {state.best_epoch}")
        self.save()

    def _validate(self, stage: progress.Stage, where: str = "") -> float:
        """Judge the weights, keep them if they are the best so far, and write it all down; the judgment."""
        with self.average.in_place():
            self.task.model.eval()
            with torch.no_grad():
                valid, measures = self.task.validate()
            judgment = -measures[self.selection_metric] if self.selection_metric in measures else valid
            state, epoch = self.state, self.state.epoch + 1
            rate = self.schedule.rate(max(0, state.step - 1))
            train = state.epoch_loss / max(1, state.epoch_tokens)
            norm = state.norm_sum / max(1, state.epoch_steps)
            state.history.append([state.step, epoch, state.tokens, train, valid, rate, norm, *measures.values()])
            state.measures = list(measures) or state.measures
            if not valid < MAX_LOSS:
                self._diverged(rate)
            if state.best_judgment is None or (judgment, valid) < (state.best_judgment, state.best_loss):
                state.best_judgment, state.best_loss, state.best_epoch = judgment, valid, epoch
                self.best = {
                    name: tensor.detach().cpu().clone() for name, tensor in self.task.model.state_dict().items()
                }
            said = "".join(f"  {name} {value:.4g}" for name, value in measures.items())
            progress.note(
                f"epoch {epoch}/{self.epochs}{where}  train {self._shown(train)}  valid {self._shown(valid)}{said}  "
                f"lr {rate:.4g}  {stage.rate_and_time()}"
            )
            return judgment

    def _detail(self) -> str:
        loss = self.state.epoch_loss / max(1, self.state.epoch_tokens)
        return f"epoch {self.state.epoch + 1}/{self.epochs}  loss {self._shown(loss)}"

    def _shown(self, loss: float) -> str:
        return format_loss(loss, self.task.perplexity)

    @property
    def best_perplexity(self) -> float | None:
        """Of the best loss on the held-out text, where there is one."""
        best = self.state.best_loss
        return math.exp(best) if best is not None and best < MAX_LOSS else None

    def cost(self) -> dict[str, float]:
        """What the training took so far, over all its runs."""
        return cost(self.state.tokens, self.state.seconds, self.state.joules, self.device)

    def save(self) -> None:
        """Write a checkpoint now."""
        joules = self._meter.joules()
        self.state.joules = self._joules_before if joules is None else (self._joules_before or 0.0) + joules
        self._all_rows = [torch.cat(self.world.gathered(part)) for part in self.hidden or ()]
        if not self.world.rank:
            self._save(self.write)
        self._saved_at = time.monotonic()

    def write(self, folder: Path) -> None:
        """Write what resuming needs, the history, and the best weights so far."""
        hidden = {f"hidden.{i}": part for i, part in enumerate(self._all_rows)}
        tensors = (
            files.with_prefix("model", self.task.model.state_dict())
            | files.flatten_optimizer(self.optimizer)
            | files.with_prefix("random", random_state())
            | files.with_prefix("average", self.average.tensors())
            | hidden
        )
        values = {
            "progress": dataclasses.asdict(self.state),
            "batches": self.batches.state_dict(),
            "schedule": self.schedule.state_dict(),
            "average": self.average.state_dict(),
        }
        files.save_weights(tensors, folder / files.STATE_TENSORS)
        (folder / files.STATE_JSON).write_text(json.dumps(values, allow_nan=False), encoding="utf-8")
        columns = [*HISTORY_COLUMNS, *(f"valid_{name}" for name in self.state.measures)]
        write_history(columns, self.state.history, folder / HISTORY)
        if self.best:
            files.save_weights(self.best, folder / files.WEIGHTS)

    def load(self, folder: Path) -> None:
        """Go on from a checkpoint written by `write`, on any device.

        Raises:
            ArtifactError: where the checkpoint does not fit this training.
        """
        tensors = files.load_weights(folder / files.STATE_TENSORS)
        try:
            values: dict[str, Any] = read_json(folder / files.STATE_JSON)
            self.state = TrainingState(**values["progress"])
            self.batches.load_state_dict(values["batches"])
            self.schedule.load_state_dict(values["schedule"])
            self.task.model.load_state_dict(files.without_prefix("model", tensors))
            files.restore_optimizer(self.optimizer, tensors)
            self.average.load(values["average"], files.without_prefix("average", tensors))
            restore_random_state(files.without_prefix("random", tensors))
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise damaged(folder, error, "train again with --overwrite") from None
        hidden = [tensors[f"hidden.{i}"].to(self.device) for i in range(len(tensors)) if f"hidden.{i}" in tensors]
        self.hidden = tuple(part.chunk(self.world.size)[self.world.rank] for part in hidden) or None
        self._seed_own_rows()
        if (folder / files.WEIGHTS).exists():
            self.best = files.load_weights(folder / files.WEIGHTS)

    def _seed_own_rows(self) -> None:
        """Every process but the first draws its own masks of dropout."""
        if self.world.rank:
            drawn = np.random.SeedSequence((self.options.seed, self.world.rank, self.state.step)).generate_state(1)
            seed_everything(int(drawn[0]))
