"""Help: ``-h`` shows the options that people set first, ``--help`` all of them, under their panels.

It is plain text of 80 columns, colored on a terminal. Typer's own colored help costs four times the start-up of
everything else here.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar

from typer.core import TyperCommand

from seqtool.cli.answer import on_terminal
from seqtool.errors import plural

PanelT = TypeVar("PanelT")
WIDTH = 80
_NAMES_WIDTH = 24
_PANELS = ("Arguments", "Options", "Model", "Training", "Text", "Output", "Compute")
_LIMIT = 2**31  # a bound beyond it is the machine's, and nobody's question
_HELP_ROW = ("-h, --help", "show the common options (-h) or all (--help)")
_HEADING, _NAME = r"(?m)^(?:Usage|\w[\w ]*):", r"(?<![\w-])--?[a-zA-Z][\w-]*"


class PanelCommand(TyperCommand):
    """A command whose options are listed under their panels, and whose defaults are taken as they are declared.

    Attributes:
        common: the names of the options that ``-h`` shows; all if it is empty.
    """

    common: frozenset[str] = frozenset()

    def __init__(self, *arguments: Any, **details: Any) -> None:
        super().__init__(*arguments, **details)
        spare_conversion(self.params)
        self._short = _page_option("-h", self, self.short_help_page)

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, with ``--help`` and ``-h`` as the last."""
        return [*super().get_params(ctx), self._short]

    def get_help_option_names(self, _: Any) -> list[str]:
        """``-h`` is an option of its own."""
        return ["--help"]

    def get_help(self, ctx: Any) -> str:
        """The page that ``--help`` prints."""
        return coloured(super().get_help(ctx))

    def collect_usage_pieces(self, _: Any) -> list[str]:
        """``[OPTIONS] CORPUS... [WORD]``: what may be left out is in brackets."""
        return ["[OPTIONS]", *(usage_name(one) for one in self.params if one.param_type_name == "argument")]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Set the width of the page, then write it."""
        formatter.width = WIDTH
        super().format_help(ctx, formatter)

    def format_help_text(self, _: Any, formatter: Any) -> None:
        """The paragraphs of the help, the example last."""
        write_prose(_paragraphs(self.help), formatter)

    def format_options(self, _: Any, formatter: Any) -> None:
        """Arguments, then the options of each panel."""
        write_parameters(self.params, formatter)

    def short_help_page(self, ctx: Any) -> str:
        """The page that ``-h`` prints: the first line of the help, the example, the common options."""
        shown = [one for one in self.params if one.param_type_name == "argument" or one.name in self.common]
        formatter = ctx.make_formatter()
        formatter.width = WIDTH
        self.format_usage(ctx, formatter)
        first, *_, example = _paragraphs(self.help)
        write_prose([first, example], formatter)
        write_parameters(shown if self.common else self.params, formatter)
        if self.common and len(shown) < len(self.params):
            formatter.write(f"\n{plural(len(self.params) - len(shown), 'more option')}: {ctx.command_path} --help\n")
        return coloured(formatter.getvalue().rstrip("\n"))


def _page_option(name: str, command: Any, page: Callable[[Any], str]) -> Any:
    """An option that prints a page and ends the command."""
    from typer._click.decorators import help_option

    def show(ctx: Any, _: Any, wanted: bool) -> None:
        if wanted and not ctx.resilient_parsing:
            print(page(ctx))
            ctx.exit()

    help_option([name])(command)
    made = command.params.pop()
    made.callback = show
    return made


def coloured(page: str) -> str:
    """Help with bold headings and colored names where a terminal shows it, unless ``NO_COLOR`` is set."""
    if not on_terminal():
        return page
    from rich.console import Console
    from rich.text import Text

    text = Text(page)
    text.highlight_regex(_HEADING, "bold")
    text.highlight_regex(_NAME, "cyan")
    console = Console(soft_wrap=True)
    with console.capture() as capture:
        console.print(text, end="")
    return capture.get()


def spare_conversion(parameters: Iterable[Any]) -> None:
    """Take defaults as they are declared, without the library that converts (a tenth of a second)."""
    for parameter in parameters:
        parameter.process_value = partial(_process_value, parameter, parameter.process_value)


def _process_value(parameter: Any, convert: Callable[[Any, Any], Any], ctx: Any, value: Any) -> Any:
    if parameter.required or ctx.get_parameter_source(parameter.name).name != "DEFAULT":
        return convert(ctx, value)
    return value if parameter.callback is None else parameter.callback(ctx, parameter, value)


def write_parameters(parameters: Iterable[Any], formatter: Any) -> None:
    """Arguments, then the options of each panel."""
    panels: dict[str, list[tuple[str, str]]] = {}
    for parameter in parameters:
        panels.setdefault(panel_of(parameter), []).append(described(parameter))
    panels.setdefault("Output", []).append(_HELP_ROW)
    write_sections(in_order(panels), formatter)


def write_sections(panels: dict[str, list[tuple[str, str]]], formatter: Any) -> None:
    """A paragraph for each panel: names, and what they are."""
    for panel, rows in panels.items():
        indent = 4 + min(max(len(names) for names, _ in rows), _NAMES_WIDTH)
        with formatter.section(panel):
            for names, text in rows:
                gap = f"  {names}".ljust(indent) if len(names) <= indent - 4 else f"  {names}\n" + " " * indent
                formatter.write(f"{gap}{_wrapped(text, indent).lstrip()}\n")


def write_prose(paragraphs: Iterable[str], formatter: Any) -> None:
    """Paragraphs; a line of an example that is too long goes on after a backslash."""
    for paragraph in paragraphs:
        example = paragraph.removeprefix("Example: ")
        if example != paragraph:
            lines = textwrap.wrap(example, WIDTH - 8, break_long_words=False, break_on_hyphens=False)
            formatter.write("\n  Example:\n    " + " \\\n      ".join(lines) + "\n")
        else:
            formatter.write("\n" + _wrapped(paragraph, 2) + "\n")


def _wrapped(text: str, indent: int) -> str:
    margin = " " * indent
    return textwrap.fill(text, WIDTH, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False)


def _paragraphs(text: str | None) -> list[str]:
    return [" ".join(paragraph.split()) for paragraph in (text or "").strip().split("\n\n")]


def panel_of(parameter: Any) -> str:
    """The panel under which a parameter is listed."""
    return parameter.rich_help_panel or ("Arguments" if parameter.param_type_name == "argument" else "Options")


def in_order(panels: Mapping[str, PanelT]) -> dict[str, PanelT]:
    """The same panels, in the order of every page."""
    return {panel: panels[panel] for panel in sorted(panels, key=_PANELS.index)}


def usage_name(parameter: Any) -> str:
    """An argument as the usage line has it: ``CORPUS...``, ``[WORD]``."""
    name = described(parameter)[0]
    return name if parameter.required else f"[{name}]"


def described(parameter: Any) -> tuple[str, str]:
    """The names of a parameter, and its help with the default and the bounds."""
    if parameter.param_type_name == "argument":
        return (parameter.metavar or parameter.name.upper()) + ("..." if parameter.nargs != 1 else ""), parameter.help
    names = ", ".join([*sorted(parameter.opts, key=lambda name: name.startswith("--")), *parameter.secondary_opts])
    kind = "" if parameter.is_flag else " " + parameter.display_type_rich(ctx=None).removesuffix(" range")
    facts = "; ".join(_facts(parameter))
    text = parameter.help or ""
    if len(names + kind) > WIDTH - 4:  # choices that do not fit on a line
        text += ": " + kind.strip(" <>").replace("|", ", ")
        kind = " NAME"
    if facts and text.endswith("]") and "[default" in text:
        return names + kind, f"{text[:-1]}; {facts}]"
    return names + kind, f"{text} [{facts}]" if facts else text


def _facts(parameter: Any) -> Iterable[str]:
    """The default of an option, where its help does not say it, and its bounds."""
    said = "[default" in (parameter.help or "")
    if parameter.is_flag:
        if parameter.secondary_opts and not said:
            yield f"default: {(parameter.opts if parameter.default else parameter.secondary_opts)[0]}"
    elif parameter.default not in (None, "") and not said:
        yield f"default: {_number(parameter.default)}"
    low, high = getattr(parameter, "min", None), getattr(parameter, "max", None)
    high = None if high is not None and high > _LIMIT else high
    if low is not None:
        yield f"at least {_number(low)}" if high is None else f"{_number(low)} to {_number(high)}"
    elif high is not None:
        yield f"at most {_number(high)}"


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
