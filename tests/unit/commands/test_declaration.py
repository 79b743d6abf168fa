"""How given values become the options of a command's groups."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import pytest

from seqtool.commands.declaration import bind_arguments, command_parameters, option_groups, owned_by
from seqtool.commands.table import COMMANDS
from seqtool.errors import UsageError
from seqtool.options import Preset, declared, option


@dataclass(frozen=True)
class First:
    threads: int | None = option(None, "threads", operational=True)
    seed: int = option(1, "seed", minimum=0)
    width: int = option(2, "width")


@dataclass(frozen=True)
class Second:
    threads: int | None = option(None, "threads", operational=True)
    seed: int = option(1, "seed", minimum=0)
    depth: int = option(3, "depth")


def command(*, one: First, other: Second) -> None:
    pass


PRESETS = [Preset("wide", {"width": 9, "seed": 5}, "a book")]


def test_an_operational_option_that_two_groups_share_reaches_both() -> None:
    found = bind_arguments(command, {"threads": 4, "width": 7}, {"threads", "width"})
    assert found == {"one": First(threads=4, width=7), "other": Second(threads=4)}


def test_any_other_shared_option_belongs_to_the_first_group() -> None:
    assert owned_by({"one": First, "other": Second}) == {
        "one": {"threads", "seed", "width"},
        "other": {"threads", "depth"},
    }
    found = bind_arguments(command, {"seed": 8, "depth": 4}, {"seed", "depth"})
    assert found == {"one": First(seed=8), "other": Second(depth=4)}


def test_a_shared_name_is_one_option_of_the_command() -> None:
    assert [parameter.name for parameter in command_parameters(command)] == ["threads", "seed", "width", "depth"]


def test_what_is_given_wins_over_the_preset_and_the_preset_over_the_default() -> None:
    found = bind_arguments(command, {"preset": "wide", "seed": 6, "width": 2}, {"seed"}, PRESETS)
    assert found == {"one": First(width=9, seed=6), "other": Second()}


def test_a_value_out_of_bounds_is_refused_in_every_group() -> None:
    with pytest.raises(UsageError, match="--seed"):
        bind_arguments(command, {"seed": -1}, {"seed"})


def test_in_every_command_shared_operational_options_reach_every_group() -> None:
    shared = 0
    for entry in COMMANDS.values():
        groups: dict[str, Any] = option_groups(entry.function())
        for group, names in owned_by(groups).items():
            kept = {field.name for field in dataclasses.fields(groups[group]) if declared(field).operational}
            assert kept <= names, (entry.name, group)
            shared += len(kept)
    assert shared > 20
