"""Separators, quoting and damage of .csv and .tsv; JSON documents; labels and pairs in lines."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from finished import says
from table_columns import read_column

from seqtool.corpus.options import SourceOptions
from seqtool.corpus.reading.tables.dialect import _consistency
from seqtool.corpus.reading.tables.kinds import BadRowError, MissingColumnError, RaggedRowError
from seqtool.errors import InputError, UsageError
from seqtool.labelling.classification.texts import read_labels, resolve_columns
from seqtool.labelling.options import LabelledTexts

PLAIN_QUOTES = [
    '"Hello," she said.',
    'a 5" disk',
    '"Yes"',
    '"I know," he said, "but no."',
    '""twice""',
    '"open',
    'close"',
]


def table(folder: Path, content: str, name: str = "t.tsv") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize("count", range(1, len(PLAIN_QUOTES) + 1))
def test_quotation_marks_in_plain_text_are_kept(tmp_path: Path, count: int) -> None:
    texts = PLAIN_QUOTES[:count]
    path = table(tmp_path, "label\ttext\n" + "".join(f"x\t{text}\n" for text in texts))
    assert read_column(path)[0] == texts


def test_cells_in_quotation_marks_that_need_none_are_kept(tmp_path: Path) -> None:
    path = table(tmp_path, 'en\tde\n"Yes"\tJa\nNo\t"Nein"\n"a\tb"\n')
    assert read_column(path, "de")[0] == ["Ja", '"Nein"', 'b"']


@pytest.mark.parametrize("filler", [0, 20_000], ids=["at once", "far into the file"])
def test_a_tsv_with_quoted_cells_is_read_as_quoted(tmp_path: Path, filler: int) -> None:
    before = "n\tplain text of some length\n" * filler
    path = table(tmp_path, f'label\ttext\n{before}a\t"say ""hi"""\nb\t"two\nlines"\nc\t"a\tb"\n')
    texts, counts = read_column(path)
    assert texts[filler:] == ['say "hi"', "two lines", "a\tb"]
    assert counts == {"breaks": 1}


def test_quoting_that_shows_too_late_is_an_error_that_names_the_option(tmp_path: Path) -> None:
    filler = "n\tplain text of some length\n" * 20_000
    path = table(tmp_path, f'label\ttext\na\t"Yes"\n{filler}b\t"say ""hi"""\n')
    with pytest.raises(InputError, match="--quoting"):
        read_column(path)
    assert read_column(path, quoting="csv")[0][0] == "Yes"
    assert read_column(path, quoting="none")[0][0] == '"Yes"'


def test_a_quoted_tsv_with_a_damaged_row_stays_quoted(tmp_path: Path) -> None:
    path = table(tmp_path, 'label\ttext\na\t"say ""hi"""\nb\tone\ttoo many\nc\t"x\ty"\n')
    with pytest.raises(RaggedRowError) as caught:
        read_column(path)
    assert caught.value.line == 3
    assert read_column(path, bad_rows="skip") == (['say "hi"', "x\ty"], {"bad_rows": 1})


@pytest.mark.parametrize("separator", [";", "\t", "|", ","])
def test_the_separator_of_a_csv_is_found(tmp_path: Path, separator: str) -> None:
    rows = [("label", "text"), ("1", '"a, b; c | d"'), ("0", "fine"), ("1", '"x\ny"')]
    path = table(tmp_path, "".join(f"{separator.join(row)}\n" for row in rows), "t.csv")
    assert read_column(path) == (["a, b; c | d", "fine", "x y"], {"breaks": 1})


def test_a_csv_of_one_column_has_no_other_separator(tmp_path: Path) -> None:
    path = table(tmp_path, "text\nfirst; second\na | b\nfine; too\n", "t.csv")
    assert read_column(path)[0] == ["first; second", "a | b", "fine; too"]


def test_a_first_line_with_sep_names_the_separator(tmp_path: Path) -> None:
    path = table(tmp_path, "sep=;\nlabel;text\n1;a, b\n1;c;d\n", "t.csv")
    with pytest.raises(RaggedRowError) as caught:
        read_column(path)
    assert caught.value.line == 4
    assert read_column(path, bad_rows="skip")[0] == ["a, b"]


@pytest.mark.parametrize(("first", "shown"), [("sep=;", ";"), ("sep=\t", "TAB"), ("sep=,", ",")])
def test_a_separator_that_the_first_line_names_is_reported(
    tmp_path: Path, first: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = first.removeprefix("sep=").join
    path = table(tmp_path, "\n".join([first, cells(["label", "text"]), cells(["1", "a b"])]) + "\n", "t.csv")
    assert read_column(path, "text")[0] == ["a b"]
    assert says(capsys.readouterr().err, str(path), "separator", shown)


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ('[{"text": "a"},\n"stray",\n{"text": "b"}]', 2),
        ('[{"text": "a"},\n["stray"],\n{"text": "b"}]', 2),
        ('{"text": "a"}\n"stray"\n{"text": "b"}\n', 2),
        ('["a",\n{"text": "stray"},\n"b"]', 2),
        ('[["a"],\n"stray",\n["b"]]', 2),
    ],
)
def test_a_row_of_json_of_another_kind_than_the_first_is_a_bad_row(tmp_path: Path, rows: str, line: int) -> None:
    path = table(tmp_path, rows, "t.json")
    column = "0" if rows.startswith("[[") else None
    with pytest.raises(BadRowError) as caught:
        read_column(path, column)
    assert caught.value.line == line
    assert read_column(path, column, bad_rows="skip") == (["a", "b"], {"bad_rows": 1})


