"""Write docs/cli.md from the commands themselves.

python docs/generate.py            write it
python docs/generate.py --check    exit 1, saying so in one line, where it is stale
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import typer

from seqtool.cli.help import described, in_order, panel_of
from seqtool.cli.main import app

PAGE = Path(__file__).with_name("cli.md")
_UNCHANGING = {"Output", "Compute"}  # panels whose options do not change the result

_HEAD = """\
# Commands

`seqtool COMMAND --help` prints the same text on the terminal. The last column shows whether an option changes the
result. Such options are recorded in the artifact's manifest, and a command reports `up to date` only if they are the
same.

`make docs` generates this page from the commands; `make lint` fails if the page is stale.
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
    parts = [f"## {name}\n", *_prose(command.help), _usage(name, command)]
    for panel, parameters in _panels(command.params).items():
        parts.append(f"**{panel}**\n")
        parts.append(_table(("option", "what", "changes the result"), map(_row, parameters)))
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
    return f"Usage: `{' '.join(['seqtool', name, *command.collect_usage_pieces(None)])}`\n"


def _panels(parameters: list[Any]) -> dict[str, list[Any]]:
    """Parameters by the panel under which help lists them."""
    panels: dict[str, list[Any]] = {}
    for parameter in parameters:
        panels.setdefault(panel_of(parameter), []).append(parameter)
    return in_order(panels)


def _row(parameter: Any) -> tuple[str, str, str]:
    names, what = described(parameter)
    changing = panel_of(parameter) not in _UNCHANGING
    names = names.replace("|", "\\|")
    return f"`{names}`", _escaped(what), "yes" if changing else "no"


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
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
