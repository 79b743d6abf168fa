"""Faults that change nothing a test could see, each with the reason; they are not tried.

What belongs here changes neither an answer, a file, a message nor an exit code, on any input. A fault that is only
hard to see does not.
"""

from __future__ import annotations

from typing import NamedTuple

from mutate.faults import Fault


class Equivalent(NamedTuple):
    """A `Fault` by its module, function and two sources, and why no test can tell these apart."""

    path: str
    scope: str
    old: str
    new: str
    reason: str


EQUIVALENT: tuple[Equivalent, ...] = ()

_REASONS = {(one.path, one.scope, one.old, one.new): one.reason for one in EQUIVALENT}


def reason(fault: Fault) -> str:
    """Why a fault cannot be seen; empty where it can."""
    return _REASONS.get((fault.path, fault.scope, fault.old, fault.new), "")
