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
