"""doctor: what it tells, draws and keeps."""

from __future__ import annotations

import csv
import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., "Finished"]  # noqa: F821  (of tests/conftest.py)

CONLL = "the DT B\ncat NN I\n\nit PRP B\n\nthe DT B\ncat NN I\n\n"


def told(run: Run, *arguments: str) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows of an answer by text and what they tell."""
    return {(row["text"], row["what"]): row for row in run("doctor", *arguments, "--json").ok().json}


def test_doctor_tells_and_writes_nothing(run: Run) -> None:
    Path("a.txt").write_bytes("a b\r\n\xe9\nthe b\n".encode("latin-1") * 30)
    Path("b.txt").write_text("a b\nnew words\n")
    done = run("doctor", "a.txt", "b.txt", "--json").ok()
    rows = {(row["text"], row["what"]): row for row in done.json}
    assert rows["a.txt", "lines"]["value"] == 90
    found = rows["a.txt", "encoding"]
    told = ("not utf-8, looks like latin-1", 2, "use --encoding latin-1")
    assert (found["value"], found["line"], found["remedy"]) == told
    assert (rows["a.txt", "lines"]["line"], rows["a.txt", "repeated lines"]["line"]) == (None, 4)
    assert not any("U+FFFD" in what for _, what in rows), "the text is read as what it looks like"
    piped = run("doctor", "-", "--json", stdin=Path("a.txt").read_bytes()).ok().json
    assert any(row["what"].startswith("invalid byte sequences") and row["remedy"] for row in piped)
    assert rows["b.txt", "lines that also occur in a.txt"]["value"] == 1
    assert "grep" not in rows["b.txt", "lines that also occur in a.txt"]["remedy"], "a.txt has carriage returns"
    assert any(what.startswith("cost of train-lm") for _, what in rows)
    assert sorted(path.name for path in Path().iterdir()) == ["a.txt", "b.txt"]
    run("doctor", "a.txt", "-o", "laws.png").ok()
    assert Path("laws.png").read_bytes().startswith(b"\x89PNG")
    assert "lines\t3" in run("doctor", "-", stdin="x\ny\nz\n").ok().stdout
    run("doctor", "a.txt", "-o", "laws.png").up_to_date("laws.png")
    run("doctor", "b.txt", "-o", "laws.png").failed(1, "exists")
    run("doctor", "a.txt", "--tokenizer", "bpe").failed(2, "bpe")
    run("doctor", "none.txt").failed(1, "none.txt", "exist")


def test_a_text_in_columns_is_one_of_sentences(run: Run) -> None:
    Path("a.txt").write_text(CONLL)
    Path("b.txt").write_text("it PRP B\n\ncat NN I\n\n")
    rows = told(run, "a.txt", "b.txt")
    assert rows["a.txt", "repeated sentences"]["line"] == 6
    found = rows["b.txt", "sentences that also occur in a.txt"]
    assert (found["value"], found["line"]) == (1, 1)
    assert "a.txt b.txt" in found["remedy"]
    assert [what for _, what in rows if what.startswith("cost of ")] == ["cost of train-tagger (one epoch)"]
    assert not any("grep" in row["remedy"] or "--blank-lines" in row["remedy"] for row in rows.values())


def test_remedies_are_for_the_column_that_was_read(run: Run) -> None:
    Path("a.tsv").write_text("pos\tsame text\nneg\tother\n")
    Path("b.tsv").write_text("neg\tnew\nneg\tsame text\n")
    found = told(run, "a.tsv", "b.tsv", "--column", "1")["b.tsv", "lines that also occur in a.tsv"]
    assert (found["value"], found["line"]) == (1, 2)
    assert "$2" in found["remedy"]
    for name in ("a.tsv", "b.tsv"):
        Path(name).write_text("label\ttext\n" + Path(name).read_text())
    found = told(run, "a.tsv", "b.tsv", "--column", "text")["b.tsv", "lines that also occur in a.tsv"]
    assert (found["value"], found["line"]) == (1, 3), "the header is a line too"
    assert "awk" not in found["remedy"], "it would compare the header"


@pytest.mark.filterwarnings("error")
def test_names_that_no_font_has_are_told_once(run: Run) -> None:
    for name in ("\ue999.txt", "$x_$.txt", "_y.txt"):
        Path(name).write_text("a b\n")
    done = run("doctor", "\ue999.txt", "$x_$.txt", "_y.txt", "-o", "laws.svg").ok()
    done.noted("font", "1", "fonts-nanum")
    assert len(done.stderr.splitlines()) == 2
    page = Path("laws.svg").read_text(encoding="utf-8")
    assert all(f">{name}<" in page for name in ("\ue999.txt", "$x_$.txt", "_y.txt"))
    Path("blank.txt").write_text("\n\n")
    assert run("doctor", "blank.txt", "-o", "blank.png").ok().stderr == "wrote blank.png\n"


def test_what_was_found_is_kept_without_what_the_machine_takes(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "deep"
    folder.mkdir()
    (folder / "a.txt").write_text("x\u00a0y\nz\tw\nz\tw\n", encoding="utf-8")
    command = ("doctor", folder / "a.txt", "-o", "f", "--json")
    shown = run(*command).ok()
    assert "wrote f" in shown.stderr
    with (tmp_path / "f" / "items.tsv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
    assert head == ["text", "what", "value", "line", "remedy"]
    kept = [
        row for row in run("doctor", folder / "a.txt", "--json").ok().json if not row["what"].startswith("cost of ")
    ]
    assert shown.json == kept, "with a folder the answer is what is kept, now and later"
    assert rows == [["" if cell is None else str(cell) for cell in row.values()] for row in kept]
    assert str(folder) not in (tmp_path / "f" / "manifest.json").read_text(encoding="utf-8")
    before = (tmp_path / "f" / "manifest.json").read_bytes()
    again = run(*command, "--threads", "1", "--vocab-size", "300").ok()
    again.up_to_date("f")  # what the findings do not depend on
    assert again.json == shown.json
    piped = run("doctor", "-", "-o", "p", "--json", stdin="a b\n")
    assert run("doctor", "-", "-o", "p", "--json", stdin="a b\n").ok().json == piped.ok().json
    assert (tmp_path / "f" / "manifest.json").read_bytes() == before
    run("doctor", folder / "a.txt", "--lower", "-o", "f").failed(1, "f exists", "--overwrite")
    run("doctor", folder / "a.txt", "--lower", "-o", "f", "--overwrite").ok()
    run("doctor", folder / "a.txt", "-o", "f.jpg").failed(2, ".svg", "folder")


@pytest.mark.parametrize(
    "arguments",
    [
        ["a.tsv", "b.tsv", "--column", "1"],
        ["k.txt", "--encoding", "cp949", "--tokenizer", "syllable", "--lower"],
        ["a.tsv", "--column", "0,1"],
        ["?.tsv", "b.tsv"],
    ],
    ids=str,
)
def test_the_lineage_runs_as_printed(run: Run, arguments: list[str]) -> None:
    Path("a.tsv").write_text("text\tlabel\nx y\tpos\n")
    Path("b.tsv").write_text("text\tlabel\nx z\tneg\n")
    Path("k.txt").write_text("한국어 문장\n" * 3, encoding="cp949")
    shown = run("doctor", *arguments, "-o", "f", "--json").ok()
    command = run("info", "f", "--lineage", "--json").ok().json[0]["command"]
    again = run(*shlex.split(command)[1:], "--json").ok()
    again.up_to_date("f")
    assert again.json == shown.json


def test_what_was_found_stands_in_a_report(run: Run, tmp_path: Path) -> None:
    Path("a.txt").write_text("x <b>y\nz|w\nz|w\n")
    Path("1.5").write_text("z|w\n")
    run("doctor", "a.txt", "1.5", "-o", "f").ok()
    run("report", "f", "-o", "r").ok()
    with (tmp_path / "r" / "texts.csv").open(encoding="utf-8", newline="") as file:
        rows = {(row["text"], row["what"]): row for row in csv.DictReader(file)}
    found = rows["a.txt", "lines with HTML tags or entities"]
    assert (found["tokenizer"], found["value"], found["line"]) == ("whitespace", "1", "1")
    assert "markup" in found["remedy"]
    assert rows["1.5", "lines that also occur in a.txt"]["value"] == "1", "a name is no number"
    assert "## Texts" in (tmp_path / "r" / "report.md").read_text(encoding="utf-8")
    assert '<section id="texts"' in (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    (exhibit,) = json.loads((tmp_path / "r" / "report.json").read_text(encoding="utf-8"))["exhibits"]
    assert exhibit["rows"][0] == ["a.txt", "lines", 3, "", ""]


@pytest.mark.parametrize("value", ["9" * 10, "9" * 400, "nan", "1_000", "x"])
def test_values_are_numbers_in_range_or_texts(run: Run, tmp_path: Path, forge: Callable[..., None], value: str) -> None:
    Path("a.txt").write_text("x\n")
    run("doctor", "a.txt", "-o", "f").ok()
    (tmp_path / "f" / "items.tsv").write_text(f"text\twhat\tvalue\tline\tremedy\na.txt\tlines\t{value}\t\t\n")
    forge(tmp_path / "f")
    if value == "9" * 10:
        run("report", "f").failed(1, "f is", "damaged")
    else:
        (exhibit,) = run("report", "f", "--json").ok().json["exhibits"]
        assert exhibit["rows"] == [["a.txt", "lines", value, "", ""]]
