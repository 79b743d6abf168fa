"""Models that fastText saved (``.bin``): words, and the vectors of words and n-grams.

Little-endian. Magic and version (12; 11 is read as well), the arguments, the dictionary, a byte that says whether the
input matrix is quantised, then rows, columns and the float32 of the input matrix: a row per word, then one per bucket.
The vector of a word is the mean of its own row and those of its n-grams. The output matrix, which follows, is not read.

The first fastText (2016) wrote neither magic nor version, and nothing of quantisation: such files are refused.
"""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqtool import progress
from seqtool.errors import InputError, plural
from seqtool.vectors.ngrams import NgramRule, NgramVectors, word_means
from seqtool.vectors.word_vectors import WordVectors

MAGIC = b"\xba\x16\x4f\x2f"
_ARGUMENTS = struct.Struct("<12i d")
_SIZES = struct.Struct("<3i 2q")
_OLD = struct.Struct("<12i d 3i")
_SUPERVISED = 3
_SHAPE = struct.Struct("<2q")
_EOS = "</s>"
_ANEW = "download or recreate it"
_DICTIONARY_PIECE = 1 << 20
_LONGEST = 1000


def is_model(path: Path) -> bool:
    """Whether a file begins like a fastText model."""
    try:
        with path.open("rb") as file:
            return path.is_file() and file.read(4) == MAGIC
    except OSError:  # whoever reads it says so
        return False


def is_old_model(head: bytes) -> bool:
    """Whether a file begins like a model of fastText before 0.1: the arguments, then the sizes of the dictionary."""
    if len(head) < _OLD.size:
        return False
    dim, ws, epoch, _, neg, ngrams, loss, model, bucket, minn, maxn, rate, _, size, words, labels = _OLD.unpack_from(
        head
    )
    small = all(0 < number < 1 << 20 for number in (dim, ws, epoch, ngrams, rate)) and 0 <= neg < 1 << 20
    return (
        small
        and 1 <= loss <= _SUPERVISED
        and 1 <= model <= _SUPERVISED
        and 0 <= minn <= maxn <= _LONGEST
        and min(bucket, words, labels) >= 0
        and 0 < size == words + labels
    )


def read_model(path: Path, limit: int | None = None, errors: str = "strict") -> WordVectors:
    """The words of a model, the vectors it gives them, and its n-grams, memory-mapped.

    Args:
        path: the file.
        limit: only the first so many words.
        errors: what to do with words that are not UTF-8: ``skip`` leaves them out; anything else refuses them, for
            their n-grams are those of their bytes, which a replacement has not.

    Raises:
        InputError: the model is quantised, cut off, or of another version; a word is not UTF-8, or there twice.
    """
    try:
        with path.open("rb") as file:
            return _read(path, file, limit, errors)
    except (struct.error, ValueError, IndexError, OverflowError) as error:
        raise InputError(f"{path} is damaged ({error})", _ANEW) from None


def _read(path: Path, file: io.BufferedReader, limit: int | None, errors: str) -> WordVectors:
    version = struct.unpack("<4xi", file.read(8))[0]
    if version not in (11, 12):
        raise InputError(f"{path} is a fastText model of unsupported version {version}", "save it with fastText 0.9")
    dim, *_, model, bucket, minn, maxn, _, _ = _ARGUMENTS.unpack(file.read(_ARGUMENTS.size))
    if model == _SUPERVISED:
        progress.note(f"{path} is a fastText classifier; only its word vectors are read, not its labels")
    if version == 11 and model == _SUPERVISED:  # such classifiers have no n-grams, whatever they say
        maxn = 0
    size, words_count, _, _, pruned = _SIZES.unpack(file.read(_SIZES.size))
    raw, counts = _dictionary(file, size)
    file.seek(8 * max(0, pruned), io.SEEK_CUR)
    quantised = file.read(1)
    if not quantised:
        raise ValueError("the file ends after the dictionary")
    if quantised != b"\0":
        raise InputError(f"{path} is a quantized fastText model (.ftz)", "give the .bin model from before quantization")
    rows, columns = _SHAPE.unpack(file.read(_SHAPE.size))
    if (
        columns != dim
        or rows < words_count
        or min(dim, words_count) < 1
        or size < words_count
        or not (minn >= 0 and maxn <= _LONGEST)
    ):
        raise ValueError(
            f"inconsistent sizes: {words_count} words of dimension {dim}, {rows} rows of {columns} numbers"
        )
    matrix = np.memmap(path, "<f4", "r", file.tell(), (rows, columns))
    kept, words = _decoded(path, raw[:words_count], errors)
    kept, words = kept[:limit], words[:limit]
    rule = NgramRule(minn, maxn, rows - words_count if maxn else 0)
    if maxn and rule.bucket not in (bucket, 0):
        raise ValueError(f"{rule.bucket} n-gram vectors for {bucket} buckets")
    counts_V = np.asarray(counts[:words_count], np.int64)[kept]
    return _model(words, kept, counts_V, matrix, words_count, rule)


def _decoded(path: Path, raw: list[bytes], errors: str) -> tuple[NDArray[np.int64], list[str]]:
    """The rows of the words that are UTF-8, and these."""
    rows, words = [], list[str]()
    for row, word in enumerate(raw):
        try:
            words.append(word.decode())
            rows.append(row)
        except UnicodeDecodeError:
            if errors != "skip":
                message = f"{path}, word {row + 1}: {word!r} is not valid UTF-8"
                raise InputError(message, "use --errors skip to leave such words out") from None
    if len(rows) < len(raw):
        progress.warn(f"{path}: {plural(len(raw) - len(rows), 'word')} left out (invalid UTF-8)")
    if len(set(words)) < len(words):
        raise ValueError("a word is repeated")
    return np.array(rows, np.int64), words


def _model(
    words: list[str],
    kept_V: NDArray[np.int64],
    counts_V: NDArray[np.int64],
    matrix: NDArray[np.float32],
    first: int,
    rule: NgramRule,
) -> WordVectors:
    if not rule.maxn or not rule.bucket:
        return WordVectors(words, np.asarray(matrix[kept_V], np.float32), counts_V)
    starts, buckets = rule.buckets(words)
    if _EOS in words:
        row = words.index(_EOS)  # it has no n-grams
        buckets = np.delete(buckets, slice(starts[row], starts[row + 1]))
        starts[row + 1 :] -= starts[row + 1] - starts[row]
    ngrams = NgramVectors(rule, np.arange(rule.bucket), matrix[first:])
    return WordVectors(words, word_means(matrix, kept_V, starts, buckets + first), counts_V, ngrams)


def _dictionary(file: io.BufferedReader, size: int) -> tuple[list[bytes], list[int]]:
    """The entries: a word, a zero byte, its count (int64), and a byte that says whether it is a label."""
    words: list[bytes] = []
    counts: list[int] = []
    data, at = b"", 0
    while len(words) < size:
        end = data.find(b"\0", at)
        if end < 0 or end + 10 > len(data):
            piece = file.read(_DICTIONARY_PIECE)
            if not piece:
                raise ValueError(f"the file ends in the dictionary, after {len(words):,} of {size:,} entries")
            data, at = data[at:] + piece, 0
            continue
        words.append(data[at:end])
        counts.append(int.from_bytes(data[end + 1 : end + 9], "little", signed=True))
        at = end + 10
    file.seek(at - len(data), io.SEEK_CUR)
    return words, counts
