"""The answer of a command that was run before with the same inputs, without importing anything heavy.

The user's cache folder records what a command read and made, by size, modification time and inode. The next run of
the same command line compares them. It takes no lock, and finds either "up to date" or nothing: if anything has
changed, is missing or is unknown, the command itself decides under the lock.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqtool import __version__, progress
from seqtool.artifact import files_read
from seqtool.artifact.digests import cache_folder, file_digest, sha256_file
from seqtool.artifact.files import replacing
from seqtool.artifact.files_read import identity
from seqtool.commands.answers import Answer, Made, Picture, Record, Table
from seqtool.errors import SeqtoolError

_MANIFEST = "manifest.json"
_MOST_ROWS = 10_000
_CACHE_FAILURES = (OSError, RuntimeError, SeqtoolError, ValueError, KeyError, TypeError)


@dataclass(frozen=True)
class Recalled:
    """An earlier answer with its warnings, and the artifact that is up to date."""

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
        self.command, self.values, self.output = command, values, values.get("output")

    def recall(self) -> Recalled | None:
        """The earlier answer, if all files that the command read and made are unchanged."""
        # If anything is wrong with the cache, the command runs as if there were none.
        with contextlib.suppress(*_CACHE_FAILURES):
            # --overwrite examines the existing output; processes that train together must decide together.
            if self.values.get("overwrite") or self._reads_stdin() or trains_with_others():
                return None
            entry = self._entry()
            stored = json.loads(entry.read_text(encoding="utf-8"))
            output = Path(stored["output"])
            if _matches(stored["globs"]) != stored["globs"] or self._made(output) != stored["made"]:
                return None
            if not all(_unchanged(*row) for row in stored["read"]):
                return None
            now = [[name, identity(Path(name)), digest] for name, _, digest in stored["read"]]
            if now != stored["read"]:  # other times, the same content
                renew(output, (Path(name) for name, _, _ in now))
                _keep(entry, stored | {"read": now, "made": self._made(output)})
            return Recalled(output, _answer_from(stored["answer"]), stored["warnings"])
        return None

    def remember(self, answer: Answer, output: Path) -> None:
        """Keep the answer, unless the next run could not recognize one of its inputs."""
        with contextlib.suppress(*_CACHE_FAILURES):
            manifest, value = json.loads((output / _MANIFEST).read_text(encoding="utf-8")), _answer_to(answer)
            if manifest["state"] != "complete" or value is None or self._reads_stdin() or trains_with_others():
                return
            read = _known_reads(output)
            if read is None or not _all_known(manifest["inputs"], read):
                return
            row = {
                "output": str(output.absolute()),
                "made": self._made(output),
                "globs": files_read.patterns(),
                "read": read,
                "answer": value,
                "warnings": progress.warnings_given(),
            }
            _keep(self._entry(), row)

    def _reads_stdin(self) -> bool:
        """Whether ``-`` is among the values: the content of a pipe is unknown before it is read."""
        return any(value == "-" or (isinstance(value, list | tuple) and "-" in value) for value in self.values.values())

    def _entry(self) -> Path:
        values = {name: str(value) for name, value in self.values.items() if name != "overwrite"}
        # File names are relative to the current folder, and another version may give another answer.
        key = json.dumps([__version__, os.getcwd(), self.command, values], sort_keys=True)
        return cache_folder() / "answers" / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"

    def _made(self, output: Path) -> dict[str, list[int]]:
        """Identities of the files of an artifact, and of other files that the command writes (``--arpa FILE``)."""
        found = {entry.name: identity(Path(entry)) for entry in os.scandir(output) if entry.is_file()}
        others = {name: value for name, value in self.values.items() if isinstance(value, Path) and name != "output"}
        return found | {f"--{name}": identity(path) for name, path in others.items() if not path.is_dir()}


def trains_with_others() -> bool:
    """Whether this is one of several processes that train together (torchrun)."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def _keep(entry: Path, row: Mapping[str, Any]) -> None:
    # Not flushed to disk: losing it costs one run of the command.
    with replacing([entry], overwrite=True, durable=False) as (temporary,):
        temporary.write_text(json.dumps(row), encoding="utf-8")


def _known_reads(output: Path) -> list[tuple[str, list[int], str]] | None:
    """The files that were read, without the output: path, identity, sha256; ``None`` if one cannot be recognized.

    That is a file that changed while the command ran, or a training that was unfinished when it was read.
    """
    if not files_read.all_knowable():
        return None
    rows = []
    for path, opened in files_read.recorded().items():
        if path.parent == output.absolute() or not path.exists():  # drafts of what was made are gone
            continue
        digest = file_digest(path)
        if opened is None or identity(path) != opened:
            return None
        if path.name == _MANIFEST and json.loads(path.read_text(encoding="utf-8"))["state"] != "complete":
            return None
        rows.append((str(path), opened, digest))
    return rows


def renew(output: Path, inputs: Iterable[Path]) -> None:
    """Make an up-to-date artifact newer than its inputs, so that `make` also considers it up to date.

    An artifact that cannot be written keeps its time.
    """
    with contextlib.suppress(OSError):
        newest = max((path.stat().st_mtime_ns for path in inputs if path.parent != output.absolute()), default=0)
        if newest > (output / _MANIFEST).stat().st_mtime_ns:
            os.utime(output / _MANIFEST)
            os.utime(output)


def _matches(patterns: Iterable[str]) -> dict[str, list[str]]:
    return {pattern: sorted(glob.glob(pattern, recursive=True)) for pattern in patterns}


def _unchanged(name: str, before: list[int], digest: str) -> bool:
    """Whether a file is unchanged, by its identity or else by its content."""
    path = Path(name)
    # A copy or a checkout has another time and inode, but may have the same bytes.
    return identity(path) == before or sha256_file(path) == digest


def _all_known(inputs: Iterable[Mapping[str, Any]], read: Iterable[tuple[str, list[int], str]]) -> bool:
    """Whether the digest of every input in a manifest is among those of the files read."""
    known, names = set(), set()
    for name, _, digest in read:
        known.add(digest)
        names.add(Path(name).name)
        if Path(name).name == _MANIFEST:
            known.add(json.loads(Path(name).read_text(encoding="utf-8"))["digest"])
    # The digests of several files are joined by +; the name of a part of a corpus follows its digest.
    given = {digest for entry in inputs if not _is_derived(entry) for digest in entry["digest"].split("+")}
    taken_from = {entry["name"] for entry in inputs if _is_derived(entry)}
    return taken_from <= names and all(digest in known or digest.partition(":")[0] in known for digest in given)


def _is_derived(entry: Mapping[str, Any]) -> bool:
    """Whether the digest of an input is that of data taken from a file (labels, gold texts), not of the file."""
    return bool(entry["kind"].endswith(":labels") or entry["kind"] in ("gold:texts", "columns:text"))


def _answer_to(answer: Answer) -> dict[str, Any] | None:
    if answer.error is not None or answer.made or isinstance(answer.native, Iterator):
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
