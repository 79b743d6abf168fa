"""Lookup, cosines, neighbours and analogies, against sums a hand or numpy's brute force can follow."""

from __future__ import annotations

import time
import unicodedata
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqtool.errors import InputError
from seqtool.vectors import ranking, word_vectors
from seqtool.vectors.spelling import near_spellings
from seqtool.vectors.word_vectors import WordVectors


def vectors_of(rows: Any, words: list[str] | None = None) -> WordVectors:
    matrix = np.array(rows, np.float32)
    return WordVectors(words or [f"w{i}" for i in range(len(matrix))], matrix)


SMALL = vectors_of([[1, 0], [2, 0], [1, 1], [0, 3], [-1, 0], [0, 0]], ["east", "East", "ne", "north", "west", "zero"])


def brute(matrix: np.ndarray, query: np.ndarray, k: int, exclude: set[int]) -> tuple[list[int], list[float]]:
    rows = matrix.astype(np.float64)
    norms = np.linalg.norm(rows, axis=1) * np.linalg.norm(query.astype(np.float64))
    cosines = np.divide(rows @ query.astype(np.float64), norms, out=np.zeros(len(rows)), where=norms > 0)
    order = sorted((i for i in range(len(rows)) if i not in exclude), key=lambda i: (-np.float32(cosines[i]), i))
    return order[:k], [cosines[i] for i in order[:k]]


def test_lookup() -> None:
    assert (len(SMALL), SMALL.dim, "ne" in SMALL, "NE" in SMALL) == (6, 2, True, False)
    assert SMALL.ids_of(["north", "nowhere", "east"]).tolist() == [3, -1, 0]
    assert SMALL.id_of("west") == 4
    assert SMALL.folded_ids()["east"] == 0
    assert SMALL.folded_ids()["north"] == 3


def test_neighbors_by_hand() -> None:
    ids, cosines = SMALL.neighbors(np.array([[5.0, 0.0]]), 6)
    assert ids.tolist() == [[0, 1, 2, 3, 5, 4]]  # equal cosines by row
    assert cosines[0] == pytest.approx([1, 1, np.sqrt(0.5), 0, 0, -1])
    assert (ids.dtype, cosines.dtype) == (np.int64, np.float32)


def test_excluded_rows_and_rows_past_the_restriction_are_no_answers() -> None:
    ids, cosines = SMALL.neighbors(np.array([[1.0, 0.0]]), 4, exclude_QE=np.array([[0, -1]]), restrict=3)
    assert ids.tolist() == [[1, 2, -1]]
    assert np.isnan(cosines[0, 2])


def test_a_zero_vector_has_cosine_zero_with_everything() -> None:
    ids, cosines = SMALL.neighbors(np.zeros((1, 2)), 3)
    assert ids.tolist() == [[0, 1, 2]]
    assert cosines.tolist() == [[0, 0, 0]]
    assert SMALL.similarities(np.array([5, 0]), np.array([0, 5])).tolist() == [0, 0]


def test_similarities_and_pair_scores() -> None:
    cosines = SMALL.similarities(np.array([0, 0, 3, -1]), np.array([2, 4, 1, 0]))
    assert cosines[:3] == pytest.approx([np.sqrt(0.5), -1, 0])
    assert np.isnan(cosines[3])
    scores = SMALL.pair_scores([("east", "EAST"), ("East", "north")], fold_case=False)
    assert np.isnan(scores[0])
    assert scores[1] == 0
    assert SMALL.pair_scores([("WEST", "eaSt")], fold_case=True).tolist() == [-1]
    assert SMALL.pair_scores([], fold_case=False).shape == (0,)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_neighbors_equal_brute_force(data: st.DataObject) -> None:
    seed, size = data.draw(st.integers(0, 2**32 - 1)), data.draw(st.integers(1, 700))
    dim, k = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 12))
    draw = np.random.default_rng(seed)
    matrix = draw.integers(-3, 4, (size, dim)).astype(np.float32)  # many ties and zero vectors
    queries = draw.integers(-3, 4, (3, dim)).astype(np.float32)
    exclude = draw.integers(-1, size, (3, 2))
    restrict = data.draw(st.none() | st.integers(1, size))
    ids, cosines = vectors_of(matrix).neighbors(queries, k, exclude, restrict)
    for row in range(3):
        expected, values = brute(matrix[:restrict], queries[row], k, set(exclude[row].tolist()))
        found = [i for i in ids[row].tolist() if i >= 0]
        assert len(found) == len(expected)
        assert cosines[row, : len(found)] == pytest.approx(values, abs=1e-6)
        if found != expected:  # two cosines that are equal but for the last digit
            assert sorted(np.round(values, 6)) == sorted(np.round(brute(matrix[found], queries[row], k, set())[1], 6))


def test_blocks_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = np.random.default_rng(1).standard_normal((1000, 20)).astype(np.float32)
    queries, questions = matrix[:37], np.random.default_rng(2).integers(0, 1000, (37, 3))

    def everything() -> list[np.ndarray]:
        vectors = vectors_of(matrix)
        return [
            *vectors.neighbors(queries, 5),
            *vectors.analogies(questions, 3),
            *vectors.analogies(questions, 3, "mul"),
        ]

    whole = everything()
    monkeypatch.setattr(ranking, "SCORES_BYTES", 4 * 1000 * 5)
    monkeypatch.setattr("seqtool.vectors.ranking.thread_count", lambda threads: 1)
    monkeypatch.setattr(word_vectors, "_ROWS", 7)
    for one, other in zip(whole, everything(), strict=True):
        assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("power", [-149, -100, 100, 124])
