"""Room on the disk is taken before a file is mapped for writing."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from seqtool.artifact.scratch import filling, scratch_folder
from seqtool.compute.arrays import allocate
from seqtool.errors import InputError, OutputError


def unsupported(*_: int) -> None:
    raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))


@pytest.mark.parametrize("way", ["reserved", "not supported", "no such call"])
def test_a_file_grows_by_zeros_that_take_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    if way == "not supported":
        monkeypatch.setattr(os, "posix_fallocate", unsupported)
    if way == "no such call":
        monkeypatch.delattr(os, "posix_fallocate", raising=False)
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    with path.open("r+b", buffering=0) as file:
        allocate(file, 9_000_001)
        allocate(file, 5)
        allocate(file, 0)
    content = path.read_bytes()
    assert len(content) == 9_000_001
    assert content.strip(b"\0") == b"abc"
    assert path.stat().st_blocks * 512 >= 9_000_000


def test_an_empty_file_needs_no_room(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb", buffering=0) as file:
        allocate(file, 0)
    assert (tmp_path / "a").stat().st_size == 0


def test_a_hole_in_an_array_is_filled_before_it_is_changed(tmp_path: Path) -> None:
    from seqtool.ngrams.paging import mapped_to_change

    np.save(tmp_path / "a.npy", np.zeros(1_000_000, np.uint32))
    size = (tmp_path / "a.npy").stat().st_size
    os.truncate(tmp_path / "a.npy", 128)
    os.truncate(tmp_path / "a.npy", size)
    mapped_to_change(tmp_path / "a.npy")[-1] = 7
    assert (tmp_path / "a.npy").stat().st_blocks * 512 >= size
    assert np.load(tmp_path / "a.npy").nonzero()[0].tolist() == [999_999]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize("inner", [True, False])
def test_a_temporary_folder_that_cannot_be_filled_is_named_with_tmpdir(code: int, inner: bool) -> None:
    from seqtool.artifact.files import writing

    def fill(folder: Path) -> None:
        if not inner:
            raise OSError(code, os.strerror(code))
        with writing(folder / "ids.npy"):
            raise OSError(code, os.strerror(code))

    with scratch_folder() as folder, pytest.raises(OutputError) as caught, filling(folder):
        fill(folder)
    assert str(folder) in caught.value.message
    assert os.strerror(code) in caught.value.message
    assert "TMPDIR" in str(caught.value.remedy)
    assert not folder.exists()


@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES])
def test_space_is_the_remedy_of_a_full_disk_alone(code: int) -> None:
    with scratch_folder() as folder, pytest.raises(OutputError) as caught, filling(folder):
        raise OSError(code, os.strerror(code))
    assert "space" not in str(caught.value)


@pytest.mark.parametrize("call", ["take", "is_at"])
def test_a_temporary_folder_that_cannot_be_locked_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    from seqtool.artifact import scratch

    def fails(*_: object) -> bool:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(scratch, call, fails)
    with pytest.raises(OutputError), scratch_folder(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_what_is_wrong_with_a_text_is_not_blamed_on_the_folder() -> None:
    with scratch_folder() as folder, pytest.raises(InputError), filling(folder):
        raise InputError("t.txt is empty")


def test_no_place_for_a_temporary_folder_is_an_error_that_names_tmpdir(monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    def nowhere(*_: object) -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    with pytest.raises(OutputError) as caught, scratch_folder():
        pass
    assert "TMPDIR" in str(caught.value.remedy)
