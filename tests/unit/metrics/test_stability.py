"""The overlap of neighbours: planted agreement, bands, intervals."""

from __future__ import annotations

import numpy as np
import pytest

from seqtool.errors import InputError
from seqtool.metrics import stability
from seqtool.metrics.bootstrap import mean_interval
from seqtool.metrics.stability import measure
from seqtool.vectors.word_vectors import WordVectors

DRAW = np.random.default_rng(5)


def random_vectors(count: int, dim: int = 20) -> WordVectors:
    return WordVectors([f"w{i}" for i in range(count)], DRAW.standard_normal((count, dim)).astype(np.float32))


def test_runs_that_are_turned_agree_wholly() -> None:
    one = random_vectors(300)
    turn = np.linalg.qr(DRAW.standard_normal((20, 20)))[0].astype(np.float32)
    found = measure([one, WordVectors(one.words, one.matrix @ turn * 3)])
    assert [(band.first, band.last, band.n, band.overlap) for band in found.bands] == [
        (1, 100, 100, 1),
        (101, 300, 200, 1),
        (1, 300, 300, 1),
    ]
    assert found.bands[0].low == found.bands[0].high == 1


def test_runs_without_anything_in_common_overlap_by_chance() -> None:
    found = measure([random_vectors(500) for _ in range(3)], k=10).bands[-1]
    assert found.overlap == pytest.approx(10 / 499, abs=0.005)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.overlap < found.high


def test_the_overlap_of_words_counted_by_hand() -> None:
    angles = np.radians([0, 10, 30, 100])
    one = WordVectors(list("abcd"), np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32))
    angles = np.radians([0, 10, 30, -20])
    other = WordVectors(list("abcd"), np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32))
    found = measure([one, other], k=2)
    # nearest of one: a bc, b ac, c ba, d cb; of the other: a bd, b ac, c ba, d ab
    assert {row[0]: row[2] for row in found.items()} == {"a": 0.5, "b": 1.0, "c": 1.0, "d": 0.5}
    assert found.to_json()[-1]["overlap"] == 0.75


def test_only_words_that_all_have_count() -> None:
    one = random_vectors(30)
    other = WordVectors([*one.words[10:][::-1], "more"], np.concatenate([one.matrix[10:][::-1], one.matrix[:1]]))
    found = measure([one, other], k=3)
    assert found.words == one.words[10:]
    assert found.overlaps_W.tolist() == [1.0] * 20
    with pytest.raises(InputError, match="0 words"):
        measure([one, WordVectors(["x", "y"], np.ones((2, 20), np.float32))])


def test_of_many_words_every_nth_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stability, "MOST_WORDS", 50)
    one = random_vectors(1000)
    found = measure([one, one])
    assert len(found.rows_W) == 50
    assert found.rows_W[[0, -1]].tolist() == [0, 999]


def test_the_interval_of_a_mean_is_that_of_the_normal_law() -> None:
    values = np.random.default_rng(1).normal(3, 2, 400)
    found = mean_interval(values, 1)
    assert found is not None
    half = 1.96 * values.std() / 20
    assert found == pytest.approx((values.mean() - half, values.mean() + half), abs=0.03)
    assert mean_interval(values[:1], 1) is None


def test_two_words_in_common_are_enough_and_one_is_not() -> None:
    one, other = (WordVectors([*words], np.eye(3, dtype=np.float32)) for words in ("abc", "bcd"))
    assert measure([one, other]).bands[-1].n == 2
    with pytest.raises(InputError, match="1 word "):
        measure([one, WordVectors([*"cde"], np.eye(3, dtype=np.float32))])
