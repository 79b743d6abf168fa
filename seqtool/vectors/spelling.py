"""Known words that are spelled nearly as an unknown one."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Sequence

_NEAR = 0.7


def near_spellings(word: str, words: Sequence[str], most: int = 3) -> list[str]:
    """Up to ``most`` known words: first those that differ in case or Unicode form only, then the most alike.

    Hangul is compared by its letters. To be looked at, a word must begin or end as the unknown one does.
    """
    folded = _folded(word)
    if not folded:
        return []
    same = [other for other in words if len(other) <= 3 * len(word) + 3 and _folded(other) == folded][:most]
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(folded)
    scored = []
    slack = max(1, len(folded) // 4)
    for row, other in enumerate(words):
        letters = _folded(other)
        if abs(len(letters) - len(folded)) > slack or not _alike(letters, folded) or other in same:
            continue
        matcher.set_seq1(letters)
        if matcher.quick_ratio() >= _NEAR:
            ratio = matcher.ratio()
            if ratio >= _NEAR:
                scored.append((-ratio, row))
    return (same + [words[row] for _, row in sorted(scored)])[:most]


def _folded(word: str) -> str:
    return word.casefold() if word.isascii() else unicodedata.normalize("NFD", word).casefold()


def _alike(one: str, other: str) -> bool:
    return one[:1] == other[:1] or one[-2:] == other[-2:]
