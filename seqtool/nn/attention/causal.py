"""Causal self-attention over the present tokens and a cache of earlier ones (Vaswani et al. 2017, section 3.2).

T time, B batch, D model, A heads, K = D / A, N cached tokens, S the span: a token sees itself and the S - 1 before it.

Rotary positions (Su et al. 2021, arXiv 2104.09864, eq. 34) turn queries and keys by angles that grow with their place;
only differences of places remain in the products. So the cache holds keys as they were before turning, places are
counted from the oldest cached token, and a text may go on for ever.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqtool.errors import UsageError

_BASE = 10_000.0


class CausalAttention(nn.Module):
    """Multi-head attention with a sliding span.

    Args:
        dim: D.
        heads: A; it divides D.
        span: S.
        rotary: turn queries and keys by their places; K is even then.
        dropout: probability that a weight of the attention is dropped.

    Raises:
        UsageError: D, A and K do not fit.
    """

    def __init__(self, dim: int, heads: int, span: int, rotary: bool, dropout: float) -> None:
        super().__init__()
        if dim % heads:
            raise UsageError(f"--emb-dim {dim} is no multiple of --heads {heads}", "change one of them")
        if rotary and dim // heads % 2:
            raise UsageError(
                f"rotary positions need an even --emb-dim / --heads, not {dim // heads}",
                "change one of them, or use --positions learned",
            )
        self.heads, self.span, self.rotary, self.dropout = heads, span, rotary, dropout
        self.query_key_value = nn.Linear(dim, 3 * dim)
        self.output = nn.Linear(dim, dim)

    def forward(self, x_TBD: Tensor, cache_BNE: Tensor) -> tuple[Tensor, Tensor]:
        """What each token gathers, (T, B, D), and the cache of keys and values, E = 2 D, now up to the last token."""
        query, key_value = self.query_key_value(x_TBD.transpose(0, 1)).split((x_TBD.shape[2], 2 * x_TBD.shape[2]), 2)
        seen = torch.cat([cache_BNE, key_value.to(cache_BNE.dtype)], 1)
        key, value = seen.to(query.dtype).chunk(2, 2)
        q, k, v = (part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in (query, key, value))
        if self.rotary:
            cos, sin = _angles(k.shape[2], k.shape[3], k)
            q, k = turned(q, cos[-len(x_TBD) :], sin[-len(x_TBD) :]), turned(k, cos, sin)
        gathered = functional.scaled_dot_product_attention(
            q, k, v, self._visible(len(x_TBD), k.shape[2], k.device), self.dropout if self.training else 0.0
        )
        return self.output(gathered.transpose(1, 2).flatten(2)).transpose(0, 1), seen

    def _visible(self, queries: int, keys: int, device: torch.device) -> Tensor:
        """Which keys a query sees: itself and the S - 1 before it."""
        places = torch.arange(keys, device=device)
        age = places[keys - queries :, None] - places
        return (age >= 0) & (age < self.span)


def turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Numbers i and i + K/2 of the last axis as the two coordinates of a point, turned by the angle of place and i."""
    first, second = x.chunk(2, -1)
    return torch.cat([first * cos - second * sin, first * sin + second * cos], -1)


def _angles(places: int, size: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """cos and sin of place · 10000^(-2i/K), (places, K/2)."""
    rates = _BASE ** (-torch.arange(0, size, 2, device=like.device, dtype=torch.float64) / size)
    angles = torch.arange(places, device=like.device, dtype=torch.float64)[:, None] * rates
    return angles.cos().to(like.dtype), angles.sin().to(like.dtype)
