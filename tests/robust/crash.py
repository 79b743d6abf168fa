"""Commands that are killed before, or fail at, a call that changes the file system; then they are run again.

``python tests/robust/crash.py --minutes 5`` takes commands, calls and failures at random and prints counts; with
``--trials 20`` it ends after these. All imports are done once; every command runs in a fork of this process.

After each trial an output is the old one or the new one, whole; a failure is one line with exit code 1; the same
command afterwards gives the bytes of an undisturbed run and leaves nothing else, beside the output or in TMPDIR.
"""

from __future__ import annotations

import argparse
import builtins
import contextlib
import errno
import fcntl
import hashlib
import io
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
os.environ.setdefault("NUMBA_CACHE_DIR", str(CACHE / "seqtool" / "numba"))
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[2]))

NET = "--emb-dim 8 --hidden-dim 8 --epochs 2 --precision fp32 --checkpoint-seconds 0 --threads 1"
# What later commands read; then the subjects: name, command, output, options that make another result.
WORLD = (
    "preprocess t.txt -o c.corpus --split 0.8,0.1,0.1 --threads 1",
    "cooccur c.corpus --min-count 1 -o c.counts --threads 1",
    "ppmi c.counts -o c.matrix",
    "svd c.matrix --dim 4 -o s.vectors --threads 1",
    f"train-lm c.corpus -o m.lm --layers 1 {NET}",
)
SUBJECTS = {
    "preprocess": ("preprocess t.txt --tokenizer bpe --vocab-size 300 -o x --threads 1", "x", "--lower"),
    "phrases": ("phrases c.corpus --threshold 1 -o x --threads 1", "x", "--delimiter +"),
    "cooccur": ("cooccur c.corpus --min-count 1 -o x --threads 1", "x", "--window 3"),
    "ppmi": ("ppmi c.counts -o x", "x", "--shift 2"),
    "svd": ("svd c.matrix --dim 4 -o x --threads 1", "x", "--seed 2"),
    "train-word2vec": ("train-word2vec c.corpus --dim 4 --epochs 2 --min-count 1 -o x --threads 1", "x", "--seed 2"),
    "train-fasttext": (
        "train-fasttext c.corpus --dim 4 --epochs 2 --min-count 1 --bucket 100 -o x --threads 1",
        "x",
        "--seed 2",
    ),
    "train-glove": ("train-glove c.counts --dim 4 --epochs 2 -o x --threads 1", "x", "--seed 2"),
    "document-vectors": ("document-vectors s.vectors t.txt --clusters 3 -o x", "x", "--seed 2"),
    "train-ngram": ("train-ngram c.corpus --order 3 --arpa x.arpa -o x --threads 1", "x x.arpa", "--min-count 2"),
    "train-lm": (f"train-lm c.corpus -o x --layers 1 {NET}", "x", "--seed 2"),
    "train-seq2seq": (f"train-seq2seq p.tsv -o x {NET}", "x", "--seed 2"),
    "train-classifier": (f"train-classifier l.tsv -o x {NET}", "x", "--seed 2"),
    "train-linear": ("train-classifier l.tsv --linear -o x --threads 1", "x", "--seed 2"),
    "train-tagger": (f"train-tagger t.conll -o x --char-dim 4 --char-hidden 4 {NET}", "x", "--seed 2"),
    "perplexity": ("perplexity m.lm t.txt -o x --threads 1", "x", "--context sentence"),
    "generate": ("generate m.lm --num 3 -o x --threads 1", "x", "--seed 2"),
    "neighbors": ("neighbors s.vectors the -o x", "x", "--num 3"),
    "report": ("report m.lm -o x", "x", "--title other"),
    "convert": ("convert s.vectors x.vec", "x.vec", "--to glove"),
    "make-task": ("make-task copy -o x.tsv --size 20", "x.tsv", "--seed 2"),
    "plot-vectors": ("plot-vectors s.vectors -o x.svg", "x.svg", "--num 3"),
}
KINDS = {"kill": 0, "EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "EACCES": errno.EACCES, "EINTR": errno.EINTR}
OFTEN = ("kill", "kill", "EIO", "ENOSPC", "kill", "EIO", "ENOSPC", "EACCES", "EINTR")
STEPS = ("rename", "replace", "mkdir", "unlink", "rmdir", "remove", "fsync", "link", "ftruncate", "posix_fallocate")


@dataclass
class Done:
    code: int
    stderr: str
    steps: list[str]


class Steps:
    """The calls that change the file system, counted; one of them may kill or fail."""

    def __init__(self, log: Path, at: int = 0, kind: str = "") -> None:
        self.at, self.kind, self.count = at, kind, 0
        self.log = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)

    def __call__(self, what: str, *places: object) -> None:
        if any("/cache/" in str(place) or str(place).startswith("/dev/") for place in places):
            return
        self.count += 1
        os.write(self.log, f"{what} {' '.join(map(str, places))}\n".encode())
        if self.count == self.at and self.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.count == self.at and KINDS[self.kind]:
            raise OSError(KINDS[self.kind], os.strerror(KINDS[self.kind]), str(places[0]) if places else None)

    def patch(self) -> None:
        """To be called in a process that ends soon."""
        step, opening, opened = self, os.open, io.open

        def counted(name: str, real: Callable[..., Any], shown: int = 2) -> Callable[..., Any]:
            def call(*given: Any, **named: Any) -> Any:
                step(name, *given[:shown])
                return real(*given, **named)

            return call

        def open_descriptor(path: Any, flags: int, *more: Any, **named: Any) -> int:
            if flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR):
                step("open", path)
            return opening(path, flags, *more, **named)

        class Raw(io.FileIO):
            def write(self, data: Any) -> int:
                step("write", self.name)
                return super().write(data)

        def open_file(file: Any, mode: str = "r", buffering: int = -1, *more: Any, **named: Any) -> Any:
            if (
                isinstance(file, int)
                or "opener" in named
                or not set(mode) & set("wxa+")
                or "/cache/" in str(file)
                or str(file)[:5] == "/dev/"
            ):
                return opened(file, mode, buffering, *more, **named)
            step("open", file)
            raw = Raw(file, mode.replace("b", "").replace("t", ""))
            if buffering == 0:
                return raw
            whole = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
            return whole if "b" in mode else io.TextIOWrapper(whole, *more, **named)

        for name in STEPS:
            setattr(os, name, counted(name, getattr(os, name)))
        os.open, io.open, builtins.open = open_descriptor, open_file, open_file
        fcntl.flock = counted("flock", fcntl.flock, 0)