def test_vectors_of_any_length_are_compared(power: int) -> None:
    matrix = np.random.default_rng(3).integers(-9, 10, (300, 8)).astype(np.float32)
    usual = vectors_of(matrix).neighbors(matrix[:9], 4)
    scaled = vectors_of(np.ldexp(matrix, power)).neighbors(matrix[:9], 4)
    assert scaled[0].tolist() == usual[0].tolist()
    assert scaled[1].tolist() == usual[1].tolist()


def test_equal_cosines_come_in_the_order_of_rows() -> None:
    rows = np.arange(1, 501)[:, None] * np.array([[0.3, -0.7, 1.1]])  # float32 gives some of them another direction
    ids, cosines = vectors_of(np.concatenate([rows, np.ones((500, 3))])).neighbors(rows[:1], 40)
    assert ids.tolist() == [list(range(40))]
    assert cosines.tolist() == [[1.0] * 40]
    ids, _ = vectors_of([[1, i * 7 % 3] for i in range(900)]).neighbors(np.array([[1.0, 0]]), 450)
    assert ids.tolist() == [[i for rest in range(3) for i in range(900) if i * 7 % 3 == rest][:450]]


def test_analogies_by_hand() -> None:
    words = ["man", "king", "woman", "queen", "apple"]
    vectors = vectors_of([[1, 0, 0.1], [1, 1, 0.1], [0, 0, 1], [0, 1, 1], [-1, -1, -1]], words)
    question = np.array([[0, 1, 2], [0, -1, 2]])
    for method in ("add", "mul"):
        ids, scores = vectors.analogies(question, 2, method)
        assert ids.tolist() == [[3, 4], [-1, -1]]  # the three words are no answers
        assert np.isnan(scores[1]).all()
    unit = vectors.matrix / np.linalg.norm(vectors.matrix, axis=1, keepdims=True)
    wanted = unit[1] - unit[0] + unit[2]
    assert vectors.analogies(question[:1], 1)[1][0, 0] == pytest.approx(unit[3] @ wanted / np.linalg.norm(wanted))
    b, c, a = ((1 + unit[3] @ unit[row]) / 2 for row in (1, 2, 0))
    assert vectors.analogies(question[:1], 1, "mul")[1][0, 0] == pytest.approx(b * c / (a + 1e-6))


@pytest.mark.parametrize("method", ["add", "mul"])
def test_analogies_equal_brute_force(method: str) -> None:
    matrix = np.random.default_rng(5).standard_normal((500, 10))
    vectors = vectors_of(matrix)
    unit = vectors.matrix / np.linalg.norm(vectors.matrix.astype(np.float64), axis=1, keepdims=True)
    questions = np.random.default_rng(6).integers(0, 500, (40, 3))
    found = vectors.analogies(questions, 3, method, restrict=450)[0]
    for (a, b, c), ids in zip(questions.tolist(), found.tolist(), strict=True):
        add = unit @ (unit[b] - unit[a] + unit[c])
        shifted = (1 + unit @ unit[[a, b, c]].T) / 2
        scores = add if method == "add" else shifted[:, 1] * shifted[:, 2] / (shifted[:, 0] + 1e-6)
        scores[[a, b, c]] = -np.inf
        assert ids == np.argsort(-scores[:450])[:3].tolist()


def test_a_vector_that_is_not_finite_is_named() -> None:
    with pytest.raises(InputError, match=r"'w1' \(row 1\).* nan"):
        vectors_of([[1, 2], [np.nan, 0]]).neighbors(np.ones((1, 2)), 1)


def test_no_queries_and_no_answers() -> None:
    assert SMALL.neighbors(np.zeros((0, 2)), 3)[0].shape == (0, 3)
    assert SMALL.neighbors(np.ones((2, 2)), 3, restrict=0)[0].shape == (2, 0)


@pytest.mark.parametrize(
    ("word", "words", "near"),
    [
        ("Seoul", ["the", "seoul", "SEOUL", "soul"], ["seoul", "SEOUL", "soul"]),
        ("recieve", ["the", "receive", "relieve", "deceive"], ["receive", "relieve"]),
        ("고영이", ["강아지", "고양이", "사람"], ["고양이"]),
        ("café", ["cafe\u0301", "cafe"], ["cafe\u0301", "cafe"]),
        ("xyzzy", ["the", "cat"], []),
        ("", ["the"], []),
    ],
)
def test_near_spellings(word: str, words: list[str], near: list[str]) -> None:
    assert near_spellings(word, words)[: len(near)] == near
    assert bool(near_spellings(word, words)) == bool(near)


def test_an_unknown_word_is_an_error_with_near_spellings() -> None:
    with pytest.raises(InputError, match=r"'EAST' .* 6 .* east or East"):
        SMALL.id_of("EAST")
    with pytest.raises(InputError, match="vocabulary"):
        SMALL.id_of("qqq")


def test_near_spellings_among_many_words_take_seconds_at_most() -> None:
    draw = np.random.default_rng(0)
    words = ["".join(letters) for letters in draw.choice(list("abcdefghijklmnop"), (200_000, 7))]
    started = time.perf_counter()
    near_spellings("accomodate"[:7], words)
    assert time.perf_counter() - started < 10


def test_decomposed_letters_find_the_composed_word() -> None:
    vectors = WordVectors(["여왕", "café"], np.eye(2, dtype=np.float32))
    words = [unicodedata.normalize("NFD", word) for word in ("여왕", "café")]
    assert vectors.ids_of(words).tolist() == vectors.rows_of(words).tolist() == [0, 1]
    assert vectors.id_of(words[0]) == 0
