"""The app's commands, each imported when it is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from typer.core import TyperGroup

from seqtool.cli.help import WIDTH, coloured, spare_conversion, write_sections
from seqtool.commands.other_names import advice
from seqtool.commands.table import COMMANDS
from seqtool.errors import UsageError


class LazyCommands(Mapping[str, Any]):
    """Name → command; the names are those of the table, the command is made when it is asked for."""

    def __getitem__(self, name: str) -> Any:
        return _made(name)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


@cache
def _made(name: str) -> Any:
    from seqtool.cli.options import make_command

    return make_command(COMMANDS[name])


def _unknown(arguments: list[str]) -> UsageError:
    from seqtool.cli.retype import as_command

    meant = as_command(COMMANDS, arguments)
    remedy = advice(arguments[0]) or (f"did you mean: {meant}" if meant else "see seqtool --help")
    return UsageError(f"unknown command {arguments[0]!r}", remedy)


class LazyGroup(TyperGroup):
    """The app: its commands are those of the table, and listed under their panels."""

    def __init__(self, **details: Any) -> None:
        super().__init__(**details)
        self.commands = LazyCommands()  # type: ignore[assignment]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse, once Typer has added its own options, which are hardly ever given."""
        spare_conversion(self.get_params(ctx))
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command; an unknown name is answered with ours for it, or with those that are spelled like it."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            raise _unknown(args)
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: Any) -> str:
        """The page that ``-h`` and ``--help`` print."""
        return coloured(super().get_help(ctx))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Set the width of the page, then write it."""
        formatter.width = WIDTH
        super().format_help(ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The commands of each panel in the order of the table, then the app's own options."""
        panels: dict[str, list[tuple[str, str]]] = {}
        for entry in COMMANDS.values():
            panels.setdefault(entry.panel, []).append((entry.name, entry.help))
        write_sections(panels, formatter)
        names = ", ".join(name for parameter in self.get_params(ctx) for name in sorted(parameter.opts, key=len))
        formatter.write(f"\nOptions: {names}\n")

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """Names from the table, then what Typer completes of the app's own options."""
        from typer._click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [
            CompletionItem(entry.name, help=entry.help)
            for entry in COMMANDS.values()
            if entry.name.startswith(incomplete)
        ]
