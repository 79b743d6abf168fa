"""Commands on co-occurrence counts: cooccur, ppmi, svd."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from seqtool.commands.answers import Answer, Made, Record, made
from seqtool.commands.declaration import Target, TargetOfText
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.counts.options import CooccurOptions, PpmiOptions, SvdOptions
from seqtool.options import Argument


def cooccur(
    corpus: Annotated[list[str], Argument("a corpus or text")],
    *,
    target: TargetOfText,
    options: CooccurOptions,
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
    explicit: frozenset[str],
) -> Answer:
    """Count how often words occur near each other.

    Reads a corpus or a raw text and writes a sparse matrix of counts. Counts are exact: they do not depend on
    --threads or --memory.

    Example: seqtool cooccur corpus.txt --window 5 -o corpus.cooccur.counts
    """
    from seqtool.corpus.artifact import ensure_corpus, output_path
    from seqtool.counts.artifact import build_counts, describe_counts

    written = explicit - set(CooccurOptions.__dataclass_fields__)
    artifact = ensure_corpus(corpus, sources, preprocessing, written, target.output, target.overwrite)
    output = target.output or output_path(artifact.path, "cooccur.counts")
    if target.dry_run:
        return Record({"output": str(output), **describe_counts(artifact, options)})
    return made(output, "counts", build_counts(artifact, options, output, target.overwrite))


def ppmi(
    counts: Annotated[Path, Argument("co-occurrence counts (.counts)")],
    *,
    target: Target,
    options: PpmiOptions,
) -> Made:
    """Convert co-occurrence counts to PMI, PPMI or shifted PPMI.

    Reads co-occurrence counts and writes a sparse matrix of association scores.

    Example: seqtool ppmi corpus.cooccur.counts --cds 0.75
    """
    from seqtool.artifact.read import open_artifact
    from seqtool.corpus.artifact import output_path
    from seqtool.counts.artifact import build_matrix

    artifact = open_artifact(counts, "counts")
    output = target.output or output_path(counts, "ppmi.matrix")
    return made(output, "matrix", build_matrix(artifact, options, output, target.overwrite))


def svd(
    matrix: Annotated[Path, Argument("an association matrix (.matrix) or counts")],
    *,
    target: Target,
    options: SvdOptions,
) -> Made:
    """Compute word vectors from a matrix by truncated SVD.

    Reads counts or a PPMI matrix and writes word vectors.

    Example: seqtool svd corpus.ppmi.matrix --dim 300 -o corpus.svd.vectors
    """
    from seqtool.artifact.read import open_artifact
    from seqtool.corpus.artifact import output_path
    from seqtool.counts.factorize import build_vectors

    artifact = open_artifact(matrix, "matrix", "counts")
    output = target.output or output_path(matrix, "svd.vectors")
    return made(output, "vectors", build_vectors(artifact, options, output, target.overwrite))
