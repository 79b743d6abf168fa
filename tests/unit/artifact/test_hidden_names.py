"""The hidden names beside an artifact: what seqtool did not make there is neither used nor removed, and is named."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from seqtool.artifact.atomic_rename import sibling
from seqtool.artifact.files import replacing
from seqtool.artifact.manifest import Recipe
from seqtool.artifact.read import open_artifact
from seqtool.artifact.write import claim
from seqtool.errors import OutputError

Make = Callable[..., Path]
HIDDEN = {
    "lock": ["file"],
    "partial": ["file", "folder"],
    "old": ["folder"],
    "ready": ["folder"],
    "training": ["folder"],
}
FORMS: dict[str, Callable[[Path], object]] = {
    "file": Path.touch,
    "folder": Path.mkdir,
    "pipe": os.mkfifo,
    "link": lambda path: path.symlink_to("mine"),
    "link to nothing": lambda path: path.symlink_to("nothing"),
}


@pytest.mark.parametrize(
    ("role", "form"), [(role, form) for role, own in HIDDEN.items() for form in FORMS if form not in own]
)
def test_what_is_not_seqtools_is_in_the_way_of_a_writer_and_not_of_a_reader(
    tmp_path: Path, recipe: Recipe, make: Make, role: str, form: str
) -> None:
    make(tmp_path / "a")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/word.txt").write_text("mine")
    hidden = sibling(tmp_path / "a", role)
    FORMS[form](hidden)
    before = hidden.lstat()
    for write in (lambda: make(tmp_path / "a", "new"), lambda: claim(tmp_path / "a", recipe)):
        with pytest.raises(OutputError, match=re.escape(str(hidden))) as refused:
            write()
        assert f"move {hidden.name} " in str(refused.value)
    assert open_artifact(tmp_path / "a").file("word.txt").read_text() == "old"
    assert os.path.samestat(hidden.lstat(), before)
    assert (tmp_path / "mine/word.txt").read_text() == "mine"


@pytest.mark.parametrize("form", [form for form in FORMS if form != "file"])
def test_what_is_not_seqtools_is_in_the_way_of_a_file(tmp_path: Path, form: str) -> None:
    (tmp_path / "mine").mkdir()
    hidden = tmp_path / ".x.partial"
    FORMS[form](hidden)
    with pytest.raises(OutputError, match=re.escape(str(hidden))), replacing([tmp_path / "x"], overwrite=True):
        pass
    assert os.path.lexists(hidden)
    assert not (tmp_path / "x").exists()


def test_a_folder_that_is_no_artifact_does_not_take_the_name(tmp_path: Path, make: Make) -> None:
    ready = sibling(tmp_path / "a", "ready")
    ready.mkdir()
    (ready / "word.txt").write_text("mine")
    assert (make(tmp_path / "a") / "word.txt").read_text() == "old"
    assert (ready / "word.txt").read_text() == "mine"
