"""Training the unigram language model of subwords (Kudo 2018) by expectation-maximisation, as SentencePiece does.

Words count as often as they occur, and the result is the same every time: the trainer of ``tokenizers`` is not used
because it sums in the order of a hash map, which differs from process to process.

    seeds    the substrings of words with the highest count x length
    EM       expected counts of the pieces over all segmentations; log p = digamma(count) - digamma(total)
    pruning  the pieces whose loss (count x what their best other segmentation costs more) is least; repeated

Shapes: N characters of all words, W words, P pieces, E edges: every occurrence of a piece, sorted by position.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.jit import kernel

LONGEST_PIECE = 16

_SEEDS_PER_PIECE = 10
_KEPT_PER_ROUND = 0.75
_EM_STEPS = 2
_LEAST_COUNT = 0.5
_DENSE = 8  # a table of so many entries a key is faster than sorting
_FALLBACK_PENALTY = 10.0  # how much less likely than any piece a character spelled in bytes is, in nats


@dataclass(frozen=True)
class _Lattice:
    """The segmentations of W words.

    Attributes:
        starts: int64 (W + 1,), where each word begins among the N characters.
        counts: float64 (W,).
        firsts: int64 (P,), a position where each piece occurs.
        sizes: int64 (P,), its characters.
        required: bool (P,), pieces that are never pruned (single ASCII characters).
        edges: int64 (N + 1,): the edges that begin at each position.
        pieces: int64 (E,), the piece of each edge.
    """

    starts: NDArray[np.int64]
    counts: NDArray[np.float64]
    firsts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    required: NDArray[np.bool_]
    edges: NDArray[np.int64]
    pieces: NDArray[np.int64]

    def kept(self, keep: NDArray[np.bool_]) -> _Lattice:
        """The lattice of fewer pieces."""
        edge_kept = keep[self.pieces]
        before = np.concatenate([[0], np.cumsum(edge_kept)])
        pieces = (np.cumsum(keep) - 1)[self.pieces[edge_kept]]
        columns = self.firsts[keep], self.sizes[keep], self.required[keep]
        return _Lattice(self.starts, self.counts, *columns, before[self.edges], pieces)


def train_unigram(words: list[str], counts: NDArray[np.int64], size: int) -> list[tuple[str, float]]:
    """Pieces and their natural log probabilities, most likely first.

    Args:
        words: distinct; pieces lie within a word.
        counts: int64 (W,), how often each occurs.
        size: how many pieces, beside the non-ASCII bytes that the caller adds.

    Returns:
        At most ``size`` pieces, single ASCII characters of the words always among them.
    """
    if not words:
        return []
    order = sorted(range(len(words)), key=words.__getitem__)
    text = "".join(words[index] for index in order)
    characters = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    lengths = np.fromiter((len(words[index]) for index in order), np.int64, len(order))
    lattice, scores = _seeds(characters, lengths, counts[order].astype(np.float64), _SEEDS_PER_PIECE * size)
    while True:
        for _ in range(_EM_STEPS):
            expected = _expected(lattice, scores)
            alive = (expected >= _LEAST_COUNT) | lattice.required
            lattice, expected = lattice.kept(alive), expected[alive]
            scores = _log_probabilities(expected)
        if len(scores) <= size:
            break
        loss = expected * (scores - _alternatives(lattice, scores))
        loss[lattice.required] = np.inf
        keep = np.zeros(len(scores), bool)
        keep[np.argsort(-loss, kind="stable")[: max(size, int(_KEPT_PER_ROUND * len(scores)))]] = True
        lattice, scores = lattice.kept(keep), scores[keep]
    best = np.argsort(-scores, kind="stable").tolist()
    spans = [(int(lattice.firsts[piece]), int(lattice.sizes[piece])) for piece in best]
    return [(text[first : first + n], float(scores[piece])) for piece, (first, n) in zip(best, spans, strict=True)]


def _seeds(
    characters: NDArray[np.uint32], lengths: NDArray[np.int64], counts: NDArray[np.float64], limit: int
) -> tuple[_Lattice, NDArray[np.float64]]:
    """The lattice of all characters and the ``limit`` best longer substrings, and first scores.

    Substrings of n characters are numbered by pairs: that of their first n - 1, and their last.
    """
    starts = np.concatenate([[0], np.cumsum(lengths)])
    weights = np.repeat(counts, lengths)
    room = np.repeat(starts[1:], lengths) - np.arange(len(characters))
    alphabet, symbols = np.unique(characters, return_inverse=True)
    positions, numbers = np.arange(len(characters)), symbols.astype(np.int64)
    levels, total = [], 0
    for size in range(1, LONGEST_PIECE + 1):
        if size > 1:
            fits = room[positions] >= size
            positions = positions[fits]
            keys = numbers[fits] * len(alphabet) + symbols[positions + size - 1]
            numbers = _ranks(keys, (int(numbers.max(initial=0)) + 1) * len(alphabet))
        frequencies = np.bincount(numbers, weights[positions])
        frequent = frequencies >= 2 if size > 1 else np.ones(len(frequencies), bool)
        kept = frequent[numbers]
        positions, numbers = positions[kept], (np.cumsum(frequent) - 1)[numbers[kept]]
        firsts = np.empty(int(frequent.sum()), np.int64)
        firsts[numbers[::-1]] = np.arange(len(numbers))[::-1]  # of equal numbers the first one is written last
        sizes = np.full(len(firsts), size, np.int64)
        levels.append((positions, numbers + total, positions[firsts], sizes, frequencies[frequent]))
        total += len(firsts)
    edge_positions, pieces, first_positions, sizes, frequencies = map(np.concatenate, zip(*levels, strict=True))
    order = np.argsort(edge_positions, kind="stable")
    edges = np.searchsorted(edge_positions[order], np.arange(len(characters) + 1))
    required = (sizes == 1) & (characters[first_positions] < 0x80)
    lattice = _Lattice(starts, counts, first_positions, sizes, required, edges, pieces[order])
    worth = np.where(sizes == 1, np.inf, frequencies * sizes)
    keep = np.zeros(total, bool)
    keep[np.argsort(-worth, kind="stable")[: max(limit, len(alphabet))]] = True
    return lattice.kept(keep), np.log(frequencies[keep] / frequencies[keep].sum())


def _ranks(keys: NDArray[np.int64], limit: int) -> NDArray[np.int64]:
    """Keys below ``limit``, numbered by their order among the distinct ones."""
    if limit > _DENSE * len(keys):
        return np.unique(keys, return_inverse=True)[1]
    present = np.zeros(limit, bool)
    present[keys] = True
    return (np.cumsum(present) - 1)[keys]


def _log_probabilities(expected: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import digamma

    counts = np.maximum(expected, _LEAST_COUNT)
    return np.asarray(digamma(counts) - digamma(counts.sum()), np.float64)


def _expected(lattice: _Lattice, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    columns = lattice.sizes, lattice.edges, lattice.pieces
    return _forward_backward(lattice.starts, lattice.counts, *columns, scores, _fallback(scores))


def _alternatives(lattice: _Lattice, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    columns = lattice.sizes, lattice.edges, lattice.pieces
    return _best_alternatives(lattice.firsts, *columns, scores, _fallback(scores))


def _fallback(scores: NDArray[np.float64]) -> float:
    return float(scores.min()) - _FALLBACK_PENALTY


@kernel
def _log_add(a: float, b: float) -> float:
    if a < b:
        a, b = b, a
    return a + np.log1p(np.exp(b - a)) if b > -np.inf else a


@kernel
def _forward_backward(
    starts: Any, counts: Any, sizes: Any, edges: Any, pieces: Any, scores: Any, fallback: float
) -> NDArray[np.float64]:
    """Expected counts of the pieces: float64 (P,)."""
    expected = np.zeros(sizes.size)
    longest = (starts[1:] - starts[:-1]).max()
    ahead, behind = np.empty(longest + 1), np.empty(longest + 1)
    for word in range(counts.size):
        begin, length = starts[word], starts[word + 1] - starts[word]
        ahead[: length + 1] = -np.inf
        behind[: length + 1] = -np.inf
        ahead[0] = behind[length] = 0.0
        for at in range(length):
            single = False
            for edge in range(edges[begin + at], edges[begin + at + 1]):
                size = sizes[pieces[edge]]
                single |= size == 1
                ahead[at + size] = _log_add(ahead[at + size], ahead[at] + scores[pieces[edge]])
            if not single:
                ahead[at + 1] = _log_add(ahead[at + 1], ahead[at] + fallback)
        for at in range(length - 1, -1, -1):
            single = False
            for edge in range(edges[begin + at], edges[begin + at + 1]):
                piece = pieces[edge]
                size = sizes[piece]
                single |= size == 1
                rest = scores[piece] + behind[at + size]
                behind[at] = _log_add(behind[at], rest)
                expected[piece] += counts[word] * np.exp(ahead[at] + rest - ahead[length])
            if not single:
                behind[at] = _log_add(behind[at], fallback + behind[at + 1])
    return expected


@kernel
def _best_alternatives(
    firsts: Any, sizes: Any, edges: Any, pieces: Any, scores: Any, fallback: float
) -> NDArray[np.float64]:
    """The log probability of each piece's best segmentation into others: float64 (P,)."""
    result = np.empty(sizes.size)
    best = np.empty(LONGEST_PIECE + 1)
    for piece in range(sizes.size):
        length = sizes[piece]
        best[:] = -np.inf
        best[0] = 0.0
        for at in range(length):
            single = False
            for edge in range(edges[firsts[piece] + at], edges[firsts[piece] + at + 1]):
                other = pieces[edge]
                after = at + sizes[other]
                if after <= length and other != piece:
                    single |= sizes[other] == 1
                    best[after] = max(best[after], best[at] + scores[other])
            if not single:
                best[at + 1] = max(best[at + 1], best[at] + fallback)
        result[piece] = best[length]
    return result