def run(command: str, folder: Path, at: int = 0, kind: str = "", count: bool = False) -> Done:
    """A command in a fork of this process, in ``folder``."""
    log, errors = folder.parent / "steps", folder.parent / "stderr"
    log.unlink(missing_ok=True)
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            os.chdir(folder)
            os.dup2(os.open(os.devnull, os.O_RDWR), 1)
            os.dup2(os.open(errors, os.O_CREAT | os.O_TRUNC | os.O_WRONLY), 2)
            from seqtool.cli.main import run as entry

            if at or count:
                Steps(log, at, kind).patch()
            code = entry([*command.split(), "-q"])
            sys.stderr.flush()
        except BaseException:
            import traceback

            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    steps = log.read_text().splitlines() if log.exists() else []
    return Done(code, errors.read_text(), steps)


def run_here(command: str, folder: Path) -> None:
    """A command in this process, so that forks of it find kernels and libraries loaded."""
    from seqtool.cli.main import run as entry

    before = os.getcwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            assert entry([*command.split(), "-q"]) == 0, command
    finally:
        os.chdir(before)


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

    def __init__(self, name: str, world: Path) -> None:
        command, outputs, change = SUBJECTS[name]
        self.name, self.command, self.folder = name, command, world.parent / "at" / name
        self.outputs = [self.folder / output for output in outputs.split()]
        shutil.copytree(world, self.folder)
        self.before = self.listing()
        run_here(f"{command} {change}", self.folder)
        self.kept = [output.rename(self.folder.parent / f"{name}.{output.name}") for output in self.outputs]
        self.old = [digests(kept) for kept in self.kept]
        self.steps = {}
        for overwrite in (False, True):
            self.restore(overwrite)
            done = run(self.called(overwrite), self.folder, count=True)
            assert done.code == 0, done.stderr
            self.steps[overwrite] = done.steps
        self.new = [digests(output) for output in self.outputs]

    def called(self, overwrite: bool) -> str:
        return f"{self.command} --overwrite" if overwrite else self.command

    def listing(self) -> set[str]:
        """What is hidden beside the output, and everything in TMPDIR; the corpus of a text is an output too."""
        hidden = {str(path) for path in self.folder.rglob(".*")}
        return hidden | {str(path) for path in Path(tempfile.gettempdir()).rglob("*")}

    def restore(self, overwrite: bool) -> None:
        """The folder as before the command, with the old output where it is to be replaced."""
        for path in [*self.outputs, *self.folder.glob(".*"), *Path(tempfile.gettempdir()).iterdir()]:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        for kept, output in zip(self.kept, self.outputs, strict=True):
            if overwrite:
                shutil.copytree(kept, output) if kept.is_dir() else shutil.copyfile(kept, output)

    def trial(self, kind: str, at: int, overwrite: bool) -> list[str]:
        """What is wrong after a failure of one call; nothing where all is well."""
        self.restore(overwrite)
        done = run(self.called(overwrite), self.folder, at, kind)
        # A command that has succeeded, but could not remove something, may be up to date the next time.
        cleaned = done.code != 0 or not self.steps[overwrite][at - 1].startswith(("unlink", "rmdir"))
        return [*self.faults_now(kind, done, overwrite), *self.faults_again(overwrite, cleaned)]

    def faults_now(self, kind: str, done: Done, overwrite: bool) -> Iterator[str]:
        if kind != "kill":
            lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
            if done.code not in (0, 1) or len(lines) != done.code or "unexpected" in done.stderr:
                yield f"exit {done.code}: {done.stderr[-1500:]}"
            if kind != "ENOSPC" and "free some space" in done.stderr:
                yield f"wrong remedy: {done.stderr}"
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


