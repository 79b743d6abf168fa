"""Convert Python values to what a command takes: paths, lists, numbers."""

from __future__ import annotations

import difflib
import operator
import os
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from seqtool.commands.declaration import Parameter
from seqtool.errors import UsageError
from seqtool.options import Option, check, plain_type, type_name


def refuse_unknown(function: str, keywords: Iterable[str], parameters: Mapping[str, Parameter]) -> None:
    """Refuse keywords that the function does not have.

    Raises:
        TypeError: a keyword is unknown. The message suggests similar names.
    """
    for name in keywords:
        if name not in parameters:
            near = difflib.get_close_matches(name, parameters, 3)
            hint = f"; did you mean {' or '.join(near)}?" if near else f"; help(seqtool.{function}) lists the options"
            raise TypeError(f"{function}() has no option {name!r}{hint}")


def converted(parameter: Parameter, value: Any) -> Any:
    """Convert a value to what the command takes.

    Raises:
        UsageError: the value has the wrong type, or is out of the option's bounds. The message names the keyword.
    """
    if value is None:
        if parameter.default is not None:
            raise UsageError(f"{parameter.name}=None is not allowed", f"leave {parameter.name} out, or give a value")
        return None
    kind = plain_type(parameter.hint)
    if getattr(kind, "__origin__", None) is list:
        single = isinstance(value, str | os.PathLike | Mapping) or not isinstance(value, Iterable)
        items = [value] if single else list(value)
        found: Any = [_single(parameter, item, kind.__args__[0]) for item in items]  # type: ignore[attr-defined]
    else:
        found = _single(parameter, value, kind)
    if isinstance(parameter.details, Option):
        check(f"{parameter.name}=", parameter.details, found)
    return found


def _single(parameter: Parameter, value: Any, kind: Any) -> Any:
    if typing.get_origin(kind) is typing.Literal:
        if value in (choices := typing.get_args(kind)):
            return value
        raise UsageError(f"invalid value: {parameter.name}={value!r}", f"choose one of {', '.join(map(str, choices))}")
    if kind in (str, Path) and isinstance(value, str | os.PathLike):
        return kind(os.fspath(value)) if kind is Path or not isinstance(value, str) else value
    if kind is str and parameter.name.endswith("column") and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if kind is bool and isinstance(value, bool):
        return value
    if kind in (int, float) and not isinstance(value, bool | str):
        try:  # numbers of numpy too
            return operator.index(value) if kind is int else float(value)
        except (TypeError, ValueError):
            pass
    raise UsageError(
        f"{parameter.name}={value!r} has the type {type(value).__name__}",
        f"give {parameter.name} a value of type {type_name(parameter.hint)}",
    )
