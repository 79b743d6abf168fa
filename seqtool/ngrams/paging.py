"""Arrays that lie on disk while a model is made, mapped into memory, and given back when memory is short."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.files import writing
from seqtool.compute.arrays import allocate

PIECE = 1 << 18


def mapped_file(path: Path, size: int, dtype: Any) -> NDArray[Any]:
    """A new array of zeros in a file, whose room on the disk is taken.

    Raises:
        OutputError: the disk is full.
    """
    if size == 0:
        return np.zeros(0, dtype)
    with writing(path), path.open("wb", buffering=0) as file:
        allocate(file, size * np.dtype(dtype).itemsize)
    return np.memmap(path, dtype, "r+", shape=(size,))


def mapped_to_change(path: Path) -> NDArray[Any]:
    """The array of a ``.npy`` file, to be changed where it is: its room is taken, whatever holes the file has.

    Raises:
        OutputError: the disk is full.
    """
    with writing(path), path.open("r+b", buffering=0) as file:
        allocate(file, path.stat().st_size)
    array: NDArray[Any] = np.load(path, mmap_mode="r+", allow_pickle=False)
    return array


def release(*arrays: NDArray[Any]) -> None:
    """Take the pages of mapped arrays out of this process; their content stays in the files."""
    for array in arrays:
        base: Any = array
        while isinstance(base, np.ndarray):
            if isinstance(base, np.memmap) and hasattr(mmap, "MADV_DONTNEED"):
                base._mmap.madvise(mmap.MADV_DONTNEED)  # type: ignore[attr-defined]
                break
            base = base.base
