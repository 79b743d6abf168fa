"""Makes a command's options from options dataclasses, and holds the options that many commands share.

A command is a function whose parameters annotated with an options dataclass are replaced, on the command line, by one
option per field; it is called with the dataclass, filled from defaults, then the preset, then what the user wrote.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import typing
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.main import get_command_from_info
from typer.models import CommandInfo

from seqtool import progress
from seqtool.cli.answer import asked_form
from seqtool.cli.help import PanelCommand
from seqtool.cli.present import present
from seqtool.commands.declaration import Parameter, arguments_for, parameters_of
from seqtool.commands.table import Entry
from seqtool.options import Argument, Option, Preset, declared, plain_type

Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FOLDER", help="the result's folder [default: named after the input]"),
]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite", help="replace an artifact made with other inputs or options; one that is up to date is left"
    ),
]
_DRY_RUN = "print what would be done and what it would cost, then stop"
DryRun = Annotated[bool, typer.Option("--dry-run", help=_DRY_RUN)]
DryRunOfText = Annotated[bool, typer.Option("--dry-run", help=f"{_DRY_RUN}; a raw text's corpus is made and kept")]
PresetName = Annotated[
    str | None, typer.Option("--preset", metavar="NAME", help="a named set of option values; see `seqtool presets`")
]
Format = Annotated[
    Literal["text", "tsv", "json"] | None,
    typer.Option("--format", help="form of the answer [default: text on a terminal, else tsv]"),
]
Json = Annotated[bool, typer.Option("--json", help="short for --format json")]

_EVERYWHERE = (
    ("quiet", Annotated[bool, typer.Option("--quiet", "-q", help="no notes and no progress on stderr")], False),
    ("debug", Annotated[bool, typer.Option("--debug", help="show the traceback of an error")], False),
)
_METAVARS = {int: "INTEGER", float: "NUMBER", str: "TEXT"}
_PANELS = {True: "Options that do not change the result, beyond rounding", False: None}


def make_command(entry: Entry) -> Any:
    """The command of an entry of the table; its module is imported."""
    function, presets = entry.function(), entry.known_presets()
    expanded = _expanded_legacy(function, presets) if _is_legacy(function) else _expanded(function, presets)
    made = CommandInfo(name=entry.name, cls=PanelCommand, callback=expanded, rich_help_panel=entry.panel)
    return get_command_from_info(made, pretty_exceptions_short=False, rich_markup_mode=None)


def _is_legacy(function: Callable[..., Any]) -> bool:
    return function.__module__.startswith("seqtool.cli.")


def _expanded(function: Callable[..., Any], presets: Sequence[Preset]) -> Callable[..., None]:
    """A function with one parameter for each option, which prints the answer."""
    parameters = parameters_of(function)

    @functools.wraps(function)
    def command(invocation: typer.Context, **values: Any) -> None:
        progress.begin(values.pop("quiet"))
        invocation.obj = values.pop("debug")
        requested, as_json = values.pop("output_format", None), values.pop("as_json", False)
        form = asked_form(requested, as_json)
        explicit = {name for name in values if invocation.get_parameter_source(name).name != "DEFAULT"}  # type: ignore[union-attr]
        arguments = arguments_for(function, values, explicit, presets)
        if values.get("device") == "cuda":
            _check_cuda()
        present(function(**arguments), form)

    extra = getattr(function, "forms", ())
    asked = () if extra is None else (("output_format", _format_option(extra), None), ("as_json", Json, False))
    everywhere = (*asked, *_EVERYWHERE)
    keyword = inspect.Parameter.KEYWORD_ONLY
    made = [inspect.Parameter("invocation", keyword, annotation=typer.Context)]
    made += [_typer_parameter(parameter) for parameter in parameters]
    made += [inspect.Parameter(name, keyword, annotation=hint, default=usual) for name, hint, usual in everywhere]
    command.__signature__ = inspect.Signature(made)  # type: ignore[attr-defined]
    return command


def _format_option(extra: Sequence[str]) -> Any:
    choices = ("text", "tsv", "json", *extra)
    more = "; native: as its peer prints it" if extra else ""
    shown = typer.Option("--format", help=f"form of the answer{more} [default: text on a terminal, else tsv]")
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


def _expanded_legacy(function: Callable[..., None], presets: Sequence[Preset]) -> Callable[..., None]:
    hints = typing.get_type_hints(function, include_extras=True)
    own = inspect.signature(function).parameters

    @functools.wraps(function)
    def command(invocation: typer.Context, **values: Any) -> None:
        progress.begin(values.pop("quiet"))
        invocation.obj = values.pop("debug")
        explicit = {name for name in values if invocation.get_parameter_source(name).name != "DEFAULT"}  # type: ignore[union-attr]
        if values.get("device") == "cuda":
            _check_cuda()
        function(**arguments_for(function, values, explicit, presets))

    groups = {name: hints[name] for name in own if dataclasses.is_dataclass(hints[name])}
    command.__signature__ = inspect.Signature(_parameters(own, hints, groups))  # type: ignore[attr-defined]
    return command


def _check_cuda() -> None:
    """Refuse ``--device cuda`` where there is none, before anything is read, made or found up to date.

    Raises:
        InputError: there is none.
    """
    from seqtool.nn.device import choose_device

    choose_device("cuda")


def _parameters(
    own: typing.Mapping[str, inspect.Parameter], hints: dict[str, Any], groups: dict[str, type]
) -> list[inspect.Parameter]:
    keyword = inspect.Parameter.KEYWORD_ONLY
    made = {"invocation": inspect.Parameter("invocation", keyword, annotation=typer.Context)}
    for name, parameter in own.items():
        if name in groups:
            for field in dataclasses.fields(groups[name]):  # type: ignore[arg-type]
                made.setdefault(field.name, _option_parameter(groups[name], field))
        elif name != "explicit":
            made[name] = parameter.replace(kind=keyword, annotation=hints[name])
    for name, annotation, default in _EVERYWHERE:
        made[name] = inspect.Parameter(name, keyword, annotation=annotation, default=default)
    return list(made.values())


def _option_parameter(cls: type, field: dataclasses.Field[Any]) -> inspect.Parameter:
    return _option(field.name, typing.get_type_hints(cls)[field.name], declared(field), field.default)


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
