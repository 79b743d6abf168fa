"""How far trainings that differ in their seed alone agree on a word's neighbors.

Of a word and two runs the overlap is the share of its nearest words that both runs have (Antoniak and Mimno 2018,
aclanthology.org/Q18-1008, with the share in place of the Jaccard index); of several runs it is the mean over all pairs.
Rare words have less of it, so it is told by rank. Intervals are of the bootstrap over words.

Shapes: W words asked, K neighbors, R runs.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.escapes import escaped
from seqtool.errors import InputError, plural
from seqtool.metrics.bootstrap import mean_interval
from seqtool.vectors.word_vectors import WordVectors

ITEM_COLUMNS = ("word", "rank", "overlap")
# Of a large vocabulary every n-th word is asked, so that a pair of runs is compared in seconds.
MOST_WORDS = 10_000
_BANDS = (1, 101, 1001, 10_001)
_BATCH = 1024


@dataclass(frozen=True)
class Band:
    """The words of some ranks.

    Attributes:
        first, last: ranks by falling frequency, from 1.
        n: words asked.
        overlap, low, high: the mean over the words, and its 95 % interval; None where there is one word only.
    """

    first: int
    last: int
    n: int
    overlap: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Stability:
    """What `measure` found; ``overlaps_W`` of the words in ``rows_W``."""

    words: list[str]
    rows_W: NDArray[np.int64]
    overlaps_W: NDArray[np.float64]
    bands: list[Band]

    def to_json(self) -> list[dict[str, Any]]:
        """The machine-readable answer: an object per band, all words last."""
        return [asdict(band) for band in self.bands]

    def items(self) -> Iterator[tuple[str | float, ...]]:
        """A row of `ITEM_COLUMNS` per word asked."""
        for row, overlap in zip(self.rows_W.tolist(), self.overlaps_W.tolist(), strict=True):
            yield (*escaped([self.words[row]]), row + 1, round(overlap, 6))


def measure(runs: Sequence[WordVectors], k: int = 10, seed: int = 1) -> Stability:
    """Compare runs on the words that all of them have.

    Args:
        runs: R >= 2 vectors, the most frequent word of the first one first.
        k: K, neighbors of each word.
        seed: of the resamples.

    Raises:
        InputError: they share fewer than two words.
    """
    others = [run.ids for run in runs[1:]]
    words = [word for word in runs[0].words if all(word in ids for ids in others)]
    if len(words) < 2:
        raise InputError(f"the vectors have {plural(len(words), 'word')} in common", "give vectors of the same text")
    rows_W = np.unique(np.linspace(0, len(words) - 1, min(len(words), MOST_WORDS)).astype(np.int64))
    found = [_neighbors(_of_words(run, words), rows_W, k) for run in runs]
    pairs = [_shared(one, other) for one, other in itertools.combinations(found, 2)]
    overlaps_W = np.mean(pairs, axis=0)
    starts = [first for first in _BANDS if first <= len(words)]
    bounds = [*zip(starts, [*(first - 1 for first in starts[1:]), len(words)], strict=True), (1, len(words))]
    return Stability(words, rows_W, overlaps_W, [_band(*bound, rows_W, overlaps_W, seed) for bound in bounds])


def _of_words(run: WordVectors, words: list[str]) -> WordVectors:
    return run if run.words == words else WordVectors(words, run.matrix[run.ids_of(words)])


def _neighbors(run: WordVectors, rows_W: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    parts = [rows_W[first : first + _BATCH] for first in range(0, len(rows_W), _BATCH)]
    most = min(k, len(run) - 1)
    return np.concatenate([run.neighbors(run.unit(part), most, part[:, None])[0] for part in parts])


def _shared(one_WK: NDArray[np.int64], other_WK: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray((one_WK[:, :, None] == other_WK[:, None, :]).any(axis=2).mean(axis=1))


def _band(first: int, last: int, rows_W: NDArray[np.int64], overlaps_W: NDArray[np.float64], seed: int) -> Band:
    own = overlaps_W[(rows_W >= first - 1) & (rows_W < last)]
    low, high = mean_interval(own, seed) or (None, None)
    return Band(first, last, len(own), float(own.mean()), low, high)
