"""Temporary folders that go with their process, or, where it was killed, with the next command that makes one there.

Their names hold the machine and the boot. Where either is ours, a folder that nobody locks has no living owner; of
another machine's, whose locks may not be seen here (a shared disk), those are removed that a day has not touched.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seqtool.artifact.files import writing
from seqtool.artifact.locks import is_at, remove_unless_held, take
from seqtool.errors import OutputError, temporary_remedy

_DAY = 86400.0
_PREFIX = "seqtool-"


@contextmanager
def scratch_folder(beside: Path | None = None) -> Iterator[Path]:
    """An empty folder in ``$TMPDIR``, or a hidden one in the folder ``beside``, until the block ends.

    Raises:
        OutputError: it cannot be made.
    """
    place = _temporary_place() if beside is None else beside
    prefix = _PREFIX if beside is None else f".{_PREFIX}"
    _sweep(place, prefix)
    with filling(place) if beside is None else writing(place):
        folder, descriptor = _made(place, prefix)
    try:
        yield folder
    finally:
        for _ in range(2):  # a call that fails once leaves nothing; not all of them are ignored
            with contextlib.suppress(OSError):
                shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def remove_orphans(beside: Path) -> None:
    """Remove from a folder what killed processes left there: for a command that may not need a scratch folder now."""
    _sweep(beside, f".{_PREFIX}")


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
        message = f"cannot write to the temporary folder {folder}: {cause.strerror or cause}"
        raise OutputError(message, temporary_remedy(cause)) from cause


def _temporary_place() -> Path:
    try:
        return Path(tempfile.gettempdir())
    except OSError as error:
        remedy = "set TMPDIR to a writable folder"
        raise OutputError(f"cannot create a temporary folder: {error.strerror or error}", remedy) from error


def _made(place: Path, prefix: str) -> tuple[Path, int]:
    host, boot = _machine()
    while True:
        folder = place / f"{prefix}{host}-{boot}-{secrets.token_hex(4)}"
        folder.mkdir(0o700)
        try:
            descriptor = _locked(folder)
            if descriptor is not None:
                return folder, descriptor
        # Before it is locked another process may take it for an orphan; then there is another name.
        except FileNotFoundError:
            continue
        except OSError:
            with contextlib.suppress(OSError):
                folder.rmdir()
            raise


def _locked(folder: Path) -> int | None:
    """A folder that is opened and locked; ``None`` where another process has it, or it is gone."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if take(descriptor) and is_at(descriptor, folder):
            return descriptor
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _sweep(place: Path, prefix: str) -> None:
    """Remove what no living process owns."""
    with contextlib.suppress(OSError), os.scandir(place) as entries:
        for entry in entries:
            if entry.name.startswith(prefix) and entry.is_dir(follow_symlinks=False):
                host, _, rest = entry.name.removeprefix(prefix).partition("-")
                ours = host == _machine()[0] or rest.partition("-")[0] == _machine()[1]
                with contextlib.suppress(OSError):
                    if entry.stat().st_uid == os.getuid() and (ours or time.time() - _touched(entry.path) > _DAY):
                        remove_unless_held(Path(entry.path))


def _touched(folder: str) -> float:
    """When anything in a folder was last changed."""
    places = [inside for top, _, names in os.walk(folder) for inside in (top, *(os.path.join(top, n) for n in names))]
    return max(os.lstat(place).st_mtime for place in places)


def _machine() -> tuple[str, str]:
    """Short names of the host and of its boot; macOS does not tell the boot, and the host alone is compared."""
    boot = ""
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
    return _short(platform.node()), _short(boot or platform.node())


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
