"""Makes a command of the command line from a function of `seqtool.commands`: its options, the call, the answer."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

import typer
from typer.main import get_command_from_info
from typer.models import CommandInfo

from seqtool import progress
from seqtool.artifact import files_read
from seqtool.cli.answer import Form, asked_form
from seqtool.cli.help import PanelCommand
from seqtool.cli.present import present
from seqtool.commands.answers import Answer, Lines, Made, Table
from seqtool.commands.common_options import COMMON_OPTIONS
from seqtool.commands.declaration import USUAL_FORMS, Parameter, bind_arguments, command_parameters
from seqtool.commands.recall import Invocation, renew, trains_with_others
from seqtool.commands.table import Entry
from seqtool.options import Argument, Option, Preset, plain_type

_output = functools.partial(typer.Option, rich_help_panel="Output")
Json = Annotated[bool, _output("--json", help="same as --format json")]
_ONLY_JSON = Annotated[bool, _output("--json", help="print JSON")]

_EVERYWHERE = (
    ("quiet", Annotated[bool, _output("--quiet", "-q", help="do not print notes or progress on stderr")], False),
    ("debug", Annotated[bool, _output("--debug", help="show the traceback of errors")], False),
)
_METAVARS = {int: "INTEGER", float: "NUMBER", str: "TEXT"}


def make_command(entry: Entry) -> Any:
    """The command of an entry of the table; its module is imported."""
    expanded = _expanded(entry.function(), entry.known_presets())
    made = CommandInfo(name=entry.name, cls=PanelCommand, callback=expanded, rich_help_panel=entry.panel)
    command: Any = get_command_from_info(made, pretty_exceptions_short=False, rich_markup_mode=None)
    command.common = frozenset(COMMON_OPTIONS.get(entry.name, ()))
    return command


def _expanded(function: Callable[..., Any], presets: Sequence[Preset]) -> Callable[..., None]:
    """A function with one parameter for each option, which prints the answer."""

    @functools.wraps(function)
    def command(invocation: typer.Context, **values: Any) -> None:
        progress.begin(values.pop("quiet"))
        invocation.obj = values.pop("debug")
        requested, as_json = values.pop("output_format", None), values.pop("as_json", False)
        form = asked_form(requested, as_json)
        explicit = {name for name in values if invocation.get_parameter_source(name).name != "DEFAULT"}  # type: ignore[union-attr]
        arguments = bind_arguments(function, values, explicit, presets)
        if "output" in values and not values.get("dry_run"):
            _present_once(Invocation(function.__name__, values), functools.partial(function, **arguments), form)
        else:
            present(function(**arguments), form)

    made = [_keyword("invocation", typer.Context)]
    made += [
        _argument(one, one.details) if isinstance(one.details, Argument) else _option(one, one.details)
        for one in command_parameters(function)
    ]
    made += [_keyword(name, hint, usual) for name, hint, usual in (*_form_options(function), *_EVERYWHERE)]
    command.__signature__ = inspect.Signature(made)  # type: ignore[attr-defined]
    return command


def _present_once(invocation: Invocation, call: Callable[[], Answer], form: Form | None) -> None:
    """Print the answer of a command that makes an artifact: the one given before, if that is up to date."""
    recalled = invocation.recall()
    if recalled is not None:
        for line in recalled.warnings:
            progress.warn(line)
        if not isinstance(recalled.answer, Made):
            progress.note(f"{invocation.output or recalled.output} is up to date")
        present(recalled.answer, form)
        return
    files_read.begin()
    answer = call()
    if isinstance(answer, Table) and invocation.output:
        answer.rows  # noqa: B018  (an iterator is read once: here)
    present(answer, form)
    output = answer.path if isinstance(answer, Made) else invocation.output
    if output is not None and output.is_dir() and not trains_with_others():
        renew(output, files_read.recorded())
        invocation.remember(answer, output)


def _form_options(function: Callable[..., Any]) -> list[tuple[str, Any, Any]]:
    """Name, type and default of the options that choose the output format."""
    forms = getattr(function, "forms", USUAL_FORMS)
    if len(forms) < 2:
        return [("as_json", _ONLY_JSON, False)] if forms else []
    more = "; native: as the original tool prints it" if "native" in forms else ""
    in_lines = typing.get_type_hints(function)["return"] is Lines
    usual = "one line per result" if in_lines else "text on a terminal, else tsv"
    shown = _output("--format", help=f"output format{more} [default: {usual}]")
    return [("output_format", Annotated[Literal[forms] | None, shown], None), ("as_json", Json, False)]


def _keyword(name: str, hint: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=hint, default=default)


def _argument(parameter: Parameter, details: Argument) -> inspect.Parameter:
    shown = typer.Argument(help=details.help, metavar=details.metavar, show_default=False)
    return _keyword(parameter.name, Annotated[parameter.hint, shown], parameter.default)


def _option(parameter: Parameter, details: Option) -> inspect.Parameter:
    kind = plain_type(parameter.hint)
    long = details.flag or "--" + parameter.name.replace("_", "-")
    annotation: Any = parameter.hint if not details.choices else Literal[details.choices]
    if details.choices and parameter.default is None:
        annotation = annotation | None
    if kind is bool and details.negatable and "/" not in long:
        long = f"{long}/--no-{long[2:]}"
    flags = (*([details.short] if details.short else []), long, *details.aliases)
    bounded = kind in (int, float)
    shown = typer.Option(
        *flags,
        help=details.help,
        min=_bound(details.minimum, kind) if bounded else None,
        max=_bound(details.maximum, kind) if bounded else None,
        metavar=details.metavar or (None if details.choices else _METAVARS.get(kind)),
        rich_help_panel=details.panel,
    )
    return _keyword(parameter.name, Annotated[annotation, shown], parameter.default)


def _bound(value: float | None, kind: type) -> float | int | None:
    return None if value is None else kind(value)
