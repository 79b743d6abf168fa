"""The same vectors give the same neighbours, analogies and files as gensim's KeyedVectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqtool.vectors.formats.sniff import read_vectors, write_vectors_file
from seqtool.vectors.word_vectors import WordVectors

keyed = pytest.importorskip("gensim.models.keyedvectors", reason="gensim is not installed (pip install gensim)")
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated")

WORDS = [f"word{i}" for i in range(400)] + ["고양이", "naïve", "a.b", "</s>"]
MATRIX = np.random.default_rng(11).standard_normal((len(WORDS), 24)).astype(np.float32)


@pytest.fixture(scope="module")
def theirs() -> Any:
    vectors = keyed.KeyedVectors(MATRIX.shape[1])
    vectors.add_vectors(WORDS, MATRIX)
    return vectors


OURS = WordVectors(WORDS, MATRIX)


def same(found: list[tuple[str, float]], ids: np.ndarray, scores: np.ndarray) -> None:
    assert [word for word, _ in found] == [WORDS[row] for row in ids]
    assert [score for _, score in found] == pytest.approx(scores.tolist(), abs=1e-5)


def test_neighbors(theirs: Any) -> None:
    ids = np.arange(0, len(WORDS), 7)
    found, cosines = OURS.neighbors(MATRIX[ids], 10, ids[:, None])
    for row, word in enumerate(ids):
        same(theirs.most_similar(WORDS[word], topn=10), found[row], cosines[row])


# most_similar_cosmul of gensim 4.4 takes restrict_vocab, and pays no heed to it.
@pytest.mark.parametrize(("method", "restrict"), [("add", None), ("add", 100), ("mul", None)])
def test_analogies(theirs: Any, method: str, restrict: int | None) -> None:
    questions = np.random.default_rng(3).choice(100, (50, 3))
    questions = questions[[len(set(row)) == 3 for row in questions.tolist()]]
    ids, scores = OURS.analogies(questions, 5, method, restrict)
    ask = theirs.most_similar if method == "add" else theirs.most_similar_cosmul
    for row, (a, b, c) in enumerate(questions.tolist()):
        found = ask(positive=[WORDS[b], WORDS[c]], negative=[WORDS[a]], topn=5, restrict_vocab=restrict)
        same(found, ids[row], scores[row])


def test_similarities(theirs: Any) -> None:
    pairs = [(WORDS[i], WORDS[-1 - 3 * i]) for i in range(50)]
    assert OURS.pair_scores(pairs, False).tolist() == pytest.approx(
        [theirs.similarity(*pair) for pair in pairs], abs=1e-5
    )


READ: dict[str, dict[str, bool]] = {
    "word2vec": {},
    "fasttext": {},
    "word2vec-binary": {"binary": True},
    "glove": {"no_header": True},
}


@pytest.mark.parametrize("form", READ)
def test_gensim_reads_what_we_write(tmp_path: Path, form: str) -> None:
    write_vectors_file(tmp_path / "v", WORDS, MATRIX, form)
    found = keyed.KeyedVectors.load_word2vec_format(str(tmp_path / "v"), **READ[form])
    assert found.index_to_key == WORDS
    assert found.vectors.tobytes() == MATRIX.tobytes()


@pytest.mark.parametrize("how", [{}, {"binary": True}, {"write_header": False}], ids=str)
def test_we_read_what_gensim_writes(tmp_path: Path, theirs: Any, how: dict[str, bool]) -> None:
    theirs.save_word2vec_format(str(tmp_path / "v"), **how)
    words, matrix = read_vectors(tmp_path / "v")
    assert words == theirs.index_to_key
    assert matrix.tobytes() == theirs.vectors.tobytes()
