"""TF-IDF on arrays of ids against scikit-learn's vectorizer; labels that no text has."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from seqtool.labelling.classification.linear import AveragedFeatures, LinearClassifier, TfidfFeatures

VOCABULARY = 7
TEXTS = st.lists(st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=9), min_size=2, max_size=8)


@given(TEXTS, TEXTS, st.integers(1, 2))
def test_tfidf_is_scikit_learns(texts: list[list[int]], others: list[list[int]], longest: int) -> None:
    texts[1] = texts[0]  # so that some n-gram stands in two texts
    features = TfidfFeatures.of([np.asarray(ids) for ids in texts], VOCABULARY, longest)
    peer = TfidfVectorizer(
        tokenizer=str.split, token_pattern=None, ngram_range=(1, longest), min_df=2, sublinear_tf=True
    )
    peer.fit([" ".join(map(str, ids)) for ids in texts])
    found = features.rows([np.asarray(ids) for ids in others]).toarray()
    expected = peer.transform([" ".join(map(str, ids)) for ids in others]).toarray()
    for column, key in enumerate(features.keys_F.tolist()):
        first, second = divmod(key - VOCABULARY, VOCABULARY)
        name = str(key) if key < VOCABULARY else f"{first} {second}"
        np.testing.assert_allclose(found[:, column], expected[:, peer.vocabulary_[name]], atol=1e-12)
    assert len(features.keys_F) == len(peer.vocabulary_)


def test_the_mean_is_of_the_vectors_there_are() -> None:
    features = AveragedFeatures(np.asarray([[0, 0], [2, 4], [4, 0]], np.float32))
    found = features.rows([np.asarray(ids) for ids in ([0, 1, 2], [0], [1])])
    assert found.tolist() == [[3, 2], [0, 0], [2, 4]]


def test_a_label_without_a_weight_has_no_probability() -> None:
    model = LinearClassifier(
        AveragedFeatures(np.eye(2, dtype=np.float32)), np.zeros((3, 2)), np.asarray([0, 0, -np.inf])
    )
    assert model.probabilities([np.asarray([1])]).tolist() == [[0.5, 0.5, 0]]
