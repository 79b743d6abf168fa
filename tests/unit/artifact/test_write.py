"""Written whole or not at all; what is not seqtool's is never replaced."""

# ruff: noqa: PT012  (what fails is the end of a with block)

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finished import says

from seqtool.artifact import locks
from seqtool.artifact.atomic_rename import exclusive, recover, sibling
from seqtool.artifact.locks import lock_file
from seqtool.artifact.manifest import Input, Recipe
from seqtool.artifact.read import is_artifact, open_artifact, read_manifest, verify
from seqtool.artifact.write import OtherRecipeError, RunRecord, claim, existing_artifact, write_artifact
from seqtool.errors import ArtifactError, OutputError

Make = Callable[..., Path]


def word(path: Path) -> str:
    """The word of a whole artifact, which is not held open afterwards."""
    artifact = open_artifact(path, "report")
    assert verify(artifact) == []
    return artifact.file("word.txt").read_text()


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def test_an_artifact_is_a_folder_with_a_manifest_and_nothing_else_is_left(tmp_path: Path, make: Make) -> None:
    make(tmp_path / "a")
    assert names(tmp_path) == {"a"}
    assert names(tmp_path / "a") == {"manifest.json", "run.json", "word.txt"}
    assert word(tmp_path / "a") == "old"
    assert verify(open_artifact(tmp_path / "a")) == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OutputError])
def test_a_failure_while_writing_leaves_nothing(tmp_path: Path, recipe: Recipe, error: type[BaseException]) -> None:
    with pytest.raises(error), write_artifact(tmp_path / "a", recipe, RunRecord()) as draft:
        (draft.path / "word.txt").write_text("half")
        raise error("in the middle")
    assert names(tmp_path) == set()


def test_a_failure_while_replacing_leaves_the_old_one(tmp_path: Path, recipe: Recipe, make: Make) -> None:
    make(tmp_path / "a")
    with pytest.raises(ValueError, match="in the middle"), write_artifact(tmp_path / "a", recipe, RunRecord()) as draft:
        (draft.path / "word.txt").write_text("half")
        raise ValueError("in the middle")
    assert names(tmp_path) == {"a"}
    assert word(tmp_path / "a") == "old"


@pytest.mark.parametrize("call", ["take", "is_at"])
def test_a_lock_that_cannot_be_taken_is_not_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recipe: Recipe, call: str
) -> None:
    real, calls = getattr(locks, call), []

    def fails_once(*given: Any) -> bool:
        calls.append(given)
        if len(calls) == 1:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return bool(real(*given))

    monkeypatch.setattr(locks, call, fails_once)
    with pytest.raises(OutputError), write_artifact(tmp_path / "a", recipe, RunRecord()):
        pass
    assert names(tmp_path) == set()


def test_missing_parents_of_the_output_are_made(tmp_path: Path, make: Make) -> None:
    assert word(make(tmp_path / "x" / "y" / "a")) == "old"


# The exchange, step by step. What lies on disk between two steps is what a crash there leaves.
STATES = {
    "before the exchange": ({"a": "old", ".a.partial": "new"}, "old"),
    "new one ready": ({"a": "old", ".a.ready": "new"}, "new"),
    "old one aside": ({".a.old/1": "old", ".a.ready": "new"}, "new"),
    "new one in place": ({".a.old/1": "old", "a": "new"}, "new"),
    "first one ready": ({".a.ready": "new"}, "new"),
    "swapped": ({"a": "new", ".a.partial": "old"}, "new"),
    "an older crash left its old one": ({".a.old/1": "older", "a": "old", ".a.ready": "new"}, "new"),
}


@pytest.mark.parametrize("state", STATES)
def test_after_a_crash_at_any_step_the_name_holds_a_whole_copy(tmp_path: Path, make: Make, state: str) -> None:
    folders, expected = STATES[state]
    for name, content in folders.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        make(tmp_path / "elsewhere", content).rename(tmp_path / name)
    recover(tmp_path / "a")
    assert word(tmp_path / "a") == expected
    recover(tmp_path / "a")
    make(tmp_path / "a", "newest")
    assert names(tmp_path) == {"a"}, "the next writer removes what was left"
    assert word(tmp_path / "a") == "newest"


def test_a_crash_during_the_first_writing_leaves_no_artifact(tmp_path: Path, make: Make) -> None:
    make(tmp_path / "elsewhere").rename(tmp_path / ".a.partial")
    with pytest.raises(ArtifactError, match="exist"):
        open_artifact(tmp_path / "a")


