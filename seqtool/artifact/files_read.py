"""Which input files a command has read: those whose content its result depends on."""

from __future__ import annotations

from pathlib import Path

_read: dict[Path, None] = {}


def begin() -> None:
    """Start a command, which has read nothing."""
    _read.clear()


def record(path: Path) -> None:
    """A file is read as an input."""
    _read[path.absolute()] = None


def recorded() -> list[Path]:
    """The files read since `begin`, absolute, in order."""
    return list(_read)
