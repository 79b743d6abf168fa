"""Tables as usual writers write them come back equal or are refused; damaged rows are counted."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from table_columns import read_column

from seqtool.errors import InputError

Row = tuple[str, str]
Writer = Callable[[Path, list[Row]], None]

# Few characters, so that quotation marks, separators and line ends meet.
TEXTS = st.text(st.sampled_from("ab \",;\t|\n'좋é"), max_size=6)
WORDS = st.text(st.sampled_from('ab ",;|좋'), min_size=1, max_size=6).filter(str.strip)
ROWS = st.lists(st.tuples(st.sampled_from(("pos", "neg", "1")), TEXTS), max_size=8)


def written(rows: list[Row], delimiter: str, quoting: int = csv.QUOTE_MINIMAL, sep_line: bool = False) -> str:
    out = io.StringIO()
    out.write(f"sep={delimiter}\n" if sep_line else "")
    csv.writer(out, delimiter=delimiter, lineterminator="\n", quoting=quoting).writerows([("label", "text"), *rows])  # type: ignore[arg-type]
    return out.getvalue()


def as_jsonl(rows: list[Row]) -> str:
    return "".join(json.dumps({"label": y, "text": x}, ensure_ascii=False) + "\n" for y, x in rows)


def as_array(rows: list[Row], indent: int | None = None) -> str:
    return json.dumps([{"label": y, "text": x} for y, x in rows], indent=indent)


def as_objects(rows: list[Row]) -> str:
    return "\n".join(json.dumps({"label": y, "text": x}, indent=2) for y, x in rows)


FORMATS: dict[str, tuple[str, Callable[[list[Row]], str]]] = {
    "csv": ("csv", lambda rows: written(rows, ",")),
    "semicolons": ("csv", lambda rows: written(rows, ";")),
    "sep line": ("csv", lambda rows: written(rows, "|", sep_line=True)),
    "all quoted": ("csv", lambda rows: written(rows, ",", csv.QUOTE_ALL)),
    "pandas tsv": ("tsv", lambda rows: written(rows, "\t")),
    "quoted tsv": ("tsv", lambda rows: written(rows, "\t", csv.QUOTE_ALL)),
    "jsonl": ("jsonl", as_jsonl),
    "array": ("json", as_array),
    "pretty array": ("json", lambda rows: as_array(rows, 2)),
    "pretty objects": ("json", as_objects),
}


def one_line(text: str) -> str:
    return text.replace("\n", " ")


@pytest.mark.parametrize("name", FORMATS)
@given(rows=ROWS)
@settings(max_examples=150, deadline=None)
def test_a_table_comes_back_equal_or_is_refused(name: str, rows: list[Row]) -> None:
    suffix, write = FORMATS[name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"t.{suffix}"
        path.write_text(write(rows), encoding="utf-8", newline="")
        refused = None
        try:
            texts, counts = read_column(path, "text")
            labels, _ = read_column(path, "label")
        except InputError as error:
            refused = error
    if refused is not None:
        assert not rows or name == "pandas tsv", refused
        return
    assert labels == [label for label, _ in rows]
    assert texts == [one_line(text) for _, text in rows]
    assert counts.get("breaks", 0) == sum(text.count("\n") for _, text in rows)


@given(rows=ROWS.filter(bool))
@settings(max_examples=30, deadline=None)
def test_parquet_comes_back_equal(rows: list[Row]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        parquet.write_table(pa.table({"label": [y for y, _ in rows], "text": [x for _, x in rows]}), path)
        assert read_column(path)[0] == [one_line(text) for _, text in rows]


@pytest.mark.parametrize(("suffix", "delimiter"), [("csv", ","), ("tsv", "\t")])
@given(rows=st.lists(st.tuples(WORDS, WORDS, st.sampled_from(("", "less", "more", "end"))), min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_rows_are_kept_or_counted(suffix: str, delimiter: str, rows: list[tuple[str, str, str]]) -> None:
    cells = {"": lambda a, b: (a, b), "less": lambda a, b: (a,), "more": lambda a, b: (a, b, a)}
    out = io.StringIO()
    quoting = csv.QUOTE_MINIMAL if suffix == "csv" else csv.QUOTE_NONE
    options = {"quotechar": None} if suffix == "tsv" else {}
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n", quoting=quoting, **options)  # type: ignore[arg-type]
    writer.writerow(("label", "text"))
    rows = [("good", "row", ""), *rows]
    for a, b, damage in rows:
        writer.writerow((a, b, "") if damage == "end" else cells[damage](a, b))
    how = {"bad_rows": "skip", "quoting": "csv" if suffix == "csv" else "none", "separator": delimiter}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"t.{suffix}"
        path.write_text(out.getvalue(), encoding="utf-8", newline="")
        texts, counts = read_column(path, "text", **how)
        labels, _ = read_column(path, "label", **how)
    kept = [(a, b) for a, b, damage in rows if not damage]
    assert list(zip(labels, texts, strict=True)) == kept
    assert len(texts) + counts.get("bad_rows", 0) == len(rows)
