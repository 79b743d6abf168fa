"""A model of fastText's own is read as fastText reads it, and words have the n-grams that it gives them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqtool.vectors.artifact import load_vectors
from seqtool.vectors.ngrams import NgramRule

fasttext = pytest.importorskip("fasttext", reason="fasttext is not installed (make peers)")

TEXT = "the cat sat on the 고양이 mat é über ing of a b\n" * 50
UNKNOWN = ["unknownwörd", "xx", "고양", "cats", "a-b"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """A model with n-grams of 2 to 5 characters, and its file."""
    folder = tmp_path_factory.mktemp("fasttext")
    (folder / "text.txt").write_text(TEXT)
    options = {"dim": 8, "bucket": 5000, "minn": 2, "maxn": 5, "minCount": 1, "thread": 1, "verbose": 0}
    trained = _trained(str(folder / "text.txt"), options)
    trained.save_model(str(folder / "m.bin"))
    return trained, folder / "m.bin"


def _trained(text: str, options: dict[str, Any]) -> Any:
    """A model of finite, sane numbers: of the same call some begin from memory that nothing was written to."""
    for _ in range(20):
        try:
            trained = fasttext.train_unsupervised(text, **options)
        except RuntimeError:  # NaN
            continue
        if np.abs(trained.get_input_matrix()).max() < 100:
            return trained
    pytest.skip("fastText met NaN or absurd numbers in each of 20 trainings")


def test_ngrams(model: tuple[Any, Path]) -> None:
    theirs, size = model[0], len(model[0].words)
    for word in [word for word in theirs.words if word != "</s>"] + UNKNOWN:
        expected = [number - size for number in theirs.get_subwords(word)[1] if number >= size]
        assert NgramRule(2, 5, 5000).buckets([word])[1].tolist() == expected, word


def test_vectors_of_words_known_and_unknown(model: tuple[Any, Path]) -> None:
    theirs, ours = model[0], load_vectors(model[1])
    assert ours.words == theirs.words
    for word in ours.words:
        np.testing.assert_allclose(ours.matrix[ours.ids[word]], theirs.get_word_vector(word), atol=1e-6)
    assert ours.ngrams is not None
    for word in UNKNOWN:
        np.testing.assert_allclose(ours.ngrams.vector(word), theirs.get_word_vector(word), atol=1e-6)
