"""Rows with too many or too few cells, and missing cells."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from seqtool.corpus.options import SourceOptions
from seqtool.corpus.reading.sources import lines, open_sources
from seqtool.corpus.reading.tables.kinds import RaggedRowError
from seqtool.labelling.classification.texts import read_labels
from seqtool.labelling.options import LabelledTexts


def counted(path: Path, column: str | None = None, **options: Any) -> tuple[list[str], dict[str, int]]:
    """The lines of a column, and what was changed."""
    sources, counts = SourceOptions(column=column, **options), Counter[str]()
    found = list(lines(open_sources([str(path)], sources), sources, counts))
    return found, {key: count for key, count in counts.items() if count}


def refused(path: Path, column: str | None, **options: Any) -> RaggedRowError:
    """The error of a table with a ragged row."""
    with pytest.raises(RaggedRowError) as caught:
        counted(path, column, **options)
    assert caught.value.remedy is not None
    return caught.value


@pytest.mark.parametrize("column", ["label", "text", "0", "1"])
@pytest.mark.parametrize(
    ("suffix", "content", "line", "found"),
    [
        ("csv", "label,text\n1,good film\n0,bad, really bad\n1,fine\n", 3, 3),
        ("csv", "label,text\n1,good film\n0\n1,fine\n", 3, 1),
        ("csv", "label,text\n1,good film\n1,fine,\n", 3, 3),
        ("csv", 'label,text\n1,"a\n\nb"\n\n0,"x\ny", z\n1,fine\n', 6, 3),
        ("csv", 'label,text\n"1","a"\n0,"x, y"\n1\n', 4, 1),
        ("tsv", "label\ttext\n1\tgood film\n0\tbad\tfilm really\n1\tfine\n", 3, 3),
        ("tsv", "label\ttext\n\n1\tgood film\nbad\n", 4, 1),
        ("tsv", 'label\ttext\r\n1\t"good\r\n0\tba"d\t\r\n', 3, 3),
        ("txt", "label\ttext\n1\tgood\tfilm\n", 2, 3),
    ],
)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
def test_a_row_of_another_width_names_its_line(
    tmp_path: Path, column: str, suffix: str, content: str, line: int, found: int, packed: bool
) -> None:
    path = tmp_path / (f"t.{suffix}.gz" if packed else f"t.{suffix}")
    path.write_bytes(gzip.compress(content.encode()) if packed else content.encode())
    error = refused(path, column)
    assert error.line == line
    for words in (f"{path}: line {line}:", "expected 2 cells", f"found {found}"):
        assert words in str(error)


def test_the_first_row_that_is_not_blank_counts_where_there_is_no_header(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("\nneg\tbad\nneg\ta\tb\n")
    assert refused(path, "0").line == 3
    path.write_text("\nneg\tbad\n\n  \npos\tgood\n")
    assert counted(path, "1") == (["", "bad", "", "", "good"], {"nulls": 3})
    assert counted(path, "0") == (["", "neg", "", "  ", "pos"], {})


def test_a_table_of_one_column_has_one_cell_a_row(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("text\nHello\n\nHello, world\n")
    error = refused(path, None)
    assert (error.line, "expected 1 cell " in error.message) == (4, True)
    path.write_text('text\nHello\n\n"Hello, world"\n')
    assert counted(path) == (["Hello", "", "Hello, world"], {"nulls": 1})


def test_a_ragged_row_far_into_a_file_and_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("label,text\n" + '1,"좋은\n영화"\n' * 200_000 + "0,나쁜,영화\n", encoding="cp949")
    assert refused(path, "text", encoding="cp949").line == 400_002


def test_a_tolerant_source_leaves_ragged_rows_out_and_counts_them(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("label\ttext\n1\ta\n0\tb\tc\n1\n1\td\n")
    (source,) = open_sources([str(path)], SourceOptions())
    source.tolerant = True
    assert b"".join(block.data for block in source.blocks()) == b"a\nd\n"
    assert source.first_bad_row is not None
    assert (source.bad_rows, source.first_bad_row.line, source.counts["nulls"]) == (2, 3, 0)


MISSING = [("pos", "a"), ("neg", float("nan")), (float("nan"), "c"), (None, None), ("nan", "nan")]


def test_nan_in_json_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps({"label": y, "text": x}) + "\n" for y, x in MISSING))
    assert path.read_text().count("NaN") == 2
    assert counted(path) == (["a", "", "c", "", "nan"], {"nulls": 2})
    assert read_labels(str(path), "label", LabelledTexts(), SourceOptions()) == ["pos", "neg", None, None, "nan"]
    path.write_text('["a", NaN]\n["b", 1]\n')
    assert counted(path, "1") == (["", "1"], {"nulls": 1})


def test_nan_in_parquet_is_missing(tmp_path: Path) -> None:
    import numpy as np
    import pyarrow as pa
    from pyarrow import parquet

    path, floats = tmp_path / "t.parquet", [1.5, float("nan"), None]
    table = {"text": ["a", None, "nan"], "label": floats}
    table |= {str(kind): pa.array(np.array([1.5, np.nan, np.nan], kind)) for kind in ("float16", "float32")}
    parquet.write_table(pa.table(table), path)
    assert counted(path) == (["a", "", "nan"], {"nulls": 1})
    assert read_labels(str(path), "label", LabelledTexts(), SourceOptions()) == ["1.5", None, None]
    for column in ("label", "float16", "float32"):
        assert counted(path, column) == (["1.5", "", ""], {"nulls": 2})


def test_nan_in_a_data_set_is_missing(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    datasets.Dataset.from_dict({"text": ["a", None], "label": [1.5, float("nan")]}).save_to_disk(tmp_path / "saved")
    assert counted(tmp_path / "saved") == (["a", ""], {"nulls": 1})
    assert counted(tmp_path / "saved", "label") == (["1.5", ""], {"nulls": 1})


def test_na_and_nan_in_a_text_table_are_words(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("label,text\n1,NA\n0,null\n1,nan\n0,NaN\n0,\n")
    assert counted(path) == (["NA", "null", "nan", "NaN", ""], {"missing_words": 4})


def test_a_line_end_in_a_json_cell_is_one_space_however_it_is_written(tmp_path: Path) -> None:
    cells = ["a\r\nb", "c\nd", "e\r\n\r\nf", "g", "\r\n", "h\n", "i\r\n"]
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps({"text": cell, "n": i}) + "\n" for i, cell in enumerate(cells)))
    found, changes = counted(path, "text")
    assert found == ["a b", "c d", "e  f", "g", " ", "h ", "i "]
    assert changes == {"breaks": 7}
    path.write_text(json.dumps([{"text": cell} for cell in cells], indent=1))
    assert counted(path, "text") == (found, changes)


def test_characters_that_json_can_hold_and_a_text_cannot_are_counted(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"text": "\\ud800 x\\udfff"}\n{"text": "a\\u0000b"}\n')
    opened, counts = open_sources([str(tmp_path / "t.jsonl")], SourceOptions()), Counter[str]()
    assert list(lines(opened, SourceOptions(), counts)) == ["? x?", "a\0b"]
    assert (counts["surrogates"], counts["nul"]) == (2, 1)
