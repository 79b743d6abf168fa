"""A command as a Python function: every option is a keyword, a path is a ``str`` or a ``Path``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from seqtool import progress
from seqtool.commands.answers import Answer
from seqtool.commands.declaration import Parameter, arguments_for, parameters_of
from seqtool.commands.table import COMMANDS, Entry
from seqtool.errors import UsageError
from seqtool.options import Argument, plain_type


@cache
def python_function(name: str) -> Callable[..., Answer]:
    """The function of a command by its Python name, ``train_lm``.

    Raises:
        KeyError: there is no such command.
    """
    entry = COMMANDS[name.replace("_", "-")]
    function = entry.function()
    parameters = {parameter.name: parameter for parameter in parameters_of(function)}
    signature = signature_of(list(parameters.values()))

    def call(*args: Any, **keywords: Any) -> Answer:
        bound = signature.bind(*args, **keywords).arguments
        values = {given: _converted(parameters[given], value) for given, value in bound.items()}
        progress.begin(False)
        arguments = arguments_for(function, _with_defaults(parameters, values), values, entry.known_presets())
        answer: Answer = function(**arguments)
        if answer.error is not None:
            raise answer.error
        return answer

    call.__name__ = call.__qualname__ = name
    call.__module__ = "seqtool"
    call.__signature__ = signature  # type: ignore[attr-defined]
    call.__doc__ = documentation(entry, list(parameters.values()))
    return call


def signature_of(parameters: list[Parameter]) -> inspect.Signature:
    """Arguments by position or name, options by name only."""
    made = []
    for parameter in parameters:
        argument = isinstance(parameter.details, Argument)
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD if argument else inspect.Parameter.KEYWORD_ONLY
        made.append(inspect.Parameter(parameter.name, kind, default=parameter.default, annotation=parameter.hint))
    return inspect.Signature(made)


def documentation(entry: Entry, parameters: list[Parameter]) -> str:
    """The command's help and a line for each option, as ``help(seqtool.train_lm)`` shows it."""
    lines = [inspect.getdoc(entry.function()) or entry.help, "", "Args:"]
    for parameter in parameters:
        default = "" if parameter.required or parameter.default is None else f" [default: {parameter.default!r}]"
        lines.append(f"    {parameter.name}: {parameter.details.help}{default}")
    return "\n".join(lines)


def _with_defaults(parameters: dict[str, Parameter], values: dict[str, Any]) -> dict[str, Any]:
    return {name: values.get(name, parameter.default) for name, parameter in parameters.items()}


def _converted(parameter: Parameter, value: Any) -> Any:
    """A value as the command takes it: paths, lists, numbers.

    Raises:
        UsageError: it is of another type.
    """
    if value is None:
        return None
    if "list[" in str(parameter.hint):
        items = [value] if isinstance(value, str | Path) else list(value)
        return [_single(parameter, item, str if "str" in str(parameter.hint) else Path) for item in items]
    return _single(parameter, value, plain_type(parameter.hint))


def _single(parameter: Parameter, value: Any, kind: type) -> Any:
    if kind is Path and isinstance(value, str | Path):
        return Path(value)
    if kind is str and isinstance(value, Path):
        return str(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(kind, type) and not isinstance(value, kind):
        raise UsageError(f"{parameter.name}={value!r} is of type {type(value).__name__}", f"give a {kind.__name__}")
    return value
