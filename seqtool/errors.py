"""The expected failures, each a message and a remedy.

SeqtoolError            exit 1   what, where, what to do
├── InputError                   a text, file or option value that cannot be used
│   └── UnknownWordError         a word without a vector; a KeyError too
├── ArtifactError                an artifact that is missing, damaged, unfinished or of the wrong kind
│   └── UnreadableError          a file of one that the system fails to read
├── OutputError                  a result that cannot be written
├── UsageError          exit 2   options that contradict each other
├── DivergedError       exit 3   a training whose loss is no longer a number
└── InterruptedRunError exit 130 a training stopped by the user after saving its checkpoint (143 by SIGTERM)
"""

from __future__ import annotations

import errno
import os
import re
import shlex


class SeqtoolError(Exception):
    """An expected failure. ``str(error)`` is one line: what is wrong, where, and the remedy.

    What a damaged file makes too long to read is shortened there, so that file and remedy stay in sight.

    Args:
        message: what is wrong and where.
        remedy: what the user can do about it, or ``None`` where nothing helps.
    """

    exit_code = 1

    def __init__(self, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        message = _shortened(" ".join(self.message.split()))
        remedy = " ".join((self.remedy or "").split())
        return f"{message}; {_shortened(remedy)}" if remedy else message


def _shortened(text: str, most: int = 1000) -> str:
    """A text without its middle, where it is longer than ``most`` and a little."""
    return text if len(text) <= most + most // 10 else f"{text[: most * 4 // 5]} … {text[-most // 5 :]}"


class InputError(SeqtoolError):
    """A text, a file or an option value that cannot be used."""


class UnknownWordError(InputError, KeyError):
    """A word that word vectors do not have: ``vectors["kign"]``."""


class ArtifactError(SeqtoolError):
    """An artifact that is missing, damaged, unfinished, too new or of the wrong kind."""


class UnreadableError(ArtifactError):
    """A file of an artifact that the system fails to read: nobody knows then what is there."""


class OutputError(SeqtoolError):
    """A result that cannot be written."""


class UsageError(SeqtoolError):
    """Options that contradict each other."""

    exit_code = 2


class DivergedError(SeqtoolError):
    """A training whose loss or gradient is no longer a finite number."""

    exit_code = 3


class InterruptedRunError(SeqtoolError):
    """A run stopped by the user; what it had done is saved."""

    exit_code = 130


_REMEDIES = {
    errno.EACCES: "change its permissions (chmod), or use another location",
    errno.EPERM: "change its permissions (chmod), or use another location",
    errno.EROFS: "use a location that can be written to",
    errno.ENOSPC: "free some disk space, or use another location",
    errno.EDQUOT: "free some disk space, or use another location",
    errno.EFBIG: "raise the limit on file sizes (ulimit -f)",
    errno.EBADF: "stdin is closed; give a file or a pipe",
    errno.EMFILE: "raise the limit on open files (ulimit -n)",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EEXIST: "choose another name",
    errno.ENOTDIR: "part of the path is a file, not a folder; choose another name",
    errno.EISDIR: "give the name of a file, not of a folder",
    errno.ENOENT: "check the path",
    errno.ELOOP: "fix the symbolic links, which form a cycle",
    errno.EIO: "check the disk",
    errno.ESTALE: "remount the file system",
}


def as_os_error(error: Exception, path: object) -> OSError:
    """What compiled code says of a failed call in its own words ("… (os error 28)"), as Python would say it."""
    number = re.search(r"\bos error (\d+)", str(error))
    if number is None:
        return OSError(f"{path}: {error}")
    return OSError(int(number[1]), os.strerror(int(number[1])), str(path))


def cause(error: OSError) -> str:
    """What the system says of a failed call: ``Permission denied``."""
    return error.strerror or str(error)


def temporary_remedy(error: OSError) -> str:
    """What helps where a temporary file cannot be written: nobody chose its place."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return f"{'free some disk space there, or ' if full else ''}set TMPDIR to another folder"


def remedy(error: OSError, otherwise: str | None = None) -> str | None:
    """What helps against a failed call of the system."""
    if error.errno == errno.ENOENT and isinstance(error.filename, str | os.PathLike):
        return did_you_mean(os.fspath(error.filename)) or _REMEDIES[errno.ENOENT]
    return _REMEDIES.get(error.errno or 0, otherwise)


def did_you_mean(path: str) -> str | None:
    """The remedy for a path that does not exist: those in its folder that are spelled like it; ``None``: none is."""
    import difflib

    folder, name = os.path.split(path)
    try:
        beside = os.listdir(folder or ".")
    except OSError:
        return None
    near = [os.path.join(folder, other) for other in difflib.get_close_matches(name, beside, 3, 0.7)]
    return f"did you mean {' or '.join(near)}?" if near else None


def damaged(path: object, error: Exception, again: str = "train it again") -> ArtifactError:
    """The error of files that cannot be used: what the system says where it failed, and else that they are damaged."""
    if isinstance(error, OSError) and error.errno not in (None, errno.ENOENT):
        return ArtifactError(f"{path}: {cause(error)}", remedy(error, again))
    reason = error.message if isinstance(error, SeqtoolError) else error  # its remedy is of another place
    return ArtifactError(f"{path} is damaged ({reason})", again)


def in_shell(*words: str) -> str:
    """Words as a shell reads them; letters of every script stand without quotes, unlike those of `shlex.quote`."""
    return " ".join(word if re.fullmatch(r"[\w@%+=:,./-]+", word) else shlex.quote(word) for word in words)


def plural(count: int, noun: str, plural: str | None = None) -> str:
    """A count with its noun: ``1 line``, ``1,234 lines``, and with a plural of its own ``2 vocabularies``.

    Args:
        count: how many.
        noun: in the singular; with its verb where the verb changes too (``line was``, ``lines were``).
        plural: where it is not ``noun`` and an s.
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
