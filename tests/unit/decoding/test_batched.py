"""Beam search and sampling of many sources over planted Markov models."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from seqtool.decoding.batched import BeamOptions, beam_search, sample

# Tokens: 0 <unk>, 1 <eos>, 2 a, 3 b, 4 c. After <eos>: a .6, b .4. Greedy takes a (then .34 each), the best is "b c".
PLANTED = np.array(
    [
        [0.0, 1.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.6, 0.4, 0.0],
        [0.0, 0.34, 0.33, 0.0, 0.33],
        [0.0, 0.05, 0.0, 0.0, 0.95],
        [0.0, 0.95, 0.05, 0.0, 0.0],
    ]
)


class Markovs:
    """A table of P(next | last) for each source; the state is what each row has read, so a wrong reorder would show."""

    eos_id = 1

    def __init__(self, *tables: np.ndarray, looks: float = 0.0) -> None:
        self.log = torch.from_numpy(np.stack(tables)).log()
        self.looks = looks

    def start(self, hypotheses: int) -> Any:
        self.count = hypotheses
        sources = torch.arange(len(self.log)).repeat_interleave(hypotheses)
        return sources, torch.zeros(len(sources), 0, dtype=torch.int64)

    def step(self, state: Any, ids_N: Tensor) -> tuple[Tensor, Tensor | None, Any]:
        sources, read = state
        read = torch.cat([read, ids_N[:, None]], 1)
        look = torch.nn.functional.one_hot(ids_N, 5) * self.looks if self.looks else None
        return self.log[sources, read[:, -1]].clone(), look, (sources, read)

    def reorder(self, state: Any, rows_N: Tensor) -> Any:
        return tuple(part[rows_N] for part in state)

    def keep(self, state: Any, sources: Tensor, rows_N: Tensor) -> Any:
        return self.reorder(state, rows_N)


def random_table(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.ones(5), size=5)


def every_target(table: np.ndarray, limit: int) -> list[tuple[float, list[int]]]:
    """All targets that end within ``limit`` tokens and their log-probabilities, best first."""
    found = []
    for length in range(limit):
        for ids in itertools.product([0, 2, 3, 4], repeat=length):
            with np.errstate(divide="ignore"):
                path = [1, *ids, 1]
                total = float(sum(np.log(table[a, b]) for a, b in itertools.pairwise(path)))
            found.append((total, list(ids)))
    return sorted(found, reverse=True)


def test_a_beam_of_two_finds_what_greedy_misses() -> None:
    greedy = beam_search(Markovs(PLANTED), [9], BeamOptions(1, 0.0))[0][0]
    assert (greedy.ids, greedy.finished) == ([2], True)
    wide = beam_search(Markovs(PLANTED), [9], BeamOptions(2, 0.0))[0][0]
    assert wide.ids == [3, 4]
    assert wide.log_prob == pytest.approx(np.log(0.4 * 0.95 * 0.95))


@pytest.mark.parametrize("seed", range(5))
def test_a_beam_as_wide_as_everything_finds_the_best(seed: int) -> None:
    tables = [random_table(10 * seed + i) for i in range(3)]
    found = beam_search(Markovs(*tables), [4] * 3, BeamOptions(400, 0.0, best=3))
    for table, some in zip(tables, found, strict=True):
        expected = every_target(table, 5)[:3]
        assert [written.ids for written in some] == [ids for _, ids in expected]
        assert [written.log_prob for written in some] == pytest.approx([total for total, _ in expected], abs=1e-5)


@pytest.mark.parametrize("beam", [1, 3])
def test_sources_side_by_side_get_what_each_gets_alone(beam: int) -> None:
    tables = [random_table(i) for i in range(6)]
    limits = [3, 7, 1, 9, 5, 2]
    together = beam_search(Markovs(*tables), limits, BeamOptions(beam, 0.6))
    for table, limit, found in zip(tables, limits, together, strict=True):
        alone = beam_search(Markovs(table), [limit], BeamOptions(beam, 0.6))[0]
        assert [w.ids for w in found] == [w.ids for w in alone]


@pytest.mark.parametrize("seed", range(5))
def test_a_beam_of_one_is_greedy(seed: int) -> None:
    table, ids, last = random_table(seed), [], 1
    for _ in range(6):
        last = int(table[last].argmax())
        if last == 1:
            break
        ids.append(last)
    found = beam_search(Markovs(table), [6], BeamOptions(1))[0][0]
    assert (found.ids, found.finished) == (ids, last == 1)


def test_the_length_penalty_makes_longer_targets_better() -> None:
    table = np.array([[0, 1, 0, 0, 0], [0, 0.5, 0.5, 0, 0], [0, 0.0, 0, 1, 0], [0, 0, 0, 0, 1.0], [0, 0.9, 0.1, 0, 0]])
    short = beam_search(Markovs(table), [9], BeamOptions(4, 0.0))[0][0]
    long = beam_search(Markovs(table), [9], BeamOptions(4, 5.0))[0][0]
    assert (short.ids, long.ids[:3]) == ([], [2, 3, 4])
    assert long.score == pytest.approx(long.log_prob / ((5 + len(long.ids) + 1) / 6) ** 5.0)


def test_the_coverage_penalty_counts_what_was_not_looked_at() -> None:
    """Each of the three tokens that are read is looked at by half, the two others not at all."""
    found = beam_search(Markovs(PLANTED, looks=0.5), [9], BeamOptions(2, 0.0, 0.7))[0][0]
    assert found.ids == [3, 4]
    assert found.score == pytest.approx(found.log_prob + 0.7 * (3 * np.log(0.5) + 2 * np.log(1e-6)))


def test_what_was_looked_at_more_than_once_counts_once() -> None:
    """Of the five places three are looked at thrice, as "b c" is written: log min(1, 3) = 0."""
    found = beam_search(Markovs(PLANTED, looks=3.0), [9], BeamOptions(2, 0.0, 0.7))[0][0]
    assert found.ids == [3, 4]
    assert found.score == pytest.approx(found.log_prob + 0.7 * 2 * np.log(1e-6))


def plain_beam(table: np.ndarray, limit: int, beam: int) -> list[tuple[float, list[int]]]:
    """What a beam search finds that is written as it is told: beside what goes on, what ended among the best."""
    live, done = [(0.0, [1])], []
    for _ in range(limit):
        grown = sorted(((score + np.log(table[ids[-1], t]), [*ids, t]) for score, ids in live for t in range(5)),
                       reverse=True)  # fmt: skip
        done += [(score, ids[1:-1]) for score, ids in grown[:beam] if ids[-1] == 1]
        live = [(score, ids) for score, ids in grown if ids[-1] != 1][:beam]
        if len(done) >= beam:
            return sorted(done, reverse=True)
    return sorted(done, reverse=True) + sorted(((score, ids[1:]) for score, ids in live), reverse=True)


@pytest.mark.parametrize("beam", [2, 3, 5])
@pytest.mark.parametrize("seed", range(6))
def test_all_places_are_those_of_a_plain_beam_search(seed: int, beam: int) -> None:
    table = random_table(100 + seed)
    found = beam_search(Markovs(table), [6], BeamOptions(beam, 0.0, best=beam))[0]
    expected = plain_beam(table, 6, beam)[:beam]
    # Paths with the same steps in another order are equally probable.
    assert [written.log_prob for written in found] == pytest.approx([score for score, _ in expected], abs=1e-5)


def test_what_has_ended_comes_before_what_is_likelier_but_has_not() -> None:
    """One token at most: "a" is cut at .6, and only nothing at all, at .1, has ended."""
    table = np.array([[0, 1, 0, 0, 0], [0, 0.1, 0.6, 0.3, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 1, 0, 0, 0.0]])
    found = beam_search(Markovs(table), [1], BeamOptions(3, 0.0, best=3))[0]
    assert [(w.ids, w.finished) for w in found] == [([], True), ([2], False), ([3], False)]


def test_draws_of_unequal_limits_all_end() -> None:
    """Of two sources one ends at once and may be long, the other never ends and may be short."""
    ends = np.zeros((5, 5))
    ends[:, 1] = 1.0
    never = np.zeros((5, 5))
    never[:, 2] = 1.0
    found = sample(Markovs(ends, never), [9, 3], range(2), 1, 1.0, seed=1)
    assert [(some[0].ids, some[0].finished) for some in found] == [([], True), ([2, 2, 2], False)]


def test_what_never_ends_is_said() -> None:
    endless = np.array([[0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 1, 0, 0], [0, 1, 0, 0, 0.0]])
    found = beam_search(Markovs(endless), [4], BeamOptions(3))[0][0]
    assert (found.ids, found.finished) == ([2, 3, 2, 3], False)


def test_banned_words_are_never_written() -> None:
    found = beam_search(Markovs(PLANTED), [9], BeamOptions(2, 0.0, banned=(2,)))[0][0]
    assert found.ids == [3, 4]


def test_drawn_targets_have_their_probabilities() -> None:
    count = 4000
    drawn = sample(Markovs(*[PLANTED] * 4), [9] * 4, range(4), count, 1.0, seed=1)
    shares = np.array([[w.ids == ids for w in some] for some in drawn for ids in ([2], [3, 4])]).mean(1)
    np.testing.assert_allclose(shares, [0.6 * 0.34, 0.4 * 0.95 * 0.95] * 4, atol=0.03)
    assert all(w.log_prob == pytest.approx(np.log(0.6 * 0.34), abs=1e-4) for w in drawn[0] if w.ids == [2])


def test_a_draw_does_not_depend_on_what_is_drawn_beside_it() -> None:
    tables = [random_table(i) for i in range(4)]
    together = sample(Markovs(*tables), [9] * 4, range(4), 2, 1.0, seed=3)
    for number, table in enumerate(tables):
        alone = sample(Markovs(table), [9], [number], 2, 1.0, seed=3)[0]
        assert [w.ids for w in alone] == [w.ids for w in together[number]]


def test_a_low_temperature_is_greedy() -> None:
    assert sample(Markovs(PLANTED), [9], [0], 1, 1e-3, seed=1)[0][0].ids == [2]
