"""A command that was run before, with the same inputs: its answer again, before anything heavy is imported.

What a command read and made is remembered in the user's cache folder, by size, modification time and inode. The next
run of the same command line compares them. It takes no lock, and ends in "up to date" or in nothing: whatever has
changed, is missing or cannot be told is left to the command itself, which decides under the lock.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqtool import __version__, progress
from seqtool.artifact import files_read
from seqtool.artifact.digests import cache_folder, file_digest, identity, sha256_file
from seqtool.artifact.files import replacing
from seqtool.commands.answers import Answer, Made, Picture, Record, Table
from seqtool.errors import OutputError

_MANIFEST = "manifest.json"
_MOST_ROWS = 10_000
_NOT_PART = {"overwrite"}  # whether something else may be replaced does not matter where nothing is to be done
_UNKNOWN_CONTENT = ("hf", "dataset")  # inputs that are not files


@dataclass(frozen=True)
class Recalled:
    """An answer given before, the artifact that is up to date, and the warnings that came with it."""

    output: Path
    answer: Answer
    warnings: list[str]


class Invocation:
    """One command line.

    Args:
        command: its name.
        values: its arguments and options, defaults included.
    """

    def __init__(self, command: str, values: Mapping[str, Any]) -> None:
        self.command = command
        self.values = {name: str(value) for name, value in values.items() if name not in _NOT_PART}
        self._patterns = sorted(_patterns(values.values()))
        self._reads_stdin = "-" in _items(values.values())
        self.output = values.get("output")
        # Names of files are relative to the current folder, and another version may answer otherwise.
        key = json.dumps([__version__, os.getcwd(), command, self.values], sort_keys=True)
        self._entry = cache_folder() / "answers" / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"

    def recall(self) -> Recalled | None:
        """What it answered before, if all that it read and made is unchanged."""
        # Whatever is wrong with the cache: the command then runs as if there were none.
        with contextlib.suppress(OSError, OutputError, ValueError, KeyError, TypeError):
            # What comes through a pipe cannot be known before it is read.
            if self._reads_stdin:
                return None
            stored = json.loads(self._entry.read_text(encoding="utf-8"))
            output = Path(stored["output"])
            if _matches(self._patterns) != stored["globs"] or _made_files(output) != stored["made"]:
                return None
            if not all(_unchanged(*row) for row in stored["read"]):
                return None
            now = [[name, identity(Path(name)), digest] for name, _, digest in stored["read"]]
            if now != stored["read"]:  # other times, the same content
                renew(output, (Path(name) for name, _, _ in now))
                self._keep(stored | {"read": now, "made": _made_files(output)})
            return Recalled(output, _answer_from(stored["answer"]), stored["warnings"])
        return None

    def remember(self, answer: Answer, output: Path) -> None:
        """Keep what was answered; where anything of it cannot be known again, nothing is kept."""
        with contextlib.suppress(OSError, OutputError, ValueError, KeyError, TypeError):
            manifest = json.loads((output / _MANIFEST).read_text(encoding="utf-8"))
            # Drafts of what was made were read too, and are gone.
            read = [path for path in files_read.recorded() if path.parent != output.absolute() and path.exists()]
            value = _answer_to(answer)
            if self._reads_stdin or manifest["state"] != "complete" or value is None:
                return
            if not _all_known(manifest["inputs"], read):
                return
            self._keep(
                {
                    "output": str(output.absolute()),
                    "made": _made_files(output),
                    "globs": _matches(self._patterns),
                    "read": [[str(path), identity(path), file_digest(path)] for path in read],
                    "answer": value,
                    "warnings": progress.warnings_given(),
                }
            )

    def _keep(self, row: Mapping[str, Any]) -> None:
        # Not flushed to the disk: to lose it costs one run of the command.
        with replacing([self._entry], overwrite=True, durable=False) as (temporary,):
            temporary.write_text(json.dumps(row), encoding="utf-8")


def renew(output: Path, inputs: Iterable[Path]) -> None:
    """Give an artifact that is up to date a time after its inputs', so that `make` sees it so too.

    An artifact that may not be written keeps its time.
    """
    with contextlib.suppress(OSError):
        newest = max((path.stat().st_mtime_ns for path in inputs if path.parent != output.absolute()), default=0)
        if newest > (output / _MANIFEST).stat().st_mtime_ns:
            os.utime(output / _MANIFEST)
            os.utime(output)


def _patterns(values: Iterable[Any]) -> set[str]:
    """What among the values is a pattern of file names."""
    return {item for item in _items(values) if isinstance(item, str) and glob.has_magic(item)}


def _items(values: Iterable[Any]) -> list[Any]:
    """The values, those of lists one by one."""
    return [item for value in values for item in (value if isinstance(value, list | tuple) else [value])]


def _matches(patterns: Iterable[str]) -> dict[str, list[str]]:
    return {pattern: sorted(glob.glob(pattern, recursive=True)) for pattern in patterns}


def _made_files(output: Path) -> dict[str, list[int]]:
    """Identities of the files of an artifact."""
    return {entry.name: identity(Path(entry)) for entry in os.scandir(output) if entry.is_file()}


def _unchanged(name: str, before: list[int], digest: str) -> bool:
    """Whether a file is what it was, if need be by its content."""
    path = Path(name)
    # A copy or a checkout has another time and inode, but may have the same bytes.
    return identity(path) == before or sha256_file(path) == digest


def _all_known(inputs: Iterable[Mapping[str, Any]], read: Iterable[Path]) -> bool:
    """Whether every input that a manifest names is among the files read."""
    names = Counter(path.parent.name if path.name == _MANIFEST else path.name for path in read)
    for entry in inputs:
        if entry["name"] in ("-", "stdin") or entry["kind"].startswith(_UNKNOWN_CONTENT):
            return False
        for name in entry["name"].split(","):
            known = name if name in names else name.rpartition(":")[0]
            if not names[known]:
                return False
    return True


def _answer_to(answer: Answer) -> dict[str, Any] | None:
    if answer.error is not None or isinstance(answer.native, Iterator):
        return None
    native = None if answer.native is None else list(answer.native)
    common = {"json": answer.json, "notes": list(answer.notes), "native": native, "saved": answer.saved}
    if isinstance(answer, Record):
        parts = [_answer_to(part) for part in answer.parts]
        values = {"made": isinstance(answer, Made), "values": dict(answer.values_), "shown": answer.shown}
        return None if None in parts else {**values, "parts": parts, **common}
    if isinstance(answer, Table) and len(answer.rows) <= _MOST_ROWS and answer.text is answer.drawn is None:
        picture = str(answer.path) if isinstance(answer, Picture) else None
        return {"columns": answer.columns, "rows": [list(row) for row in answer.rows], "picture": picture, **common}
    return None


def _answer_from(value: Mapping[str, Any]) -> Answer:
    common = {name: value[name] for name in ("json", "notes", "native", "saved")}
    if "columns" in value and value["picture"]:
        return Picture(value["columns"], value["rows"], path=Path(value["picture"]))
    if "columns" in value:
        return Table(value["columns"], value["rows"], **common)
    if value["made"]:
        return Made(value["values"], shown=value["shown"], written=False, **common)
    parts = [_answer_from(part) for part in value["parts"]]
    return Record(value["values"], shown=value["shown"], parts=parts, **common)
