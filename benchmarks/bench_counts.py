"""Counting and factorising beside numpy and scikit-learn, and how counting grows.

    cooccur   corpus on disk → counts artifact on disk (window 5, 1/distance, min-count 5, symmetric)
    numpy     the same counts from the same ids, a shift of the text at a time, coo → csr, three .npy files on disk
    svd       PPMI matrix → 300 singular triplets, block Lanczos
    sklearn   ``randomized_svd(n_components=300, n_iter=5)`` of the same matrix

Counting is timed as whole processes that alternate; factorising within one process that has the matrix, alternating
too, with the captured energy (the sum of the squared singular values) beside that of ARPACK.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from measure import RESULTS, Run, alternate, medians, run, save, setting

NUMPY = """
import sys
import numpy as np
from scipy.sparse import coo_array, csr_array
folder, out = sys.argv[1:]
ids = np.load(f"{folder}/ids.npy")
counts = np.array([int(line.rpartition(b"\\t")[2]) for line in open(f"{folder}/vocab.tsv", "rb")])
kept = (counts >= 5) & (np.arange(len(counts)) > 1)
rows = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32)
line = np.cumsum(ids == 1, dtype=np.int32)
known = rows[ids] >= 0
words, line = rows[ids][known], line[known]
size = int(kept.sum())
total = csr_array((size, size), dtype=np.float64)
for d in range(1, 6):
    same = line[:-d] == line[d:]
    left, right = words[:-d][same], words[d:][same]
    total = total + coo_array((np.full(len(left), 1 / d), (left, right)), shape=(size, size)).tocsr()
total = (total + total.T).tocsr()
total.sort_indices()
for name in ("indptr", "indices", "data"):
    np.save(f"{out}/{name}.npy", getattr(total, name))
"""
IMPORTS = """
import resource, sys
from seqtool.artifact.read import open_artifact
from seqtool.corpus.artifact import open_corpus
import seqtool.cli.main, seqtool.cli.answer, seqtool.counts.artifact, seqtool.counts.cooccurrence
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def cooccur(corpus: Path, *options: str) -> Run:
    """``seqtool cooccur`` into a fresh folder."""
    with tempfile.TemporaryDirectory(dir=corpus.parent) as folder:
        command = [sys.executable, "-m", "seqtool", "cooccur", str(corpus), "-o", f"{folder}/c.counts", "-q"]
        return run([*command, *options])


def shift_by_shift(corpus: Path) -> Run:
    """The numpy baseline into a fresh folder."""
    with tempfile.TemporaryDirectory(dir=corpus.parent) as folder:
        return run([sys.executable, "-c", NUMPY, str(corpus), folder])


def seqtool(*arguments: str) -> None:
    """Run a command."""
    subprocess.run([sys.executable, "-m", "seqtool", *arguments, "-q"], check=True, stdout=subprocess.DEVNULL)


def counting(corpus: Path, rounds: int) -> tuple[list[str], dict[str, Any]]:
    """The table of `cooccur` and numpy."""
    contestants = {
        "seqtool cooccur": lambda: cooccur(corpus),
        "seqtool cooccur --memory 300M": lambda: cooccur(corpus, "--memory", "300M"),
        "seqtool cooccur --memory 100M": lambda: cooccur(corpus, "--memory", "100M"),
        "numpy, shift by shift": lambda: shift_by_shift(corpus),
    }
    cooccur(corpus)
    result = medians(alternate(contestants, rounds))
    imports = int(subprocess.check_output([sys.executable, "-c", IMPORTS])) / 1024
    baseline = result["numpy, shift by shift"].seconds
    table = ["| | wall s | peak MiB | peak without imports | of numpy's time |", "|---|---:|---:|---:|---:|"]
    for name, median in result.items():
        own = f"{median.peak_mib - imports:.0f}" if name.startswith("seqtool") else ""
        share = f"{median.seconds / baseline:.2f}"
        table.append(f"| {name} | {median.seconds:.2f} | {median.peak_mib:.0f} | {own} | {share} |")
    return table, {name: vars(median) for name, median in result.items()}


