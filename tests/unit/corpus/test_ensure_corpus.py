"""The corpus that a command makes of a text on its way."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any, NoReturn

import pytest

from seqtool.artifact.read import Artifact
from seqtool.corpus import preprocess
from seqtool.corpus.artifact import ensure_corpus
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.errors import OutputError


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """In a folder whose name is also among the words of an error."""
    folder = tmp_path / "other inputs"
    folder.mkdir()
    (folder / "t.txt").write_text("a b\n")
    return folder / "t.txt"


def ensure(text: Path, overwrite: bool = False) -> Artifact:
    return ensure_corpus([str(text)], SourceOptions(), PreprocessOptions(), frozenset(), None, overwrite)


def test_a_text_that_has_changed_is_said_to_have(text: Path) -> None:
    made = ensure(text)
    assert ensure(text).manifest.digest == made.manifest.digest
    text.write_text("a b c\n")
    with pytest.raises(OutputError, match=r"t\.corpus") as caught:
        ensure(text)
    assert str(text) in caught.value.message
    assert "--overwrite" in (caught.value.remedy or "")
    assert ensure(text, overwrite=True).summary["tokens"] == 3


def test_a_corpus_that_cannot_be_written_is_not_taken_for_one_whose_text_has_changed(
    text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(preprocess, "encode_corpus", fails)
    with pytest.raises(OutputError, match=os.strerror(errno.ENOSPC)):
        ensure(text)
