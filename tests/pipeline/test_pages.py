"""The pages for newcomers: every block of shell runs, and the block of text below it is what a terminal shows.

Unlike the pages of `tests/test_docs.py`, whose trainings are cut short, these run as they are. Of a block of text a
line ``…`` stands for any lines, and ``…`` at the end of a line for the rest of it. ``make docs`` writes the lines
anew where a wording or a number has changed.
"""

from __future__ import annotations

import difflib
import itertools
import os
import pty
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs" / name for name in ("messy-texts.md", "pipelines.md", "which-model.md", "troubleshooting.md")]
LONG = ("pipelines.md",)  # sixteen trainings
GOLDEN_WRITE = os.environ.get("SEQTOOL_GOLDEN") == "write"
_BLOCK = re.compile(r"^```sh\n(?P<script>.*?)^```\n(?:\n```text\n(?P<shown>.*?)^```\n)?", re.MULTILINE | re.DOTALL)
_MORE = "…"


@pytest.fixture
def environment(tmp_path: Path, quick: str) -> dict[str, str]:
    """An environment whose ``seqtool`` answers at once, and ``sample_corpora`` in `tmp_path`."""
    shutil.copytree(ROOT / "sample_corpora", tmp_path / "sample_corpora")
    command = tmp_path / ".bin" / "seqtool"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {quick} "$@"\n')
    command.chmod(0o755)
    return os.environ | {"PATH": f"{command.parent}:{os.environ['PATH']}"}


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=[pytest.mark.long] * (page.name in LONG), id=page.stem) for page in PAGES]
)
def test_a_page_shows_what_its_commands_print(page: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    text = page.read_text(encoding="utf-8")
    blocks = list(_BLOCK.finditer(text))
    assert blocks
    for block in blocks:
        script, shown = block["script"], block["shown"] or ""
        code, printed = in_terminal(script, tmp_path, environment)
        assert (code != 0) == ("error: " in shown), f"exit {code}:\n{script}\n{printed}"
        if GOLDEN_WRITE and shown:
            text = text.replace(shown, closest(shown, printed))
        elif shown:
            assert re.fullmatch(pattern(shown), printed), f"{script}\n{printed}"
    if GOLDEN_WRITE:
        page.write_text(text, encoding="utf-8")


def in_terminal(script: str, folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    """The exit code of a script of bash, and what it shows: warnings, errors and, as on a terminal, the answer.

    Notes and progress are left out. The first command that fails ends the script.
    """
    terminal, its_end = pty.openpty()
    with tempfile.TemporaryFile() as errors:
        started = subprocess.Popen(
            ["bash", "-ec", script],
            stdin=subprocess.DEVNULL,
            stdout=its_end,
            stderr=errors,
            cwd=folder,
            env=environment,
        )
        os.close(its_end)
        answer = b"".join(read_all(terminal)).decode().replace("\r\n", "\n")
        code = started.wait()
        errors.seek(0)
        told = errors.read().decode().splitlines(keepends=True)
    return code, "".join(line for line in told if line.startswith(("warning: ", "error: "))) + answer


def read_all(terminal: int) -> Iterator[bytes]:
    """What is written to a terminal until nobody has it open any more, which Linux says by an error."""
    try:
        while chunk := os.read(terminal, 65536):
            yield chunk
    except OSError:
        pass
    finally:
        os.close(terminal)


def pattern(shown: str) -> str:
    """A regular expression of what a block of text may stand for."""
    return "".join(
        "(?:.*\n)*?" if line == _MORE else re.escape(line).replace(re.escape(_MORE), ".*") + "\n"
        for line in shown.splitlines()
    )


def closest(shown: str, printed: str) -> str:
    """The same choice of lines from what is printed now, in its order."""
    now, runs = printed.splitlines(), itertools.groupby(shown.splitlines(), lambda line: line == _MORE)
    written: list[str] = []
    for more, lines in runs:
        written.extend([_MORE] if more else [text for _, text in sorted(closest_line(line, now) for line in lines)])
    return "".join(f"{line}\n" for line in written)


def closest_line(line: str, now: list[str]) -> tuple[int, str]:
    """The place of the line that is most like ``line``, and that line, cut where ``line`` is."""
    cut = line.removesuffix(_MORE)
    kept = None if cut == line else len(cut)
    places = {" ".join(other[:kept].split()): place for place, other in reversed(list(enumerate(now)))}
    place = places[difflib.get_close_matches(" ".join(cut.split()), places, 1, 0)[0]]
    return place, now[place][:kept] + line.removeprefix(cut)


def test_a_shown_line_that_is_not_printed_is_noticed() -> None:
    printed = "a  1\nb  2\nc  3\n"
    assert re.fullmatch(pattern("a  1\n…\n"), printed)
    assert re.fullmatch(pattern("…\nc…\n"), printed)
    assert not re.fullmatch(pattern("a  1\n"), printed)
    assert not re.fullmatch(pattern("…\nb  3\n…\n"), printed)
    assert closest("…\nc  7\n", printed) == "…\nc  3\n"
    assert closest("b  22\na…\n…\n", printed) == "a…\nb  2\n…\n"