def test_a_given_separator_is_used(tmp_path: Path) -> None:
    path = table(tmp_path, "label;x,text\n1;a,b\n", "t.csv")
    assert read_column(path, "x,text", separator=";")[0] == ["a,b"]
    assert read_column(table(tmp_path, "a b\nc d\n", "t.txt"), "1", separator="space")[0] == ["b", "d"]
    with pytest.raises(UsageError, match="--separator"):
        read_column(path, separator=";;")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('label,text\n1,a\n0,"open\n1,b\n1,c\n', 3),
        ('label,text\n"x\ny","open\n1,b\n', 3),
        ('label,text\n1,a\n1,"open', 3),
        ('label,text\n1,"open\n1,b\n1,"c, d"\n', 2),
    ],
)
def test_an_unclosed_quote_is_reported_where_it_was_opened(tmp_path: Path, content: str, line: int) -> None:
    with pytest.raises(InputError, match=rf"line {line}:.*--quoting none"):
        read_column(table(tmp_path, content, "t.csv"), bad_rows="skip")


def test_damaged_quoting_in_one_line_is_a_bad_row(tmp_path: Path) -> None:
    path = table(tmp_path, 'label,text\n1,a\n1,"b"c\n1,d\n', "t.csv")
    with pytest.raises(BadRowError) as caught:
        read_column(path)
    assert caught.value.line == 3
    assert read_column(path, bad_rows="skip") == (["a", "d"], {"bad_rows": 1})


def test_line_numbers_count_the_lines_that_errors_skip_dropped(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"label,text\n\xff,x\n1,a\n\xff\n\xff\n1,b,c\n" * 1)
    for bad, expected in ((path, 6),):
        with pytest.raises(RaggedRowError) as caught:
            read_column(bad, errors="skip")
        assert caught.value.line == expected
    assert read_column(path, errors="skip", bad_rows="skip") == (["a"], {"undecodable": 3, "bad_rows": 1})


def test_a_trailing_separator_is_said(tmp_path: Path) -> None:
    with pytest.raises(RaggedRowError, match=r"ends with a separator") as caught:
        read_column(table(tmp_path, "label,text\n1,a,\n", "t.csv"))
    assert caught.value.line == 2


def test_two_columns_lose_the_same_rows_which_are_counted_once(tmp_path: Path) -> None:
    path = table(tmp_path, "a\tb\nc\nd\te\tf\ng\th\n")
    assert read_column(path, "0,1", bad_rows="skip") == (["a", "g", "b", "h"], {"bad_rows": 2})


@pytest.mark.parametrize("indent", [None, 0, 2])
@pytest.mark.parametrize("count", [1, 3, 3000])
def test_a_json_document_is_read(tmp_path: Path, indent: int | None, count: int) -> None:
    rows = [{"text": f"text [{i}] \n \\ é", "meta": {"n": [i]}} for i in range(count)]
    expected = [row["text"].replace("\n", " ") for row in rows]  # type: ignore[attr-defined]
    path = table(tmp_path, json.dumps(rows, indent=indent), "t.json")
    assert read_column(path)[0] == expected
    path = table(tmp_path, "\n".join(json.dumps(row, indent=indent or 1) for row in rows), "t.json")
    assert read_column(path)[0] == expected
    assert read_column(table(tmp_path, json.dumps(expected), "t.json"))[0] == expected


def test_a_json_document_is_longer_than_a_block(tmp_path: Path) -> None:
    rows = [{"text": "long " * 400, "n": i} for i in range(5000)]
    path = table(tmp_path, json.dumps(rows), "t.json")
    assert path.stat().st_size > 2 << 22
    assert read_column(path, "n")[0] == [str(i) for i in range(5000)]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('[\n{"text": "a"},\n{"text": b}\n]', 3),
        ('{"text": "a"}\n{"text"\n{"text": "c"}\n', 2),
        ('{"text": "a"}\n{"other": "b"}\n', 2),
        ('[\n{"text": "a"},\n{"other": "b"}\n]', 3),
        ('{"text": "a"}\n3\n', 2),
        ('{"text": {"body": "a"}}\n', 1),
        ('{"text": ["a", "b"]}\n', 1),
        ('{"data": [{"text": "a"}]}\n', 1),
    ],
)
def test_json_that_cannot_be_read_names_its_line(tmp_path: Path, content: str, line: int) -> None:
    with pytest.raises(InputError) as caught:
        read_column(table(tmp_path, content, "t.json"))
    places = re.findall(r"\bline \d+", caught.value.message)
    assert places == [f"line {line}"], "no second place, counted from another start"
    assert caught.value.remedy


