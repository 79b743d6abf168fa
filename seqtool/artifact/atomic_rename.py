"""The renames by which a finished folder takes its name, and their completion after a crash.

For an artifact ``a`` the hidden siblings are ``.a.partial`` (being written), ``.a.ready`` (complete, about to take the
name), ``.a.old`` (the one it replaces) and ``.a.training`` (a training that will replace a finished ``a``). At every
instant ``a``, ``.a.ready`` or ``.a.old`` is complete.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seqtool.artifact.files import sync, writing
from seqtool.errors import OutputError

_PATIENCE_SECONDS = 0.5


def sibling(path: Path, role: str) -> Path:
    """``a`` → ``.a.ROLE`` in the same folder; ``.`` and ``..`` by their real names."""
    if path.name in ("", ".."):
        path = path.resolve()
    return path.parent / f".{path.name}.{role}"


def recover(path: Path) -> None:
    """Finish an exchange that was cut short; a no-op otherwise, and while another process is writing ``path``."""
    if not any(os.path.lexists(sibling(path, role)) for role in ("ready", "old")):
        return
    with contextlib.suppress(OSError):  # a reader need not be able to write here
        descriptor = _lock(path)
        if descriptor is None:
            return
        try:
            _complete(path)
        finally:
            _unlock(path, descriptor)


def _complete(path: Path) -> None:
    ready, old = sibling(path, "ready"), sibling(path, "old")
    if os.path.lexists(path) and not (path / "manifest.json").is_file():
        return  # not seqtool's: it is never replaced
    if ready.exists():
        _finish(path)
    elif old.exists():
        if path.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            os.rename(old, path)


def take_name(partial: Path, path: Path) -> None:
    """Give the folder ``partial`` the name ``path``; an artifact of that name and ``.a.training`` are removed."""
    # From here on it is complete, and whoever finds it after a crash gives it the name (`recover`).
    os.rename(partial, sibling(path, "ready"))
    _finish(path)


def _finish(path: Path) -> None:
    ready, old = sibling(path, "ready"), sibling(path, "old")
    shutil.rmtree(sibling(path, "training"), ignore_errors=True)
    if path.exists():
        shutil.rmtree(old, ignore_errors=True)
        # A rename does not replace a folder that is not empty, so the old one steps aside; it is removed only when the
        # new one has the name, and the folder that says so is on the disk.
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
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _lock(path)
        # A reader that finishes a crashed exchange (`recover`) holds it for an instant.
        patience = time.monotonic() + _PATIENCE_SECONDS
        while descriptor is None and time.monotonic() < patience:
            time.sleep(_PATIENCE_SECONDS / 20)
            descriptor = _lock(path)
    if descriptor is None:
        raise OutputError(f"another seqtool is writing {path}", "wait for it or choose another -o")
    try:
        with writing(path):
            _complete(path)
            shutil.rmtree(sibling(path, "partial"), ignore_errors=True)
        yield
    finally:
        _unlock(path, descriptor)


def _lock(path: Path) -> int | None:
    """Take the lock of ``path``: an open descriptor, or ``None`` where another process has it."""
    lock = sibling(path, "lock")
    while True:
        descriptor = os.open(lock, os.O_CREAT | os.O_RDWR, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Between opening and locking the holder may have removed the file, and another made a new one.
            if os.path.samestat(os.fstat(descriptor), os.stat(lock)):
                return descriptor
        except FileNotFoundError:
            pass  # its holder has just removed it: what is locked here has no name any more
        except OSError:
            os.close(descriptor)
            return None
        os.close(descriptor)


def _unlock(path: Path, descriptor: int) -> None:
    # While it is still held: whoever waits for it finds in `_lock` that it has no name any more.
    sibling(path, "lock").unlink(missing_ok=True)
    os.close(descriptor)
