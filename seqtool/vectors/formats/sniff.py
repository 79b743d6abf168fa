"""Files of word vectors of any format of the ecosystem, known by their content.

read    word2vec text and binary, fastText ``.vec``, GloVe with and without header (any of these compressed: gzip,
        bzip2, xz, zstandard), ``.npy`` with a file of words beside it, safetensors
write   the same, uncompressed; the format is known by the file's name or given
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.files import replacing
from seqtool.compute.arrays import save_array
from seqtool.corpus.normalize import spelling_in
from seqtool.corpus.reading.streams import file_pieces
from seqtool.errors import InputError, UsageError, in_shell, plural
from seqtool.vectors.formats import binary as binary_formats
from seqtool.vectors.formats import text as text_formats
from seqtool.vectors.formats.blocks import VectorBlock, decode_word, joined, parse_header, refuse_infinite
from seqtool.vectors.formats.fasttext import MAGIC, is_old_model

FORMATS = ("word2vec", "word2vec-binary", "glove", "fasttext", "npy", "safetensors")
_SUFFIXES = {
    ".txt": "word2vec",
    ".w2v": "word2vec",
    ".bin": "word2vec-binary",
    ".vec": "fasttext",
    ".glove": "glove",
    ".npy": "npy",
    ".safetensors": "safetensors",
}
_COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
_HEAD_BYTES, _ARPA_BYTES = 1 << 16, 512
_SAMPLE_LINES = 20
# What people give by mistake: how such a file begins, what it is, what to do.
_FOREIGN = (
    (b"\x80\x02", "a Python pickle, which could run code when loaded", "save it with gensim's save_word2vec_format"),
    (b"\x80\x03", "a Python pickle, which could run code when loaded", "save it with gensim's save_word2vec_format"),
    (b"\x80\x04", "a Python pickle, which could run code when loaded", "save it with gensim's save_word2vec_format"),
    (b"\x80\x05", "a Python pickle, which could run code when loaded", "save it with gensim's save_word2vec_format"),
    (b"PK\x03\x04", "a zip archive", "unzip it first"),
    (b"\x89HDF", "an HDF5 file", text_formats.READABLE),
)


class _NoDigest:
    def update(self, data: bytes) -> None:
        """Forget the bytes: the digest is taken elsewhere where it is wanted."""


def read_vectors(path: Path, limit: int | None = None, errors: str = "strict") -> tuple[list[str], NDArray[np.float32]]:
    """The words and the vectors, float32 (V, D), of a file.

    Args:
        path: the file.
        limit: only the first so many words.
        errors: of words that are not UTF-8: ``strict``, ``replace`` the bytes, ``skip`` the word; ``skip`` also
            leaves out a word that came before.

    Raises:
        InputError: the file cannot be read, or is not what it seems to be; the line or word is named.
    """
    counts: Counter[str] = Counter()
    return joined(str(path), vector_blocks(path, errors, counts), limit, errors, counts)


def read_text_vectors(path: Path, wanted: Container[str]) -> dict[str, NDArray[np.float32]]:
    """The vectors (float32, one dimension for all) of the wanted words; of a repeated word the first counts.

    A word that the file spells in another Unicode form only is found too.

    Raises:
        InputError: as `read_vectors`.
    """
    vectors: dict[str, NDArray[np.float32]] = {}
    respelled: dict[str, NDArray[np.float32]] = {}
    for block in vector_blocks(path, "replace", Counter()):
        refuse_infinite(str(path), block)
        for word, vector in zip(block.words, block.matrix, strict=True):
            name = spelling_in(wanted, word) if word is not None else None
            found = vectors if name == word else respelled
            if name is not None and name not in found:
                found[name] = vector.copy()
    return respelled | vectors


def vector_blocks(path: Path, errors: str, counts: Counter[str]) -> Iterator[VectorBlock]:
    """The entries of a file in order, of whatever format it is.

    Raises:
        InputError: as `read_vectors`, but for repeated words and numbers that are not finite.
    """
    name = str(path)
    if path.is_dir():
        raise InputError(f"{name} is a folder, but not a vectors artifact", text_formats.READABLE)
    if path.is_file() and path.stat().st_size == 0:
        raise InputError(f"{name} is empty", "download or recreate it")
    pieces = file_pieces("./-" if name == "-" else name, _NoDigest())
    head = _head(pieces)
    for magic, what, remedy in _FOREIGN:
        if head.startswith(magic):
            raise InputError(f"{name} is {what}", remedy)
    if b"\\data\\" in head[:_ARPA_BYTES]:
        remedy = f"use it with the commands of language models: seqtool perplexity {in_shell(name)} TEXT"
        raise InputError(f"{name} is an ARPA file (an n-gram model), not word vectors", remedy)
    if head.startswith(MAGIC):
        raise InputError(
            f"{name} is a fastText model that is compressed or read from a pipe", "decompress it into a file"
        )
    if is_old_model(head):
        raise InputError(
            f"{name} is a fastText model from before version 0.1, which has no version number",
            "give the .vec file that was saved with it, or train it again with fastText 0.1 or later",
        )
    if head.startswith(b"\x93NUMPY"):
        yield from _matrix_blocks(path, binary_formats.read_npy(path), None, errors, counts)
        return
    if _is_safetensors(path, head):
        yield from _matrix_blocks(path, *binary_formats.read_safetensors(path), errors, counts)
        return
    line = head.partition(b"\n")[0]
    header = parse_header(name, line) if len(line) < 64 else None
    if header is not None and _is_binary(head[len(line) + 1 :], header.dim):
        rest = itertools.chain([head[len(line) + 1 :]], pieces)
        yield from binary_formats.binary_blocks(name, rest, header, len(line) + 1, errors, counts)
        return
    yield from text_formats.text_blocks(name, itertools.chain([head], pieces), errors, counts)


def _head(pieces: Iterator[bytes]) -> bytes:
    head = b""
    while len(head) < _HEAD_BYTES and (piece := next(pieces, None)) is not None:
        head += piece
    return head


def _is_safetensors(path: Path, head: bytes) -> bool:
    size = int.from_bytes(head[:8], "little")
    return head[8:9] == b"{" and path.is_file() and size <= path.stat().st_size


def _is_binary(data: bytes, dim: int) -> bool:
    """Whether what follows a header is word2vec's binary form: no line of a word and numbers follows."""
    line, newline, _ = data.partition(b"\n")
    fields = line.split()[-dim:]
    if newline and len(fields) == dim and all(text_formats.NUMBER.fullmatch(field) for field in fields):
        return False
    # It may be a text with a mistake in its first line: of a text's fields most are numbers.
    others = [field for line in data.split(b"\n")[:_SAMPLE_LINES] for field in line.split(b" ")[1:]]
    return 2 * sum(text_formats.NUMBER.fullmatch(field) is not None for field in others) < len(others)


