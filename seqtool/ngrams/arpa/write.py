"""Writing ARPA, the text format of n-gram models that KenLM and SRILM read.

A line an n-gram: log10 P, the words, and log10 β of those that can be longer; no order among the lines is required. The
beginning of a sentence is ``<s>``, whose own probability is written −99, as is every −infinity.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool import progress
from seqtool.compute.jit import kernel
from seqtool.compute.threads import ordered
from seqtool.corpus.vocabulary import EOS
from seqtool.errors import InputError
from seqtool.ngrams.counting.count import FIRST, Nodes, signed
from seqtool.ngrams.counting.text import labels_of_ids
from seqtool.ngrams.trie import LOG_BACKOFF, LOG_PROB, Trie

BEGIN, END = "<s>", "</s>"
_LINES = 1 << 17
_NUMBER_BYTES = 16
_RESERVED = {BEGIN, END}


@dataclass(frozen=True)
class _Words:
    """The spelling of every label, one after the other; after the last that of ``</s>``."""

    bytes: NDArray[np.uint8]
    bounds: NDArray[np.int64]
    end: int

    @classmethod
    def of(cls, tokens: Sequence[str]) -> _Words:
        labels = labels_of_ids(len(tokens))
        spelled = [b""] * len(tokens) + [END.encode()]
        for label, token in zip(labels.tolist(), tokens, strict=True):
            spelled[label] = token.encode("utf-8", "surrogateescape")
        spelled[labels[EOS]] = BEGIN.encode()
        bounds = np.concatenate([[0], np.cumsum(np.fromiter(map(len, spelled), np.int64, len(spelled)))])
        return cls(np.frombuffer(b"".join(spelled), np.uint8), bounds, int(labels[EOS]))


def write_arpa(trie: Trie, tokens: Sequence[str], path: Path, threads: int, compressed: bool) -> None:
    """Write a model as ARPA text, as gzip (without a date, so always the same bytes) where it is ``compressed``.

    Raises:
        InputError: a token that ARPA cannot hold.
    """
    import gzip

    for token in tokens:
        if token in _RESERVED or token.split() != [token]:
            raise InputError(f"ARPA cannot hold the token {token!r}", "train on text without it")
    with (
        path.open("wb") as plain,
        gzip.GzipFile("", "wb", 6, plain, mtime=0) if compressed else nullcontext(plain) as file,
    ):
        for piece in arpa_pieces(trie, tokens, threads):
            file.write(piece)


def arpa_pieces(trie: Trie, tokens: Sequence[str], threads: int) -> Iterator[bytes]:
    """The text in pieces."""
    words, sizes = _Words.of(tokens), trie.sizes
    heads = [f"ngram {n}={size + (n == 1)}\n" for n, size in enumerate(sizes, 1)]
    yield ("\\data\\\n" + "".join(heads)).encode()
    with progress.stage("write ARPA", "n-grams", sum(sizes)) as stage:
        for n, size in enumerate(sizes, 1):
            yield f"\n\\{n}-grams:\n".encode()
            if n == 1:
                yield _begin(trie, words.end)
            for piece in ordered(partial(_lines, trie, words, n), range(0, size, _LINES), threads):
                yield piece
                stage.advance(min(_LINES, size))
    yield b"\n\\end\\\n"


def _begin(trie: Trie, end: int) -> bytes:
    """The line of ``<s>``, whose back-off stands with the line end."""
    backoff = "" if trie.order == 1 else f"\t{max(-99.0, float(trie.orders[0].view(np.float32)[end, LOG_BACKOFF])):.7f}"
    return f"-99\t{BEGIN}{backoff}\n".encode()


def _lines(trie: Trie, words: _Words, n: int, first: int) -> bytes:
    """The lines of `_LINES` n-grams from the ``first`` on."""
    nodes = trie.orders[n - 1]
    last = min(first + _LINES, trie.sizes[n - 1])
    labels_PN, at = np.empty((last - first, n), np.int64), np.arange(first, last)
    for column in range(n):  # the last word of an n-gram stands next to the root
        labels_PN[:, column] = trie.orders[n - 1 - column][at, 0]
        if column < n - 1:
            at = repeat_parents(trie.orders[n - 2 - column], at)
    labels_PN[labels_PN[:, -1] == words.end, -1] = len(words.bounds) - 2  # </s>
    numbers = nodes[first:last].view(np.float32)
    longest = n == trie.order
    log10 = np.maximum(numbers[:, 1 if longest else LOG_PROB], np.float32(-99))
    backoffs = log10 if longest else np.maximum(numbers[:, LOG_BACKOFF], np.float32(-99))
    if n == 1 and not longest:  # </s> is no history: the back-off there is that of <s>
        backoffs = np.where(labels_PN[:, 0] == len(words.bounds) - 2, np.float32(0), backoffs)
    lengths = np.diff(words.bounds)
    room = int(lengths[labels_PN].sum()) + len(log10) * (n + 2 + 2 * _NUMBER_BYTES)
    text = np.empty(room, np.uint8)
    size = format_lines(labels_PN, words.bytes, words.bounds, log10, backoffs, not longest, text)
    return text[:size].tobytes()


@kernel
def repeat_parents(parents: Nodes, children: NDArray[np.int64]) -> NDArray[np.int64]:
    """The parents of nodes whose numbers do not fall."""
    low, high = 0, len(parents) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if signed(parents[middle, FIRST]) <= children[0]:
            low = middle
        else:
            high = middle
    found = np.empty(len(children), np.int64)
    for i in range(len(children)):
        while signed(parents[low + 1, FIRST]) <= children[i]:
            low += 1
        found[i] = low
    return found


@kernel
def _put(text: NDArray[np.uint8], size: int, byte: int) -> int:
    text[size] = byte
    return size + 1


@kernel
def _put_number(text: NDArray[np.uint8], size: int, value: float) -> int:
    """Write a number of two digits at most and seven decimals, without the zeros at its end."""
    scaled = signed(abs(value) * 1e7 + 0.5)
    if value < 0 and scaled > 0:
        size = _put(text, size, 45)
    whole = scaled // 10_000_000
    if whole >= 10:
        size = _put(text, size, 48 + whole // 10 % 10)
    size = _put(text, size, 48 + whole % 10)
    rest, digit = scaled - whole * 10_000_000, 1_000_000
    if rest > 0:
        size = _put(text, size, 46)
    while rest > 0:
        size = _put(text, size, 48 + rest // digit)
        rest %= digit
        digit //= 10
    return size


@kernel
def format_lines(
    labels_PN: NDArray[np.int64],
    spelled: NDArray[np.uint8],
    bounds: NDArray[np.int64],
    log10: NDArray[Any],
    backoffs: NDArray[Any],
    with_backoff: bool,
    text: NDArray[np.uint8],
) -> int:
    """Write lines into ``text``, numbers with seven decimals; how many bytes they take."""
    size = 0
    for i in range(len(labels_PN)):
        size = _put_number(text, size, np.float64(log10[i]))
        for column in range(labels_PN.shape[1]):
            size = _put(text, size, 32 if column > 0 else 9)
            label = labels_PN[i, column]
            for at in range(bounds[label], bounds[label + 1]):
                size = _put(text, size, spelled[at])
        if with_backoff:
            size = _put(text, size, 9)
            size = _put_number(text, size, np.float64(backoffs[i]))
        size = _put(text, size, 10)
    return size
