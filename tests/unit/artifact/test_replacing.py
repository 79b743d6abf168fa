"""A finished artifact keeps its name until its replacement is whole; what another process has written is seen."""

# ruff: noqa: PT012  (what fails is the end of a with block)

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seqtool.artifact import atomic_rename
from seqtool.artifact.atomic_rename import recover
from seqtool.artifact.files import replacing, stamp
from seqtool.artifact.manifest import Recipe
from seqtool.artifact.read import open_artifact, read_manifest, verify
from seqtool.artifact.training import TrainingArtifact
from seqtool.artifact.write import Draft, RunRecord, claim, write_artifact
from seqtool.errors import DivergedError, OutputError

OLD, NEW, THIRD = (Recipe("lm", "train-lm", {"cell": cell}, [], 1) for cell in ("rnn", "lstm", "gru"))
MODEL = "model.safetensors"
Make = Callable[..., Path]


@contextmanager
def begun(path: Path, recipe: Recipe = NEW, overwrite: bool = True) -> Iterator[TrainingArtifact]:
    def fill(draft: Draft) -> None:
        (draft.path / "vocab.tsv").write_text("a\t1\n")

    with TrainingArtifact.begin(path, recipe, RunRecord(), fill, overwrite) as slot:
        assert slot is not None
        yield slot


def save(slot: TrainingArtifact, word: str) -> None:
    slot.save(lambda folder: (folder / MODEL).write_text(word) and None)


def train(path: Path, recipe: Recipe, word: str) -> None:
    with begun(path, recipe) as slot:
        save(slot, word)
        slot.finish({}, [], (MODEL,))


def word(path: Path) -> str:
    """The word of a finished, undamaged model."""
    artifact = open_artifact(path, "lm")
    assert not artifact.unfinished
    assert verify(artifact) == []
    return artifact.file(MODEL).read_text()


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    train(tmp_path / "m", OLD, "old")
    return tmp_path / "m"


def test_the_old_model_can_be_read_until_the_new_one_is_whole(old: Path) -> None:
    with begun(old) as slot:
        assert word(old) == "old"
        save(slot, "new")
        assert word(old) == "old"
        assert open_artifact(slot.path, "lm").unfinished, "the best model so far can be read where it grows"
        slot.finish({}, [], (MODEL,))
        assert word(old) == "new"
    assert names(old.parent) == {"m"}
    assert read_manifest(old).recipe.fingerprint() == NEW.fingerprint()


def test_a_replacement_that_was_interrupted_is_continued_with_overwrite_only(old: Path) -> None:
    with pytest.raises(KeyboardInterrupt), begun(old) as slot:
        save(slot, "half")
        raise KeyboardInterrupt
    assert word(old) == "old"
    with pytest.raises(OutputError, match="unfinished training") as caught, begun(old, overwrite=False):
        pass
    assert "--overwrite" in str(caught.value)
    assert word(old) == "old"
    with begun(old) as slot:
        assert ((slot.current() or old) / MODEL).read_text() == "half"
        save(slot, "new")
        slot.finish({}, [], (MODEL,))
    assert word(old) == "new"
    assert names(old.parent) == {"m"}


def test_the_old_recipe_stays_up_to_date_beside_an_unfinished_replacement(old: Path) -> None:
    with begun(old) as slot:
        save(slot, "half")
    assert claim(old, OLD) == claim(old, OLD, overwrite=True) == "up to date"
    assert names(old.parent) == {"m", ".m.training"}


def test_a_third_recipe_replaces_the_unfinished_replacement(old: Path) -> None:
    with begun(old) as slot:
        save(slot, "half")
    with pytest.raises(OutputError, match=r"exists .*cell") as caught, begun(old, THIRD, overwrite=False):
        pass
    assert "unfinished" not in str(caught.value), "that of another recipe is not offered"
    with begun(old, THIRD) as slot:
        assert slot.current() is None
        assert word(old) == "old"
        save(slot, "third")
        slot.finish({}, [], (MODEL,))
    assert word(old) == "third"
    assert names(old.parent) == {"m"}


