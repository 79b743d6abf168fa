"""Every command that writes, on inputs of a few kilobytes: what crash.py disturbs."""

from __future__ import annotations

import contextlib
import io
import os
import random
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

NET = "--emb-dim 8 --hidden-dim 8 --epochs 1 --precision fp32 --checkpoint-seconds 0 --threads 1"
PREDICT = "--dim 4 --epochs 2 --min-count 1 --threads 1"
# What the commands read; each may read what is above it.
WORLD = {
    "c.corpus": "preprocess t.txt --split 0.8,0.1,0.1 --threads 1",
    "c.counts": "cooccur c.corpus --min-count 1 --threads 1",
    "c.matrix": "ppmi c.counts",
    "s.vectors": "svd c.matrix --dim 4 --threads 1",
    "r.vectors": "svd c.matrix --dim 3 --threads 1",
    "v.vec": "convert s.vectors",
    "m.lm": f"train-lm c.corpus --layers 1 {NET}",
    "n.lm": "train-ngram c.corpus --threads 1",
    "m.seq2seq": f"train-seq2seq p.tsv {NET}",
    "m.classifier": "train-classifier l.tsv --arch tfidf --threads 1",
    "a.eval": "perplexity n.lm t.txt --threads 1",
    "b.eval": "perplexity n.lm t.txt --context sentence --threads 1",
}


class Writer(NamedTuple):
    """A command, its outputs, and options with which they are others."""

    command: str
    outputs: str
    change: str


WRITERS = {
    "doctor": Writer("doctor t.txt -o x", "x", "--lower"),
    "doctor of a picture": Writer("doctor t.txt -o x.svg", "x.svg", "--tokenizer char"),
    "preprocess": Writer("preprocess t.txt --tokenizer bpe --vocab-size 300 -o x --threads 1", "x", "--lower"),
    "phrases": Writer("phrases c.corpus --threshold 1 -o x --threads 1", "x", "--delimiter +"),
    "cooccur": Writer("cooccur c.corpus --min-count 1 -o x --threads 1", "x", "--window 3"),
    "cooccur of a text": Writer("cooccur t.txt --min-count 1 -o x --threads 1", "x t.corpus", "--window 3"),
    "ppmi": Writer("ppmi c.counts -o x", "x", "--shift 2"),
    "svd": Writer("svd c.matrix --dim 4 -o x --threads 1", "x", "--seed 2"),
    "train-word2vec": Writer(f"train-word2vec c.corpus {PREDICT} -o x", "x", "--seed 2"),
    "train-word2vec of two seeds": Writer(
        f"train-word2vec t.txt {PREDICT} --runs 2 -o x", "x x.seed2 x.2runs.eval t.corpus", "--window 2"
    ),
    "train-fasttext": Writer(f"train-fasttext c.corpus {PREDICT} --bucket 100 -o x", "x", "--seed 2"),
    "train-glove": Writer("train-glove c.counts --dim 4 --epochs 2 -o x --threads 1", "x", "--seed 2"),
    "neighbors": Writer("neighbors s.vectors the -o x", "x", "--num 3"),
    "plot-vectors": Writer("plot-vectors s.vectors -o x.svg", "x.svg", "--num 3"),
    "plot-vectors kept": Writer("plot-vectors s.vectors -o x", "x", "--num 3"),
    "document-vectors": Writer("document-vectors s.vectors t.txt --clusters 3 -o x", "x", "--seed 2"),
    "convert": Writer("convert s.vectors x.vec", "x.vec", "--to glove"),
    "convert to two files": Writer("convert s.vectors x.npy", "x.npy x.words.txt", "--limit 5"),
    "convert to safetensors": Writer("convert s.vectors x.safetensors", "x.safetensors", "--limit 5"),
    "convert to an artifact": Writer("convert v.vec x.vectors", "x.vectors", "--limit 5"),
    "convert a matrix": Writer("convert c.matrix x.npz", "x.npz x.words.txt", ""),
    "train-ngram": Writer("train-ngram c.corpus --order 3 --arpa x.arpa -o x --threads 1", "x x.arpa", "--min-count 2"),
    "train-ngram quantized": Writer(
        "train-ngram c.corpus --order 3 --quantize 4 --arpa x.arpa.gz -o x --threads 1", "x x.arpa.gz", "--min-count 2"
    ),
    "train-lm": Writer(f"train-lm c.corpus -o x --layers 1 {NET}", "x", "--seed 2"),
    "perplexity": Writer("perplexity m.lm t.txt -o x --threads 1", "x", "--context sentence"),
    "score": Writer("score n.lm t.txt -o x --threads 1", "x", "--context sentence"),
    "generate": Writer("generate m.lm --num 3 -o x --threads 1", "x", "--seed 2"),
    "gradient-flow": Writer("gradient-flow m.lm -o x --steps 5 --threads 1", "x", "--seed 2"),
    "gradient-flow of a picture": Writer("gradient-flow m.lm -o x.svg --steps 5 --threads 1", "x.svg", "--seed 2"),
    "make-task": Writer("make-task copy -o x.tsv --size 20", "x.tsv", "--seed 2"),
    "train-seq2seq": Writer(f"train-seq2seq p.tsv -o x {NET}", "x", "--seed 2"),
    "plot-attention": Writer("plot-attention m.seq2seq the -o x --threads 1", "x", "--target cat"),
    "plot-attention of a picture": Writer("plot-attention m.seq2seq the -o x.svg --threads 1", "x.svg", "--target cat"),
    "train-classifier": Writer(f"train-classifier l.tsv -o x {NET}", "x", "--seed 2"),
    "train-classifier linear": Writer("train-classifier l.tsv --arch tfidf -o x --threads 1", "x", "--seed 2"),
    "train-tagger": Writer(f"train-tagger t.conll -o x --char-dim 4 --char-hidden 4 {NET}", "x", "--seed 2"),
    "eval-similarity": Writer("eval-similarity s.vectors pairs.tsv -o x", "x", "--resamples 100"),
    "eval-analogy": Writer("eval-analogy s.vectors questions.txt -o x", "x", "--method mul"),
    "eval-stability": Writer("eval-stability s.vectors r.vectors -o x", "x", "--seed 2"),
    "eval-labels": Writer("eval-labels m.classifier l.tsv -o x --threads 1", "x", "--resamples 100"),
    "eval-translation": Writer("eval-translation u.txt t.txt --resamples 100 -o x", "x", "--tokenize none"),
    "compare": Writer("compare a.eval b.eval --resamples 100 -o x", "x", "--seed 2"),
    "report": Writer("report n.lm a.eval -o x", "x", "--title other"),
}


