"""Write docs/cli.md from the commands themselves.

python docs/generate.py            write it
python docs/generate.py --check    exit 1, saying so in one line, where it is stale
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import typer

from seqtool.cli.main import app

PAGE = Path(__file__).with_name("cli.md")
OPERATIONAL_PANEL = "Options that do not change the result, beyond rounding"
# Options of the command line itself: where the answer goes, not what it is.
_OPERATIONAL = {"output", "overwrite", "dry_run", "output_format", "as_json", "quiet", "debug", "verify"}

_HEAD = """\
# Commands

Written by `make docs` from the commands; `make lint` fails where this page is stale.

`seqtool COMMAND --help` says the same on the terminal. The last column says whether an option changes the result.
What changes it is recorded in the artifact's manifest and must be the same for a command to say `up to date`.
"""


def page() -> str:
    """The whole page."""
    group: Any = typer.main.get_command(app)
    names = list(group.commands)
    parts = [_HEAD, _overview(group), *(_command(name, group.commands[name]) for name in names)]
    return "\n".join(parts)


def _overview(group: Any) -> str:
    rows = [(f"[`{name}`](#{name})", _first_line(command.help)) for name, command in group.commands.items()]
    return _table(("command", "what it does"), rows)


def _command(name: str, command: Any) -> str:
    context = command.make_context(f"seqtool {name}", [], resilient_parsing=True)
    parts = [f"## {name}\n", *_prose(command.help), _usage(name, command)]
    for panel, parameters in _panels(command.params).items():
        parts.append(f"**{panel}**\n")
        parts.append(_table(("option", "what", "changes the result"), [_row(p, context) for p in parameters]))
    return "\n".join(parts)


def _prose(help_text: str) -> Iterator[str]:
    """The paragraphs of a command's help; its example as a code block."""
    for paragraph in help_text.strip().split("\n\n"):
        text = " ".join(paragraph.split())
        if text.startswith("Example: "):
            yield f"Example:\n\n```text\n{text.removeprefix('Example: ')}\n```\n"
        else:
            yield _escaped(text) + "\n"


def _usage(name: str, command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    words = [p.name.upper() + ("…" if p.nargs == -1 else "") for p in arguments]
    return f"Usage: `{' '.join(['seqtool', name, *words, '[OPTIONS]'])}`\n"


def _panels(parameters: list[Any]) -> dict[str, list[Any]]:
    """Parameters by the panel under which help lists them, those that do not change the result last."""
    panels: dict[str, list[Any]] = {}
    for parameter in parameters:
        usual = "Arguments" if parameter.param_type_name == "argument" else "Options"
        panels.setdefault(parameter.rich_help_panel or usual, []).append(parameter)
    last = panels.pop(OPERATIONAL_PANEL, None)
    return panels | ({OPERATIONAL_PANEL: last} if last else {})


def _row(parameter: Any, context: Any) -> tuple[str, str, str]:
    names, what = parameter.get_help_record(context)
    names = parameter.name.upper() if parameter.param_type_name == "argument" else names
    names = names.replace("|", "\\|").replace(" range>", ">")
    return f"`{names}`", _escaped(" ".join(what.split())), _effect(parameter)


def _effect(parameter: Any) -> str:
    operational = parameter.name in _OPERATIONAL or parameter.rich_help_panel == OPERATIONAL_PANEL
    return "no" if operational else "yes"


def _table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [columns, ("---",) * len(columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _first_line(text: str) -> str:
    return _escaped(" ".join(text.strip().split("\n\n")[0].split()))


def _escaped(text: str) -> str:
    """Text that Markdown leaves as it is, in a table too."""
    for character in "\\|<>*":
        text = text.replace(character, f"\\{character}")
    return text


def main() -> None:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    if not parser.parse_args().check:
        PAGE.write_text(page(), encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page():
        sys.exit("docs/cli.md is stale: run `make docs` and commit it")


if __name__ == "__main__":
    main()
