"""The renames by which a finished folder takes its name, and their completion after a crash.

For an artifact ``a`` the hidden siblings are ``.a.partial`` (being written), ``.a.ready`` (complete, about to take the
name) and ``.a.old`` (the one it replaces). At every instant ``a``, ``.a.ready`` or ``.a.old`` is complete.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seqtool.artifact.files import sync, writing
from seqtool.errors import OutputError


def sibling(path: Path, role: str) -> Path:
    """``a`` → ``.a.ROLE`` in the same folder."""
    return path.with_name(f".{path.name}.{role}")


def recover(path: Path) -> None:
    """Finish an exchange that was cut short; a no-op otherwise."""
    ready, old = sibling(path, "ready"), sibling(path, "old")
    if ready.exists():
        _finish(path)
    elif old.exists():
        if path.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            os.rename(old, path)


def take_name(partial: Path, path: Path) -> None:
    """Give the finished folder ``partial`` the name ``path``, replacing an artifact of that name."""
    os.rename(partial, sibling(path, "ready"))
    _finish(path)


def _finish(path: Path) -> None:
    ready, old = sibling(path, "ready"), sibling(path, "old")
    if path.exists():
        shutil.rmtree(old, ignore_errors=True)
        os.rename(path, old)
    os.rename(ready, path)
    sync(path.parent)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the right to write ``path``.

    Raises:
        OutputError: where another process holds it, or the folder cannot be written.
    """
    lock = sibling(path, "lock")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise OutputError(f"another seqtool is writing {path}", "wait for it or choose another -o") from None
        with writing(path):
            recover(path)
            shutil.rmtree(sibling(path, "partial"), ignore_errors=True)
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)
    finally:
        os.close(descriptor)
