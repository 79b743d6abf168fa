"""Writing ``.npy`` files of a length not known beforehand, part after part; files and pages that may be written to."""

from __future__ import annotations

import errno
import io
import mmap
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

_COPY_BYTES = 1 << 22
_NOT_SUPPORTED = (errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)


class ArrayWriter:
    """A ``.npy`` file made of parts that grow side by side: the file holds part 0, then part 1, and so on.

    Part 0 goes straight into the file; the others wait in unnamed temporary files beside it.

    Args:
        path: the file.
        dtype: of its items.
        columns: () for a vector, (n,) for rows of n.
        parts: how many parts there are.
    """

    def __init__(self, path: Path, dtype: Any, columns: tuple[int, ...] = (), parts: int = 1) -> None:
        self._dtype = np.dtype(dtype)
        self._columns = columns
        self._stack = ExitStack()
        files = [path.open("wb", buffering=0), *(temporary_file(path.parent) for _ in range(parts - 1))]
        self._files: list[IO[bytes]] = [self._stack.enter_context(file) for file in files]
        self.lengths = [0] * parts
        self._write_header()

    def __enter__(self) -> ArrayWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def append(self, part: int, rows: NDArray[Any]) -> None:
        """Add rows to a part."""
        write_all(self._files[part], np.ascontiguousarray(rows, self._dtype))
        self.lengths[part] += len(rows)

    def finish(self, shifts: list[int] | None = None) -> None:
        """Join the parts, adding ``shifts[part]`` to the items of each, and complete the header."""
        main = self._files[0]
        for part, file in enumerate(self._files[1:], 1):
            file.seek(0)
            shift = self._dtype.type(0 if shifts is None else shifts[part])
            while data := file.read(_COPY_BYTES):
                write_all(main, np.frombuffer(data, self._dtype) + shift)
        self._write_header()

    def _write_header(self) -> None:
        """The header, whose length does not depend on the number of rows (numpy leaves room for it to grow)."""
        shape = (sum(self.lengths), *self._columns)
        description = {"descr": npy.dtype_to_descr(self._dtype), "fortran_order": False, "shape": shape}
        header = io.BytesIO()
        npy.write_array_header_1_0(header, description)
        self._files[0].seek(0)
        write_all(self._files[0], np.frombuffer(header.getvalue(), np.uint8))


def read_items(path: Path, dtype: Any, count: int, offset: int) -> NDArray[Any]:
    """``count`` items of a file from byte ``offset`` on.

    ``np.fromfile`` answers a read that fails with fewer items and no error.

    Raises:
        OSError: the read fails, or the file ends before.
    """
    items = np.empty(count, dtype)
    room, done = items.view(np.uint8), 0
    with path.open("rb", buffering=0) as file:
        file.seek(offset)
        while done < len(room):
            got = cast(Any, file).readinto(room[done:])
            if not got:
                raise OSError(errno.EIO, "the file is truncated", str(path))
            done += got
    return items


def read_array(path: Path) -> NDArray[Any]:
    """A ``.npy`` file in memory; see `read_items`."""
    mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    return read_items(path, mapped.dtype, mapped.size, mapped.offset).reshape(mapped.shape)


def pages(size: int, dtype: Any) -> NDArray[Any]:
    """Zeros in pages of their own, which the system has back when the array is gone.

    The C library keeps arrays of up to 32 MB that are freed, for each thread: tables that grow in many threads left
    holes of hundreds of megabytes.

    Raises:
        MemoryError: the system has no such pages.
    """
    dtype = np.dtype(dtype)
    try:
        memory = mmap.mmap(-1, max(1, size * dtype.itemsize), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except OSError as error:
        raise MemoryError(f"cannot allocate {size:,} items of {dtype}: {error}") from None
    return np.frombuffer(memory, dtype, size)


def save_array(target: Path | IO[bytes], array: NDArray[Any]) -> None:
    """Write an array as ``.npy``, the bytes of ``np.save``.

    ``np.save`` and ``tofile`` hand the bytes to a buffer of C's and do not look whether its end can be written: on a
    full disk the file would be short, and nobody would be told.
    """
    if isinstance(target, Path):
        with target.open("wb") as file:
            save_array(file, array)
    else:
        npy.write_array(cast(IO[bytes], _OnlyWrites(target)), array, allow_pickle=False)


class _OnlyWrites:
    """A file that numpy does not take for one, so that it calls its ``write``."""

    def __init__(self, file: IO[bytes]) -> None:
        self.write = file.write


def temporary_file(folder: Path) -> IO[bytes]:
    """An unbuffered file without a name on the folder's disk; it goes when it is closed."""
    return cast(IO[bytes], tempfile.TemporaryFile(dir=folder, buffering=0))


def write_all(file: IO[bytes], array: NDArray[Any]) -> None:
    """Write an array's bytes to an unbuffered file, which may take several writes."""
    view = memoryview(array.reshape(-1).view(np.uint8))  # type: ignore[arg-type]
    while view:
        view = view[file.write(view) :]


def allocate(file: IO[bytes], size: int) -> None:
    """Make an unbuffered file at least ``size`` bytes long, by zeros, and take the room for all of them on its disk.

    To be called before a file is mapped for writing: the process dies (SIGBUS) where a page that is written to turns
    out to have no room.

    Raises:
        OSError: the disk is full, or the file would be larger than the process may write.
    """
    if size and hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(file.fileno(), 0, size)
        except OSError as error:
            if error.errno not in _NOT_SUPPORTED:
                raise
    end = file.seek(0, os.SEEK_END)
    for first in range(end, size, _COPY_BYTES):
        write_all(file, np.zeros(min(_COPY_BYTES, size - first), np.uint8))