def test_the_completion_of_an_exchange_does_not_touch_what_is_not_seqtools(tmp_path: Path, make: Make) -> None:
    make(tmp_path / "elsewhere").rename(tmp_path / ".a.ready")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "thesis.tex").write_text("years of work")
    recover(tmp_path / "a")
    assert (tmp_path / "a" / "thesis.tex").read_text() == "years of work"


CRASHING = """
    import os, signal, sys
    from pathlib import Path
    from seqtool.artifact import files, write
    from seqtool.artifact import locks
    from seqtool.artifact.manifest import Recipe

    step, output = int(sys.argv[1]), Path(sys.argv[2])
    calls = 0
    def crash(function):
        def counted(*args, **kwargs):
            global calls
            calls += 1
            if calls == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **kwargs)
        return counted
    os.rename = crash(os.rename)
    os.fsync = crash(os.fsync)
    locks.shutil.rmtree = crash(locks.shutil.rmtree)
    with write.write_artifact(output, Recipe("report", "report", {"title": "one"}), write.RunRecord()) as draft:
        (draft.path / "word.txt").write_text("new")
        draft.summary["word"] = "new"
    print(calls)
"""


def crash_at(step: int, output: Path) -> int:
    """The exit code of a process that kills itself with SIGKILL at its ``step``-th system call of the writing."""
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(CRASHING), str(step), str(output)], check=False)
    return done.returncode


def test_killed_at_any_system_call_of_the_writing_an_old_or_new_copy_is_whole(tmp_path: Path, make: Make) -> None:
    seen = set()
    for step in range(1, 40):
        make(tmp_path / "a", "old")
        code = crash_at(step, tmp_path / "a")
        seen.add(word(tmp_path / "a"))
        assert word(tmp_path / "a") in ("old", "new")
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert seen == {"old", "new"}
    assert step > 8, "the crash points were counted"
    assert names(tmp_path) == {"a"}


def test_a_reader_that_meets_a_writer_always_finds_a_whole_copy(tmp_path: Path, make: Make) -> None:
    make(tmp_path / "a")
    failures: list[BaseException] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                time.sleep(0.001)
                recover(tmp_path / "a")
                if (tmp_path / "a").exists():
                    continue
                time.sleep(0.05)  # between the two renames the name is free for an instant
                read_manifest(tmp_path / "a")
            except BaseException as error:
                failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for number in range(20):
            make(tmp_path / "a", f"word {number}")
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert failures == []
    assert word(tmp_path / "a") == "word 19"


def test_a_second_writer_gives_up_a_first_that_shows_no_life_and_does_not_disturb_it(
    tmp_path: Path, recipe: Recipe, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "SILENCE_SECONDS", 0.2)
    with write_artifact(tmp_path / "a", recipe, RunRecord()) as draft:
        (draft.path / "word.txt").write_text("first")
        with pytest.raises(OutputError, match="another"):
            make(tmp_path / "a", "second")
        with pytest.raises(OutputError, match="another"), exclusive(tmp_path / "a"):
            raise AssertionError("two processes hold the lock")
    assert word(tmp_path / "a") == "first"
    make(tmp_path / "a", "third")


