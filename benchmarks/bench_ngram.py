"""N-gram models beside IRSTLM and KenLM's query module, on IMDB, order 5.

    train    text → model that can be asked, every run from the text itself (no corpus artifact there), two threads;
             with --arpa the model as ARPA text too; beside it KenLM's lmplz, text → ARPA (--lmplz: where it was built)
    irstlm   the first lines of the text → Witten-Bell model, ``tlm`` (the Debian package irstlm), and beside it
             train-ngram on the same lines; left out where tlm is not there
    query    a text → the log-probability of every token: `perplexity` as a whole process, and the same sentences by
             kenlm's Python module in one process, without the time it takes to load the model

IRSTLM runs beside also to tell how fast the machine is on that day: its time on the reference machine is known.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measure import Run, alternate, medians, run, save, setting

KENLM = """
import sys, time
import kenlm
model = kenlm.Model(sys.argv[1])
lines = [line.rstrip("\\n") for line in open(sys.argv[2], encoding="utf-8")]
tokens = sum(len(line.split()) + 1 for line in lines)
for _ in sys.stdin:
    start = time.perf_counter()
    total = sum(map(model.score, lines))
    print(tokens / (time.perf_counter() - start), 10 ** (-total / tokens), flush=True)
"""
LOADED = """
import sys, time
from pathlib import Path
from seqtool.artifact.read import open_artifact
from seqtool.corpus.artifact import open_corpus
from seqtool.metrics.perplexity import measure
from seqtool.ngrams.artifact import load_ngram
model = load_ngram(Path(sys.argv[1]))
corpus = open_corpus(open_artifact(Path(sys.argv[2]), "corpus"))
for _ in sys.stdin:
    start = time.perf_counter()
    text = model.encode_corpus("t", corpus, slice(0, len(corpus)))
    found = measure(text, model.log_probs(text, "sentence"), "sentence")
    print(found.tokens / (time.perf_counter() - start), found.perplexity, flush=True)
"""


def train(text: Path, order: int, *options: str) -> Run:
    """Text → model, in a fresh folder."""
    with tempfile.TemporaryDirectory(dir=text.parent) as folder:
        os.link(text, f"{folder}/t.txt")
        return run(
            [
                sys.executable,
                "-m",
                "seqtool",
                "train-ngram",
                f"{folder}/t.txt",
                "--order",
                str(order),
                "-q",
                *(option.replace("FOLDER", folder) for option in options),
            ]
        )


def lmplz(program: str, text: Path, order: int) -> Run:
    """Text → ARPA by KenLM."""
    with tempfile.TemporaryDirectory(dir=text.parent) as folder:
        return run(
            [
                program,
                "-o",
                str(order),
                "-S",
                "2G",
                "-T",
                f"{folder}/",
                "--text",
                str(text),
                "--arpa",
                f"{folder}/m.arpa",
            ]
        )


def irstlm(tlm: str, text: Path, order: int) -> Run:
    """Text → Witten-Bell model in IRSTLM's binary form."""
    with tempfile.TemporaryDirectory(dir=text.parent) as folder:
        return run([tlm, f"-tr={text}", f"-n={order}", "-lm=wb", f"-obin={folder}/m.blm"])


