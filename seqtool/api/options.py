"""Keywords of a method as the options of a library function."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from seqtool.options import validate

OptionsT = TypeVar("OptionsT")


def filled(cls: type[OptionsT], **values: Any) -> OptionsT:
    """An options dataclass of the given values, checked.

    Raises:
        TypeError: a name that is not an option.
        UsageError: a value out of bounds.
    """
    known = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise TypeError(f"unknown option {unknown[0]!r}; the options are {', '.join(known)}")
    options = cls(**values)
    validate(options)
    return options