def test_a_second_writer_waits_while_the_first_makes_progress(
    tmp_path: Path, recipe: Recipe, make: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(locks, "SILENCE_SECONDS", 0.6)
    begun = threading.Event()

    def first() -> None:
        with write_artifact(tmp_path / "a", recipe, RunRecord()) as draft:
            begun.set()
            for number in range(10):  # in all longer than the silence that is put up with
                (draft.path / "word.txt").write_text(f"first {number}")
                time.sleep(0.15)

    writer = threading.Thread(target=first)
    writer.start()
    begun.wait()
    assert claim(tmp_path / "a", recipe) == "up to date"
    writer.join()
    assert word(tmp_path / "a") == "first 9"
    assert "waiting" in capsys.readouterr().err
    assert names(tmp_path) == {"a"}


def test_the_lock_of_a_killed_writer_does_not_stand_in_the_way(tmp_path: Path, make: Make) -> None:
    sibling(tmp_path / "a", "lock").touch()
    assert word(make(tmp_path / "a")) == "old"


@pytest.mark.parametrize("touch", [open_artifact, is_artifact, recover, existing_artifact])
def test_a_reader_removes_the_lock_and_the_half_of_a_killed_writer(tmp_path: Path, make: Make, touch: Any) -> None:
    make(tmp_path / "a")
    sibling(tmp_path / "a", "lock").touch()
    sibling(tmp_path / "a", "partial").mkdir()
    touch(tmp_path / "a")
    assert names(tmp_path) == {"a"}


def test_a_reader_leaves_the_lock_of_a_living_writer(tmp_path: Path, recipe: Recipe, make: Make) -> None:
    make(tmp_path / "a")
    with write_artifact(tmp_path / "a", recipe, RunRecord()) as draft:
        (draft.path / "word.txt").write_text("new")
        assert is_artifact(tmp_path / "a")
        assert word(tmp_path / "a") == "old"
        assert draft.path.exists()
        assert sibling(tmp_path / "a", "lock").exists()


def test_a_reader_finds_the_name_at_every_instant_of_an_exchange(tmp_path: Path, make: Make) -> None:
    make(tmp_path / "a")
    stop, failures = threading.Event(), list[BaseException]()

    def read() -> None:
        while not stop.is_set():
            try:
                read_manifest(tmp_path / "a")
            except BaseException as error:
                failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(30):
        make(tmp_path / "a", f"word {number}")
    stop.set()
    reader.join()
    assert failures == []


# What a name already holds.


def test_a_free_name_is_absent(tmp_path: Path, recipe: Recipe) -> None:
    assert claim(tmp_path / "a", recipe) == "absent"
    assert existing_artifact(tmp_path / "a") is None
    assert names(tmp_path) == set(), "asking leaves nothing behind"


def test_the_same_recipe_is_up_to_date_whatever_its_inputs_are_called(tmp_path: Path, make: Make) -> None:
    first = Recipe("report", "report", {"title": "one"}, [Input("here.txt", "text", "abc")], 3)
    again = Recipe("report", "report", {"title": "one"}, [Input("there.txt", "text", "abc")], 3)
    make(tmp_path / "a", recipe=first)
    assert claim(tmp_path / "a", again) == "up to date"


def test_an_unfinished_training_is_unfinished(tmp_path: Path, recipe: Recipe, make: Make) -> None:
    make(tmp_path / "a", state="training")
    assert claim(tmp_path / "a", recipe) == "unfinished"


BASE = Recipe("lm", "train-lm", {"emb_dim": 8, "cell": "lstm"}, [Input("c", "corpus", "abc")], 1)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (Recipe("lm", "train-lm", {"emb_dim": 16, "cell": "lstm"}, BASE.inputs, 1), "emb_dim 8 there, 16 here"),
        (Recipe("lm", "train-lm", {"cell": "lstm"}, BASE.inputs, 1), "emb_dim 8.* None"),
        (Recipe("lm", "train-lm", BASE.options, BASE.inputs, 2), "another seed"),
        (Recipe("lm", "train-lm", BASE.options, [Input("c", "corpus", "xyz")], 1), "other inputs"),
        (Recipe("lm", "train-lm", BASE.options, [Input("c", "text", "abc")], 1), "other inputs"),
    ],
)
def test_another_recipe_is_refused_and_told_apart(tmp_path: Path, make: Make, other: Recipe, words: str) -> None:
    make(tmp_path / "a", recipe=BASE)
    with pytest.raises(OtherRecipeError, match="--overwrite") as caught:
        claim(tmp_path / "a", other)
    assert re.search(words, str(caught.value))
    assert caught.value.other_inputs == (words == "other inputs")
    assert claim(tmp_path / "a", other, overwrite=True) == "absent"


@pytest.mark.parametrize("damage", [None, "cut", "lost", "flipped"])
def test_overwrite_makes_the_same_again_only_where_it_is_damaged(
    tmp_path: Path, make: Make, damage: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "a", recipe=BASE)
    payload = next(path for path in (tmp_path / "a").iterdir() if path.name not in ("manifest.json", "run.json"))
    if damage == "cut":
        payload.write_bytes(payload.read_bytes()[:-1])
    elif damage == "lost":
        payload.unlink()
    elif damage == "flipped":  # in a file of which only the size is looked at before it is used
        monkeypatch.setattr("seqtool.artifact.read.DIGEST_CHECK_BYTES", 0)
        payload.write_bytes(payload.read_bytes()[:-1] + b"?")
    assert claim(tmp_path / "a", BASE, overwrite=True) == ("absent" if damage else "up to date")


def foreign_folder(path: Path) -> None:
    path.mkdir()
    (path / "thesis.tex").write_text("years of work")


def foreign_manifest(path: Path) -> None:
    path.mkdir()
    (path / "manifest.json").write_text('{"name": "a web app", "icons": []}')


def link_to_artifact(path: Path) -> None:
    with write_artifact(path.with_name("real"), BASE, RunRecord()) as draft:
        (draft.path / "word.txt").write_text("linked")
    path.symlink_to(path.with_name("real"))


