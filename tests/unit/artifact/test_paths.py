"""What is at a path, and what is not known because the system failed."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from seqtool.artifact import files, paths
from seqtool.artifact.atomic_rename import sibling
from seqtool.artifact.paths import exists, is_file, is_folder
from seqtool.artifact.read import is_artifact, open_artifact
from seqtool.artifact.write import existing_artifact, replacement
from seqtool.errors import OutputError, UnreadableError


def test_files_folders_links_and_what_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "broken").symlink_to("nothing")
    (tmp_path / "loop").symlink_to("loop")
    names = ("file", "link", ".", "broken", "loop", "nothing", "file/a", "a" * 300, "\0")
    found = {name: [look(f"{tmp_path}/{name}") for look in (is_file, is_folder, exists)] for name in names}
    assert found.pop("file") == found.pop("link") == [True, False, True]
    assert found.pop(".") == [False, True, True]
    assert found.pop("broken") == found.pop("loop") == [False, False, True]
    assert {*map(tuple, found.values())} == {(False, False, False)}


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES])
@pytest.mark.parametrize("look", [is_file, is_folder, exists, is_artifact, existing_artifact])
def test_a_file_system_that_fails_is_not_taken_for_a_free_name(
    tmp_path: Path, number: int, look: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(path: Any, **_: Any) -> NoReturn:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(paths.os, "stat", fails)
    with pytest.raises((OSError, OutputError), match=os.strerror(number)):
        look(tmp_path / "a")


def test_a_file_that_cannot_be_read_is_not_taken_for_one_that_is_missing_or_foreign(
    tmp_path: Path, make: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact = open_artifact(make(tmp_path / "a"))
    make(tmp_path / "b").rename(sibling(tmp_path / "a", "training"))

    def fails(path: Any, *_: Any) -> NoReturn:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    monkeypatch.setattr(files.os, "open", fails)
    for look in (existing_artifact, replacement, lambda _: artifact.run):
        with pytest.raises(UnreadableError, match=os.strerror(errno.EIO)):
            look(tmp_path / "a")
