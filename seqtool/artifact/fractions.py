"""Values of JSON whose fractions are changed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any


def changed_fractions(value: Any, change: Callable[[float], float | None]) -> Any:
    """The value with ``change`` of every fraction in it."""
    if isinstance(value, Mapping):
        return {key: changed_fractions(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [changed_fractions(item, change) for item in value]
    return change(value) if isinstance(value, float) else value


def finite(value: Any) -> Any:
    """The value with ``None`` for every number that JSON has no word for (nan, infinity)."""
    return changed_fractions(value, lambda number: number if math.isfinite(number) else None)
