"""Commands that train word vectors by prediction: train-word2vec, train-glove."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seqtool.cli.options import DryRun, Format, Json, Output, Overwrite, register
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.embeddings.options import GloveOptions, Word2vecOptions

PANEL = "Predictive vectors"


def add_commands(app: typer.Typer) -> None:
    """Register the commands of this file."""
    for command in (train_word2vec, train_glove):
        register(app, PANEL)(command)


def train_word2vec(
    corpus: Annotated[list[str], typer.Argument(help="a corpus or text", show_default=False)],
    output: Output = None,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
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
    from seqtool.cli.answer import asked_form, form_of, print_made, print_record
    from seqtool.corpus.artifact import corpus_of, output_for
    from seqtool.embeddings import word2vec

    form = asked_form(output_format, as_json)
    word2vec.check(options)
    written = explicit - set(Word2vecOptions.__dataclass_fields__)
    artifact = corpus_of(corpus, sources, preprocessing, written, output, overwrite)
    output = output or output_for(artifact.path, "word2vec.vectors")
    if dry_run:
        print_record({"output": str(output), **word2vec.describe(artifact, options)}, form_of(output_format, as_json))
        return
    made = word2vec.train_word2vec(artifact, options, output, overwrite)
    print_made(_summary(output), made, form)


def train_glove(
    counts: Annotated[Path, typer.Argument(help="co-occurrence counts (.counts)", show_default=False)],
    output: Output = None,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
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
    from seqtool.cli.answer import asked_form, form_of, print_made, print_record
    from seqtool.corpus.artifact import output_for
    from seqtool.embeddings import glove

    form = asked_form(output_format, as_json)
    artifact = open_artifact(counts, "counts")
    output = output or output_for(counts, "glove.vectors")
    if dry_run:
        print_record({"output": str(output), **glove.describe(artifact, options)}, form_of(output_format, as_json))
        return
    made = glove.train_glove(artifact, options, output, overwrite)
    print_made(_summary(output), made, form)


def _summary(output: Path) -> dict[str, object]:
    from seqtool.artifact.read import open_artifact

    artifact = open_artifact(output, "vectors")
    shown = {name: value for name, value in artifact.summary.items() if name != "preprocessing"}
    return {"vectors": str(output), **shown, "dropped": [dict(row) for row in artifact.manifest.ledger]}
