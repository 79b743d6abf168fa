"""Analogies whose answers can be worked out by hand."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqtool.errors import InputError
from seqtool.metrics import analogy
from seqtool.metrics.analogy import Accuracy, Question, Questions, is_syntactic, items, measure, read_questions

HALF = math.sqrt(0.5)
# man + royal = king, woman + royal = queen: queen is what is left of woman - man + king but for the length.
PLANTED = {
    "man": (1, 0, 0, 0),
    "woman": (0, 1, 0, 0),
    "king": (HALF, 0, HALF, 0),
    "apple": (0, 0, 0, 1),
    "queen": (0, HALF, HALF, 0),
}


class Solver:
    """Analogies in four lines, over all words at once."""

    def __init__(self, vectors: dict[str, Sequence[float]]) -> None:
        self.words = list(vectors)
        self.matrix = np.array([vectors[word] for word in self.words], np.float32)
        self.asked: list[tuple[int, int, str, int | None]] = []

    def __len__(self) -> int:
        return len(self.words)

    def ids_of(self, words: Sequence[str]) -> np.ndarray:
        return np.array([self.words.index(word) if word in self.words else -1 for word in words], np.int64)

    def folded_ids(self) -> dict[str, int]:
        return {word.casefold(): row for row, word in reversed(list(enumerate(self.words)))}

    def analogies(
        self, ids_Q3: np.ndarray, k: int = 1, method: str = "add", restrict: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        self.asked.append((len(ids_Q3), k, method, restrict))
        a, b, c = (self.matrix[ids_Q3[:, column]] for column in range(3))
        scores = (b - a + c) @ self.matrix[:restrict].T
        np.put_along_axis(scores, ids_Q3, -np.inf, 1)
        best = np.argsort(-scores, 1, kind="stable")[:, :k]
        return np.where(np.isneginf(np.take_along_axis(scores, best, 1)), -1, best), np.zeros(best.shape, np.float32)


def asked(*lines: str, section: str = "family") -> Questions:
    return Questions("q.txt", "0" * 64, tuple(Question(section, *line.split()) for line in lines))


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_an_exact_analogy_is_right_and_another_wrong() -> None:
    result = measure(Solver(PLANTED), asked("man woman king queen", "man woman apple king"))
    assert result.predicted == ("queen", "queen")
    assert result.right.tolist() == [True, False]
    assert result.totals == (Accuracy("total", 2, 2, 1),)
    assert result.totals[0].accuracy == 0.5


def test_questions_with_an_unknown_word_are_counted_and_not_scored() -> None:
    result = measure(Solver(PLANTED), asked("man woman king queen", "man woman king empress", "he woman king queen"))
    assert result.totals == (Accuracy("total", 3, 1, 1),)
    assert result.predicted == ("queen", None, None)


def test_nothing_known_has_no_accuracy() -> None:
    total = measure(Solver(PLANTED), asked("a b c d")).totals[0]
    assert (total.n, total.known, total.accuracy, total.interval()) == (1, 0, None, None)
    assert total.to_json() == {
        "section": "total",
        "n": 1,
        "known": 0,
        "right": 0,
        "accuracy": None,
        "low": None,
        "high": None,
    }


def test_an_answer_that_is_a_given_word_is_never_right() -> None:
    result = measure(Solver(PLANTED), asked("man woman king king", "man woman king woman"))
    assert result.totals == (Accuracy("total", 2, 2, 0),)


def test_restricted_words_are_unknown_and_no_answers() -> None:
    solver = Solver(PLANTED)
    result = measure(solver, asked("man woman king queen", "man woman king apple"), restrict=4)
    assert result.predicted == (None, "apple")
    assert solver.asked[0][3] == 4
    assert measure(solver, asked("man woman king queen"), restrict=99).predicted == ("queen",)


def test_where_no_word_is_left_the_answer_is_wrong() -> None:
    result = measure(Solver(PLANTED), asked("man woman king king"), restrict=3)
    assert result.predicted == ("",)
    assert result.totals == (Accuracy("total", 1, 1, 0),)


def test_case_is_folded_and_the_most_frequent_spelling_stands_for_all() -> None:
    spellings = PLANTED | {"King": (0, 0, 0, 1), "QUEEN": (0, 0.9, 0.9, 0)}
    result = measure(Solver(spellings), asked("Man WOMAN king Queen"))
    assert result.predicted == ("queen",), "QUEEN is the best, and the same word"
    assert result.right.all()
    assert measure(Solver(spellings), asked("man woman king queen"), case_sensitive=True).predicted == ("QUEEN",)
    assert measure(Solver(spellings), asked("Man woman king queen"), case_sensitive=True).predicted == (None,)


def test_other_spellings_of_the_given_words_are_no_answers() -> None:
    spellings = PLANTED | {"Woman": (0, 2, 0, 0), "WOMAN": (0, 3, 0, 0), "King": (0, 0, 4, 0)}
    solver = Solver(spellings)
    result = measure(solver, asked("man woman king queen"))
    assert solver.asked[0][1] == 4
    assert result.predicted == ("queen",)
    assert measure(solver, asked("man woman king queen"), case_sensitive=True).predicted == ("WOMAN",)
    assert solver.asked[1][1] == 1


def test_batches_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    questions = asked(*["man woman king queen", "king man queen woman", "man king woman apple"] * 3)
    whole = measure(Solver(PLANTED), questions)
    monkeypatch.setattr(analogy, "_BATCH", 4)
    solver = Solver(PLANTED)
    assert measure(solver, questions).predicted == whole.predicted
    assert [row[0] for row in solver.asked] == [4, 4, 1]


def test_the_method_reaches_the_solver() -> None:
    solver = Solver(PLANTED)
    assert measure(solver, asked("man woman king queen"), "mul").method == "mul"
    assert solver.asked[0][2] == "mul"


@pytest.mark.parametrize(
    ("name", "syntactic"),
    [
        ("gram1-adjective-to-adverb", True),
        ("syn5_honorific", True),
        ("family", False),
        ("sem1_capital", False),
        ("city-in-state", False),
        ("synonyms", False),
        ("program-names", False),
    ],
)
def test_syntactic_sections_are_known_by_their_names(name: str, syntactic: bool) -> None:
    assert is_syntactic(name) is syntactic


def test_totals_of_the_halves(tmp_path: Path) -> None:
    path = write(tmp_path / "q", ": family\nman woman king queen\n: gram8-plural\nman woman apple king\nx y z w\n")
    result = measure(Solver(PLANTED), read_questions(path))
    assert result.sections == (Accuracy("family", 1, 1, 1), Accuracy("gram8-plural", 2, 1, 0))
    assert result.totals == (Accuracy("semantic", 1, 1, 1), Accuracy("syntactic", 2, 1, 0), Accuracy("total", 3, 2, 1))


def test_a_file_without_syntactic_sections_has_only_the_total(tmp_path: Path) -> None:
    path = write(tmp_path / "q", "man woman king queen\n: family\nking queen man woman\n")
    result = measure(Solver(PLANTED), read_questions(path))
    assert [section.name for section in result.sections] == ["", "family"]
    assert [total.name for total in result.totals] == ["total"]


def test_a_file_is_read_whatever_its_lines_end_with(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbf: family \r\n\r\nman  woman\tking queen \r\n \r\n# a b c\r\n"
    found = read_questions(write(tmp_path / "q.txt", text))
    assert found.name == "q.txt"
    assert found.questions == (
        Question("family", "man", "woman", "king", "queen"),
        Question("family", "#", "a", "b", "c"),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("man woman king\n", r"q.txt: line 1: .* 3\b"),
        (": s\na b c d\n\nman woman king queen now\n", r"q.txt: line 4: .* 5\b"),
        (": s\n", "q.txt .* question"),
        ("\n \n", "q.txt is empty"),
        ("", "q.txt is empty"),
        (b"a b c d\na b \xff d\n", "q.txt: line 2: .*UTF-8.* byte 12"),
        (b"\xef\xbb\xbfa \xff", "q.txt: line 1: .*UTF-8.* byte 5"),
    ],
)
def test_what_is_no_question_is_refused(tmp_path: Path, text: str | bytes, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_questions(write(tmp_path / "q.txt", text))
    assert re.search(words, str(caught.value))
    assert caught.value.remedy


def test_files_that_cannot_be_read_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (tmp_path, tmp_path / "none.txt"):
        with pytest.raises(InputError, match=path.name):
            read_questions(path)
    monkeypatch.setattr("seqtool.metrics.data.MOST_BYTES", 10)
    with pytest.raises(InputError, match="larger than"):
        read_questions(write(tmp_path / "q", "man woman king queen\n"))


def test_items_hold_every_question() -> None:
    result = measure(Solver(PLANTED), asked("man woman king queen", "man woman apple king", "x y z w"), "mul")
    assert list(items(result)) == [
        ("q.txt", "mul", "family", "man", "woman", "king", "queen", "queen", "right"),
        ("q.txt", "mul", "family", "man", "woman", "apple", "king", "queen", "wrong"),
        ("q.txt", "mul", "family", "x", "y", "z", "w", "", "unknown"),
    ]
    assert all(len(row) == len(analogy.ITEM_COLUMNS) for row in items(result))


def test_wilsons_interval_by_hand() -> None:
    """p = 0.5, n = 4, z = 1.96: (0.5 + z²/8 ± z √(1/16 + z²/64)) / (1 + z²/4) = 0.5 ± 0.3500."""
    low, high = Accuracy("s", 9, 4, 2).interval() or (0, 0)
    assert (low, high) == pytest.approx((0.1500, 0.8500), abs=1e-4)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_the_interval_holds_the_accuracy(counts: tuple[int, int]) -> None:
    known, right = counts
    accuracy = Accuracy("s", known, known, right)
    low, high = accuracy.interval() or (1, 0)
    assert 0 <= low <= right / known + 1e-12
    assert right / known - 1e-12 <= high <= 1
    assert high - low < 1


def test_the_korean_file(data: Path) -> None:
    questions = read_questions(data / "vectors/questions-words-ko.txt").questions
    assert len(questions) == 10_000
    sections = dict.fromkeys(question.section for question in questions)
    assert [is_syntactic(name) for name in sections] == [False] * 5 + [True] * 5


def test_googles_file(data: Path) -> None:
    questions = read_questions(data / "vectors/questions-words.txt").questions
    assert len(questions) == 19_544
    assert sum(is_syntactic(question.section) for question in questions) == 10_675
