"""One version of a folder, whatever takes its name meanwhile.

A reader opens the folder, not its name, and holds a shared lock on it. What it reads through the descriptor is of one
version, and whoever replaces that version removes it when no reader holds it any more.
"""

from __future__ import annotations

import os
import resource
from pathlib import Path, PosixPath
from typing import Any

from seqtool.artifact.locks import is_at, take

_TRIES = 100


class _Folder:
    """An open folder, closed when nothing refers to it any more."""

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)

    def __del__(self) -> None:
        if hasattr(self, "descriptor"):
            os.close(self.descriptor)

    def place(self) -> str | None:
        """A path of the folder that stays when it is renamed: Linux has one by descriptor, macOS one by inode."""
        status = os.fstat(self.descriptor)
        for place in (f"/proc/self/fd/{self.descriptor}", f"/.vol/{status.st_dev}/{status.st_ino}"):
            try:
                if os.path.samestat(os.stat(place), status):
                    return place
            except OSError:
                continue
        return None


class _HeldPath(PosixPath):
    """A path that is shown by its name and opened in the folder that had the name when it was held."""

    _held: tuple[_Folder, str] | None = None  # the folder, and where this path is opened

    def __fspath__(self) -> str:
        return str(self) if self._held is None else self._held[1]

    def __truediv__(self, key: Any) -> _HeldPath:
        inner = super().__truediv__(key)
        if self._held is not None:
            inner._held = (self._held[0], os.path.join(self._held[1], key))
        return inner


def hold(path: Path) -> Path:
    """The folder that has this name now: `/` of the path given back leads to files of this version only.

    Where there is no folder, or the system cannot hold one, ``path`` itself is given back.
    """
    for _ in range(_TRIES):
        try:
            folder = _Folder(path)
            if folder.descriptor > resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2:
                return path  # thousands of artifacts: what is left is for their files
            # Whoever removes it holds it too; and between opening and locking it may have been removed.
            if take(folder.descriptor, shared=True) and is_at(folder.descriptor, Path(os.fspath(path))):
                place = folder.place()
                break
        except OSError:
            return path
    else:
        return path
    if place is None:
        return path
    held = _HeldPath(str(path))
    held._held = (folder, place)
    return held
