"""Commands at the same time: on one name, on one text, and readers beside a writer.

``python tests/robust/races.py --races 500 --reads 100000 --replacements 2000`` works in an empty temporary folder,
prints the counts of each kind of race, and each fault. What is promised is in docs/guarantees.md:

- Of commands with one output one makes it, others of the same recipe find it up to date, and others refuse.
- What has the name is byte for byte what one of them makes alone, verified; nothing hidden is left.
- A reader reads one whole version, the old or the new, however often it is replaced meanwhile.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from forked import Ending, Running, finished, rehearse, warm_up
from replaced import read_beside_a_writer

Recipe = tuple[str, ...]

_FORK_SECONDS = 0.03  # of a process of this size
_ONE_THREAD = ("--threads", "1")
_NET = ("--emb-dim", "4", "--hidden-dim", "4", "--epochs", "2", *_ONE_THREAD)
_VECTORS = ("--dim", "4", "--epochs", "2", "--min-count", "1", *_ONE_THREAD)
PREPARE: tuple[Recipe, ...] = (
    ("preprocess", "text.txt", "-o", "c.corpus", *_ONE_THREAD),
    ("train-ngram", "c.corpus", "-o", "n.lm", *_ONE_THREAD),
    ("train-word2vec", "c.corpus", "-o", "w.vectors", *_VECTORS),
)
# Two recipes of each command that makes an artifact, and of two that write a file.
*RECIPES, TEXT_FILE, VECTORS_FILE = (
    ((*command, "-o", "x"), (*command, *change, "-o", "x"))
    for command, change in (
        (("preprocess", "text.txt", *_ONE_THREAD), ("--lower",)),
        (("cooccur", "c.corpus", "--min-count", "1", *_ONE_THREAD), ("--window", "2")),
        (("train-ngram", "c.corpus", *_ONE_THREAD), ("--order", "2")),
        (("train-word2vec", "c.corpus", *_VECTORS), ("--seed", "9")),
        (("train-lm", "c.corpus", "--layers", "1", *_NET), ("--seed", "9")),
        (("train-classifier", "labels.tsv", *_NET), ("--seed", "9")),
        (("generate", "n.lm", "--num", "3", *_ONE_THREAD), ("--seed", "9")),
        (("convert", "w.vectors", "--to", "word2vec"), ("--limit", "9")),
    )
)
# What needs a corpus of one raw text, each with an output of its own.
OF_ONE_TEXT: tuple[Recipe, ...] = (
    ("preprocess", "text.txt", *_ONE_THREAD),
    ("cooccur", "text.txt", "--min-count", "1", *_ONE_THREAD, "-o", "o1"),
    ("train-ngram", "text.txt", *_ONE_THREAD, "-o", "o2"),
    ("train-word2vec", "text.txt", *_VECTORS, "-o", "o3"),
    ("train-lm", "text.txt", "--layers", "1", *_NET, "-o", "o4"),
)


def write_texts(folder: Path) -> None:
    """A text and labelled lines of a small language."""
    draw = random.Random(5)
    words = [first + second for first in ("ka", "no", "ti", "su", "wem") for second in ("", "ra", "lo", "ne", "pi")]
    lines = [" ".join(draw.choices(words, k=8)) for _ in range(200)]
    (folder / "text.txt").write_text("".join(f"{line}\n" for line in lines))
    (folder / "labels.tsv").write_text("".join(f"{'many' if 'ka' in x else 'few'}\t{x}\n" for x in lines[:80]))


def content(path: Path) -> dict[str, bytes]:
    """The files of an artifact, or a single file; without ``run.json``, which holds times."""
    if path.is_file():
        return {"": path.read_bytes()}
    files = (file for file in sorted(path.rglob("*")) if file.is_file() and file.name != "run.json")
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in files}


def unverified(path: Path) -> list[str]:
    """What is wrong with the artifact that has a name."""
    from seqtool.artifact.read import open_artifact, verify
    from seqtool.errors import SeqtoolError

    try:
        return verify(open_artifact(path))
    except SeqtoolError as error:
        return [str(error)]


def hidden(folder: Path) -> list[str]:
    """What is left of temporary files."""
    return sorted(name for name in os.listdir(folder) if name.startswith("."))


def judged(ending: Ending) -> str:
    """``made``, ``up to date``, ``refused``, or a fault."""
    if (fault := ending.fault) is not None:
        return f"fault: {fault}"
    if ending.code == 0:
        return "up to date" if "up to date" in ending.err else "made"
    if ending.code == 1 and "--overwrite" in ending.err.splitlines()[-1]:
        return "refused"
    return f"fault: exit {ending.code}: {ending.err.splitlines()[-1]}"


def faults_of(
    ran: Sequence[tuple[Recipe, str]], found: dict[str, bytes], alone: Callable[[Recipe], dict[str, bytes]]
) -> list[str]:
    """What is wrong with a race for one name.

    Args:
        ran: the recipes that ran, each with what `judged` says of its end.
        found: the content that has the name then.
        alone: the content that a recipe makes where nothing else runs.
    """
    faults = [end for _, end in ran if end.startswith("fault")]
    made = [recipe for recipe, end in ran if end == "made"]
    if len(made) != 1:
        return [*faults, f"{len(made)} made it: {sorted({' '.join(recipe) for recipe in made})}"]
    faults += [
        f"{end} beside {' '.join(made[0])}: {' '.join(recipe)}"
        for recipe, end in ran
        if end == ("refused" if recipe == made[0] else "up to date")
    ]
    if found != alone(made[0]):
        faults.append(f"the content is not that of {' '.join(made[0])}")
    return faults


@dataclass(eq=False)
class Races:
    """Races in one folder.

    Attributes:
        counts: for each kind of race, how many there were and how their commands ended.
        faults: what went wrong, in words.
    """

    folder: Path
    draw: random.Random
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        write_texts(self.folder)
        rehearse(PREPARE, self.folder)
        self.prepared = set(os.listdir(self.folder))
        rehearse([(*first[:-1], f"{first[0]}.x") for first, _ in (*RECIPES, TEXT_FILE, VECTORS_FILE)], self.folder)
        self.clear()

    def clear(self) -> None:
        """Remove everything that commands made."""
        for name in set(os.listdir(self.folder)) - self.prepared:
            path = self.folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    @cache  # noqa: B019 (there is one of these)
    def alone(self, recipe: Recipe) -> tuple[dict[str, bytes], float]:
        """What a command makes where nothing else runs, and its seconds."""
        self.clear()
        ending = finished(recipe, self.folder)
        assert ending.code == 0, ending.err
        return content(self.output(recipe)), ending.seconds

    def output(self, recipe: Recipe) -> Path:
        """The place of a command's result."""
        return self.folder / (recipe[recipe.index("-o") + 1] if "-o" in recipe else "text.corpus")

    def started(self, recipes: Sequence[Recipe]) -> list[Running]:
        """The commands, begun at once or one after the other within the time that one takes alone."""
        spread = self.draw.choice((0.0, 1.2)) * max(self.alone(recipe)[1] for recipe in recipes)
        self.clear()
        begin = time.monotonic() + _FORK_SECONDS * len(recipes)
        return [Running(recipe, self.folder, begin + self.draw.uniform(0, spread)) for recipe in recipes]

    def ended(self, kind: str, recipes: Sequence[Recipe], ends: Sequence[str], faults: list[str]) -> None:
        """Count a race."""
        outputs = {self.output(recipe) for recipe in recipes}
        faults += [problem for path in outputs if path.is_dir() for problem in unverified(path)]
        if left := hidden(self.folder):
            faults.append(f"left: {left}")
        counts = self.counts.setdefault(kind, Counter())
        counts.update(["races", *(end.partition(":")[0] for end in ends)])
        self.faults += [f"{kind}, {len(recipes)} × {recipes[0][0]}: {fault}" for fault in faults]

    def one_name(self, kind: str, recipes: Sequence[Recipe]) -> None:
        """Commands of one or more recipes, all with the same output."""
        ends = [judged(running.wait()) for running in self.started(recipes)]
        found = content(self.output(recipes[0]))
        ran = list(zip(recipes, ends, strict=True))
        self.ended(kind, recipes, ends, faults_of(ran, found, lambda recipe: self.alone(recipe)[0]))

    def overwriting(self, recipes: Sequence[Recipe]) -> None:
        """Commands of different recipes that may each replace what the others made."""
        running = self.started(recipes)
        for one in running:
            one.wait()
        running = [Running((*recipe, "--overwrite"), self.folder, time.monotonic() + 0.1) for recipe in recipes]
        ends = [judged(one.wait()) for one in running]
        faults = [end for end in ends if end not in ("made", "up to date")]
        if content(self.output(recipes[0])) not in [self.alone(recipe)[0] for recipe in recipes]:
            faults.append("the content is that of none of them")
        self.ended("overwriting", recipes, ends, faults)

    def killed(self, recipe: Recipe) -> None:
        """One of two identical commands is killed; the other, and the next, find or make it."""
        killed, other = self.started([recipe, recipe])
        time.sleep(self.draw.uniform(0, 1.5 * self.alone(recipe)[1]))
        killed.send(signal.SIGKILL)
        first, *rest = killed.wait(), other.wait(), finished(recipe, self.folder)
        ends = [judged(ending) for ending in rest]
        faults = [] if ends in (["made", "up to date"], ["up to date"] * 2) else [f"{ends}: {rest[0].err[-200:]}"]
        if content(self.output(recipe)) != self.alone(recipe)[0]:
            faults.append("the content is another")
        ends.append("killed" if first.code == -signal.SIGKILL else "ended before")
        self.ended("one killed", [recipe], ends, faults)

    def waited_for(self, recipe: Recipe) -> None:
        """One command is stopped while it writes; of two that wait, one is interrupted, the other sees it end."""
        lock = self.output(recipe).with_name(f".{self.output(recipe).name}.lock")
        first = self._stopped_while_it_has(lock, recipe)
        second, third = (Running(recipe, self.folder) for _ in range(2))
        faults = [
            "it does not say that it waits"
            for waiting in (second, third)
            if not _until(lambda waiting=waiting: "waiting" in waiting.said() or waiting.ended())
        ]
        second.send(signal.SIGINT)
        began = time.monotonic()
        interrupted = second.wait()
        if interrupted.code != 130 or time.monotonic() - began > 2.0:
            faults.append(f"Ctrl-C: exit {interrupted.code} after {time.monotonic() - began:.1f} seconds")
        first.send(signal.SIGCONT)
        ends = [judged(running.wait()) for running in (first, third)]
        if ends != ["made", "up to date"]:
            faults.append(f"the first and the one that waited: {ends}")
        if content(self.output(recipe)) != self.alone(recipe)[0]:
            faults.append("the content is another")
        self.ended("one stopped", [recipe], [*ends, "interrupted"], faults)

    def _stopped_while_it_has(self, lock: Path, recipe: Recipe) -> Running:
        self.alone(recipe)
        while True:
            self.clear()
            running = Running(recipe, self.folder)
            _until(lambda running=running: lock.exists() or running.ended())
            running.send(signal.SIGSTOP)
            if _is_held(lock):
                return running
            running.send(signal.SIGCONT)
            running.wait()

    def one_text(self, number: int) -> None:
        """Commands that need the same corpus of one raw text."""
        recipes = [OF_ONE_TEXT[i % len(OF_ONE_TEXT)] for i in range(number)]
        numbered = [
            recipe if "-o" not in recipe else (*recipe[:-1], f"{recipe[-1]}.{i}") for i, recipe in enumerate(recipes)
        ]
        for recipe in recipes:
            self.alone(recipe)
        corpus = self.alone(OF_ONE_TEXT[0])[0]
        self.clear()
        ends = [judged(one.wait()) for one in [Running(recipe, self.folder) for recipe in numbered]]
        faults = [end for end in ends if end not in ("made", "up to date")]
        for recipe, own in zip(recipes, numbered, strict=True):
            if content(self.output(own)) != self.alone(recipe)[0]:
                faults.append(f"the content is not that of {' '.join(recipe)}")
        if content(self.folder / "text.corpus") != corpus:
            faults.append("the corpus is another")
        self.ended("one text", numbered, ends, faults)


