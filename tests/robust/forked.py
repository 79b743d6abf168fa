"""Commands in forked children of a process that has imported everything: one takes tenths of a second."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_TESTS), str(_TESTS.parent)]  # the seqtool of this tree, whichever is installed

from quick import import_everything  # noqa: E402

LONGEST_SECONDS = 300.0


def warm_up() -> None:
    """Make this process one that can be forked for any command."""
    import gc

    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    os.environ.setdefault("NUMBA_CACHE_DIR", str(caches / "seqtool" / "numba"))
    os.environ["OMP_NUM_THREADS"] = "1"  # threads do not outlive a fork
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    import_everything()
    gc.collect()
    gc.freeze()  # a collection in a child would copy the memory of the parent


def rehearse(commands: Sequence[Sequence[str]], folder: Path) -> None:
    """Run commands in this process, so that its children have kernels and libraries loaded.

    Each is one thread's, and what they make is left to the caller.
    """
    from seqtool.cli.main import run

    before = Path.cwd()
    os.chdir(folder)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as errors:
        codes = [run(list(command)) for command in commands]
    os.chdir(before)
    assert not any(codes), errors.getvalue()


@dataclass(frozen=True)
class Ending:
    """How a command ended: its exit code (minus the signal that ended it) and what it wrote."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def fault(self) -> str | None:
        """What is wrong with it as the end of any command that nobody killed; ``None`` where it kept its word."""
        if self.code < 0:
            return f"ended by signal {-self.code}: {self.err[-200:]}"
        errors = [line for line in self.err.splitlines() if line.startswith("error: ")]
        if "Traceback" in self.err or any("unexpected" in line for line in errors):
            return f"a defect: {self.err[-300:]}"
        if len(errors) != (self.code != 0) or (errors and self.err.splitlines()[-1] != errors[0]):
            return f"exit {self.code} with {len(errors)} error lines: {self.err[-300:]}"
        return None


class Running:
    """A command under way in a child process.

    Args:
        arguments: what follows ``seqtool``.
        folder: where it runs.
        begin: when it begins, on the monotonic clock; at once, where that is over.
    """

    def __init__(self, arguments: Sequence[str], folder: Path, begin: float = 0.0) -> None:
        self._streams = [tempfile.TemporaryFile() for _ in range(2)]  # noqa: SIM115 (closed by `wait`)
        self._began = max(begin, time.monotonic())
        self.pid = os.fork()
        if self.pid == 0:
            self._become(list(arguments), folder)

    def _become(self, arguments: list[str], folder: Path) -> None:
        code = 70
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for number, stream in enumerate(self._streams, 1):
                os.dup2(stream.fileno(), number)
            os.chdir(folder)
            time.sleep(max(0.0, self._began - time.monotonic()))
            sys.argv = ["seqtool", *arguments]
            from seqtool.cli.main import main

            main()
            code = 0
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        except BaseException:  # not a failure that a command may show
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def send(self, number: int) -> None:
        """Send it a signal; it has not been waited for, so its pid is its own still."""
        os.kill(self.pid, number)

    def said(self) -> str:
        """What it has written on stderr so far."""
        return os.pread(self._streams[1].fileno(), 1 << 20, 0).decode("utf-8", "replace")

    def ended(self) -> bool:
        """Whether it has come to its end; `wait` is still to be called."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def wait(self, longest: float = LONGEST_SECONDS) -> Ending:
        """Its end; one that does not come in time is brought about."""
        while not (found := os.waitpid(self.pid, os.WNOHANG))[0]:
            if time.monotonic() - self._began > longest:
                self.send(signal.SIGKILL)
                found = os.waitpid(self.pid, 0)
                break
            time.sleep(0.002)
        seconds = time.monotonic() - self._began
        out, err = (os.pread(s.fileno(), 1 << 20, 0).decode("utf-8", "replace") for s in self._streams)
        for stream in self._streams:
            stream.close()
        return Ending(os.waitstatus_to_exitcode(found[1]), out, err, seconds)


def finished(arguments: Sequence[str], folder: Path) -> Ending:
    """Run a command to its end."""
    return Running(arguments, folder).wait()
