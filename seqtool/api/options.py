"""Turn the keywords of a method into the options of a library function."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from seqtool.options import validate

OptionsT = TypeVar("OptionsT")


def filled(cls: type[OptionsT], **values: Any) -> OptionsT:
    """Return an options dataclass with the given values after checking them.

    Raises:
        TypeError: a keyword is not an option.
        UsageError: a value is out of bounds.
    """
    known = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise TypeError(f"unknown option {unknown[0]!r}; the options are {', '.join(known)}")
    options = cls(**values)
    validate(options)
    return options
