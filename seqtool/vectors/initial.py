"""Word vectors as the first embeddings of a neural model."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from seqtool import progress
from seqtool.corpus.vocabulary import Vocabulary
from seqtool.errors import InputError, plural
from seqtool.vectors.artifact import chosen_vectors


@torch.no_grad()
def start_from_vectors(weight_VD: Tensor, vocabulary: Vocabulary, path: Path) -> None:
    """Set the rows of the tokens that have a vector, and say how many they are.

    Raises:
        InputError: the vectors have another dimension.
    """
    vectors, dim = chosen_vectors(path, set(vocabulary.tokens[2:])), weight_VD.shape[1]
    if any(len(vector) != dim for vector in vectors.values()):
        found = len(next(iter(vectors.values())))
        message = f"{path} has vectors of dimension {found}, but the model has embeddings of dimension {dim}"
        raise InputError(message, f"use --emb-dim {found}")
    for token, vector in vectors.items():
        weight_VD[vocabulary.ids[token]] = torch.from_numpy(vector)
    progress.note(f"initialized {len(vectors):,} of {plural(len(vocabulary) - 2, 'embedding')} from {path}")
