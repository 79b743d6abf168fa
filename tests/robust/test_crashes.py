"""A sample of crash.py: three commands, killed at or failing in one call; `make torture` takes all of both."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from syscalls import AVAILABLE, Call, supervise
from writers import WRITERS

from seqtool.commands.declaration import command_parameters
from seqtool.commands.table import COMMANDS

SCRIPT = Path(__file__).with_name("crash.py")
needs_seccomp = pytest.mark.skipif(not AVAILABLE, reason="calls are seen on Linux on x86-64 alone")


def torture(*options: str) -> dict[str, int]:
    done = subprocess.run([sys.executable, str(SCRIPT), *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    counts: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return counts


@needs_seccomp
@pytest.mark.parametrize("more", [(), ("--no-exchange",)], ids=["swapped", "renamed twice"])
def test_after_a_crash_or_a_failing_call_an_output_is_whole_and_is_made_again(more: tuple[str, ...]) -> None:
    counts = torture("--commands", "preprocess,train-ngram,convert", "--trials", "24", "--seed", "4", *more)
    assert counts["trials"] == 24
    assert counts["kill"] > 1


def test_every_command_that_writes_is_disturbed() -> None:
    writing = {
        entry.name
        for entry in COMMANDS.values()
        if any(parameter.name == "output" for parameter in command_parameters(entry.function()))
    }
    assert writing == {writer.command.split()[0] for writer in WRITERS.values()}


def write_two_files(folder: Path) -> Callable[[], None]:
    def body() -> None:
        code = 1
        try:
            (folder / "a").write_bytes(b"x" * 100)
            (folder / "b").write_bytes(b"y" * 100)
            code = 0
        except OSError as error:
            code = error.errno or 1
        finally:
            os._exit(code)

    return body


@needs_seccomp
@pytest.mark.parametrize(
    ("kind", "code", "sizes"),
    [
        ("", 0, [100, 100]),
        ("short", 0, [100, 100]),
        ("EINTR", 0, [100, 100]),
        ("EIO", 5, [100, 0]),
        ("kill", -9, [100, 0]),
    ],
)
def test_a_call_is_answered_as_was_said(tmp_path: Path, kind: str, code: int, sizes: list[int]) -> None:
    def answer(call: Call) -> str:
        return kind if (call.name, call.places, call.nth) == ("write", "b", 1) else ""

    ended, calls = supervise(write_two_files(tmp_path), tmp_path, answer)
    assert ended == code
    assert [(tmp_path / name).stat().st_size for name in "ab"] == sizes
    assert [str(call) for call in calls if call.writes][:3] == ["create a", "write a", "create b"]
