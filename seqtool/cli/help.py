"""``--help`` in plain text, commands and options under their panels.

Typer's own coloured help costs four times the start-up of everything else here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from typer.core import TyperCommand

WIDTH = 110


class PanelCommand(TyperCommand):
    """A command whose options are listed under their panels, and whose defaults are taken as they are declared."""

    def __init__(self, *arguments: Any, **details: Any) -> None:
        super().__init__(*arguments, **details)
        spare_conversion(self.params)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Widen the page, then write it."""
        formatter.width = WIDTH
        super().format_help(ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments, then the options of each panel."""
        write_parameters(self.get_params(ctx), ctx, formatter)


def spare_conversion(parameters: Iterable[Any]) -> None:
    """Take defaults as they are declared, without the library that converts (a tenth of a second)."""
    for parameter in parameters:
        parameter.process_value = partial(_process_value, parameter, parameter.process_value)


def _process_value(parameter: Any, convert: Callable[[Any, Any], Any], ctx: Any, value: Any) -> Any:
    if parameter.required or ctx.get_parameter_source(parameter.name).name != "DEFAULT":
        return convert(ctx, value)
    return value if parameter.callback is None else parameter.callback(ctx, parameter, value)


def write_parameters(parameters: Iterable[Any], ctx: Any, formatter: Any) -> None:
    """Arguments, then the options of each panel."""
    panels: dict[str, list[tuple[str, str]]] = {}
    for parameter in parameters:
        record = parameter.get_help_record(ctx)
        if record is not None:
            usual = "Arguments" if parameter.param_type_name == "argument" else "Options"
            panels.setdefault(str(parameter.rich_help_panel or usual), []).append(record)
    write_sections(panels, formatter)


def write_sections(panels: dict[str, list[tuple[str, str]]], formatter: Any) -> None:
    """A paragraph for each panel: names, and what they are."""
    for panel, rows in panels.items():
        with formatter.section(panel):
            formatter.write_dl(rows, col_max=38)
