"""The convert command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from seqtool.cli.options import Format, Json, Overwrite
from seqtool.errors import UsageError
from seqtool.vectors.options import VectorFileOptions


def convert(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE", help="an artifact (vectors, counts, matrix) or a file of vectors", show_default=False
        ),
    ],
    target: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="the file to write, or NAME.vectors for an artifact", show_default=False),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="the same, as an option")
    ] = None,
    to: Annotated[
        Literal["word2vec", "word2vec-binary", "glove", "fasttext", "npy", "safetensors", "npz", "vectors"] | None,
        typer.Option("--to", help="format to write [default: by the file's name]"),
    ] = None,
    overwrite: Overwrite = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    file: VectorFileOptions,
) -> None:
    """Write vectors in another form, from artifact to file, file to artifact or file to file; sparse counts as .npz.

    By name: .txt .w2v word2vec text, .bin word2vec binary, .vec fastText, .glove and glove*.txt GloVe, .npy (its words
    in NAME.words.txt beside it), .safetensors, .npz (counts and matrices, words as for .npy), .vectors an artifact.

    Example: seqtool convert corpus.vectors vectors.bin
    """  # fmt: skip
    from seqtool.cli.answer import asked_form, print_made

    form = asked_form(output_format, as_json)
    path = target or output
    if path is None or (target and output):
        raise UsageError("convert writes one file", "name it once, after the source or with -o")
    if str(path) == "-" or (path.is_dir() and path.resolve() == source.resolve()):
        raise UsageError(f"convert does not write to {path}", "give the name of a new file or artifact")
    print_made(*_convert(source, path, to, overwrite, file), form)


def _convert(
    source: Path, path: Path, to: str | None, overwrite: bool, file: VectorFileOptions
) -> tuple[dict[str, Any], bool]:
    from seqtool.artifact.files import refuse_existing
    from seqtool.artifact.read import is_artifact, read_manifest
    from seqtool.progress import note
    from seqtool.vectors.artifact import import_vectors, load_vectors
    from seqtool.vectors.formats.sniff import format_of, write_vectors_file

    if is_artifact(source) and read_manifest(source).kind in ("counts", "matrix"):
        return _write_sparse(source, path, to, overwrite)
    form = to or ("vectors" if path.suffix == ".vectors" else format_of(path))
    if form == "npz":
        raise UsageError(f"{source} is no artifact of counts, and .npz is for those", "choose another format")
    if form == "vectors":
        written = import_vectors(source, file, path, overwrite)
        summary = read_manifest(path).summary
        return {"output": str(path), "format": form, "words": summary["words"], "dim": summary["dim"]}, written
    refuse_existing(path, overwrite)
    loaded = load_vectors(source, file.limit, file.errors)
    write_vectors_file(path, loaded.words, loaded.matrix, form, overwrite)
    if loaded.ngrams is not None:
        note(f"left out: {len(loaded.ngrams.matrix_GD):,} vectors of n-grams, which only an artifact holds")
    return {"output": str(path), "format": form, "words": len(loaded), "dim": loaded.dim}, True


def _write_sparse(source: Path, path: Path, to: str | None, overwrite: bool) -> tuple[dict[str, Any], bool]:
    from scipy import sparse

    from seqtool.artifact.read import open_artifact
    from seqtool.corpus.vocabulary import read_words
    from seqtool.counts.artifact import open_counts
    from seqtool.vectors.formats.sniff import write_sparse_file

    if (to or path.suffix.lower().lstrip(".")) != "npz":
        raise UsageError(f"{source} holds a sparse matrix, which only .npz can hold", "name the file NAME.npz")
    artifact = open_artifact(source, "counts", "matrix")
    matrix, words = open_counts(artifact), read_words(artifact.file("vocab.tsv"))[0]
    write_sparse_file(path, words, lambda file: sparse.save_npz(file, matrix), overwrite)
    return {"output": str(path), "format": "npz", "words": len(words), "nonzeros": int(matrix.nnz)}, True
