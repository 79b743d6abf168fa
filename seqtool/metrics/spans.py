"""Spans of words that labels mark: chunks and entities in IOB1, IOB2 or IOBES, as conlleval and seqeval read them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

OUTSIDE = "O"
_LIKE_OUTSIDE = {"-", "0"}  # what some texts write for it
_MARK = "(?P<mark>[BIESLUM])"
_FORMS = tuple(
    map(
        re.compile, (f"{_MARK}-(?P<kind>.+)", f"{_MARK}_(?P<kind>.+)", f"(?P<kind>.+)-{_MARK}", f"(?P<kind>.+)_{_MARK}")
    )
)
_ALONE = ("B", "I", "E", "S", "L", "U", OUTSIDE)
Span = tuple[str, int, int]
"""Type, first word, and the word after the last."""


def find_spans(labels: Sequence[str]) -> list[Span]:
    """The spans of a sentence, in order.

    A span begins at B or S, after E or S, where the type changes, and at I or E after O (which a strict reader would
    not take); it ends before the next one, before O, and after E or S. B, I, E and S alone mark spans of the type _;
    any other label without a dash, such as a part of speech, is a type whose words are inside.
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


def odd_labels(labels: Collection[str]) -> dict[str, str | None]:
    """The labels that do not fit B-X, I-X, O, where some label shows that spans are marked.

    Labels that are all of one other form (PER-B, PER_B, B_PER) are read as the scheme, with - and 0 as O. Where no
    label has a mark, as in parts of speech, - and 0 are odd beside an O only.

    Args:
        labels: all different labels of a text.

    Returns:
        What each odd label is read as; ``None``: as a type of its own.
    """
    found = {form: [label for label in labels if form.fullmatch(label)] for form in _FORMS}
    begun = [form for form in _FORMS if any(_parts(form, label)[0] in "BI" for label in found[form])]
    plain = {label for label in labels if label == OUTSIDE or label in _LIKE_OUTSIDE}
    for form in begun:
        if len(found[form]) + len(plain) == len(labels):
            readings = {label: "-".join(_parts(form, label)) for label in found[form]} | dict.fromkeys(plain, OUTSIDE)
            return {label: reading for label, reading in readings.items() if label != reading}
    if begun or found[_FORMS[0]] or {"B", "I"} <= {*labels}:
        return dict.fromkeys(label for label in labels if label not in _ALONE and label not in found[_FORMS[0]])
    return dict.fromkeys(plain - {OUTSIDE} if OUTSIDE in plain else ())


def _parts(form: re.Pattern[str], label: str) -> tuple[str, str]:
    """Mark and type of a label of the form."""
    match = form.fullmatch(label)
    assert match is not None
    return match["mark"], match["kind"]


def _read(label: str) -> tuple[str, str]:
    """The mark and the type of a label."""
    mark, dash, name = label.partition("-")
    if mark and dash:
        return mark, name
    return (label, "_") if label in _ALONE else ("I", label)
