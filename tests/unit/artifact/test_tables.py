from pathlib import Path

import pytest

from seqtool.artifact import tables
from seqtool.artifact.tables import read_rows
from seqtool.errors import ArtifactError


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_rows_come_one_at_a_time_the_header_first(tmp_path: Path) -> None:
    rows = read_rows(written(tmp_path / "t.tsv", "a\tb\n1\t\n눈\t\u2028".encode()))
    assert list(rows) == [["a", "b"], ["1", ""], ["눈", "\u2028"]]


@pytest.mark.parametrize(
    ("data", "line"), [(b"a\tb\n1\t2\n3\n", "line 3"), (b"a\n\t\t\t\n", "line 2"), (b"a\n" + b"\t" * 50, "line 2")]
)
def test_a_row_of_another_length_is_refused_where_it_is(tmp_path: Path, data: bytes, line: str) -> None:
    with pytest.raises(ArtifactError, match=rf"t\.tsv: {line}: "):
        list(read_rows(written(tmp_path / "t.tsv", data)))


def test_too_many_cells_long_lines_and_what_is_no_text_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ArtifactError, match="more than 4 cells"):
        list(read_rows(written(tmp_path / "t.tsv", b"a\tb\n" * 3), most_cells=4))
    with pytest.raises(ArtifactError, match=r"t\.tsv"):
        list(read_rows(written(tmp_path / "t.tsv", b"a\n\xff\n")))
    monkeypatch.setattr(tables, "LONGEST_LINE", 10)
    with pytest.raises(ArtifactError, match="line 2"):
        list(read_rows(written(tmp_path / "t.tsv", b"a\n" + b"b" * 11)))
