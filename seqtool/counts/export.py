"""Counts and matrices as files of other tools."""

from __future__ import annotations

from pathlib import Path

from seqtool.artifact.read import open_artifact
from seqtool.counts.artifact import COUNTS, MATRIX, counted_words, open_counts
from seqtool.errors import UsageError
from seqtool.vectors.formats.sniff import write_sparse_file


def export_npz(source: Path, path: Path, form: str | None = None, overwrite: bool = False) -> tuple[int, int]:
    """Write counts or a matrix as scipy's ``.npz``, the words beside it; how many words and values there are.

    Raises:
        UsageError: another format is asked for, by ``form`` or by the file's name.
        ArtifactError: the artifact is damaged.
        OutputError: a file exists or cannot be written.
    """
    from scipy import sparse

    if (form or path.suffix.lower().lstrip(".")) != "npz":
        raise UsageError(f"{source} holds a sparse matrix, which only .npz can hold", "name the file NAME.npz")
    artifact = open_artifact(source, COUNTS, MATRIX)
    matrix, words = open_counts(artifact), counted_words(artifact)[0]
    write_sparse_file(path, words, lambda file: sparse.save_npz(file, matrix), overwrite)
    return len(words), int(matrix.nnz)
