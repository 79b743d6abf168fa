"""Digests of inputs are remembered, and a changed file is noticed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from seqtool.artifact import digests
from seqtool.errors import InputError


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_digest_is_remembered_until_the_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    file = tmp_path / "a.txt"
    file.write_text("one")
    assert digests.file_digest(file) == sha("one")
    with monkeypatch.context() as patch:
        patch.setattr(digests, "sha256_file", lambda path: pytest.fail("computed again"))
        assert digests.file_digest(file) == sha("one")
    file.write_text("other")
    assert digests.file_digest(file) == sha("other")
    replacement = tmp_path / "b.txt"
    replacement.write_text("third")
    os.utime(replacement, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    replacement.replace(file)  # the same size and time, another inode
    assert digests.file_digest(file) == sha("third")


@pytest.mark.parametrize("entry", ["", "null", "[]", '{"key": 1}', '{"sha256": "x"}', "\udcff"])
def test_a_spoilt_cache_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: str) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    file = tmp_path / "a.txt"
    file.write_text("one")
    digests.file_digest(file)
    (cached,) = (tmp_path / "cache").rglob("*.json")
    cached.write_text(entry, errors="surrogateescape")
    assert digests.file_digest(file) == sha("one")


def test_a_cache_that_cannot_be_written_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").write_text("a file in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "a.txt").write_text("one")
    assert digests.file_digest(tmp_path / "a.txt") == sha("one")


def test_a_file_that_cannot_be_read_is_an_input_error(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(InputError, match=path.name):
            digests.file_digest(path)
