"""What a command has read: the files whose content its result depends on, as they were when it opened them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class _Reads:
    files: dict[Path, list[int] | None] = field(default_factory=dict)
    patterns: dict[str, list[str]] = field(default_factory=dict)
    unknowable: bool = False


_reads = _Reads()


def begin() -> None:
    """Start a command, which has read nothing."""
    global _reads
    _reads = _Reads()


def identity(path: Path) -> list[int]:
    """Size, modification time and inode of a file: while they stay, so does its content.

    Raises:
        OSError: where there is no such file.
    """
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ino]


def record(path: Path) -> None:
    """A file is opened as an input; what is not a plain file (a pipe, a terminal) cannot be known again."""
    absolute = Path(str(path)).absolute()  # the name, not a held version of it
    if absolute in _reads.files:
        return
    _reads.files[absolute] = None
    with suppress(OSError):
        _reads.files[absolute] = identity(path)  # of what is opened: another may have the name by now
    if absolute.exists() and not absolute.is_file():
        _reads.unknowable = True


def record_made(path: Path) -> None:
    """A file was made on the way, and is what follows reads from memory."""
    _reads.files.pop(path.absolute(), None)
    record(path)


def record_pattern(pattern: str, matches: list[str]) -> None:
    """A pattern of file names was given, and found these."""
    _reads.patterns[pattern] = matches


def record_unknowable() -> None:
    """Something was read that cannot be compared later without reading it: a pipe, a data set of a hub."""
    _reads.unknowable = True


def all_knowable() -> bool:
    """Whether everything read can be compared later."""
    return not _reads.unknowable


def recorded() -> dict[Path, list[int] | None]:
    """The files read since `begin`, absolute, with their `identity` when they were opened."""
    return dict(_reads.files)


def patterns() -> dict[str, list[str]]:
    """The patterns given since `begin`, with what they found."""
    return dict(_reads.patterns)
