"""Perplexity by hand."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqtool.metrics.perplexity import SentenceItems, measure


@dataclass
class Text:
    ids: np.ndarray
    bounds: np.ndarray
    lengths: np.ndarray = field(default_factory=lambda: np.zeros((1, 2), np.uint32))
    spelling_bits: np.ndarray = field(default_factory=lambda: np.zeros(1))


def text(ids: list[int], bounds: list[int], characters: int = 0, bits: float = 0.0) -> Text:
    sentences = len(bounds) - 1
    lengths = np.zeros((sentences, 2), np.uint32)
    lengths[0] = characters, 2 * characters
    spelling = np.zeros(sentences)
    spelling[-1] = bits
    return Text(np.array(ids), np.array(bounds), lengths, spelling)


def logs(*probabilities: float) -> np.ndarray:
    return np.log(np.array(probabilities)).astype(np.float32)


def test_the_textbooks_examples() -> None:
    """ "Deep Learning from Scratch 2", section 5.5.1: a probability of 0.8 is a perplexity of 1.25, of 0.2 one of 5."""
    assert measure(text([2], [0, 1]), [logs(0.8)], "stream").perplexity == pytest.approx(1.25)
    assert measure(text([2], [0, 1]), [logs(0.2)], "stream").perplexity == pytest.approx(5)
    assert measure(text([2] * 7, [0, 7]), [logs(*[0.2] * 7)], "stream").perplexity == pytest.approx(5)


def test_sums_per_sentence_are_log10() -> None:
    result = measure(text([2, 1, 3, 1, 1], [0, 2, 4, 5]), [logs(0.1, 0.01, 0.5, 0.2, 1.0)], "sentence")
    assert result.sentences.log10.tolist() == pytest.approx([-3, -1, 0], abs=1e-6)
    assert result.sentences.tokens.tolist() == [2, 2, 1]
    assert result.perplexity == pytest.approx(10 ** (4 / 5), rel=1e-6)


def test_oov_is_counted_and_left_out_of_the_other_perplexity() -> None:
    result = measure(text([2, 0, 0, 1], [0, 4]), [logs(0.5, 0.001, 0.001, 0.5)], "stream")
    assert (result.oov, result.tokens) == (2, 4)
    assert result.perplexity_without_oov == pytest.approx(2)
    assert result.perplexity == pytest.approx((1 / (0.25 * 1e-6)) ** 0.25, rel=1e-5)


def test_bits_per_character_charge_the_spelling_of_unknown_words() -> None:
    result = measure(text([0, 1], [0, 2], characters=10, bits=30), [logs(2**-6, 2**-4)], "stream")
    assert result.bits_per_character == pytest.approx((10 + 30) / 10)
    assert result.bits_per_byte == pytest.approx((10 + 30) / 20)


def test_of_nothing_there_is_no_perplexity() -> None:
    empty = Text(np.zeros(0, int), np.zeros(1, int), np.zeros((0, 2), np.uint32), np.zeros(0))
    result = measure(empty, [], "stream")
    assert math.isnan(result.perplexity)
    assert math.isnan(result.bits_per_character)
    assert math.isnan(measure(text([0], [0, 1]), [logs(0.5)], "stream").perplexity_without_oov)


def test_an_impossible_text_has_infinite_perplexity() -> None:
    assert measure(text([2], [0, 1]), [np.array([-1e9], np.float32)], "stream").perplexity == math.inf
    assert measure(text([2], [0, 1]), [np.array([-np.inf], np.float32)], "stream").perplexity == math.inf


def test_too_few_or_many_scores_are_a_programming_error() -> None:
    for wrong in (logs(0.5), logs(0.5, 0.5, 0.5)):
        with pytest.raises((ValueError, IndexError)):
            measure(text([2, 1], [0, 2]), [wrong], "stream")


@given(st.data(), st.lists(st.integers(1, 6), min_size=1, max_size=8))
def test_the_pieces_the_scores_come_in_do_not_matter(data: st.DataObject, lengths: list[int]) -> None:
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    count = int(bounds[-1])
    scores = np.array(data.draw(st.lists(st.floats(-9, 0, width=32), min_size=count, max_size=count)), np.float32)
    ids = np.array(data.draw(st.lists(st.integers(0, 4), min_size=count, max_size=count)))
    cuts = sorted(data.draw(st.lists(st.integers(0, count), max_size=5)))
    subject = Text(ids, bounds, np.ones((len(lengths), 2), np.uint32), np.zeros(len(lengths)))
    whole = measure(subject, [scores], "stream")
    pieces = measure(subject, np.split(scores, cuts), "stream")
    assert pieces.to_json() == whole.to_json()
    by_hand = [scores[a:b].astype(float).sum() / math.log(10) for a, b in itertools.pairwise(bounds)]
    assert whole.sentences.log10.tolist() == pytest.approx(by_hand, abs=1e-9)
    assert whole.oov == (ids == 0).sum()


def test_items_pair_sentences() -> None:
    subject = text([2, 1, 0, 1], [0, 2, 4], characters=5, bits=7.5)
    rows = list(SentenceItems(subject, measure(subject, [logs(0.1, 0.1, 0.1, 0.1)], "stream").sentences))
    assert rows == [(1, -2.0, -2.0, 2, 0, 5, 10, 0.0), (2, -2.0, -1.0, 2, 1, 0, 0, 7.5)]
