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

from seqtool import progress
from seqtool.cli.help import PanelCommand
from seqtool.options import OptionsT, Preset, declared, flag_of, preset_named, validate, value_type

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


def register(app: typer.Typer, panel: str, presets: Sequence[Preset] = ()) -> Callable[[Callable[..., None]], Any]:
    """Add a function to the app as the command named after it.

    Args:
        app: the Typer app.
        panel: the heading under which ``seqtool --help`` lists it.
        presets: what ``--preset`` may name; the function then takes ``preset: PresetName``.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        name = function.__name__.strip("_").replace("_", "-")
        app.command(name, rich_help_panel=panel, cls=PanelCommand)(_expanded(function, presets))
        return function

    return decorate


def _expanded(function: Callable[..., None], presets: Sequence[Preset]) -> Callable[..., None]:
    hints = typing.get_type_hints(function, include_extras=True)
    own = inspect.signature(function).parameters
    groups = {name: hints[name] for name in own if dataclasses.is_dataclass(hints[name])}

    @functools.wraps(function)
    def command(invocation: typer.Context, **values: Any) -> None:
        progress.begin(values.pop("quiet"))
        invocation.obj = values.pop("debug")
        preset = values.get("preset")
        chosen = dict(preset_named(presets, preset).values) if preset else {}
        explicit = {name for name in values if invocation.get_parameter_source(name).name != "DEFAULT"}  # type: ignore[union-attr]
        arguments = {name: values[name] for name in own if name not in groups and name != "explicit"}
        if "explicit" in own:
            arguments["explicit"] = frozenset(explicit)
        owned = _owned(groups)
        filled = {
            name: _fill(cls, values, {k: v for k, v in chosen.items() if k in owned[name]}, explicit & owned[name])
            for name, cls in groups.items()
        }
        if values.get("device") == "cuda":
            _check_cuda()
        function(**arguments, **filled)

    command.__signature__ = inspect.Signature(_parameters(own, hints, groups))  # type: ignore[attr-defined]
    return command


def _check_cuda() -> None:
    """Refuse ``--device cuda`` where there is none, before anything is read, made or found up to date.

    Raises:
        InputError: there is none.
    """
    from seqtool.nn.device import choose_device

    choose_device("cuda")


def _owned(groups: dict[str, type]) -> dict[str, set[str]]:
    """The fields each dataclass is filled with: a name that two declare belongs to the first, unless operational."""
    taken: set[str] = set()
    owned = {}
    for group, cls in groups.items():
        fields = dataclasses.fields(cls)  # type: ignore[arg-type]
        owned[group] = {field.name for field in fields if declared(field).operational or field.name not in taken}
        taken |= owned[group]
    return owned


def _fill(cls: type[OptionsT], values: dict[str, Any], chosen: dict[str, Any], explicit: set[str]) -> OptionsT:
    names = {field.name for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    picked = {name: values[name] for name in names if name in explicit}
    options = cls(**{name: value for name, value in chosen.items() if name in names} | picked)
    validate(options)
    return options


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
    details, kind = declared(field), value_type(cls, field.name)
    flags: tuple[str, ...] = (flag_of(field), *details.aliases)
    annotation: Any = Literal[details.choices] if details.choices else kind
    if kind is bool:
        flags = (f"{flags[0]}/--no-{flags[0][2:]}", *flags[1:])
    if field.default is None:
        annotation = annotation | None
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
        field.name, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[annotation, shown], default=field.default
    )


def _bound(value: float | None, kind: type) -> float | int | None:
    return None if value is None else kind(value)
