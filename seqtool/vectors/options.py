"""The options of reading files of vectors and of asking for words."""

from __future__ import annotations

from dataclasses import dataclass

from seqtool.options import option

# What the n-grams of words are made of.
UNITS = ("characters", "jamo")


@dataclass(frozen=True)
class VectorFileOptions:
    """How a file of vectors is read."""

    limit: int | None = option(None, "read the first so many words only (all if left out)", minimum=1)
    errors: str = option(
        "strict",
        "words of a file that are not UTF-8: stop, replace the bytes by U+FFFD, or skip the word; "
        "skip also leaves out words that came before (a fastText .bin: replace stops too, as do repeated words)",
        choices=("strict", "replace", "skip"),
    )


@dataclass(frozen=True)
class SearchOptions:
    """Which words are answers."""

    num: int = option(10, "answers for each question", aliases=("-k",), minimum=1, maximum=10_000)
    restrict: int | None = option(
        None, "answers come from the first so many words only, the most frequent ones (all if left out)", minimum=1
    )


@dataclass(frozen=True)
class AnalogyOptions:
    """How an analogy is solved."""

    method: str = option(
        "add",
        "add: the greatest cosine with b - a + c; mul: the greatest product of cosines with b and c over that with a",
        choices=("add", "mul"),
    )
