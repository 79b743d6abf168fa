"""Binary files of vectors: word2vec binary, ``.npy`` with a file of words, safetensors.

word2vec binary: the header of the text form, then for each word its bytes, a space, D float32 (little-endian), and
perhaps a newline. The words of ``x.npy`` are stored in ``x.words.txt`` beside it, one a line, in the order
of the rows; the words of a safetensors file in its metadata (``words``: a JSON list), or as those of ``.npy``.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from seqtool.errors import InputError, OutputError, plural
from seqtool.vectors.formats.blocks import Header, VectorBlock, decode_word
from seqtool.vectors.formats.text import refuse_unwritable

TENSOR, WORDS = "vectors", "words"
_BLOCK_BYTES = 1 << 22
_ROWS = 1 << 12
_LONGEST_WORD = 1 << 20
_NO_WORD_OF_BINARY = re.compile("[ \n]|^$")
_NO_WORD_OF_LINES = re.compile("[\r\n]|^\ufeff")
_MOST_METADATA = 90_000_000  # the format's own limit is 100 MB
_FLOATS = ("float16", "float32", "float64")
_ANEW = "download or recreate it"


def binary_blocks(
    name: str, pieces: Iterator[bytes], header: Header, offset: int, errors: str, counts: Counter[str]
) -> Iterator[VectorBlock]:
    """The entries of a word2vec binary file.

    Args:
        name: the file, for messages.
        pieces: its bytes after the header line.
        header: what the header says.
        offset: where the first piece begins.
        errors, counts: as for `text_formats.text_blocks`.

    Raises:
        InputError: the file ends within an entry, or continues after the last.
    """
    from seqtool.vectors.formats import kernels

    size, found, held, data = 4 * header.dim, 0, 0, b""
    waiting: list[bytes] = []
    for piece in _and_last(pieces):
        if piece:
            waiting.append(piece)
            held += len(piece)
            if held < max(_BLOCK_BYTES, 2 * size):
                continue
        data = b"".join(waiting)
        rows = min(header.count - found, len(data) // (size + 1) + 1)
        raw, starts, ends = np.empty((rows, size), np.uint8), np.empty(rows, np.int64), np.empty(rows, np.int64)
        read, used = kernels.read_entries(np.frombuffer(data, np.uint8), raw, starts, ends)
        bounds = zip(starts[:read].tolist(), ends[:read].tolist(), strict=True)
        words = [
            _word(name, found + row + 1, offset + start, data[start:end], errors, counts)
            for row, (start, end) in enumerate(bounds)
        ]
        yield VectorBlock(words, raw[:read].view("<f4"), range(found + 1, found + read + 1), "word")
        found, offset, waiting, held = found + read, offset + used, [data[used:]], len(data) - used
        if found == header.count or (read == 0 and len(data) > size + _LONGEST_WORD):
            break
    _check_end(name, header, found, offset, b"".join(waiting)[:64] or next(pieces, b""))


def _and_last(pieces: Iterable[bytes]) -> Iterator[bytes]:
    yield from pieces
    yield b""


def _word(name: str, number: int, offset: int, word: bytes, errors: str, counts: Counter[str]) -> str | None:
    try:
        return word.decode()
    except UnicodeDecodeError:
        return decode_word(name, f"word {number}", offset, word, errors, counts)


def _check_end(name: str, header: Header, found: int, offset: int, rest: bytes) -> None:
    if found < header.count:
        raise InputError(
            f"{name} is cut off, or its header is wrong: word {found + 1} of {header.count:,} at byte {offset} is "
            f"incomplete (the header gives dimension {header.dim})",
            f"{_ANEW}, or read only the complete words with --limit {found}" if found else _ANEW,
        )
    if rest.strip(b"\n"):
        raise InputError(
            f"{name}: the header gives {plural(header.count, 'word')} of dimension {header.dim}, but more data follow "
            f"at byte {offset}",
            "correct the first line, or " + _ANEW,
        )


def write_binary(file: BinaryIO, path: str, words: Sequence[str], matrix_VD: NDArray[np.float32]) -> None:
    """Write word2vec binary, a newline after every vector as word2vec does.

    Raises:
        OutputError: a word that such a file cannot hold.
    """
    refuse_unwritable(path, words, _NO_WORD_OF_BINARY, "word2vec binary")
    file.write(b"%d %d\n" % matrix_VD.shape)
    size = 4 * matrix_VD.shape[1]
    for start in range(0, len(words), _ROWS):
        data = np.asarray(matrix_VD[start : start + _ROWS], "<f4").tobytes()
        entries = (
            b"%b %b\n" % (word.encode(), data[row * size : (row + 1) * size])
            for row, word in enumerate(words[start : start + _ROWS])
        )
        file.write(b"".join(entries))


def read_npy(path: Path) -> NDArray[Any]:
    """A matrix of floats, memory-mapped.

    Raises:
        InputError: it is damaged, a pickle, or not a matrix of floats.
    """
    try:
        with np.errstate(over="ignore"):
            matrix = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # a hostile header makes numpy raise what Python's own parser raises
        raise InputError(f"{path} is damaged ({error})", _ANEW) from None
    return _checked(path, matrix)


def _checked(path: Path, matrix: NDArray[Any]) -> NDArray[Any]:
    if matrix.ndim != 2 or matrix.dtype.name not in _FLOATS or 0 in matrix.shape:
        raise InputError(
            f"{path}: expected a matrix of shape (words, dimension) and type {' or '.join(_FLOATS)}, found "
            f"{matrix.dtype} of shape {matrix.shape}",
            "give a matrix with one row per word",
        )
    return matrix


def read_safetensors(path: Path) -> tuple[NDArray[Any], list[str] | None]:
    """The matrix of a safetensors file, and the words of its metadata where they are there.

    Raises:
        InputError: it is damaged, or holds no single matrix of floats.
    """
    from safetensors import safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            names = list(file.keys())
            name = TENSOR if TENSOR in names else names[0] if len(names) == 1 else None
            words = (file.metadata() or {}).get(WORDS)
            matrix = None if name is None else file.get_tensor(name)
    except Exception as error:  # the library has one class for damage and numpy others for unknown types
        raise InputError(f"{path} is damaged ({error})", _ANEW) from None
    if matrix is None:
        raise InputError(f"{path} has no tensor named '{TENSOR}'", f"rename the tensor of word vectors to '{TENSOR}'")
    return _checked(path, matrix), None if words is None else _words_of_json(path, words)


def _words_of_json(path: Path, text: str) -> list[str]:
    try:
        words = json.loads(text)
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ValueError("it is not a list of words")
        "".join(words).encode("utf-8", "surrogateescape")
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot read '{WORDS}' in the metadata ({error})", _ANEW) from None
    return words


def write_safetensors(file: BinaryIO, path: str, words: Sequence[str], matrix_VD: NDArray[np.float32]) -> None:
    """Write the matrix as the tensor ``vectors`` and the words as JSON into the metadata.

    The bytes are those of ``safetensors.numpy.save``, which would hold the matrix twice; its ``save_file`` writes a
    temporary file of its own, which stays when the process is killed.

    Raises:
        OutputError: more words than the metadata may hold.
    """
    text = json.dumps(list(words))
    if len(text) > _MOST_METADATA:
        raise OutputError(
            f"{path}: safetensors metadata cannot hold {plural(len(words), 'word')}", "write .npy instead"
        )
    matrix_VD = np.ascontiguousarray(matrix_VD, "<f4")
    tensor = {"dtype": "F32", "shape": matrix_VD.shape, "data_offsets": [0, matrix_VD.nbytes]}
    header = json.dumps({"__metadata__": {WORDS: text}, TENSOR: tensor}, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    file.write(len(header).to_bytes(8, "little") + header)
    file.write(matrix_VD.data)


def words_beside(path: Path) -> Path:
    """Where the words of ``x.npy`` are written: ``x.words.txt``."""
    return path.with_name(f"{path.name.removesuffix(path.suffix)}.words.txt")


def existing_words_beside(path: Path) -> Path | None:
    """The file with the words of ``x.npy``, where there is one."""
    usual = words_beside(path)
    return usual if usual.is_file() else None


def read_words_beside(path: Path, count: int) -> list[bytes]:
    """The words of a matrix without words of its own.

    Raises:
        InputError: there is no such file, or it has another number of lines.
    """
    found = existing_words_beside(path)
    if found is None:
        raise InputError(
            f"{path} needs its words in {words_beside(path).name}, in the same folder",
            "create that file, with one word per line",
        )
    lines = found.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if not lines[-1]:
        lines.pop()
    if len(lines) != count:
        raise InputError(
            f"{found} has {plural(len(lines), 'line')}, but {path} has {plural(count, 'row')}",
            "write one line per row, each with one word",
        )
    return [line.removesuffix(b"\r") for line in lines]


def write_words_beside(file: BinaryIO, path: str, words: Sequence[str]) -> None:
    """Write one word a line.

    Raises:
        OutputError: a word with a line end in it.
    """
    refuse_unwritable(path, words, _NO_WORD_OF_LINES, "one-word-per-line")
    file.write("".join(word + "\n" for word in words).encode())
