"""Schemes of labels: recognised, said, and read as the spans they were made from."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqtool.metrics.labels import measure_spans, quick_span_scores, scheme_note
from seqtool.metrics.options import SCHEMES, LabelScoreOptions
from seqtool.metrics.schemes import odd_labels, recognise
from seqtool.metrics.spans import find_spans

QUICK = LabelScoreOptions(resamples=0)
KIND = st.sampled_from(["PER", "product-name", "work_of_art", "B", "I-E"])
SPANS = st.lists(st.tuples(st.one_of(st.none(), KIND), st.integers(1, 4)), min_size=1, max_size=6)
# First, middle, last and only word of a span.
FULL = {"iobes": "BIES", "bmes": "BMES", "bilou": "BILU", "bmewo": "BMEW", "iob2": "BIIB", "ioe2": "IIEE"}


def labels_of(spans: list[tuple[str | None, int]], marks: str, form: str, outside: str) -> list[str]:
    found = []
    for kind, length in spans:
        used = [marks[3]] if length == 1 else [marks[0], *marks[1] * (length - 2), marks[2]]
        found += [outside if kind is None else form.format(mark, kind) for mark in used]
    return found


def spans_of(spans: list[tuple[str | None, int]]) -> list[tuple[str, int, int]]:
    found, place = [], 0
    for kind, length in spans:
        if kind is not None:
            found.append((kind, place, place + length))
        place += length
    return found


# Every mark and type occurs, so that the labels have one reading only.
EVERY: list[tuple[str | None, int]] = [(kind, n) for kind in ("PER", "LOC") for n in (1, 3)]


@given(
    st.sampled_from(sorted(FULL)),
    st.sampled_from([form for mark in "-_:/." for form in (f"{{0}}{mark}{{1}}", f"{{1}}{mark}{{0}}")]),
    st.sampled_from(["O", "-", "0", "_", "o"]),
    st.booleans(),
    SPANS,
)
def test_spans_are_those_that_the_labels_were_made_from(
    name: str, form: str, outside: str, lower: bool, some: list[tuple[str | None, int]]
) -> None:
    marks = FULL[name].lower() if lower else FULL[name]
    gold = [labels_of(EVERY, marks, form, outside), labels_of(some, marks, form, outside)]
    scheme = recognise(gold)
    assert scheme.name == name + ("-suffix" if form.startswith("{1}") else "")
    assert scheme.breaks == 0
    assert find_spans([scheme.read(label) for label in gold[1]]) == spans_of(some)


@pytest.mark.parametrize(
    ("labels", "name", "breaks"),
    [
        ("I-X I-X O I-X B-X O", "iob1", 0),
        ("X_I X_I O X_I X_B O", "iob1-suffix", 0),
        ("B-X I-X O B-X O", "iob2", 0),
        ("B-X I-X O B-X O I-X", "iob2", 1),
        ("I-X E-X E-X O E-X", "ioe2", 0),
        ("I-X E-X I-X O I-X I-X", "ioe1", 0),
        ("B M M E S", "bmes", 0),
        ("B I O B", "iob2", 0),
        ("NN VB - 0 -LRB- NN-TL JJ-TL", "tags", 0),
        ("NOUN O X VERB I B", "tags", 0),
        ("PER_B PER_I - B-PER", "iob2-suffix", 0),
        ("b-per i-per o b-loc", "iob2", 0),
        ("b-per o o", "iob2", 0),
        ("i-np i-np o i-np b-np", "iob1", 0),
        ("B:PER I:PER O", "iob2", 0),
        ("per/b per/i o", "iob2-suffix", 0),
        ("b i o b", "iob2", 0),
        ("nn:sg nn:pl vb:i vb:b", "tags", 0),
        ("v/b n/b a/i -", "tags", 0),
        ("v/b n/b o", "tags", 0),
        ("s:1 i:1 e:1 s:2 o", "tags", 0),
        ("b/x v/x i/y i/x", "tags", 0),
        ("n v b i o", "tags", 0),
    ],
)
def test_a_scheme_is_recognised_by_its_marks_and_their_order(labels: str, name: str, breaks: int) -> None:
    found = recognise([labels.split()])
    assert (found.name, found.breaks) == (name, breaks)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("B-PER I-PER O", {}),
        ("I-PER O", {}),
        ("B-X M-X E-X S-X O", {}),
        ("B I O", {}),
        ("PER LOC O", {}),
        ("NN VB - 0 -LRB-", {}),
        ("NN VB 0", {}),
        ("B-X I-X S-X L-X O", {"S-X": "S-X"}),
        ("PER_B PER_I -", {"PER_B": "B-PER", "PER_I": "I-PER", "-": "O"}),
        ("PER-B LOC-I O", {"PER-B": "B-PER", "LOC-I": "I-LOC"}),
        ("B_PER O", {"B_PER": "B-PER"}),
        ("B_a_b I_a_b _", {"B_a_b": "B-a_b", "I_a_b": "I-a_b", "_": "O"}),
        ("B-PER 0 O", {"0": "O"}),
        ("B-PER PER-B PERSON O -", {"PER-B": None, "PERSON": None, "-": "O"}),
        ("PER O -", {"-": None}),
        ("B I 0", {"0": "O"}),
        ("B-A-I I-A-I O", {}),
        ("b:X i:X o", {"b:X": "B-X", "i:X": "I-X", "o": "O"}),
        ("b i O", {"b": "B-_", "i": "I-_"}),
    ],
)
def test_labels_that_fit_no_scheme_are_found(labels: str, expected: dict[str, str | None]) -> None:
    counts = Counter(labels.split())
    found = odd_labels(counts, recognise([labels.split()]))
    assert {label: row["read_as"] for label, row in found.items()} == expected


def test_a_scheme_that_is_asked_for_is_taken() -> None:
    gold, found = ["B-I", "I-I", "O", "B-X"], ["B-I", "O", "O", "B-X"]
    kinds = {name: set(measure_spans([(gold, found)], LabelScoreOptions(resamples=0, scheme=name))["labels"])
             for name in ("iob2", "iob2-suffix", "tags")}  # fmt: skip
    assert kinds == {"iob2": {"I", "X"}, "iob2-suffix": {"B", "I", "B-X"}, "tags": {"B-I", "I-I", "B-X"}}
    assert {recognise([gold], wanted=name).name for name in SCHEMES} == {*SCHEMES}
    assert quick_span_scores([(["-", "0"], ["-", "0"])], "tags")["f1"] == 1


def test_a_mark_for_outside_is_no_entity() -> None:
    for mark in ("-", "0", "_"):
        found = measure_spans([(["B-PER", mark, mark, "B-LOC"], ["B-PER", mark, "O", mark])], QUICK)
        assert (found["precision"], found["recall"], {*found["labels"]}) == (1, 0.5, {"PER", "LOC"})
    assert measure_spans([(["-", "-"], ["-", "-"])], QUICK)["labels"] == {}


@pytest.mark.parametrize(("form", "marks"), [("{0}-{1}", "BIES"), ("{1}-{0}", "BIES"), ("{0}:{1}", "bies")])
@given(st.lists(st.lists(st.tuples(SPANS, SPANS), min_size=1, max_size=1), min_size=1, max_size=4))
def test_scores_are_seqevals(
    form: str, marks: str, drawn: list[list[tuple[list[tuple[str | None, int]], ...]]]
) -> None:
    peer = pytest.importorskip("seqeval.metrics.sequence_labeling", reason="seqeval is not installed (make peers)")
    suffix = form.startswith("{1}")
    drawn = [[(EVERY, EVERY)], *drawn]

    def written(marks: str, form: str) -> list[tuple[list[str], list[str]]]:
        pairs = [[labels_of(some, marks, form, "O") for some in pair] for (pair,) in drawn]
        return [(gold[: len(found)], found[: len(gold)]) for gold, found in pairs]

    ours = measure_spans(written(marks, form), QUICK)
    assert ours["scheme"] == ("iobes-suffix" if suffix else "iobes")
    gold, found = zip(*written("BIES", "{1}-{0}" if suffix else "{0}-{1}"), strict=True)
    assert ours["f1"] == pytest.approx(peer.f1_score([*gold], [*found], suffix=suffix, zero_division=0))


def test_marks_of_other_schemes_mean_those_of_iobes() -> None:
    scheme = recognise([["B-X", "I-X", "L-X", "I-X", "U-X", "O"]])
    assert [scheme.read(label) for label in ["B-X", "L-X", "U-X", "O"]] == ["B-X", "E-X", "S-X", "O"]
    assert recognise([["B-X", "M-X", "E-X", "W-X"]]).read("W-X") == "S-X"


def test_marks_alone_are_no_type_that_stands_for_outside() -> None:
    kinds = {"_": 2}
    assert "_ (2)" not in scheme_note("x", "iob2", 0, kinds)
    assert "_ (2)" in scheme_note("x", "tags", 0, kinds)
