"""Spans of words that labels mark: chunks and entities in IOB1, IOB2 or IOBES, as conlleval and seqeval read them."""

from __future__ import annotations

from collections.abc import Sequence

OUTSIDE = "O"
_ALONE = ("B", "I", "E", "S", "L", "U", OUTSIDE)
Span = tuple[str, int, int]
"""Type, first word, and the word after the last."""


def find_spans(labels: Sequence[str]) -> list[Span]:
    """The spans of a sentence, in order.

    A span begins at B or S, after E or S, where the type changes, and at I or E after O (which a strict reader would
    not take); it ends before the next one, before O, and after E or S. B, I, E and S alone mark spans of the type _;
    any other label without a dash, such as a part of speech, is a type whose words are inside. `schemes` makes such
    labels of those that are written otherwise.
    """
    found: list[Span] = []
    kind, first, before = "", -1, OUTSIDE
    for place, label in enumerate([*labels, OUTSIDE]):
        mark, name = _read(label)
        begins = mark != OUTSIDE and (mark in "BSU" or first < 0 or name != kind or before in "ESLU")
        if first >= 0 and (mark == OUTSIDE or begins):
            found.append((kind, first, place))
            first = -1
        if begins:
            kind, first = name, place
        before = mark
    return found


def _read(label: str) -> tuple[str, str]:
    """The mark and the type of a label."""
    mark, dash, name = label.partition("-")
    if mark and dash:
        return mark, name
    return (label, "_") if label in _ALONE else ("I", label)
