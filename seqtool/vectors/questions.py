"""Questions to word vectors, answered in batches: a stream of any length takes constant memory.

A question with an unknown word is reported on stderr and has no answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import BinaryIO

import numpy as np

from seqtool.errors import InputError, plural
from seqtool.progress import note, warn
from seqtool.vectors.options import AnalogyOptions, SearchOptions
from seqtool.vectors.word_vectors import Floats, Ids, WordVectors

Question = Sequence[str]
Neighbor = tuple[str, int, str, float]
_BATCH = 1024


def neighbors(vectors: WordVectors, words: Iterable[str], search: SearchOptions) -> Iterator[Neighbor]:
    """The nearest words of each word: word, rank, neighbor, cosine.

    Raises:
        InputError: every word is unknown.
    """
    for ids in _known(vectors, ([word] for word in words)):
        found, cosines = vectors.neighbors(vectors.unit(ids[:, 0]), search.num, ids, search.restrict)
        for (word,), rank, neighbor, cosine in _ranked(vectors, ids, found, cosines):
            yield word, rank, neighbor, cosine


def analogies(
    vectors: WordVectors, questions: Iterable[Question], how: AnalogyOptions, search: SearchOptions
) -> Iterator[tuple[str, str, str, int, str, float]]:
    """The answers to questions of three words a, b, c: a, b, c, rank, answer, score.

    Raises:
        InputError: every question has an unknown word.
    """
    for ids in _known(vectors, questions):
        found, scores = vectors.analogies(ids, search.num, how.method, search.restrict)
        for (a, b, c), rank, answer, score in _ranked(vectors, ids, found, scores):
            yield a, b, c, rank, answer, score


def similarities(vectors: WordVectors, pairs: Iterable[Question]) -> Iterator[tuple[str, str, float | None]]:
    """Each pair of words and its cosine, ``None`` where one is unknown.

    Raises:
        InputError: every pair has an unknown word.
    """
    missing = total = 0
    for batch in _batches(pairs):
        scores = vectors.pair_scores([(left, right) for left, right in batch], spell=True)
        missing += int(np.isnan(scores).sum())
        total += len(batch)
        for (left, right), score in zip(batch, scores.tolist(), strict=True):
            yield left, right, None if np.isnan(score) else score
    _report(missing, total, "pair")


def require_known(vectors: WordVectors, words: Iterable[str]) -> None:
    """Refuse unknown words.

    Raises:
        InputError: naming the first one, and known words of a similar spelling.
    """
    for word in words:
        vectors.id_of(word)


def unknown_word(vectors: WordVectors, words: Iterable[str]) -> InputError | None:
    """The error of `require_known`, or ``None`` where all words are known."""
    try:
        require_known(vectors, words)
    except InputError as error:
        return error
    return None


def read_words(file: BinaryIO) -> Iterator[str]:
    """A word a line; blank lines are skipped.

    Raises:
        InputError: there is none, or a line is not UTF-8.
    """
    return (text for _, text in _lines(file))


def read_questions(file: BinaryIO, count: int) -> Iterator[list[str]]:
    """``count`` words a line, separated by TABs or else by spaces; blank lines are skipped.

    Raises:
        InputError: there is none, or a line is not UTF-8 or has another number of words.
    """
    for number, line in _lines(file):
        fields = line.split("\t") if "\t" in line else line.split()
        if len(fields) != count:
            message = f"standard input: line {number}: expected {plural(count, 'word')}, found {len(fields)}"
            raise InputError(message, "correct the line")
        yield fields


def _lines(file: BinaryIO) -> Iterator[tuple[int, str]]:
    empty = True
    for number, line in enumerate(file, 1):
        try:
            text = line.decode().rstrip("\r\n")
        except UnicodeDecodeError as error:
            message = f"standard input: line {number}: not valid UTF-8 at byte {error.start} of the line"
            raise InputError(message, "convert the text to UTF-8 (iconv)") from None
        if text.strip():
            empty = False
            yield number, text
    if empty:
        raise InputError("standard input is empty", "give one question per line")


def _known(vectors: WordVectors, questions: Iterable[Question]) -> Iterator[Ids]:
    """The rows of the questions whose words are all known, a batch at a time; the others are reported."""
    missing = total = 0
    for batch in _batches(questions):
        ids = vectors.rows_of(word for question in batch for word in question).reshape(len(batch), -1)
        known = (ids >= 0).all(axis=1)
        for question, rows in zip(batch, ids.tolist(), strict=True):
            unknown = [word for word, row in zip(question, rows, strict=True) if row < 0]
            if unknown:
                note(f"unknown {'word' if len(unknown) == 1 else 'words'}: {', '.join(unknown)}")
        missing += int((~known).sum())
        total += len(batch)
        if known.any():
            yield ids[known]
    _report(missing, total, "question")


def _report(missing: int, total: int, noun: str) -> None:
    if missing == total:
        message = f"every {noun} contains an unknown word ({missing:,} of {total:,})"
        raise InputError(message, "give other words or other vectors")
    if missing:
        warn(f"no answer for {missing:,} of {plural(total, noun)} (unknown words)")


def _ranked(
    vectors: WordVectors, asked: Ids, found: Ids, scores: Floats
) -> Iterator[tuple[list[str], int, str, float]]:
    """The words of each question, and the rank, word and score of each of its answers."""
    for ids, best, values in zip(asked.tolist(), found.tolist(), scores.tolist(), strict=True):
        question = [vectors.word_at(row) for row in ids]
        for rank, (row, value) in enumerate(zip(best, values, strict=True), 1):
            if row >= 0:
                yield question, rank, vectors.words[row], value


def _batches(items: Iterable[Question]) -> Iterator[list[Question]]:
    left = iter(items)
    while batch := list(islice(left, _BATCH)):
        yield batch