def make_world(world: Path, needed: str) -> None:
    draw, words = (
        random.Random(3),
        ["the", "a", "cat", "dog", "bird", "sat", "ran", "slept", "on", "in", "mat", "park", "tree", "hill"],
    )
    lines = [" ".join(draw.choices(words, k=6)) for _ in range(60)]
    world.mkdir()
    (world / "t.txt").write_text("\n".join(lines) + "\n")
    (world / "l.tsv").write_text("".join(f"{'pos' if i % 2 else 'neg'}\t{line}\n" for i, line in enumerate(lines)))
    (world / "p.tsv").write_text("".join(f"{line[:8]}\t{line[8:]}\n" for line in lines))
    tagged = ["".join(f"{word} {'N' if len(word) > 3 else 'V'}\n" for word in line.split()) for line in lines]
    (world / "t.conll").write_text("\n".join(tagged))
    for command in WORLD:
        if "m.lm" in needed or "m.lm" not in command:
            run_here(command, world)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--trials", type=int, default=1 << 30)
    parser.add_argument("--commands", default=",".join(SUBJECTS))
    parser.add_argument("--every", default="", help="kinds of failure: every call once instead of a sample")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-exchange", action="store_true", help="as where names cannot be swapped in one step")
    options = parser.parse_args()
    room = Path(tempfile.mkdtemp(prefix="crash-"))
    os.environ["XDG_CACHE_HOME"], os.environ["TMPDIR"] = str(room / "cache"), str(room / "tmp")
    (room / "tmp").mkdir()
    tempfile.tempdir = None
    preload(options.commands)
    if options.no_exchange:
        from seqtool.artifact import atomic_rename

        atomic_rename._exchange = lambda first, second: False
    end = time.monotonic() + 60 * options.minutes
    try:
        counts, faults = torture(room, options, end)
    finally:
        shutil.rmtree(room, ignore_errors=True)
    for fault in faults:
        print(fault)
    print(json.dumps({"faults": len(faults), "trials": sum(counts.values()), **dict(sorted(counts.items()))}))
    return 1 if faults else 0


def preload(commands: str) -> None:
    """Import what commands import late, so that forks find it; no thread may be started here."""
    import gc

    import numba
    import numpy

    import seqtool.cli.main  # noqa: F401

    if {"train-lm", "perplexity", "generate", "train-seq2seq", "report"} & set(commands.split(",")):
        import torch

        torch.set_num_threads(1)
    assert numba.__version__, numpy.__version__
    gc.freeze()


def torture(room: Path, options: argparse.Namespace, end: float) -> tuple[Counter[str], list[str]]:
    draw, counts, faults = random.Random(options.seed), Counter[str](), list[str]()
    names = options.commands.split(",")
    make_world(room / "world", " ".join(SUBJECTS[name][0] for name in names))
    subjects = {name: Subject(name, room / "world") for name in names}
    print(f"{time.monotonic() - end + 60 * options.minutes:.0f} s of preparation", file=sys.stderr)
    for subject, kind, overwrite, at in trials(subjects, options.every, draw):
        if time.monotonic() > end or sum(counts.values()) >= options.trials:
            break
        counts[kind] += 1
        call = f"{subject.name}{' --overwrite' * overwrite}, {kind} at {subject.steps[overwrite][at - 1]}"
        faults += [f"{call}: {fault}" for fault in subject.trial(kind, at, overwrite)]
    return counts, faults


def trials(subjects: dict[str, Subject], every: str, draw: random.Random) -> Iterator[tuple[Subject, str, bool, int]]:
    """What is tried: subject, kind of failure, whether something is replaced, and the call, from 1."""
    if every:
        for subject in subjects.values():
            for overwrite, steps in subject.steps.items():
                for kind in every.split(","):
                    yield from ((subject, kind, overwrite, at) for at in range(1, len(steps) + 1))
        return
    while True:
        for subject in subjects.values():
            overwrite = draw.random() < 0.5
            yield subject, draw.choice(OFTEN), overwrite, draw.randint(1, len(subject.steps[overwrite]))


if __name__ == "__main__":
    sys.exit(main())