def test_an_array_without_end_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"t\.json .*not closed"):
        read_column(table(tmp_path, '[\n{"text": "a"},\n', "t.json"))


def test_damaged_json_lines_are_counted_and_missing_keys_are_missing_cells(tmp_path: Path) -> None:
    path = table(tmp_path, '{"text": "a", "y": 1}\n{"text"\n{"y": 2}\n7\n{"text": "b"}\n', "t.jsonl")
    assert read_column(path, "text", bad_rows="skip") == (["a", "", "b"], {"nulls": 1, "bad_rows": 2})
    assert read_column(path, "y", bad_rows="skip") == (["1", "2", ""], {"nulls": 1, "bad_rows": 2})
    with pytest.raises(MissingColumnError, match="text, y"):
        read_column(path, "z", bad_rows="skip")


def test_a_path_names_a_nested_value(tmp_path: Path) -> None:
    path = table(tmp_path, '{"doc": {"text": "a b"}}\n{"doc.text": "c", "doc": 1}\n', "t.jsonl")
    assert read_column(path, "doc.text")[0] == ["a b", "c"]


def test_infinite_numbers_are_missing(tmp_path: Path) -> None:
    path = table(tmp_path, '{"text": Infinity}\n{"text": -Infinity}\n{"text": NaN}\n{"text": 1.5}\n', "t.jsonl")
    assert read_column(path) == (["", "", "", "1.5"], {"nulls": 3})


def labelled(path: Path, **options: str) -> tuple[list[str | None], list[str], dict[str, int]]:
    how = LabelledTexts(**options)
    label, text = resolve_columns(str(path), how, SourceOptions())
    return read_labels(str(path), label, how, SourceOptions()), *read_column(path, text)


def test_a_label_may_be_anywhere_in_a_line_of_fasttext(tmp_path: Path) -> None:
    path = table(tmp_path, "good film __label__pos\n__label__neg bad  film\nso __label__pos so\n", "t.txt")
    assert labelled(path) == (["pos", "neg", "pos"], ["good film", "bad  film", "so so"], {})


def test_the_first_of_several_labels_is_taken_and_counted(tmp_path: Path) -> None:
    content = "__label__a __label__b x y\n__label__c z\n__label__d,__label__e w\nv __label__a __label__c\n"
    path = table(tmp_path, content, "t.txt")
    with pytest.raises(BadRowError, match="--labels first") as caught:
        labelled(path)
    assert caught.value.line == 1
    assert labelled(path, labels="first") == (["a", "c", "d", "a"], ["x y", "z", "w", "v"], {"labels": 3})


def test_a_label_that_ends_with_a_comma_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRowError, match="comma") as caught:
        labelled(table(tmp_path, "__label__1 a\n__label__1, b\n", "t.txt"))
    assert caught.value.line == 2


def test_labelled_lines_that_were_written_quoted_are_read_as_quoted(tmp_path: Path) -> None:
    path = table(tmp_path, 'pos\t"say ""hi"""\nneg\t"two\nlines"\n')
    assert labelled(path) == (["pos", "neg"], ['say "hi"', "two lines"], {"breaks": 1})
    path = table(tmp_path, 'pos\t"Hi," he said\nneg\ta\tb\n')
    assert labelled(path) == (["pos", "neg"], ['"Hi," he said', "a\tb"], {})


def test_a_header_with_label_and_text_makes_labelled_lines_a_table(tmp_path: Path) -> None:
    assert labelled(table(tmp_path, "text\tlabel\ngood\tpos\n")) == (["pos"], ["good"], {})


def test_a_missing_label_column_names_its_own_option(tmp_path: Path) -> None:
    path = table(tmp_path, "stars,text\n1,a\n", "t.csv")
    with pytest.raises(MissingColumnError, match=r"--label-column.* stars, text"):
        labelled(path)


@pytest.mark.parametrize(
    ("head", "several"), [("a,b\nc\n", False), ("a,b\nc,d\ne\n", True), ("a\nb\n", False), ("", False)]
)
def test_a_separator_gives_several_cells_where_more_than_half_of_the_rows_have_as_many(
    head: str, several: bool
) -> None:
    assert _consistency(head, ",", "x")[:2] == (False, several)
    assert _consistency(head, ",", "a")[:2] == (head.startswith("a"), several)


def test_of_many_columns_some_are_named() -> None:
    names = [f"c{i}" for i in range(99)]
    assert "…" in str(MissingColumnError("t.csv", "x", names))
    assert "…" not in str(MissingColumnError("t.csv", "x", names[:3]))