def growth(text: Path, work: Path, rounds: int) -> tuple[list[str], list[dict[str, Any]]]:
    """The table of counting 1/8, 1/4, 1/2 and all of a text."""
    lines = text.read_bytes().splitlines(keepends=True)
    rows = []
    for share in (8, 4, 2, 1):
        part = work / f"part{share}.txt"
        part.write_bytes(b"".join(lines[: len(lines) // share]))
        corpus = work / f"part{share}.corpus"
        seqtool("preprocess", str(part), "-o", str(corpus))
        words = json.loads((corpus / "manifest.json").read_text())["summary"]["tokens"]
        for memory in ("1G", "100M"):
            median = medians({"": [cooccur(corpus, "--memory", memory) for _ in range(rounds)]})[""]
            rows.append({"words": words, "memory": memory, **vars(median)})
    table = ["| M words | --memory | wall s | peak MiB |", "|---:|---|---:|---:|"]
    table += [f"| {r['words'] / 1e6:.1f} | {r['memory']} | {r['seconds']:.2f} | {r['peak_mib']:.0f} |" for r in rows]
    return table, rows


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Time and memory over the size of the text, as SVG."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "seqtool"
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(8, 3), layout="constrained")
    for memory in dict.fromkeys(row["memory"] for row in rows):
        some = [row for row in rows if row["memory"] == memory]
        words = [row["words"] / 1e6 for row in some]
        left.plot(words, [row["seconds"] for row in some], "o-", label=f"--memory {memory}")
        right.plot(words, [row["peak_mib"] for row in some], "o-", label=f"--memory {memory}")
    for axes, label in ((left, "seconds"), (right, "peak MiB")):
        axes.set(xlabel="million words", ylabel=label, xlim=(0, None), ylim=(0, None))
        axes.legend()
    figure.savefig(path, metadata={"Date": None})


def factorising(matrix: Path, rounds: int, exact: bool) -> tuple[list[str], dict[str, Any]]:
    """The table of block Lanczos, scikit-learn and, once, ARPACK."""
    from scipy.sparse.linalg import svds
    from sklearn.utils.extmath import randomized_svd

    from seqtool.artifact.read import open_artifact
    from seqtool.counts.artifact import open_counts
    from seqtool.counts.factorize import decompose
    from seqtool.counts.options import SvdOptions

    sparse = open_counts(open_artifact(matrix))
    contestants = {
        "seqtool, block Lanczos": lambda: decompose(sparse, SvdOptions()).s_K,
        "scikit-learn `randomized_svd(n_iter=5)`": lambda: randomized_svd(sparse, 300, n_iter=5, random_state=1)[1],
    }
    times: dict[str, list[float]] = {name: [] for name in contestants}
    energy = {}
    for _ in range(rounds):
        for name, contestant in contestants.items():
            started = time.perf_counter()
            energy[name] = float((contestant() ** 2).sum())
            times[name].append(time.perf_counter() - started)
    if exact:
        started = time.perf_counter()
        energy["scipy ARPACK"] = float(
            (svds(sparse.astype("float64"), k=300, return_singular_vectors=False) ** 2).sum()
        )
        times["scipy ARPACK"] = [time.perf_counter() - started]
    best = max(energy.values())
    seconds = {name: statistics.median(some) for name, some in times.items()}
    table = ["| | s | energy, of the best |", "|---|---:|---:|"]
    table += [f"| {name} | {seconds[name]:.1f} | {100 * energy[name] / best:.3f} % |" for name in seconds]
    return table, {name: {"seconds": seconds[name], "energy": energy[name]} for name in seconds}


def main() -> None:
    """Measure and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("SEQTOOL_DATA"), help="folder with imdb/")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", type=Path, help="keep the made files here")
    parser.add_argument("--exact", action="store_true", help="run ARPACK too, once (minutes)")
    arguments = parser.parse_args()
    work = arguments.work or Path(tempfile.mkdtemp())
    text, corpus = work / "imdb.txt", work / "imdb.corpus"
    if not text.exists():
        make = Path(__file__).parent / "make_imdb.py"
        subprocess.run([sys.executable, str(make), "--data", arguments.data, str(text)], check=True)
    seqtool("preprocess", str(text), "-o", str(corpus))
    tables, results = {}, {}
    tables["Counting"], results["counting"] = counting(corpus, arguments.rounds)
    tables["Growth"], results["growth"] = growth(text, work, max(1, arguments.rounds // 2))
    seqtool("cooccur", str(corpus), "-o", str(work / "imdb.counts"))
    seqtool("ppmi", str(work / "imdb.counts"), "-o", str(work / "imdb.matrix"))
    tables["Factorising"], results["svd"] = factorising(work / "imdb.matrix", arguments.rounds, arguments.exact)
    markdown = "\n\n".join(f"## {title}\n\n" + "\n".join(table) for title, table in tables.items())
    where = setting("seqtool", "numpy", "scipy", "numba", "scikit-learn") | {"rounds": arguments.rounds}
    save("bench_counts", where, markdown, results)
    draw(results["growth"], RESULTS / f"bench_counts-{where['date']}.svg")


if __name__ == "__main__":
    main()
