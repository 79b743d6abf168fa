"""What may follow what, by the rules of IOB2 and IOBES, and by what a text does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seqtool.labelling.tagging.schemes import allowed_pairs, given_labels, is_iob2, marks_spans, trained_labels


def pairs(labels: list[str], seen: list[list[int]] | None = None) -> set[str]:
    """The pairs that are not allowed, ``^`` for the beginning, ``$`` for the end."""
    allowed = allowed_pairs(labels, seen or [])
    return {
        f"{[*labels, '^', '$'][i]} {labels[j]}"
        for i in range(len(labels) + 2)
        for j in range(len(labels))
        if not allowed[i, j]
    }


def test_iob2() -> None:
    assert pairs(["O", "B-X", "I-X", "I-Y"]) == {"O I-X", "O I-Y", "^ I-X", "^ I-Y", "B-X I-Y", "I-X I-Y", "I-Y I-X"}


def test_iobes_begins_and_ends() -> None:
    assert pairs(["O", "B-X", "E-X"]) == {"O E-X", "^ E-X", "B-X O", "B-X B-X", "E-X E-X", "$ B-X"}


def test_what_the_text_does_is_allowed() -> None:
    assert pairs(["O", "I-X"]) == {"O I-X", "^ I-X"}
    assert pairs(["O", "I-X"], [[1], [0, 1]]) == set()


def test_parts_of_speech_follow_freely() -> None:
    assert pairs(["NOUN", "VERB", "I"]) == set()
    assert not marks_spans(["O"])
    assert marks_spans(["O", "S-PER"])
    assert not marks_spans(["B-X", "NN"])


def test_iobes_tells_ends_and_single_words() -> None:
    iob2 = ["B-X", "I-X", "I-X", "B-X", "O", "B-Y", "B-X"]
    assert " ".join(trained_labels(iob2, "iobes")) == "B-X I-X E-X S-X O S-Y S-X"
    assert trained_labels(iob2, "given") == iob2


@given(st.lists(st.sampled_from(["O", "B-X", "I-X", "B-Y", "I-Y"]), min_size=1))
def test_iobes_is_turned_back(labels: list[str]) -> None:
    if is_iob2(labels):
        assert given_labels(trained_labels(labels, "iobes"), "iobes") == labels


def test_what_iob2_is() -> None:
    assert is_iob2(["O", "B-X", "I-X", "B-X"])
    assert not any(map(is_iob2, (["I-X"], ["B-X", "I-Y"], ["NN"], ["S-X"])))
