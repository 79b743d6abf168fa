"""Runs of a parser on damaged input, in children whose memory and time are bounded.

Input k of a parser is decided by the seed, the parser's name and k alone, so that one can be made again.
"""

from __future__ import annotations

import csv
import faulthandler
import json
import mmap
import os
import resource
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType

from fuzz.mutations import mutated
from fuzz.parser import BadMessageError, Parser, complain_of_message
from seqtool import progress
from seqtool.artifact import files_read
from seqtool.errors import SeqtoolError

MOST_SECONDS = 5.0  # of processor time
MOST_BYTES = 1 << 30  # beyond what is there before the first input
_SILENT_SECONDS = 60.0  # of a child: it hangs where no signal is heard
_BATCH = 10_000
_CSV_CELL = csv.field_size_limit()  # as a process has it that has read no table
_STATE = struct.Struct("<3q")


@dataclass
class Find:
    """What is wrong: where, the first input that shows it, how many did, and what was raised."""

    key: str
    data: bytes
    trace: str
    times: int = 1


@dataclass
class Outcome:
    """How the runs of a parser went."""

    parser: str
    runs: int = 0
    read: int = 0
    refused: int = 0
    seconds: float = 0.0
    finds: dict[str, Find] = field(default_factory=dict)

    def add(self, key: str, data: bytes, trace: str) -> None:
        """Count a find."""
        if key in self.finds:
            self.finds[key].times += 1
            if len(data) < len(self.finds[key].data):
                self.finds[key].data = data
        else:
            self.finds[key] = Find(key, data, trace)


class HangError(BaseException):
    """An input took too long."""


def damaged(parser: Parser, seed: int, number: int) -> bytes:
    """Input ``number`` of a parser."""
    return mutated(Random(f"{seed} {parser.name} {number}"), parser.seeds, parser.form)


@contextmanager
def place(parser: Parser) -> Iterator[Path]:
    """Where the parser's file lies, in a folder of its own (in memory where there is such a disk)."""
    shared = Path("/dev/shm")
    base = shared if os.access(shared, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=base) as folder:
        for name, data in parser.beside.items():
            (Path(folder) / name).write_bytes(data)
        yield Path(folder) / parser.file


@contextmanager
def told() -> Iterator[None]:
    """Warnings go nowhere meanwhile, but are spelled as a terminal would have them."""
    with open(os.devnull, "w", encoding="utf-8", errors="backslashreplace") as file, redirect_stderr(file):
        yield


def attempt(parser: Parser, path: Path, data: bytes) -> str:
    """``read`` or ``refused``.

    Raises:
        Exception: whatever else the parser raises.
    """
    progress.begin(quiet=True)
    files_read.begin()
    csv.field_size_limit(_CSV_CELL)
    path.write_bytes(data)
    try:
        parser.parse(path)
    except SeqtoolError as error:
        complain_of_message(error, path)
        return "refused"
    return "read"


def key_of(error: BaseException) -> str:
    """What tells a fault from others: its type, and the last line of seqtool's own that it went through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/seqtool/" in frame.filename]
    if isinstance(error, BadMessageError) and error.__cause__ is not None:
        frames = traceback.extract_tb(error.__cause__.__traceback__)
    where = f"{frames[-1].filename.rpartition('/seqtool/')[2]}:{frames[-1].lineno}" if frames else "?"
    return f"{type(error).__name__} at {where}"


def fuzz(parser: Parser, runs: int, seed: int, until: float = float("inf")) -> Outcome:
    """Run a parser on ``runs`` inputs, or until a time of `time.monotonic`.

    Raises:
        Exception: a seed cannot be read.
    """
    outcome, started = Outcome(parser.name), time.monotonic()
    with place(parser) as path, told():
        for data in parser.seeds:  # compiled and imported now, for all children
            if attempt(parser, path, data) != "read":
                raise AssertionError(f"a seed of {parser.name} is refused")
        while outcome.runs < runs and time.monotonic() < until:
            _child(parser, path, seed, min(outcome.runs + _BATCH, runs), until, outcome)
    outcome.seconds = time.monotonic() - started
    return outcome


def _child(parser: Parser, path: Path, seed: int, end: int, until: float, outcome: Outcome) -> None:
    """Fork a child that runs the inputs from ``outcome.runs`` to ``end``; what it does is added to ``outcome``."""
    state = mmap.mmap(-1, _STATE.size)
    first = outcome.runs
    _STATE.pack_into(state, 0, first, 0, 0)
    log = path.with_name("finds.log")
    log.unlink(missing_ok=True)
    child = os.fork()
    if not child:
        _run(parser, path, seed, end, until, state, log)
    stopped = _watched(child, state)
    number, read, refused = _STATE.unpack_from(state, 0)
    for line in log.read_text("utf-8").splitlines() if log.exists() else []:
        found = json.loads(line)
        outcome.add(found["key"], damaged(parser, seed, found["number"]), found["trace"])
    outcome.read, outcome.refused, outcome.runs = outcome.read + read, outcome.refused + refused, number
    if stopped:
        died = log.with_suffix(".died")
        trace = died.read_text("utf-8", "replace") if died.exists() else ""
        outcome.add(stopped, damaged(parser, seed, number), f"{stopped}\n{trace}")
        outcome.runs += 1
    elif number == first:
        outcome.runs += 1  # no time was left for one
    _cleaned(parser, path)


def _cleaned(parser: Parser, path: Path) -> None:
    """Remove what a child that was stopped may have left."""
    for other in path.parent.iterdir():
        if other.is_dir():
            shutil.rmtree(other, ignore_errors=True)
        elif other.name not in parser.beside:
            other.unlink()
    for name, data in parser.beside.items():
        (path.parent / name).write_bytes(data)


def _watched(child: int, state: mmap.mmap) -> str:
    """Wait for a child; how it was stopped, where it did not end by itself."""
    last, since = -1, time.monotonic()
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return "" if status == 0 else f"stopped by signal {os.waitstatus_to_exitcode(status)}"
        now = _STATE.unpack_from(state, 0)[0]
        if now != last:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > _SILENT_SECONDS:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return "hang: no signal was heard"
        time.sleep(0.005)


def _run(parser: Parser, path: Path, seed: int, end: int, until: float, state: mmap.mmap, log: Path) -> None:
    """The child: it ends without returning."""
    code = 1
    try:
        _bound()
        faulthandler.enable(log.with_suffix(".died").open("w"))  # where in Python it is when native code crashes
        first, read, refused = _STATE.unpack_from(state, 0)
        for number in range(first, end):
            if time.monotonic() > until:
                break
            result = _one(parser, path, seed, number, log)
            read, refused = read + (result == "read"), refused + (result == "refused")
            _STATE.pack_into(state, 0, number + 1, read, refused)
        code = 0
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    finally:
        sys.stderr.flush()
        os._exit(code)


def _one(parser: Parser, path: Path, seed: int, number: int, log: Path) -> str:
    data = damaged(parser, seed, number)
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    try:
        return attempt(parser, path, data)
    except (Exception, HangError) as error:
        signal.setitimer(signal.ITIMER_PROF, 0)
        trace = f"{''.join(traceback.format_tb(error.__traceback__, -12))}{type(error).__name__}: {str(error)[:500]}"
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key_of(error), "number": number, "trace": trace}) + "\n")
        return "found"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _bound() -> None:
    """Limit memory, and let time that runs out be raised."""

    def ring(_: int, frame: FrameType | None) -> None:
        raise HangError

    signal.signal(signal.SIGPROF, ring)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MOST_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