def test_a_replacement_of_what_was_removed_since_is_continued_at_the_name(old: Path) -> None:
    with begun(old) as slot:
        save(slot, "half")
    shutil.rmtree(old)
    with begun(old, overwrite=False) as slot:
        assert slot.path == old
        assert ((slot.current() or old) / MODEL).read_text() == "half"
    assert names(old.parent) == {"m"}


@pytest.mark.parametrize("damaged", ["checkpoint/1/model.safetensors", "vocab.tsv", "manifest.json"])
def test_a_damaged_replacement_starts_over(old: Path, damaged: str) -> None:
    with begun(old) as slot:
        save(slot, "half")
    (slot.path / damaged).write_text("spoilt")
    with begun(old) as slot:
        assert slot.current() is None
        save(slot, "new")
        slot.finish({}, [], (MODEL,))
    assert word(old) == "new"


def test_a_damaged_finished_model_is_made_again_beside_it(old: Path) -> None:
    (old / MODEL).write_text("spoilt")
    with begun(old, OLD) as slot:
        save(slot, "old")
        assert slot.path != old
        slot.finish({}, [], (MODEL,))
    assert word(old) == "old"


@pytest.mark.parametrize("learned", [True, False])
def test_divergence_leaves_the_old_model_and_names_the_checkpoint(old: Path, learned: bool) -> None:
    with pytest.raises(DivergedError, match="at step 3") as caught, begun(old) as slot:
        if learned:
            save(slot, "good")
        raise DivergedError("diverged at step 3", "lower --lr")
    assert word(old) == "old"
    assert f"{old} is unchanged" in caught.value.message
    assert (str(slot.path) in caught.value.message) == learned
    assert names(old.parent) == ({"m", ".m.training"} if learned else {"m"})
    if learned:
        assert open_artifact(slot.path, "lm").file(MODEL).read_text() == "good"


@pytest.mark.parametrize("checkpoints", [0, 1])
def test_a_full_disk_leaves_the_old_model(old: Path, checkpoints: int) -> None:
    def full(folder: Path) -> None:
        (folder / MODEL).write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match=os.strerror(errno.ENOSPC)), begun(old) as slot:
        for _ in range(checkpoints):
            save(slot, "good")
        slot.save(full)
    assert word(old) == "old"
    assert names(old.parent) == ({"m", ".m.training"} if checkpoints else {"m"})


class Dead(BaseException):
    """The end of a process; nothing is cleaned up after it."""


