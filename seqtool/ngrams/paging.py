"""Arrays that lie on disk while a model is made, mapped into memory, and given back when memory is short."""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.files import writing

PIECE = 1 << 18


def mapped_file(path: Path, size: int, dtype: Any) -> NDArray[Any]:
    """A new array of zeros in a file.

    Its room is reserved where the system can do that: if it were missing when it is written to, the process would end.

    Raises:
        OutputError: the disk is full.
    """
    if size == 0:
        return np.zeros(0, dtype)
    with writing(path), path.open("wb") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size * np.dtype(dtype).itemsize)
        else:
            file.truncate(size * np.dtype(dtype).itemsize)
    return np.memmap(path, dtype, "r+", shape=(size,))


def release(*arrays: NDArray[Any]) -> None:
    """Take the pages of mapped arrays out of this process; their content stays in the files."""
    for array in arrays:
        base: Any = array
        while isinstance(base, np.ndarray):
            if isinstance(base, np.memmap) and hasattr(mmap, "MADV_DONTNEED"):
                base._mmap.madvise(mmap.MADV_DONTNEED)  # type: ignore[attr-defined]
                break
            base = base.base
