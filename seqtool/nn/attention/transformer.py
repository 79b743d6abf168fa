"""A stack of causal transformer blocks, read like a recurrent one: a state goes in, a state comes out.

T time, B batch, D model, F feed-forward, L layers, S span, E = 2 D: a key and a value.

    x ← x + attention(norm(x));  x ← x + W_2 gelu(W_1 norm(x));  norm at the end
                                                       (Vaswani et al. 2017; norm before each part: Radford et al. 2019)

The state is the keys and values of the last tokens (Dai et al. 2019, arXiv 1901.02860, section 3.2, without their
relative positions): a batch of truncated back-propagation sees the one before it, without gradients, and a text read
token by token gives what it gives at once.

- Rotary positions: every token sees the S - 1 before it. The state keeps S - 1 tokens.
- Learned positions: the text is cut into blocks of S tokens, each read from an empty state; a token sees its block.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from seqtool.nn.attention.causal import CausalAttention
from seqtool.nn.layers.dropout import make_dropout

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
