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
from seqtool.progress import note

SILENCE_SECONDS = 600.0
"""How long a command waits for another that writes the same name and does not touch its files meanwhile."""
_INSTANT = 0.5  # a reader that finishes a crashed exchange holds the lock no longer
_LOOK_SECONDS = 0.05


def sibling(path: Path, role: str) -> Path:
    """``a`` → ``.a.ROLE`` in the same folder; ``.`` and ``..`` by their real names."""
    if path.name in ("", ".."):
        path = path.resolve()
    return path.parent / f".{path.name}.{role}"


def recover(path: Path) -> None:
    """Remove what a killed process left, its lock too, and finish its exchange.

    A no-op where nothing is left, and while another process is writing ``path``.
    """
    if not any(os.path.lexists(sibling(path, role)) for role in ("ready", "old", "lock")):
        return
    with contextlib.suppress(OSError):  # a reader need not be able to write here
        descriptor = _lock(path)
        if descriptor is None:
            _await_name(path)
            return
        try:
            _tidy(path)
        finally:
            _unlock(path, descriptor)


def _await_name(path: Path) -> None:
    """Between the two renames of an exchange the name is free for an instant: let it pass."""
    end = time.monotonic() + _INSTANT
    while not os.path.lexists(path) and time.monotonic() < end:
        if not any(sibling(path, role).exists() for role in ("ready", "old")):
            return
        time.sleep(_LOOK_SECONDS / 50)


def _tidy(path: Path) -> None:
    """What whoever holds the lock does first: what is half written belongs to nobody."""
    _complete(path)
    shutil.rmtree(sibling(path, "partial"), ignore_errors=True)


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
    """Hold the right to write ``path``; another process that holds it is waited for (see `wait_for_writer`).

    Raises:
        OutputError: another process holds it and shows no sign of life, or the folder cannot be written.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _awaited_lock(path)
        try:
            _tidy(path)
        except BaseException:
            _unlock(path, descriptor)
            raise
    try:
        yield
    finally:
        _unlock(path, descriptor)


def wait_for_writer(path: Path) -> None:
    """Return when no other process is writing ``path``, as far as one can know without the lock; Ctrl-C ends it.

    A process that was killed holds no lock, so whoever is waited for is alive. It is given up where none of its files
    has changed for `SILENCE_SECONDS`.

    Raises:
        OutputError: it was given up.
    """
    if os.path.lexists(sibling(path, "lock")):
        with contextlib.suppress(OSError):  # nothing can be written here: that will be found out later
            _unlock(path, _awaited_lock(path))


def _awaited_lock(path: Path) -> int:
    began = changed = time.monotonic()
    seen, told = -1, False
    while (descriptor := _lock(path)) is None:
        time.sleep(_LOOK_SECONDS)
        now = time.monotonic()
        if now - began > _INSTANT and not told:
            note(f"waiting for another seqtool that is writing {path}")
            told = True
        if (found := _last_change(path)) != seen:
            seen, changed = found, now
        elif now - changed > SILENCE_SECONDS:
            message = f"another seqtool is writing {path}, and has changed nothing for {now - changed:.0f} seconds"
            raise OutputError(message, "wait for it, or stop it and run this command again")
    return descriptor


def _last_change(path: Path) -> int:
    """When anything in the folders of a writer was last changed, in nanoseconds."""
    newest = 0
    for folder in (path, sibling(path, "partial"), sibling(path, "training")):
        for inside, _, names in os.walk(folder):
            for place in (inside, *(os.path.join(inside, name) for name in names)):
                with contextlib.suppress(OSError):
                    newest = max(newest, os.stat(place).st_mtime_ns)
    return newest


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
    try:
        sibling(path, "lock").unlink(missing_ok=True)
    finally:
        os.close(descriptor)
