"""Sampling and beam search over a hand-made Markov model whose probabilities are known."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqtool.decoding.generate import beam_search, encode_prompt, generate_texts
from seqtool.decoding.options import GenerateOptions
from seqtool.decoding.sampling import Sampling, choose, sample_texts
from seqtool.errors import UsageError


class Markov:
    """P(next | last) in a table; the state is the number of tokens read, so that a wrong reorder would show."""

    eos_id, unk_id = 1, 0

    def __init__(self, table: list[list[float]]) -> None:
        with np.errstate(divide="ignore"):
            self.log = np.log(np.array(table)).astype(np.float32)

    def start(self, rows: int) -> Any:
        return np.zeros((rows, 0), np.int64)

    def step(self, state: Any, ids_B: np.ndarray) -> tuple[np.ndarray, Any]:
        state = np.concatenate([state, ids_B[:, None]], 1)
        return self.log[state[:, -1]], state

    def reorder(self, state: Any, rows_B: np.ndarray) -> Any:
        return state[rows_B]


# Tokens: 0 <unk>, 1 <eos>, 2 a, 3 b, 4 c. After <eos>: a .6, b .4. Greedy takes a (then .34 each), the best is "b c".
PLANTED = Markov(
    [
        [0.0, 1.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.6, 0.4, 0.0],
        [0.0, 0.34, 0.33, 0.0, 0.33],
        [0.0, 0.05, 0.0, 0.0, 0.95],
        [0.0, 0.95, 0.05, 0.0, 0.0],
    ]
)
LOG = np.log(np.array([[0.1, 0.2, 0.3, 0.4]])).astype(np.float32)


def chosen(draws: list[float], **how: Any) -> list[int]:
    log_probs = np.repeat(LOG, len(draws), 0)
    return [int(i) for i in choose(log_probs, np.array(draws), Sampling(max_tokens=1, **how))]


def test_a_draw_inverts_the_cumulative_distribution() -> None:
    assert chosen([0, 0.0999, 0.1001, 0.2999, 0.3001, 0.5999, 0.6001, 0.9999999999999999]) == [0, 0, 1, 1, 2, 2, 3, 3]


def test_greedy_takes_the_most_probable() -> None:
    assert chosen([0.0, 0.5], greedy=True) == [3, 3]
    assert chosen([0.0], greedy=True, banned=(3,)) == [2]


def test_temperature_by_hand() -> None:
    """At 1/2 the probabilities are squared: 1 4 9 16 of 30."""
    edges = [1 / 30, 5 / 30, 14 / 30]
    draws = [e + d for e in edges for d in (-1e-6, 1e-6)]
    assert chosen(draws, temperature=0.5) == [0, 1, 1, 2, 2, 3]


def test_top_k_by_hand() -> None:
    """Of 0.3 and 0.4 the first has 3/7."""
    assert chosen([0.0, 3 / 7 - 1e-6, 3 / 7 + 1e-6, 0.999], top_k=2) == [2, 2, 3, 3]
    assert chosen([0.0, 0.9], top_k=1) == [3, 3]
    assert chosen([0.05], top_k=100) == [0]


def test_top_p_by_hand() -> None:
    """0.4 + 0.3 reach 0.7 (and 0.5); 0.75 needs the 0.2 too."""
    assert chosen([0.0, 0.999], top_p=0.39) == [3, 3]
    assert chosen([0.0, 3 / 7 - 1e-6, 3 / 7 + 1e-6], top_p=0.5) == [2, 2, 3]
    assert chosen([0.0, 2 / 9 + 1e-6], top_p=0.75) == [1, 2]
    assert chosen([0.0], top_p=1.0) == [0]


@given(st.floats(0, 1, exclude_max=True), st.integers(0, 5), st.floats(0.01, 1), st.floats(0.05, 20))
def test_a_banned_or_impossible_token_is_never_drawn(draw: float, top_k: int, top_p: float, heat: float) -> None:
    how = Sampling(1, top_k=top_k, top_p=top_p, temperature=heat, banned=(2,))
    log_probs = np.array([[-np.inf, -1.0, 0.0, -2.0, -np.inf]], np.float32)
    assert choose(log_probs, np.array([draw]), how)[0] in (1, 3)


@pytest.mark.parametrize("number", [1, 5, 16, 17, 40])
def test_text_i_does_not_depend_on_how_many_are_drawn(number: int) -> None:
    how = Sampling(max_tokens=12, seed=3)
    every = list(sample_texts(PLANTED, [], 40, how))
    assert len(every) == 40
    assert list(sample_texts(PLANTED, [], number, how)) == every[:number]
    assert list(sample_texts(PLANTED, [], 40, Sampling(max_tokens=12, seed=4))) != every


def test_texts_follow_the_distribution() -> None:
    texts = list(sample_texts(PLANTED, [], 2000, Sampling(max_tokens=1)))
    assert sum(text == [2] for text in texts) / 2000 == pytest.approx(0.6, abs=0.04)


def test_texts_end_at_the_line_end_or_the_limit() -> None:
    for text in sample_texts(PLANTED, [2], 50, Sampling(max_tokens=3)):
        assert len(text) <= 3
        assert 1 not in text
    for text in sample_texts(PLANTED, [], 20, Sampling(max_tokens=40, lines=3)):
        assert text.count(1) <= 2
    for text in sample_texts(PLANTED, [], 20, Sampling(max_tokens=9, lines=0)):
        assert len(text) in (8, 9), "a line end that is the last token is left out"


def test_the_prompt_is_read() -> None:
    assert list(sample_texts(PLANTED, [3], 1, Sampling(max_tokens=1, greedy=True))) == [[4]]


def best_by_hand(model: Markov, longest: int, banned: tuple[int, ...] = ()) -> list[tuple[float, list[int]]]:
    """All finished texts of fewer than ``longest`` tokens, and the unfinished ones of that length, best first."""
    found = []
    for length in range(longest + 1):
        for ids in itertools.product([i for i in range(5) if i not in (1, *banned)], repeat=length):
            path = [1, *ids, *([1] if length < longest else [])]
            score = float(sum(model.log[a, b].astype(float) for a, b in itertools.pairwise(path)))
            if np.isfinite(score):
                found.append((score, list(ids)))
    return sorted(found, reverse=True)


def test_a_beam_of_one_is_greedy() -> None:
    (greedy,) = sample_texts(PLANTED, [], 1, Sampling(max_tokens=6, greedy=True))
    (found,) = beam_search(PLANTED, [], 1, 6)
    assert found.ids == greedy == [2]


@pytest.mark.parametrize("beam", [2, 3, 5, 40])
def test_a_beam_finds_the_best_that_greedy_misses(beam: int) -> None:
    found = beam_search(PLANTED, [], beam, 6)[0]
    assert found.ids == [3, 4]
    assert found.finished
    assert found.score == pytest.approx(np.log(0.4 * 0.95 * 0.95), abs=1e-6)


def test_a_wide_beam_is_exhaustive_and_wider_than_the_vocabulary() -> None:
    expected = best_by_hand(PLANTED, 4)[:6]
    found = beam_search(PLANTED, [], 200, 4, best=6)
    assert [h.ids for h in found] == [ids for _, ids in expected]
    assert [h.score for h in found] == pytest.approx([score for score, _ in expected], abs=1e-5)
    assert len({tuple(h.ids) for h in beam_search(PLANTED, [], 200, 4, best=50)}) == len(
        beam_search(PLANTED, [], 200, 4, best=50)
    ), "no text twice"


@pytest.mark.parametrize("beam", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(12))
def test_every_place_is_that_of_a_search_which_never_stops_early(seed: int, beam: int) -> None:
    """Lower places may still be overtaken when the first is certain."""
    table = np.random.default_rng(seed).dirichlet(np.full(5, 0.6), 5)
    live, done = [(0.0, [1])], []
    for _ in range(7):
        grown = sorted(((score + np.log(table[ids[-1], t]), [*ids, t]) for score, ids in live for t in range(5)),
                       reverse=True)[:beam]  # fmt: skip
        done += [(score, ids[1:-1]) for score, ids in grown if ids[-1] == 1]
        live = [(score, ids) for score, ids in grown if ids[-1] != 1]
    expected = sorted([*done, *((score, ids[1:]) for score, ids in live)], reverse=True)[:beam]
    found = beam_search(Markov(table.tolist()), [], beam, 7, best=beam)
    # Paths with the same steps in another order are equally probable.
    assert [h.score for h in found] == pytest.approx([score for score, _ in expected], abs=1e-4)


def test_a_beam_whose_hypotheses_have_all_ended_is_done() -> None:
    """After the first token everything has ended: fewer texts than were asked for, and no error."""
    ends = Markov([[0, 1, 0, 0, 0], [0, 0, 0.7, 0.3, 0], [0, 1, 0, 0, 0], [0, 1, 0, 0, 0], [0, 1, 0, 0, 0]])
    found = beam_search(ends, [], 3, 9, best=3)
    assert [(h.ids, h.finished) for h in found] == [([2], True), ([3], True)]


def test_a_beam_bans_tokens_and_reads_the_prompt() -> None:
    assert all(4 not in h.ids for h in beam_search(PLANTED, [], 5, 5, banned=(4,), best=5))
    assert beam_search(PLANTED, [3], 4, 5)[0].ids == [4]


def test_an_unfinished_text_is_returned_at_the_limit() -> None:
    found = beam_search(PLANTED, [], 3, 1)[0]
    assert (found.ids, found.finished) == ([2], False)


class SecondOrder(Markov):
    """P(next | the two last tokens): a beam that loses track of which state belongs to which text goes wrong."""

    def step(self, state: Any, ids_B: np.ndarray) -> tuple[np.ndarray, Any]:
        before_B = state[:, -1] if state.shape[1] else np.full(len(ids_B), 1)
        state = np.concatenate([state, ids_B[:, None]], 1)
        return self.log[before_B * 5 + ids_B], state


@given(st.integers(0, 10_000), st.integers(1, 4))
def test_a_beam_keeps_every_text_with_its_own_state(seed: int, beam: int) -> None:
    table = np.random.default_rng(seed).dirichlet(np.full(5, 0.3), 25)
    model = SecondOrder(table.tolist())
    for found in beam_search(model, [], beam, 5, best=beam):
        path = [1, 1, *found.ids, *([1] if found.finished else [])]
        by_hand = sum(float(model.log[a * 5 + b, c]) for a, b, c in zip(path, path[1:], path[2:], strict=False))
        assert found.score == pytest.approx(by_hand, abs=1e-4)


class Letters:
    """`PLANTED` as a model of texts."""

    unk_id = 0

    def __init__(self, lossless: bool) -> None:
        self.lossless = lossless

    def step_model(self) -> Markov:
        return PLANTED

    def encode(self, text: str) -> list[int]:
        return ["?.abc".find(word) if word in "abc" else 0 for word in text.split()]

    def unknown(self, text: str) -> list[str]:
        return [word for word in text.split() if word not in "abc"]

    def decode(self, ids: Sequence[int]) -> str:
        return " ".join("?.abc"[i] for i in ids)


def written(prompt: str, lossless: bool = False, **how: Any) -> list[tuple[str, float | None]]:
    options = GenerateOptions(prompt=prompt, **{"max_tokens": 2, "num": 1} | how)
    return [(text.text, text.log10) for text in generate_texts(Letters(lossless), options)]


@pytest.mark.parametrize(
    ("prompt", "lossless", "text"),
    [
        ("", False, "b c"),
        ("b", False, "b c"),
        ("a b", False, "a b c"),
        ("a b ", False, "a b c"),
        ("c b\t", False, "c b\tc"),
        ("b", True, "bc"),
        ("c", False, "c"),  # nothing comes after it
    ],
)
def test_a_continuation_is_apart_from_its_prompt_by_one_blank(prompt: str, lossless: bool, text: str) -> None:
    assert [found for found, _ in written(prompt, lossless, method="beam", beam=2)] == [text]


def test_only_a_beam_knows_how_probable_its_texts_are() -> None:
    found = written("b", method="beam", beam=3, num=2)
    assert [text for text, _ in found] == ["b c", "b"]
    assert [log10 for _, log10 in found] == pytest.approx(np.log10([0.95 * 0.95, 0.05]).tolist(), abs=1e-6)
    assert written("b", method="greedy") == [("b c", None)]


@pytest.mark.parametrize("how", [{"num": 3, "beam": 2}, {"beam": 2, "lines": 2}])
def test_what_a_beam_cannot_do_is_refused(how: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        written("b", method="beam", **how)


def test_what_a_model_does_not_know_of_a_prompt_is_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    assert encode_prompt(Letters(False), "a zebra b") == [2, 0, 3]
    assert "zebra" in capsys.readouterr().err
    assert encode_prompt(Letters(False), "a b") == [2, 3]
    assert capsys.readouterr().err == ""
