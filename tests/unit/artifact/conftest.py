"""Small artifacts made by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from seqtool.artifact.manifest import Recipe
from seqtool.artifact.write import RunRecord, write_artifact

RECIPE = Recipe("report", "report", {"title": "old"})


@pytest.fixture
def recipe() -> Recipe:
    return RECIPE


@pytest.fixture
def make() -> Callable[..., Path]:
    """Write an artifact with one payload file ``word.txt``."""

    def call(path: Path, word: str = "old", recipe: Recipe | None = None, state: str = "complete") -> Path:
        with write_artifact(path, recipe or Recipe("report", "report", {"title": word}), RunRecord()) as draft:
            draft.state = state
            (draft.path / "word.txt").write_text(word)
            draft.summary["word"] = word
        return path

    return call
