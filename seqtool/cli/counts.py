"""Commands that count: cooccur, ppmi, svd."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seqtool.cli.options import DryRunOfText, Format, Json, Output, Overwrite
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.counts.options import CooccurOptions, PpmiOptions, SvdOptions

PANEL = "Count-based vectors"


def cooccur(
    corpus: Annotated[list[str], typer.Argument(help="a corpus or text", show_default=False)],
    output: Output = None,
    overwrite: Overwrite = False,
    dry_run: DryRunOfText = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    options: CooccurOptions,
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
    explicit: frozenset[str],
) -> None:
    """Count how often words stand near each other.

    A raw text is first made into a corpus artifact beside it. Counts are exact, and the same for any number of threads
    and any memory.

    Example: seqtool cooccur corpus.txt --window 5 -o corpus.cooccur.counts
    """
    from seqtool.cli.answer import asked_form, form_of, made, print_made, print_record
    from seqtool.corpus.artifact import corpus_of, output_for
    from seqtool.counts.artifact import build_counts, describe_counts

    form = asked_form(output_format, as_json)
    written = explicit - set(CooccurOptions.__dataclass_fields__)
    artifact = corpus_of(corpus, sources, preprocessing, written, output, overwrite)
    output = output or output_for(artifact.path, "cooccur.counts")
    if dry_run:
        print_record({"output": str(output), **describe_counts(artifact, options)}, form_of(output_format, as_json))
        return
    counted = build_counts(artifact, options, output, overwrite)
    print_made(made(output, "counts", "counts"), counted, form)


def ppmi(
    counts: Annotated[Path, typer.Argument(help="co-occurrence counts (.counts)", show_default=False)],
    output: Output = None,
    overwrite: Overwrite = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    options: PpmiOptions,
) -> None:
    """Turn co-occurrence counts into associations: PMI, PPMI, shifted PPMI.

    Example: seqtool ppmi corpus.cooccur.counts --cds 0.75
    """
    from seqtool.artifact.read import open_artifact
    from seqtool.cli.answer import asked_form, made, print_made
    from seqtool.corpus.artifact import output_for
    from seqtool.counts.artifact import build_matrix

    form = asked_form(output_format, as_json)
    artifact = open_artifact(counts, "counts")
    output = output or output_for(counts, "ppmi.matrix")
    written = build_matrix(artifact, options, output, overwrite)
    print_made(made(output, "matrix", "matrix"), written, form)


def svd(
    matrix: Annotated[Path, typer.Argument(help="an association matrix (.matrix) or counts", show_default=False)],
    output: Output = None,
    overwrite: Overwrite = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    options: SvdOptions,
) -> None:
    """Make word vectors of a matrix by truncated singular value decomposition.

    Example: seqtool svd corpus.ppmi.matrix --dim 300 -o corpus.svd.vectors
    """
    from seqtool.artifact.read import open_artifact
    from seqtool.cli.answer import asked_form, made, print_made
    from seqtool.corpus.artifact import output_for
    from seqtool.counts.vectors import build_vectors

    form = asked_form(output_format, as_json)
    artifact = open_artifact(matrix, "matrix", "counts")
    output = output or output_for(matrix, "svd.vectors")
    written = build_vectors(artifact, options, output, overwrite)
    print_made(made(output, "vectors", "vectors"), written, form)
