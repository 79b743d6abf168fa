"""How labels mark spans: where the mark is in a label, which marks there are, and what is outside of all spans.

    iob1   I in a span; B begins one that follows another of its type (Ramshaw and Marcus 1995)
    iob2   B begins every span, I continues it (CoNLL-2002)
    ioe1, ioe2   the same with E, at the end of spans
    iobes, bmes, bilou, bmewo   B begins, I or M continues, E or L ends a span; S, U or W is one alone

A mark comes before the type (``B-PER``, ``B_PER``) or after it (``PER-B``, ``PER_B``: ``iob2-suffix``), or alone.
Labels without marks, such as parts of speech, are ``tags``: each is a type, and a run of it a span.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, pairwise
from typing import Any

from seqtool.metrics.spans import OUTSIDE

LIKE_OUTSIDE = ("-", "0", "_", "o")  # what some texts write for O
TAGS, _SUFFIX = "tags", "-suffix"

_MARKS = {
    "iob1": "BI",
    "iob2": "BI",
    "ioe1": "IE",
    "ioe2": "IE",
    "iobes": "BIES",
    "bmes": "BMES",
    "bilou": "BILU",
    "bmewo": "BMEW",
}
_ALL = "BIESLUMW"
_PLAIN = {"M": "I", "L": "E", "U": "S", "W": "S"}  # what a mark of another scheme means in IOBES
_PREFIXES, _SUFFIXES = ("{mark}-{kind}", "{mark}_{kind}"), ("{kind}-{mark}", "{kind}_{mark}")
_ALONE = "{mark}"
_LEAST_SHARE = 0.5  # of the words with other labels than O, that a form without B-X must explain


@dataclass(frozen=True)
class Scheme:
    """How the labels of a text are read.

    Attributes:
        name: one of `options.SCHEMES`.
        form: of a label that has a mark; ``None``: no label has.
        marks: that are heeded.
        outside: the labels that are outside of all spans.
        breaks: gold spans that do not begin (or end) with the mark which the scheme wants.
    """

    name: str
    form: str | None
    marks: str
    outside: frozenset[str]
    breaks: int = 0

    def read(self, label: str) -> str:
        """A label as ``B-X``, ``I-X``, ``E-X``, ``S-X`` or ``O``; one that does not fit is ``I-`` and itself."""
        mark, kind = self.parts(label)
        return mark if mark == OUTSIDE else f"{_PLAIN.get(mark, mark)}-{kind}"

    def parts(self, label: str) -> tuple[str, str]:
        """Mark and type of a label; those of O are O and nothing."""
        if label in self.outside:
            return OUTSIDE, ""
        if self.form is not None and (match := _pattern(self.form, self.marks).fullmatch(label)):
            return match["mark"], match.groupdict().get("kind", "_")
        # A mark without a type, beside labels that have one.
        return (label, "_") if self.form is not None and label in {*self.marks} else ("I", label)

    def fits(self, label: str) -> bool:
        """Whether the label has a mark of the scheme."""
        mark, kind = self.parts(label)
        return mark == OUTSIDE or (kind != label and mark in self.usual_marks)

    @property
    def usual_marks(self) -> str:
        """The marks that the scheme has."""
        return _MARKS.get(self.name.removesuffix(_SUFFIX), "")


def recognise(gold: Sequence[Sequence[str]], found: Sequence[Sequence[str]] = (), wanted: str | None = None) -> Scheme:
    """The scheme of the labels of some sentences.

    Args:
        gold: labels of each sentence; they alone tell iob1 from iob2, and ioe1 from ioe2.
        found: labels that were guessed, which are written in the same way.
        wanted: the name of a scheme to take; ``None``: the one that explains most of the labels.
    """
    counts = Counter(chain(chain.from_iterable(gold), chain.from_iterable(found)))
    inner = {label: n for label, n in counts.items() if label != OUTSIDE and label not in LIKE_OUTSIDE}
    if wanted == TAGS:
        return Scheme(TAGS, None, "", frozenset({OUTSIDE}))
    outside = frozenset({OUTSIDE, *LIKE_OUTSIDE})
    if wanted is not None:
        marks = _MARKS[wanted.removesuffix(_SUFFIX)]
        forms = (*(_SUFFIXES if wanted.endswith(_SUFFIX) else _PREFIXES), _ALONE)
        return Scheme(wanted, max(forms, key=lambda form: _explained(form, inner, marks)), marks, outside)
    form = _form(inner)
    if form is None:
        return Scheme(TAGS, None, "", frozenset({OUTSIDE}) if inner else outside)
    read = Scheme("iob2", form, _ALL, outside)
    name, breaks = _named({read.parts(label)[0] for label in inner if read.parts(label)[1] != label}, gold, read)
    return Scheme(name + (_SUFFIX if form in _SUFFIXES else ""), form, _ALL, outside, breaks)


def odd_labels(counts: Mapping[str, int], scheme: Scheme) -> dict[str, dict[str, Any]]:
    """The labels that are not ``B-X`` and the like, or ``O``, the most frequent first.

    Returns:
        ``count`` of each, and ``read_as``: what it is read as; ``None``: as a type of its own. Of tags there are none,
        but what others write for O where O is a label too.
    """
    if scheme.name == TAGS:
        told = LIKE_OUTSIDE if OUTSIDE in counts or scheme.outside > {OUTSIDE} else ()
        odd = [label for label in counts if label in told]
    else:
        usual = scheme.form in (_PREFIXES[0], _ALONE)
        odd = [
            label
            for label in counts
            if label != OUTSIDE and (label in scheme.outside or not usual or not scheme.fits(label))
        ]
    ordered = sorted(odd, key=lambda label: -counts[label])
    return {label: {"count": counts[label], "read_as": _reading(label, scheme)} for label in ordered}


def _reading(label: str, scheme: Scheme) -> str | None:
    mark, kind = scheme.parts(label)
    return OUTSIDE if mark == OUTSIDE else None if kind == label else f"{mark}-{kind}"


@cache
def _pattern(form: str, marks: str) -> re.Pattern[str]:
    return re.compile(form.format(mark=f"(?P<mark>[{marks}])", kind="(?P<kind>.+)"), re.DOTALL)


def _explained(form: str, counts: Mapping[str, int], marks: str = _ALL) -> int:
    """The words whose labels are of a form."""
    return sum(n for label, n in counts.items() if _pattern(form, marks).fullmatch(label))


def _form(counts: Mapping[str, int]) -> str | None:
    """The form of most labels, those like O left aside: one that all have, or most, or ``B-X`` where any is so."""
    total, best, most = sum(counts.values()), None, 0
    for form in (*_PREFIXES, *_SUFFIXES, _ALONE):
        marks = {match["mark"] for label in counts if (match := _pattern(form, _ALL).fullmatch(label))}
        explained, begun = _explained(form, counts), bool(marks & {"B", "I"})
        if form == _ALONE and explained < total:
            begun = {"B", "I"} <= marks or {"B", "M"} <= marks
        enough = explained == total or explained >= _LEAST_SHARE * total or form == _PREFIXES[0]
        if explained > most and enough and (begun or (form == _PREFIXES[0] and explained == total)):
            best, most = form, explained
    return best


def _named(marks: set[str], gold: Iterable[Sequence[str]], read: Scheme) -> tuple[str, int]:
    """The scheme of the marks that occur, and how many spans of the gold labels break its rule."""
    if marks & {"L", "U"}:
        return "bilou", 0
    if marks & {"M", "W"}:
        return ("bmewo" if "W" in marks else "bmes"), 0
    if "S" in marks or {"B", "E"} <= marks:
        return "iobes", 0
    # What B is to a sentence, E is to it when it is read from its end.
    mark, (first, second) = ("E", ("ioe1", "ioe2")) if "E" in marks else ("B", ("iob1", "iob2"))
    alone, needless = 0, 0
    for sentence in gold:
        labels = [read.read(label) for label in sentence if _reading(label, read) is not None]
        for before, label in pairwise([OUTSIDE, *(reversed(labels) if mark == "E" else labels)]):
            same = label != OUTSIDE and before[1:] == label[1:]
            alone += label[0] == "I" and not same
            needless += label[0] == mark and not same
    return (first, needless) if needless < alone else (second, alone)
