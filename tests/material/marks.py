"""Marks of single parameters."""

from collections.abc import Iterable
from typing import Any

import pytest


def long_among(names: Iterable[str], *long: str) -> list[Any]:
    """``names`` as parameters of a test, which is a long one for those in ``long``."""
    return [pytest.param(name, marks=pytest.mark.long) if name in long else name for name in names]
