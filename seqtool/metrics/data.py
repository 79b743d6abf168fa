"""The small text files that questions and pairs come in: read whole, checked, and known by their digest."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seqtool.artifact import files_read
from seqtool.errors import InputError, cause, remedy

MOST_BYTES = 256 << 20
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class DataFile:
    """A file's lines; ``path`` is what errors call it, ``name`` what results call it."""

    path: str
    name: str
    sha256: str
    lines: tuple[str, ...]

    def numbered(self) -> Iterator[tuple[int, str]]:
        """The lines that are not blank, without the space around them, each with its number from 1."""
        for number, line in enumerate(self.lines, 1):
            stripped = line.strip(" \t\r")
            if stripped:
                yield number, stripped

    def refuse(self, number: int, message: str, remedy: str) -> InputError:
        """The error of a line."""
        return InputError(f"{self.path}: line {number}: {message}", remedy)


def read_data_file(path: Path) -> DataFile:
    """Read a UTF-8 file, or standard input where the path is ``-``; a byte order mark is dropped.

    Raises:
        InputError: it cannot be read, is empty, too large for such a file, or not UTF-8.
    """
    standard = str(path) == "-"
    shown = "stdin" if standard else str(path)
    if path.is_dir():
        raise InputError(
            f"{shown} is a folder, not a file of questions or pairs", "give a file; the vectors come before it"
        )
    if standard:
        files_read.record_unknowable()
    else:
        files_read.record(path)
    try:
        raw = sys.stdin.buffer.read(MOST_BYTES + 1) if standard else _beginning(path)
    except OSError as error:
        raise InputError(f"{shown}: {cause(error)}", remedy(error, "check the path and its permissions")) from None
    if len(raw) > MOST_BYTES:
        raise InputError(f"{shown} is larger than {MOST_BYTES >> 20} MB", "give a file of questions or pairs")
    text = _decoded(raw, shown)
    if not text.strip():
        raise InputError(f"{shown} is empty", "give a file with at least one line")
    return DataFile(shown, "stdin" if standard else path.name, hashlib.sha256(raw).hexdigest(), tuple(text.split("\n")))


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _decoded(raw: bytes, shown: str) -> str:
    try:
        return raw.removeprefix(_BOM).decode()
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        offset = error.start + len(raw) - len(error.object)
        raise InputError(f"{shown}: line {line}: not valid UTF-8 at byte {offset}", "convert it to UTF-8") from None
