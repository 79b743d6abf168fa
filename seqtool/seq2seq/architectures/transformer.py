"""The transformer's encoder and decoder (Vaswani et al. 2017), layer norm before each part (Xiong et al. 2020).

N rows, R rows read, T time, S source steps, D model, A heads, E = 2 D / A: a key and a value of a head.

    x ← x + attention(norm(x));  decoder: x ← x + attention(norm(x), memory);  x ← x + W_2 relu(W_1 norm(x))

Places are sines and cosines (section 3.5). The decoder's state is the keys and values of its own tokens, layer after
layer; those of the memory are computed once.
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqtool.errors import UsageError
from seqtool.nn.cells.recurrent import State
from seqtool.nn.layers.dropout import Dropout
from seqtool.seq2seq.architectures.memory import Memory, grouped
from seqtool.seq2seq.options import Seq2SeqOptions

_BASE = 10_000.0
_SHORT = 128


class Attention(nn.Module):
    """Multi-head attention of queries on keys and values that are given."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        if dim % heads:
            raise UsageError(f"--emb-dim {dim} is not a multiple of --heads {heads}", "change one of them")
        self.heads = heads
        self.query, self.key_value, self.out = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        for layer in (self.query, self.key_value, self.out):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def keys(self, x_BSD: Tensor) -> Tensor:
        """Keys and values, those of a head next to each other, so that no product has to copy them: keys_BASE."""
        keys: Tensor = self.key_value(x_BSD).unflatten(2, (2, self.heads, -1)).permute(0, 3, 1, 2, 4).flatten(3)
        return keys

    def forward(self, x_BQD: Tensor, keys_BASE: Tensor, mask: Tensor | None, causal: bool = False) -> Tensor:
        """What each query gathers.

        Args:
            x_BQD: the queries.
            keys_BASE: from `keys`.
            mask: bool, broadcast to (B, A, Q, S): what may be looked at; ``None``: everything.
            causal: query i sees keys up to i only.
        """
        q, k, v = self._split(x_BQD, keys_BASE)
        if q.is_cuda or k.shape[2] > _SHORT:
            gathered = functional.scaled_dot_product_attention(q, k, v, mask, is_causal=causal)
        else:
            if causal:
                mask = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool, device=q.device).tril()
            gathered = _short_attention(q, k, v, mask)
        out: Tensor = self.out(gathered.transpose(1, 2).flatten(2))
        return out

    def weights(self, x_BQD: Tensor, keys_BASE: Tensor, mask: Tensor) -> Tensor:
        """Where each query looks, the mean of the heads: (B, Q, S)."""
        q, k, _ = self._split(x_BQD, keys_BASE)
        scores = (q @ k.transpose(2, 3) / math.sqrt(q.shape[3])).masked_fill(~mask, -torch.inf)
        return scores.softmax(-1).mean(1)

    def _split(self, x_BQD: Tensor, keys_BASE: Tensor) -> tuple[Tensor, ...]:
        query = self.query(x_BQD)
        return query.unflatten(2, (self.heads, -1)).transpose(1, 2), *keys_BASE.to(query.dtype).chunk(2, 3)


def _short_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """The same by its definition: on a CPU, of short sentences, six times as fast as PyTorch's fused one in bf16."""
    scores = q @ k.transpose(2, 3) * q.shape[3] ** -0.5
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    return scores.softmax(-1) @ v


class _Layer(nn.Module):
    """Attention on oneself and a feed-forward part; in a decoder attention on the memory between them."""

    def __init__(self, options: Seq2SeqOptions, decoder: bool) -> None:
        super().__init__()
        dim, hidden = options.emb_dim, options.hidden_dim or 4 * options.emb_dim
        self.own_norm, self.own = nn.LayerNorm(dim), Attention(dim, options.heads)
        if decoder:
            self.memory_norm, self.memory = nn.LayerNorm(dim), Attention(dim, options.heads)
        self.hidden_norm, self.into, self.back = nn.LayerNorm(dim), nn.Linear(dim, hidden), nn.Linear(hidden, dim)
        for layer in (self.into, self.back):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.dropout = Dropout(options.dropout)

    def feed(self, x: Tensor) -> Tensor:
        """The feed-forward part, added."""
        inner = self.dropout(functional.relu(self.into(self.hidden_norm(x))))
        return x + self.dropout(self.back(inner))


