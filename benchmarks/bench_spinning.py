"""Training beside other work: what waiting threads that spin cost, by how long they do (``GOMP_SPINCOUNT``).

An LSTM learns from the toy world, with all cores, alone and beside a program that keeps one core busy. Whole commands,
start included.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from measure import Run, alternate, medians, run, save, setting

TEXT = Path(__file__).parents[1] / "sample_corpora" / "toy_world.en.txt"
LINES = 1000
# Turns of a waiting thread: seqtool's, and libgomp's own where nothing is said.
CONTESTANTS: Mapping[str, tuple[str, ...]] = {"1,000 (seqtool)": (), "300,000 (libgomp)": ("GOMP_SPINCOUNT=300000",)}
ONE_THREAD = "one thread"


@contextmanager
def busy(on: bool) -> Iterator[None]:
    """A program that computes all the time."""
    if not on:
        yield
        return
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def training(folder: Path, settings: tuple[str, ...], options: tuple[str, ...], beside: bool) -> Callable[[], Run]:
    """One epoch, from nothing."""
    command = ["env", *settings, str(Path(sys.executable).with_name("seqtool")), "train-lm", str(folder / "t.corpus"),
               "--epochs", "1", "-o", str(folder / "m"), *options]  # fmt: skip

    def contestant() -> Run:
        shutil.rmtree(folder / "m", ignore_errors=True)
        with busy(beside):
            return run(command)

    return contestant


def main() -> None:
    """Measure both conditions and save the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = TEXT.read_text(encoding="utf-8").splitlines(keepends=True)[:LINES]
        (folder / "t.txt").write_text("".join(lines), encoding="utf-8")
        run([str(Path(sys.executable).with_name("seqtool")), "preprocess", str(folder / "t.txt")])
        for beside in (False, True):
            trainings = {key: training(folder, value, (), beside) for key, value in CONTESTANTS.items()}
            trainings[ONE_THREAD] = training(folder, (), ("--threads", "1"), beside)
            results["beside" if beside else "alone"] = medians(alternate(trainings, arguments.rounds))
    rows = ["| waiting threads turn | alone, s | beside a busy program, s |", "|---|---:|---:|"]
    rows += [
        f"| {key} | {found.seconds:.1f} | {results['beside'][key].seconds:.1f} |"
        for key, found in results["alone"].items()
    ]
    where = setting("seqtool", "torch") | {"lines": LINES, "rounds": arguments.rounds, "cores": os.cpu_count()}
    data = {when: {key: found.seconds for key, found in some.items()} for when, some in results.items()}
    save("bench_spinning", where, "\n".join(rows), data)


if __name__ == "__main__":
    main()
