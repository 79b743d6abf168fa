"""The convert command."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from seqtool.commands.answers import Made
from seqtool.commands.declaration import Target
from seqtool.errors import UsageError
from seqtool.options import Argument, option, redeclared
from seqtool.vectors.options import VectorFileOptions

_FORMATS = ("word2vec", "word2vec-binary", "glove", "fasttext", "npy", "safetensors", "npz", "vectors")


@dataclass(frozen=True)
class ConvertedFile:
    """The file to write."""

    output: Path | None = option(
        None, "the same, as an option", short="-o", metavar="FILE", operational=True, panel="Options"
    )
    to: str | None = option(None, "format to write [default: by the file's name]", choices=_FORMATS)
    overwrite: bool = redeclared(Target, "overwrite", False)


def convert(
    source: Annotated[Path, Argument("an artifact (vectors, counts, matrix) or a file of vectors", metavar="SOURCE")],
    target: Annotated[
        Path | None, Argument("the file to write, or NAME.vectors for an artifact", metavar="FILE")
    ] = None,
    *,
    written: ConvertedFile,
    file: VectorFileOptions,
) -> Made:
    """Write vectors in another form, from artifact to file, file to artifact or file to file; sparse counts as .npz.

    By name: .txt .w2v word2vec text, .bin word2vec binary, .vec fastText, .glove and glove*.txt GloVe, .npy (its words
    in NAME.words.txt beside it), .safetensors, .npz (counts and matrices, words as for .npy), .vectors an artifact.

    Example: seqtool convert corpus.vectors vectors.bin
    """
    from seqtool.artifact.read import is_artifact, read_manifest
    from seqtool.counts.artifact import export_npz
    from seqtool.vectors.artifact import convert_vectors

    path = target or written.output
    if path is None or (target and written.output):
        raise UsageError("convert writes one file", "name it once, after the source or with -o")
    if str(path) == "-" or (path.is_dir() and path.resolve() == source.resolve()):
        raise UsageError(f"convert does not write to {path}", "give the name of a new file or artifact")
    if is_artifact(source) and read_manifest(source).kind in ("counts", "matrix"):
        words, nonzeros = export_npz(source, path, written.to, written.overwrite)
        return Made({"output": str(path), "format": "npz", "words": words, "nonzeros": nonzeros})
    done = convert_vectors(source, path, written.to, file, written.overwrite)
    values = {"output": str(path), "format": done.form, "words": done.words, "dim": done.dim}
    return Made(values, written=done.written)
