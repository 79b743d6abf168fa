"""Analogies: "a is to b as c is to ?" (Mikolov et al. 2013, Google's question file and its measure).

A question is right where the expected word is the best of all words but the three given. A question with a word that is
not known is counted and never answered: accuracy is a share of the known questions. Intervals are Wilson's (1927); they
take the questions for independent, which those that share words are not, so they are rather too narrow.

Shapes: Q questions, V words, K candidates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.escapes import escaped
from seqtool.corpus.normalize import spelling_in
from seqtool.errors import InputError
from seqtool.metrics.bootstrap import wilson
from seqtool.metrics.data import DataFile, read_data_file
from seqtool.progress import stage

Method = Literal["add", "mul"]
Ids = NDArray[np.int64]
ITEM_COLUMNS = ("data", "method", "section", "a", "b", "c", "expected", "predicted", "outcome")
_SYNTACTIC = re.compile(r"gram|syn\d")
_BATCH = 2048
_MOST_CANDIDATES = 64


class AnalogySolver(Protocol):
    """Word vectors, most frequent words first."""

    @property
    def words(self) -> Sequence[str]:
        """The word of each row."""
        ...

    def __len__(self) -> int: ...

    def ids_of(self, words: Sequence[str], /) -> Ids:
        """The rows of words, -1 where unknown."""
        ...

    def folded_ids(self) -> dict[str, int]:
        """Case-folded spelling → its most frequent row."""
        ...

    def analogies(
        self, ids_Q3: Ids, /, k: int = 1, method: Method = "add", restrict: int | None = None
    ) -> tuple[Ids, NDArray[np.float32]]:
        """The best K words of each question but those given, (Q, K), -1 where there are none; and their scores."""
        ...


@dataclass(frozen=True)
class Question:
    """``a`` is to ``b`` as ``c`` is to ``expected``."""

    section: str
    a: str
    b: str
    c: str
    expected: str

    @property
    def words(self) -> tuple[str, str, str, str]:
        """The four words."""
        return self.a, self.b, self.c, self.expected


@dataclass(frozen=True)
class Questions:
    """A file of questions."""

    name: str
    sha256: str
    questions: tuple[Question, ...] = field(repr=False)


@dataclass(frozen=True)
class Accuracy:
    """How many questions of a section, or of several, there are, are known, and are answered rightly."""

    name: str
    n: int
    known: int
    right: int

    @property
    def accuracy(self) -> float | None:
        """The share of the known questions; ``None`` where none is known."""
        return self.right / self.known if self.known else None

    def interval(self, level: float = 0.95) -> tuple[float, float] | None:
        """Wilson's interval of the accuracy."""
        return wilson(self.right, self.known, level) if self.known else None

    def to_json(self) -> dict[str, Any]:
        """The machine-readable answer."""
        low, high = self.interval() or (None, None)
        counts = {"section": self.name, "n": self.n, "known": self.known, "right": self.right}
        return counts | {"accuracy": self.accuracy, "low": low, "high": high}


@dataclass(frozen=True)
class AnalogyResult:
    """What one method makes of a file of questions.

    Attributes:
        sections: in the order of the file; questions before the first heading are of a section without a name.
        totals: ``semantic`` and ``syntactic`` where the file has such sections, then ``total``.
        predicted: the answer to each question; ``None`` where it was not known, "" where no word was left.
    """

    questions: Questions
    method: Method
    sections: tuple[Accuracy, ...]
    totals: tuple[Accuracy, ...]
    predicted: tuple[str | None, ...] = field(repr=False)
    right: NDArray[np.bool_] = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """The machine-readable answer, without the questions."""
        sections, totals = ([accuracy.to_json() for accuracy in some] for some in (self.sections, self.totals))
        return {"method": self.method, "sections": sections, "totals": totals}


def read_questions(path: Path) -> Questions:
    """Read a question file: ``: heading`` lines, and four words a line.

    Raises:
        InputError: naming the line that is not a question, or the file that has none.
    """
    file = read_data_file(path)
    questions = tuple(_questions(file))
    if not questions:
        raise InputError(f"{file.path} contains no questions", "write lines of four words")
    return Questions(file.name, file.sha256, questions)


def _questions(file: DataFile) -> Iterator[Question]:
    section = ""
    for number, line in file.numbered():
        if line.startswith(":"):
            section = line[1:].strip()
            continue
        words = re.split(r"[ \t]+", line)
        if len(words) != 4:
            remedy = 'write four words, for example "man king woman queen", or a heading that begins with ":"'
            raise file.refuse(number, f"expected four words, found {len(words)}", remedy)
        yield Question(section, *words)


def is_syntactic(section: str) -> bool:
    """Whether a section is on grammar, by its name: ``gram…`` in Google's file, ``syn1…`` in the Korean one."""
    return _SYNTACTIC.match(section.casefold()) is not None


