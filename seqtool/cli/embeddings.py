"""Commands that train word vectors by prediction: train-word2vec, train-fasttext, train-glove."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from seqtool.cli.options import DryRun, DryRunOfText, Format, Json, Output, Overwrite
from seqtool.cli.stability import Runs, train_runs
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.embeddings.options import FasttextOptions, GloveOptions, Word2vecOptions

PANEL = "Predictive vectors"


def train_word2vec(
    corpus: Annotated[list[str], typer.Argument(help="a corpus or text", show_default=False)],
    output: Output = None,
    overwrite: Overwrite = False,
    dry_run: DryRunOfText = False,
    runs: Runs = 1,
    output_format: Format = None,
    as_json: Json = False,
    *,
    options: Word2vecOptions,
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
    explicit: frozenset[str],
) -> None:
    """Train word vectors by predicting words from their neighbours: word2vec, skip-gram or CBOW.

    A raw text is first made into a corpus artifact beside it. Run the same command again after an interruption and the
    training goes on after its last whole epoch.

    Example: seqtool train-word2vec corpus.txt --dim 100 --epochs 5 -o corpus.word2vec.vectors
    """
    reading = sources, preprocessing, explicit
    _train(corpus, output, overwrite, dry_run, runs, (output_format, as_json), options, reading)


def train_fasttext(
    corpus: Annotated[list[str], typer.Argument(help="a corpus or text", show_default=False)],
    output: Output = None,
    overwrite: Overwrite = False,
    dry_run: DryRunOfText = False,
    runs: Runs = 1,
    output_format: Format = None,
    as_json: Json = False,
    *,
    options: FasttextOptions,
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
    explicit: frozenset[str],
) -> None:
    """Train word vectors with character n-grams, which give vectors to unknown words too: fastText.

    A raw text is first made into a corpus artifact beside it. Run the same command again after an interruption and the
    training goes on after its last whole epoch. For Korean, --units jamo makes n-grams of letters.

    Example: seqtool train-fasttext corpus.txt --minn 3 --maxn 6 -o corpus.fasttext.vectors
    """
    reading = sources, preprocessing, explicit
    _train(corpus, output, overwrite, dry_run, runs, (output_format, as_json), options, reading)


def _train(
    corpus: list[str],
    output: Path | None,
    overwrite: bool,
    dry_run: bool,
    runs: int,
    asked: tuple[Format, bool],
    options: Word2vecOptions,
    reading: tuple[SourceOptions, PreprocessOptions, frozenset[str]],
) -> None:
    from seqtool.cli.answer import asked_form, form_of, print_record
    from seqtool.corpus.artifact import corpus_of, output_for
    from seqtool.embeddings import word2vec

    asked_form(*asked)
    sources, preprocessing, explicit = reading
    word2vec.check(options)
    written = explicit - set(type(options).__dataclass_fields__)
    artifact = corpus_of(corpus, sources, preprocessing, written, output, overwrite)
    output = output or output_for(artifact.path, f"{options.COMMAND.removeprefix('train-')}.vectors")
    if dry_run:
        plan = {"output": str(output), "runs": runs, **word2vec.describe(artifact, options)}
        print_record(plan, form_of(*asked))
        return

    def train(options: Word2vecOptions, output: Path) -> bool:
        return word2vec.train_word2vec(artifact, options, output, overwrite)

    train_runs(train, _summary, options, output, runs, asked, overwrite)


def train_glove(
    counts: Annotated[Path, typer.Argument(help="co-occurrence counts (.counts)", show_default=False)],
    output: Output = None,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
    runs: Runs = 1,
    output_format: Format = None,
    as_json: Json = False,
    *,
    options: GloveOptions,
) -> None:
    """Train word vectors whose products fit the logarithms of co-occurrence counts: GloVe.

    Run the same command again after an interruption and the training goes on after its last whole epoch.

    Example: seqtool train-glove corpus.cooccur.counts --dim 100 --x-max 10 -o corpus.glove.vectors
    """
    from seqtool.artifact.read import open_artifact
    from seqtool.cli.answer import asked_form, form_of, print_record
    from seqtool.corpus.artifact import output_for
    from seqtool.embeddings.glove import train as glove

    asked_form(output_format, as_json)
    artifact = open_artifact(counts, "counts")
    output = output or output_for(counts, "glove.vectors")
    if dry_run:
        plan = {"output": str(output), "runs": runs, **glove.describe(artifact, options)}
        print_record(plan, form_of(output_format, as_json))
        return

    def train(options: GloveOptions, output: Path) -> bool:
        return glove.train_glove(artifact, options, output, overwrite)

    train_runs(train, _summary, options, output, runs, (output_format, as_json), overwrite)


def _summary(output: Path) -> dict[str, Any]:
    from seqtool.cli.answer import made

    return made(output, "vectors", "vectors")
