"""A compact form of the trie on disk: rows of a few bits, probabilities and back-offs as codes.

The values of an order are put into 2^BITS bins of equally many and replaced by the means (Federico and Bertoldi
2006); certain back-offs (log10 β = 0) keep a code of their own, and so does −infinity. A row is one integer:

    below order N   uint64: label, first child, code of P, code of β, from the highest bit on
    of order N      uint32 or uint64: label, code of P

Single words keep their exact values, as in KenLM: all histories back off to them. What is packed is unpacked into
memory when the model is opened.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.read import Artifact
from seqtool.compute.arrays import save_array
from seqtool.errors import ArtifactError, UsageError
from seqtool.ngrams.counting.count import FIRST, WORD, Nodes
from seqtool.ngrams.trie import LOG_BACKOFF, LOG_PROB, order_file

_MOST_BITS = 64


def code_books_file(n: int) -> str:
    """The file of an order's code books."""
    return f"codes{n}.npy"


def quantize(folder: Path, order: int, bits: int) -> None:
    """Replace the arrays of a model by compact ones, single words excepted, and add the code books.

    Raises:
        UsageError: where a row would have more than 64 bits.
    """
    for n in range(2, order + 1):
        nodes = np.load(folder / order_file(n), mmap_mode="r")
        longest = n == order
        rows = len(nodes) if longest else len(nodes) - 1
        floats = nodes.view(np.float32)
        words = int(nodes[:rows, WORD].max(initial=0)).bit_length()
        children = 0 if longest else int(nodes[-1, FIRST]).bit_length()
        used = words + children + bits * (1 if longest else 2)
        if used > _MOST_BITS:
            message = f"--quantize {bits} needs {used} bits per {n}-gram, more than {_MOST_BITS}"
            raise UsageError(message, "use fewer bits, or leave out --quantize")
        columns = [1 if longest else LOG_PROB, *([] if longest else [LOG_BACKOFF])]
        books = np.stack([code_book(floats[:rows, column], bits) for column in columns])
        packed = nodes[:, WORD].astype(np.uint64)
        if not longest:
            packed = packed << np.uint64(children) | nodes[:, FIRST].astype(np.uint64)
        for book, column in zip(books, columns, strict=True):
            packed = packed << np.uint64(bits) | _codes(floats[:, column], book)
        save_array(folder / code_books_file(n), books)
        save_array(folder / order_file(n), packed.astype(np.uint32) if longest and used <= 32 else packed)


def code_book(values: NDArray[Any], bits: int) -> NDArray[np.float32]:
    """2^BITS values (float32), rising, by which those given are replaced: means of bins of equally many."""
    size = 1 << bits
    impossible, certain = np.isneginf(values), values == 0
    own = np.array([-np.inf] * bool(impossible.any()) + [0.0] * bool(certain.any()), np.float32)
    others = np.sort(values[~(impossible | certain)])
    bins = np.array_split(others, size - len(own)) if len(others) else []
    means = np.array([part.mean(dtype=np.float64) for part in bins if len(part)], np.float32)
    book = np.sort(np.concatenate([own, means]))
    return np.concatenate([book, np.full(size - len(book), book[-1] if len(book) else 0.0, np.float32)])


def _codes(values: NDArray[Any], book: NDArray[np.float32]) -> NDArray[np.uint64]:
    """The code of the nearest value of the book; −infinity, where it is in the book, has its own."""
    with np.errstate(invalid="ignore"):
        middles = (book[1:].astype(np.float64) + book[:-1]) / 2
    middles = np.where(np.isneginf(book[:-1]), np.finfo(np.float32).min, middles)
    return np.searchsorted(middles, values, side="right").astype(np.uint64)


def unpack(artifact: Artifact, n: int, order: int, bits: int) -> Nodes:
    """The array of an order as `trie` describes it.

    Raises:
        ArtifactError: where the files do not fit each other.
    """
    longest = n == order
    packed = artifact.array(order_file(n), ("uint32", "uint64") if longest else ("uint64",), 1)
    books = artifact.array(code_books_file(n), ("float32",), 2)
    if books.shape != (1 if longest else 2, 1 << bits) or (not longest and not len(packed)):
        raise ArtifactError(
            f"{artifact.path / code_books_file(n)} has the wrong shape {books.shape}", "train the model again"
        )
    children = 0
    if n < order:
        below = artifact.array(order_file(n + 1), ("uint32", "uint64"), 1)
        children = (len(below) - (n + 1 < order)).bit_length()
    nodes = np.zeros((len(packed), 2 if longest else 4), np.uint32)
    floats, rest = nodes.view(np.float32), np.asarray(packed, np.uint64)
    mask = np.uint64((1 << bits) - 1)
    if not longest:
        floats[:, LOG_BACKOFF] = books[1][rest & mask]
        rest = rest >> np.uint64(bits)
    floats[:, 1 if longest else LOG_PROB] = books[0][rest & mask]
    rest = rest >> np.uint64(bits)
    if not longest:
        nodes[:, FIRST] = rest & np.uint64((1 << children) - 1)
        rest = rest >> np.uint64(children)
    nodes[:, WORD] = rest
    return nodes
