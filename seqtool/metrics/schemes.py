"""How labels mark spans: where the mark is in a label, which marks there are, and what is outside of all spans.

    iob1   I in a span; B begins one that follows another of its type (Ramshaw and Marcus 1995)
    iob2   B begins every span, I continues it (CoNLL-2002)
    ioe1, ioe2   the same with E, at the end of spans
    iobes, bmes, bilou, bmewo   B begins, I or M continues, E or L ends a span; S, U or W is one alone

A mark comes before the type (``B-PER``, ``B_PER``) or after it (``PER-B``, ``PER_B``: ``iob2-suffix``), or alone; other
separators (``B:PER``) and small letters (``b-per``) are known where nearly all labels have them.
Labels without marks, such as parts of speech, are ``tags``: each is a type, and a run of it a span.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any, NamedTuple

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
_USUAL_SEPARATORS = "-_"
# Of the words with other labels than O, the share that a form must explain, or a form that is not usual.
_LEAST_SHARE, _LEAST_UNUSUAL_SHARE = 0.5, 0.9


class Form(NamedTuple):
    """Where a label has its mark.

    Attributes:
        separator: a character between the mark and the type; empty: the mark is alone.
        suffix: the mark comes after the type.
        lower: marks are small letters.
    """

    separator: str = "-"
    suffix: bool = False
    lower: bool = False

    def split(self, label: str, marks: str = _ALL) -> tuple[str, str] | None:
        """The mark, as a capital, and the type of a label, ``_`` where marks are alone; ``None``: it has no mark."""
        mark, kind = label, "_"
        if self.separator and self.suffix:
            kind, _, mark = label.rpartition(self.separator)
        elif self.separator:
            mark, _, kind = label.partition(self.separator)
        known = {*(marks.lower() if self.lower else marks)}
        return (mark.upper(), kind) if mark in known and kind else None

    @property
    def is_usual(self) -> bool:
        """Whether texts are often written so; any other form must be sure."""
        return not self.lower and (not self.separator or self.separator in _USUAL_SEPARATORS)


_STANDARD = Form()


@dataclass(frozen=True)
class Scheme:
    """How the labels of a text are read.

    Attributes:
        name: one of `options.SCHEMES`.
        form: of a label that has a mark; ``None``: no label has.
        marks: that are read as such.
        outside: the labels that are outside of all spans.
        breaks: gold spans that do not begin (or end) with the mark which the scheme wants.
    """

    name: str
    form: Form | None
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
        if self.form is None:
            return "I", label
        # A mark without a type, beside labels that have one.
        alone = self.form._replace(separator="")
        return self.form.split(label, self.marks) or alone.split(label, self.marks) or ("I", label)

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
        found: predicted labels, written in the same way.
        wanted: the name of a scheme to take; ``None``: the one that explains most of the labels.
    """
    counts = Counter(chain(chain.from_iterable(gold), chain.from_iterable(found)))
    inner = {label: n for label, n in counts.items() if label != OUTSIDE and label not in LIKE_OUTSIDE}
    if wanted == TAGS:
        return Scheme(TAGS, None, "", frozenset({OUTSIDE}))
    outside = frozenset({OUTSIDE, *LIKE_OUTSIDE})
    if wanted is not None:
        marks = _MARKS[wanted.removesuffix(_SUFFIX)]
        suffix = wanted.endswith(_SUFFIX)
        forms = [form for form in _forms(inner) if not form.separator or form.suffix == suffix]
        return Scheme(wanted, max(forms, key=lambda form: _explained(form, inner, marks)), marks, outside)
    form = _form(inner, len(inner) < len(counts))
    if form is None:
        return Scheme(TAGS, None, "", frozenset({OUTSIDE}) if inner else outside)
    read = Scheme("iob2", form, _ALL, outside)
    name, breaks = _named({read.parts(label)[0] for label in inner if read.parts(label)[1] != label}, gold, read)
    return Scheme(name + (_SUFFIX if form.suffix else ""), form, _ALL, outside, breaks)


def odd_labels(counts: Mapping[str, int], scheme: Scheme) -> dict[str, dict[str, Any]]:
    """The labels that are not ``B-X`` and the like, or ``O``, the most frequent first.

    Returns:
        ``count`` of each, and ``read_as``: what it is read as; ``None``: as a type of its own. Of tags there are none,
        but what others write for O where O is a label too.
    """
    if scheme.name == TAGS:
        looked_for = LIKE_OUTSIDE if OUTSIDE in counts or scheme.outside > {OUTSIDE} else ()
        odd = [label for label in counts if label in looked_for]
    else:
        usual = scheme.form in (_STANDARD, Form(""))
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


def _explained(form: Form, counts: Mapping[str, int], marks: str = _ALL) -> int:
    """The words whose labels are of a form."""
    return sum(n for label, n in counts.items() if form.split(label, marks))


def _forms(labels: Iterable[str]) -> Iterator[Form]:
    """The forms that labels may have, the usual ones first."""
    beside = {character for label in labels if len(label) > 2 for character in (label[1], label[-2])}
    others = sorted(character for character in beside if not character.isalnum())
    separators = [*_USUAL_SEPARATORS, *(character for character in others if character not in _USUAL_SEPARATORS)]
    for lower in (False, True):
        yield from (Form(separator, suffix, lower) for suffix in (False, True) for separator in separators)
        yield Form("", lower=lower)


def _form(counts: Mapping[str, int], some_outside: bool) -> Form | None:
    """The form of most labels, those like O left aside: one that all have, or most, or ``B-X`` where any is so.

    Args:
        counts: of labels.
        some_outside: whether there are labels like O.
    """
    total, best, most = sum(counts.values()), None, 0
    for form in _forms(counts):
        found = [parts for label in counts if (parts := form.split(label))]
        explained = _explained(form, counts)
        if explained > most and _is_sure(form, found, explained / total, some_outside):
            best, most = form, explained
    return best


def _is_sure(form: Form, found: Sequence[tuple[str, str]], share: float, some_outside: bool) -> bool:
    """Whether marks and types are such, and have such a share of the words, that labels have the form.

    Tags such as ``v/b`` and ``i:1`` have a mark by chance: of a form that is not usual the marks are those of one
    scheme, and one type at least has two; or all marks are the same, come first, and other labels are like O.
    """
    marks = {mark for mark, _ in found}
    begun = bool(marks & {"B", "I"})
    if not form.separator:
        return share == 1 and ({"B", "I"} <= marks or {"B", "M"} <= marks)
    if form == _STANDARD:
        return begun or share == 1
    if form.is_usual:
        return begun and share >= _LEAST_SHARE
    paired = len({kind for _, kind in found}) < len(found)
    alike = paired or (len(marks) == 1 and not form.suffix and some_outside)
    known = begun and any(marks <= {*some} for some in (_MARKS.values() if "B" in marks else ["IE"]))
    return known and alike and share >= _LEAST_UNUSUAL_SHARE


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
