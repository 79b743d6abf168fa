"""A recurrent tagger of words: embeddings, spellings and features, read in both directions, with a random field.

B batch, S steps, D embedding, W characters of a word, U different words of a batch, L labels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import embedding

from seqtool.corpus.vocabulary import UNK
from seqtool.labelling.tagging.options import TaggerOptions
from seqtool.nn.batches.batching import IGNORED
from seqtool.nn.cells.encoder import RecurrentEncoder
from seqtool.nn.layers.dropout import LockedDropout
from seqtool.nn.losses.crf import CRF

_WIDTH = 3


class Spelling(nn.Module):
    """A vector of each word's characters.

    Args:
        kind: ``cnn`` (convolution of three characters, the maximum over the word) or ``lstm`` (both directions' last).
        characters: size of their vocabulary; 0 stands after a word's end.
        dim: of their embeddings.
        output_dim: of the vector.
    """

    def __init__(self, kind: str, characters: int, dim: int, output_dim: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(characters, dim, padding_idx=0)
        nn.init.uniform_(self.embedding.weight, -math.sqrt(3 / dim), math.sqrt(3 / dim))
        with torch.no_grad():
            self.embedding.weight[0] = 0
        self.reader: nn.Conv1d | RecurrentEncoder
        if kind == "cnn":
            self.reader = nn.Conv1d(dim, output_dim, _WIDTH, padding=_WIDTH // 2)
        else:
            self.reader = RecurrentEncoder("lstm", dim, [output_dim], both_ways=1)

    def forward(self, spelled_UW: Tensor) -> Tensor:
        """The vectors (U, output_dim) of words of at least one character."""
        x_UWD = self.embedding(spelled_UW)
        if isinstance(self.reader, nn.Conv1d):
            out: Tensor = self.reader(x_UWD.transpose(1, 2))
            return out.masked_fill((spelled_UW == 0)[:, None], -torch.inf).amax(2)
        _, ends = self.reader(x_UWD.transpose(0, 1), (spelled_UW > 0).sum(1))
        return ends[-1]


class Tagger(nn.Module):
    """Scores of label sequences.

    Args:
        options: the architecture; ``emb_dim`` is filled in.
        words: how many are learned, and how many more are known by their vectors alone, which stay as they are.
        characters: of theirs, 0 is padding.
        features: sizes of the vocabularies of the features.
        allowed: see `CRF`; (L + 2, L).
        precision: of the large products, ``fp32`` or ``bf16``.
    """

    singletons: Tensor

    def __init__(
        self,
        options: TaggerOptions,
        words: tuple[int, int],
        characters: int,
        features: Sequence[int],
        allowed: NDArray[np.bool_],
        precision: str = "fp32",
    ) -> None:
        super().__init__()
        assert options.emb_dim is not None
        self.options = options
        self.embedding = nn.Embedding(words[0], options.emb_dim)
        self.others = nn.Embedding(words[1], options.emb_dim).requires_grad_(False) if words[1] else None
        nn.init.uniform_(self.embedding.weight, -math.sqrt(3 / options.emb_dim), math.sqrt(3 / options.emb_dim))
        self.features = nn.ModuleList(nn.Embedding(size, options.feature_dim) for size in features)
        self.spelling = None
        size = options.emb_dim + options.feature_dim * len(features)
        if options.characters != "none":
            self.spelling = Spelling(options.characters, characters, options.char_dim, options.char_hidden)
            size += options.char_hidden
        self.dropout = LockedDropout(options.dropout)
        cell = "rnn_tanh" if options.cell == "rnn" else options.cell
        self.encoder = RecurrentEncoder(
            cell,
            size,
            [options.hidden_dim] * options.layers,
            both_ways=options.layers,
            dropout=options.dropout,
            locked=True,
            state_dropout=options.recurrent_dropout,
            precision=precision,
        )
        self.output = nn.Linear(options.hidden_dim, allowed.shape[1])
        self.crf = CRF(allowed.shape[1], options.crf, torch.from_numpy(allowed))
        self.register_buffer("singletons", torch.zeros(sum(words), dtype=torch.bool), persistent=False)

    def emissions(self, source_CSB: Tensor) -> tuple[Tensor, Tensor]:
        """Scores of the labels (S, B, L) and which steps are real (S, B).

        Args:
            source_CSB: int64, in this order: a number of each different word, `IGNORED` after a sentence's end; its
                word id; ids of the features; its characters (W), 0 after the word's end.
        """
        numbers_SB, words_SB = source_CSB[0], source_CSB[1].clamp(min=0)
        mask_SB = numbers_SB != IGNORED
        if self.training and self.options.unknown_share:
            lost = torch.rand(words_SB.shape, device=words_SB.device) < self.options.unknown_share
            words_SB = words_SB.masked_fill(lost & self.singletons[words_SB], UNK)
        parts = [self._embedded(words_SB)]
        first = 2 + len(self.features)
        for place, table in enumerate(self.features, 2):
            parts.append(table(source_CSB[place].clamp(min=0)))
        if self.spelling is not None:
            parts.append(self._spelled(numbers_SB, source_CSB[first:].clamp(min=0)))
        states_SBH, _ = self.encoder(self.dropout(torch.cat(parts, 2)), mask_SB.sum(0))
        scores: Tensor = self.output(self.dropout(states_SBH))
        return scores, mask_SB

    def _embedded(self, words_SB: Tensor) -> Tensor:
        learned = self.embedding.num_embeddings
        found: Tensor = self.embedding(words_SB.clamp(max=learned - 1))
        if self.others is None:
            return found
        other = self.others((words_SB - learned).clamp(min=0))
        return torch.where((words_SB < learned)[..., None], found, other)

    def _spelled(self, numbers_SB: Tensor, spelled_WSB: Tensor) -> Tensor:
        """The spellings' vectors (S, B, H), each different word computed once."""
        assert self.spelling is not None
        unique_U, place_N = numbers_SB.flatten().unique(return_inverse=True)
        some_U = torch.zeros_like(unique_U)
        some_U[place_N] = torch.arange(len(place_N), device=place_N.device)
        spelled_UW = spelled_WSB.flatten(1)[:, some_U].t()
        # Not by indexing, whose gradient is summed by all threads in any order.
        return embedding(place_N, self.spelling(spelled_UW)).unflatten(0, numbers_SB.shape)

    def loss(self, source_CSB: Tensor, labels_SB: Tensor) -> Tensor:
        """The sum of -log P of the labels, in nats."""
        scores_SBL, mask_SB = self.emissions(source_CSB)
        return self.crf.loss(scores_SBL, labels_SB, mask_SB)

    def best(self, source_CSB: Tensor) -> Tensor:
        """The most probable labels (S, B)."""
        scores_SBL, mask_SB = self.emissions(source_CSB)
        return self.crf.best(scores_SBL, mask_SB)
