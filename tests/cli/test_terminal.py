"""What a terminal, a pipe and a page get to see of hostile words and names."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from seqtool.reporting.rendering.escapes import markdown_block, markdown_text, spreadsheet_cell
from seqtool.terminal import visible, visible_json, visible_line

HOSTILE = (
    "\x1b[31mred",
    "\x1b]0;owned\x07",
    "a\x08b",
    "\x9b2J",
    "\u202egnirts",
    "\u2066iso\u2069",
    "\u200fmark",
    "\x7f",
)
OBEYED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def on_terminal(*arguments: object, cwd: Path) -> tuple[str, str]:
    """What a command writes to a terminal as its stdout, and what to another as its stderr."""
    leaders, followers = zip(*(pty.openpty() for _ in range(2)), strict=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "seqtool", *map(str, arguments)],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=followers[0],
        stderr=followers[1],
    )
    for follower in followers:
        os.close(follower)
    shown = []
    for leader in leaders:
        pieces = []
        try:
            while piece := os.read(leader, 65536):
                pieces.append(piece)
        except OSError:  # how a terminal says that it is closed
            pass
        os.close(leader)
        shown.append(b"".join(pieces).decode().replace("\r\n", "\n").removesuffix("\x1b[0m"))  # colorama's farewell
    process.wait()
    return shown[0], shown[1]


@pytest.fixture
def hostile(run: Any, tmp_path: Path) -> Path:
    """A corpus of hostile words, made from a file with a hostile name."""
    text = tmp_path / "ev\x1b[2Jil.txt"
    text.write_text("".join(f"the {word} end\n" for word in HOSTILE), newline="\n")
    run("preprocess", text, "-o", "e.corpus", "--normalize", "none", "-q", "--threads", "1").ok()
    return tmp_path


def test_control_characters_are_shown_as_escapes() -> None:
    assert visible("a\x1b[31m\tb\n\x07\x7f\x9b\u202e\u2069\u200e한") == (
        "a\\x1b[31m\tb\n\\x07\\x7f\\x9b\\u202e\\u2069\\u200e한"
    )
    assert visible("\udcff \ud800") == "\\xff \\ud800"
    assert visible_line("a\nb") == "a\\nb"
    for word in HOSTILE:
        assert not OBEYED.search(visible(word))
        assert json.loads(visible_json(json.dumps(word, ensure_ascii=False))) == word


def test_a_terminal_shows_hostile_words_and_a_pipe_passes_them_on(hostile: Path, run: Any) -> None:
    shown, _ = on_terminal("vocab", "e.corpus", cwd=hostile)
    assert not OBEYED.search(shown)
    assert "\\x1b[31mred" in shown
    assert "\\u202egnirts" in shown
    piped = run("vocab", "e.corpus").ok().stdout
    assert {line.split("\t")[1] for line in piped.split("\n")[1:-1]} >= set(HOSTILE)
    as_json, _ = on_terminal("vocab", "e.corpus", "--json", cwd=hostile)
    assert not OBEYED.search(as_json)
    assert {row["token"] for row in json.loads(as_json)} >= set(HOSTILE)


@pytest.mark.parametrize(
    "arguments",
    [
        ("info", "no\x1b]0;owned\x07such"),
        ("vocab", "e.corpus", "--\x1b[31mbad"),
        ("preprocess", "ev\x1b[2Jil.txt", "-o", "\u202eoops.corpus"),
        ("presets", "--show", "\x9b31m"),
        ("neighbors", "e.corpus", "\x07"),
        ("info", "a\nb", "--debug"),
    ],
    ids=ascii,
)
def test_no_line_on_stderr_is_obeyed_by_a_terminal(hostile: Path, run: Any, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.stderr
    assert not OBEYED.search(done.stderr)


def test_a_bar_shows_hostile_names(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from seqtool import progress

    monkeypatch.setattr(progress, "QUIET_SECONDS", 0)
    monkeypatch.setattr(progress, "PLAIN_LINE_SECONDS", 0)
    with progress.stage("read [red]\x1b[31m", "lines", 10) as stage:
        stage.advance(5, "\u202e")
    told = capsys.readouterr().err
    assert "[red]\\x1b[31m" in told
    assert not OBEYED.search(told)


def test_wide_letters_and_combining_marks_keep_columns_aligned(tmp_path: Path, run: Any) -> None:
    words = ("한국어", "ｆｕｌｌ", "e\u0301te\u0301", "กำ", "नमस्ते", "plain")
    (tmp_path / "w.txt").write_text("".join(f"{word} " * 3 for word in words) + "\n")
    run("preprocess", "w.txt", "-o", "w.corpus", "--normalize", "none", "-q", "--threads", "1").ok()
    shown = run("vocab", "w.corpus", "--format", "text").ok().stdout.splitlines()
    from rich.cells import cell_len

    starts = {cell_len(line[: line.rindex(" ") + 1]) for line in shown if line.rstrip().endswith("3")}
    assert len(starts) == 1
    assert sum(any(word in line for word in words) for line in shown) == len(words)


def test_a_label_with_a_carriage_return_stays_in_its_cell(capsys: pytest.CaptureFixture[str]) -> None:
    from seqtool.cli.answer import print_record, print_rows

    print_record({"la\rbel\t": {"f\n1": "a\rb"}}, "tsv")
    print_rows(("token", "count"), [("a\rb\n", 1)], "tsv")
    assert capsys.readouterr().out == "la\\rbel\\t.f\\n1\ta\\rb\ntoken\tcount\na\\rb\\n\t1\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"),
        ("[x](javascript:alert(1))", "\\[x\\](javascript:alert(1))"),
        ("`rm`|pipe|", "\\`rm\\`\\|pipe\\|"),
        ("*a* __b__ c_d", "\\*a\\* \\_\\_b\\_\\_ c_d"),
        ("&lt;\\", "&amp;lt;\\\\"),
        ("two\nlines\x1b", "two lines\\\\x1b"),
    ],
)
def test_markdown_shows_text_as_it_is(text: str, shown: str) -> None:
    assert markdown_text(text) == shown


def test_a_fence_is_longer_than_any_in_it() -> None:
    assert markdown_block("a ```` b").splitlines()[0] == "`````text"
    assert markdown_block("plain").splitlines()[-1] == "```"


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(1)", "'@SUM(1)"),
        ("+a", "'+a"),
        ("-cmd", "'-cmd"),
        ("\tx", "'\tx"),
        ("\r1", "'\r1"),
        ("＝1", "'＝1"),
        ("-1.5", "-1.5"),
        (-1.5, -1.5),
        ("a=b", "a=b"),
        (None, None),
    ],
)
def test_a_text_that_a_spreadsheet_would_compute_is_marked_as_text(cell: Any, written: Any) -> None:
    assert spreadsheet_cell(cell) == written


def test_a_report_of_hostile_names_is_tame(run: Any, copied: Path, forge: Any) -> None:
    evil = "=<script>`|[x](javascript:alert(1))\x1b[31m"
    forge(copied / "e.eval", lambda raw: raw["summary"].update(model=evil))
    run("report", copied / "e.eval", "-o", "r.report", "--title", evil, "-q").ok()
    markdown = Path("r.report/report.md").read_text()
    page = Path("r.report/report.html").read_text()
    assert "<script>" not in markdown.partition("## Lineage")[0]
    assert "<script" not in page
    assert not OBEYED.search(markdown + page)
    rows = list(csv.reader(Path("r.report/results.csv").read_text().splitlines()))
    assert rows[1][rows[0].index("model")] == f"'{evil}"
