"""The training loop on a task small enough to watch: stopping, resuming, diverging, and the best weights."""

from __future__ import annotations

import dataclasses
import errno
import math
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from seqtool import progress
from seqtool.errors import ArtifactError, DivergedError
from seqtool.lm.neural import NeuralLanguageModel
from seqtool.lm.options import LanguageModelOptions
from seqtool.nn.batches.batching import Batch, Batches, SentenceBatches, StreamBatches, WindowBatches
from seqtool.nn.batches.random_bptt import RandomStreamBatches
from seqtool.nn.options import TrainingOptions
from seqtool.nn.training.checkpoint import save_weights
from seqtool.nn.training.trainer import Hidden, Trainer

CPU = torch.device("cpu")
IDS = np.random.default_rng(3).integers(2, 9, 90).astype(np.uint16)
IDS[9::10] = 1
BOUNDS = np.arange(0, 91, 10)
Save = Callable[[Callable[[Path], None]], None]


class Task:
    """A tiny language model; its validation losses are those given, else its own on the training text."""

    perplexity = True

    def __init__(self, model: NeuralLanguageModel, losses: list[float] | None = None) -> None:
        self.model: NeuralLanguageModel = model
        self.losses = losses
        self.epoch = 0

    def loss(self, batch: Batch, hidden: Hidden) -> tuple[Tensor, Hidden]:
        return self.model.loss(batch.inputs, batch.targets, hidden or self.model.initial_state(batch.inputs.shape[1]))

    def validate(self) -> tuple[float, dict[str, float]]:
        self.epoch += 1
        if self.losses is not None:
            return self.losses[self.epoch - 1], {}
        return float(sum(parameter.double().abs().mean() for parameter in self.model.parameters())), {}


def batches_of(kind: str, seed: int = 5) -> Batches:
    if kind in ("stream", "transformer"):
        return StreamBatches(IDS, 1, 4, 5)
    if kind == "random stream":
        return RandomStreamBatches(IDS, 1, 2, 4, seed)
    if kind == "sentence":
        return SentenceBatches(IDS, BOUNDS, 1, 2, seed)
    return WindowBatches(IDS, 1, 3, 20, seed)


def trainer_of(kind: str, save: Save, losses: list[float] | None = None, **training: Any) -> Trainer:
    torch.manual_seed(1)
    architecture: dict[str, Any] = {"arch": "window", "context": 3} if kind == "window" else {"layers": 2}
    if kind == "transformer":
        architecture |= {"arch": "transformer", "heads": 2, "span": 4}
    options = LanguageModelOptions(emb_dim=4, hidden_dim=4, dropout=0.3, **architecture)
    values: dict[str, Any] = {"epochs": 3, "lr": 0.05, "checkpoint_seconds": 1e9} | training
    return Trainer(
        Task(NeuralLanguageModel(options, 10), losses), batches_of(kind), TrainingOptions(**values), CPU, save
    )


def into(folder: Path) -> Save:
    """A `save` that keeps only the last checkpoint."""

    def save(write: Callable[[Path], None]) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        write(folder)

    return save


class Halt(Exception):  # noqa: N818
    pass


def stop_after(step: int, folder: Path) -> Save:
    """A `save` that keeps its checkpoint and stops the training once ``step`` steps are made."""
    keep = into(folder)

    def save(write: Callable[[Path], None]) -> None:
        keep(write)
        if write.__self__.state.step >= step:  # type: ignore[attr-defined]
            raise Halt

    return save


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def without_seconds(contents: dict[str, bytes]) -> dict[str, bytes]:
    """state.json also holds the seconds spent, which differ from run to run."""
    import json

    state = json.loads(contents["state.json"])
    state["progress"].pop("seconds")
    return contents | {"state.json": json.dumps(state).encode()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, bytes]]:
    """The last checkpoint of an uninterrupted training, computed once per kind and options."""
    known: dict[Any, dict[str, bytes]] = {}

    def get(kind: str, **training: Any) -> dict[str, bytes]:
        key = (kind, *sorted(training.items()))
        if key not in known:
            folder = tmp_path_factory.mktemp("whole") / "c"
            assert trainer_of(kind, into(folder), **training).run(270) == "finished"
            known[key] = without_seconds(bytes_of(folder))
        return known[key]

    return get


KINDS = st.sampled_from(["stream", "random stream", "transformer", "sentence", "window"])
OPTIMIZERS = st.sampled_from(["sgd", "nt-asgd", "adam", "adamw"])
SCHEDULES = st.sampled_from(["constant", "cosine", "plateau", "step"])


