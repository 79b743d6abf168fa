"""The artifact of a training under way: its checkpoint is whole at every instant."""

# ruff: noqa: PT012  (what fails is the end of a with block)

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from seqtool.artifact import locks, training
from seqtool.artifact.manifest import Recipe
from seqtool.artifact.read import open_artifact, read_manifest, verify
from seqtool.artifact.training import TrainingArtifact
from seqtool.artifact.write import Draft, RunRecord, claim, write_artifact
from seqtool.errors import ArtifactError, OutputError

RECIPE = Recipe("lm", "train-lm", {"cell": "lstm"}, [], 1)


def fill(draft: Draft) -> None:
    (draft.path / "vocab.tsv").write_text("a\t1\n")
    draft.summary["vocabulary"] = 1


def begin(path: Path, overwrite: bool = False):  # type: ignore[no-untyped-def]
    return TrainingArtifact.begin(path, RECIPE, RunRecord(), fill, overwrite)


def weights(word: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "model.safetensors").write_text(word)
        (folder / "state.json").write_text(word + word)

    return write


def test_from_the_first_checkpoint_to_the_finished_model(tmp_path: Path) -> None:
    path = tmp_path / "m"
    with begin(path) as slot:
        assert slot.current() is None
        assert read_manifest(path).state == "training"
        for word in ("one", "two", "three"):
            slot.save(weights(word))
            current = slot.current()
            assert current is not None
            assert (current / "model.safetensors").read_text() == word
            assert [folder.name for folder in (path / "checkpoint").iterdir()] == [current.name]
        slot.finish({"epochs": 3}, [], ("model.safetensors",))
    assert {entry.name for entry in path.iterdir()} == {"manifest.json", "run.json", "vocab.tsv", "model.safetensors"}
    assert {entry.name for entry in tmp_path.iterdir()} == {"m"}
    artifact = open_artifact(path, "lm")
    assert artifact.file("model.safetensors").read_text() == "three"
    assert dict(artifact.summary) == {"vocabulary": 1, "epochs": 3}
    assert verify(artifact) == []
    assert claim(path, RECIPE) == "up to date"


def test_a_training_is_taken_up_where_it_stood(tmp_path: Path) -> None:
    with begin(tmp_path / "m") as slot:
        slot.save(weights("one"))
    assert claim(tmp_path / "m", RECIPE) == "unfinished"
    with begin(tmp_path / "m") as slot:
        current = slot.current()
        assert current is not None
        assert (current / "state.json").read_text() == "oneone"
        slot.save(weights("two"))
        slot.finish({}, [], ("model.safetensors",))
    assert open_artifact(tmp_path / "m").file("model.safetensors").read_text() == "two"


def test_a_checkpoint_that_fails_leaves_the_one_before(tmp_path: Path) -> None:
    def fails(folder: Path) -> None:
        (folder / "model.safetensors").write_text("half")
        raise OSError(28, "No space left on device")

    with begin(tmp_path / "m") as slot:
        slot.save(weights("one"))
        with pytest.raises(OutputError, match=os.strerror(errno.ENOSPC)):
            slot.save(fails)
        assert (slot.current() or tmp_path).joinpath("model.safetensors").read_text() == "one"
        slot.save(weights("two"))
        assert (slot.current() or tmp_path).joinpath("model.safetensors").read_text() == "two"


@pytest.mark.parametrize("step", range(1, 9))
def test_a_crash_at_any_step_of_a_checkpoint_leaves_one_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """The process dies at its ``step``-th fsync or rename; what is found then is checkpoint one or two."""
    with begin(tmp_path / "m") as slot:
        slot.save(weights("one"))
    calls = 0

    class Dead(BaseException):
        pass

    def dying(function: Callable[..., None]) -> Callable[..., None]:
        def call(*args: object) -> None:
            nonlocal calls
            calls += 1
            if calls >= step:
                raise Dead
            function(*args)

        return call

    with monkeypatch.context() as patch, pytest.raises(Dead), begin(tmp_path / "m") as slot:
        patch.setattr(os, "fsync", dying(os.fsync))
        patch.setattr(os, "rename", dying(os.rename))
        slot.save(weights("two"))
        raise Dead
    with begin(tmp_path / "m") as slot:
        found = (slot.current() or tmp_path).joinpath("state.json").read_text()
        assert found in ("oneone", "twotwo")
        slot.save(weights("three"))
        slot.finish({}, [], ("model.safetensors",))
    assert open_artifact(tmp_path / "m").file("model.safetensors").read_text() == "three"


