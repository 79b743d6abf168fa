"""A reader sees one version; a killed process leaves nothing that the next does not remove; no pipe is waited for."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from seqtool.artifact import atomic_rename, scratch
from seqtool.artifact.files import read_json, replacing, writing
from seqtool.artifact.read import open_artifact, read_manifest, verify
from seqtool.artifact.scratch import scratch_folder
from seqtool.errors import ArtifactError, OutputError, SeqtoolError

Make = Callable[..., Path]
KILLED = "import os, signal, sys; from pathlib import Path; {}; os.kill(os.getpid(), signal.SIGKILL)"


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def killed(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED.format(code)], check=False)
    assert done.returncode < 0


@pytest.mark.parametrize("swaps", [True, False])
def test_an_opened_artifact_stays_the_same_when_it_is_replaced(
    tmp_path: Path, make: Make, monkeypatch: pytest.MonkeyPatch, swaps: bool
) -> None:
    if not swaps:
        monkeypatch.setattr(atomic_rename, "_exchange", lambda first, second: False)
    make(tmp_path / "a", "old")
    opened = open_artifact(tmp_path / "a")
    make(tmp_path / "a", "new")
    make(tmp_path / "a", "newest")
    assert opened.file("word.txt").read_text() == opened.summary["word"] == "old"
    assert verify(opened) == []
    assert opened.path == tmp_path / "a", "it is shown by its name"
    assert open_artifact(tmp_path / "a").file("word.txt").read_text() == "newest"
    del opened
    read_manifest(tmp_path / "a")
    assert names(tmp_path) == {"a"}


def test_the_name_is_never_free_while_an_artifact_is_replaced(tmp_path: Path, make: Make) -> None:
    make(tmp_path / "a")
    if not atomic_rename._exchange(make(tmp_path / "b"), tmp_path / "a"):
        pytest.skip("two names cannot be swapped here")
    missing, stop = list[float](), threading.Event()

    def look() -> None:
        while not stop.is_set():
            if not (tmp_path / "a" / "manifest.json").exists():
                missing.append(time.time())

    looking = threading.Thread(target=look)
    looking.start()
    for number in range(30):
        make(tmp_path / "a", str(number))
    stop.set()
    looking.join()
    assert missing == []


@pytest.mark.parametrize("name", ["manifest.json", "word.txt"])
@pytest.mark.parametrize("kind", ["fifo", "folder", "link", "socket"])
def test_what_is_no_plain_file_is_refused_at_once(tmp_path: Path, make: Make, name: str, kind: str) -> None:
    import socket

    inside = make(tmp_path / "a") / name
    inside.rename(tmp_path / "moved")
    if kind == "socket":
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(inside))
    else:
        {"fifo": os.mkfifo, "folder": os.mkdir, "link": lambda path: os.symlink("../moved", path)}[kind](inside)
    with pytest.raises(ArtifactError, match=name):
        open_artifact(tmp_path / "a").file(name)


@pytest.mark.parametrize("kind", ["fifo", "folder"])
def test_json_is_read_from_plain_files_only(tmp_path: Path, kind: str) -> None:
    {"fifo": os.mkfifo, "folder": os.mkdir}[kind](tmp_path / "run.json")
    with pytest.raises(ArtifactError):
        read_json(tmp_path / "run.json")


@pytest.mark.parametrize(
    ("number", "space"), [(errno.ENOSPC, True), (errno.EACCES, False), (errno.EEXIST, False), (errno.EIO, False)]
)
def test_more_space_is_advised_only_where_it_helps(tmp_path: Path, number: int, space: bool) -> None:
    with pytest.raises(OutputError) as caught, writing(tmp_path):
        raise OSError(number, os.strerror(number))
    assert ("space" in str(caught.value.remedy)) == space


def test_a_pipe_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.vec")
    with pytest.raises(OutputError, match=r"x\.vec"), replacing([tmp_path / "x.vec"], overwrite=True):
        raise AssertionError


def test_the_half_of_a_killed_writer_of_a_file_is_written_over(tmp_path: Path) -> None:
    writing_half = f"from seqtool.artifact.files import replacing; c = replacing([Path({str(tmp_path / 'x')!r})], True)"
    killed(f"{writing_half}; [p] = c.__enter__(); p.write_text('much more than half')")
    assert names(tmp_path) == {".x.partial"}
    with replacing([tmp_path / "x"], overwrite=False) as (written,), written.open("a") as file:
        file.write("whole")
    assert names(tmp_path) == {"x"}
    assert (tmp_path / "x").read_text() == "whole"


def test_a_file_that_another_process_writes_is_waited_for(tmp_path: Path) -> None:
    began, order = threading.Event(), list[str]()

    def first() -> None:
        with replacing([tmp_path / "x"], overwrite=True) as (written,):
            began.set()
            time.sleep(0.3)
            written.write_text("same")
            order.append("first")

    writer = threading.Thread(target=first)
    writer.start()
    began.wait()
    with replacing([tmp_path / "x"], overwrite=False) as (written,):
        order.append("second")
        written.write_text("same")
    writer.join()
    assert order == ["first", "second"]
    assert names(tmp_path) == {"x"}


@pytest.mark.parametrize("hidden", [False, True])
def test_a_temporary_folder_goes_with_the_next_one_where_its_process_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hidden: bool
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    beside = f"Path({str(tmp_path)!r})" if hidden else ""
    killed(f"from seqtool.artifact.scratch import scratch_folder; c = scratch_folder({beside}); c.__enter__()")
    (orphan,) = names(tmp_path)
    assert orphan.startswith(".seqtool-" if hidden else "seqtool-")
    with scratch_folder(tmp_path if hidden else None) as own, scratch_folder(tmp_path if hidden else None) as other:
        assert names(tmp_path) == {own.name, other.name}, "the living one stays"
    assert names(tmp_path) == set()


@pytest.mark.parametrize(("age", "stays"), [(3600, True), (90_000, False)])
def test_the_temporary_folder_of_another_host_goes_after_a_day(tmp_path: Path, age: int, stays: bool) -> None:
    other = tmp_path / ".seqtool-00000000-11111111-2222"
    other.mkdir()
    os.utime(other, (time.time() - age,) * 2)
    with scratch_folder(tmp_path):
        assert other.exists() == stays


def test_a_folder_of_an_earlier_boot_has_no_owner(tmp_path: Path) -> None:
    earlier = tmp_path / f".seqtool-{scratch._machine()[0]}-11111111-2222"
    earlier.mkdir()
    with scratch_folder(tmp_path):
        assert not earlier.exists()


def test_a_place_for_temporary_folders_that_cannot_be_written_is_an_expected_failure() -> None:
    with pytest.raises(SeqtoolError), scratch_folder(Path("/proc")):
        raise AssertionError
