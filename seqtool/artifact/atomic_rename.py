"""How a finished folder takes its name, and the completion of that after a crash.

For an artifact ``a`` the hidden siblings are ``.a.lock`` (held by whoever writes it), ``.a.partial`` (being written),
``.a.training`` (a training that will replace a finished ``a``) and ``.a.old`` (a folder of replaced versions that
somebody still reads). An old and a new version swap their names in one step, so that ``a`` is whole at every instant.
Where the system cannot do that, the new one is ``.a.ready`` while the old one steps aside, and after a crash the next
command that touches ``a`` gives it the name.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seqtool.artifact.files import read_json, sync, writing
from seqtool.artifact.locks import (
    FILE,
    FOLDER,
    INSTANT,
    LOOK_SECONDS,
    Form,
    awaited_lock,
    held,
    lock_file,
    refuse_stranger,
    remove_unless_held,
)
from seqtool.artifact.manifest import COMPLETE, parse
from seqtool.artifact.paths import exists
from seqtool.errors import ArtifactError, OutputError

_MANIFEST = "manifest.json"
# A file of the same name as an artifact is written to the same ``.partial``.
_LEFT: dict[str, tuple[Form, ...]] = {
    "lock": (FILE,),
    "partial": (FOLDER, FILE),
    "old": (FOLDER,),
    "ready": (FOLDER,),
    "training": (FOLDER,),
}


def sibling(path: Path, role: str) -> Path:
    """``a`` → ``.a.ROLE`` in the same folder; ``.`` and ``..`` by their real names."""
    if path.name in ("", ".."):
        path = path.resolve()
    return path.parent / f".{path.name}.{role}"


def recover(path: Path) -> None:
    """Remove what a killed process left, its lock too, and finish its exchange.

    A no-op where nothing is left, and while another process is writing ``path``.
    """
    if not any(exists(sibling(path, role)) for role in _LEFT):
        return
    with contextlib.suppress(OSError, OutputError):  # a reader need not be able to write here
        _refuse_strangers(path)
        descriptor = lock_file(sibling(path, "lock"))
        if descriptor is None:
            _await_name(path)
            return
        try:
            _tidy(path)
        finally:
            _unlock(path, descriptor)


def _await_name(path: Path) -> None:
    """Between the two renames of `_step_aside` the name is free for an instant: let it pass."""
    end = time.monotonic() + INSTANT
    while not exists(path) and sibling(path, "ready").exists() and time.monotonic() < end:
        time.sleep(LOOK_SECONDS / 50)


def _tidy(path: Path) -> None:
    """What whoever holds the lock does first: what is half written, or was replaced, belongs to nobody."""
    # Anything else that has the name is not seqtool's, and is never replaced.
    if (sibling(path, "ready") / _MANIFEST).is_file() and (not exists(path) or (path / _MANIFEST).is_file()):
        _step_aside(path)
    discard(path, sibling(path, "partial"))
    if _became(sibling(path, "training"), path):
        discard(path, sibling(path, "training"))
    old = sibling(path, "old")
    with contextlib.suppress(OSError):
        for version in old.iterdir():
            remove_unless_held(version)
        old.rmdir()


def _became(training: Path, path: Path) -> bool:
    """Whether the artifact is what the training became, which was killed after that and could not remove itself."""
    if not training.is_dir():
        return False
    try:
        grown, whole = (parse(read_json(place / _MANIFEST), place) for place in (training, path))
    except ArtifactError:
        return False
    return whole.state == COMPLETE and whole.recipe.fingerprint() == grown.recipe.fingerprint()


def discard(path: Path, folder: Path) -> None:
    """Remove a folder beside ``path``; one that is being read waits in ``.a.old`` for the next command."""
    old = sibling(path, "old")
    if folder == sibling(path, "training") and folder.is_dir():
        # Out of the way in one step: half of a training, after a crash, would be neither continued nor removed.
        with contextlib.suppress(OSError):
            folder = _aside(path, folder)
    if not remove_unless_held(folder) and folder.parent != old:
        _aside(path, folder)
    with contextlib.suppress(OSError):
        old.rmdir()


def _aside(path: Path, folder: Path) -> Path:
    old = sibling(path, "old")
    old.mkdir(exist_ok=True)
    return folder.rename(old / str(folder.stat().st_ino))  # a name that no other folder in there can have


def take_name(partial: Path, path: Path) -> None:
    """Give the folder ``partial`` the name ``path``; an artifact of that name and ``.a.training`` are removed."""
    replaced = [sibling(path, "training")]
    if not exists(path):
        os.rename(partial, path)
    elif _exchange(partial, path):
        replaced.append(partial)
    else:
        # From here on it is complete, and whoever finds it after a crash gives it the name (`recover`).
        os.rename(partial, sibling(path, "ready"))
        replaced += _step_aside(path)
    # What it replaces is removed only when the folder that says so is on the disk.
    sync(path.parent)
    for folder in replaced:
        discard(path, folder)


def _step_aside(path: Path) -> list[Path]:
    """Give ``.a.ready`` the name, and an artifact that has it another, which is given back."""
    aside = [_aside(path, path)] if exists(path) else []
    try:
        os.rename(sibling(path, "ready"), path)
    except OSError:
        for old in aside:
            os.rename(old, path)
        raise
    return aside


def _exchange(first: Path, second: Path) -> bool:
    """Swap the names of two folders in one step; false where the system or the file system cannot."""
    import ctypes

    libc = ctypes.CDLL(None)
    names = os.fsencode(first.absolute()), os.fsencode(second.absolute())
    try:
        if sys.platform == "darwin":
            return bool(libc.renamex_np(*names, 2) == 0)  # RENAME_SWAP
        # RENAME_EXCHANGE; the names are absolute, so the folder that they begin in is none
        return bool(libc.renameat2(-1, names[0], -1, names[1], 2) == 0)
    except AttributeError:
        return False


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the right to write ``path``; another process that holds it is waited for (see `wait_for_writer`).

    Raises:
        OutputError: another process holds it and shows no sign of life, the folder cannot be written, or something
            that is not seqtool's has one of the hidden names.
    """
    with writing(path):
        _refuse_strangers(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _awaited_lock(path)
        try:
            _tidy(path)
        except BaseException:
            _unlock(path, descriptor)
            raise
    try:
        with held(descriptor):
            yield
    finally:
        _unlock(path, descriptor)


def wait_for_writer(path: Path) -> None:
    """Return when no other process is writing ``path``, as far as one can know without the lock; Ctrl-C ends it.

    A process that was killed holds no lock, so whoever is waited for is alive. It is given up where it has made no
    progress and changed none of its files for `locks.SILENCE_SECONDS`.

    Raises:
        OutputError: it was given up, or something that is not seqtool's has one of the hidden names.
    """
    _refuse_strangers(path)
    if exists(sibling(path, "lock")):
        with contextlib.suppress(OSError):  # nothing can be written here: that will be found out later
            _unlock(path, _awaited_lock(path))


def _refuse_strangers(path: Path) -> None:
    for role, forms in _LEFT.items():
        refuse_stranger(sibling(path, role), path, *forms)


def _awaited_lock(path: Path) -> int:
    return awaited_lock(sibling(path, "lock"), path, (path, sibling(path, "partial"), sibling(path, "training")))


def _unlock(path: Path, descriptor: int) -> None:
    # While it is still held: whoever waits for it finds in `lock_file` that it has no name any more.
    with contextlib.suppress(OSError):  # the next command removes it
        sibling(path, "lock").unlink()
    os.close(descriptor)
