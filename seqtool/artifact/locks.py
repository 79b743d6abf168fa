"""Who is at work on a name or in a folder, by ``flock``: the system drops a lock when its process ends in any way.

Where a file system has no locks, everything works as if nobody else were there.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import functools
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from seqtool.errors import OutputError
from seqtool.progress import heartbeat, note

SILENCE_SECONDS = 600.0
"""How long a command waits for another that writes the same name and shows no progress meanwhile."""
Form = Callable[[int], bool]
FILE, FOLDER = stat.S_ISREG, stat.S_ISDIR
_WORDS: dict[Form, str] = {FILE: "a file", FOLDER: "a folder", stat.S_ISLNK: "a link"}
INSTANT = 0.5  # a reader that finishes a crashed exchange holds the lock no longer
LOOK_SECONDS = 0.05
_WITHOUT_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL, errno.EBADF)


def take(descriptor: int, shared: bool = False) -> bool:
    """Lock an open file or folder at once; false where another process has it.

    Raises:
        OSError: the disk fails. A file system without locks is no failure.
    """
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _WITHOUT_LOCKS:
            raise
    return True


def is_at(descriptor: int, path: Path) -> bool:
    """Whether what was opened has this name still."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def refuse_stranger(hidden: Path, name: Path, *forms: Form) -> None:
    """Check what has a hidden name that seqtool uses while it writes ``name``.

    Raises:
        OutputError: it is of none of the ``forms`` that seqtool makes there, but a link or a pipe, say.
    """
    try:
        mode = hidden.lstat().st_mode
    except OSError:  # it is free; and where one may not look, one may not write, which is found out later
        return
    if not any(is_form(mode) for is_form in forms):
        found = next((word for is_form, word in _WORDS.items() if is_form(mode)), "neither a file nor a folder")
        message = f"cannot write {name}: seqtool needs the hidden name {hidden}, which is {found}"
        raise OutputError(message, f"move {hidden.name} elsewhere, or choose another name")


def lock_file(path: Path) -> int | None:
    """Make a file, or open it, and lock it: an open descriptor, or ``None`` where another process has the lock."""
    while True:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
        try:
            if not take(descriptor):
                os.close(descriptor)
                return None
            # Between opening and locking its holder may have removed or renamed it, and another made a new one.
            if is_at(descriptor, path):
                return descriptor
        except BaseException:
            with contextlib.suppress(OSError):  # it may be new, and is not to stay, unless another process has it now
                if take(descriptor) and is_at(descriptor, path):
                    path.unlink()
            os.close(descriptor)
            raise
        os.close(descriptor)


@contextmanager
def held(descriptor: int) -> Iterator[None]:
    """A block that has a locked file: its progress changes the file's time, where `awaited_lock` sees it.

    A process that is forked meanwhile does not have the lock too: it may outlive this one, and would hold up others.
    """
    _held.add(descriptor)
    try:
        with heartbeat(functools.partial(os.utime, descriptor)):
            yield
    finally:
        _held.discard(descriptor)


_held: set[int] = set()


def _let_go() -> None:
    if _held:
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in _held:
            os.dup2(nothing, descriptor, inheritable=False)  # the number is not to become another file's
        os.close(nothing)


os.register_at_fork(after_in_child=_let_go)


def awaited_lock(path: Path, name: Path, watched: Sequence[Path] = ()) -> int:
    """`lock_file`, after whoever has the lock; Ctrl-C ends the waiting.

    Args:
        path: the file that is locked.
        name: what is written under it, for the note.
        watched: other files and folders in which the holder's work can be seen.

    Raises:
        OutputError: neither ``path`` nor anything in ``watched`` has changed for `SILENCE_SECONDS`.
    """
    began = changed = time.monotonic()
    seen, told = -1, False
    while (descriptor := lock_file(path)) is None:
        time.sleep(LOOK_SECONDS)
        now = time.monotonic()
        if now - began > INSTANT and not told:
            note(f"waiting for another seqtool process that is writing {name}")
            told = True
        if (found := _last_change((path, *watched))) != seen:
            seen, changed = found, now
        elif now - changed > SILENCE_SECONDS:
            message = (
                f"another seqtool process is writing {name} but has made no progress for {now - changed:.0f} seconds"
            )
            raise OutputError(message, "wait for it, or stop it and run this command again")
    return descriptor


def _last_change(places: Sequence[Path]) -> int:
    """When anything in these files and folders was last changed, in nanoseconds."""
    newest = 0
    for top in places:
        for inside, _, names in os.walk(top):
            for place in (inside, *(os.path.join(inside, name) for name in names)):
                with contextlib.suppress(OSError):
                    newest = max(newest, os.stat(place).st_mtime_ns)
        with contextlib.suppress(OSError):
            newest = max(newest, os.stat(top).st_mtime_ns)
    return newest


def remove_unless_held(folder: Path) -> bool:
    """Remove a folder of which no process holds a lock (see `versions.hold`); false where one does."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return True
    except OSError:  # a file or a link has its name, or it cannot be read
        descriptor = -1
    try:
        if descriptor < 0:
            with contextlib.suppress(OSError):
                folder.unlink()
        elif not take(descriptor):
            return False
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        if descriptor >= 0:
            os.close(descriptor)
    return True
