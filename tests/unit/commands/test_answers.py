"""What answers look like in a notebook."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from seqtool.commands.answers import Items, Lines, Made, Record, Table
from seqtool.errors import InputError


def test_a_record_is_a_mapping_and_shows_its_values() -> None:
    record = Record({"perplexity": 12.3456789, "data": "<test>", "none": None})
    assert record["data"] == "<test>"
    assert repr(record) == "perplexity  12.3457\ndata        <test>\nnone"
    assert "<td>&lt;test&gt;</td>" in record._repr_html_()


def test_a_table_is_a_sequence_of_rows() -> None:
    table = Table(("word", "n"), iter([("a", 1), ("<b>", 2), ("c", 3)]))
    assert (len(table), table[1], table[-1]["n"]) == (3, {"word": "<b>", "n": 2}, 3)
    assert [row["word"] for row in table[:2]] == ["a", "<b>"]
    assert repr(table) == "word  n\na     1\n<b>   2\nc     3"
    assert "&lt;b&gt;" in table._repr_html_()


def test_a_long_table_says_how_much_it_does_not_show() -> None:
    table = Table(("n",), [(n,) for n in range(1060)])
    assert repr(table).endswith("… and 1,000 more rows")
    assert "1,000 more rows" in table._repr_html_()


def test_what_was_made_says_so_and_is_a_path() -> None:
    made = Made({"model": "m.lm", "loss": 1.5})
    assert repr(made).splitlines()[0] == "wrote m.lm"
    assert Path(made) == made.path == Path("m.lm")
    assert Made({"model": "m.lm"}, written=False).outcome == "m.lm is up to date"
    assert Made({"model": "m.lm"}, finished=False).outcome.startswith("m.lm is unfinished")


def test_a_row_that_is_not_shown_is_counted_in_the_singular() -> None:
    assert repr(Table(["n"], [[i] for i in range(61)])).endswith("1 more row")
    assert repr(Table(["n"], [[i] for i in range(62)])).endswith("2 more rows")


def test_lines_are_a_sequence_of_strings() -> None:
    lines = Lines(iter(["one", "two & three"]))
    assert (len(lines), lines[0], list(lines)) == (2, "one", ["one", "two & three"])
    assert "two &amp; three" in lines._repr_html_()


def test_answers_become_data_frames() -> None:
    pytest.importorskip("pandas")
    assert Table(("word", "n"), [("a", 1), ("b", 2)]).to_pandas()["n"].tolist() == [1, 2]
    frame = Record({"perplexity": 2.0, "splits": {"train": [0, 3]}}).to_pandas()
    assert frame.shape == (1, 2)
    assert frame["splits"][0] == {"train": [0, 3]}
    assert Lines(["a", "b"]).to_pandas()["line"].tolist() == ["a", "b"]
    assert Lines(["a"], table=Table(("text",), [("b",)])).to_pandas()["text"].tolist() == ["b"]


def shared_lines() -> Lines:
    found = Items(iter(["a", "b"]))
    table = Table(("number", "text"), ((number, text) for number, text in enumerate(found, 1)))
    return Lines(map(str.upper, found), table=table, native=map(repr, found), items=found)


def test_lines_table_and_native_form_of_one_iterator_are_all_complete() -> None:
    lines = shared_lines()
    lines.complete()
    assert list(lines) == ["A", "B"]
    assert lines.table is not None
    assert lines.table.rows == [(1, "a"), (2, "b")]
    assert lines.native == ["'a'", "'b'"]


def test_a_line_is_there_before_the_next_one_is_asked_for() -> None:
    asked = []

    def items() -> Iterator[str]:
        for text in ("a", "b"):
            asked.append(text)
            yield text

    stream = Lines(map(str.upper, found := Items(items())), items=found).stream()
    assert (next(stream), asked) == ("A", ["a"])


def test_lines_with_a_table_become_a_data_frame_of_the_table() -> None:
    pytest.importorskip("pandas")
    lines = shared_lines()
    lines.complete()
    assert lines.to_pandas().values.tolist() == [[1, "a"], [2, "b"]]


def test_without_pandas_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match="pandas"):
        Record({"a": 1}).to_pandas()
