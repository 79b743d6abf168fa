"""The ``vectors`` artifact, and word vectors from an artifact or any file.

vectors.npy      float32 (V, D), opened memory-mapped
vocab.tsv        V words and how often each occurs (0 for all where that is not known)
tokenizer.json   where the corpus was one of subwords
phrases.tsv      where it was one of phrases

Vectors that spell unknown words (`ngrams`) have three files more:

ngrams.json      the rule: minn, maxn, bucket, units
buckets.npy      int64 (G,), rising: the buckets that have a vector
ngrams.npy       float32 (G, D): their vectors
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Container, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.digests import file_digest
from seqtool.artifact.files import read_json, refuse_folder, stamp
from seqtool.artifact.manifest import Input, Recipe, sha256_json
from seqtool.artifact.read import Artifact, is_artifact, open_artifact, read_manifest
from seqtool.artifact.write import Draft, RunRecord, claim, write_artifact
from seqtool.compute.arrays import save_array
from seqtool.corpus.normalize import spelling_in
from seqtool.corpus.tokenizers.tokenize import PHRASES, TOKENIZER
from seqtool.corpus.vocabulary import read_words, write_words
from seqtool.errors import ArtifactError, InputError, UsageError, plural
from seqtool.options import determining
from seqtool.progress import note
from seqtool.vectors.formats.binary import existing_words_beside
from seqtool.vectors.formats.fasttext import is_model, read_model
from seqtool.vectors.formats.sniff import format_from_name, read_text_vectors, read_vectors, write_vectors_file
from seqtool.vectors.ngrams import NgramRule, NgramVectors
from seqtool.vectors.options import UNITS, VectorFileOptions
from seqtool.vectors.word_vectors import WordVectors

KIND = "vectors"
VECTORS, VOCAB = "vectors.npy", "vocab.tsv"
RULE, BUCKETS, NGRAMS = "ngrams.json", "buckets.npy", "ngrams.npy"
_LONGEST_NGRAM, _MOST_BUCKETS = 1000, 2**32 - 1


def write_vectors(
    draft: Draft, words: Sequence[str], counts: NDArray[np.int64] | None, matrix_VD: NDArray[np.float32]
) -> None:
    """Put word vectors into a draft.

    Args:
        draft: what `write_artifact` gives.
        words: V different words.
        counts: int64 (V,), None where not known.
        matrix_VD: float32 (V, D).
    """
    assert matrix_VD.shape[0] == len(words)
    save_array(draft.path / VECTORS, np.ascontiguousarray(matrix_VD, np.float32))
    write_words(draft.path / VOCAB, words, np.zeros(len(words), np.int64) if counts is None else counts)


def write_rule(draft: Draft, rule: NgramRule, buckets_G: NDArray[np.int64]) -> None:
    """Put into a draft how words are spelled; the vectors of the n-grams come beside it as `NGRAMS`."""
    (draft.path / RULE).write_text(json.dumps(asdict(rule)) + "\n", encoding="utf-8")
    save_array(draft.path / BUCKETS, buckets_G)


def carry_tokenizer(source: Artifact, draft: Draft) -> None:
    """Copy what a corpus reads later texts with, a tokenizer of subwords or phrases, from artifact to artifact."""
    for name in (TOKENIZER, PHRASES):
        if source.has(name):
            shutil.copyfile(source.file(name), draft.path / name)


def open_vectors(artifact: Artifact) -> WordVectors:
    """The word vectors of an artifact, its files checked and the matrix memory-mapped.

    Raises:
        ArtifactError: a file is missing, damaged, or does not fit the other.
    """
    matrix = artifact.array(VECTORS, ("float32",), 2)
    try:
        words, counts = read_words(artifact.file(VOCAB))
    except InputError as error:
        raise ArtifactError(f"{artifact.path} is damaged ({error.message})", "recreate the vectors") from None
    if len(words) != len(matrix) or 0 in matrix.shape:
        raise ArtifactError(
            f"{artifact.path} is damaged: it has {plural(len(words), 'word')} and a matrix of shape {matrix.shape}",
            "recreate the vectors",
        )
    ngrams = _open_ngrams(artifact, matrix.shape[1]) if artifact.has(RULE) else None
    return WordVectors(words, matrix, counts if counts.any() else None, ngrams)


def _open_ngrams(artifact: Artifact, dim: int) -> NgramVectors:
    buckets, matrix = artifact.array(BUCKETS, ("int64",), 1), artifact.array(NGRAMS, ("float32",), 2)
    try:
        rule = NgramRule(**read_json(artifact.file(RULE)))
        fits = len(buckets) == len(matrix) and matrix.shape[1] == dim and rule.units in UNITS
        whole = all(type(number) is int for number in (rule.minn, rule.maxn, rule.bucket))
        lengths = whole and 0 <= rule.minn <= _LONGEST_NGRAM and 0 < rule.maxn <= _LONGEST_NGRAM
        if not (fits and lengths and 0 < rule.bucket <= _MOST_BUCKETS):
            raise ValueError(
                f"inconsistent n-grams: {rule}, {plural(len(buckets), 'bucket')}, vectors of shape {matrix.shape}"
            )
    except (ValueError, TypeError) as error:
        raise ArtifactError(f"{artifact.path} is damaged ({error})", "recreate the vectors") from None
    return NgramVectors(rule, np.asarray(buckets), matrix)


def load_vectors(path: Path, limit: int | None = None, errors: str = "strict") -> WordVectors:
    """Word vectors from an artifact, or from a file of any format of `formats`.

    Args:
        path: the artifact's folder, or the file.
        limit: only the first so many words.
        errors: what to do with words of a file that are not UTF-8 (see `formats.read_vectors`).

    Raises:
        ArtifactError: the artifact is of another kind or damaged.
        InputError: the file cannot be read as vectors.
    """
    found = _loaded(path, limit, errors)
    found.name = str(path)
    return found


def _loaded(path: Path, limit: int | None, errors: str) -> WordVectors:
    if is_model(path):
        return read_model(path, limit, errors)
    if not is_artifact(path):
        return WordVectors(*read_vectors(path, limit, errors))
    vectors = open_vectors(open_artifact(path, KIND))
    if limit is None or limit >= len(vectors):
        return vectors
    counts = None if vectors.counts is None else vectors.counts[:limit]
    return WordVectors(vectors.words[:limit], vectors.matrix[:limit], counts, vectors.ngrams)


def chosen_vectors(path: Path, wanted: Container[str]) -> dict[str, NDArray[np.float32]]:
    """The vectors of the wanted words, from an artifact or a file (see `load_vectors`)."""
    if not is_artifact(path) and not is_model(path):
        return read_text_vectors(path, wanted)
    vectors = load_vectors(path)
    names = {word: spelling_in(wanted, word) for word in vectors.ids}
    rows = {name: vectors.ids[word] for word, name in names.items() if name is not None}
    rows |= {word: vectors.ids[word] for word, name in names.items() if name == word}
    return {name: np.array(vectors.matrix[row]) for name, row in rows.items()}


def vectors_input(path: Path) -> Input:
    """Word vectors as an input of an artifact: with their manifest, or by the digest of the file."""
    if is_artifact(path):
        return open_artifact(path, KIND).as_input()
    digest = file_digest(path)
    words = existing_words_beside(path) if path.suffix in (".npy", ".safetensors") else None
    return Input(path.name, "vectors:file", sha256_json([digest, file_digest(words)]) if words else digest)


def import_vectors(source: Path, options: VectorFileOptions, output: Path, overwrite: bool = False) -> bool:
    """Make a ``vectors`` artifact of a file of vectors (or of the first words of another artifact).

    Returns:
        Whether there was anything to do.

    Raises:
        InputError: the file cannot be read as vectors.
        OutputError: where ``output`` may not be replaced or cannot be written.
    """
    recipe = Recipe(KIND, "convert", determining(options), [vectors_input(source)])
    if claim(output, recipe, overwrite) == "up to date":
        return False
    run = RunRecord()
    with run.timed("read"):
        vectors = load_vectors(source, options.limit, options.errors)
    with write_artifact(output, recipe, run, overwrite) as draft, run.timed("write"):
        write_vectors(draft, vectors.words, vectors.counts, vectors.matrix)
        if vectors.ngrams is not None:
            write_rule(draft, vectors.ngrams.rule, vectors.ngrams.buckets_G)
            save_array(draft.path / NGRAMS, vectors.ngrams.matrix_GD)
        source_artifact = open_artifact(source, KIND) if is_artifact(source) else None
        if source_artifact:
            carry_tokenizer(source_artifact, draft)
        summary = dict(source_artifact.summary) if source_artifact else {"method": "imported"}
        draft.summary.update(summary | {"words": len(vectors), "dim": vectors.dim})
    return draft.written


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
        raise UsageError(
            f"{source} is not a counts or matrix artifact, and only these can be written as .npz",
            "choose another format",
        )
    if form == _ARTIFACT:
        written = import_vectors(source, options, path, overwrite)
        summary = read_manifest(path).summary
        return Converted(form, summary["words"], summary["dim"], written)
    refuse_folder(path)
    before, loaded = stamp(path), load_vectors(source, options.limit, options.errors)
    write_vectors_file(path, loaded.words, loaded.matrix, form, overwrite)
    if loaded.ngrams is not None:
        note(f"not written: {plural(len(loaded.ngrams.matrix_GD), 'n-gram vector')} (only an artifact can store them)")
    return Converted(form, len(loaded), loaded.dim, stamp(path) != before)
