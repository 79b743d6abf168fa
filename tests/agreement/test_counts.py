"""Vectors from counts mean to gensim, scikit-learn and scipy what they mean here."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import svds
from sklearn.feature_extraction.text import CountVectorizer

from seqtool.artifact.read import open_artifact
from seqtool.counts.artifact import open_counts
from seqtool.vectors.artifact import load_vectors

FOLDER = Path(__file__).parents[2] / "sample_corpora"


@pytest.fixture(scope="module")
def made_of_a_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``c.counts``, ``c.matrix``, ``c.vectors`` of the English toy world."""
    from seqtool.cli.main import run as entry

    folder = tmp_path_factory.mktemp("world")
    shutil.copy(FOLDER / "toy_world.en.txt", folder / "t.txt")
    one = ["--threads", "1", "-q"]
    for command in (
        ["cooccur", folder / "t.txt", "-o", folder / "c.counts", "--weighting", "flat", *one],
        ["ppmi", folder / "c.counts", "-o", folder / "c.matrix", *one],
        ["svd", folder / "c.matrix", "-o", folder / "c.vectors", "--dim", "50", *one],
        ["convert", folder / "c.vectors", folder / "v.bin", "-q"],
        ["convert", folder / "c.counts", folder / "c.npz", "-q"],
    ):
        assert entry([str(word) for word in command]) == 0, command
    return folder


def test_neighbours_equal_gensims(made_of_a_world: Path) -> None:
    keyed = pytest.importorskip("gensim.models.keyedvectors", reason="gensim is not installed (pip install gensim)")
    theirs = keyed.KeyedVectors.load_word2vec_format(str(made_of_a_world / "v.bin"), binary=True)
    ours = load_vectors(made_of_a_world / "c.vectors")
    assert theirs.index_to_key == ours.words
    asked = [ours.words[row] for row in range(0, len(ours), 23)]
    ids = ours.ids_of(asked)
    found, cosines = ours.neighbors(ours.matrix[ids], 5, ids[:, None])
    for word, rows, scores in zip(asked, found, cosines, strict=True):
        expected = theirs.most_similar(word, topn=5)
        assert [ours.words[row] for row in rows] == [name for name, _ in expected]
        assert scores.tolist() == pytest.approx([score for _, score in expected], abs=1e-5)


def test_analogies_equal_gensims(made_of_a_world: Path) -> None:
    keyed = pytest.importorskip("gensim.models.keyedvectors", reason="gensim is not installed (pip install gensim)")
    from seqtool.metrics.analogy import measure, read_questions

    theirs = keyed.KeyedVectors.load_word2vec_format(str(made_of_a_world / "v.bin"), binary=True)
    score, _ = theirs.evaluate_word_analogies(str(FOLDER / "toy_world.en.analogies.txt"), case_insensitive=False)
    questions = read_questions(FOLDER / "toy_world.en.analogies.txt")
    ours = measure(load_vectors(made_of_a_world / "c.vectors"), questions, "add", None, True)
    assert ours.totals[-1].to_json()["accuracy"] == pytest.approx(score, abs=1e-9)


def test_vectors_equal_those_of_svds(made_of_a_world: Path) -> None:
    matrix: Any = open_counts(open_artifact(made_of_a_world / "c.matrix")).astype(np.float64)
    u, s, _ = svds(matrix, k=50, random_state=0)
    ours = load_vectors(made_of_a_world / "c.vectors").matrix.astype(np.float64)
    theirs = u * np.sqrt(s)
    np.testing.assert_allclose(ours @ ours.T, theirs @ theirs.T, atol=1e-5)


def test_a_window_as_wide_as_a_line_counts_what_a_bag_of_words_does(made_of_a_world: Path, run: Any) -> None:
    """With every word of a line in every window X'X less its own diagonal is what scikit-learn makes of it."""
    run(
        "cooccur",
        made_of_a_world / "t.corpus",
        "-o",
        "w",
        "--window",
        "500",
        "--weighting",
        "flat",
        "--threads",
        "1",
        "--min-count",
        "1",
        "-q",
    ).ok()
    artifact = open_artifact(Path("w"))
    words = load_words(artifact)
    lines = (made_of_a_world / "t.txt").read_text().splitlines()
    bags = CountVectorizer(vocabulary=words, token_pattern=r"\S+", lowercase=False).fit_transform(lines)
    expected = (bags.T @ bags).toarray() - np.diag(np.asarray(bags.sum(0))[0])
    assert (open_counts(artifact).toarray() == expected).all()


def load_words(artifact: Any) -> list[str]:
    from seqtool.corpus.vocabulary import read_words

    return read_words(artifact.file("vocab.tsv"))[0]


def test_scipy_reads_the_counts(made_of_a_world: Path) -> None:
    theirs = sparse.load_npz(made_of_a_world / "c.npz")
    ours = open_counts(open_artifact(made_of_a_world / "c.counts"))
    assert (theirs != ours).nnz == 0
    assert theirs.shape == (646, 646)
