"""How an option is declared, once: a field of a frozen dataclass.

The command line, the validation, the manifest and the documentation are all made from these fields::

    @dataclass(frozen=True)
    class SvdOptions:
        dim: int = option(100, "dimension of the vectors", aliases=("--size",), minimum=1)

A field of type ``X | None`` may be left out; its help says what is chosen then.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import math
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from seqtool.errors import UsageError

OptionsT = TypeVar("OptionsT")


@dataclass(frozen=True)
class Option:
    """What is known of one option besides its type and default.

    ``operational`` options change how a result is computed, never the result; the others determine it and stand in
    the manifest. ``flag`` overrides the name made from the field's (of a switch both, as ``--no-unk/--unk``); ``short``
    is a letter with its dash. A boolean that is not ``negatable`` has no ``--no-…``. ``needs`` names the option without
    which this one is not heeded, and its values that heed it: ``("arch", "transformer")``; without values it must be
    given (see `check_needs`). A ``later`` option was added after artifacts had been made without it: at its default it
    is left out of manifests, so that those are still known to be up to date.
    """

    help: str
    aliases: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    operational: bool = False
    panel: str | None = None
    metavar: str | None = None
    flag: str | None = None
    short: str | None = None
    negatable: bool = True
    needs: tuple[str, ...] = ()
    later: bool = False


class _OptionField(dataclasses.Field[Any]):
    """A field that gives its class a ``__doc__`` which lists the options."""

    __slots__ = ()

    def __set_name__(self, owner: type, name: str) -> None:
        summary = owner.__dict__.get("__doc__")
        if not isinstance(summary, _OptionsDoc):
            owner.__doc__ = _OptionsDoc(summary)  # type: ignore[assignment]


class _OptionsDoc:
    """The docstring of a dataclass and a line for each of its options, put together when it is read."""

    def __init__(self, summary: str | None) -> None:
        self.summary = summary or "Options."

    def __get__(self, _: Any, owner: type) -> str:
        # dataclass() reads the docstring of a class that it has not finished: the options are not asked for then.
        if "__match_args__" not in owner.__dict__:
            return self.summary
        hints = typing.get_type_hints(owner)
        fields = dataclasses.fields(owner)  # type: ignore[arg-type]
        lines = [
            documented(field.name, type_name(hints[field.name]), declared(field), field.default) for field in fields
        ]
        return "\n".join([inspect.cleandoc(self.summary), "", "Args:", *(f"    {line}" for line in lines)])


@dataclass(frozen=True)
class Argument:
    """What is known of a positional argument besides its type and default."""

    help: str
    metavar: str | None = None


@dataclass(frozen=True)
class Preset:
    """A named set of option values with the book, paper or tool they come from, and any conversion made."""

    name: str
    values: Mapping[str, Any]
    source: str


def option(default: Any, help: str, **details: Any) -> Any:  # noqa: A002
    """A dataclass field that is an option; ``details`` are the fields of `Option`."""
    return _field(default, Option(help=help, **details))


def _field(default: Any, details: Option) -> Any:
    field = dataclasses.field(default=default, metadata={"option": details})
    field.__class__ = _OptionField
    return field


def redeclared(cls: type, name: str, default: Any, help: str | None = None) -> Any:  # noqa: A002
    """The option ``name`` of a parent dataclass with another default and, where given, another help."""
    details = declared(cls.__dataclass_fields__[name])  # type: ignore[attr-defined]
    return _field(default, dataclasses.replace(details, help=help or details.help))


def option_flag(field: dataclasses.Field[Any]) -> str:
    """``batch_size`` → ``--batch-size``; of a switch the name that turns it on."""
    return (declared(field).flag or "--" + field.name.replace("_", "-")).split("/")[0]


def declared(field: dataclasses.Field[Any]) -> Option:
    """The `Option` of a field."""
    details: Option = field.metadata["option"]
    return details


def plain_type(hint: Any) -> type:
    """``int`` of ``int | None``."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        hint = next(arg for arg in typing.get_args(hint) if arg is not type(None))
    return typing.cast(type, hint)


def validate(options: Any) -> None:
    """Check every field against its bounds and choices.

    Raises:
        UsageError: naming the option, its value and what is allowed.
    """
    for field in dataclasses.fields(options):
        details, value = declared(field), getattr(options, field.name)
        if value is None:
            continue
        check(f"{option_flag(field)} ", details, value)


