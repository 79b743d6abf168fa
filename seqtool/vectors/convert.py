"""Word vectors from artifact to file, file to artifact or file to file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seqtool.artifact.files import refuse_folder, stamp
from seqtool.artifact.read import read_manifest
from seqtool.errors import UsageError
from seqtool.progress import note
from seqtool.vectors.artifact import import_vectors, load_vectors
from seqtool.vectors.formats.sniff import format_from_name, write_vectors_file
from seqtool.vectors.options import VectorFileOptions

_ARTIFACT = "vectors"


@dataclass(frozen=True)
class Converted:
    """What was written: its format and size, and whether it was written now or up to date."""

    form: str
    words: int
    dim: int
    written: bool = True


def convert_vectors(
    source: Path, path: Path, form: str | None, options: VectorFileOptions, overwrite: bool = False
) -> Converted:
    """Write the vectors of an artifact or a file to another.

    Args:
        source: the artifact or file.
        path: the file, or the artifact's folder.
        form: one of `formats.sniff.FORMATS`, or ``vectors`` for an artifact; left out, ``path`` says which.
        options: how a file is read.
        overwrite: replace a file, or an artifact that was made differently.

    Raises:
        UsageError: the format is unknown, or not one of vectors.
        InputError: the source cannot be read as vectors.
        OutputError: the format cannot hold a word, or ``path`` may not be replaced or cannot be written.
    """
    form = form or (_ARTIFACT if path.suffix == ".vectors" else format_from_name(path))
    if form == "npz":
        raise UsageError(f"{source} is no artifact of counts, and .npz is for those", "choose another format")
    if form == _ARTIFACT:
        written = import_vectors(source, options, path, overwrite)
        summary = read_manifest(path).summary
        return Converted(form, summary["words"], summary["dim"], written)
    refuse_folder(path)
    before, loaded = stamp(path), load_vectors(source, options.limit, options.errors)
    write_vectors_file(path, loaded.words, loaded.matrix, form, overwrite)
    if loaded.ngrams is not None:
        note(f"left out: {len(loaded.ngrams.matrix_GD):,} vectors of n-grams, which only an artifact holds")
    return Converted(form, len(loaded), loaded.dim, stamp(path) != before)