class TransformerEncoder(nn.Module):
    """L layers over a whole source."""

    def __init__(self, options: Seq2SeqOptions, precision: str) -> None:
        super().__init__()
        self.layers = nn.ModuleList(_Layer(options, decoder=False) for _ in range(options.layers))
        self.norm, self.precision, self.dropout = nn.LayerNorm(options.emb_dim), precision, Dropout(options.dropout)

    def forward(self, x_SRD: Tensor, mask_RS: Tensor) -> Memory:
        """What stands at every step."""
        x = self.dropout(x_SRD.transpose(0, 1) * math.sqrt(x_SRD.shape[2]) + places(x_SRD.shape[0], x_SRD))
        mask = None if bool(mask_RS.all()) else mask_RS[:, None, None]
        with torch.autocast(x.device.type, dtype=torch.bfloat16, enabled=self.precision == "bf16"):
            for layer in self.layers:
                assert isinstance(layer, _Layer)
                normal = layer.own_norm(x)
                x = x + layer.dropout(layer.own(normal, layer.own.keys(normal), mask))
                x = layer.feed(x)
        states = self.norm(x.to(self.norm.weight.dtype))
        return Memory(states, mask_RS, ())


class TransformerDecoder(nn.Module):
    """L layers that look at the memory and at the tokens before."""

    def __init__(self, options: Seq2SeqOptions, precision: str) -> None:
        super().__init__()
        self.layers = nn.ModuleList(_Layer(options, decoder=True) for _ in range(options.layers))
        self.norm, self.precision, self.dropout = nn.LayerNorm(options.emb_dim), precision, Dropout(options.dropout)
        self.output_dim = options.emb_dim

    def prepare(self, memory: Memory) -> Memory:
        """The memory with its keys and values for every layer."""
        with torch.autocast(memory.states_RSH.device.type, dtype=torch.bfloat16, enabled=self.precision == "bf16"):
            keys = (cast(_Layer, layer).memory.keys(memory.states_RSH) for layer in self.layers)
            return memory._replace(extra=tuple(keys))

    def start(self, memory: Memory, hypotheses: int) -> State:
        """No token written yet."""
        rows, heads = len(memory.mask_RS) * hypotheses, cast(_Layer, self.layers[0]).own.heads
        empty = memory.states_RSH.new_zeros(rows, heads, 0, 2 * self.output_dim // heads)
        return (empty,) * len(self.layers)

    def forward(
        self, x_TND: Tensor, memory: Memory, state: State, look: bool = False
    ) -> tuple[Tensor, State, Tensor | None]:
        """See `recurrent.RecurrentDecoder.forward`; where it looked (mean of the last layer's heads) if ``look``."""
        before, steps, rows = state[0].shape[2], x_TND.shape[0], x_TND.shape[1]
        x = x_TND.transpose(0, 1) * math.sqrt(x_TND.shape[2]) + places(before + steps, x_TND)[before:]
        x = self.dropout(x)
        mask = None if bool(memory.mask_RS.all()) else memory.mask_RS[:, None, None]
        own_mask = None
        if before and steps > 1:
            own_mask = torch.ones(steps, before + steps, dtype=torch.bool, device=x.device).tril(before)
        seen, weights = [], None
        with torch.autocast(x.device.type, dtype=torch.bfloat16, enabled=self.precision == "bf16"):
            for layer, cache, keys in zip(self.layers, state, memory.extra, strict=True):
                assert isinstance(layer, _Layer)
                normal = layer.own_norm(x)
                cache = torch.cat([cache, layer.own.keys(normal).to(cache.dtype)], 2)
                x = x + layer.dropout(layer.own(normal, cache, own_mask, causal=not before and steps > 1))
                queries = grouped(layer.memory_norm(x), len(memory.mask_RS))
                gathered = layer.memory(queries, keys, mask)
                x = layer.feed(x + layer.dropout(gathered.reshape(rows, steps, -1)))
                seen.append(cache)
            if look:
                weights = cast(_Layer, layer).memory.weights(queries, keys, memory.mask_RS[:, None, None])
                weights = weights.reshape(rows, steps, -1)
        return self.norm(x.to(self.norm.weight.dtype)).transpose(0, 1), tuple(seen), weights


def places(steps: int, like: Tensor) -> Tensor:
    """Sines and cosines of the places (steps, D), of the type of ``like`` (its last axis is D)."""
    dim = like.shape[-1]
    half = (dim + 1) // 2
    rates = _BASE ** (-torch.arange(half, device=like.device, dtype=torch.float64) / half)
    angles = torch.arange(steps, device=like.device, dtype=torch.float64)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], 1)[:, :dim].to(like.dtype)