def run_here(command: str, folder: Path) -> None:
    """A command in this process, so that forks of it find kernels and libraries loaded."""
    from seqtool.cli.main import run

    before = os.getcwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as errors:
            assert run([*command.split(), "-q"]) == 0, f"{command}: {errors.getvalue()}"
    finally:
        os.chdir(before)


def make_world(world: Path, names: Collection[str]) -> None:
    """The files and artifacts that these commands read."""
    draw = random.Random(3)
    words = ["the", "a", "cat", "dog", "bird", "sat", "ran", "slept", "on", "in", "mat", "park", "tree", "hill"]
    lines = [" ".join(draw.choices(words, k=6)) for _ in range(60)]
    world.mkdir()
    (world / "t.txt").write_text("\n".join(lines) + "\n")
    (world / "u.txt").write_text("\n".join(line.replace("sat", "ran") for line in lines) + "\n")
    (world / "l.tsv").write_text("".join(f"{'pos' if i % 2 else 'neg'}\t{line}\n" for i, line in enumerate(lines)))
    (world / "p.tsv").write_text("".join(f"{line[:8]}\t{line[8:]}\n" for line in lines))
    tagged = ["".join(f"{word} {'N' if len(word) > 3 else 'V'}\n" for word in line.split()) for line in lines]
    (world / "t.conll").write_text("\n".join(tagged))
    pairs = [draw.sample(words, 2) for _ in range(12)]
    (world / "pairs.tsv").write_text("".join(f"{a}\t{b}\t{draw.randint(0, 9)}\n" for a, b in pairs))
    (world / "questions.txt").write_text(": all\n" + "".join(f"{' '.join(draw.sample(words, 4))}\n" for _ in range(9)))
    needed = " ".join(WRITERS[name].command for name in names).split()
    for output, command in reversed(WORLD.items()):
        if output in needed:
            needed += command.split()
    for output, command in WORLD.items():
        if output in needed:
            run_here(f"{command} -o {output}", world)
