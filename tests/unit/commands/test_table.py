"""The table of commands says what the commands themselves say, and each command is a function of seqtool."""

from __future__ import annotations

import inspect
from typing import get_type_hints

import pytest

import seqtool
from seqtool.commands.answers import Answer
from seqtool.commands.table import COMMANDS, Entry, python_names

EVERY = pytest.mark.parametrize("entry", COMMANDS.values(), ids=lambda entry: entry.name)


@EVERY
def test_the_table_has_the_first_line_of_its_help(entry: Entry) -> None:
    paragraph = (inspect.getdoc(entry.function()) or "").split("\n\n")[0]
    assert entry.help == " ".join(paragraph.split())


@EVERY
def test_a_command_is_a_function_that_answers(entry: Entry) -> None:
    assert entry.module.startswith("seqtool.commands.")
    assert issubclass(get_type_hints(entry.function())["return"], Answer)
    assert callable(getattr(seqtool, entry.function_name))


@EVERY
def test_presets_are_named_where_the_command_takes_them(entry: Entry) -> None:
    takes = "preset" in inspect.signature(entry.function()).parameters
    assert takes == bool(entry.known_presets())


def test_seqtool_lists_its_functions() -> None:
    assert set(python_names()) <= set(dir(seqtool))