def _is_held(lock: Path) -> bool:
    """Whether somebody has a lock: its file is made a moment before."""
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _until(happened: Callable[[], bool]) -> bool:
    """Look until something has happened, or half a minute is over."""
    end = time.monotonic() + 30
    while not (found := happened()) and time.monotonic() < end:
        time.sleep(0.001)
    return found


def run(folder: Path, races: int, reads: int, replacements: int, seed: int) -> dict[str, Any]:
    """Races: ``races`` of identical and of different recipes, a fifth of it for a file, a tenth of each other kind."""
    draw = random.Random(seed)
    all_races = Races(folder, draw)
    for number in range(races):
        first, second = RECIPES[number % len(RECIPES)]
        many = 20 if number % 50 == 8 else draw.choice((2, 2, 3))
        all_races.one_name("identical", [first] * many)
        all_races.one_name("different", draw.choice(([first, second], [first, second, first], [second, first])))
        if number % 5 == 0:
            both = draw.choice((TEXT_FILE, VECTORS_FILE))
            all_races.one_name("one file", draw.choice(([both[0]] * 2, both, both[::-1])))
        if number % 10 == 0:
            each, other = RECIPES[number // 10 % len(RECIPES)]
            all_races.overwriting([each, other])
            all_races.killed(each)
            all_races.waited_for(each)
            all_races.one_text(20 if number % 100 == 50 else 5)
    all_races.clear()
    counts, faults = read_beside_a_writer(folder / "replaced", reads, replacements, seed)
    return {
        "counts": {**{kind: dict(found) for kind, found in all_races.counts.items()}, "reads": counts},
        "faults": all_races.faults + faults,
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("races", 500), ("reads", 100_000), ("replacements", 2000), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--json", action="store_true", help="print counts and faults as one line of JSON")
    options = vars(parser.parse_args())
    as_json = options.pop("json")
    warm_up()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"  # of what was read; that of kernels is everybody's
        (place := Path(folder, "work")).mkdir()
        found = run(place, **options)
    if as_json:
        print(json.dumps(found))
    else:
        for kind, counts in found["counts"].items():
            print(f"{kind}: " + ", ".join(f"{number} {end}" for end, number in sorted(counts.items())))
        print(f"{len(found['faults'])} faults", *found["faults"], sep="\n")
    sys.exit(bool(found["faults"]))


if __name__ == "__main__":
    main()