def test_a_crash_while_a_replaced_training_is_removed_leaves_nothing_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Dead(BaseException):
        pass

    def half_removed(folder: Path, ignore_errors: bool) -> None:
        (folder / "manifest.json").unlink()
        raise Dead

    with write_artifact(tmp_path / "m", Recipe("lm", "train-lm", {"cell": "gru"}), RunRecord()) as draft:
        fill(draft)
    with monkeypatch.context() as patch, pytest.raises(Dead), begin(tmp_path / "m", overwrite=True) as slot:
        slot.save(weights("one"))
        patch.setattr(locks.shutil, "rmtree", half_removed)
        slot.finish({}, [], ("model.safetensors",))
    with begin(tmp_path / "m", overwrite=True) as slot:
        assert slot is None, "up to date"
    assert [entry.name for entry in tmp_path.iterdir()] == ["m"]


def test_a_checkpoint_is_on_the_disk_before_it_is_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = list[str]()
    sync, replace = training.sync, os.replace

    def flushed(path: Path) -> None:
        steps.append(path.name)
        sync(path)

    def replaced(source: Path, target: Path) -> None:
        steps.append(f"names {target.name}")
        replace(source, target)

    with begin(tmp_path / "m") as slot, monkeypatch.context() as patch:
        patch.setattr(training, "sync", flushed)
        patch.setattr(os, "replace", replaced)
        slot.save(weights("one"))
    before = steps[: steps.index("names checkpoint.json")]
    assert {"model.safetensors", "state.json", "partial", "checkpoint"} <= set(before)


def test_a_loader_refuses_a_training_without_a_model_and_warns_of_one_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with begin(tmp_path / "m") as slot:
        with pytest.raises(ArtifactError, match="model"):
            open_artifact(tmp_path / "m", "lm")
        slot.save(weights("one"))
    assert open_artifact(tmp_path / "m", "lm").file("model.safetensors").read_text() == "one"
    assert "warning: " in capsys.readouterr().err
    assert open_artifact(tmp_path / "m").unfinished, "without a kind, as for info, anything opens"


def test_two_trainings_of_one_name_exclude_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqtool.artifact.locks.SILENCE_SECONDS", 0.2)
    with begin(tmp_path / "m") as slot:
        slot.save(weights("one"))
        with pytest.raises(OutputError, match="another"), begin(tmp_path / "m"):
            pass
        slot.save(weights("two"))


@pytest.mark.parametrize("damaged", ["checkpoint/1/state.json", "vocab.tsv"])
def test_damage_is_found_and_overwrite_starts_over(tmp_path: Path, damaged: str) -> None:
    path = tmp_path / "m"
    with begin(path) as slot:
        slot.save(weights("one"))
    (path / damaged).write_text("spoilt")
    with pytest.raises(ArtifactError, match=damaged.split("/")[-1]), begin(path) as slot:
        slot.current()
        slot.finish({}, [], ("model.safetensors",))
    assert not list(tmp_path.glob(".m.*"))
    with begin(path, overwrite=True) as slot:
        assert slot.current() is None
        slot.save(weights("two"))
        slot.finish({}, [], ("model.safetensors",))
    assert verify(open_artifact(path)) == []


def test_overwrite_goes_on_with_a_training_that_is_sound(tmp_path: Path) -> None:
    with begin(tmp_path / "m") as slot:
        slot.save(weights("one"))
    with begin(tmp_path / "m", overwrite=True) as slot:
        assert slot.current() is not None


@pytest.mark.parametrize(
    "pointer",
    [
        3,
        [],
        {},
        {"current": "1"},
        {"current": 1, "files": {}},
        {"current": "..", "files": {}},
        {"current": "1/..", "files": {}},
        {"current": "1", "files": []},
        {"current": "1", "files": {"a": 3}},
        {"current": "1", "files": {"a": ["3", "x"]}},
        {"current": "1", "files": {"a": [1]}},
        {"current": "1", "files": {"../../../../etc/passwd": [1, "x"]}},
        {"current": "1", "files": {"/etc/passwd": [1, "x"]}},
        {"current": "9", "files": {"model.safetensors": [1, "x"]}},
    ],
    ids=str,
)
def test_a_hostile_checkpoint_is_refused(tmp_path: Path, pointer: object) -> None:
    with begin(tmp_path / "m") as slot:
        slot.save(weights("one"))
    (tmp_path / "m" / "checkpoint.json").write_text(json.dumps(pointer))
    with pytest.raises(ArtifactError):
        open_artifact(tmp_path / "m", "lm").file("model.safetensors")
    with pytest.raises(ArtifactError), begin(tmp_path / "m") as slot:
        slot.current()
