"""Commands that are killed before, or fail at, a call on the file system; then they are run again.

``python tests/robust/crash.py --minutes 5`` takes commands, calls and failures at random and prints counts; with
``--trials 20`` it ends after these, and ``--every EIO,ENOSPC`` lets every call fail once. All imports are done once;
every command runs in a fork of this process.

After each trial an output is the old one or the new one, whole; a failure is one line with exit code 1 that says what
the system said, and leaves nothing; the same command afterwards gives the bytes of an undisturbed run and leaves
nothing else, beside the output or in TMPDIR.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from forked import warm_up
from syscalls import Answer, Call, supervise
from writers import WRITERS, make_world, run_here

SPACE = {"create", "write", "pwrite", "writev", "sendfile", "copy_file_range", "ftruncate", "fallocate", "mkdir"}
RENAMES = {"rename", "link", "symlink", "fsync", "fdatasync"}
SLOW = {"create", "read", "pread", "write", "pwrite", "writev", "flock", "fsync", "fallocate", "ftruncate"}
# Which calls end so; what a disk or a folder's rights can do to reading, too.
KINDS = {
    "kill": lambda call: call.writes,
    "kill twice": lambda call: call.writes,
    "EIO": lambda call: True,
    "ENOSPC": lambda call: call.name in SPACE | RENAMES,
    "full": lambda call: call.name in SPACE,
    "EACCES": lambda call: call.name not in ("read", "pread", "write", "pwrite", "fstat", "flock"),
    "EINTR": lambda call: call.name in SLOW,
    "short": lambda call: call.name in ("write", "pwrite"),
}
OFTEN = ("kill", "kill", "EIO", "ENOSPC", "kill twice", "EIO", "full", "EACCES", "EINTR", "short")


@dataclass
class Done:
    code: int
    stderr: str
    calls: list[Call]


def run(command: str, room: Path, answer: Answer | None = None, reading: bool = True) -> Done:
    """A command in a fork of this process, in ``room/at``; its calls on files within ``room`` are answered."""
    errors = os.memfd_create("stderr")

    def body() -> None:
        code = 70
        try:
            os.chdir(room / "at")
            os.environ["XDG_CACHE_HOME"], os.environ["TMPDIR"] = str(room / "cache"), str(room / "tmp")
            tempfile.tempdir = None
            os.dup2(os.open(os.devnull, os.O_RDWR), 1)
            os.dup2(errors, 2)
            from seqtool.cli.main import run as entry

            code = entry([*command.split(), "-q"])
            sys.stderr.flush()
        except BaseException:
            import traceback

            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(code)

    if answer is not None:
        code, calls = supervise(body, room, answer, reading)
    else:
        pid, calls = os.fork(), []
        if pid == 0:
            body()
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    said = os.pread(errors, 1 << 20, 0).decode("utf-8", "replace")
    os.close(errors)
    return Done(code, said, calls)


class Disturbance:
    """What happens at the call that is chosen (or from it on: a disk stays full), and whether it has happened."""

    def __init__(self, kind: str, at: Call) -> None:
        self.kind, self.at, self.happened = kind, at, False

    def __call__(self, call: Call) -> str:
        here = call == self.at
        if self.kind == "full":
            self.happened |= here
            return "ENOSPC" if self.happened and call.name in SPACE else ""
        self.happened |= here
        return self.kind.removesuffix(" twice") if here else ""


def digests(path: Path) -> dict[str, str]:
    """The files of an output and their sha256, without ``run.json``; empty where there is none."""
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    plain = [file for file in files if file.is_file() and file.name != "run.json"]
    return {file.name if path.is_dir() else "": hashlib.sha256(file.read_bytes()).hexdigest() for file in plain}


def damage(path: Path) -> str:
    """What is wrong with an artifact; nothing where it is whole, missing, or a file."""
    from seqtool.artifact.read import open_artifact, verify
    from seqtool.errors import SeqtoolError

    try:
        return "" if not path.is_dir() else "; ".join(verify(open_artifact(path)))
    except SeqtoolError as error:
        return str(error)


class Subject:
    """A command, what it makes when nobody disturbs it, and what it is to replace.

    Its room has the folders ``at``, where it runs, ``tmp``, ``cache``, and ``kept``, the outputs to be replaced.
    """

    def __init__(self, name: str, world: Path, room: Path, reading: bool) -> None:
        self.command, outputs, change = WRITERS[name]
        self.name, self.room, self.folder = name, room, room / "at"
        self.outputs = [self.folder / output for output in outputs.split()]
        self.kept = [room / "kept" / output.name for output in self.outputs]
        shutil.copytree(world, self.folder)
        for folder in ("tmp", "cache", "kept"):
            (room / folder).mkdir()
        self.before = self.listing()
        run_here(f"{self.command} {change}", self.folder)
        self.old = [digests(output.rename(kept)) for output, kept in zip(self.outputs, self.kept, strict=True)]
        self.calls: dict[bool, list[Call]] = {}
        for overwrite in (False, True):
            done = self.run(overwrite, lambda call: "", anew=True, reading=reading)
            assert done.code == 0, done.stderr
            self.calls[overwrite] = done.calls
        self.new = [digests(output) for output in self.outputs]

    def run(self, overwrite: bool, answer: Answer | None = None, anew: bool = False, reading: bool = True) -> Done:
        """The command, with ``anew`` where nothing has happened yet."""
        if anew:
            self.restore(overwrite)
        return run(f"{self.command} --overwrite" if overwrite else self.command, self.room, answer, reading)

    def listing(self) -> set[str]:
        """What is hidden beside the output, and everything in TMPDIR; the corpus of a text is an output too."""
        hidden = {str(path) for path in self.folder.rglob(".*")}
        return hidden | {str(path) for path in (self.room / "tmp").rglob("*")}

    def restore(self, overwrite: bool) -> None:
        """The folder as before the command, with the old output where it is to be replaced; nothing is cached."""
        rest = [*self.folder.glob(".*"), *(self.room / "tmp").iterdir(), *(self.room / "cache").iterdir()]
        for path in (*self.outputs, *rest):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        for kept, output in zip(self.kept, self.outputs, strict=True):
            if overwrite:
                shutil.copytree(kept, output) if kept.is_dir() else shutil.copyfile(kept, output)

    def trial(self, kind: str, at: Call, overwrite: bool, draw: random.Random) -> list[str] | None:
        """What is wrong after a failure of one call; nothing where all is well, ``None`` where it was not made."""
        disturbance = Disturbance(kind, at)
        done = self.run(overwrite, disturbance, anew=True, reading=not at.writes)
        if not disturbance.happened:
            return None
        faults = list(self.faults_now(kind, done, overwrite))
        found = [digests(output) for output in self.outputs]
        as_before = found == (self.new if done.code == 0 else self.old if overwrite else [{} for _ in found])
        if not kind.startswith("kill") and not faults and as_before and not self.left() and draw.random() < 0.8:
            return []  # the next command would find what it finds where nothing has failed: one in five is enough
        # A command that could not remove something has left it, and where it has succeeded it is up to date then.
        removing = at.name in ("unlink", "rmdir")
        if not kind.startswith("kill") and not removing and (left := self.left(unfinished=True)):
            faults.append(f"left at once: {left}")
        if kind == "kill twice":
            second = draw.choice([call for call in self.calls[overwrite] if call.writes])
            self.run(overwrite, Disturbance(kind, second), reading=False)
            faults += self.faults_of_outputs(overwrite)
        return [*faults, *self.faults_again(overwrite, done.code != 0 or not removing)]

    def left(self, unfinished: bool = False) -> list[str]:
        """What is there that was not, but for a training that is to be continued (``unfinished``)."""
        trainings = tuple(str(output.with_name(f".{output.name}.training")) for output in self.outputs)
        found = sorted(self.listing() - self.before)
        return [path for path in found if not (unfinished and path.startswith(trainings))]

    def faults_now(self, kind: str, done: Done, overwrite: bool) -> Iterator[str]:
        yield from self.faults_of_outputs(overwrite)
        if kind.startswith("kill"):
            return
        lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        harmless = kind in ("short", "EINTR")  # the rest is written, the call repeated
        if done.code not in ((0,) if harmless else (0, 1)) or len(lines) != done.code or "unexpected" in done.stderr:
            yield f"exit {done.code}: {done.stderr[-1500:]}"
        elif done.code and os.strerror(getattr(errno, "ENOSPC" if kind == "full" else kind)) not in lines[0]:
            yield f"wrong cause: {lines[0]}"
        elif done.code and kind not in ("ENOSPC", "full") and "free some disk space" in lines[0]:
            yield f"wrong remedy: {lines[0]}"
        elif done.code == 0 and [digests(output) for output in self.outputs] != self.new:
            yield "it succeeds without having made its outputs"

    def faults_of_outputs(self, overwrite: bool) -> Iterator[str]:
        for output, old, new in zip(self.outputs, self.old, self.new, strict=True):
            found = digests(output)
            if overwrite and found not in (old, new):
                yield f"{output.name} is neither old nor new: {sorted(found)}"
            if wrong := damage(output):
                yield f"{output.name} cannot be read: {wrong}"

    def faults_again(self, overwrite: bool, cleaned: bool) -> Iterator[str]:
        again = self.run(overwrite)
        if again.code:
            yield f"the next run fails: {again.stderr}"
        elif [digests(output) for output in self.outputs] != self.new:
            yield "the next run gives other bytes"
        if cleaned and (left := self.left()):
            yield f"left: {left[:4]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--trials", type=int, default=1 << 30)
    parser.add_argument("--commands", default=",".join(WRITERS), help="names of writers.py, or of their commands")
    parser.add_argument("--kinds", default=",".join(OFTEN), help="kinds of failure of the sample")
    parser.add_argument("--every", default="", help="kinds of failure: every call once instead of a sample")
    parser.add_argument("--writes", action="store_true", help="only calls that change the file system")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="processes, each with its share of the commands")
    parser.add_argument("--no-exchange", action="store_true", help="as where names cannot be swapped in one step")
    options = parser.parse_args()
    warm_up()
    if options.no_exchange:
        from seqtool.artifact import atomic_rename

        atomic_rename._exchange = lambda first, second: False
    end = time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory(prefix="crash-") as folder:
        subjects = prepared(Path(folder), options.commands.split(","), not options.writes)
        print(f"{time.monotonic() - end + 60 * options.minutes:.0f} s of preparation", file=sys.stderr, flush=True)
        shares = [subjects[job :: options.jobs] for job in range(options.jobs)]
        with ProcessPoolExecutor(options.jobs, get_context("fork")) as pool:
            found = pool.map(partial(torture, options=options, end=end), shares, range(options.jobs))
            counts = sum(found, Counter[str]())
    faults, trials_made = counts.pop("faults", 0), counts.pop("trials", 0)
    print(json.dumps({"faults": faults, "trials": trials_made, **dict(sorted(counts.items()))}))
    return 1 if faults else 0


def prepared(folder: Path, commands: list[str], reading: bool) -> list[Subject]:
    """The subjects, those with the most calls first."""
    names = [name for name, writer in WRITERS.items() if {name, writer.command.split()[0]} & set(commands)]
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    (folder / "rooms").mkdir()
    make_world(folder / "world", names)
    rooms = {name: folder / "rooms" / name.replace(" ", "-") for name in names}
    subjects = [Subject(name, folder / "world", room, reading) for name, room in rooms.items()]
    return sorted(subjects, key=lambda subject: -len(subject.calls[True]))


def torture(subjects: list[Subject], job: int, options: argparse.Namespace, end: float) -> Counter[str]:
    """The trials of some subjects, counted by kind; faults are printed as they come."""
    draw, counts = random.Random(f"{options.seed} {job}"), Counter[str]()
    most = -(-options.trials // options.jobs)
    for subject, kind, overwrite, at in trials(subjects, options, draw):
        if time.monotonic() > end or counts["trials"] >= most:
            break
        faults = subject.trial(kind, at, overwrite, draw)
        if faults is None:
            counts["call not made"] += 1
            continue
        counts.update({"trials": 1, kind: 1, "faults": len(faults)})
        for fault in faults:
            print(f"{subject.name}{' --overwrite' * overwrite}, {kind} at {at}: {fault}", flush=True)
        if counts["trials"] % 50 == 0:
            print(f"job {job}: {dict(counts)}", file=sys.stderr, flush=True)
    return counts


def trials(
    subjects: list[Subject], options: argparse.Namespace, draw: random.Random
) -> Iterator[tuple[Subject, str, bool, Call]]:
    """What is tried: subject, kind of failure, whether something is replaced, and the call."""
    if options.every:
        every = [
            (subject, kind, overwrite, call)
            for subject in subjects
            for overwrite, calls in subject.calls.items()
            for kind in options.every.split(",")
            for call in calls
            if KINDS[kind](call)
        ]
        draw.shuffle(every)  # so that what there is time for is of all commands
        yield from every
        return
    while subjects:
        for subject in subjects:
            overwrite, kind = draw.random() < 0.5, draw.choice(options.kinds.split(","))
            yield subject, kind, overwrite, draw.choice([c for c in subject.calls[overwrite] if KINDS[kind](c)])


if __name__ == "__main__":
    sys.exit(main())
