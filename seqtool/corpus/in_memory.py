"""Sentences given as Python objects instead of files: strings, or lists of tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from seqtool.errors import UsageError

_BREAKS = "\n\r"


def lines_in_memory(sentences: Iterable[Any], name: str = "sentences") -> list[str]:
    """The lines of a text, a sentence a line.

    Args:
        sentences: strings, each of one line, or sequences of tokens, which are joined by spaces.
        name: what the sentences are called in an error.

    Raises:
        UsageError: a sentence of another type or of several lines, or a token with white space.
    """
    return [line_in_memory(sentence, f"{name}[{number}]") for number, sentence in enumerate(sentences)]


def lines_of_text(text: str) -> list[str]:
    """The lines of a text as those of a file: they end at a newline only, a carriage return before it is dropped."""
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []


def line_in_memory(sentence: Any, name: str = "sentence") -> str:
    """One sentence as a line (see `lines_in_memory`)."""
    if isinstance(sentence, str):
        if any(mark in sentence for mark in _BREAKS):
            raise UsageError(f"{name} contains a line break", "split it into lines")
        return sentence
    if not isinstance(sentence, Sequence):
        raise UsageError(f"{name} is of type {type(sentence).__name__}", "give a str or a list of tokens")
    for token in sentence:
        if not isinstance(token, str):
            raise UsageError(f"{name} contains a token of type {type(token).__name__}", "give tokens of type str")
        if token.split() != [token]:
            raise UsageError(
                f"{name} contains the token {token!r}, which is empty or contains white space", "split it into tokens"
            )
    return " ".join(sentence)
