"""The artifacts of counting: ``counts`` (co-occurrences) and ``matrix`` (associations).

Both hold the three arrays of `sparse` and ``vocab.tsv``, whose line number from 0 is the row and the column of a word.
The values of counts are whole units, ``unit`` of the summary to a weight of 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqtool.artifact.manifest import Recipe
from seqtool.artifact.read import Artifact
from seqtool.artifact.write import RunRecord, claim, write_artifact
from seqtool.corpus.artifact import open_corpus, preprocess_options
from seqtool.corpus.options import counting_bytes
from seqtool.corpus.vocabulary import read_words, write_words
from seqtool.counts.options import CooccurOptions, PpmiOptions
from seqtool.counts.sparse import SparseRows, open_sparse
from seqtool.errors import ArtifactError, InputError
from seqtool.options import determining, operational
from seqtool.vectors.artifact import carry_tokenizer

if TYPE_CHECKING:
    from scipy.sparse import csr_array
from seqtool.artifact.read import open_artifact
from seqtool.errors import UsageError
from seqtool.vectors.formats.sniff import write_sparse_file

COUNTS, MATRIX = "counts", "matrix"
VOCAB = "vocab.tsv"


def build_counts(corpus: Artifact, options: CooccurOptions, output: Path, overwrite: bool = False) -> bool:
    """Count the co-occurrences of a corpus into the artifact ``output``; whether there was anything to do.

    Raises:
        InputError: where no word is left to be counted.
        OutputError: where ``output`` may not be replaced or cannot be written.
    """
    from seqtool.counts.cooccurrence import count_cooccurrences

    counting_bytes(options.memory)
    values = determining(options)
    seed = values.pop("seed")
    recipe = Recipe(COUNTS, "cooccur", values, [corpus.as_input()], seed if options.sample else None)
    if claim(output, recipe, overwrite) == "up to date":
        return False
    run = RunRecord(operational(options))
    with write_artifact(output, recipe, run, overwrite) as draft, run.timed("cooccur"):
        opened = open_corpus(corpus)
        counted = count_cooccurrences(opened, options, draft.path)
        write_words(draft.path / VOCAB, counted.words, counted.counts_V)
        carry_tokenizer(corpus, draft)
        draft.ledger.extend(counted.ledger)
        draft.summary.update(
            words=len(counted.words),
            tokens=counted.tokens,
            entries=counted.entries,
            unit=counted.unit,
            preprocessing=determining(preprocess_options(corpus.options)),
        )
    return draft.written


def build_matrix(counts: Artifact, options: PpmiOptions, output: Path, overwrite: bool = False) -> bool:
    """Write the associations of counts into the artifact ``output``; whether there was anything to do.

    Raises:
        ArtifactError: where the counts are damaged.
        OutputError: where ``output`` may not be replaced or cannot be written.
    """
    from seqtool.counts.association import write_associations

    recipe = Recipe(MATRIX, "ppmi", determining(options), [counts.as_input()])
    if claim(output, recipe, overwrite) == "up to date":
        return False
    run = RunRecord(operational(options))
    words, counts_V = counted_words(counts)
    with write_artifact(output, recipe, run, overwrite) as draft, run.timed("ppmi"):
        with open_sparse(counts, len(words)) as rows:
            _check_counts(counts, rows)
            entries = write_associations(rows, options, draft.path)
        write_words(draft.path / VOCAB, words, counts_V)
        carry_tokenizer(counts, draft)
        kept = {name: counts.summary[name] for name in ("preprocessing",) if name in counts.summary}
        draft.summary.update(words=len(words), entries=entries, **kept)
    return draft.written


def counted_words(artifact: Artifact) -> tuple[Sequence[str], Any]:
    """The words of counts or a matrix, and how often they occur.

    Raises:
        ArtifactError: where the file is damaged.
    """
    try:
        return read_words(artifact.file(VOCAB))
    except InputError as error:
        raise ArtifactError(error.message, "recreate the artifact") from None


def open_counts(artifact: Artifact) -> csr_array:
    """Counts (as weights, float64) or associations (float32) as a matrix in memory.

    Raises:
        ArtifactError: where the files are damaged.
    """
    from scipy.sparse import csr_array

    size = len(counted_words(artifact)[0])
    with open_sparse(artifact, size) as rows:
        columns, values = rows.read(0, size)
        if artifact.kind == COUNTS:
            values = values / np.float64(_check_counts(artifact, rows))
        return csr_array((values, columns, rows.indptr), shape=rows.shape)


def _check_counts(counts: Artifact, rows: SparseRows) -> int:
    """The unit of counts; they must be whole numbers."""
    unit = counts.summary.get("unit")
    if rows.dtype.kind != "u" or type(unit) is not int or unit < 1:
        raise ArtifactError(f"{counts.path}: data.npy does not contain counts in whole units", "recreate it")
    return unit


def describe_counts(corpus: Artifact, options: CooccurOptions) -> dict[str, Any]:
    """What counting would do: its options, and the words and tokens that would be counted."""
    from seqtool.counts.text import FilteredText

    counting_bytes(options.memory)
    text = FilteredText(open_corpus(corpus), options)
    kept = {"words": len(text.words), "tokens": int(text.counts_V.sum())}
    return determining(options) | operational(options) | kept


def export_npz(source: Path, path: Path, form: str | None = None, overwrite: bool = False) -> tuple[int, int]:
    """Write counts or a matrix as scipy's ``.npz``, the words beside it; how many words and values there are.

    Raises:
        UsageError: another format is asked for, by ``form`` or by the file's name.
        ArtifactError: the artifact is damaged.
        OutputError: a file exists or cannot be written.
    """
    from scipy import sparse

    if (form or path.suffix.lower().lstrip(".")) != "npz":
        raise UsageError(f"{source} is a sparse matrix, which can only be written as .npz", "use a name ending in .npz")
    artifact = open_artifact(source, COUNTS, MATRIX)
    matrix, words = open_counts(artifact), counted_words(artifact)[0]
    write_sparse_file(path, words, lambda file: sparse.save_npz(file, matrix), overwrite)
    return len(words), int(matrix.nnz)
