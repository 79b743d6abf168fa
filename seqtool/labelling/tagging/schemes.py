"""Which label may follow which, where labels mark spans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

OUTSIDE = "O"
_MARKS = "BIESLU"
_INSIDE, _OPEN = "IEL", "BI"


def marks_spans(labels: Sequence[str]) -> bool:
    """Whether all labels are O, or B-X, I-X and the like."""
    return all(label == OUTSIDE or (label[:1] in _MARKS and label[1:2] == "-") for label in labels) and any(
        label != OUTSIDE for label in labels
    )


def trained_labels(labels: Sequence[str], scheme: str) -> list[str]:
    """The labels of a sentence as a model of the scheme learns them: of ``iobes`` E ends a span, S is one alone."""
    if scheme == "given":
        return list(labels)
    found = []
    for label, after in zip(labels, [*labels[1:], OUTSIDE], strict=True):
        goes_on = after == f"I-{label[2:]}"
        mark = {"B": "B" if goes_on else "S", "I": "I" if goes_on else "E"}.get(label[0], label[0])
        found.append(mark + label[1:])
    return found


def given_labels(labels: Sequence[str], scheme: str) -> list[str]:
    """The inverse of `trained_labels`."""
    if scheme == "given":
        return list(labels)
    return [{"S": "B", "E": "I"}.get(label[0], label[0]) + label[1:] for label in labels]


def is_iob2(labels: Sequence[str]) -> bool:
    """Whether every span of a sentence begins with B and goes on with I of its type."""
    return all(
        label == OUTSIDE or label[:2] == "B-" or (label[:2] == "I-" and before in (label, f"B-{label[2:]}"))
        for before, label in pairwise([OUTSIDE, *labels])
    )


def allowed_pairs(labels: Sequence[str], seen: Iterable[Sequence[int]]) -> NDArray[np.bool_]:
    """bool (L + 2, L): whether a label may follow another; the last two rows: whether it may come first, and last.

    What continues a span (I, E, L) follows its beginning or inside only; where spans have ends (E or L), what began
    goes on to one.

    Args:
        labels: L.
        seen: the labels of the training sentences, which are allowed in any case.
    """
    count = len(labels)
    allowed = np.ones((count + 2, count), bool)
    if marks_spans(labels):
        ended = any(label[0] in "EL" for label in labels)
        for i, before in enumerate([*labels, OUTSIDE]):
            for j, after in enumerate(labels):
                allowed[i, j] = _may_follow(before, after, ended)
        allowed[-1] = [not (ended and label[0] in _OPEN) for label in labels]
    for sentence in seen:
        for i, j in pairwise([count, *sentence]):
            allowed[i, j] = True
        allowed[-1, sentence[-1]] = True
    return allowed


def _may_follow(before: str, after: str, ended: bool) -> bool:
    continues = after[0] in _INSIDE and after != OUTSIDE
    is_open = before[0] in _OPEN
    if continues:
        return is_open and before[2:] == after[2:]
    return not (ended and is_open)
