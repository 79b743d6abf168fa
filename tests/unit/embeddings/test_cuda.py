"""Vectors by prediction on a GPU (`make test-gpu`)."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seqtool.artifact.read import Artifact
from seqtool.embeddings.glove.train import train_glove
from seqtool.embeddings.options import FasttextOptions, GloveOptions, Word2vecOptions
from seqtool.embeddings.word2vec import train_word2vec
from seqtool.vectors.artifact import load_vectors

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]
ROOT = Path(__file__).parents[3]
GIVEN: dict[str, Any] = {"dim": 50, "epochs": 10, "device": "cuda"}
METHODS: dict[str, Any] = {
    "skipgram ns": Word2vecOptions(**GIVEN),
    "skipgram hs": Word2vecOptions(**GIVEN, loss="hs"),
    "skipgram softmax": Word2vecOptions(**GIVEN | {"epochs": 2}, loss="softmax", lr=0.05),
    "cbow ns": Word2vecOptions(**GIVEN, model="cbow"),
    "cbow hs": Word2vecOptions(**GIVEN, model="cbow", loss="hs"),
    "cbow softmax": Word2vecOptions(**GIVEN | {"epochs": 3}, model="cbow", loss="softmax", lr=0.1),
    "hogwild": Word2vecOptions(**GIVEN, deterministic=False),
    "fasttext": FasttextOptions(**GIVEN),
    "fasttext cbow": FasttextOptions(**GIVEN | {"epochs": 20}, model="cbow"),
    "glove": GloveOptions(**GIVEN | {"epochs": 25}, x_max=10.0),
}


def trained(toy: Artifact, toy_counts: Artifact, options: Any, output: Path) -> Any:
    shutil.rmtree(output, ignore_errors=True)
    if isinstance(options, GloveOptions):
        assert train_glove(toy_counts, options, output)
    else:
        assert train_word2vec(toy, options, output)
    return load_vectors(output)


@pytest.mark.parametrize("method", METHODS)
def test_planted_analogies_and_the_same_bytes(toy: Artifact, toy_counts: Artifact, tmp_path: Path, method: str) -> None:
    vectors = trained(toy, toy_counts, METHODS[method], tmp_path / "v")
    found = np.array(vectors.matrix)
    lines = (ROOT / "sample_corpora/toy_world.en.analogies.txt").read_text(encoding="utf-8").splitlines()
    ids = np.array([vectors.ids_of(line.split()) for line in lines if not line.startswith(":")])
    assert (vectors.analogies(ids[:, :3])[0][:, 0] == ids[:, 3]).mean() >= 0.95
    if method != "hogwild":
        again = np.array(trained(toy, toy_counts, METHODS[method], tmp_path / "v").matrix)
        np.testing.assert_array_equal(found, again)
