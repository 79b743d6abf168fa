"""Word similarity: how far a scorer's order of word pairs agrees with people's (Rubenstein and Goodenough 1965).

A pair with a word that the scorer does not know is counted and left out; it is never scored 0. Intervals are of the
bootstrap over pairs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.escapes import escaped
from seqtool.errors import plural
from seqtool.metrics.bootstrap import Interval, correlation_intervals
from seqtool.metrics.pairs import Pairs

FEWEST_PAIRS = 3
ITEM_COLUMNS = ("data", "word1", "word2", "gold", "score")


class SimilarityScorer(Protocol):
    """What can say how similar two words are: word vectors, a thesaurus."""

    def pair_scores(self, pairs: Sequence[tuple[str, str]], fold_case: bool, spell: bool) -> NDArray[np.float64]:
        """A score for each pair; nan where a word is unknown, and not spelled with n-grams either."""
        ...


@dataclass(frozen=True)
class Correlation:
    """A correlation and its 95 % interval; ``None`` where it is not defined."""

    value: float | None = None
    interval: Interval | None = None


@dataclass(frozen=True)
class SimilarityResult:
    """How a scorer agrees with a file of pairs.

    Attributes:
        scores: float64 (N,), nan where the pair was left out.
        oov: how many pairs were left out.
        undefined: why there is no correlation, where there is none.
    """

    pairs: Pairs
    scores: NDArray[np.float64] = field(repr=False)
    oov: int
    spearman: Correlation
    pearson: Correlation
    resamples: int
    undefined: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The machine-readable answer, without the pairs."""
        record: dict[str, Any] = {"n": len(self.scores), "oov": self.oov}
        for name, correlation in (("spearman", self.spearman), ("pearson", self.pearson)):
            low, high = correlation.interval or (None, None)
            record |= {name: correlation.value, f"{name}_low": low, f"{name}_high": high}
        record |= {"resamples": self.resamples, "undefined": self.undefined}
        return record | {"columns": list(self.pairs.columns)}


def measure(
    scorer: SimilarityScorer,
    pairs: Pairs,
    resamples: int = 1000,
    seed: int = 1,
    case_sensitive: bool = False,
    spell: bool = False,
) -> SimilarityResult:
    """Score the pairs and correlate the scores with what people said.

    Args:
        scorer: word vectors or a thesaurus.
        pairs: from `pairs.read_pairs`.
        resamples: of the bootstrap; with 0 there are no intervals.
        seed: of the resamples.
        case_sensitive: otherwise the most frequent spelling of a word stands for all of them.
        spell: unknown words have the vectors that their n-grams give them.
    """
    tagged = pairs.untagged is not None  # words with their tags are looked up as they are, but never spelled
    scores = np.asarray(scorer.pair_scores(pairs.pairs, not case_sensitive, spell and not tagged), np.float64)
    if pairs.untagged is not None:
        plain = np.asarray(scorer.pair_scores(pairs.untagged, not case_sensitive, spell), np.float64)
        scores = np.where(np.isfinite(scores), scores, plain)
    if scores.shape != pairs.gold.shape:
        raise ValueError(f"{scores.shape} scores for {len(pairs.gold)} pairs")
    known = np.isfinite(scores)
    gold, found = pairs.gold[known], scores[known]
    undefined = _undefined(gold, found)
    spearman = pearson = Correlation()
    if undefined is None:
        spearman, pearson = correlations(gold, found, resamples, seed)
    oov = len(scores) - int(known.sum())
    return SimilarityResult(pairs, scores, oov, spearman, pearson, resamples, undefined)


def correlations(
    gold_N: NDArray[np.float64], scores_N: NDArray[np.float64], resamples: int, seed: int
) -> tuple[Correlation, Correlation]:
    """Spearman's and Pearson's correlation of two lists that both vary, with their intervals."""
    from scipy.stats import pearsonr, spearmanr

    of_ranks, of_values = correlation_intervals(gold_N, scores_N, resamples, seed)
    spearman = Correlation(float(spearmanr(gold_N, scores_N).statistic), of_ranks)
    return spearman, Correlation(float(pearsonr(gold_N, scores_N).statistic), of_values)


def _undefined(gold: NDArray[np.float64], scores: NDArray[np.float64]) -> str | None:
    if len(scores) < FEWEST_PAIRS:
        return f"{plural(len(scores), 'known pair')}, but a correlation needs {FEWEST_PAIRS}"
    if gold.min() == gold.max():
        return "all known pairs have the same gold score"
    return "all known pairs have the same computed score" if scores.min() == scores.max() else None


def items(result: SimilarityResult) -> Iterator[tuple[str | float, ...]]:
    """A row of `ITEM_COLUMNS` per pair, so that two evaluations can be paired; no score where a word is unknown."""
    scores = result.scores.tolist()
    for (first, second), gold, score in zip(result.pairs.pairs, result.pairs.gold.tolist(), scores, strict=True):
        shown = round(score, 6) if math.isfinite(score) else ""
        yield (*escaped([result.pairs.name, first, second]), gold, shown)
