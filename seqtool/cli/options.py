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
from seqtool.commands.declaration import Parameter, bind_arguments, command_parameters
from seqtool.commands.recall import Invocation, renew, trains_with_others
from seqtool.commands.table import Entry
from seqtool.options import Argument, Option, Preset, plain_type

Json = Annotated[bool, typer.Option("--json", help="short for --format json")]
_ONLY_JSON = Annotated[bool, typer.Option("--json", help="print JSON")]

_EVERYWHERE = (
    ("quiet", Annotated[bool, typer.Option("--quiet", "-q", help="no notes and no progress on stderr")], False),
    ("debug", Annotated[bool, typer.Option("--debug", help="show the traceback of an error")], False),
)
_METAVARS = {int: "INTEGER", float: "NUMBER", str: "TEXT"}
_PANELS = {True: "Options that do not change the result, beyond rounding", False: None}


def make_command(entry: Entry) -> Any:
    """The command of an entry of the table; its module is imported."""
    expanded = _expanded(entry.function(), entry.known_presets())
    made = CommandInfo(name=entry.name, cls=PanelCommand, callback=expanded, rich_help_panel=entry.panel)
    return get_command_from_info(made, pretty_exceptions_short=False, rich_markup_mode=None)


def _expanded(function: Callable[..., Any], presets: Sequence[Preset]) -> Callable[..., None]:
    """A function with one parameter for each option, which prints the answer."""
    parameters = command_parameters(function)

    @functools.wraps(function)
    def command(invocation: typer.Context, **values: Any) -> None:
        progress.begin(values.pop("quiet"))
        invocation.obj = values.pop("debug")
        requested, as_json = values.pop("output_format", None), values.pop("as_json", False)
        form = asked_form(requested, as_json)
        explicit = {name for name in values if invocation.get_parameter_source(name).name != "DEFAULT"}  # type: ignore[union-attr]
        arguments = bind_arguments(function, values, explicit, presets)
        if values.get("device") == "cuda":
            _check_cuda()
        if "output" in values and not values.get("dry_run"):
            _present_once(Invocation(function.__name__, values), functools.partial(function, **arguments), form)
        else:
            present(function(**arguments), form)

    extra = getattr(function, "forms", ())
    asked: tuple[tuple[str, Any, Any], ...] = ()
    if extra is not None:
        in_lines = typing.get_type_hints(function)["return"] is Lines
        asked = (("output_format", _format_option(extra, in_lines), None), ("as_json", Json, False))
    elif getattr(function, "as_json", False):
        asked = (("as_json", _ONLY_JSON, False),)
    everywhere = (*asked, *_EVERYWHERE)
    keyword = inspect.Parameter.KEYWORD_ONLY
    made = [inspect.Parameter("invocation", keyword, annotation=typer.Context)]
    made += [_typer_parameter(parameter) for parameter in parameters]
    made += [inspect.Parameter(name, keyword, annotation=hint, default=usual) for name, hint, usual in everywhere]
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


def _format_option(extra: Sequence[str], in_lines: bool) -> Any:
    choices = ("text", "tsv", "json", *extra)
    more = "; native: as its peer prints it" if extra else ""
    usual = "one line for each" if in_lines else "text on a terminal, else tsv"
    shown = typer.Option("--format", help=f"form of the answer{more} [default: {usual}]")
    return Annotated[Literal[choices] | None, shown]  # type: ignore[valid-type]


def _typer_parameter(parameter: Parameter) -> inspect.Parameter:
    """An option or argument as Typer takes it."""
    details, hint = parameter.details, parameter.hint
    if isinstance(details, Argument):
        info: Any = typer.Argument(help=details.help, metavar=details.metavar, show_default=False)
        annotation: Any = Annotated[hint, info]
        return inspect.Parameter(
            parameter.name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=parameter.default
        )
    return _option(parameter.name, hint, details, parameter.default)


def _check_cuda() -> None:
    """Refuse ``--device cuda`` where there is none, before anything is read, made or found up to date.

    Raises:
        InputError: there is none.
    """
    from seqtool.nn.device import choose_device

    choose_device("cuda")


def _option(name: str, hint: Any, details: Option, default: Any) -> inspect.Parameter:
    kind = plain_type(hint)
    long = details.flag or "--" + name.replace("_", "-")
    annotation: Any = hint if not details.choices else Literal[details.choices]
    if details.choices and default is None:
        annotation = annotation | None
    if kind is bool and details.negatable:
        long = f"{long}/--no-{long[2:]}"
    flags = (*([details.short] if details.short else []), long, *details.aliases)
    bounded = kind in (int, float)
    shown = typer.Option(
        *flags,
        help=details.help,
        min=_bound(details.minimum, kind) if bounded else None,
        max=_bound(details.maximum, kind) if bounded else None,
        metavar=details.metavar or (None if details.choices else _METAVARS.get(kind)),
        rich_help_panel=details.panel or _PANELS[details.operational],
    )
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[annotation, shown], default=default
    )


def _bound(value: float | None, kind: type) -> float | int | None:
    return None if value is None else kind(value)
