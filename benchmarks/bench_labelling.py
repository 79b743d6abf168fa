"""Training and classifying beside spaCy's text classifier, on IMDB reviews.

spaCy lives in an environment of its own (``--spacy PYTHON``: ``pip install spacy``): a blank English pipeline with
``textcat``, its default architecture (a convolutional network and a bag of words), batches of 32. Ours: a bidirectional
LSTM of its default size, and the linear classifier. Both tokenise, train one epoch and classify, on one thread each;
whole runs, alternating. Texts a second of the work itself, without imports and model loading. The data:
``$SEQTOOL_DATA/imdb``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from measure import save, setting

Figures = dict[str, float]
SPACY = """
import json, sys, time, random, spacy
from spacy.training import Example
from spacy.util import minibatch
def read(path):
    return [line.rstrip("\\n").split("\\t", 1) for line in open(path, encoding="utf-8")]
train, test = read("train.tsv"), read("test.tsv")
random.seed(1); spacy.util.fix_random_seed(1)
nlp = spacy.blank("en"); textcat = nlp.add_pipe("textcat")
labels = sorted({label for label, _ in train})
for label in labels: textcat.add_label(label)
begun = time.perf_counter()
examples = [Example.from_dict(nlp.make_doc(text), {"cats": {other: float(other == label) for other in labels}})
            for label, text in train]
optimizer = nlp.initialize(lambda: examples)
random.shuffle(examples)
for batch in minibatch(examples, 32): nlp.update(batch, sgd=optimizer, drop=0.2)
trained = time.perf_counter()
right = sum(max(doc.cats, key=doc.cats.get) == label
            for doc, (label, _) in zip(nlp.pipe((text for _, text in test), batch_size=64), test))
ended = time.perf_counter()
print(json.dumps({"train": len(train) / (trained - begun), "classify": len(test) / (ended - trained),
                  "accuracy": right / len(test)}))
"""


def written(data: Path, work: Path, texts: int, lines: int) -> None:
    """Texts of both labels, shuffled."""
    import gzip
    import random

    for part, count in (("train", texts), ("test", lines)):
        with gzip.open(data / f"{part}.tsv.gz", "rt", encoding="utf-8") as file:
            rows = file.readlines()
        random.Random(1).shuffle(rows)
        (work / f"{part}.tsv").write_text("".join(rows[:count]), encoding="utf-8")


def spacy(work: Path, python: str) -> Figures:
    """One run of spaCy."""
    done = ended([python, "-c", SPACY], work)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def seqtool(work: Path, arch: str) -> Figures:
    """One run of ours: from text to a trained model, and from lines to labels."""
    model, corpora = work / f"{arch}.classifier", list(work.glob("*.corpus"))
    for folder in (model, *corpora):
        shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "seqtool"]
    more = ["--epochs", "1"] if arch == "recurrent" else []
    begun = time.perf_counter()
    ended(
        [
            *command,
            "train-classifier",
            "train.tsv",
            "--tokenizer",
            "word",
            "--lower",
            "--arch",
            arch,
            *more,
            "--threads",
            "1",
            "-o",
            str(model),
        ],
        work,
    )
    seconds = time.perf_counter() - begun - started(work)
    done = ended([*command, "classify", str(model), "test.tsv", "--form", "tab", "--threads", "1"], work)
    speed = re.search(r"classified .*? lines, ([\d.]+) (k?) ?lines/s", done.stderr)
    assert speed is not None, done.stderr
    gold = [line.split("\t")[0] for line in (work / "test.tsv").read_text(encoding="utf-8").splitlines()]
    found = [line.split("\t")[0] for line in done.stdout.splitlines()]
    right = sum(a == b for a, b in zip(gold, found, strict=True))
    texts = len((work / "train.tsv").read_text(encoding="utf-8").splitlines())
    return {
        "train": texts / seconds,
        "classify": float(speed[1]) * (1000 if speed[2] else 1),
        "accuracy": right / len(gold),
    }


def started(work: Path) -> float:
    """Seconds until a command has imported what it needs."""
    begun = time.perf_counter()
    ended([sys.executable, "-c", "import seqtool.labelling.classification.planning"], work)
    return time.perf_counter() - begun


def ended(command: list[str], work: Path) -> subprocess.CompletedProcess[str]:
    """Run a command to its end in the folder, on one thread."""
    limits = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, env=limits)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)[:200]} failed:\n{done.stderr[-3000:]}")
    return done


def table(figures: Mapping[str, list[Figures]]) -> str:
    """Medians, and ratios to spaCy's."""
    found = {
        tool: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for tool, runs in figures.items()
    }
    lines = ["| | training texts/s | ratio | classifying texts/s | ratio | accuracy |", "|---|--:|--:|--:|--:|--:|"]
    for tool, of in found.items():
        ratios = [of[key] / found["spaCy textcat"][key] for key in ("train", "classify")]
        lines.append(
            f"| {tool} | {of['train']:,.0f} | {ratios[0]:.2f} | {of['classify']:,.0f} | {ratios[1]:.2f} | "
            f"{of['accuracy']:.3f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spacy", required=True, help="the Python of the environment that has spaCy")
    parser.add_argument("--work", type=Path, default=Path("/tmp/bench_labelling"))
    parser.add_argument("--texts", type=int, default=2000)
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    written(Path(os.environ["SEQTOOL_DATA"]) / "imdb", options.work, options.texts, options.lines)
    figures: dict[str, list[Figures]] = {"spaCy textcat": [], "seqtool recurrent": [], "seqtool tfidf": []}
    for number in range(options.rounds):
        figures["spaCy textcat"].append(spacy(options.work, options.spacy))
        for arch in ("recurrent", "tfidf"):
            figures[f"seqtool {arch}"].append(seqtool(options.work, arch))
        print(f"round {number + 1}", {tool: runs[-1] for tool, runs in figures.items()}, file=sys.stderr)
    version = ended([options.spacy, "-c", "import spacy; print(spacy.__version__)"], options.work).stdout.strip()
    where: dict[str, Any] = setting("torch", "numpy", "scikit-learn") | {"spacy": version, "texts": options.texts}
    save("bench_labelling", where, table(figures), figures)


if __name__ == "__main__":
    main()
