"""The commands that the doctor gives do what they say: they are run."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path

import pytest

from seqtool.corpus.doctor.remedies import Reading, repeated, shared

COLUMN = Reading("t.tsv", cells=True, column=1)


def ran(remedy: str, folder: Path, encoding: str = "utf-8") -> str:
    """What the command in a remedy prints."""
    start = min(place for word in ("LC_ALL",) if (place := remedy.find(word)) >= 0)
    command = remedy[start:]
    assert "\\" not in command, "an answer's cell would double it"
    done = subprocess.run(["bash", "-c", command], cwd=folder, check=True, capture_output=True)
    return done.stdout.decode(encoding)


def test_lines(tmp_path: Path) -> None:
    (tmp_path / "a b.txt").write_text("x y\nz\n")
    (tmp_path / "t.txt").write_text("z\nx\nz\nw\nx\n")
    first, other = Reading("a b.txt"), Reading("t.txt")
    assert shared(first, other, "lines").endswith(" LC_ALL=C grep -avxFf 'a b.txt' t.txt")
    assert ran(shared(first, other, "lines"), tmp_path) == "x\nw\nx\n"
    assert ran(repeated(other, "lines"), tmp_path) == "z\nx\nw\n"
    assert "--split-by hash" in repeated(other, "lines")


def test_blank_lines_stay_and_bytes_of_any_encoding_compare(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("가나\n".encode("cp949"))
    (tmp_path / "t.txt").write_bytes("다\n\n가나\n\n다\n".encode("cp949"))
    first, other = Reading("a.txt", encoding="cp949"), Reading("t.txt", encoding="cp949")
    assert ran(shared(first, other, "lines"), tmp_path, "cp949") == "다\n\n\n다\n"
    assert ran(repeated(other, "lines"), tmp_path, "cp949") == "다\n\n가나\n\n"


def test_the_same_text_with_another_label_goes_too(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("pos\tgood film\nneg\tbad\n")
    with gzip.open(tmp_path / "t.tsv.gz", "wt") as file:
        file.write("neg\tgood film\nneg\tgood\tfilm\npos\tnew\nneg\tnew\n")
    first, other = Reading("a.tsv", cells=True, column=1), Reading("t.tsv.gz", cells=True, column=1)
    assert ran(shared(first, other, "lines"), tmp_path) == "neg\tgood\tfilm\npos\tnew\nneg\tnew\n"
    assert ran(repeated(other, "lines"), tmp_path) == "neg\tgood film\nneg\tgood\tfilm\npos\tnew\n"


def test_sentences(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a B\nb I\n\nc B\n")
    (tmp_path / "t.txt").write_text("\na B\nb I\n\n\na B\nd I\n\nc B\n\na B\nd I\n")
    first, other = Reading("a.txt"), Reading("t.txt")
    assert ran(shared(first, other, "sentences"), tmp_path) == "a B\nd I\n\na B\nd I\n\n"
    assert ran(repeated(other, "sentences"), tmp_path) == "a B\nb I\n\na B\nd I\n\nc B\n\n"


@pytest.mark.parametrize(
    ("first", "other"),
    [
        (Reading("a.csv", cells=True), Reading("t.csv", cells=True)),
        (COLUMN, Reading("t.tsv", cells=True, column=2)),
        (COLUMN, Reading("", cells=True, column=1)),
        (Reading("a.txt"), Reading("t.txt", as_is=False)),
        (Reading("a.txt"), Reading("t.txt", encoding="cp949")),
        (Reading("a.txt"), COLUMN),
        (Reading("t.txt"), Reading("t.txt")),
        (Reading("a.txt", encoding="utf-16"), Reading("t.txt", encoding="utf-16")),
    ],
    ids=str,
)
def test_where_no_command_does_it_words_do(first: Reading, other: Reading) -> None:
    told = shared(first, other, "lines")
    assert "LC_ALL" not in told
    assert "awk" not in told + repeated(Reading("a.csv", cells=True), "lines")
    assert ("not whole" in told) == other.cells
