"""A stack of causal transformer blocks, read like a recurrent one: a state goes in, a state comes out.

T time, B batch, D model, A heads, K = D / A, F feed-forward, L layers, S span (a token sees itself and the S - 1 before
it), N cached tokens, E = 2 D: a key and a value.

    x ← x + attention(norm(x));  x ← x + W_2 gelu(W_1 norm(x));  norm at the end
                                                       (Vaswani et al. 2017; norm before each part: Radford et al. 2019)

The state is the keys and values of the last tokens (Dai et al. 2019, arXiv 1901.02860, section 3.2, without their
relative positions): a batch of truncated back-propagation sees the one before it, without gradients, and a text read
token by token gives what it gives at once.

- Rotary positions: every token sees the S - 1 before it. The state keeps S - 1 tokens.
- Learned positions: the text is cut into blocks of S tokens, each read from an empty state; a token sees its block.

Rotary positions (Su et al. 2021, arXiv 2104.09864, eq. 34) turn queries and keys by angles that grow with their place;
only differences of places remain in the products. So the cache holds keys as they were before turning, places are
counted from the oldest cached token, and a text may go on for ever.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqtool.errors import UsageError
from seqtool.nn.layers.dropout import make_dropout

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
            raise UsageError(f"--emb-dim {dim} is not a multiple of --heads {heads}", "change one of them")
        if rotary and dim // heads % 2:
            raise UsageError(
                f"rotary positions need an even head size (--emb-dim / --heads), not {dim // heads}",
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


State = tuple[Tensor, ...]
"""Per layer keys and values cache_BNE of N ≤ S tokens."""


class Block(nn.Module):
    """Attention and feed-forward, each added to what it was given."""

    def __init__(
        self, dim: int, hidden_dim: int, heads: int, span: int, rotary: bool, dropout: float, locked: bool
    ) -> None:
        super().__init__()
        self.attention_norm, self.hidden_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attention = CausalAttention(dim, heads, span, rotary, dropout)
        self.into, self.out = nn.Linear(dim, hidden_dim), nn.Linear(hidden_dim, dim)
        self.dropout = make_dropout(dropout, locked)

    def forward(self, x_TBD: Tensor, cache_BNE: Tensor) -> tuple[Tensor, Tensor]:
        """The tokens after this block, and the cache with them."""
        gathered, cache_BNE = self.attention(self.attention_norm(x_TBD), cache_BNE)
        x_TBD = x_TBD + self.dropout(gathered)
        hidden = nn.functional.gelu(self.into(self.hidden_norm(x_TBD)))
        return x_TBD + self.dropout(self.out(hidden)), cache_BNE


class Transformer(nn.Module):
    """L blocks.

    Args:
        dim: D.
        hidden_dim: F.
        layers: L.
        heads: heads of the attention.
        span: S.
        positions: ``rotary`` or ``learned``.
        dropout: probability, of each block's parts and of attention weights.
        locked: the same units of the parts dropped at all time steps.
        precision: ``fp32`` or ``bf16`` (products in bf16; weights, state and output stay fp32).
    """

    def __init__(
        self,
        dim: int,
        hidden_dim: int,
        layers: int,
        heads: int,
        span: int,
        positions: str = "rotary",
        dropout: float = 0.0,
        locked: bool = False,
        precision: str = "fp32",
    ) -> None:
        super().__init__()
        self.output_dim, self.span, self.precision = dim, span, precision
        rotary = positions == "rotary"
        self.layers = nn.ModuleList(Block(dim, hidden_dim, heads, span, rotary, dropout, locked) for _ in range(layers))
        self.norm = nn.LayerNorm(dim)
        self.positions = None if rotary else nn.Parameter(torch.empty(span, dim).normal_(std=0.02))
        with torch.no_grad():
            for block in self.layers:
                assert isinstance(block, Block)
                for last in (block.attention.output, block.out):
                    last.weight /= math.sqrt(2 * layers)  # so that a sum of 2 L parts starts no larger than one

    def initial_state(self, batch_size: int) -> State:
        """No token seen yet."""
        return tuple(self.norm.weight.new_zeros(batch_size, 0, 2 * self.output_dim) for _ in self.layers)

    def forward(self, x_TBD: Tensor, state: State) -> tuple[Tensor, State]:
        """The last block's h_TBD and the state after the last token.

        Args:
            x_TBD: float32 embeddings.
            state: from `initial_state` or an earlier call.
        """
        if self.positions is None:
            h_TBD, seen = self._read(x_TBD, state)
            return h_TBD, tuple(cache[:, max(0, cache.shape[1] - self.span + 1) :] for cache in seen)
        parts = []
        while len(x_TBD):
            if state[0].shape[1] == self.span:
                state = self.initial_state(x_TBD.shape[1])
            place = state[0].shape[1]
            piece, x_TBD = x_TBD[: self.span - place], x_TBD[self.span - place :]
            part, state = self._read(piece + self.positions[place : place + len(piece), None], state)
            parts.append(part)
        return torch.cat(parts), state

    def _read(self, x_TBD: Tensor, state: State) -> tuple[Tensor, State]:
        seen = []
        with torch.autocast(x_TBD.device.type, dtype=torch.bfloat16, enabled=self.precision == "bf16"):
            for block, cache in zip(self.layers, state, strict=True):
                x_TBD, cache = block(x_TBD, cache)
                seen.append(cache)
        return self.norm(x_TBD.to(self.norm.weight.dtype)), tuple(seen)
