"""What is at a path: a file system that fails is an error, and never taken for a path where nothing is.

``os.path.isfile`` and its like answer ``False`` whatever the system said; so does `pathlib` from Python 3.14 on.
"""

from __future__ import annotations

import errno
import os
import stat

_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG)
AnyPath = str | os.PathLike[str]


def is_file(path: AnyPath) -> bool:
    """Whether a path is that of a plain file, or a link to one.

    Raises:
        OSError: the system cannot tell.
    """
    status = _status(path, follow=True)
    return status is not None and stat.S_ISREG(status.st_mode)


def is_folder(path: AnyPath) -> bool:
    """Whether a path is that of a folder, or a link to one.

    Raises:
        OSError: the system cannot tell.
    """
    status = _status(path, follow=True)
    return status is not None and stat.S_ISDIR(status.st_mode)


def exists(path: AnyPath) -> bool:
    """Whether anything has the path, a broken link too.

    Raises:
        OSError: the system cannot tell.
    """
    return _status(path, follow=False) is not None


def _status(path: AnyPath, follow: bool) -> os.stat_result | None:
    try:
        return os.stat(path, follow_symlinks=follow)
    except ValueError:  # a NUL, which no path has
        return None
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        raise