FOREIGN: dict[str, Callable[[Path], object]] = {
    "folder": foreign_folder,
    "empty folder": Path.mkdir,
    "file": Path.touch,
    "a manifest of something else": foreign_manifest,
    "dangling link": lambda path: path.symlink_to("nowhere"),
    "link to an artifact": link_to_artifact,
    "fifo": os.mkfifo,
}


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_not_seqtools_is_never_replaced(tmp_path: Path, make: Make, kind: str, overwrite: bool) -> None:
    FOREIGN[kind](tmp_path / "a")
    before = (os.lstat(tmp_path / "a"), sorted(map(str, tmp_path.rglob("*"))))
    with pytest.raises(OutputError, match=r"artifact|is a link to"):
        claim(tmp_path / "a", BASE, overwrite)
    with pytest.raises(OutputError, match=r"artifact|is a link to"):
        make(tmp_path / "a")
    after = (os.lstat(tmp_path / "a"), sorted(map(str, tmp_path.rglob("*"))))
    assert (before[0].st_ino, before[0].st_mode, before[1]) == (after[0].st_ino, after[0].st_mode, after[1])


FULL = """
    import resource, signal, sys
    from pathlib import Path
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    from seqtool.artifact.manifest import Recipe
    from seqtool.artifact.write import RunRecord, write_artifact
    from seqtool.errors import OutputError

    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    try:
        with write_artifact(Path(sys.argv[1]), Recipe("report", "report", {}), RunRecord()) as draft:
            (draft.path / "word.txt").write_text("x" * int(sys.argv[2]))
            draft.summary["long"] = "y" * int(sys.argv[3])
    except OutputError as error:
        print(error)
        sys.exit(error.exit_code)
"""


@pytest.mark.parametrize(
    ("payload", "summary"), [(100_000, 1), (1, 100_000)], ids=["in the payload", "in the manifest"]
)
def test_a_disk_that_is_full_is_one_line_and_leaves_nothing(tmp_path: Path, payload: int, summary: int) -> None:
    command = [sys.executable, "-c", textwrap.dedent(FULL), str(tmp_path / "a"), str(payload), str(summary)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert done.stdout.count("\n") == 1
    assert says(done.stdout, "write", os.strerror(errno.EFBIG))
    assert done.stderr == ""
    assert names(tmp_path) == set()


@pytest.mark.parametrize("place", ["file/a", "/proc/a", "/dev/null/a"])
def test_a_place_that_cannot_be_written_is_an_output_error(tmp_path: Path, make: Make, place: str) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot write"):
        make(tmp_path / place)


@pytest.mark.parametrize("name", [".", ".."])
def test_the_current_folder_has_siblings_too(
    tmp_path: Path, make: Make, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (make(tmp_path / "a") / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "a" if name == "." else tmp_path / "a" / "inner")
    assert word(Path(name)) == "old"
    assert sibling(Path(name), "lock") == tmp_path / ".a.lock"


def test_a_name_longer_than_the_file_system_allows_is_an_expected_failure(tmp_path: Path, make: Make) -> None:
    with pytest.raises(ArtifactError, match="exist"):
        open_artifact(tmp_path / ("a" * 300))
    with pytest.raises(OutputError, match="cannot write"):
        make(tmp_path / ("a" * 300))


# A process that has the name `a` starts another, which outlives it: forked, or another program.
PARENT = """
import os, subprocess, sys, time
from pathlib import Path
from seqtool.artifact.atomic_rename import exclusive
from seqtool.artifact.files import replacing
with exclusive(Path("a")), replacing([Path("f")], overwrite=True):
    if sys.argv[1] == "program":
        print(subprocess.Popen(["sleep", "60"], close_fds=False).pid, flush=True)
    elif not os.fork():
        print(os.getpid(), flush=True)
    time.sleep(60)
    os._exit(0)
"""


@pytest.mark.parametrize("kind", ["forked", "program"])
def test_the_child_of_a_killed_writer_has_no_lock(tmp_path: Path, kind: str) -> None:
    words = [sys.executable, "-c", PARENT, kind]
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        try:
            assert [lock_file(tmp_path / name) for name in (".a.lock", ".f.partial")] == [None, None]
            parent.kill()
            parent.wait()
            os.kill(child, 0)  # it lives
            for name in (".a.lock", ".f.partial"):
                descriptor = lock_file(tmp_path / name)
                assert descriptor is not None
                os.close(descriptor)
        finally:
            os.kill(child, signal.SIGKILL)
