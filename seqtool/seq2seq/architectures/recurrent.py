"""A recurrent decoder, with attention or without.

N rows, R rows read, T time, S source steps, D input, H hidden, G what is gathered (h, c, z), O output.

    h_t = Recurrent([x_t; z; o_{t-1}], h_{t-1})     z: the encoder's last state (peeky; Cho et al. 2014);
                                                   o_{t-1}: input feeding (Luong et al. 2015, section 3.3)
    c_t = attention(h_t, memory)
    o_t = tanh(W [h_t; c_t; z])                    (Luong et al. 2015, eq. 5), left out where it would be of h_t alone
          or [h_t; c_t; z]                         (--readout-dim 0; "Deep Learning from Scratch 2", section 8.2)

Each layer starts from the last state of the encoder's layer of its number, memory cells from zero, as in "Deep Learning
from Scratch 2", section 7.3.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqtool.nn.attention.alignment import Alignment, Keys
from seqtool.nn.cells.encoder import RecurrentEncoder
from seqtool.nn.cells.recurrent import WITH_MEMORY, Recurrent, State
from seqtool.nn.layers.dropout import make_dropout
from seqtool.seq2seq.architectures.memory import Memory, copies, grouped
from seqtool.seq2seq.options import Seq2SeqOptions

_CELLS = {"rnn": "rnn_tanh", "rnn-relu": "rnn_relu"}


def recurrent_encoder(options: Seq2SeqOptions, precision: str) -> RecurrentEncoder:
    """The encoder of these options."""
    return RecurrentEncoder(
        _CELLS.get(options.cell, options.cell),
        options.emb_dim,
        [options.hidden_size] * options.layers,
        both_ways=options.both_ways,
        dropout=options.dropout,
        locked=options.locked_dropout,
        residual=options.residual,
        single_bias=options.single_bias,
        precision=precision,
    )


class RecurrentDecoder(nn.Module):
    """The decoder of these options.

    Args:
        options: the architecture.
        precision: ``fp32`` or ``bf16``.
    """

    def __init__(self, options: Seq2SeqOptions, precision: str) -> None:
        super().__init__()
        size, self.peeky, self.feeding = options.hidden_size, options.peeky, options.input_feeding
        gathered = size * (1 + (options.attention != "none") + options.peeky)
        self.output_dim = gathered if options.readout_dim == 0 else options.readout_size
        into = options.emb_dim + (size if options.peeky else 0) + (self.output_dim if options.input_feeding else 0)
        self.recurrent = Recurrent(
            _CELLS.get(options.cell, options.cell),
            into,
            [size] * options.layers,
            dropout=options.dropout,
            locked=options.locked_dropout,
            residual=options.residual,
            single_bias=options.single_bias,
            precision=precision,
        )
        self.alignment = None
        if options.attention != "none":
            self.alignment = Alignment(options.attention, size, options.max_length + 1)
        direct = options.readout_dim == 0 or (gathered == size == self.output_dim and options.readout_dim is None)
        self.combine = None if direct else nn.Linear(gathered, self.output_dim)
        self.dropout = make_dropout(options.dropout, options.locked_dropout)

    def prepare(self, memory: Memory) -> Memory:
        """The memory with the keys of the attention."""
        if self.alignment is None:
            return memory
        keys = self.alignment.prepare(memory.states_RSH, memory.mask_RS)
        return memory._replace(extra=(keys.keys_BSH, keys.mask_BS))

    def start(self, memory: Memory, hypotheses: int) -> State:
        """The state before the first target token, for so many hypotheses of each source."""
        ends = memory.ends if len(memory.ends) > 1 else memory.ends * len(self.recurrent.hidden_dims)
        parts = []
        for end in ends:
            h_NH = copies(end, hypotheses)
            parts += [h_NH, torch.zeros_like(h_NH)] if self.recurrent.cell in WITH_MEMORY else [h_NH]
        if self.feeding:
            parts.append(h_NH.new_zeros(len(h_NH), self.output_dim))
        return tuple(parts)

    def forward(self, x_TND: Tensor, memory: Memory, state: State) -> tuple[Tensor, State, Tensor | None]:
        """Outputs (T, N, O), the state after the last step, and where each step looked (N, T, S).

        Args:
            x_TND: embeddings of the tokens before.
            memory: from `prepare`.
            state: from `start` or an earlier call.
        """
        steps, rows = x_TND.shape[:2]
        peeked = None
        if self.peeky:
            peeked = copies(memory.ends[-1], rows // len(memory.mask_RS)).expand(steps, -1, -1)
            x_TND = torch.cat([x_TND, peeked], 2)
        if not self.feeding:
            h_TNH, state = self.recurrent(x_TND, state)
            out, weights = self._output(h_TNH, peeked, memory)
            return out, state, weights
        outs, looks, fed = [], [], state[-1]
        inner = state[:-1]
        for t in range(steps):
            h_1NH, inner = self.recurrent(torch.cat([x_TND[t], fed], 1)[None], inner)
            out, look = self._output(h_1NH, None if peeked is None else peeked[t : t + 1], memory)
            fed = out[0]
            outs.append(out)
            looks.append(look)
        weights = torch.cat([look for look in looks if look is not None], 1) if self.alignment else None
        return torch.cat(outs), (*inner, fed), weights

    def _output(self, h_TNH: Tensor, peeked_TNH: Tensor | None, memory: Memory) -> tuple[Tensor, Tensor | None]:
        parts, weights = [h_TNH], None
        if self.alignment is not None:
            keys = Keys(memory.states_RSH, *memory.extra)
            context, weights = self.alignment(grouped(h_TNH.transpose(0, 1), len(memory.mask_RS)), keys)
            rows = h_TNH.shape[1]
            parts.append(context.reshape(rows, -1, context.shape[2]).transpose(0, 1))
            weights = weights.reshape(rows, -1, weights.shape[2])
        if peeked_TNH is not None:
            parts.append(peeked_TNH)
        gathered_TNG = torch.cat(parts, 2) if len(parts) > 1 else h_TNH
        if self.combine is None:
            return gathered_TNG, weights
        return torch.tanh(self.combine(self.dropout(gathered_TNG))), weights
