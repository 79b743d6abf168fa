"""Dropout for sequence models: plain, locked (variational) and of whole words.

B batch, T time, D features, V vocabulary. All masks hold 0 or 1/(1-p), so that expectations are kept, and do
nothing in evaluation mode.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class _Dropping(nn.Module):
    """Drops something with probability ``p``."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p


class Dropout(_Dropping):
    """Drops every number independently; as `torch.nn.Dropout`, with cheaper random numbers on a CPU.

    Args:
        p: probability to be dropped.
    """

    def forward(self, x: Tensor) -> Tensor:
        """``x`` with some numbers at zero."""
        if x.is_cuda:
            return functional.dropout(x, self.p, self.training)
        return x * _mask(x, self.p) if self.training and self.p else x


class LockedDropout(_Dropping):
    """One mask per sequence, used at every time step (Gal & Ghahramani 2016, arXiv 1512.05287, section 4).

    Args:
        p: probability of a feature to be dropped.
    """

    def forward(self, x_TBD: Tensor) -> Tensor:
        """``x_TBD`` with the same features of a sequence dropped at all times."""
        if not self.training or self.p == 0:
            return x_TBD
        return x_TBD * _mask(x_TBD[:1], self.p)


class EmbeddingDropout(_Dropping):
    """Drops a word at all its occurrences in the batch (Gal & Ghahramani 2016, section 4.2).

    The mask is drawn per word of the vocabulary but applied to the rows looked up, which equals masking the rows of
    the embedding matrix (as AWD-LSTM does) without touching V × D numbers.

    Args:
        p: probability of a word to be dropped.
    """

    def forward(self, embedded_TBD: Tensor, ids_TB: Tensor, vocab_size: int) -> Tensor:
        """``embedded_TBD``, the embeddings of ``ids_TB`` (int), with the dropped words' rows at zero."""
        if not self.training or self.p == 0:
            return embedded_TBD
        mask_V = _mask(embedded_TBD.new_empty(vocab_size), self.p)
        return embedded_TBD * mask_V[ids_TB].unsqueeze(-1)


def make_dropout(p: float, locked: bool) -> nn.Module:
    """Locked or plain dropout of ``x_TBD``."""
    return LockedDropout(p) if locked else Dropout(p)


def _mask(like: Tensor, p: float) -> Tensor:
    """Zeros with probability ``p``, else 1/(1-p), of the shape, type and device of ``like``.

    `Tensor.bernoulli_` draws a double a number, on a CPU at a tenth of this speed: here four numbers share 64 random
    bits, so p is rounded to a multiple of 2^-16 (and the scale is of the rounded p).
    """
    dropped = round(p * 2**16)
    if dropped >= 2**16:
        return torch.zeros_like(like)
    bits = torch.empty(-(-like.numel() // 4), dtype=torch.int64, device=like.device).random_(-(2**63), None)
    kept = bits.view(torch.int16)[: like.numel()].view(like.shape) >= dropped - 2**15
    return kept.to(like.dtype).mul_(2**16 / (2**16 - dropped))
