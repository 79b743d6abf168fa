"""A signal ends every command soon, with its own exit code and one line, from the first import to the last."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finished import says
from tiny import TINY

from seqtool.artifact.read import read_manifest

Ended = subprocess.CompletedProcess[str]
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
EACH = pytest.mark.parametrize("number", CODES, ids=lambda number: number.name)
# A command during whose MOMENT the signal comes: before MODULE is imported, or while a function is called.
AT = """
import os, signal, sys
from seqtool.__main__ import main
for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(one, signal.default_int_handler if one == signal.SIGINT else signal.SIG_DFL)
number, module, sys.argv[1:] = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), number)
sys.meta_path.insert(0, Finder())
{more}
main()
"""


def ended_at(folder: Path, number: int, module: str, *arguments: object, more: str = "") -> Ended:
    words = [sys.executable, "-c", AT.replace("{more}", more), str(int(number)), module, *map(str, arguments)]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@EACH
@pytest.mark.parametrize("module", ["seqtool.cli.main", "typer", "seqtool.commands.table", "numpy", "numba"])
def test_a_signal_during_the_imports(tmp_path: Path, corpus_txt: Path, number: signal.Signals, module: str) -> None:
    done = ended_at(tmp_path, number, module, "preprocess", "corpus.txt", "-o", "x", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (CODES[number], "", "error: interrupted\n")
    assert {path.name for path in tmp_path.iterdir()} <= {"corpus.txt", ".x.lock"}


SWALLOWED = """
import time
import seqtool.cli.main as cli
def deaf(**given):
    try:
        os.kill(os.getpid(), number)
    except KeyboardInterrupt:
        time.sleep(30)
cli.app = deaf
"""


@EACH
def test_a_call_that_swallows_the_signal_is_left(tmp_path: Path, made: Path, number: signal.Signals) -> None:
    began = time.monotonic()
    done = ended_at(tmp_path, number, "nothing", "vocab", made / "c.corpus", more=SWALLOWED)
    assert (done.returncode, done.stderr) == (CODES[number], "error: interrupted\n")
    assert time.monotonic() - began < 10


BEFORE_THE_COMMAND = """
import seqtool.cli.main as cli
begin = cli.end_soon_after_signals
def begin_and_hear():
    begin()
    os.kill(os.getpid(), number)
cli.end_soon_after_signals = begin_and_hear
"""
WHILE_AN_ERROR_IS_SHOWN = """
import seqtool.cli.main as cli
def hear(error, debug, arguments=(), failed=cli._failed):
    os.kill(os.getpid(), number)
    return failed(error, debug, arguments)
cli._failed = hear
"""
PRINTED_BY_FOREIGN_CODE = """
import seqtool.cli.main as cli
def importing(**given):
    try:
        os.kill(os.getpid(), number)
    except KeyboardInterrupt:
        sys.excepthook(*sys.exc_info())  # as C code does by PyErr_Print
        raise ImportError
cli.app = importing
"""


@EACH
@pytest.mark.parametrize("more", [BEFORE_THE_COMMAND, WHILE_AN_ERROR_IS_SHOWN, PRINTED_BY_FOREIGN_CODE])
def test_a_signal_at_any_moment_is_one_line(tmp_path: Path, number: signal.Signals, more: str) -> None:
    done = ended_at(tmp_path, number, "nothing", "vocab", "missing.corpus", more=more)
    assert (done.returncode, done.stdout, done.stderr) == (CODES[number], "", "error: interrupted\n")


DRAWING = """
import time
import seqtool.cli.main as cli
from seqtool import progress
progress.QUIET_SECONDS = progress._BAR_SECONDS = 0
def deaf(**given):
    with progress.stage("train", "tokens", 10) as stage:
        stage.advance(5)
        try:
            os.kill(os.getpid(), number)
        except KeyboardInterrupt:
            time.sleep(30)
cli.app = deaf
"""


def test_a_bar_that_nobody_takes_off_is_erased(tmp_path: Path) -> None:
    """The main thread is stuck; the cursor is shown again, and the error is alone on its line."""
    leader, follower = pty.openpty()
    words = [sys.executable, "-c", AT.replace("{more}", DRAWING), str(int(signal.SIGTERM)), "nothing", "vocab", "x"]
    done = subprocess.run(words, cwd=tmp_path, stderr=follower, timeout=60, check=False)
    os.close(follower)
    shown = b""
    with contextlib.suppress(OSError):  # how a terminal says that it is closed
        while piece := os.read(leader, 65536):
            shown += piece
    os.close(leader)
    assert done.returncode == 143
    assert b"train" in shown
    *_, last = re.split(rb"\r\x1b\[2K\x1b\[\?25h", shown)
    assert last == b"error: interrupted\r\n"


LATE = """
import atexit
atexit.register(lambda: os.kill(os.getpid(), number))
"""


@EACH
def test_a_signal_after_the_answer_says_nothing(tmp_path: Path, made: Path, number: signal.Signals) -> None:
    done = ended_at(tmp_path, number, "nothing", "vocab", made / "c.corpus", more=LATE)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("id\ttoken\tcount\n")


@EACH
def test_a_training_saves_first(
    started: Callable[..., subprocess.Popen[bytes]], corpus_txt: Path, number: signal.Signals
) -> None:
    process = started("train-lm", "corpus.txt", "-o", "m", *TINY, "--epochs", "2000", "--lr", "0.001", "-q")
    model = corpus_txt.parent / "m"
    end = time.monotonic() + 60
    while not (model / "checkpoint.json").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)
    # Two at once, as `timeout` sends them: the second does not cut the first's checkpoint short.
    process.send_signal(number)
    process.send_signal(number)
    sent = time.monotonic()
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - sent < 10
    assert process.returncode == CODES[number], err
    assert says(err.decode().splitlines()[-1], "error: interrupted", "epoch", "again")
    assert b"Traceback" not in err
    assert read_manifest(model).state == "training"


def test_a_signal_that_is_ignored_stays_ignored(tmp_path: Path, made: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as under nohup; a child inherits it
    try:
        ignored = AT.replace("signal.signal(one", "one == signal.SIGHUP or signal.signal(one").replace("{more}", "")
        words = [sys.executable, "-c", ignored, str(int(signal.SIGHUP)), "typer", "vocab", str(made / "c.corpus")]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "command",
    [
        "vocab made/c.corpus",
        "vocab made/c.corpus --json",
        "generate made/m.lm --num 300 --threads 1",
        "score made/m.lm --next the",
        "info made/m.lm",
        "report made/m.lm made/e.eval",
        "presets",
        "doctor made/corpus.txt",
        "--help",
        "train-lm --help",
        "",
    ],
)
def test_a_reader_that_is_gone_before_the_answer_is_no_error(shell: Any, copied: Path, command: str) -> None:
    done = shell(f"seqtool {command} 2>err | true; echo ${{PIPESTATUS[0]}}; cat err | grep -v warning")
    assert done.stdout == "141\n"
