"""Checked reading of JSON and ``.npy``, and writing that survives a power cut."""

from __future__ import annotations

import contextlib
import filecmp
import json
import os
import stat
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqtool.artifact.locks import FILE, awaited_lock, held, lock_file, refuse_stranger
from seqtool.artifact.paths import exists
from seqtool.errors import ArtifactError, InputError, OutputError, UnreadableError, cause, remedy, temporary_remedy

if TYPE_CHECKING:
    import numpy as np

MAX_JSON_BYTES = 16 << 20
"""A report has the largest manifest: it holds those of all that it shows, 2 to 10 kB each."""
_MADE_AGAIN = "recreate the artifact"
_times_written = Counter[Path]()


def read_json(path: Path, limit: int = MAX_JSON_BYTES) -> Any:
    """Parse a JSON file of an artifact.

    Raises:
        ArtifactError: where it is missing, too large, or not JSON; an `UnreadableError` where the disk fails.
    """
    try:
        # Opened first and looked at then: it may be replaced in between. A pipe is not waited for.
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
                raise ArtifactError(f"{path} is not a regular file, or is larger than {limit >> 20} MB", _MADE_AGAIN)
            return json.loads(file.read(limit + 1).decode("utf-8", "surrogatepass"))
    except FileNotFoundError:
        raise ArtifactError(f"{path.absolute()} is missing", "give the folder of a seqtool artifact") from None
    except OSError as error:
        raise UnreadableError(f"{path}: {cause(error)}", remedy(error, _MADE_AGAIN)) from None
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{path} is not valid JSON ({error})", _MADE_AGAIN) from None


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file durably, replacing an old one in one step."""
    text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    with replacing([path], overwrite=True) as (temporary,):
        temporary.write_text(text, encoding="utf-8", errors="surrogatepass")


def open_array(path: Path, dtypes: tuple[str, ...], ndim: int) -> np.ndarray:
    """Open a ``.npy`` file memory-mapped, after checking its header against its size.

    Args:
        path: the file.
        dtypes: the dtypes allowed, as numpy names them (``"uint16"``).
        ndim: the number of dimensions required.

    Raises:
        ArtifactError: where the file is missing, truncated, of another dtype or shape, or a pickle.
    """
    import numpy as np
    from numpy.lib import format as npy

    try:
        if not path.is_file():
            path.stat()
            raise ValueError("it is not a regular file")
        with path.open("rb") as file:
            version = npy.read_magic(file)
            read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
            shape, fortran, dtype = read_header(file)
            offset = file.tell()
        count = int(np.prod([int(n) for n in shape], dtype=object)) if shape else 1
        if dtype.name not in dtypes or not dtype.isnative or len(shape) != ndim or fortran:
            raise ValueError(f"expected {ndim}-dimensional {' or '.join(dtypes)}, found {dtype} of shape {shape}")
        if offset + count * dtype.itemsize != path.stat().st_size:
            raise ValueError(f"shape {shape} does not match the file size, {path.stat().st_size:,} bytes")
        if count == 0:
            return np.zeros(shape, dtype)
        return np.memmap(path, dtype, "r", offset, shape)
    except FileNotFoundError:
        raise ArtifactError(f"{path} is missing", _MADE_AGAIN) from None
    except OSError as error:
        raise UnreadableError(f"{path}: {cause(error)}", remedy(error, _MADE_AGAIN)) from None
    except Exception as error:  # a hostile header makes numpy raise what Python's own parser raises
        raise ArtifactError(f"{path} is damaged ({error})", _MADE_AGAIN) from None


def sync(path: Path) -> None:
    """Flush a file or folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a failed write (full disk, no permission, file-size limit) into an `OutputError` naming the path."""
    try:
        yield
    except OSError as error:
        other = _other_file(error, path)
        if other is not None:
            raise InputError(f"{other}: {cause(error)}", remedy(error, "check the file")) from error
        helps = remedy(error, "choose another name")
        if str(path).startswith(os.path.join(tempfile.gettempdir(), "seqtool-")):  # nobody chose that name
            helps = temporary_remedy(error)
        raise OutputError(f"cannot write {path}: {cause(error)}", helps) from error


def _other_file(error: OSError, path: Path) -> Path | None:
    """The file that a call failed on, where it is neither ``path`` nor within it nor a hidden sibling of its name."""
    if not isinstance(error.filename, str | bytes | os.PathLike):
        return None
    named = Path(os.fsdecode(error.filename))
    own = any(part == path.name or part.startswith(f".{path.name}.") for part in named.parts)
    above = named.absolute() in path.absolute().parents
    return None if own or above else named


@contextmanager
def replacing(paths: Sequence[Path], overwrite: bool, durable: bool = True) -> Iterator[list[Path]]:
    """Hidden siblings to write to, which take the names of ``paths`` at the end; after a failure nothing is left.

    Another process that writes the same is waited for; what one that was killed has left is written over. Without
    ``overwrite`` a file that holds the same bytes already is left as it is (see `stamp`). Files that are ``durable``
    are flushed to the disk, which a cache does not need.

    Raises:
        OutputError: a folder, or a file with other content, has the name (unless ``overwrite``), or it cannot be
            written.
    """
    for path in paths:
        refuse_folder(path)
    with writing(paths[0]), contextlib.ExitStack() as kept:
        paths[0].parent.mkdir(parents=True, exist_ok=True)
        taken: set[Path] = set()  # what has its name
        temporary = {path: _reserved(path, kept, durable, taken) for path in sorted(paths)}
        yield [temporary[path] for path in paths]
        for written in temporary.values() if durable else ():
            sync(written)
        new = [path for path in paths if overwrite or not _holds_the_same(path, temporary[path])]
        for path in reversed(new):
            refuse_folder(path)
            os.replace(temporary[path], path)
            taken.add(temporary[path])
            _times_written[path.absolute()] += 1
        if durable and new:
            sync(paths[0].absolute().parent)


def _reserved(path: Path, kept: contextlib.ExitStack, wait: bool, taken: set[Path]) -> Path:
    """The hidden sibling of a file, locked until ``kept`` ends, which removes it unless it is ``taken``."""
    temporary = path.with_name(f".{path.name}.partial")
    refuse_stranger(temporary, path, FILE)
    descriptor = awaited_lock(temporary, path) if wait else lock_file(temporary)
    if descriptor is None:
        raise OutputError(f"another seqtool process is writing {path}", "run this command again")
    kept.callback(os.close, descriptor)
    kept.callback(_remove_left, temporary, taken)
    kept.enter_context(held(descriptor))
    os.ftruncate(descriptor, 0)  # what a killed process left
    return temporary


def _remove_left(temporary: Path, taken: set[Path]) -> None:
    # Once it has taken its name, another process may be writing the next.
    if temporary not in taken:
        with contextlib.suppress(OSError):
            temporary.unlink()


def stamp(path: Path) -> int:
    """What changes when this process gives a file its content with `replacing`; another's writing does not count."""
    return _times_written[path.absolute()]


def _holds_the_same(path: Path, written: Path) -> bool:
    """Whether a file has the content that was to be written under its name.

    Raises:
        OutputError: it has another.
    """
    if not exists(path):
        return False
    if path.is_file() and filecmp.cmp(path, written, shallow=False):
        return True
    raise OutputError(f"{path} exists", "add --overwrite, or choose another name")


def refuse_folder(path: Path) -> None:
    """Raises:
    OutputError: where a folder, a device or a pipe has the name of a file that is to be written.
    """
    if path.is_dir():
        raise OutputError(f"{path} is a folder", "give another file name")
    if path.exists() and not path.is_file():
        raise OutputError(f"{path} is not a regular file and cannot be replaced", "give another file name")
