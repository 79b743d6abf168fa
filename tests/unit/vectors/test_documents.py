"""Vectors of lines by hand, in blocks of any size, and their clusters."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from seqtool.artifact.read import open_artifact
from seqtool.corpus.artifact import build_corpus, open_corpus
from seqtool.corpus.corpus import Corpus
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.errors import InputError
from seqtool.vectors.documents import mixture as documents
from seqtool.vectors.documents.mixture import Documents, cluster, write_document_vectors
from seqtool.vectors.options import DocumentOptions
from seqtool.vectors.word_vectors import WordVectors

TEXT = "a b\nb b c\n\nmartian\nmartian a\n"
WORDS = WordVectors(["b", "a", "c"], np.array([[0, 1], [1, 0], [2, 2]], np.float32), np.array([6, 3, 1]))
Made = Callable[..., tuple[np.ndarray, Documents]]


@pytest.fixture
def corpus_of(tmp_path: Path) -> Callable[[str], Corpus]:
    def make(text: str) -> Corpus:
        (tmp_path / "t.txt").write_text(text, encoding="utf-8")
        build_corpus(
            [str(tmp_path / "t.txt")], SourceOptions(), PreprocessOptions(threads=1), tmp_path / "t.corpus", True
        )
        return open_corpus(open_artifact(tmp_path / "t.corpus"))

    return make


@pytest.fixture
def made(corpus_of: Callable[[str], Corpus], tmp_path: Path) -> Made:
    def make(
        weighting: str, text: str = TEXT, words: WordVectors = WORDS, **options: float
    ) -> tuple[np.ndarray, Documents]:
        counted = write_document_vectors(
            words,
            corpus_of(text),
            DocumentOptions(weighting=weighting, **options),
            tmp_path / "v.npy",  # type: ignore[arg-type]
        )
        return np.load(tmp_path / "v.npy", allow_pickle=False), counted

    return make


def test_the_mean(made: Made) -> None:
    vectors, counted = made("mean")
    assert vectors.dtype == np.float32
    assert vectors.tolist() == [[0.5, 0.5], [pytest.approx(2 / 3), pytest.approx(4 / 3)], [0, 0], [0, 0], [1, 0]]
    assert counted == Documents(lines=5, empty=2, tokens=8, unknown=2)


def test_idf_counts_lines_not_words(made: Made) -> None:
    vectors, _ = made("idf")
    a = b = math.log(6 / 3) + 1  # both in 2 of 5 lines, though b stands there three times
    c = math.log(6 / 2) + 1
    assert vectors[0] == pytest.approx(np.array([a, b]) / (a + b))
    assert vectors[1] == pytest.approx(np.array([2 * c, 2 * b + 2 * c]) / (2 * b + c))
    assert vectors[4] == pytest.approx([1, 0]), "the unknown word weighs nothing"


@pytest.mark.parametrize("known_counts", [True, False])
def test_sif_weights_and_removes_what_is_common(made: Made, known_counts: bool) -> None:
    words = WORDS if known_counts else WordVectors(WORDS.words, WORDS.matrix)
    vectors, _ = made("sif", words=words, sif_a=0.1)
    # Shares in the vectors' corpus; without counts, in the text: 3 b, 2 a, 1 c and 2 unknown words.
    b, a, c = (0.1 / (0.1 + share) for share in ((0.6, 0.3, 0.1) if known_counts else (3 / 8, 2 / 8, 1 / 8)))
    lines = np.array([[a / 2, b / 2], [2 * c / 3, (2 * b + 2 * c) / 3], [0, 0], [0, 0], [a / 2 * 2, 0]])
    _, _, rotation = np.linalg.svd(lines)
    expected = lines - np.outer(lines @ rotation[0], rotation[0])
    assert vectors == pytest.approx(expected, abs=1e-6)


def test_sif_of_one_line_leaves_the_line(made: Made) -> None:
    assert made("sif", text="a a\n\n")[0][0].any()


@pytest.mark.parametrize("weighting", ["mean", "idf", "sif"])
def test_blocks_change_nothing(made: Made, monkeypatch: pytest.MonkeyPatch, weighting: str) -> None:
    draw = np.random.default_rng(5)
    text = "".join(" ".join(draw.choice(["a", "b", "c", "x"], draw.integers(0, 9))) + "\n" for _ in range(200))
    whole, counted = made(weighting, text=text)
    monkeypatch.setattr(documents, "BLOCK_BYTES", 64)
    assert made(weighting, text=text)[1] == counted
    assert made(weighting, text=text)[0] == pytest.approx(whole, abs=1e-6)


def test_words_called_as_symbols_have_no_vector(made: Made) -> None:
    words = WordVectors(["<eos>", "<unk>", "a"], np.ones((3, 2), np.float32))
    assert made("mean", text="a\n<unk>\n\n", words=words)[1] == Documents(3, 2, 2, 1)


def test_clusters_are_found_and_the_largest_comes_first() -> None:
    draw = np.random.default_rng(1)
    few, many = draw.normal((5, 0), 0.1, (10, 2)), draw.normal((0, 1), 0.1, (30, 2))
    vectors = np.concatenate([few, many, np.zeros((2, 2))]).astype(np.float32)
    found = cluster(vectors, 2, seed=1)
    assert found.labels.tolist() == [1] * 10 + [0] * 30 + [-1] * 2
    assert found.sizes.tolist() == [30, 10]
    assert found.distances[-1] == 0
    unit = vectors[:40] / np.linalg.norm(vectors[:40], axis=1, keepdims=True)
    expected = np.linalg.norm(unit - found.centres[found.labels[:40]], axis=1)
    assert found.distances[:40] == pytest.approx(expected, abs=1e-3)
    again = cluster(vectors, 2, seed=1)
    assert again.labels.tobytes() == found.labels.tobytes()
    assert again.centres.tobytes() == found.centres.tobytes()


@pytest.mark.parametrize("batch", [10, 4096])
def test_a_sample_finds_the_clusters_of_a_large_text(monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    monkeypatch.setattr(documents, "_BATCH", batch)
    monkeypatch.setattr(documents, "_SAMPLE_BYTES", 8 * 40)
    monkeypatch.setattr(documents, "_SAMPLE_PER_CLUSTER", 1)
    assert len(documents._sample(np.arange(400), 40, seed=1)) == 40
    monkeypatch.setattr(documents, "BLOCK_BYTES", 64)
    draw = np.random.default_rng(1)
    vectors = np.concatenate([draw.normal((5, 0), 0.1, (100, 2)), draw.normal((0, 1), 0.1, (300, 2))])
    assert cluster(vectors.astype(np.float32), 2, seed=1).labels.tolist() == [1] * 100 + [0] * 300


def test_more_clusters_than_different_lines_are_refused() -> None:
    vectors = np.array([[1, 0], [2, 0], [0, 0], [0, 1]], np.float32)
    assert cluster(vectors, 2, seed=1).sizes.tolist() == [2, 1]
    with pytest.raises(InputError, match=r"--clusters 3 .*\(2\)"):
        cluster(vectors, 3, seed=1)
    with pytest.raises(InputError, match=r"--clusters 1 .*\(0\)"):
        cluster(np.zeros((2, 2), np.float32), 1, seed=1)
