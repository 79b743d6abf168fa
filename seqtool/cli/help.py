"""``--help`` in plain text, commands and options under their panels.

Typer's own coloured help costs four times the start-up of everything else here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from typer._click.utils import make_default_short_help
from typer.core import TyperCommand, TyperGroup

_WIDTH = 110
OPTIONS_PANEL, ARGUMENTS_PANEL = "Options", "Arguments"
LAST_PANEL = "Help"


class PanelCommand(TyperCommand):
    """A command whose options are listed under their panels, and whose defaults are taken as they are declared."""

    def __init__(self, *arguments: Any, **details: Any) -> None:
        super().__init__(*arguments, **details)
        for parameter in self.params:
            parameter.process_value = partial(_process_value, parameter, parameter.process_value)  # type: ignore[method-assign]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Widen the page, then write it."""
        formatter.width = _WIDTH
        super().format_help(ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments, then the options of each panel."""
        _write_parameters(self.get_params(ctx), ctx, formatter)


class PanelGroup(TyperGroup):
    """The app: its commands are listed under their panels."""

    def listed(self) -> Iterable[tuple[str, str, str]]:
        """Panel, name and first line of help of every command, in order."""
        raise NotImplementedError

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The commands of each panel in the order of the work, help last; then the app's own options."""
        formatter.width = _WIDTH
        panels: dict[str, list[tuple[str, str]]] = {}
        for panel, name, first_line in self.listed():
            panels.setdefault(panel, []).append((name, make_default_short_help(first_line, _WIDTH)))
        last = {LAST_PANEL: panels.pop(LAST_PANEL)} if LAST_PANEL in panels else {}
        _write_sections(panels | last, formatter)
        _write_parameters(self.get_params(ctx), ctx, formatter)


def _process_value(parameter: Any, convert: Callable[[Any, Any], Any], ctx: Any, value: Any) -> Any:
    """The value of a parameter; what needs no conversion is spared the library that converts (a tenth of a second)."""
    if parameter.required or parameter.callback is not None:
        return convert(ctx, value)
    if ctx.get_parameter_source(parameter.name).name == "DEFAULT":
        return value
    return convert(ctx, value)


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