def measure(
    solver: AnalogySolver,
    questions: Questions,
    method: Method = "add",
    restrict: int | None = None,
    case_sensitive: bool = False,
) -> AnalogyResult:
    """Answer every question that is known.

    Args:
        solver: the word vectors.
        questions: from `read_questions`.
        method: 3CosAdd or 3CosMul.
        restrict: only this many most frequent words are known, and can be answers.
        case_sensitive: otherwise the most frequent spelling of a word stands for all of them.
    """
    limit = min(restrict or len(solver), len(solver))
    known_Q4 = _known(solver, questions, limit, case_sensitive)
    asked: NDArray[np.bool_] = np.all(known_Q4 >= 0, axis=1)
    spellings_V = None if case_sensitive else _spellings(solver, limit)
    answers = np.full(len(known_Q4), -1, np.int64)
    answers[asked] = _answers(solver, known_Q4[asked, :3], method, limit, spellings_V)
    right = np.logical_and(asked, answers == known_Q4[:, 3])
    predicted = tuple(
        (solver.words[answer] if answer >= 0 else "") if one else None
        for one, answer in zip(asked.tolist(), answers.tolist(), strict=True)
    )
    sections, totals = _accuracies(questions, asked, right)
    return AnalogyResult(questions, method, sections, totals, predicted, right)


def _known(solver: AnalogySolver, questions: Questions, limit: int, case_sensitive: bool) -> Ids:
    """The rows of the words of each question, (Q, 4); -1 where unknown or past the limit."""
    words = [word for question in questions.questions for word in question.words]
    if case_sensitive:
        ids = np.asarray(solver.ids_of(words), np.int64)
    else:
        folded = solver.folded_ids()
        spelled = (spelling_in(folded, word.casefold()) for word in words)
        ids = np.array([-1 if spelling is None else folded[spelling] for spelling in spelled], np.int64)
    return np.where(ids < limit, ids, -1).reshape(-1, 4)


def _spellings(solver: AnalogySolver, limit: int) -> Ids:
    """For each row below the limit the row of its word's most frequent spelling, (limit,)."""
    folded = solver.folded_ids()
    return np.array([folded[word.casefold()] for word in solver.words[:limit]], np.int64)


def _answers(solver: AnalogySolver, given_Q3: Ids, method: Method, limit: int, spellings_V: Ids | None) -> Ids:
    """The best row of each question that is not a spelling of a word given; -1 where there is none."""
    # Every other spelling of the three words may come before the first true answer.
    k = 1
    if spellings_V is not None and len(given_Q3):
        k += int((np.bincount(spellings_V, minlength=limit)[given_Q3] - 1).sum(1).max())
    answers = [np.zeros(0, np.int64)]
    with stage(f"analogies ({method})", "questions", len(given_Q3)) as progress:
        for start in range(0, len(given_Q3), _BATCH):
            batch_B3 = given_Q3[start : start + _BATCH]
            found_BK = solver.analogies(batch_B3, k=min(k, _MOST_CANDIDATES, limit), method=method, restrict=limit)[0]
            answers.append(_first(np.asarray(found_BK, np.int64), batch_B3, spellings_V))
            progress.advance(len(batch_B3))
    return np.concatenate(answers)


def _first(found_BK: Ids, given_B3: Ids, spellings_V: Ids | None) -> Ids:
    words_BK = found_BK if spellings_V is None else np.where(found_BK >= 0, spellings_V[found_BK], -1)
    allowed_BK = (words_BK >= 0) & (words_BK[:, :, None] != given_B3[:, None, :]).all(2)
    best_B = np.take_along_axis(words_BK, allowed_BK.argmax(1)[:, None], 1)[:, 0]
    return np.where(allowed_BK.any(1), best_B, -1)


def _accuracies(
    questions: Questions, asked: NDArray[np.bool_], right: NDArray[np.bool_]
) -> tuple[tuple[Accuracy, ...], tuple[Accuracy, ...]]:
    """Of each section, and the totals."""
    names = [question.section for question in questions.questions]
    counts: dict[str, list[int]] = {name: [0, 0, 0] for name in names}
    for name, *row in zip(names, asked.tolist(), right.tolist(), strict=True):
        for place, value in enumerate((1, *row)):
            counts[name][place] += value
    sections = tuple(Accuracy(name, *three) for name, three in counts.items())
    syntactic = [section for section in sections if is_syntactic(section.name)]
    semantic = [section for section in sections if not is_syntactic(section.name)]
    halves = {"semantic": semantic, "syntactic": syntactic} if syntactic else {}
    return sections, (*(_sum(name, half) for name, half in halves.items() if half), _sum("total", sections))


def _sum(name: str, parts: Sequence[Accuracy]) -> Accuracy:
    return Accuracy(name, sum(s.n for s in parts), sum(s.known for s in parts), sum(s.right for s in parts))


def items(result: AnalogyResult) -> Iterator[tuple[str, ...]]:
    """A row of `ITEM_COLUMNS` per question, so that two evaluations can be paired."""
    data = result.questions.name
    for question, predicted, right in zip(
        result.questions.questions, result.predicted, result.right.tolist(), strict=True
    ):
        outcome = "unknown" if predicted is None else "right" if right else "wrong"
        texts = escaped([data, result.method, question.section, *question.words, predicted or ""])
        yield (*texts, outcome)
