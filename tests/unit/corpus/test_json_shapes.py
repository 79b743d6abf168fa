"""JSON that is not rows: every remedy is followed until the column is read."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from table_columns import read_column

from seqtool.errors import InputError

pandas = pytest.importorskip("pandas")

TEXTS = ["a good film", 'he said "no"', "좋다", "1e5"]
LABELS = ["pos", "neg", "pos", "neg"]
ROWS = [{"label": label, "text": text} for label, text in zip(LABELS, TEXTS, strict=True)]


def remedied(path: Path, column: str = "text") -> tuple[list[str], int]:
    """The cells of a column, and how many remedies had to be followed."""
    for followed in range(4):
        try:
            return read_column(path, column)[0], followed
        except InputError as error:
            remedy = str(error.remedy)
        command = re.search(r"python3 -c .*", remedy, re.DOTALL)
        option = re.search(r"--column (?!one of)(\S+)", remedy)
        if command:
            for made in path.parent.glob("*.rows.jsonl"):
                made.unlink()
            subprocess.run(["bash", "-c", command[0]], check=True, cwd=path.parent)
            (path,) = path.parent.glob("*.rows.jsonl")
        else:
            assert option, remedy
            column = option[1]
    raise AssertionError(remedy)


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("index", [None, list("wxyz")], ids=["numbers", "texts"])
@pytest.mark.parametrize("orient", ["columns", "split", "index", "table", "records"])
def test_every_orient_of_pandas_is_read_or_remedied(
    tmp_path: Path, orient: str, index: list[str] | None, indent: int | None
) -> None:
    path = tmp_path / "a b.json"
    pandas.DataFrame(ROWS, index=index).to_json(path, orient=orient, indent=indent)
    for column, expected in (("text", TEXTS), ("label", LABELS)):
        assert remedied(path, column) == (expected, int(orient != "records"))


def test_the_array_of_arrays_of_pandas_is_read_by_number(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    pandas.DataFrame(ROWS).to_json(path, orient="values")
    with pytest.raises(InputError, match=r"--column .*: 0, 1$"):
        read_column(path)
    assert read_column(path, "1")[0] == TEXTS


def test_a_large_table_on_many_lines_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    pandas.DataFrame(ROWS * 30_000).to_json(path, indent=1)
    assert path.stat().st_size > 4 << 20
    assert remedied(path)[0] == TEXTS * 30_000


@pytest.mark.parametrize(
    ("content", "column"),
    [
        ({"text": TEXTS, "label": LABELS}, "text"),
        ({"text": TEXTS}, "text"),
        ({"texts": TEXTS}, "texts"),
        (
            [{"id": i, "annotations": [{"result": [{"value": {"choices": [t]}}]}]} for i, t in enumerate(TEXTS)],
            "annotations",
        ),
        ({"version": 1, "data": ROWS}, "text"),
        ({"features": [{"name": "text"}], "rows": [{"row_idx": i, "row": row} for i, row in enumerate(ROWS)]}, "text"),
        ([{"id": i, "data": {"text": text}} for i, text in enumerate(TEXTS)], "text"),
        ([{"text": [text]} for text in TEXTS], "text"),
        ([{"text": {"body": text}} for text in TEXTS], "text"),
        ([{"text": [{"body": text}]} for text in TEXTS], "text"),
    ],
)
def test_other_shapes_are_remedied(tmp_path: Path, content: Any, column: str) -> None:
    path = tmp_path / "it's.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert remedied(path, column)[0] == TEXTS


def test_objects_inside_rows_are_no_table(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"doc": {"text": text}}) + "\n" for text in TEXTS))
    assert remedied(path) == (TEXTS, 1)


def test_a_label_inside_an_array_is_asked_for_by_its_own_option(tmp_path: Path) -> None:
    from seqtool.corpus.options import SourceOptions
    from seqtool.labelling.classification.texts import read_labels
    from seqtool.labelling.options import LabelledTexts

    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({**row, "label": [row["label"]]}) + "\n" for row in ROWS))
    with pytest.raises(InputError, match=r"--label-column label\.0"):
        read_labels(str(path), "label", LabelledTexts(), SourceOptions())
    assert read_labels(str(path), "label.0", LabelledTexts(), SourceOptions()) == LABELS


def test_leaving_rows_out_is_no_remedy_where_no_row_has_the_column(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"body": "a"}\n{"body": "b"}\n')
    with pytest.raises(InputError, match="body") as caught:
        read_column(path, bad_rows="skip")
    assert "--bad-rows" not in str(caught.value)


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.txt"])
def test_json_lines_by_another_name_are_no_table(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / name
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    with pytest.raises(InputError, match=r"\.jsonl"):
        read_column(path, "text")
    if name == "a.txt":
        assert len(read_column(path)[0]) == len(ROWS)
        assert ".jsonl" in capsys.readouterr().err
    assert read_column(path.rename(tmp_path / "a.jsonl"))[0] == TEXTS


@pytest.mark.parametrize(
    ("content", "remedy"),
    [("{'text': 'a'}\n", "json.dumps"), ('{"text": "a"},\n{"text": "b"},\n', "comma"), ("text\na\n", "object")],
)
def test_what_is_nearly_json_is_named(tmp_path: Path, content: str, remedy: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(content)
    with pytest.raises(InputError, match=remedy):
        read_column(path)


def test_columns_inside_a_struct_of_parquet_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pandas.DataFrame([{"meta": row} for row in [*ROWS, None]]).to_parquet(path)
    with pytest.raises(InputError, match="meta"):
        read_column(path)
    assert remedied(path, "meta")[0][:2] == LABELS[:2]
    assert read_column(path, "meta.text") == ([*TEXTS, ""], {"nulls": 1})
    with pytest.raises(InputError, match=r"meta\.label"):
        read_column(path, "meta.no")
