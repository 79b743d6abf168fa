"""Words of a pretoken at the word boundaries of Unicode (UAX #29), by two versions of the rules.

Version 2 is the standard without tailoring: its rules WB3c to WB16 as a regular expression over the classes of the
property Word_Break. The others are about white space, which no pretoken contains; a combining mark, joiner or direction
mark after white space is a word of its own, where the standard joins it to the white space.

Version 1 is what `regex` takes for a boundary, before versions were recorded. It keeps an apostrophe with a vowel after
it (``'apple'`` is ``'apple`` and ``'``), and a mark at the beginning with the word after it. Corpora and models made by
it go on reading text by it.

The classes come with the package `regex`, from the Unicode version that it was made for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import cast

from seqtool.errors import InputError

UNKNOWN = "<unk>"


def word_splitter(rules: int) -> Callable[[str], list[str]]:
    """What splits a pretoken into words by a version of the rules; ``<unk>`` stays whole.

    Raises:
        InputError: a version that is not known.
    """
    if rules not in (1, 2):
        raise InputError(f"this version of seqtool does not know version {rules} of the word rules", "upgrade seqtool")
    return _split_by_first_rules if rules == 1 else split_words


def split_words(pretoken: str) -> list[str]:
    """The UAX #29 words of a pretoken without white space; ``<unk>`` stays whole."""
    if not pretoken.isascii():
        return _unicode_word().findall(pretoken)
    return [pretoken] if pretoken.isalpha() or pretoken == UNKNOWN else _ASCII_WORD.findall(pretoken)


def _split_by_first_rules(pretoken: str) -> list[str]:
    if pretoken == UNKNOWN or (pretoken.isascii() and pretoken.isalpha()):
        return [pretoken]
    return [word for word in _first_boundary().split(pretoken) if word]


_ASCII_WORD = re.compile(r"(?:[A-Za-z]+(?:[.:'](?=[A-Za-z]))?|[0-9]+(?:[.,;'](?=[0-9]))?|_)+|.", re.DOTALL)


@cache
def _unicode_word() -> re.Pattern[str]:
    import regex

    hebrew, katakana, digit, joiner = (rf"\p{{WB={name}}}" for name in ("HL", "KA", "NU", "EX"))
    letter, flag, picture = rf"{hebrew}\p{{WB=LE}}", r"\p{WB=RI}", r"\p{ExtPict}"
    marks = r"[\p{WB=Extend}\p{WB=FO}\p{WB=ZWJ}]*+"  # WB4: they belong to what is before them
    between_letters, between_digits = r"[\p{WB=ML}\p{WB=MB}']", r"[\p{WB=MN}\p{WB=MB}']"
    runs = (
        rf"\p{{WB=LE}}++{marks}(?:{between_letters}{marks}(?=[{letter}]))?",  # WB5 to WB7
        rf"{hebrew}{marks}(?:{between_letters}{marks}(?=[{letter}])|\"{marks}(?={hebrew})|(?!'))",  # WB7b, WB7c
        rf"{digit}++{marks}(?:{between_digits}{marks}(?={digit}))?",  # WB8 to WB12
    )
    run, joiners = rf"(?:{'|'.join(runs)})", rf"(?:{joiner}{marks})"
    kana = rf"(?:{katakana}{marks})++"  # WB13
    last = rf"{run}*+(?:{hebrew}{marks}'{marks})?+"  # WB7a
    word = rf"(?=[{letter}{katakana}{digit}{joiner}]){joiners}*+(?:(?:{run}++|{kana}){joiners}++)*+(?:{kana}|{last})"
    chunk = rf"(?:{word}|{flag}{marks}(?:{flag}{marks})?|.{marks})"  # WB13a to WB16, WB999
    return cast("re.Pattern[str]", regex.compile(rf"(?V1s){chunk}(?:(?<=\u200d)(?={picture}){chunk})*+"))  # WB3c


@cache
def _first_boundary() -> re.Pattern[str]:
    import regex

    return cast("re.Pattern[str]", regex.compile(r"(?V1w)\b"))
