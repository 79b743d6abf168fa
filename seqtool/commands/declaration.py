"""How a command's function declares its parameters, and how given values become its arguments.

A parameter is either annotated with `Argument` or `Option` ::

    def vocab(artifact: Annotated[Path, Argument("a corpus, model, counts or vectors")]) -> Table: ...

or with an options dataclass, whose fields become options of the command. A name that two dataclasses declare is one
option. Given values override the preset, which overrides the defaults.
"""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from seqtool.options import Argument, Option, Preset, check_needs, declared, option, preset_named, redeclared, validate

PresetName = Annotated[str | None, Option("named set of options; `seqtool presets` lists them", metavar="NAME")]
EXPLICIT = "explicit"  # a parameter of this name receives the names of the given options, without the preset's
USUAL_FORMS = ("text", "tsv", "json")  # what ``--format`` takes
_DRY_RUN = "print the plan and its estimated cost, then stop"


@dataclass(frozen=True)
class Target:
    """The folder of a result."""

    output: Path | None = option(
        None,
        "output folder [default: named after the input]",
        short="-o",
        metavar="FOLDER",
        operational=True,
        panel="Output",
    )
    overwrite: bool = option(
        False,
        "replace an artifact made from other inputs or options; one that is up to date is kept",
        operational=True,
        negatable=False,
        panel="Output",
    )


@dataclass(frozen=True)
class PlannedTarget(Target):
    """The target of a command that can describe its work without doing it."""

    dry_run: bool = option(False, _DRY_RUN, operational=True, negatable=False, panel="Output")


@dataclass(frozen=True)
class TargetOfText(Target):
    """The same for a command that makes a corpus from a raw text first."""

    dry_run: bool = option(
        False,
        f"{_DRY_RUN}; for a raw text, the corpus is still made and kept",
        operational=True,
        negatable=False,
        panel="Output",
    )


@dataclass(frozen=True)
class EvaluationTarget:
    """The folder of a saved evaluation, if the user asks for one."""

    output: Path | None = option(
        None, "also save the evaluation as an artifact", short="-o", operational=True, panel="Output"
    )
    overwrite: bool = redeclared(Target, "overwrite", False)


@dataclass(frozen=True)
class SavedTarget:
    """The folder of a saved answer, if the user asks for one."""

    output: Path | None = option(
        None, "also save the answer for report", short="-o", metavar="FOLDER", operational=True, panel="Output"
    )
    overwrite: bool = redeclared(Target, "overwrite", False)


@dataclass(frozen=True)
class PictureTarget:
    """An image file, or a folder for the saved answer."""

    output: Path | None = option(
        None,
        "image file (.png, .svg or .pdf), or folder to save the answer for report",
        short="-o",
        metavar="FILE|FOLDER",
        operational=True,
        panel="Output",
    )
    overwrite: bool = redeclared(
        Target, "overwrite", False, "replace the image, or an artifact made from other inputs or options"
    )


@dataclass(frozen=True)
class Parameter:
    """One parameter of a command, groups expanded: its plain type, declaration and default."""

    name: str
    hint: Any
    details: Argument | Option
    default: Any

    @property
    def required(self) -> bool:
        """Whether the parameter has no default."""
        return self.default is inspect.Parameter.empty


def option_groups(function: Callable[..., Any]) -> dict[str, type]:
    """The options dataclasses among a function's parameters, by name."""
    hints = typing.get_type_hints(function)
    return {
        name: hints[name] for name in inspect.signature(function).parameters if dataclasses.is_dataclass(hints[name])
    }


def command_parameters(function: Callable[..., Any]) -> list[Parameter]:
    """All parameters of a command in order, with the fields of its dataclasses, each name once."""
    hints = typing.get_type_hints(function, include_extras=True)
    found: dict[str, Parameter] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        hint = hints[name]
        if dataclasses.is_dataclass(hint):
            kinds = typing.get_type_hints(hint)
            for field in dataclasses.fields(hint):
                details = _with_panel(declared(field), hint)
                found.setdefault(field.name, Parameter(field.name, kinds[field.name], details, field.default))
        elif name != EXPLICIT:
            details = next(one for one in hint.__metadata__ if isinstance(one, Argument | Option))
            found[name] = Parameter(name, hint.__origin__, _with_panel(details), parameter.default)
    return list(found.values())


def _with_panel(details: Argument | Option, group: Any = None) -> Argument | Option:
    """An option with its panel: its own, Compute if it cannot change a result, else its group's (``PANEL``)."""
    if isinstance(details, Argument):
        return details
    panel = details.panel or ("Compute" if details.operational else getattr(group, "PANEL", None))
    return dataclasses.replace(details, panel=panel)


def bind_arguments(
    function: Callable[..., Any], values: Mapping[str, Any], explicit: Iterable[str], presets: Iterable[Preset] = ()
) -> dict[str, Any]:
    """Return the keyword arguments of a call.

    Args:
        function: the command.
        values: values by the names of `command_parameters`; missing ones have their defaults.
        explicit: the names of the given options, which override the preset.
        presets: the presets that ``values["preset"]`` may name.

    Raises:
        UsageError: an unknown preset, a value out of bounds, or an option that has no effect with the others.
        InputError: ``--device cuda`` without a GPU. This is checked before anything is read or made.
    """
    own, groups, given = inspect.signature(function).parameters, option_groups(function), frozenset(explicit)
    name = values.get("preset")
    chosen = dict(preset_named(presets, name).values) if name else {}
    arguments = {name: values[name] for name in own if name in values and name not in groups}
    if EXPLICIT in own:
        arguments[EXPLICIT] = given
    for group, names in owned_by(groups).items():
        from_preset = {name: value for name, value in chosen.items() if name in names}
        written = {name: values[name] for name in given & names}
        arguments[group] = groups[group](**(from_preset | written))
        validate(arguments[group])
        check_needs(arguments[group])
    if values.get("device") == "cuda":
        from seqtool.nn.device import choose_device

        choose_device("cuda")
    return arguments


def owned_by(groups: Mapping[str, type]) -> dict[str, set[str]]:
    """The fields of each dataclass. A name that two declare belongs to the first, unless it is operational."""
    taken: set[str] = set()
    owned = {}
    for group, cls in groups.items():
        fields = dataclasses.fields(cls)
        owned[group] = {field.name for field in fields if declared(field).operational or field.name not in taken}
        taken |= owned[group]
    return owned


def answers_in(*forms: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a command whose answer has other forms than `USUAL_FORMS`.

    With ``native``, the command can also print what a comparable tool prints. With ``json`` alone, it has ``--json``
    but not ``--format``. Without any form, its answer is lines of text.
    """

    def mark(function: Callable[..., Any]) -> Callable[..., Any]:
        function.forms = forms  # type: ignore[attr-defined]
        return function

    return mark