def _matrix_blocks(
    path: Path, matrix: NDArray[Any], words: list[str] | None, errors: str, counts: Counter[str]
) -> Iterator[VectorBlock]:
    if words is None:
        lines = binary_formats.read_words_beside(path, len(matrix))
        found = [decode_word(str(path), f"word {n}", None, line, errors, counts) for n, line in enumerate(lines, 1)]
    elif len(words) == len(matrix):
        found = list(words)
    else:
        message = f"{path} has {plural(len(words), 'word')} but {plural(len(matrix), 'vector')}"
        raise InputError(message, "recreate it")
    with np.errstate(over="ignore"):  # a double too large for float32 is found as infinity
        yield VectorBlock(found, np.asarray(matrix, np.float32), range(1, len(matrix) + 1), "word")


def format_from_name(path: Path) -> str:
    """The format that a file's name stands for.

    Raises:
        UsageError: the name tells none.
    """
    suffix = path.suffix.lower()
    if suffix in _COMPRESSED:
        raise UsageError(
            f"{path}: vectors can only be written uncompressed",
            f"drop {suffix} from the name, and compress the file afterwards",
        )
    if suffix == ".txt" and path.name.lower().startswith("glove"):
        return "glove"
    if suffix not in _SUFFIXES:
        raise UsageError(
            f"cannot derive the format from the name {path}",
            f"use --to ({', '.join(FORMATS)}), or a name ending in {', '.join(_SUFFIXES)}, or .vectors for an artifact",
        )
    return _SUFFIXES[suffix]


def written_files(path: Path, form: str) -> list[Path]:
    """The files that writing a format makes: ``path``, and the words beside it where the format needs them."""
    return [path, binary_formats.words_beside(path)] if form in ("npy", "npz") else [path]


def write_vectors_file(
    path: Path, words: Sequence[str], matrix_VD: NDArray[np.float32], form: str, overwrite: bool = False
) -> None:
    """Write a file of vectors, whole or not at all.

    Args:
        path: the file.
        words, matrix_VD: V different words and their float32 vectors.
        form: one of `FORMATS`.
        overwrite: replace a file of that name.

    Raises:
        OutputError: the format cannot hold a word, or the file exists or cannot be written.
    """
    with replacing(written_files(path, form), overwrite) as temporary:
        with temporary[0].open("wb") as file:
            if form == "safetensors":
                binary_formats.write_safetensors(file, str(path), words, matrix_VD)
            elif form == "word2vec-binary":
                binary_formats.write_binary(file, str(path), words, matrix_VD)
            elif form == "npy":
                save_array(file, np.ascontiguousarray(matrix_VD, np.float32))
            else:
                text_formats.write_text(file, str(path), words, matrix_VD, header=form != "glove")
        if form == "npy":
            with temporary[1].open("wb") as file:
                binary_formats.write_words_beside(file, str(path), words)


def write_sparse_file(
    path: Path, words: Sequence[str], save: Callable[[BinaryIO], None], overwrite: bool = False
) -> None:
    """Write a sparse matrix with ``save`` and its words beside it, whole or not at all.

    Raises:
        OutputError: a word has a line end in it, or a file exists or cannot be written.
    """
    with replacing(written_files(path, "npz"), overwrite) as temporary:
        with temporary[0].open("wb") as file:
            save(file)
        with temporary[1].open("wb") as file:
            binary_formats.write_words_beside(file, str(path), words)
