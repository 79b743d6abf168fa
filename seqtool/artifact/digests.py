"""sha256 of input files, remembered between commands by size, time and inode."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path

from seqtool.artifact import files_read
from seqtool.artifact.files import replacing
from seqtool.artifact.files_read import identity
from seqtool.errors import InputError, OutputError, cause, remedy


def cache_folder() -> Path:
    """The user's cache folder for seqtool (``$XDG_CACHE_HOME/seqtool`` or ``~/.cache/seqtool``)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "seqtool"


def sha256_file(path: Path) -> str:
    """sha256 of a file's bytes, computed now."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_digest(path: Path) -> str:
    """sha256 of an input file, from the cache where size, modification time and inode are unchanged.

    Raises:
        InputError: where the file cannot be read.
    """
    files_read.record(path)
    try:
        key = identity(path)
        remembered = _recall(path, key)
        if remembered is None:
            remembered = sha256_file(path)
            remember(path, remembered, key)
        return remembered
    except OSError as error:
        raise InputError(f"{path}: {cause(error)}", remedy(error, "check the path and its permissions")) from None


def remember(path: Path, digest: str, before: list[int]) -> None:
    """Store a digest that was computed while the file was read; a cache that cannot be written is no failure.

    Args:
        path: the file.
        digest: of the bytes that were read.
        before: its `identity` before the first byte was read; where it changed since, nothing is stored.
    """
    with contextlib.suppress(OSError, OutputError):
        if identity(path) == before:
            with replacing([_entry(path)], overwrite=True, durable=False) as (temporary,):
                temporary.write_text(json.dumps({"key": before, "sha256": digest}), encoding="utf-8")


def _recall(path: Path, key: list[int]) -> str | None:
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        stored = json.loads(_entry(path).read_text(encoding="utf-8"))
        if stored["key"] == key:
            return str(stored["sha256"])
    return None


def _entry(path: Path) -> Path:
    name = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:32]
    return cache_folder() / "digests" / f"{name}.json"
