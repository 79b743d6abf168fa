"""A plugin of pytest: which functions of the package each test calls, and its seconds, written as a line of JSON each.

``pytest -p mutate.called`` with ``SEQTOOL_CALLED`` naming the file. What a fixture calls counts for every test that has
the fixture. Commands in processes of their own are not followed.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

_called: set[CodeType] = set()
_by_fixture: dict[tuple[str, str], set[CodeType]] = {}


def _see(frame: FrameType, event: str, value: Any) -> None:
    _called.add(frame.f_code)


def pytest_configure() -> None:
    threading.settrace(_see)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: Any) -> Iterator[None]:
    """Remember what the setting up of a fixture calls."""
    before = _called.copy()
    _called.clear()
    try:
        return (yield)
    finally:
        key = fixturedef.baseid, fixturedef.argname
        _by_fixture[key] = _by_fixture.get(key, set()) | _called
        _called.update(before)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Write what a test has called."""
    _called.clear()
    started = _seconds()
    sys.settrace(_see)
    try:
        return (yield)
    finally:
        sys.settrace(None)
        seen = _called.copy()
        for (base, name), codes in _by_fixture.items():
            if name in getattr(item, "fixturenames", ()) and item.nodeid.startswith(base):
                seen |= codes
        row = {"test": item.nodeid, "seconds": round(_seconds() - started, 3), "functions": sorted(_names(seen))}
        with Path(os.environ["SEQTOOL_CALLED"]).open("a") as file:
            file.write(json.dumps(row) + "\n")


def _seconds() -> float:
    """Processor time, of ended children too: that of the clock depends on what else runs."""
    return sum(os.times()[:4])


def _names(codes: set[CodeType]) -> set[str]:
    """Files and qualified names; what a function has inside it without a name is a part of it."""
    root = str(Path.cwd()) + os.sep
    return {
        f"{code.co_filename.removeprefix(root)}:{code.co_qualname.partition('.<lambda>')[0].partition('.<listcomp>')[0]}"
        for code in codes
        if code.co_filename.startswith(f"{root}seqtool{os.sep}")
    }
