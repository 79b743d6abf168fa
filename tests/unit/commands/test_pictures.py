"""plot-vectors, document-vectors and gradient-flow from Python."""

from __future__ import annotations

from pathlib import Path

import pytest

import seqtool
from seqtool.errors import UsageError


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    path = tmp_path / "v.txt"
    path.write_text("king 1 0 0\nqueen 0.9 0.1 0\nriver 0 0.9 0.4\nlake 0 1 0.3\n", encoding="utf-8")
    return path


def test_places_of_words_are_those_that_were_saved(vectors: Path, tmp_path: Path) -> None:
    places = seqtool.plot_vectors(vectors, num=3)
    assert [row["word"] for row in places] == ["king", "queen", "river"]
    assert places.path is None
    for _ in range(2):  # measured, then read back
        saved = seqtool.plot_vectors(vectors, num=3, output=tmp_path / "map")
        assert (list(saved), saved.path) == (list(places), tmp_path / "map")
    assert seqtool.plot_vectors(vectors, ["king", "lake"], output=tmp_path / "p.svg").path == tmp_path / "p.svg"
    assert (tmp_path / "p.svg").is_file()


def test_bounds_are_checked(vectors: Path) -> None:
    with pytest.raises(UsageError, match="num"):
        seqtool.plot_vectors(vectors, num=1)
    with pytest.raises(UsageError, match="method"):
        seqtool.plot_vectors(vectors, method="umap")


def test_a_vector_for_every_line(vectors: Path, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("king queen\nriver lake\nlake\n")
    made = seqtool.document_vectors(vectors, tmp_path / "t.txt", weighting="mean", clusters=2)
    assert (made.path, made.written, made["lines"]) == (tmp_path / "t.mean.documents", True, 3)
    assert [row["lines"] for row in made["clusters"]] == [2, 1]
    assert not seqtool.document_vectors(vectors, tmp_path / "t.txt", weighting="mean", clusters=2).written


def test_gradients_of_untrained_cells() -> None:
    flows = seqtool.gradient_flow(cells="rnn", steps=5, hidden_dim=4, sequences=2, threads=1)
    assert [(row["model"], row["layer"], row["state"]) for row in flows] == [("rnn", 1, "h")]
    spectra = seqtool.gradient_flow(cells="gru", steps=5, hidden_dim=4, singular_values=True, gain=2.0, threads=1)
    assert [row["largest"] for row in spectra] == pytest.approx([2.0] * 3)
