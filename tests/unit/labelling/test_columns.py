"""Sentences in columns: blanks around cells, and TABs that begin no column."""

from __future__ import annotations

import pytest

from seqtool.errors import InputError
from seqtool.labelling.tagging.columns import sentences


def words(*lines: str) -> list[list[str]]:
    return [columns for sentence in sentences("t", lines) for columns in sentence.words]


def test_blanks_around_a_cell_are_not_part_of_it() -> None:
    assert words("Ann \tB-PER ", " runs\tO", "New  York\t B-LOC") == [
        ["Ann", "B-PER"],
        ["runs", "O"],
        ["New  York", "B-LOC"],
    ]


def test_a_space_is_a_word_where_characters_are_labelled() -> None:
    assert words("a\tB", " \tO", "\u3000\tO") == [["a", "B"], [" ", "O"], ["\u3000", "O"]]


def test_a_tab_at_the_end_of_lines_begins_no_column() -> None:
    found = next(sentences("t", ["Ann\tB-PER\t", "runs\tO", "far\tO\t \t"]))
    assert found.words == [["Ann", "B-PER"], ["runs", "O"], ["far", "O"]]
    assert found.lines == ["Ann\tB-PER", "runs\tO", "far\tO"]
    assert words("", "Ann\t") == [["Ann"]]


def test_a_column_that_is_empty_in_some_lines_is_one() -> None:
    assert words("The\tDT\t", "", "Ann\tNNP\tPER") == [["The", "DT", ""], ["Ann", "NNP", "PER"]]
    assert words("a\t\tX\t", "b\t\tY\t") == [["a", "", "X"], ["b", "", "Y"]]


def test_lines_of_another_width_are_named() -> None:
    with pytest.raises(InputError, match=r"line 3: expected 2 .* 3"):
        words("a\tX", "b\tX\t", "c\tX\tY")
    with pytest.raises(InputError, match=r"line 2: expected 2 .* 1"):
        words("a\tX\t", "b")


def test_many_blank_lines_come_first() -> None:
    assert words(*[""] * 3000, "a b\tX\t") == [["a b", "X"]]
