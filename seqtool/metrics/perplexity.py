"""Perplexity, bits per character and byte, of any model that can score a text.

With N tokens (words and line ends) of natural-log probability log p_i the perplexity is exp(−Σ log p_i / N)
(Jelinek et al. 1977). So that tokenizers can be compared, the same log-probabilities in bits, plus the cost of spelling
each unknown token, are divided by the characters (bytes) of the text itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

LN2, LN10 = math.log(2.0), math.log(10.0)


class Ids(Protocol):
    """An array of ids, or what gives one for a slice (a memory-mapped corpus seen through a map)."""

    def __len__(self) -> int: ...

    def __getitem__(self, where: slice, /) -> np.ndarray: ...


class EncodedText(Protocol):
    """A text in a model's ids.

    Attributes:
        ids: integers (N,), ``<eos>`` at each line's end, 0 where the token is unknown.
        bounds: int64 (S + 1,): sentence s is ``ids[bounds[s]:bounds[s + 1]]``.
        lengths: uint32 (S, 2): characters and UTF-8 bytes of each line as defined for `corpus.encoding.encode`.
        spelling_bits: float64 (S,): bits that spell the unknown tokens of each line.
    """

    @property
    def ids(self) -> Ids:
        """The tokens."""

    @property
    def bounds(self) -> np.ndarray:
        """Where sentences begin."""

    @property
    def lengths(self) -> np.ndarray:
        """Characters and bytes."""

    @property
    def spelling_bits(self) -> np.ndarray:
        """The cost of unknown tokens."""


@dataclass(frozen=True)
class SentenceScores:
    """Per-sentence results, each of shape (S,): log10 probability, the same without OOV, tokens, OOV."""

    log10: np.ndarray
    log10_known: np.ndarray
    tokens: np.ndarray
    oov: np.ndarray


@dataclass(frozen=True)
class Perplexity:
    """The result over a whole text.

    What SRILM calls ppl is ``perplexity_without_oov``; its ``ppl1`` divides by the known words without line ends.
    """

    perplexity: float
    tokens: int
    oov: int
    perplexity_without_oov: float
    ppl1: float
    bits_per_character: float
    bits_per_byte: float
    context: str
    sentences: SentenceScores = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """The machine-readable answer, without the sentences."""
        return {
            "perplexity": _or_none(self.perplexity),
            "tokens": self.tokens,
            "oov": self.oov,
            "perplexity_without_oov": _or_none(self.perplexity_without_oov),
            "ppl1": _or_none(self.ppl1),
            "bits_per_character": _or_none(self.bits_per_character),
            "bits_per_byte": _or_none(self.bits_per_byte),
            "context": self.context,
        }


def measure(text: EncodedText, log_probs: Iterable[np.ndarray], context: str, unk_id: int = 0) -> Perplexity:
    """Perplexity of a text from its tokens' natural-log probabilities, given in order, in pieces of any length."""
    sentences = sentence_scores(text, log_probs, unk_id)
    tokens, oov = int(sentences.tokens.sum()), int(sentences.oov.sum())
    nats = -float(sentences.log10.sum()) * LN10
    nats_known = -float(sentences.log10_known.sum()) * LN10
    bits = nats / LN2 + float(text.spelling_bits.sum())
    characters, bytes_ = (int(n) for n in text.lengths.sum(0, dtype=np.int64))
    return Perplexity(
        perplexity=_exp_mean(nats, tokens),
        tokens=tokens,
        oov=oov,
        perplexity_without_oov=_exp_mean(nats_known, tokens - oov),
        ppl1=_exp_mean(nats_known, tokens - oov - (len(text.bounds) - 1)),
        bits_per_character=bits / characters if characters else math.nan,
        bits_per_byte=bits / bytes_ if bytes_ else math.nan,
        context=context,
        sentences=sentences,
    )


def sentence_scores(text: EncodedText, log_probs: Iterable[np.ndarray], unk_id: int = 0) -> SentenceScores:
    """Sum the tokens' log-probabilities by sentence, in float64."""
    sums = np.zeros(len(text.bounds) - 1)
    known = np.zeros(len(text.bounds) - 1)
    oov = np.zeros(len(text.bounds) - 1, np.int64)
    start = 0
    for piece in log_probs:
        if not len(piece):
            continue
        stop = start + len(piece)
        first = int(np.searchsorted(text.bounds, start, side="right")) - 1
        last = int(np.searchsorted(text.bounds, stop))
        lengths = np.diff(np.clip(text.bounds[first : last + 1], start, stop))
        owners = np.repeat(np.arange(len(lengths)), lengths)
        unknown = np.asarray(text.ids[start:stop]) == unk_id
        log10 = piece.astype(np.float64) / LN10
        # What a cut sentence has already goes first: so pieces of any length give the same sums, to the last bit.
        begun = np.append(0, owners)
        sums[first:last] = np.bincount(begun, np.append(sums[first], log10), len(lengths))
        known[first:last] = np.bincount(begun, np.append(known[first], np.where(unknown, 0.0, log10)), len(lengths))
        oov[first:last] += np.bincount(owners[unknown], minlength=len(lengths))
        start = stop
    if start != len(text.ids):
        raise ValueError(f"{start} log-probabilities for {len(text.ids)} tokens")
    return SentenceScores(sums, known, np.diff(text.bounds), oov)


def _or_none(value: float) -> float | None:
    """JSON has no word for a number that is not finite."""
    return value if math.isfinite(value) else None


def _exp_mean(nats: float, tokens: int) -> float:
    if not tokens:
        return math.nan
    mean = nats / tokens
    return math.exp(mean) if mean < 700 else math.inf


ITEM_COLUMNS = (
    "sentence",
    "log10_probability",
    "log10_probability_without_oov",
    "tokens",
    "oov",
    "characters",
    "bytes",
    "spelling_bits",
)


class SentenceItems(Sequence[tuple[float | int, ...]]):
    """A row of `ITEM_COLUMNS` per sentence, made when it is read, so that two evaluations can be paired."""

    def __init__(self, text: EncodedText, scores: SentenceScores) -> None:
        self._lengths_S2, self._spelling_bits_S = text.lengths, text.spelling_bits
        self._scores = scores

    def __len__(self) -> int:
        return len(self._scores.tokens)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[s] for s in range(*at.indices(len(self)))]
        s = range(len(self))[at]
        scores = self._scores
        log10, known = round(float(scores.log10[s]), 6), round(float(scores.log10_known[s]), 6)
        characters, bytes_ = (int(n) for n in self._lengths_S2[s])
        bits = round(float(self._spelling_bits_S[s]), 4)
        return s + 1, log10, known, int(scores.tokens[s]), int(scores.oov[s]), characters, bytes_, bits
