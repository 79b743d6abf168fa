"""Folders for what a command needs only while it runs, on the disk that ``TMPDIR`` names."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seqtool.errors import OutputError


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A new folder, which is removed at the end.

    Raises:
        OutputError: there is no place for it.
    """
    try:
        made = tempfile.TemporaryDirectory(prefix="seqtool-", ignore_cleanup_errors=True)
    except OSError as error:
        reason = error.strerror or str(error)
        remedy = "set TMPDIR to a folder that can be written to"
        raise OutputError(f"cannot make a temporary folder: {reason}", remedy) from error
    with made as folder:
        yield Path(folder)


@contextmanager
def filling(folder: Path) -> Iterator[None]:
    """Turn a failed write into a temporary folder, an `OutputError` of its own too, into one with the remedy for it.

    Raises:
        OutputError: the disk is full, say.
    """
    try:
        yield
    except (OSError, OutputError) as error:
        cause = error.__cause__ if isinstance(error, OutputError) else error
        if not isinstance(cause, OSError):
            raise
        message = f"cannot write the temporary folder {folder}: {cause.strerror or cause}"
        raise OutputError(message, "free some space, or set TMPDIR to a folder on another disk") from cause
