"""How soon a command answers: help, import, and commands whose result is up to date.

The yardstick is ``python -c "import typer, rich"``, which every command imports. All are processes of their own, timed
from their start; they alternate. The results are made on 2,000 lines of the toy world before anything is timed.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from measure import Run, alternate, medians, run, save, setting

SEQTOOL = [sys.executable, "-m", "seqtool"]
SAMPLES = Path(__file__).parents[1] / "sample_corpora"
TINY = ("--emb-dim", "8", "--hidden-dim", "8", "--epochs", "1", "--threads", "1")
UP_TO_DATE = {
    "preprocess": "preprocess {0}/t.txt -o {0}/t.corpus",
    "cooccur": "cooccur {0}/t.corpus -o {0}/t.counts",
    "ppmi": "ppmi {0}/t.counts -o {0}/t.matrix",
    "svd": "svd {0}/t.matrix --dim 8 -o {0}/t.vectors",
    "train-word2vec": "train-word2vec {0}/t.corpus --dim 8 --epochs 1 -o {0}/w.vectors",
    "train-lm": "train-lm {0}/t.corpus " + " ".join(TINY) + " -o {0}/t.lm",
    "train-lm, from a text": "train-lm {0}/u.txt " + " ".join(TINY) + " -o {0}/u.lm",
    "train-seq2seq": "train-seq2seq {0}/p.tsv " + " ".join(TINY) + " -o {0}/p.seq2seq",
    "train-classifier": "train-classifier {0}/o.tsv " + " ".join(TINY) + " -o {0}/o.classifier",
    "perplexity -o": "perplexity {0}/t.lm {0}/u.txt -o {0}/t.eval",
    "report": "report {0}/t.lm {0}/t.eval -o {0}/report",
}


def prepare(folder: Path) -> None:
    """Texts, and every result once."""
    lines = (SAMPLES / "toy_world.en.txt").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "t.txt").write_text("".join(lines[:2000]), encoding="utf-8")
    (folder / "u.txt").write_text("".join(lines[2000:3000]), encoding="utf-8")
    shutil.copy(SAMPLES / "opinions.en.tsv", folder / "o.tsv")
    for line in ("make-task reverse --size 200 -o {0}/p.tsv", *UP_TO_DATE.values()):
        command = [*SEQTOOL, *line.format(folder).split()]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> None:
    """Measure and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    folder = Path(tempfile.mkdtemp())
    prepare(folder)

    def timed(*command: str) -> Callable[[], Run]:
        return lambda: run(command)

    contestants = {
        "import typer, rich": timed(sys.executable, "-c", "import typer, rich"),
        "import seqtool": timed(sys.executable, "-c", "import seqtool"),
        "python alone": timed(sys.executable, "-c", "pass"),
        "seqtool --help": timed(*SEQTOOL, "--help"),
        "seqtool train-lm --help": timed(*SEQTOOL, "train-lm", "--help"),
    }
    contestants |= {name: timed(*SEQTOOL, *line.format(folder).split()) for name, line in UP_TO_DATE.items()}
    result = medians(alternate(contestants, rounds))
    yardstick = result["import typer, rich"].seconds
    rows = ["| | wall s (median) | × import typer, rich | peak MiB |", "|---|---:|---:|---:|"]
    rows += [f"| {n} | {r.seconds:.3f} | {r.seconds / yardstick:.2f} | {r.peak_mib:.0f} |" for n, r in result.items()]
    where = setting("seqtool", "typer", "rich") | {"rounds": rounds}
    save("bench_startup", where, "\n".join(rows), {name: vars(median) for name, median in result.items()})
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
