"""Corpora and counts that all tests of embeddings share; read only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from seqtool.artifact.read import Artifact, open_artifact

ROOT = Path(__file__).parents[3]


def corpus_of(text: Path, output: Path) -> Artifact:
    from seqtool.corpus.artifact import build_corpus
    from seqtool.corpus.options import PreprocessOptions, SourceOptions

    build_corpus([str(text)], SourceOptions(), PreprocessOptions(), output)
    return open_artifact(output, "corpus")


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """The English toy world as a corpus."""
    return corpus_of(ROOT / "sample_corpora/toy_world.en.txt", tmp_path_factory.mktemp("toy") / "toy.corpus")


@pytest.fixture(scope="session")
def toy_counts(toy: Artifact) -> Artifact:
    """Its co-occurrence counts."""
    from seqtool.counts.artifact import build_counts
    from seqtool.counts.options import CooccurOptions

    output = toy.path.with_name("toy.counts")
    # GloVe leaves out what never stood together: windows over line ends tell it what only did so by chance.
    build_counts(toy, CooccurOptions(window=10, across_lines=True), output)
    return open_artifact(output, "counts")


@pytest.fixture
def made_corpus(tmp_path: Path) -> Callable[[str], Artifact]:
    """A corpus of a text."""

    def make(text: str) -> Artifact:
        path = tmp_path / "text.txt"
        path.write_text(text, encoding="utf-8")
        return corpus_of(path, tmp_path / "text.corpus")

    return make
