"""A recurrent classifier of texts.

B batch, S steps, D embedding, H hidden, C labels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from seqtool.labelling.options import ClassifierOptions
from seqtool.nn.batches.batching import IGNORED
from seqtool.nn.cells.encoder import RecurrentEncoder
from seqtool.nn.cells.recurrent import Recurrent, initialise
from seqtool.nn.layers.dropout import Dropout, make_dropout
from seqtool.nn.layers.pooling import Pooling

_CELLS = {"rnn": "rnn_tanh", "rnn-relu": "rnn_relu"}


class TextClassifier(nn.Module):
    """P(label | text) = softmax(W · pooled states + b).

    Args:
        options: the architecture; ``emb_dim`` is filled in.
        vocab_size: tokens.
        labels: C.
        hidden_dims: of the layers, where they are not all of ``hidden_dim``.
        precision: of the large products, ``fp32`` or ``bf16``.
    """

    def __init__(
        self,
        options: ClassifierOptions,
        vocab_size: int,
        labels: int,
        precision: str = "fp32",
        hidden_dims: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        assert options.emb_dim is not None
        self.options, sizes = options, hidden_dims or [options.hidden_dim] * options.layers
        self.embedding = nn.Embedding(vocab_size, options.emb_dim)
        nn.init.normal_(self.embedding.weight, std=1 / math.sqrt(options.emb_dim))
        self.embedding.weight.requires_grad_(not options.freeze_vectors)
        self.input_dropout = make_dropout(options.input_dropout, options.locked_dropout)
        self.encoder = RecurrentEncoder(
            _CELLS.get(options.cell, options.cell),
            options.emb_dim,
            sizes,
            both_ways=len(sizes) if options.bidirectional else 0,
            dropout=options.dropout,
            locked=options.locked_dropout,
            state_dropout=options.recurrent_dropout,
            precision=precision,
        )
        if options.pooling == "last":  # what is read must last: Jozefowicz et al. 2015, section 5
            for layer in (*self.encoder.forwards, *self.encoder.backwards):
                initialise(cast(Recurrent, layer), forget_bias=1.0)
        self.pooling = Pooling(options.pooling, sizes[-1])
        self.dropout = Dropout(options.dropout)
        self.output = nn.Linear(sizes[-1], labels)

    def forward(self, ids_SB: Tensor) -> Tensor:
        """Logits (B, C).

        Args:
            ids_SB: int64 texts of at least one token, `IGNORED` after their ends.
        """
        lengths_B = (ids_SB != IGNORED).sum(0)
        states_SBH, ends = self.encoder(self.input_dropout(self.embedding(ids_SB.clamp(min=0))), lengths_B)
        logits: Tensor = self.output(self.dropout(self.pooling(states_SBH, ends[-1], lengths_B)))
        return logits

    def groups(self) -> list[nn.Module]:
        """Its parts from the top: output, layers, embedding; what gradual unfreezing frees one after the other."""
        return [nn.ModuleList([self.output, self.pooling]), *reversed(self.encoder.forwards), self.embedding]

    def free(self, count: int) -> None:
        """Let the uppermost so many groups learn, and no other."""
        for place, group in enumerate(self.groups()):
            learns = place < count and not (group is self.embedding and self.options.freeze_vectors)
            for parameter in group.parameters():
                parameter.requires_grad_(learns)


@torch.no_grad()
def start_from_language_model(model: TextClassifier, weights: dict[str, Tensor]) -> None:
    """Take embeddings and layers of a recurrent language model over.

    Args:
        model: of its sizes, reading forwards.
        weights: of `lm.neural.NeuralLanguageModel`: ``embedding.weight`` and ``encoder.layers.N.…``.

    Raises:
        ValueError: the sizes differ.
    """
    model.embedding.weight.copy_(_fitting(weights["embedding.weight"], model.embedding.weight))
    for depth, layer in enumerate(model.encoder.forwards):
        for name, parameter in layer.named_parameters():
            parameter.copy_(_fitting(weights[f"encoder.{name.replace('layers.0', f'layers.{depth}')}"], parameter))


def _fitting(found: Tensor, wanted: Tensor) -> Tensor:
    if found.shape != wanted.shape:
        raise ValueError(f"shape {tuple(found.shape)}, expected {tuple(wanted.shape)}")
    return found