@pytest.mark.parametrize("step", range(1, 24))
def test_a_crash_at_any_step_of_the_exchange_leaves_the_old_or_the_new(
    old: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    calls = 0

    def dying(function: Callable[..., None]) -> Callable[..., None]:
        def call(*args: object, **options: object) -> None:
            nonlocal calls
            calls += 1
            if calls >= step:
                raise Dead
            function(*args, **options)

        return call

    with monkeypatch.context() as patch, pytest.raises(Dead), begun(old) as slot:
        save(slot, "new")
        for module, name in ((os, "fsync"), (os, "rename"), (os, "link"), (shutil, "rmtree")):
            patch.setattr(module, name, dying(getattr(module, name)))
        slot.finish({}, [], (MODEL,))
        raise Dead
    recover(old)
    found = word(old)
    assert found in ("old", "new")
    with TrainingArtifact.begin(old, NEW, RunRecord(), lambda draft: None, overwrite=True) as taken:
        assert (taken is None) == (found == "new")
        if taken is not None:
            assert ((taken.current() or old) / MODEL).read_text() == "new", "the checkpoint outlived the crash"
            taken.finish({}, [], (MODEL,))
    assert word(old) == "new"
    assert names(old.parent) == {"m"}


def test_what_is_not_seqtools_and_came_to_the_name_meanwhile_is_kept(old: Path) -> None:
    with pytest.raises(OutputError, match="artifact"), begun(old) as slot:
        save(slot, "new")
        old.rename(old.with_name("elsewhere"))
        old.mkdir()
        (old / "thesis.tex").write_text("years of work")
        slot.finish({}, [], (MODEL,))
    assert (old / "thesis.tex").read_text() == "years of work"
    assert word(old.with_name("elsewhere")) == "old"


# Another process was faster.


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_training_that_another_process_has_finished_is_up_to_date(tmp_path: Path, overwrite: bool) -> None:
    path = tmp_path / "m"
    assert claim(path, NEW, overwrite) == "absent"
    train(path, NEW, "theirs")
    with TrainingArtifact.begin(path, NEW, RunRecord(), lambda draft: None, overwrite) as slot:
        assert slot is None
    assert word(path) == "theirs"
    assert names(tmp_path) == {"m"}


def test_another_training_that_another_process_has_finished_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "m"
    assert claim(path, NEW) == "absent"
    train(path, OLD, "theirs")
    with pytest.raises(OutputError, match=r"exists .*cell"), begun(path, overwrite=False):
        pass
    assert word(path) == "theirs"


def test_an_artifact_that_another_process_has_written_is_left(tmp_path: Path, recipe: Recipe, make: Make) -> None:
    assert claim(tmp_path / "a", recipe) == "absent"
    before = (make(tmp_path / "a", recipe=recipe) / "manifest.json").stat().st_ino
    with write_artifact(tmp_path / "a", recipe, RunRecord(), overwrite=False) as draft:
        (draft.path / "word.txt").write_text("old")
    assert not draft.written
    assert (tmp_path / "a" / "manifest.json").stat().st_ino == before
    assert names(tmp_path) == {"a"}


def test_another_artifact_that_another_process_has_written_is_not_replaced(
    tmp_path: Path, recipe: Recipe, make: Make
) -> None:
    assert claim(tmp_path / "a", recipe) == "absent"
    make(tmp_path / "a", "theirs")
    with (
        pytest.raises(OutputError, match=r"exists .*title"),
        write_artifact(tmp_path / "a", recipe, RunRecord(), overwrite=False),
    ):
        pass
    assert open_artifact(tmp_path / "a").file("word.txt").read_text() == "theirs"
    assert names(tmp_path) == {"a"}


def test_what_took_the_name_during_a_training_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "m"
    train(path, OLD, "old")
    with pytest.raises(OutputError, match="not a seqtool artifact"), begun(path) as slot:
        save(slot, "new")
        shutil.rmtree(path)
        path.mkdir()
        (path / "own.txt").write_text("a person's")
        slot.finish({}, [], (MODEL,))
    assert (path / "own.txt").read_text() == "a person's"


@pytest.mark.parametrize("comes", [True, False])
def test_a_name_that_is_free_for_an_instant_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, comes: bool
) -> None:
    """Between two renames of somebody else: what is ready is there, and the name is not."""
    path = tmp_path / "m"
    atomic_rename.sibling(path, "ready").mkdir()
    monkeypatch.setattr(atomic_rename, "INSTANT", 60.0 if comes else 0.01)
    looks: list[float] = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if comes and len(looks) == 3:
            path.mkdir()

    monkeypatch.setattr(atomic_rename.time, "sleep", sleep)
    atomic_rename._await_name(path)
    assert path.exists() == comes
    assert looks if not comes else len(looks) == 3


def test_a_file_that_another_process_has_written_meanwhile_is_not_said_to_be_written(tmp_path: Path) -> None:
    path = tmp_path / "x.vec"
    before = stamp(path)
    with replacing([path], overwrite=False) as (temporary,):
        path.write_text("the same")  # by another process, while this one waited
        temporary.write_text("the same")
    assert stamp(path) == before
    with replacing([path], overwrite=True) as (temporary,):
        temporary.write_text("the same")
    assert stamp(path) != before