@settings(max_examples=15, deadline=None)
@given(kind=KINDS, optimizer=OPTIMIZERS, schedule=SCHEDULES, stops=st.lists(st.integers(1, 15), min_size=1, max_size=2))
def test_stopped_at_any_step_and_resumed_it_ends_in_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory,
    whole: Callable[..., dict[str, bytes]],
    kind: str,
    optimizer: str,
    schedule: str,
    stops: list[int],
) -> None:
    training: dict[str, Any] = {"optimizer": optimizer, "schedule": schedule, "weight_decay": 0.01, "nonmono": 1}
    folder = tmp_path_factory.mktemp("resumed") / "c"
    for stop in sorted(stops):
        trainer = trainer_of(kind, stop_after(stop, folder), checkpoint_seconds=0.0, **training)
        if folder.exists():
            torch.rand(stop)  # whatever happens to the generator in another process
            trainer.load(folder)
        with pytest.raises(Halt):
            trainer.run(270)
    trainer = trainer_of(kind, into(folder), **training)
    torch.rand(3)
    trainer.load(folder)
    assert trainer.run(270) == "finished"
    assert without_seconds(bytes_of(folder)) == whole(kind, **training)


def test_another_seed_of_the_batches_ends_in_other_bytes(tmp_path: Path) -> None:
    """The comparison above can fail."""
    found = []
    for seed in (5, 6):
        trainer = trainer_of("sentence", into(tmp_path / str(seed)))
        trainer.batches = batches_of("sentence", seed)
        trainer.run(270)
        found.append(bytes_of(tmp_path / str(seed))["model.safetensors"])
    assert found[0] != found[1]


def test_the_time_limit_stops_with_a_checkpoint_and_goes_on(
    tmp_path: Path, whole: Callable[..., dict[str, bytes]]
) -> None:
    rounds = 0
    outcome = "time is up"
    while outcome == "time is up":
        trainer = trainer_of("stream", into(tmp_path / "c"), max_minutes=0.0)
        if rounds:
            trainer.load(tmp_path / "c")
        outcome = trainer.run(270)
        rounds += 1
        assert rounds < 100
    assert rounds == 3 * len(batches_of("stream")) + 1, "a step at a time, and a last look"
    assert without_seconds(bytes_of(tmp_path / "c")) == whole("stream")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_after_the_step_with_a_checkpoint(
    tmp_path: Path, whole: Callable[..., dict[str, bytes]], number: signal.Signals
) -> None:
    trainer = trainer_of("stream", into(tmp_path / "c"))
    step = trainer.step

    def interrupted(batch: Batch) -> None:
        if trainer.state.step == 2:
            os.kill(os.getpid(), number)
        step(batch)

    trainer.step = interrupted  # type: ignore[method-assign]
    before = signal.signal(number, signal.default_int_handler)  # under nohup SIGHUP would be ignored
    try:
        assert trainer.run(270) == "interrupted"
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)
    resumed = trainer_of("stream", into(tmp_path / "c"))
    resumed.load(tmp_path / "c")
    assert resumed.state.step == 3
    assert resumed.run(270) == "finished"
    assert without_seconds(bytes_of(tmp_path / "c")) == whole("stream")


