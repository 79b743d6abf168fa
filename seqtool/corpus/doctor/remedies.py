"""How a finding about the lines of a file is mended in a shell, for the way in which the file was read.

No command has a backslash in it: an answer's cells escape them, and what is copied from one has to run.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import PurePath

_UNPACKED = {".gz": "gzip -dc", ".bz2": "bzip2 -dc", ".xz": "xz -dc", ".zst": "zstd -dc"}


@dataclass(frozen=True)
class Reading:
    """How a text became lines, as far as a remedy must know it.

    Attributes:
        file: its name without the folder; empty where it is no single file.
        cells: whether the lines are cells of a table.
        column: the column's number from 0, where the table is a .tsv without header.
        as_is: whether the bytes of the file are those of the lines: no carriage return or other byte was changed.
        encoding: of the file.
        first: the number of the first line: 2 where a header stands before it.
        numbered: whether the lines are all those of one file.
    """

    file: str = ""
    cells: bool = False
    column: int | None = None
    as_is: bool = True
    encoding: str = "utf-8"
    first: int = 1
    numbered: bool = True

    @property
    def usable(self) -> bool:
        """Whether a command on the file sees the lines as they were read."""
        return bool(self.file) and self.as_is and not self.wide and (not self.cells or self.column is not None)

    @property
    def wide(self) -> bool:
        """Whether the file's encoding is none that has ASCII's bytes."""
        return self.encoding.lower().replace("-", "").replace("_", "").startswith(("utf16", "utf32"))

    def in_shell(self) -> str:
        """The file in a command line, unpacked where its name says that it is compressed."""
        name, unpack = shlex.quote(self.file), _UNPACKED.get(PurePath(self.file).suffix.lower())
        return f"<({unpack} {name})" if unpack else name


def repeated(reading: Reading, unit: str) -> str:
    """What to do about repeated ``lines`` or ``sentences``."""
    known = "a test set split from this text may share them with the training set; "
    known += "use --split-by hash, or " if unit == "lines" else ""
    known += "remove them before preprocessing"
    if not reading.usable:
        return known
    begin, key, shown = _awk(reading, unit)
    kept = f'{key} == "" || ' if unit == "lines" else ""  # blank lines are not among the repeated
    command = f"awk '{begin}{kept}!seen[{key}]++{shown}' {reading.in_shell()}"
    return f"{known}: LC_ALL=C {command}"


def shared(first: Reading, other: Reading, unit: str) -> str:
    """How to take the ``lines`` or ``sentences`` of one text out of another."""
    alike = (first.cells, first.column, first.encoding) == (other.cells, other.column, other.encoding)
    alike = alike and first.file != other.file  # names without folders
    if not (first.usable and other.usable and alike):
        of_cells = " (only this column was compared, not whole rows)" if other.cells else ""
        return f"remove them from one of the two texts{of_cells}"
    files = f"{first.in_shell()} {other.in_shell()}"
    if unit == "lines" and not other.cells:
        return f"remove them: LC_ALL=C grep -avxFf {files}"
    begin, key, shown = _awk(other, unit)
    return f"remove them: LC_ALL=C awk '{begin}NR == FNR {{seen[{key}]; next}} !({key} in seen){shown}' {files}"


def rewritten(reading: Reading, why: str, expression: str) -> str:
    """A command that prints the Python ``expression`` of every ``line`` of the file, in its encoding."""
    if not reading.file or reading.cells:
        return why
    modules = ", ".join(["sys", *(name for name in ("html", "re") if f"{name}." in expression)])
    program = f"import {modules}; [print({expression}, end=str()) for line in sys.stdin]"
    return f"{why}: PYTHONIOENCODING={reading.encoding} python3 -c '{program}' < {reading.in_shell()}"


def from_mark(reading: Reading, why: str, pattern: str) -> str:
    """A command that prints the lines below the first that matches."""
    return _marked(reading, why, f"go; /{pattern}/ {{go = 1}}")


def until_mark(reading: Reading, why: str, pattern: str) -> str:
    """A command that prints the lines above the first that matches."""
    return _marked(reading, why, f"/{pattern}/ {{exit}} 1")


def _marked(reading: Reading, why: str, program: str) -> str:
    if not reading.file or reading.cells or reading.wide:
        return why
    return f"{why}: LC_ALL=C awk '{program}' {reading.in_shell()}"


def _awk(reading: Reading, unit: str) -> tuple[str, str, str]:
    """What awk does first, what it compares, and how it prints."""
    if unit == "sentences":
        return 'BEGIN {RS = ""} ', "$0", ' {print $0; print ""}'
    if reading.column is None:
        return "", "$0", ""
    return 'BEGIN {FS = sprintf("%c", 9)} ', f"${reading.column + 1}", ""
