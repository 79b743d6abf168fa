"""Neural Turing machine (Graves, Wayne and Danihelka 2014): a recurrent network that reads and writes a memory.

N rows, S source steps, T time, D input, H hidden of the controller, P places of the memory, M numbers in each.

The controller is an LSTM that is given the input and what was read before. One head reads, one writes; each turns its
part of the controller's output into an address:

    content     softmax(β cos(k, memory))                                      (eq. 5-6)
    gate        g content + (1 - g) address before                             (eq. 7)
    shift       circular convolution with s over -1, 0, 1                      (eq. 8)
    sharpen     address^γ / Σ address^γ                                        (eq. 9)
    write       memory (1 - w e) + w a                                         (eq. 3-4)

The same machine reads the source and writes the target; what it knows of the one for the other is its state.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqtool.nn.cells.recurrent import State
from seqtool.seq2seq.architectures.memory import Memory, copies
from seqtool.seq2seq.options import Seq2SeqOptions

_EMPTY = 1e-6  # what stands in a fresh memory (Collier and Beel 2018, section 4.1)
_SMALL = 1e-12


class TuringMachine(nn.Module):
    """Controller, heads and output.

    Args:
        options: the architecture.
        output_dim: of what a target word is predicted from.
    """

    def __init__(self, options: Seq2SeqOptions, output_dim: int) -> None:
        super().__init__()
        self.slots, self.width, size = options.memory_slots, options.memory_width, options.hidden_size
        self.controller = nn.LSTMCell(options.emb_dim + self.width, size)
        self.address_size = self.width + 6  # k, β, g, γ, and s of three numbers
        self.heads = nn.Linear(size, 2 * self.address_size + 2 * self.width)
        self.out = nn.Linear(size + self.width, output_dim)
        self.first_read = nn.Parameter(torch.zeros(self.width))
        first = torch.zeros(2, self.slots)
        first[:, 0] = 5.0  # the first place is the likeliest, and this can be unlearned
        self.first_addresses = nn.Parameter(first)
        self.output_dim = output_dim

    def empty(self, rows: int) -> State:
        """The state before anything is read: h, c, what was read, the two addresses, the memory."""
        like = self.first_read
        h_NH = like.new_zeros(rows, self.controller.hidden_size)
        reading, writing = (part.expand(rows, -1) for part in self.first_addresses.softmax(1))
        memory_NPM = like.new_full((rows, self.slots, self.width), _EMPTY)
        return h_NH, torch.zeros_like(h_NH), torch.tanh(like).expand(rows, -1), reading, writing, memory_NPM

    def step(self, x_ND: Tensor, state: State) -> State:
        """Read one input, write, and read the memory."""
        h_NH, c_NH, read_NM, reading_NP, writing_NP, memory_NPM = state
        h_NH, c_NH = self.controller(torch.cat([x_ND, read_NM], 1), (h_NH, c_NH))
        parts = self.heads(h_NH).split((self.address_size, self.address_size, self.width, self.width), 1)
        unit_NPM = functional.normalize(memory_NPM, dim=2)
        writing_NP = self._address(parts[1], writing_NP, unit_NPM)
        erased_NPM = writing_NP[..., None] * torch.sigmoid(parts[2])[:, None]
        memory_NPM = memory_NPM * (1 - erased_NPM) + writing_NP[..., None] * torch.tanh(parts[3])[:, None]
        reading_NP = self._address(parts[0], reading_NP, functional.normalize(memory_NPM, dim=2))
        read_NM = torch.bmm(reading_NP[:, None], memory_NPM)[:, 0]
        return h_NH, c_NH, read_NM, reading_NP, writing_NP, memory_NPM

    def _address(self, asked: Tensor, before_NP: Tensor, unit_NPM: Tensor) -> Tensor:
        key, strength, gate, sharpness, shift = asked.split((self.width, 1, 1, 1, 3), 1)
        alike_NP = torch.bmm(unit_NPM, functional.normalize(key, dim=1)[..., None])[..., 0]
        content_NP = (functional.softplus(strength) * alike_NP).softmax(1)
        gate = torch.sigmoid(gate)
        gated_NP = gate * content_NP + (1 - gate) * before_NP
        back, stay, on = shift.softmax(1).split(1, 1)
        shifted_NP = back * gated_NP.roll(-1, 1) + stay * gated_NP + on * gated_NP.roll(1, 1)
        sharp_NP = (shifted_NP + _SMALL) ** (1 + functional.softplus(sharpness))
        return sharp_NP / sharp_NP.sum(1, keepdim=True)

    def read(self, x_SND: Tensor, mask_NS: Tensor) -> Memory:
        """The machine after each source: its state, as a `Memory` of one step."""
        state = self.empty(x_SND.shape[1])
        for x_ND, real_N in zip(x_SND, mask_NS.t(), strict=True):
            after = self.step(x_ND, state)
            state = tuple(
                torch.where(real_N.view(-1, *[1] * (new.dim() - 1)), new, old)
                for new, old in zip(after, state, strict=True)
            )
        return Memory(state[0][:, None], torch.ones_like(mask_NS[:, :1]), (state[0],), state)

    def prepare(self, memory: Memory) -> Memory:
        """The memory itself."""
        return memory

    def start(self, memory: Memory, hypotheses: int) -> State:
        """The machine as it is after the source."""
        return tuple(copies(part, hypotheses) for part in memory.extra)

    def forward(self, x_TND: Tensor, memory: Memory, state: State) -> tuple[Tensor, State, Tensor | None]:
        """See `recurrent.RecurrentDecoder.forward`; a machine's addresses are not places of the source."""
        outs = []
        for x_ND in x_TND:
            state = self.step(x_ND, state)
            outs.append(torch.cat([state[0], state[2]], 1))
        return self.out(torch.stack(outs)), state, None
