"""ConvS2S (Gehring et al. 2017): gated convolutions, embeddings of places, attention in every layer.

N rows, R rows read, T time, S source steps, D embedding, H hidden.

    encoder  z = W_out conv(…conv(W_in e)),  e = word + place
    decoder  each layer: d = W h + b + g, a = softmax(d · z), c = Σ_s a_s (z_s + e_s), h ← (h + W c) / √2   (eq. 1-2)

Places after the last that was trained are read as the last.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqtool.errors import UsageError
from seqtool.nn.cells.recurrent import State
from seqtool.nn.layers.convolution import HALF, GatedConvolution
from seqtool.nn.layers.dropout import Dropout
from seqtool.seq2seq.architectures.memory import Memory, grouped
from seqtool.seq2seq.options import Seq2SeqOptions


class _Places(nn.Module):
    """The embedding of words and that of their places, added."""

    def __init__(self, options: Seq2SeqOptions) -> None:
        super().__init__()
        self.table = nn.Embedding(options.max_length + 1, options.emb_dim)
        nn.init.normal_(self.table.weight, std=0.1)
        self.dropout = Dropout(options.dropout)

    def forward(self, x_BTD: Tensor, before: int) -> Tensor:
        """Embeddings with their places, the first at ``before``."""
        at = torch.arange(before, before + x_BTD.shape[1], device=x_BTD.device)
        placed: Tensor = self.dropout(x_BTD + self.table(at.clamp(max=self.table.num_embeddings - 1)))
        return placed


class ConvolutionalEncoder(nn.Module):
    """L gated convolutions over a whole source.

    Raises:
        UsageError: their width is even.
    """

    def __init__(self, options: Seq2SeqOptions, precision: str) -> None:
        super().__init__()
        if options.kernel_width % 2 == 0:
            raise UsageError(f"--kernel-width {options.kernel_width} is even", "give an odd number")
        dim, size = options.emb_dim, options.hidden_size
        self.places, self.precision = _Places(options), precision
        self.into, self.out = nn.Linear(dim, size), nn.Linear(size, dim)
        self.layers = nn.ModuleList(
            GatedConvolution(size, options.kernel_width, options.dropout) for _ in range(options.layers)
        )
        self.dropout = Dropout(options.dropout)

    def forward(self, x_SRD: Tensor, mask_RS: Tensor) -> Memory:
        """z of every step; beside it e."""
        embedded = self.places(x_SRD.transpose(0, 1), 0)
        real = mask_RS[..., None]
        with torch.autocast(x_SRD.device.type, dtype=torch.bfloat16, enabled=self.precision == "bf16"):
            h = self.into(embedded)
            for layer in self.layers:
                assert isinstance(layer, GatedConvolution)
                h = (h + layer.around(self.dropout(h) * real)) * HALF
            z = self.out(h).to(embedded.dtype)
        return Memory(z, mask_RS, (), ((z + embedded) * HALF,))


class ConvolutionalDecoder(nn.Module):
    """L causal gated convolutions, each followed by attention."""

    def __init__(self, options: Seq2SeqOptions, precision: str) -> None:
        super().__init__()
        dim, size = options.emb_dim, options.hidden_size
        self.places, self.precision, self.size = _Places(options), precision, size
        self.width = options.kernel_width
        self.into, self.out = nn.Linear(dim, size), nn.Linear(size, dim)
        self.layers = nn.ModuleList(
            GatedConvolution(size, options.kernel_width, options.dropout) for _ in range(options.layers)
        )
        self.queries = nn.ModuleList(nn.Linear(size, dim) for _ in range(options.layers))
        self.contexts = nn.ModuleList(nn.Linear(dim, size) for _ in range(options.layers))
        self.dropout, self.output_dim = Dropout(options.dropout), dim

    def prepare(self, memory: Memory) -> Memory:
        """The memory itself."""
        return memory

    def start(self, memory: Memory, hypotheses: int) -> State:
        """Zeros before the first step, and how many steps there were: per layer (N, K - 1, H), and (N, 1)."""
        rows, like = len(memory.mask_RS) * hypotheses, memory.states_RSH
        before = [like.new_zeros(rows, self.width - 1, self.size) for _ in self.layers]
        return (*before, like.new_zeros(rows, 1))

    def forward(self, x_TND: Tensor, memory: Memory, state: State) -> tuple[Tensor, State, Tensor | None]:
        """See `recurrent.RecurrentDecoder.forward`; where it looked is the mean of the layers."""
        steps, rows = x_TND.shape[:2]
        done = int(state[-1][0, 0]) if rows else 0
        embedded = self.places(x_TND.transpose(0, 1), done)
        looks, after = [], []
        with torch.autocast(x_TND.device.type, dtype=torch.bfloat16, enabled=self.precision == "bf16"):
            h = self.into(embedded)
            for layer, query, context, before in zip(self.layers, self.queries, self.contexts, state[:-1], strict=True):
                assert isinstance(layer, GatedConvolution)
                new, cache = layer.after(self.dropout(h), before.to(h.dtype))
                c, look = self._attend((query(new) + embedded) * HALF, memory)
                h = (h + (new + context(c)) * HALF) * HALF
                after.append(cache.to(before.dtype))
                looks.append(look)
            out = self.dropout(self.out(h)).to(embedded.dtype)
        weights = torch.stack(looks).mean(0).reshape(rows, steps, -1)
        return out.transpose(0, 1), (*after, state[-1] + steps), weights

    def _attend(self, d_NTD: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        queries = grouped(d_NTD, len(memory.mask_RS))
        scores = torch.bmm(queries, memory.states_RSH.to(queries.dtype).transpose(1, 2)).to(memory.states_RSH.dtype)
        weights = scores.masked_fill(~memory.mask_RS[:, None], -torch.inf).softmax(-1)
        # Section 3.5: a mean of m numbers has its variance, scaled back under the assumption that they weigh alike.
        scale = memory.mask_RS.sum(1).sqrt()[:, None, None]
        gathered = torch.bmm(weights.to(queries.dtype), memory.extra[0].to(queries.dtype)) * scale
        return gathered.reshape(d_NTD.shape), weights
