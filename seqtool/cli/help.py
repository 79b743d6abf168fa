"""``--help`` in plain text, commands and options under their panels.

Typer's own coloured help costs four times the start-up of everything else here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from typer.core import TyperCommand, TyperGroup

_WIDTH = 110
OPTIONS_PANEL, ARGUMENTS_PANEL, COMMANDS_PANEL = "Options", "Arguments", "Commands"
LAST_PANEL = "Help"


class PanelCommand(TyperCommand):
    """A command whose options are listed under their panels."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Widen the page, then write it."""
        formatter.width = _WIDTH
        super().format_help(ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments, then the options of each panel."""
        _write_parameters(self.get_params(ctx), ctx, formatter)


class PanelGroup(TyperGroup):
    """The app: its commands are listed under their panels."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The commands of each panel in the order of the work, help last; then the app's own options."""
        formatter.width = _WIDTH
        panels: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                panel = getattr(command, "rich_help_panel", None) or COMMANDS_PANEL
                panels.setdefault(str(panel), []).append((name, command.get_short_help_str(_WIDTH)))
        last = {LAST_PANEL: panels.pop(LAST_PANEL)} if LAST_PANEL in panels else {}
        _write_sections(panels | last, formatter)
        _write_parameters(self.get_params(ctx), ctx, formatter)


def _write_parameters(parameters: Iterable[Any], ctx: Any, formatter: Any) -> None:
    panels: dict[str, list[tuple[str, str]]] = {}
    for parameter in parameters:
        record = parameter.get_help_record(ctx)
        if record is not None:
            usual = ARGUMENTS_PANEL if parameter.param_type_name == "argument" else OPTIONS_PANEL
            panels.setdefault(str(parameter.rich_help_panel or usual), []).append(record)
    _write_sections(panels, formatter)


def _write_sections(panels: dict[str, list[tuple[str, str]]], formatter: Any) -> None:
    for panel, rows in panels.items():
        with formatter.section(panel):
            formatter.write_dl(rows, col_max=38)
