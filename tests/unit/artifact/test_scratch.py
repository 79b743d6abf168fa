"""Temporary folders, also where the system fails while one is made."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import NoReturn

import pytest

from seqtool.artifact import scratch
from seqtool.artifact.scratch import scratch_folder
from seqtool.errors import OutputError


def test_a_folder_that_cannot_be_locked_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []

    def fails(descriptor: int) -> NoReturn:
        opened.append(descriptor)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(scratch, "take", fails)
    with pytest.raises(OutputError, match=os.strerror(errno.EIO)), scratch_folder(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []
    assert len(opened) == 1
    with pytest.raises(OSError, match=os.strerror(errno.EBADF)):
        os.fstat(opened[0])


def test_a_folder_that_another_process_took_for_an_orphan_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []

    def take(descriptor: int) -> bool:
        taken.append(descriptor)
        return len(taken) > 1

    monkeypatch.setattr(scratch, "take", take)
    with scratch_folder(tmp_path) as folder:
        assert folder.is_dir()
        assert len(taken) == 2
    assert not folder.exists()
