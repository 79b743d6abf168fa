"""Training word vectors beside gensim (and fastText, where it is installed), alternating in one run.

    speed     words/s of one epoch without the reading of the vocabulary: skip-gram and CBOW with negative sampling,
              dim 100, window 5, negative 5, sample 1e-3, min-count 5, by threads
    subwords  the same with n-grams of 3 to 6 characters beside fastText, on the first lines of the text
    glove     seconds of one more iteration (of three less one, halved) over the counts of the same lines, beside
              GloVe's own program (--glove: where it was built)
    memory    of fastText and GloVe, beside what --dry-run says the weights take
    quality   five epochs, means of the seeds: Spearman on WordSim-353 and MEN, Google analogies

Every contestant is a process of its own; the clock runs while it trains. Kernels are compiled before.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from measure import Run, alternate, medians, save, setting

GENSIM = """
import json, resource, sys, time
from gensim.models import Word2Vec
text, sg, epochs, threads, seed, out = sys.argv[1], *map(int, sys.argv[2:6]), sys.argv[6]
rate = 0.025 if sg else 0.05
model = Word2Vec(sg=sg, vector_size=100, window=5, negative=5, sample=1e-3, min_count=5, workers=threads, seed=seed,
                 alpha=rate)
model.build_vocab(corpus_file=text)
started, cpu = time.perf_counter(), time.process_time()
model.train(corpus_file=text, total_examples=model.corpus_count, total_words=model.corpus_total_words, epochs=epochs)
seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
if out: model.wv.save_word2vec_format(out, binary=True)
print(json.dumps([seconds, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""
FASTTEXT = """
import json, resource, sys, time
import fasttext
text, sg, epochs, threads, seed, out = sys.argv[1], *map(int, sys.argv[2:6]), sys.argv[6]
options = {} if out == "subwords" else {"maxn": 0, "bucket": 0}
started, cpu = time.perf_counter(), time.process_time()
fasttext.train_unsupervised(text, model="skipgram" if sg else "cbow", dim=100, ws=5, neg=5, t=1e-3, minCount=5,
                            epoch=epochs, thread=threads, lr=0.05, verbose=0, **options)
seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
print(json.dumps([seconds, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""
# The command, with its training alone on the CPU clock.
SEQTOOL = """
import json, resource, sys, time
from pathlib import Path
from seqtool.artifact.read import open_artifact
from seqtool.embeddings import artifact, word2vec
from seqtool.embeddings.glove import train as glove
from seqtool.embeddings.options import FasttextOptions, GloveOptions, Word2vecOptions
source, out, kind, given = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4])
clock = []
def timed(run):
    def inner(self, save):
        before = time.perf_counter(), time.process_time()
        run(self, save)
        clock.extend([time.perf_counter() - before[0], time.process_time() - before[1]])
    return inner
if kind == "glove":
    glove.GloveTraining.run = timed(glove.GloveTraining.run)
    glove.train_glove(open_artifact(source, "counts"), GloveOptions(**given), out)
else:
    word2vec.Training.run = timed(word2vec.Training.run)
    options = FasttextOptions if kind == "fasttext" else Word2vecOptions
    word2vec.train_word2vec(open_artifact(source, "corpus"), options(**given), out)
print(json.dumps([*clock, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


class Clock:
    """Runs scripts that print seconds, CPU seconds and peak MiB; keeps the CPU seconds by contestant."""

    def __init__(self) -> None:
        self.cpu: dict[str, list[float]] = {}

    def run(self, name: str, script: str, *arguments: object) -> Run:
        """One process; ``name`` says whose CPU seconds they are."""
        command = [sys.executable, "-c", script, *map(str, arguments)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        seconds, cpu, peak = json.loads(done.stdout.splitlines()[-1])
        self.cpu.setdefault(name, []).append(cpu)
        return Run(seconds, peak)


def trained(clock: Clock, name: str, source: Path, kind: str, options: Mapping[str, Any], keep: Path | None) -> Run:
    """Train seqtool's vectors into ``keep``, or a folder that goes again."""
    with tempfile.TemporaryDirectory(dir=source.parent) as folder:
        return clock.run(name, SEQTOOL, source, keep or Path(folder) / "v", kind, json.dumps(options))


def word2vec_contestants(
    clock: Clock, text: Path, corpus: Path, threads: int, only: Sequence[str]
) -> dict[str, Callable[[], Run]]:
    """One epoch of each model by each tool."""
    found: dict[str, Callable[[], Run]] = {}
    for model in ("skipgram", "cbow"):
        sg = int(model == "skipgram")
        for deterministic in (True, False):
            name = f"seqtool {model} {'deterministic' if deterministic else 'hogwild'}, {threads} threads"
            options = {"model": model, "epochs": 1, "threads": threads, "deterministic": deterministic}
            found[name] = lambda name=name, options=options: trained(clock, name, corpus, "word2vec", options, None)
        name = f"gensim {model}, {threads} threads"
        found[name] = lambda name=name, sg=sg: clock.run(name, GENSIM, text, sg, 1, threads, 1, "")
        if importlib.util.find_spec("fasttext"):
            name = f"fasttext {model}, {threads} threads"
            found[name] = lambda name=name, sg=sg: clock.run(name, FASTTEXT, text, sg, 1, threads, 1, "")
    return {name: run for name, run in found.items() if not only or any(word in name for word in only)}


def speed(arguments: argparse.Namespace, text: Path, corpus: Path) -> tuple[list[str], dict[str, Any]]:
    """The table of words/s."""
    words = sum(len(line.split()) for line in text.open(encoding="utf-8"))
    rows = ["| | M words/s (median) | M words per CPU second and thread | peak MiB |", "|---|---:|---:|---:|"]
    data: dict[str, Any] = {"words": words}
    for threads in arguments.threads:
        clock = Clock()
        contestants = word2vec_contestants(clock, text, corpus, threads, arguments.only)
        for name, run in contestants.items():
            if name.startswith("seqtool"):
                run()  # compiles
        clock.cpu.clear()
        for name, median in medians(alternate(contestants, arguments.rounds)).items():
            cpu = statistics.median(clock.cpu[name])
            rows.append(
                f"| {name} | {words / median.seconds / 1e6:.2f} | {words / cpu / 1e6:.2f} | {median.peak_mib:.0f} |"
            )
            data[name] = {"seconds": median.seconds, "cpu": cpu, "peak_mib": median.peak_mib}
    return rows, data


def subwords(arguments: argparse.Namespace, text: Path) -> tuple[list[str], dict[str, Any]]:
    """The table of words/s with n-grams, of the first lines."""
    part, corpus = first_lines(arguments, text)
    words, threads = sum(len(line.split()) for line in part.open(encoding="utf-8")), max(arguments.threads)
    clock, contestants = Clock(), {}
    for model in ("skipgram", "cbow"):
        for deterministic in (True, False):
            name = f"seqtool {model} {'deterministic' if deterministic else 'hogwild'}"
            options = {"model": model, "epochs": 1, "threads": threads, "deterministic": deterministic}
            contestants[name] = lambda name=name, options=options: trained(
                clock, name, corpus, "fasttext", options, None
            )
        name, sg = f"fasttext {model}", int(model == "skipgram")
        contestants[name] = lambda name=name, sg=sg: clock.run(name, FASTTEXT, part, sg, 1, threads, 1, "subwords")
    rows = [f"| with n-grams, {words:,} words | M words/s (median) | peak MiB |", "|---|---:|---:|"]
    data: dict[str, Any] = {"words": words}
    for name, median in medians(alternate(contestants, arguments.rounds)).items():
        rows.append(f"| {name}, {threads} threads | {words / median.seconds / 1e6:.3f} | {median.peak_mib:.0f} |")
        data[name] = {"seconds": median.seconds, "peak_mib": median.peak_mib}
    return rows, data


def first_lines(arguments: argparse.Namespace, text: Path) -> tuple[Path, Path]:
    """The first lines of a text, and their corpus."""
    part, corpus = arguments.work / "part.txt", arguments.work / "part.corpus"
    with text.open("rb") as whole, part.open("wb") as file:
        file.writelines(itertools.islice(whole, arguments.lines))
    preprocess(part, corpus)
    return part, corpus


def glove(arguments: argparse.Namespace, text: Path) -> tuple[list[str], dict[str, Any]]:
    """The table of seconds an iteration, of the counts of the first lines."""
    counts = counted(first_lines(arguments, text)[1])
    entries, vocab = (arguments.work / name for name in ("part.cooc", "part.vocab"))
    write_entries(counts, entries, vocab)
    clock, threads = Clock(), max(arguments.threads)

    def ours(epochs: int) -> float:
        options = {"epochs": epochs, "threads": threads}
        return trained(clock, "seqtool glove", counts, "glove", options, None).seconds

    def theirs(epochs: int) -> float:
        options = {
            "-input-file": entries,
            "-vocab-file": vocab,
            "-save-file": arguments.work / "glove",
            "-vector-size": 100,
            "-threads": threads,
            "-iter": epochs,
            "-binary": 1,
            "-verbose": 0,
        }
        started = time.perf_counter()
        command = [str(arguments.glove), *(str(item) for pair in options.items() for item in pair)]
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - started

    def iteration(run: Callable[[int], float]) -> Run:
        return Run((run(3) - run(1)) / 2, 0)

    contestants = {"seqtool glove": lambda: iteration(ours), "GloVe": lambda: iteration(theirs)}
    found = medians(alternate(contestants, arguments.rounds))
    rows = [f"| {threads} threads | s an iteration (median) |", "|---|---:|"]
    rows += [f"| {name} | {median.seconds:.2f} |" for name, median in found.items()]
    return rows, {name: median.seconds for name, median in found.items()}


def memory(arguments: argparse.Namespace, text: Path) -> tuple[list[str], dict[str, Any]]:
    """The table of memory: what --dry-run says the weights take, and what a training takes more than a tiny one."""
    part, corpus = first_lines(arguments, text)
    tiny = arguments.work / "tiny.txt"
    with part.open("rb") as file:
        tiny.write_bytes(b"".join(itertools.islice(file, 100)))
    preprocess(tiny, tiny.with_suffix(".corpus"))
    rows = ["| | weights MiB | peak MiB | of a tiny text | difference |", "|---|---:|---:|---:|---:|"]
    data = {}
    for command in ("train-fasttext", "train-glove"):
        sources = [corpus, tiny.with_suffix(".corpus")]
        if command == "train-glove":
            sources = [counted(source) for source in sources]
        planned = [sys.executable, "-m", "seqtool", command, str(sources[0]), "--dry-run", "--json"]
        weights = json.loads(subprocess.run(planned, check=True, capture_output=True).stdout)["weights_mb"]
        peaks = [anonymous_peak(command, source) for source in sources]
        data[command] = {"weights": weights, "peaks": peaks}
        rows.append(f"| {command} | {weights} | {peaks[0]:.0f} | {peaks[1]:.0f} | {peaks[0] - peaks[1]:.0f} |")
    return rows, data


def counted(corpus: Path) -> Path:
    """The counts of a corpus."""
    counts = corpus.with_suffix(".counts")
    command = [sys.executable, "-m", "seqtool", "cooccur", str(corpus), "--min-count", "5", "-o", str(counts), "-q"]
    subprocess.run(command, check=True)
    return counts


def anonymous_peak(command: str, source: Path) -> float:
    """The most MiB that one epoch holds at a time, mapped pages apart, looked at every 5 ms."""
    with tempfile.TemporaryDirectory(dir=source.parent) as folder:
        options = ["--epochs", "1", "-q", "-o", f"{folder}/v"]
        process = subprocess.Popen([sys.executable, "-m", "seqtool", command, str(source), *options])
        status, peak = Path(f"/proc/{process.pid}/status"), 0
        while process.poll() is None:
            found = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("RssAnon")]
            peak = max(peak, *map(int, found), 0)
            time.sleep(0.005)
    return peak / 1024


def write_entries(counts: Path, entries: Path, vocab: Path) -> None:
    """The counts as GloVe reads them, shuffled: word and context (int32, from 1) and the count (float64)."""
    import numpy as np

    from seqtool.artifact.read import open_artifact
    from seqtool.counts.artifact import open_counts

    matrix = open_counts(open_artifact(counts, "counts"))
    rows = np.repeat(np.arange(matrix.shape[0], dtype=np.int32), np.diff(matrix.indptr))
    records = np.zeros(matrix.nnz, [("word", "<i4"), ("context", "<i4"), ("count", "<f8")])
    order = np.random.default_rng(1).permutation(matrix.nnz)
    records["word"], records["context"], records["count"] = (
        rows[order] + 1,
        matrix.indices[order] + 1,
        matrix.data[order],
    )
    records.tofile(entries)
    vocab.write_text("".join(f"w{row} 1\n" for row in range(matrix.shape[0])))


def scores(vectors: Path, sets: Path) -> dict[str, float]:
    """WordSim-353, MEN and analogies of vectors."""
    command = [sys.executable, "-m", "seqtool"]
    similarity = [
        *command,
        "eval-similarity",
        str(vectors),
        str(sets / "EN-WS-353-ALL.txt"),
        str(sets / "EN-MEN-TR-3k.txt"),
        "--resamples",
        "0",
        "--json",
        "-q",
    ]
    pairs = json.loads(subprocess.run(similarity, check=True, capture_output=True).stdout)
    analogy = [*command, "eval-analogy", str(vectors), str(sets / "questions-words.txt"), "--json", "-q"]
    found = json.loads(subprocess.run(analogy, check=True, capture_output=True).stdout)
    sections = (found[0] if isinstance(found, list) else found)["methods"][0]["sections"]
    right, known = sum(s["right"] for s in sections), sum(s["known"] for s in sections)
    return {"WS-353": pairs[0]["spearman"], "MEN": pairs[1]["spearman"], "analogies": 100 * right / known}


def quality(arguments: argparse.Namespace, text: Path, corpus: Path) -> tuple[list[str], dict[str, Any]]:
    """The table of scores after five epochs, means over seeds."""
    rows, data = ["| | WS-353 | MEN | analogies % |", "|---|---:|---:|---:|"], {}
    clock, sets = Clock(), Path(arguments.data) / "vectors"
    with tempfile.TemporaryDirectory(dir=corpus.parent) as folder:
        for model, tool in ((m, t) for m in ("skipgram", "cbow") for t in ("deterministic", "hogwild", "gensim")):
            name, found = f"{tool} {model}", []
            if arguments.only and not any(word in name for word in arguments.only):
                continue
            for seed in range(1, arguments.seeds + 1):
                out = Path(folder) / f"{tool}-{model}-{seed}"
                if tool == "gensim":
                    clock.run(name, GENSIM, text, int(model == "skipgram"), 5, 2, seed, out.with_suffix(".bin"))
                    out = out.with_suffix(".bin")
                else:
                    options = {"model": model, "seed": seed, "deterministic": tool == "deterministic", "threads": 2}
                    trained(clock, name, corpus, "word2vec", options, out)
                found.append(scores(out, sets))
            data[name] = found
            means = [statistics.mean(score[key] for score in found) for key in ("WS-353", "MEN", "analogies")]
            rows.append(f"| {name} | {means[0]:.3f} | {means[1]:.3f} | {means[2]:.1f} |")
    return rows, data


def preprocess(text: Path, corpus: Path) -> None:
    """Make a corpus of a text, where it is not there yet."""
    if not corpus.exists():
        command = [sys.executable, "-m", "seqtool", "preprocess", str(text), "-o", str(corpus), "-q"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Measure and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("SEQTOOL_DATA"), help="folder with imdb/ and vectors/")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--seeds", type=int, default=0, help="also the quality, of so many seeds")
    parser.add_argument("--parts", nargs="+", default=["speed"], choices=["speed", "subwords", "glove", "memory"])
    parser.add_argument("--lines", type=int, default=20_000, help="of the text, for subwords and glove")
    parser.add_argument("--glove", type=Path, help="GloVe's program")
    parser.add_argument("--only", nargs="*", default=[], help="contestants whose name has one of these words")
    parser.add_argument("--work", type=Path, required=True, help="folder for (or with) imdb.txt and imdb.corpus")
    arguments = parser.parse_args()
    text, corpus = arguments.work / "imdb.txt", arguments.work / "imdb.corpus"
    if not text.exists():
        make = Path(__file__).parent / "make_imdb.py"
        subprocess.run([sys.executable, str(make), "--data", arguments.data, str(text)], check=True)
    preprocess(text, corpus)
    rows: list[str] = []
    data: dict[str, Any] = {}
    for part in arguments.parts:
        more, data[part] = (
            speed(arguments, text, corpus)
            if part == "speed"
            else {"subwords": subwords, "glove": glove, "memory": memory}[part](arguments, text)
        )
        rows += [*more, ""]
    if arguments.seeds:
        more, data["quality"] = quality(arguments, text, corpus)
        rows += ["", f"Five epochs, means of {arguments.seeds} seeds:", "", *more]
    where = setting("seqtool", "numpy", "numba", "gensim", "fasttext") | {"rounds": arguments.rounds}
    save("bench_vectors", where, "\n".join(rows), data)


if __name__ == "__main__":
    main()
