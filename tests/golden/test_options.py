"""A new, changed or removed command-line option or preset is a conscious act: ``make golden``, and read the diff."""

from __future__ import annotations

import json
import os
import typing
from pathlib import Path
from typing import Any

import pytest

GOLDEN, GOLDEN_PRESETS = (Path(__file__).with_name(name) for name in ("options.json", "presets.json"))


def surface() -> dict[str, dict[str, Any]]:
    """Every command with its arguments and options, their default and choices."""
    from typer.main import get_command

    from seqtool.cli.main import app

    root: Any = get_command(app)
    return {
        name: {p.opts[0] if p.param_type_name == "option" else p.name: described(p) for p in command.params}
        for name, command in sorted(root.commands.items())
    }


def described(parameter: Any) -> dict[str, Any]:
    """What of an option a script depends on."""
    found = {"names": [*parameter.opts, *parameter.secondary_opts], "default": parameter.default}
    choices = literals(parameter.type_descriptor.annotation)
    return found | ({"choices": choices} if choices else {})


def literals(hint: Any) -> list[str]:
    """The values of a ``Literal``, also within ``… | None``."""
    if typing.get_origin(hint) is typing.Literal:
        return list(typing.get_args(hint))
    return [value for inner in typing.get_args(hint) for value in literals(inner)]


def test_options_are_those_of_the_golden_file() -> None:
    now = json.loads(json.dumps(surface(), default=str))
    if os.environ.get("SEQTOOL_GOLDEN") == "write":
        GOLDEN.write_text(json.dumps(now, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        pytest.skip("written")
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    changed = [
        f"{command} {name}"
        for command in now.keys() | golden.keys()
        for name in now.get(command, {}).keys() | golden.get(command, {}).keys()
        if now.get(command, {}).get(name) != golden.get(command, {}).get(name)
    ]
    assert sorted(changed) == [], "changed options; if meant, run `make golden` and read the diff"


def test_presets_are_those_of_the_golden_file() -> None:
    """They are published figures, which no option's default shows."""
    from seqtool.commands.table import COMMANDS

    presets = {
        f"{entry.name} {preset.name}": dict(preset.values)
        for entry in COMMANDS.values()
        for preset in entry.known_presets()
    }
    now = json.loads(json.dumps(presets))
    if os.environ.get("SEQTOOL_GOLDEN") == "write":
        GOLDEN_PRESETS.write_text(json.dumps(now, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        pytest.skip("written")
    golden = json.loads(GOLDEN_PRESETS.read_text(encoding="utf-8"))
    changed = sorted(name for name in now.keys() | golden.keys() if now.get(name) != golden.get(name))
    assert changed == [], "changed presets; if meant, run `make golden` and read the diff"


def test_every_option_has_help_and_no_name_is_used_twice() -> None:
    from typer.main import get_command

    from seqtool.cli.main import app

    root: Any = get_command(app)
    for name, command in root.commands.items():
        assert command.help, name
        assert "Example: seqtool" in command.help, name
        flags = [flag for p in command.params for flag in (*p.opts, *p.secondary_opts) if flag.startswith("-")]
        assert len(flags) == len(set(flags)), name
        assert [p.name for p in command.params if p.param_type_name == "option" and not p.help] == [], name