def test_under_nohup_a_lost_terminal_is_none_of_its_business(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        trainer = trainer_of("stream", into(tmp_path / "c"))
        step = trainer.step

        def hung_up(batch: Batch) -> None:
            os.kill(os.getpid(), signal.SIGHUP)
            step(batch)

        trainer.step = hung_up  # type: ignore[method-assign]
        assert trainer.run(270) == "finished"
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_best_weights_are_kept_not_the_last(tmp_path: Path) -> None:
    seen: list[Tensor] = []
    trainer = trainer_of("stream", into(tmp_path / "c"), [3.0, 1.0, 2.0])
    task = trainer.task
    original = task.validate

    def watched() -> tuple[float, Mapping[str, float]]:
        seen.append(task.model.state_dict()["embedding.weight"].clone())
        return original()

    task.validate = watched  # type: ignore[method-assign]
    trainer.run(270)
    assert (trainer.state.best_epoch, trainer.state.best_loss) == (2, 1.0)
    assert torch.equal(trainer.best["embedding.weight"], seen[1])
    assert not torch.equal(seen[1], seen[2])


@pytest.mark.parametrize(
    ("losses", "patience", "epochs"),
    [
        ([3.0, 2.0, 2.0, 2.0, 2.0, 1.0], 2, 4),
        ([3.0, 3.0, 2.0, 2.5, 2.5, 1.0], 2, 5),
        ([3.0, 2.0, 1.0, 0.9, 0.8, 0.7], 1, 6),
        ([3.0, 4.0, 5.0, 1.0, 1.0, 1.0], 1, 2),
        ([3.0, 4.0, 5.0, 6.0, 7.0, 8.0], None, 6),
    ],
)
def test_patience_stops_after_so_many_epochs_without_a_new_best(
    tmp_path: Path, losses: list[float], patience: int | None, epochs: int
) -> None:
    trainer = trainer_of("stream", into(tmp_path / "c"), losses, epochs=6, patience=patience)
    assert trainer.run(540) == "finished"
    assert trainer.state.epoch == epochs
    resumed = trainer_of("stream", into(tmp_path / "c"), losses, epochs=6, patience=patience)
    resumed.load(tmp_path / "c")
    assert resumed.run(540) == "finished"
    assert resumed.state.epoch == epochs, "a finished training stays finished"


def test_the_history_has_a_line_an_epoch(tmp_path: Path) -> None:
    trainer = trainer_of("stream", into(tmp_path / "c"), [3.0, 1.0, 2.0], schedule="constant", clip=0.0)
    trainer.run(270)
    rows = [line.split("\t") for line in (tmp_path / "c" / "history.tsv").read_text().splitlines()]
    assert rows[0] == ["step", "epoch", "tokens", "train_loss", "valid_loss", "lr", "grad_norm"]
    steps = len(batches_of("stream"))
    assert [row[:3] for row in rows[1:]] == [[str(e * steps), str(e), str(90 * e)] for e in (1, 2, 3)]
    assert [float(row[4]) for row in rows[1:]] == [3, 1, 2]
    assert {row[5] for row in rows[1:]} == {"0.05"}
    assert 0 < float(rows[1][3]) < 2 * math.log(10)
    assert float(rows[1][6]) > 0


class Scalar(nn.Module):
    """loss = scale · w² / 2, whose gradient is scale · w: SGD of rate r multiplies w by 1 - r · scale."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.ones(1))
        self.scale = scale


class ScalarTask:
    perplexity = False

    def __init__(self, scale: float) -> None:
        self.model: Scalar = Scalar(scale)

    def loss(self, batch: Batch, hidden: Hidden) -> tuple[Tensor, Hidden]:
        return (self.model.scale * self.model.w**2 / 2).sum(), None

    def validate(self) -> tuple[float, dict[str, float]]:
        return float(self.model.w.abs().sum()), {}


class Fixed(Batches):
    """``count`` empty batches of two tokens."""

    def __init__(self, count: int) -> None:
        super().__init__(np.zeros(1), 1, None)
        self.count = count

    def __len__(self) -> int:
        return self.count

    def batch(self, index: int) -> Batch:
        return Batch(torch.zeros(1, 2), torch.zeros(1, 2), 2)


def scalar_trainer(scale: float, save: Save, **training: Any) -> Trainer:
    values: dict[str, Any] = {
        "epochs": 2,
        "lr": 0.5,
        "optimizer": "sgd",
        "schedule": "constant",
        "clip": 0.0,
    } | training
    return Trainer(ScalarTask(scale), Fixed(3), TrainingOptions(**values), CPU, save)


def test_sgd_by_hand(tmp_path: Path) -> None:
    trainer = scalar_trainer(1.0, into(tmp_path / "c"))
    trainer.run(12)
    assert float(trainer.task.model.w.detach()) == 0.5**6  # type: ignore[arg-type]
    first = trainer.state.history[0]
    assert first[3] == pytest.approx((1 + 0.25 + 0.0625) / 2 / 3), "the mean of the losses before each step"
    assert first[6] == pytest.approx((1 + 0.5 + 0.25) / 3), "the mean norm of the gradient"
    assert first[4] == 0.125


def test_clipping_bounds_the_step(tmp_path: Path) -> None:
    trainer = scalar_trainer(1.0, into(tmp_path / "c"), clip=0.25, epochs=1)
    trainer.run(6)
    assert float(trainer.task.model.w.detach()) == pytest.approx(1 - 3 * 0.5 * 0.25)  # type: ignore[arg-type]


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_checkpoint(tmp_path: Path) -> None:
    trainer = scalar_trainer(1e8, into(tmp_path / "c"), lr=1e4, epochs=50)
    with pytest.raises(DivergedError, match="learning rate 10000") as caught:
        trainer.run(100)
    assert caught.value.exit_code == 3
    resumed = scalar_trainer(1e8, into(tmp_path / "d"), lr=1e4, epochs=50)
    if (tmp_path / "c").exists():
        resumed.load(tmp_path / "c")
        assert math.isfinite(float(resumed.task.model.w.detach()))  # type: ignore[arg-type]
        assert "checkpoint" in str(caught.value)
    else:
        assert "checkpoint" not in str(caught.value)


def test_a_validation_loss_that_is_no_number_diverges_too(tmp_path: Path) -> None:
    trainer = trainer_of("stream", into(tmp_path / "c"), [3.0, math.nan, 2.0])
    with pytest.raises(DivergedError, match="checkpoint"):
        trainer.run(270)
    resumed = trainer_of("stream", into(tmp_path / "d"))
    resumed.load(tmp_path / "c")
    assert resumed.state.epoch == 1


def damage(folder: Path) -> Iterator[None]:
    """Spoil a checkpoint in one way after the other."""
    import json

    state, tensors = folder / "state.json", folder / "state.safetensors"
    good_state, good_tensors = state.read_bytes(), tensors.read_bytes()
    values = json.loads(good_state)
    for text in (
        "",
        "{}",
        "[]",
        "null",
        "3",
        json.dumps(values | {"progress": {"unknown": 1}}),
        json.dumps(values | {"batches": {}}),
        json.dumps(values | {"schedule": None}),
    ):
        state.write_text(text)
        yield
    state.write_bytes(good_state)
    for data in (b"", good_tensors[:50], good_tensors[:-1], b"\xff" * 8 + good_tensors[8:], b"\0" * 100):
        tensors.write_bytes(data)
        yield


def test_a_damaged_checkpoint_is_an_artifact_error(tmp_path: Path) -> None:
    trainer_of("stream", into(tmp_path / "c")).run(270)
    count = 0
    for _ in damage(tmp_path / "c"):
        with pytest.raises(ArtifactError, match="damaged"):
            trainer_of("stream", into(tmp_path / "d")).load(tmp_path / "c")
        count += 1
    assert count == 13


def test_a_checkpoint_of_another_model_is_an_artifact_error(tmp_path: Path) -> None:
    trainer_of("stream", into(tmp_path / "c")).run(270)
    with pytest.raises(ArtifactError, match="damaged"):
        trainer_of("window", into(tmp_path / "d")).load(tmp_path / "c")


def test_options_without_epochs_or_rate_are_a_programming_error() -> None:
    with pytest.raises(AssertionError):
        Trainer(ScalarTask(1.0), Fixed(1), dataclasses.replace(TrainingOptions(), epochs=1), CPU, into(Path("x")))


# Validation within an epoch.


def steps_of(trainer: Trainer) -> list[tuple[float, float]]:
    """(step, epoch) of every line of the history."""
    return [(row[0], row[1]) for row in trainer.state.history]


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        (None, [(3, 1), (6, 2)]),
        (1, [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (6, 2)]),
        (2, [(2, 1), (3, 1), (4, 2), (6, 2)]),
        (3, [(3, 1), (6, 2)]),
        (4, [(3, 1), (4, 2), (6, 2)]),
        (5, [(3, 1), (5, 2), (6, 2)]),
        (100, [(3, 1), (6, 2)]),
    ],
)
def test_validate_every_so_many_steps_and_once_at_the_end_of_an_epoch(
    tmp_path: Path, every: int | None, expected: list[tuple[float, float]]
) -> None:
    trainer = scalar_trainer(1.0, into(tmp_path / "c"), validate_every=every)
    assert trainer.run(12) == "finished"
    assert steps_of(trainer) == expected
    assert [row[4] for row in trainer.state.history] == [0.5**step for step, _ in expected]
    lines = (tmp_path / "c" / "history.tsv").read_text().splitlines()
    assert [line.split("\t")[:3] for line in lines[1:]] == [[str(s), str(e), str(2 * s)] for s, e in expected]


def test_the_training_loss_of_a_line_is_that_of_the_epoch_so_far(tmp_path: Path) -> None:
    trainer = scalar_trainer(1.0, into(tmp_path / "c"), validate_every=2)
    trainer.run(12)
    losses = [0.25**step / 2 for step in range(6)]
    found = [row[3] for row in trainer.state.history]
    assert found == pytest.approx([sum(losses[:2]) / 2, sum(losses[:3]) / 3, losses[3], sum(losses[3:]) / 3])
    assert trainer.state.history[0][6] == pytest.approx((1 + 0.5) / 2), "the mean norm so far"


def test_validating_does_not_change_what_is_learned(tmp_path: Path) -> None:
    plain = trainer_of("stream", into(tmp_path / "a"))
    assert plain.run(270) == "finished"
    often = trainer_of("stream", into(tmp_path / "b"), validate_every=1)
    assert often.run(270) == "finished"
    for name, tensor in plain.task.model.state_dict().items():
        assert torch.equal(tensor, often.task.model.state_dict()[name]), name
    assert len(often.state.history) == often.state.step > len(plain.state.history)


def test_the_best_weights_are_kept_wherever_in_an_epoch_they_were(tmp_path: Path) -> None:
    """The minimum is at w = 1/4, which the second of six halvings reaches."""
    trainer = scalar_trainer(1.0, into(tmp_path / "c"), validate_every=1)
    task = trainer.task
    task.validate = lambda: (abs(float(task.model.w.detach()) - 0.25), {})  # type: ignore[method-assign, arg-type]
    trainer.run(12)
    assert (trainer.state.best_loss, trainer.state.best_epoch) == (0.0, 1)
    assert trainer.best["w"].tolist() == [0.25]
    assert task.model.w.tolist() == [0.5**6]  # type: ignore[operator, union-attr]
    resumed = scalar_trainer(1.0, into(tmp_path / "d"), validate_every=1)
    resumed.load(tmp_path / "c")
    assert resumed.best["w"].tolist() == [0.25]
    without = scalar_trainer(1.0, into(tmp_path / "e"))
    without.task.validate = lambda: (abs(float(without.task.model.w.detach()) - 0.25), {})  # type: ignore[method-assign, arg-type]
    without.run(12)
    assert without.best["w"].tolist() == [0.125], "the end of the first epoch comes nearer than that of the second"


def test_patience_counts_epochs_not_validations(tmp_path: Path) -> None:
    """The best comes in the middle of the second epoch; two epochs later it ends."""
    losses = [9.0, 8.0, 7.0, 1.0, *[5.0] * 20]
    trainer = scalar_trainer(1.0, into(tmp_path / "c"), validate_every=2, patience=2, epochs=9)
    given = iter(losses)
    trainer.task.validate = lambda: (next(given), {})  # type: ignore[method-assign]
    assert trainer.run(54) == "finished"
    assert trainer.state.best_epoch == 2
    assert trainer.state.epoch == 4


@settings(max_examples=6, deadline=None)
@given(kind=KINDS, every=st.integers(1, 4), stops=st.lists(st.integers(1, 15), min_size=1, max_size=3))
def test_stopped_anywhere_with_validations_within_epochs_it_ends_in_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory,
    whole: Callable[..., dict[str, bytes]],
    kind: str,
    every: int,
    stops: list[int],
) -> None:
    training: dict[str, Any] = {"validate_every": every, "schedule": "plateau"}
    folder = tmp_path_factory.mktemp("resumed") / "c"
    for stop in sorted(stops):
        trainer = trainer_of(kind, stop_after(stop, folder), checkpoint_seconds=0.0, **training)
        if folder.exists():
            torch.rand(stop)
            trainer.load(folder)
        with pytest.raises(Halt):
            trainer.run(270)
    trainer = trainer_of(kind, into(folder), **training)
    trainer.load(folder)
    assert trainer.run(270) == "finished"
    assert without_seconds(bytes_of(folder)) == whole(kind, **training)
    assert len(steps_of(trainer)) == len(set(steps_of(trainer))), "no step is measured twice"


def test_a_measure_decides_where_it_is_asked_to_and_is_in_the_history(tmp_path: Path) -> None:
    """The loss is least in the first epoch, the measure greatest in the second; of equal measures the lower loss."""
    trainer = scalar_trainer(1.0, into(tmp_path / "c"), epochs=4)
    trainer.selection_metric = "accuracy"
    given = iter([(1.0, 0.5), (2.0, 0.75), (3.0, 0.75), (4.0, 0.25)])

    def validate() -> tuple[float, dict[str, float]]:
        loss, accuracy = next(given)
        return loss, {"f1": accuracy / 2, "accuracy": accuracy}

    trainer.task.validate = validate  # type: ignore[method-assign]
    assert trainer.run(24) == "finished"
    assert (trainer.state.best_epoch, trainer.state.best_loss, trainer.state.best_judgment) == (2, 2.0, -0.75)
    header, *rows = (line.split("\t") for line in (tmp_path / "c" / "history.tsv").read_text().splitlines())
    assert header[-3:] == ["grad_norm", "valid_f1", "valid_accuracy"]
    assert [row[-2:] for row in rows] == [["0.25", "0.5"], ["0.375", "0.75"], ["0.375", "0.75"], ["0.125", "0.25"]]


def test_perplexity_is_told_of_losses_that_are_of_tokens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    progress.set_quiet(False)  # whatever ran before
    trainer_of("stream", into(tmp_path / "a"), [3.0, 1.0, 2.0]).run(270)
    assert "valid 1.0000 (perplexity 2.72)" in capsys.readouterr().err
    scalar_trainer(1.0, into(tmp_path / "b")).run(12)
    said = capsys.readouterr().err
    assert "valid " in said
    assert "perplexity" not in said


def test_a_loss_that_is_no_number_within_an_epoch_diverges_too(tmp_path: Path) -> None:
    trainer = scalar_trainer(1.0, into(tmp_path / "c"), validate_every=1)
    given = iter([3.0, math.nan])
    trainer.task.validate = lambda: (next(given), {})  # type: ignore[method-assign]
    with pytest.raises(DivergedError, match="at step 2"):
        trainer.run(12)


# Averaged weights, and the learning rate's share.


def test_nt_asgd_validates_and_keeps_the_mean_of_the_weights_since_validation_stalled(tmp_path: Path) -> None:
    """w halves at each of three steps an epoch; the third epoch's loss is worse than the first's, so the rest count."""
    trainer = scalar_trainer(1.0, into(tmp_path / "c"), optimizer="nt-asgd", nonmono=1, epochs=4)
    seen: list[float] = []
    given = iter([1.0, 2.0, 3.0, 0.5])

    def validate() -> tuple[float, dict[str, float]]:
        seen.append(trainer.task.model.w.item())  # type: ignore[operator, union-attr]
        return next(given), {}

    trainer.task.validate = validate  # type: ignore[method-assign]
    assert trainer.run(24) == "finished"
    mean = (0.5**10 + 0.5**11 + 0.5**12) / 3
    assert seen == pytest.approx([0.5**3, 0.5**6, 0.5**9, mean])
    assert trainer.best["w"].item() == pytest.approx(mean)
    assert trainer.task.model.w.item() == 0.5**12, "training goes on with its own"  # type: ignore[operator, union-attr]


def test_a_batch_is_learned_from_at_its_share_of_the_rate(tmp_path: Path) -> None:
    trainer = scalar_trainer(1.0, into(tmp_path / "c"))
    trainer.step(trainer.batches.batch(0)._replace(lr_share=0.5))
    assert trainer.task.model.w.item() == 0.75  # type: ignore[operator, union-attr]


def test_the_energy_of_all_runs_is_added_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Meter:
        def joules(self) -> float:
            return 7.0

    monkeypatch.setattr("seqtool.nn.training.trainer.energy_meter", lambda device: Meter())
    begun = scalar_trainer(1.0, into(tmp_path / "c"), max_minutes=0.0)
    assert begun.run(12) == "time is up"
    resumed = scalar_trainer(1.0, into(tmp_path / "c"))
    resumed.load(tmp_path / "c")
    assert resumed.run(12) == "finished"
    assert resumed.cost()["joules"] == 14.0


def test_weights_that_cannot_be_written_fail_with_the_number_of_the_systems_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"model\.safetensors") as caught:
        save_weights({"w": torch.zeros(2)}, tmp_path / "missing" / "model.safetensors")
    assert caught.value.errno == errno.ENOENT


def test_the_seconds_of_all_runs_are_added_up(tmp_path: Path) -> None:
    begun = scalar_trainer(1.0, into(tmp_path / "c"), max_minutes=0.0)
    begun.state.seconds = 1000.0
    before = time.monotonic()
    assert begun.run(12) == "time is up"
    assert 1000 <= begun.state.seconds <= 1000 + time.monotonic() - before
    resumed = scalar_trainer(1.0, into(tmp_path / "c"))
    resumed.load(tmp_path / "c")
    assert resumed.run(12) == "finished"
    assert begun.state.seconds < resumed.state.seconds <= 1000 + time.monotonic() - before
