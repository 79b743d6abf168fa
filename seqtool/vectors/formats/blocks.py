"""What reading a file of vectors gives: blocks of words and rows, checked and joined.

Shapes: n words of a block, V of the file, D dimensions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqtool.errors import InputError, plural
from seqtool.progress import warn

MOST_DIM = 1 << 20
_NEW_FILE = "download or recreate it"


@dataclass(frozen=True)
class VectorBlock:
    """Consecutive entries of a file.

    Attributes:
        words: the n words; None where one is left out.
        matrix: float32 (n, D).
        places: where each entry is, for messages: line numbers, or numbers of words.
        unit: ``line`` or ``word``.
    """

    words: list[str | None]
    matrix: NDArray[np.float32]
    places: Sequence[int]
    unit: str


@dataclass(frozen=True)
class Header:
    """The first line of a word2vec file: how many words, how many numbers each."""

    count: int
    dim: int


def parse_header(name: str, line: bytes) -> Header | None:
    """The header in a first line, None where that is no header: two whole numbers.

    Raises:
        InputError: a header of no words, no numbers, or more numbers than any vector has.
    """
    fields = line.split()
    if len(fields) != 2 or not all(field.isdigit() for field in fields):
        return None
    if max(map(len, fields)) > 18 or not 1 <= int(fields[1]) <= MOST_DIM:
        raise InputError(
            f"{name}: line 1: expected a number of words and a dimension from 1 to {MOST_DIM:,}, found {_shown(line)}",
            "correct the first line, or " + _NEW_FILE,
        )
    if int(fields[0]) == 0:
        raise InputError(f"{name}: line 1: the header gives 0 words", _NEW_FILE)
    return Header(int(fields[0]), int(fields[1]))


def _shown(data: bytes, most: int = 60) -> str:
    text = data.decode("utf-8", "replace").strip()
    return repr(text if len(text) <= most else text[:most] + "…")


def decode_word(name: str, where: str, word: bytes, errors: str, counts: Counter[str]) -> str | None:
    """A word, None where it is left out.

    Raises:
        InputError: bytes that are not UTF-8, under ``strict``.
    """
    try:
        return word.decode()
    except UnicodeDecodeError as error:
        if errors == "skip":
            counts["left out (invalid UTF-8)"] += 1
            return None
        if errors == "replace":
            counts["changed (invalid UTF-8 replaced by U+FFFD)"] += 1
            return word.decode("utf-8", "replace")
        byte = word[error.start]
        raise InputError(
            f"{name}, {where}: 0x{byte:02x} in {_shown(word)} is not valid UTF-8",
            "use --errors replace or --errors skip (or convert the file first)",
        ) from None


def refuse_infinite(name: str, block: VectorBlock) -> None:
    """Raises:
    InputError: a number of the block is nan or infinity.
    """
    wrong = np.flatnonzero(~np.isfinite(block.matrix).all(axis=1))
    if len(wrong):
        place, word = block.places[wrong[0]], block.words[wrong[0]]
        value = block.matrix[wrong[0]][~np.isfinite(block.matrix[wrong[0]])][0]
        raise InputError(
            f"{name}, {block.unit} {place}: the vector of {word!r} contains {value}",
            f"remove the {block.unit}, or recreate the vectors",
        )


def joined(
    name: str, blocks: Iterator[VectorBlock], limit: int | None, errors: str, counts: Counter[str]
) -> tuple[list[str], NDArray[np.float32]]:
    """The words and float32 (V, D) of all blocks, or of the first ``limit`` words.

    Raises:
        InputError: a word is repeated (unless ``errors`` is ``skip``), or there are none.
    """
    ids: dict[str, int] = {}
    matrix = np.empty((0, 0), np.float32)
    filled = 0
    for block in blocks:
        refuse_infinite(name, block)
        rows = _kept(name, block, ids, errors, counts)
        if not len(rows):
            continue
        if len(ids) > len(matrix):  # grown in place: the file's vectors are never in memory twice
            matrix.resize((max(len(ids), len(matrix) * 5 // 4), rows.shape[1]), refcheck=False)
        matrix[filled : len(ids)] = rows
        filled = len(ids)
        if limit is not None and filled >= limit:
            break
    if not ids:
        raise InputError(f"{name} contains no words", _NEW_FILE)
    for what, number in counts.items():
        warn(f"{name}: {plural(number, 'word')} {what}")
    words = list(ids)[:limit]
    matrix.resize((len(words), matrix.shape[1]), refcheck=False)
    return words, matrix


def _kept(name: str, block: VectorBlock, ids: dict[str, int], errors: str, counts: Counter[str]) -> NDArray[np.float32]:
    """The rows of a block's new words, which are added to ``ids``."""
    before = len(ids)
    if None not in block.words:
        words = [word for word in block.words if word is not None]
        if len(set(words)) == len(words) and ids.keys().isdisjoint(words):
            ids.update(zip(words, range(before, before + len(words)), strict=True))
            return block.matrix
    rows = []
    for row, word in enumerate(block.words):
        if word is None:
            continue
        if word in ids:
            if errors != "skip":
                raise InputError(
                    f"{name}, {block.unit} {block.places[row]}: the word {word!r} is repeated",
                    f"remove the {block.unit}, or use --errors skip to keep the first",
                )
            counts["left out (repeated)"] += 1
            continue
        ids[word] = len(ids)
        rows.append(row)
    return block.matrix[rows]
