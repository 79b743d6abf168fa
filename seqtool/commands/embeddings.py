"""Commands that train word vectors by prediction: train-word2vec, train-fasttext, train-glove."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

from seqtool.commands.answers import Answer, Record, Table, made
from seqtool.commands.declaration import PlannedTarget, TargetOfText
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.embeddings.options import FasttextOptions, GloveOptions, Word2vecOptions
from seqtool.options import Argument, Option

OptionsT = TypeVar("OptionsT", Word2vecOptions, GloveOptions)
_RUNS = "train with K consecutive seeds, starting at --seed, and print how far the runs agree on nearest neighbors"
Runs = Annotated[int, Option(_RUNS, metavar="K", minimum=1, maximum=100)]


def train_word2vec(
    corpus: Annotated[list[str], Argument("a corpus or text")],
    runs: Runs = 1,
    *,
    target: TargetOfText,
    options: Word2vecOptions,
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
    explicit: frozenset[str],
) -> Answer:
    """Train word2vec vectors: skip-gram or CBOW.

    Reads a corpus or a raw text and writes word vectors. After an interruption, run the same command again:
    training continues after the last complete epoch.

    Example: seqtool train-word2vec corpus.txt --dim 100 --epochs 5 -o corpus.word2vec.vectors
    """
    return _train(corpus, runs, target, options, sources, preprocessing, explicit)


def train_fasttext(
    corpus: Annotated[list[str], Argument("a corpus or text")],
    runs: Runs = 1,
    *,
    target: TargetOfText,
    options: FasttextOptions,
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
    explicit: frozenset[str],
) -> Answer:
    """Train fastText vectors from words and their n-grams.

    Reads a corpus or a raw text and writes word vectors that also cover unknown words, through their character
    n-grams. For Korean, --units jamo splits syllables into letters. After an interruption, run the same command
    again: training continues after the last complete epoch.

    Example: seqtool train-fasttext corpus.txt --minn 3 --maxn 6 -o corpus.fasttext.vectors
    """
    return _train(corpus, runs, target, options, sources, preprocessing, explicit)


def _train(
    corpus: list[str],
    runs: int,
    target: TargetOfText,
    options: Word2vecOptions,
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
    explicit: frozenset[str],
) -> Answer:
    from seqtool.corpus.artifact import ensure_corpus, output_path
    from seqtool.embeddings import word2vec

    word2vec.check(options)
    written = explicit - set(type(options).__dataclass_fields__)
    artifact = ensure_corpus(corpus, sources, preprocessing, written, target.output, target.overwrite)
    output = target.output or output_path(artifact.path, f"{options.COMMAND.removeprefix('train-')}.vectors")
    if target.dry_run:
        return Record({"output": str(output), "runs": runs, **word2vec.describe(artifact, options)})

    train = partial(word2vec.train_word2vec, artifact, overwrite=target.overwrite)
    return _trained(train, options, output, runs, target.overwrite)


def train_glove(
    counts: Annotated[Path, Argument("co-occurrence counts (.counts)")],
    runs: Runs = 1,
    *,
    target: PlannedTarget,
    options: GloveOptions,
) -> Answer:
    """Train GloVe vectors on co-occurrence counts.

    Reads the output of cooccur and writes word vectors. After an interruption, run the same command again: training
    continues after the last complete epoch.

    Example: seqtool train-glove corpus.cooccur.counts --dim 100 --x-max 10 -o corpus.glove.vectors
    """
    from seqtool.artifact.read import open_artifact
    from seqtool.corpus.artifact import output_path
    from seqtool.embeddings.glove import train as glove

    artifact = open_artifact(counts, "counts")
    output = target.output or output_path(counts, "glove.vectors")
    if target.dry_run:
        return Record({"output": str(output), "runs": runs, **glove.describe(artifact, options)})

    train = partial(glove.train_glove, artifact, overwrite=target.overwrite)
    return _trained(train, options, output, runs, target.overwrite)


def _trained(
    train: Callable[[OptionsT, Path], bool], options: OptionsT, output: Path, runs: int, overwrite: bool
) -> Answer:
    """Train with one seed and return the vectors, or train with several and return their agreement.

    The runs after the first are named ``a.seed2.vectors`` and so on, the evaluation of agreement ``a.3runs.eval``.
    """
    from seqtool.evaluation.stability import BAND_COLUMNS, evaluate_stability

    stem = output.name.removesuffix(".vectors")
    suffix = output.name.removeprefix(stem)
    trained = []
    for seed in range(options.seed, options.seed + runs):
        path = output if seed == options.seed else output.with_name(f"{stem}.seed{seed}{suffix}")
        trained.append(made(path, "vectors", train(replace(options, seed=seed), path)))
    if runs == 1:
        return trained[0]
    agreement = output.with_name(f"{stem}.{runs}runs.eval")
    found = evaluate_stability([one.path for one in trained], output=agreement, overwrite=overwrite)
    rows = [[band[name] for name in BAND_COLUMNS] for band in found.summary["bands"]]
    return Table(BAND_COLUMNS, rows, made=trained)
