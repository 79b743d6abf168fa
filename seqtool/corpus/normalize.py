"""Text → text: Unicode form, case, digits.

The form is applied to whole blocks of lines, before anything is split: NFKC turns some characters into several with a
space among them. Case and digits are applied to pieces between white space, each distinct piece once, which gives the
same text, because neither rule looks across white space.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from typing import Literal, cast

from seqtool.corpus.options import PreprocessOptions

_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"\d+")

Form = Literal["NFC", "NFD", "NFKC"]
_FORMS: tuple[Form, ...] = ("NFC", "NFD", "NFKC")


class Normalizer:
    """The normalisation that ``options`` ask for.

    ``normalizer(text)`` is ``normalizer.fold(normalizer.compose(text))``.
    """

    def __init__(self, options: PreprocessOptions) -> None:
        self.form = None if options.normalize == "none" else cast(Form, options.normalize.upper())
        self.lower = options.lower
        self.digits = options.digits

    def __call__(self, text: str) -> str:
        """The normalised text."""
        return self.fold(self.compose(text))

    @property
    def folds(self) -> bool:
        """Whether `fold` can change a text."""
        return self.lower or self.digits != "keep"

    def compose(self, text: str) -> str:
        """The text in the Unicode form."""
        return in_form(text, self.form) if self.form else text

    def fold(self, text: str) -> str:
        """The text with case and digits folded."""
        if self.lower:
            text = text.lower()
        if self.digits == "zero":
            return _DIGIT.sub("0", text)
        return _NUMBER.sub("N", text) if self.digits == "number" else text


def display_width(text: str) -> int:
    """Columns on a terminal; Hangul, kana and ideographs take two, marks and the later letters of a syllable none."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf") or "\u1160" <= character <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def spelling_in(known: Container[str], word: str) -> str | None:
    """A word as ``known`` spells it: as it is typed, else composed, decomposed or in compatibility form, else None.

    Texts and file names of macOS are decomposed (NFD), most others composed (NFC): to the eye they are the same word.
    """
    if word in known:
        return word
    if word.isascii():
        return None
    return next((form for form in spellings(word) if form in known), None)


def spellings(text: str) -> list[str]:
    """A text composed, decomposed and in compatibility form."""
    return [in_form(text, form) for form in _FORMS]


def in_form(text: str, form: Form) -> str:
    """``text`` in a Unicode normalisation form; the same object where it is so already."""
    return text if unicodedata.is_normalized(form, text) else unicodedata.normalize(form, text)
