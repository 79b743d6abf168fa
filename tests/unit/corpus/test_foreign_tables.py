"""Tables as R, data bases and spreadsheets write them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from table_columns import read_column

from seqtool.corpus.reading.tables.kinds import RaggedRowError
from seqtool.errors import InputError

ROWS = [("pos", "a good film"), ("neg", "bad, really"), ("neg", 'it said "no" twice'), ("pos", r"C:\new"), ("pos", "")]
TEXTS = [text for _, text in ROWS]


def write_table(path: Path, sep: str, row_names: bool = True, col_names: object = True) -> Path:
    """Write the rows as R's ``write.table`` does with its default quoting."""

    def line(cells: list[str]) -> str:
        return sep.join('"' + cell.replace('"', r"\"") + '"' for cell in cells) + "\n"

    header = [*([""] if col_names == "NA" else []), "label", "text"]
    body = [[*([str(number)] if row_names else []), *row] for number, row in enumerate(ROWS, 1)]
    path.write_text(line(header) + "".join(map(line, body)))
    return path


@pytest.mark.parametrize("sep", [" ", "\t", ",", ";"])
@pytest.mark.parametrize(("row_names", "col_names"), [(True, True), (True, "NA"), (False, True)])
@pytest.mark.parametrize("suffix", ["txt", "tsv", "csv"])
def test_tables_of_r_are_read(tmp_path: Path, sep: str, row_names: bool, col_names: object, suffix: str) -> None:
    path = write_table(tmp_path / f"t.{suffix}", sep, row_names, col_names)
    given = {"separator": sep} if sep in ",;" and suffix != "csv" else {}
    assert read_column(path, "text", **given)[0] == TEXTS
    assert read_column(path, "label", **given)[0] == [label for label, _ in ROWS]


def test_row_names_are_told_apart_from_ragged_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_text("label,text\n" + "".join(f"doc{i},x,y{i}\n" for i in range(12)))
    assert read_column(path)[0] == [f"y{i}" for i in range(12)]
    assert "row names" in capsys.readouterr().err
    for body in (
        "".join(f"doc{i},x,y{i}\n" for i in range(4)),  # too few to be sure
        "".join(f"{i},hello, you\n" for i in range(12)),  # a comma inside a text
        "".join(f"{i % 2},x,y\n" for i in range(12)),  # labels
        "".join(f"{i},x,\n" for i in range(12)),  # a separator at the end of rows
        "1,x,y\n2,x,y\n3,x\n4,x,y\n",  # a row as wide as the header
    ):
        path.write_text(f"label,text\n{body}")
        with pytest.raises(RaggedRowError) as caught:
            read_column(path)
        assert caught.value.line == 2


def test_a_column_by_number_under_a_header_without_row_names_is_asked_for_by_name(tmp_path: Path) -> None:
    path = write_table(tmp_path / "t.tsv", "\t")
    with pytest.raises(InputError, match="label, text"):
        read_column(path, "1")


def test_quotation_marks_with_a_backslash_are_found(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('id,text\n1,"5\'10\\""\n2,"x"\n3,"\\"a\\"\nb"\n')
    assert read_column(path)[0] == ["5'10\"", "x", '"a" b']
    path.write_text('id,text\n1,"C:\\"\n2,"say ""no"""\n')
    assert read_column(path)[0] == ["C:\\", 'say "no"']
    tsv = tmp_path / "t.tsv"
    tsv.write_text('id\ttext\n1\the said \\"no\\"\n2\t"x"\n')
    assert read_column(tsv)[0] == ['he said \\"no\\"', '"x"']


def test_quotation_marks_with_a_backslash_far_into_a_file_name_the_option(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("id,text\n" + '1,"plain, text"\n' * 20_000 + '2,"say \\"no\\""\n')
    with pytest.raises(InputError, match=r"line 20002:.*--quoting escaped"):
        read_column(path)
    assert read_column(path, quoting="escaped")[0][-1] == 'say "no"'


@pytest.mark.parametrize("word", ["NA", "NULL", r"\N", "#N/A", "nan"])
def test_words_for_missing_values_are_warned_of(tmp_path: Path, word: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.tsv"
    path.write_text(f"label\ttext\nx\ta\ny\t{word}\nz\t{word} b\n")
    assert read_column(path) == (["a", word, f"{word} b"], {"missing_words": 1})
    assert "t.tsv: 1 cell " in capsys.readouterr().err


def test_spaces_between_unquoted_cells_are_no_table(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("label text\n1 pos a good film\n2 neg bad\n")
    with pytest.raises(InputError, match="--separator"):
        read_column(path, "text")
    with pytest.raises(RaggedRowError, match="TABs"):
        read_column(path, "text", separator="space")
    path.write_text('label text\npos "a good film"\nneg bad\n')
    assert read_column(path, "text", separator="space")[0] == ["a good film", "bad"]


@pytest.mark.parametrize("suffix", ["tsv", "txt"])
@pytest.mark.parametrize("separator", [",", ";", "|"])
def test_another_separator_is_named_and_reads_the_column(tmp_path: Path, suffix: str, separator: str) -> None:
    path = tmp_path / f"t.{suffix}"
    path.write_text(f"label{separator}text\npos{separator}a good film\n")
    with pytest.raises(InputError, match=re.escape(f"--separator '{separator}'")):
        read_column(path, "text")
    assert read_column(path, "text", separator=separator)[0] == ["a good film"]


@pytest.mark.parametrize("head", [b"PK\x03\x04", b"%PDF-1.7", b"\xd0\xcf\x11\xe0\xa1", b"SQLite format 3", b"PAR1"])
def test_files_of_other_programs_are_named(tmp_path: Path, head: bytes) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes(head + bytes(range(256)))
    for encoding in ("utf-8", "latin-1", "auto"):
        with pytest.raises(InputError, match="not a text"):
            read_column(path, encoding=encoding)
