"""Answers on stdout, character by character: JSON that is JSON, rows that stay rows, columns that are straight."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from seqtool.cli.answer import dumps, print_record, print_rows
from seqtool.corpus.normalize import display_width


def strictly_read(text: str) -> Any:
    """JSON as its standard has it: Python's NaN and Infinity are none."""

    def refused(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refused)


def test_what_is_no_finite_number_is_null_at_any_depth(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"a": math.nan, "b": [math.inf, 1.5, (-math.inf, "NaN")], "c": {"d": {"e": math.nan}}, "f": 2, "g": None}
    expected = {"a": None, "b": [None, 1.5, [None, "NaN"]], "c": {"d": {"e": None}}, "f": 2, "g": None}
    assert strictly_read(dumps(value)) == expected
    print_record(value, "json")
    assert strictly_read(capsys.readouterr().out) == expected
    print_rows(("x", "y"), [(math.nan, 1), (0.25, [math.inf])], "json")
    assert strictly_read(capsys.readouterr().out) == [{"x": None, "y": 1}, {"x": 0.25, "y": [None]}]


def test_a_nested_cell_of_tsv_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(("x",), [([1 / 3, math.nan],), ({"a": 123456.789},)], "tsv")
    cells = capsys.readouterr().out.splitlines()[1:]
    assert [strictly_read(cell) for cell in cells] == [[0.333333, None], {"a": 123457.0}]


@pytest.mark.parametrize("form", ["tsv", "text"])
def test_a_cell_stays_in_its_row_and_column(form: Any, capsys: pytest.CaptureFixture[str]) -> None:
    cells = ["a\rb", "a\nb", "a\tb", "a\r\nb", "a\\rb"]
    print_rows(("w", "n"), [(cell, 1) for cell in cells], form)
    written = capsys.readouterr().out
    assert "\r" not in written
    rows = [line.split("\t" if form == "tsv" else None) for line in written.split("\n")[1:-1]]
    assert rows == [[escaped, "1"] for escaped in (r"a\rb", r"a\nb", r"a\tb", r"a\r\nb", r"a\\rb")]
    print_record({"w": "a\rb"}, form)
    assert capsys.readouterr().out.split() == ["w", r"a\rb"]


WIDTHS = {
    "cat": 3,
    "고양이": 6,
    "ｃａｔ": 6,  # full-width letters
    "ｶﾀ": 2,  # half-width kana
    "é": 1,
    "e\u0301": 1,  # the same with a combining accent
    "\u1112\u1161\u11ab": 2,  # a Hangul syllable in its letters
    "ที่": 1,  # a Thai consonant with a vowel and a tone above it
    "कु": 1,  # a Devanagari consonant with a vowel below it
    "a\u200db": 2,  # a joiner is not seen
    "。": 2,
}


@pytest.mark.parametrize("word", WIDTHS)
def test_a_word_has_the_columns_that_a_terminal_gives_it(word: str) -> None:
    assert display_width(word) == WIDTHS[word]


def test_columns_stand_below_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(("word", "n"), [(word, "|") for word in WIDTHS], "text")
    head, *lines = capsys.readouterr().out.splitlines()
    assert head == "word    n"
    for word, line in zip(WIDTHS, lines, strict=True):
        before = line.removesuffix("|").removeprefix(word)
        assert WIDTHS[word] + len(before) == 6 + 2, word
