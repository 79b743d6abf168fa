"""Which columns of a table of word pairs are the two words and the score, found from what is in them and their names.

Files of pairs are published with an id before the words (SCWS, JWSAN), a part of speech behind each word or behind both
(SCWS, SimLex-999), the contexts of the words (SCWS), the ratings of each person behind or before their mean, and
further numbers. A column of ids, tags or contexts is never one of the words, and a running number is not the score.

Shapes: R rows of cells, as many in each as its line has.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Sequence

from seqtool.errors import UsageError

Columns = tuple[int, int, int]
Rows = Sequence[Sequence[str]]

# Fewer rows cannot tell an id from a word.
_FEWEST_IDS = 3
_MOST_TAGS, _FEWEST_TAGGED = 10, 40
_ID = re.compile(r"[A-Za-z]{0,10}[-_#:.]?\d+")
_TAG = re.compile(
    "[a-z]|noun|verb|adj|adv|adjective|adverb|nn[ps]*|vb[dgnpz]?|jj[rs]?|rb[rs]?|nomen|명사|동사|형용사|부사|名詞|動詞|形容詞|副詞",
    re.IGNORECASE,
)
_SENTENCE_SPACES = 3
_ORDINALS = (("1", "2"), ("a", "b"), ("one", "two"), ("first", "second"))
_WORD_NAME = re.compile("word|wort|mot|palabra|parola|lemma|term|target|단어|낱말|単語|单词|слово|w$")
_NO_WORD_NAME = re.compile("pos|tag|context|sent|id$|conc|freq|count")
_SCORE_NAME = re.compile("score|sim|relat|rating|mean|average|avg|gold|human|judg|유사|점수|평균|類似|平均")
_NO_SCORE_NAME = re.compile(r"\b(sd|std|conc|rank|freq|count)|assoc")
_ID_NAME = re.compile("(pair)?(id|idx|index|no|nr|num|number|번호)?")


def find_columns(rows: Rows, names: Sequence[str], number: Callable[[str], float | None]) -> Columns | None:
    """The columns of the words and of the score; ``None`` where more than one choice is as good.

    Args:
        rows: those that have two words and a number.
        names: the header's, or none.
        number: what a cell is as a number.
    """
    width = max(map(len, rows))
    cells = [[row[column] for row in rows if column < len(row)] for column in range(width)]
    values = [[value for cell in some if (value := number(cell)) is not None] for some in cells]
    numeric = [column for column in range(width) if 2 * len(values[column]) > len(rows)]
    numeric = numeric or [column for column in range(width) if values[column]][:1]
    text = [c for c in range(width) if c not in numeric and 2 * sum(map(bool, cells[c])) > len(rows)]
    tidy = [re.sub(r"[\s_#.-]", "", name.casefold()) for name in names] + [""] * (width - len(names))
    words = _named_words(text, tidy) or _words(text, numeric, cells)
    if words is None:
        return None
    score = _score(words, numeric, values, tidy)
    return None if score is None else (*words, score)


def _named_words(text: Sequence[int], names: Sequence[str]) -> tuple[int, int] | None:
    """The columns called ``word1`` and ``word2``, or ``ENG 1`` and ``ENG 2``, where there is one such pair."""
    found = []
    for first in text:
        for one, two in _ORDINALS:
            stem = names[first].removesuffix(one)
            if stem == names[first] or _NO_WORD_NAME.search(stem):
                continue
            found += [(stem, first, second) for second in text if names[second] == stem + two]
    usual = [pair for pair in found if _WORD_NAME.search(pair[0])] or found
    return usual[0][1:] if len(usual) == 1 else None


def _words(text: list[int], numeric: Sequence[int], cells: Sequence[Sequence[str]]) -> tuple[int, int] | None:
    if len(text) == 2 and [_are_ids(cells[column]) for column in text].count(True) == 1:
        return None
    for kind in (_are_ids, _are_tags, _are_sentences, _are_classes):
        left = [column for column in text if not kind(cells[column])]
        if len(text) > 2 and len(left) >= 2:
            text = left
    if len(text) < 2:
        return None
    behind = [column for column in numeric if column > text[1]]
    if len(text) > 2 and not (behind and behind[0] < text[2]):
        return None
    return text[0], text[1]


def _are_ids(cells: Sequence[str]) -> bool:
    different = len(set(cells)) == len(cells) >= _FEWEST_IDS
    return different and all(map(_ID.fullmatch, cells))


def _are_tags(cells: Sequence[str]) -> bool:
    return 2 * sum(_TAG.fullmatch(cell) is not None for cell in cells) > len(cells)


def _are_sentences(cells: Sequence[str]) -> bool:
    return 2 * sum(cell.count(" ") >= _SENTENCE_SPACES for cell in cells) > len(cells)


def _are_classes(cells: Sequence[str]) -> bool:
    return len(set(cells)) <= _MOST_TAGS and len(cells) >= _FEWEST_TAGGED


def _score(
    words: tuple[int, int], numeric: Sequence[int], values: Sequence[Sequence[float]], names: Sequence[str]
) -> int | None:
    """The column called a score; else the mean of the others; else the first number behind the words."""
    unnumbered = [
        column
        for column in numeric
        if not (_counts_up(values[column]) and (len(numeric) > 1 or column < words[0]))
        and not (names[column] and _ID_NAME.fullmatch(names[column]))
    ]
    named = [c for c in unnumbered if _SCORE_NAME.search(names[c]) and not _NO_SCORE_NAME.search(names[c])]
    behind = [column for column in unnumbered if column > words[1]]
    if named:
        return named[0]
    if behind:
        means = [column for column in behind if _is_mean(column, behind, values)]
        return means[0] if len(means) == 1 else behind[0]
    return unnumbered[0] if len(unnumbered) == 1 else None


def _counts_up(values: Sequence[float]) -> bool:
    return len(values) >= _FEWEST_IDS and all(after - before == 1 for before, after in itertools.pairwise(values))


def _is_mean(column: int, numeric: Sequence[int], values: Sequence[Sequence[float]]) -> bool:
    """Whether a column is the mean, within what rounding takes, of at least two others."""
    others = [values[other] for other in numeric if other != column]
    if len(others) < 2 or any(len(other) != len(values[column]) for other in others):
        return False
    means = [sum(row) / len(row) for row in zip(*others, strict=True)]
    return all(math.isclose(a, b, abs_tol=0.051) for a, b in zip(means, values[column], strict=True))


def asked_columns(asked: str) -> tuple[str, str, str]:
    """``"1,2,5"`` or ``"word1,word2,score"`` → the three.

    Raises:
        UsageError: they are not three, or not different.
    """
    parts = tuple(part.strip() for part in asked.split(","))
    if len(parts) != 3 or len(set(parts)) < 3 or not all(parts):
        raise UsageError(
            f"--columns {asked}: expected three different columns",
            "give the columns of the two words and the score, for example 1,2,5 (from 0) or word1,word2,score",
        )
    return parts


def placed(asked: Sequence[str], names: Sequence[str]) -> Columns | None:
    """The places of columns given by their names in a first line, or by their numbers; ``None`` where one has none."""
    folded = [name.casefold() for name in names]
    places = [
        int(part) if part.isdecimal() else folded.index(part.casefold()) if part.casefold() in folded else -1
        for part in asked
    ]
    return None if min(places) < 0 else (places[0], places[1], places[2])