def check(name: str, details: Option, value: Any) -> None:
    """Check a value against the bounds and choices of its option; ``name`` goes before the value in an error.

    Raises:
        UsageError: naming the option, its value and what is allowed.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"{name}{value} is not a finite number", "give a finite number")
    if details.choices and value not in details.choices:
        raise UsageError(f"{name}{value} is not a valid choice", f"choose one of {', '.join(details.choices)}")
    if details.minimum is not None and not value >= details.minimum:
        raise UsageError(f"{name}{value} is too small", f"give at least {details.minimum:g}")
    if details.maximum is not None and not value <= details.maximum:
        raise UsageError(f"{name}{value} is too large", f"give at most {details.maximum:g}")


def type_name(hint: Any) -> str:
    """``int``, ``str or None``, ``list of path``."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return " or ".join("None" if arg is type(None) else type_name(arg) for arg in typing.get_args(hint))
    if typing.get_origin(hint) is list:
        return f"list of {type_name(typing.get_args(hint)[0])}"
    return "path" if hint is Path else str(getattr(hint, "__name__", hint))


def documented(name: str, kind: str, details: Option | Argument, default: Any) -> str:
    """One option as Python's ``help`` lists it: name, type, help, what is allowed, default."""
    facts = []
    if isinstance(details, Option):
        facts += [f"one of {', '.join(details.choices)}"] if details.choices else []
        facts += [f"at least {details.minimum:g}"] if details.minimum is not None else []
        facts += [f"at most {details.maximum:g}"] if details.maximum is not None else []
    if default not in (None, inspect.Parameter.empty) and "[default" not in details.help:
        facts.append(f"default: {default!r}")
    return f"{name} ({kind}): {details.help}" + (f" [{'; '.join(facts)}]" if facts else "")


def check_needs(options: Any) -> None:
    """Refuse every option that differs from its default and is not heeded beside the others.

    Raises:
        UsageError: naming the option and what it needs.
    """
    fields = {field.name: field for field in dataclasses.fields(options)}
    for field in fields.values():
        needs = declared(field).needs
        if not needs or getattr(options, field.name) == field.default:
            continue
        other, *values = needs
        found = getattr(options, other)
        if found not in values if values else not found:
            wanted = " ".join([option_flag(fields[other]), *([" or ".join(values)] if values else [])])
            raise UsageError(f"{option_flag(field)} needs {wanted}", "leave one of them out")


def determining(options: Any) -> dict[str, Any]:
    """The values that determine the result, by field name, as they are in a manifest."""
    values = {
        f.name: getattr(options, f.name)
        for f in dataclasses.fields(options)
        if not declared(f).operational and not (declared(f).later and getattr(options, f.name) == f.default)
    }
    return typing.cast(dict[str, Any], json.loads(json.dumps(values)))


def changed(options: Any) -> dict[str, Any]:
    """Those of the determining values that are not the defaults."""
    usual = determining(type(options)())
    return {name: value for name, value in determining(options).items() if name not in usual or value != usual[name]}


def flags(names: Iterable[str]) -> str:
    """``encoding``, ``hf_revision`` → ``--encoding, --hf-revision``."""
    return ", ".join("--" + name.replace("_", "-") for name in names)


def operational(options: Any) -> dict[str, Any]:
    """The values that change only how the result is computed."""
    return {f.name: getattr(options, f.name) for f in dataclasses.fields(options) if declared(f).operational}


def from_manifest(cls: type[OptionsT], values: Mapping[str, Any]) -> OptionsT:
    """Rebuild options from a manifest; unknown names (of a newer version) are a `UsageError`."""
    known = {field.name for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    unknown = sorted(set(values) - known)
    if unknown:
        which = f"option {unknown[0]} is" if len(unknown) == 1 else f"options {', '.join(unknown)} are"
        raise UsageError(f"{which} unknown to this version of seqtool", "upgrade seqtool")
    options = cls(**values)
    validate(options)
    return options


def select_fields(cls: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are for the options of a class, from a manifest that holds those of others too."""
    return {field.name: values[field.name] for field in dataclasses.fields(cls) if field.name in values}


def preset_named(presets: typing.Iterable[Preset], name: str) -> Preset:
    """The preset of that name.

    Raises:
        UsageError: naming those there are.
    """
    by_name = {preset.name: preset for preset in presets}
    if name not in by_name:
        raise UsageError(f"unknown preset {name}", f"choose one of {', '.join(sorted(by_name))}")
    return by_name[name]
