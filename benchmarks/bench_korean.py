"""Korean language models with different tokenisers, compared in bits per character.

A sample of the NSMC reviews is trained on with each tokeniser, the same model otherwise; the same held-out reviews are
measured. Bits per character divide by the characters of the text itself, and an unknown token is charged its spelling,
so the rows can be compared; lossy tokenisers are marked, because they do not predict the spaces.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from measure import save, setting

TOKENIZERS = ("char", "syllable", "jamo", "bpe", "unigram", "korean", "whitespace")


def seqtool(*arguments: str) -> str:
    """Run a command; its answer."""
    command = [sys.executable, "-m", "seqtool", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def sample(source: Path, target: Path, lines: int) -> None:
    """The first reviews of a labelled file, without their labels."""
    with gzip.open(source, "rt", encoding="utf-8", newline="\n") as reviews, target.open("w", encoding="utf-8") as out:
        for _, review in zip(range(lines), reviews, strict=False):
            out.write(review.partition("\t")[2])


def measure(work: Path, tokenizer: str, minutes: float) -> dict[str, Any]:
    """Train, measure and let write."""
    model = str(work / f"nsmc.{tokenizer}.lm")
    corpus = str(work / f"nsmc.{tokenizer}.corpus")
    seqtool("preprocess", str(work / "train.txt"), "--tokenizer", tokenizer, "-o", corpus)
    seqtool(
        "train-lm",
        corpus,
        "--valid",
        str(work / "valid.txt"),
        "-o",
        model,
        "--epochs",
        "3",
        "--max-minutes",
        str(minutes),
    )
    answer = json.loads(seqtool("perplexity", model, str(work / "test.txt"), "--json"))
    text = seqtool("generate", model, "--num", "2", "--temperature", "0.8", "--prompt", "이 영화").splitlines()
    return answer | {"samples": text}


def main() -> None:
    """Measure every tokeniser and save the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("SEQTOOL_DATA"), help="folder with nsmc/")
    parser.add_argument("--reviews", type=int, default=20_000)
    parser.add_argument("--minutes", type=float, default=10.0, help="longest training")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        sample(Path(arguments.data) / "nsmc/train.tsv.gz", work / "train.txt", arguments.reviews)
        sample(Path(arguments.data) / "nsmc/test.tsv.gz", work / "test.txt", arguments.reviews // 10)
        lines = (work / "test.txt").read_text(encoding="utf-8").splitlines(keepends=True)
        (work / "valid.txt").write_text("".join(lines[: len(lines) // 2]), encoding="utf-8")
        (work / "test.txt").write_text("".join(lines[len(lines) // 2 :]), encoding="utf-8")
        results = {name: measure(work, name, arguments.minutes) for name in TOKENIZERS}
    rows = [
        "| tokenizer | lossless | tokens | OOV | perplexity | bits per character | a text |",
        "|---|---|---:|---:|---:|---:|---|",
    ]
    for name, r in sorted(results.items(), key=lambda item: (not item[1]["lossless"], item[1]["bits_per_character"])):
        rows.append(
            f"| {name} | {'yes' if r['lossless'] else 'lossy, not ranked'} | {r['tokens']:,} | {r['oov']:,} | "
            f"{r['perplexity']:.2f} | {r['bits_per_character']:.3f} | {r['samples'][0]} |"
        )
    where = setting("seqtool", "torch", "kiwipiepy", "tokenizers") | {"reviews": arguments.reviews}
    save("bench_korean", where, "\n".join(rows), results)


if __name__ == "__main__":
    main()