class Loaded:
    """A process that has loaded a model, and scores a text whenever it is asked to."""

    def __init__(self, script: str, model: Path, text: Path) -> None:
        command = [sys.executable, "-c", script, str(model), str(text)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def ask(self) -> tuple[float, float]:
        """Tokens a second, and perplexity."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("\n")
        answer = self._process.stdout.readline().split()
        if not answer:
            raise SystemExit("a process that had loaded a model has ended")
        return float(answer[0]), float(answer[1])

    def close(self) -> None:
        """End it."""
        self._process.communicate()


def training(text: Path, order: int, rounds: int, program: str | None) -> tuple[list[str], dict[str, Any]]:
    """The table of training."""
    contestants = {
        "seqtool train-ngram, from text": lambda: train(text, order),
        "the same with --arpa": lambda: train(text, order, "--arpa", "FOLDER/m.arpa"),
        "the same with --memory 300M": lambda: train(text, order, "--memory", "300M"),
    }
    if program:
        contestants["KenLM lmplz, text to ARPA"] = lambda: lmplz(program, text, order)
    train(text, 2)  # compiled, and the text in the page cache
    return compared("text → model", contestants, rounds)


def beside_irstlm(tlm: str, text: Path, order: int, rounds: int, lines: int) -> tuple[list[str], dict[str, Any]]:
    """The table of training on the first lines, by both tools."""
    with tempfile.TemporaryDirectory(dir=text.parent) as folder:
        part = Path(folder) / "part.txt"
        with text.open("rb") as file, part.open("wb") as first:
            first.writelines(itertools.islice(file, lines))
        contestants = {
            "seqtool train-ngram, modified Kneser-Ney": lambda: train(part, order),
            "seqtool train-ngram, Witten-Bell": lambda: train(part, order, "--smoothing", "witten-bell"),
            "IRSTLM tlm, Witten-Bell": lambda: irstlm(tlm, part, order),
        }
        return compared(f"first {lines:,} lines → model", contestants, rounds)


def compared(what: str, contestants: dict[str, Callable[[], Run]], rounds: int) -> tuple[list[str], dict[str, Any]]:
    """A table of medians, and all figures."""
    found = alternate(contestants, rounds)
    rows = [f"| {name} | {m.seconds:.1f} | {m.peak_mib:.0f} |" for name, m in medians(found).items()]
    table = [f"| {what} | wall s (median) | peak MiB |", "|---|---:|---:|", *rows]
    return table, {name: [vars(r) for r in some] for name, some in found.items()}


def querying(text: Path, held_out: Path, order: int, rounds: int) -> tuple[list[str], dict[str, Any]]:
    """The table of queries: tokens a second."""
    with tempfile.TemporaryDirectory(dir=text.parent) as folder:
        model, arpa = Path(folder) / "m.lm", Path(folder) / "m.arpa"
        seqtool("train-ngram", str(text), "--order", str(order), "-o", str(model), "--arpa", str(arpa))
        seqtool("preprocess", str(held_out), "-o", f"{folder}/h.corpus")
        seqtool("perplexity", str(model), str(held_out))
        started = time.perf_counter()
        seqtool("perplexity", str(model), str(held_out))
        whole = time.perf_counter() - started
        contestants = {
            "seqtool, a corpus, 2 threads, model loaded": Loaded(LOADED, model, Path(folder) / "h.corpus"),
            "kenlm's Python module, model loaded": Loaded(KENLM, arpa, held_out),
        }
        for loaded in contestants.values():
            loaded.ask()
        found = {name: list[tuple[float, float]]() for name in contestants}
        for _, (name, loaded) in itertools.product(range(rounds), contestants.items()):
            found[name].append(loaded.ask())
        for loaded in contestants.values():
            loaded.close()
    with held_out.open(encoding="utf-8") as file:
        tokens = sum(len(line.split()) + 1 for line in file)
    found["seqtool perplexity, a text file, whole process"] = [(tokens / whole, found[next(iter(found))][0][1])]
    rows = [
        f"| {name} | {sorted(r for r, _ in some)[len(some) // 2] / 1e6:.2f} | {some[0][1]:.3f} |"
        for name, some in found.items()
    ]
    table = [f"| {tokens:,} tokens | M tokens/s (median) | perplexity |", "|---|---|---|", *rows]
    return table, found


def seqtool(*arguments: str) -> None:
    """Run a command."""
    subprocess.run([sys.executable, "-m", "seqtool", *arguments, "-q"], check=True, stdout=subprocess.DEVNULL)


def split(text: Path, folder: Path) -> tuple[Path, Path]:
    """All lines but every twentieth, and these: what is asked has not been trained on."""
    parts = folder / "train.txt", folder / "held_out.txt"
    with text.open("rb") as file, parts[0].open("wb") as trained, parts[1].open("wb") as held_out:
        for number, line in enumerate(file):
            (held_out if number % 20 == 0 else trained).write(line)
    return parts


def main() -> None:
    """Measure and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path, help="the text that make_imdb.py makes")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--order", type=int, default=5)
    parser.add_argument("--tlm", default=shutil.which("tlm") or shutil.which("/usr/lib/irstlm/bin/tlm"))
    parser.add_argument("--lmplz")
    parser.add_argument("--irstlm-lines", type=int, default=20_000)
    arguments = parser.parse_args()
    table, results = training(arguments.text, arguments.order, arguments.rounds, arguments.lmplz)
    if arguments.tlm:
        given = arguments.tlm, arguments.text, arguments.order, arguments.rounds, arguments.irstlm_lines
        more, results["irstlm"] = beside_irstlm(*given)
        table += ["", *more]
    with tempfile.TemporaryDirectory(dir=arguments.text.parent) as folder:
        query_table, query_results = querying(*split(arguments.text, Path(folder)), arguments.order, arguments.rounds)
    where = setting("seqtool", "numba", "numpy") | {"rounds": arguments.rounds, "order": arguments.order}
    save("bench_ngram", where, "\n".join([*table, "", *query_table]), {"train": results, "query": query_results})


if __name__ == "__main__":
    main()
