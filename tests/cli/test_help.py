"""The pages that -h and --help print."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from typing import Any

import pytest

from seqtool.commands.common_options import COMMON_OPTIONS
from seqtool.commands.declaration import command_parameters
from seqtool.commands.other_names import OTHER_NAMES
from seqtool.commands.table import COMMANDS

EVERY = pytest.mark.parametrize("command", COMMANDS)


def page(command: str, option: str, capsys: Any) -> list[str]:
    """The lines of a help page."""
    from seqtool.cli.main import run

    assert run([command, option]) == 0
    return capsys.readouterr().out.splitlines()  # type: ignore[no-any-return]


def test_commands_are_listed_in_the_order_of_the_work(run: Any) -> None:
    answer = run("-h").ok().stdout
    panels = re.findall(r"^(\S.*):$", answer, re.MULTILINE)
    assert panels == list(dict.fromkeys(entry.panel for entry in COMMANDS.values()))
    assert panels[0] == "Corpora and artifacts"
    assert panels[-1] == "Evaluation"
    assert len(answer.splitlines()) <= 60
    assert "…" not in answer
    assert max(map(len, answer.splitlines())) <= 80


@EVERY
def test_short_help_fits_a_screen_and_all_help_fits_80_columns(command: str, capsys: Any) -> None:
    short, full = page(command, "-h", capsys), page(command, "--help", capsys)
    assert len(short) <= 60
    assert max(map(len, short + full)) <= 80
    assert len(COMMANDS[command].help) <= 70


@EVERY
def test_short_help_shows_the_common_options_and_full_help_every_one(command: str, capsys: Any) -> None:
    named = {parameter.name for parameter in command_parameters(COMMANDS[command].function())}
    known = named | {"output_format", "as_json", "quiet", "debug"}
    common = set(COMMON_OPTIONS.get(command, known))
    assert common <= known, "unknown names"
    short = re.findall(r"^  (?:-\w, )?(--[\w-]+)", "\n".join(page(command, "-h", capsys)), re.MULTILINE)
    full = re.findall(r"^  (?:-\w, )?(--[\w-]+)", "\n".join(page(command, "--help", capsys)), re.MULTILINE)
    assert set(short) <= set(full)
    assert len(full) > len(short) or command not in COMMON_OPTIONS
    assert len(short) <= 18 or command not in COMMON_OPTIONS


def test_usage_shows_what_may_be_left_out(capsys: Any) -> None:
    assert page("train-lm", "-h", capsys)[0].endswith("train-lm [OPTIONS] CORPUS...")
    assert page("thesaurus", "-h", capsys)[0].endswith("[OPTIONS] WORD [WORD2]")
    assert page("gradient-flow", "-h", capsys)[0].endswith("[OPTIONS] [MODEL...]")


def test_panels_come_in_one_order(capsys: Any) -> None:
    panels = re.findall(r"^(\w[\w ]*):$", "\n".join(page("train-lm", "--help", capsys)), re.MULTILINE)
    assert panels == ["Arguments", "Options", "Model", "Training", "Text", "Output", "Compute"]


def on_terminal(*arguments: str, **environment: str) -> str:
    """What a command prints on a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "seqtool", *arguments]
    plain = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    with subprocess.Popen(command, stdout=theirs, env=plain | {"TERM": "xterm"} | environment):
        os.close(theirs)
        parts = []
        try:
            while part := os.read(ours, 1 << 16):
                parts.append(part)
        except OSError:  # the terminal's other end was closed
            pass
    os.close(ours)
    return b"".join(parts).decode().replace("\r\n", "\n")


@pytest.mark.parametrize("arguments", [("vocab", "-h"), ("vocab", "--help"), ("-h",), ()], ids=" ".join)
def test_help_is_coloured_on_a_terminal_only(arguments: tuple[str, ...], run: Any) -> None:
    plain = run(*arguments).ok().stdout
    assert "\x1b" not in plain
    coloured = on_terminal(*arguments)
    assert "\x1b[36m--" in coloured
    assert re.sub(r"\x1b\[\d*m", "", coloured).split() == plain.split()
    assert "\x1b[36m" not in on_terminal(*arguments, NO_COLOR="1")


def test_every_name_of_another_tool_is_answered_with_commands_of_ours() -> None:
    assert not OTHER_NAMES.keys() & COMMANDS.keys()
    for ours in OTHER_NAMES.values():
        assert set(re.findall(r"[\w-]+", ours)) & COMMANDS.keys() or ours.startswith("use seqtool --help")


@pytest.mark.parametrize(
    ("typed", "ours"),
    [("lmplz", "train-ngram"), ("Word2Vec", "train-word2vec"), ("trian-lm", "train-lm"), ("train_lm", "train-lm")],
)
def test_an_unknown_command_is_answered_with_ours(typed: str, ours: str, run: Any) -> None:
    answer = run(typed, "x").failed(2)
    assert typed in answer.stderr
    assert ours in answer.stderr
