"""The system may take fewer bytes than it was given, on a disk that is nearly full for one: the rest is written too."""

from __future__ import annotations

import errno
import gzip
import io
import os
import re
import resource
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqtool
from seqtool.compute import arrays
from seqtool.compute.arrays import ArrayWriter, read_array, read_items, save_array

OPEN = Path.open


class Short(io.FileIO):
    """An unbuffered file of which each write takes the half, but at least a byte."""

    def write(self, data: Any) -> int:
        return super().write(memoryview(data).cast("B")[: max(1, len(data) // 2)])


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def opened(path: Path, mode: str = "r", buffering: int = -1, **more: Any) -> Any:
        if "w" not in mode or buffering > 0:
            return OPEN(path, mode, buffering, **more)
        return Short(path, mode) if buffering == 0 else io.BufferedWriter(Short(path, mode))

    monkeypatch.setattr(Path, "open", opened)
    monkeypatch.setattr(arrays, "temporary_file", lambda folder: Short(folder / "part", "w+b"))


@pytest.mark.usefixtures("_short")
@pytest.mark.parametrize("shifts", [None, [0, 5]])
def test_an_array_of_parts_is_whole(tmp_path: Path, shifts: list[int] | None) -> None:
    with ArrayWriter(tmp_path / "x.npy", np.int64, (), 2) as writer:
        writer.append(1, np.arange(1000))
        writer.append(0, np.arange(10))
        writer.finish(shifts)
    expected = [*range(10), *(n + (5 if shifts else 0) for n in range(1000))]
    assert np.load(tmp_path / "x.npy").tolist() == expected


@pytest.mark.parametrize("array", [np.arange(300.0), np.zeros((0, 3)), np.asfortranarray([[1, 2], [3, 4]])])
def test_an_array_is_saved_as_numpy_saves_it(tmp_path: Path, array: np.ndarray) -> None:
    save_array(tmp_path / "x.npy", array)
    np.save(tmp_path / "y.npy", array)
    assert (tmp_path / "x.npy").read_bytes() == (tmp_path / "y.npy").read_bytes()


def test_an_array_whose_end_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
            save_array(tmp_path / "x.npy", np.arange(300.0))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_nothing_is_written_by_numpy_itself_which_does_not_tell_of_a_full_disk() -> None:
    sources = {path.name: path.read_text() for path in Path(seqtool.__file__).parent.rglob("*.py")}
    assert [name for name, text in sources.items() if re.search(r"np\.save\(|\.tofile\(|fromfile\(", text)] == []


@pytest.mark.usefixtures("_short")
@pytest.mark.parametrize("name", ["x.arpa", "x.arpa.gz"])
def test_an_arpa_file_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    from types import SimpleNamespace

    from seqtool.ngrams.arpa import write

    pieces = [b"\\data\\\n", bytes(range(256)) * 100]
    monkeypatch.setattr(write, "arpa_pieces", lambda trie, tokens, threads: iter(pieces))
    write.write_arpa(SimpleNamespace(), [], tmp_path / name, 1, name.endswith("gz"))
    found = (tmp_path / name).read_bytes()
    assert (gzip.decompress(found) if name.endswith("gz") else found) == b"".join(pieces)


def test_a_read_that_ends_early_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    save_array(path, np.arange(12, dtype=np.int32).reshape(3, 4))
    assert read_array(path).tolist() == np.arange(12).reshape(3, 4).tolist()
    offset = path.stat().st_size - 4 * 5
    assert read_items(path, np.int32, 5, offset).tolist() == [7, 8, 9, 10, 11]
    assert read_items(path, np.int32, 0, offset).tolist() == []
    with pytest.raises(OSError, match="early"):
        read_items(path, np.int32, 6, offset)
