"""What the trainings of vectors share: epochs, history, and the artifact that grows with them."""

from __future__ import annotations

import contextlib
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from seqtool import progress
from seqtool.artifact.files import open_array, read_json
from seqtool.artifact.manifest import Recipe
from seqtool.artifact.training import TrainingArtifact
from seqtool.artifact.write import Draft, RunRecord
from seqtool.compute.arrays import save_array
from seqtool.errors import InterruptedRunError, damaged
from seqtool.nn.training.history import HISTORY, write_history

STATE = "state.json"
HISTORY_COLUMNS = ("epoch", "words", "predictions", "loss", "lr")


@dataclass
class TrainingState:
    """How far a training is; a row of ``history`` per epoch, of `HISTORY_COLUMNS`."""

    epoch: int = 0
    seconds: float = 0.0
    history: list[list[float]] = field(default_factory=list)

    @property
    def loss(self) -> float:
        """The mean loss of the last epoch."""
        return self.history[-1][3]

    def line(self, epochs: int) -> str:
        """The last epoch, of so many, for people; to be shown when it is saved, for what is shown is kept."""
        return f"epoch {self.epoch}/{epochs}  loss {self.loss:.5g}  lr {self.history[-1][4]:.3g}"


class Trainable(ABC):
    """A training of vectors.

    Attributes:
        name, unit, size: what is trained, for the progress bar, and how many of which unit an epoch has.
        epochs: how many there are.
        state: how far it is.
    """

    name: str
    unit: str
    size: int
    epochs: int
    state: TrainingState

    def run(self, save: Callable[[], None]) -> None:
        """Train to the last epoch, and call ``save`` after each.

        Raises:
            DivergedError: a weight or the loss is not a number any more.
        """
        started = time.monotonic() - self.state.seconds
        with (
            contextlib.closing(self.learner()) as learner,
            progress.stage(self.name, self.unit, self.epochs * self.size) as stage,
        ):
            stage.start_at(self.state.epoch * self.size)
            while self.state.epoch < self.epochs:
                loss, count = self.epoch(learner, stage)
                learner.collect()
                self.end_epoch(loss, count)
                self.state.seconds = time.monotonic() - started
                save()
                progress.note(f"{self.state.line(self.epochs)}  {stage.rate_and_time()}")

    @abstractmethod
    def learner(self) -> Any:
        """What learns; its ``collect`` brings what was learned to the training's weights, its ``close`` lets go."""

    @abstractmethod
    def epoch(self, learner: Any, stage: progress.Stage) -> tuple[float, int]:
        """Go through the data once: the sum of the losses, and how many they are."""

    @abstractmethod
    def end_epoch(self, loss: float, count: int) -> None:
        """Judge what `epoch` gave, once it is collected, and write it down.

        Raises:
            DivergedError: a weight or the loss is not a number any more.
        """

    @abstractmethod
    def matrices(self) -> dict[str, NDArray[Any]]:
        """Views of everything that is learned, by name."""

    @abstractmethod
    def results(self) -> dict[str, NDArray[Any]]:
        """What the artifact consists of in the end: matrices by the names of their files."""


def check_device(name: str) -> None:
    """Refuse a device that is not there.

    Raises:
        InputError: naming it.
    """
    if name != "cpu":
        from seqtool.embeddings.schedules import device_steps

        device_steps.torch_device(name)


def carry_out(
    training: Trainable,
    output: Path,
    recipe: Recipe,
    run: RunRecord,
    begin: Callable[[Draft], None],
    finish: Callable[[], tuple[dict[str, Any], list[dict[str, Any]]]],
    overwrite: bool,
) -> bool:
    """Train, or continue an unfinished training, with a checkpoint after every epoch, and finish the artifact.

    Args:
        training: what is trained.
        output, recipe, run, overwrite: see `TrainingArtifact.begin`.
        begin: writes what training does not change.
        finish: the summary's and the ledger's last entries.

    Returns:
        Whether there was anything to do.

    Raises:
        InterruptedRunError: after Ctrl-C; the last whole epoch is kept.
    """
    with TrainingArtifact.begin(output, recipe, run, begin, overwrite) as slot:
        if slot is None:
            return False
        checkpoint = slot.current()
        if checkpoint is not None:
            load(training, checkpoint)
            progress.note(f"resuming {slot.path} at epoch {training.state.epoch + 1}")
        try:
            with run.timed("train"):
                training.run(lambda: slot.save(lambda folder: write(training, folder)))
        except KeyboardInterrupt:
            epoch = training.state.epoch
            saved = f"epoch {epoch} is saved in {slot.path}" if epoch else "no epoch is saved"
            remedy = f"run the same command again to {'continue' if epoch else 'start over'}"
            raise InterruptedRunError(f"interrupted in epoch {epoch + 1}; {saved}", remedy) from None
        run.details["training_seconds"] = round(training.state.seconds, 1)
        slot.finish(*finish(), (*training.results(), HISTORY))
    return True


def write(training: Trainable, folder: Path) -> None:
    """Write what resuming needs, the vectors as they are, and the history."""
    for name, matrix in training.matrices().items():
        save_array(folder / f"{name}.npy", matrix)
    (folder / STATE).write_text(json.dumps(asdict(training.state)), encoding="utf-8")
    for name, matrix in training.results().items():
        save_array(folder / name, matrix)
    write_history(HISTORY_COLUMNS, training.state.history, folder / HISTORY)


def load(training: Trainable, folder: Path) -> None:
    """Continue from what `write` wrote.

    Raises:
        ArtifactError: where that does not fit the training.
    """
    try:
        training.state = TrainingState(**read_json(folder / STATE))
        for name, matrix in training.matrices().items():
            stored = open_array(folder / f"{name}.npy", (matrix.dtype.name,), matrix.ndim)
            if stored.shape != matrix.shape:
                raise ValueError(f"{name}.npy has shape {stored.shape}, expected {matrix.shape}")
            matrix[:] = stored
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise damaged(folder, error, "train again with --overwrite") from None
