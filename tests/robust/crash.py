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
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from forked import warm_up
from syscalls import Answer, Call, supervise
from writers import WRITERS, make_world, run_here

SPACE = {"create", "write", "pwrite", "writev", "sendfile", "copy_file_range", "ftruncate", "fallocate", "mkdir"}
RENAMES = {"rename", "link", "symlink", "fsync", "fdatasync"}
SLOW = {"open", "create", "read", "pread", "write", "pwrite", "writev", "flock", "fsync", "fallocate", "ftruncate"}
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


def run(command: str, folder: Path, answer: Answer | None = None, room: Path | None = None) -> Done:
    """A command in a fork of this process, in ``folder``; its calls on files within ``room`` are answered."""
    errors = os.memfd_create("stderr")

    def body() -> None:
        code = 70
        try:
            os.chdir(folder)
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

    if answer is not None and room is not None:
        code, calls = supervise(body, room, answer)
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
    """A command, what it makes when nobody disturbs it, and what it is to replace."""

    def __init__(self, name: str, room: Path) -> None:
        self.command, outputs, change = WRITERS[name]
        self.name, self.room, self.folder = name, room, room / "at" / name.replace(" ", "-")
        self.outputs = [self.folder / output for output in outputs.split()]
        shutil.copytree(room / "world", self.folder)
        self.before = self.listing()
        run_here(f"{self.command} {change}", self.folder)
        self.kept = [output.rename(self.folder.parent / f"{name}.{output.name}") for output in self.outputs]
        self.old = [digests(kept) for kept in self.kept]
        self.calls: dict[bool, list[Call]] = {}
        for overwrite in (False, True):
            self.restore(overwrite)
            done = run(self.called(overwrite), self.folder, lambda call: "", room)
            assert done.code == 0, done.stderr
            self.calls[overwrite] = done.calls
        self.new = [digests(output) for output in self.outputs]

    def called(self, overwrite: bool) -> str:
        return f"{self.command} --overwrite" if overwrite else self.command

    def listing(self) -> set[str]:
        """What is hidden beside the output, and everything in TMPDIR; the corpus of a text is an output too."""
        hidden = {str(path) for path in self.folder.rglob(".*")}
        return hidden | {str(path) for path in (self.room / "tmp").rglob("*")}

    def restore(self, overwrite: bool) -> None:
        """The folder as before the command, with the old output where it is to be replaced; nothing is cached."""
        rest = [*self.folder.glob(".*"), *(self.room / "tmp").iterdir(), self.room / "cache" / "seqtool"]
        for path in (*self.outputs, *rest):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        for kept, output in zip(self.kept, self.outputs, strict=True):
            if overwrite:
                shutil.copytree(kept, output) if kept.is_dir() else shutil.copyfile(kept, output)

    def trial(self, kind: str, at: Call, overwrite: bool, draw: random.Random) -> list[str] | None:
        """What is wrong after a failure of one call; nothing where all is well, ``None`` where it was not made."""
        self.restore(overwrite)
        disturbance = Disturbance(kind, at)
        done = run(self.called(overwrite), self.folder, disturbance, self.room)
        if not disturbance.happened:
            return None
        faults = list(self.faults_now(kind, done, overwrite))
        unfinished = {str(output.with_name(f".{output.name}.training")) for output in self.outputs}
        left = {path for path in self.listing() - self.before if not any(path.startswith(u) for u in unfinished)}
        if left and not kind.startswith("kill") and at.name not in ("unlink", "rmdir"):
            faults.append(f"left at once: {sorted(left)[:4]}")
        if kind == "kill twice":
            second = Disturbance(kind, draw.choice(self.calls[overwrite]))
            run(self.called(overwrite), self.folder, second, self.room)
            faults += self.faults_of_outputs(overwrite)
        # A command that has succeeded, but could not remove something, may be up to date the next time.
        cleaned = done.code != 0 or at.name not in ("unlink", "rmdir")
        return [*faults, *self.faults_again(overwrite, cleaned)]

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
        elif done.code and kind not in ("ENOSPC", "full") and "free some space" in lines[0]:
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
        again = run(self.called(overwrite), self.folder)
        if again.code:
            yield f"the next run fails: {again.stderr}"
        elif [digests(output) for output in self.outputs] != self.new:
            yield "the next run gives other bytes"
        if cleaned and (left := self.listing() - self.before):
            yield f"left: {sorted(left)[:4]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--trials", type=int, default=1 << 30)
    parser.add_argument("--commands", default=",".join(WRITERS), help="names of writers.py, or of their commands")
    parser.add_argument("--kinds", default=",".join(OFTEN), help="kinds of failure of the sample")
    parser.add_argument("--every", default="", help="kinds of failure: every call once instead of a sample")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-exchange", action="store_true", help="as where names cannot be swapped in one step")
    options = parser.parse_args()
    warm_up()
    room = Path(tempfile.mkdtemp(prefix="crash-"))
    os.environ["XDG_CACHE_HOME"], os.environ["TMPDIR"] = str(room / "cache"), str(room / "tmp")
    (room / "tmp").mkdir()
    tempfile.tempdir = None
    if options.no_exchange:
        from seqtool.artifact import atomic_rename

        atomic_rename._exchange = lambda first, second: False
    try:
        counts = torture(room, options)
    finally:
        shutil.rmtree(room, ignore_errors=True)
    print(json.dumps(dict(sorted(counts.items()))))
    return 1 if counts["faults"] else 0


def torture(room: Path, options: argparse.Namespace) -> Counter[str]:
    """The trials, counted by kind; faults are printed as they come."""
    end = time.monotonic() + 60 * options.minutes
    draw, counts = random.Random(options.seed), Counter[str](faults=0, trials=0)
    wanted = options.commands.split(",")
    names = [name for name, writer in WRITERS.items() if {name, writer.command.split()[0]} & set(wanted)]
    make_world(room / "world", names)
    subjects = {name: Subject(name, room) for name in names}
    print(f"{time.monotonic() - end + 60 * options.minutes:.0f} s of preparation", file=sys.stderr)
    for subject, kind, overwrite, at in trials(subjects, options.every, options.kinds.split(","), draw):
        if time.monotonic() > end or counts["trials"] >= options.trials:
            break
        faults = subject.trial(kind, at, overwrite, draw)
        if faults is None:
            counts["call not made"] += 1
            continue
        counts.update({"trials": 1, kind: 1, "faults": len(faults)})
        for fault in faults:
            print(f"{subject.name}{' --overwrite' * overwrite}, {kind} at {at}: {fault}", flush=True)
    return counts


def trials(
    subjects: dict[str, Subject], every: str, kinds: list[str], draw: random.Random
) -> Iterator[tuple[Subject, str, bool, Call]]:
    """What is tried: subject, kind of failure, whether something is replaced, and the call."""
    if every:
        for subject in subjects.values():
            for overwrite, calls in subject.calls.items():
                for kind in every.split(","):
                    yield from ((subject, kind, overwrite, call) for call in calls if KINDS[kind](call))
        return
    while True:
        for subject in subjects.values():
            overwrite, kind = draw.random() < 0.5, draw.choice(kinds)
            yield subject, kind, overwrite, draw.choice([c for c in subject.calls[overwrite] if KINDS[kind](c)])


if __name__ == "__main__":
    sys.exit(main())
