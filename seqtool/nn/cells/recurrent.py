"""Stacks of recurrent layers: tanh and ReLU RNN, LSTM, GRU, and those of `nn.cells.scan` and `nn.cells.mogrifier`.

B batch, T time, D input (embedding), H hidden, G gates (1 RNN, 4 LSTM, 3 GRU), L layers.

The first four are PyTorch's (cuDNN on a GPU, oneDNN on a CPU), so the equations are::

    RNN    h' = f(x W_ih + b_ih + h W_hh + b_hh)                        f: tanh or ReLU   (Elman 1990)
    LSTM   i, f, o = σ(…)   g = tanh(…)   c' = f c + i g   h' = o tanh(c')                (Hochreiter & Schmidhuber
           1997 with the forget gate of Gers et al. 2000); gates in the order i, f, g, o
    GRU    r, z = σ(…)   n = tanh(x W_in + b_in + r (h W_hn + b_hn))   h' = (1 - z) n + z h       (Cho et al. 2014,
           version 1 of arXiv 1406.1078); gates in the order r, z, n

"Deep Learning from Scratch 2" differs in three ways. Its gates have one bias, PyTorch's two, b_ih and b_hh, so that
the sum learns twice as fast; ``single_bias`` keeps b_hh at zero. Its LSTM has the gates in the order f, g, i, o,
which is a matter of storage only. Its GRU applies the reset gate before the hidden product, n = tanh(x W + (r h) W_h
+ b) as in the later version of the paper, and cuDNN has no such layer; here r comes after the product. The two learn
equally well (Chung et al. 2014), but weights cannot be moved from one to the other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from seqtool.nn.cells.mogrifier import MogrifierLayer
from seqtool.nn.cells.scan import GATES as SCAN_GATES
from seqtool.nn.cells.scan import ScanLayer
from seqtool.nn.layers.dropout import Dropout, make_dropout

CELLS = ("rnn_tanh", "rnn_relu", "lstm", "gru", "mingru", "minlstm", "mogrifier")
WITH_MEMORY = ("lstm", "mogrifier")  # cells whose state has a second part, c

State = tuple[Tensor, ...]
"""Per layer h_BH, for an LSTM followed by its c_BH; layer after layer."""


class Recurrent(nn.Module):
    """L recurrent layers with dropout between them (in depth, not in time: Zaremba et al. 2014, section 3).

    Args:
        cell: one of `CELLS`.
        input_dim: size D of the input.
        hidden_dims: size H of each layer, the lowest first; the last may be D so that embedding and output can be tied.
        dropout: probability, between layers only; what goes in and comes out is the caller's.
        locked: the same dropout mask at all time steps.
        residual: add a layer's input to its output, from the second layer on and where the sizes agree.
        single_bias: keep b_hh at zero, so that a gate has one bias as in the textbook.
        weight_dropout: probability of a number of W_hh, the same at all time steps (DropConnect, Wan et al. 2013;
            Merity et al. 2017, section 2).
        state_dropout: probability of a number of the state before each step, the same at all time steps (Gal and
            Ghahramani 2016, section 4); such layers run step by step, not in cuDNN's or oneDNN's kernels.
        mogrify: rounds and rank of a mogrifier.
        precision: ``fp32`` or ``bf16`` (products in bf16; weights, state and output stay fp32).
    """

    def __init__(
        self,
        cell: str,
        input_dim: int,
        hidden_dims: Sequence[int],
        *,
        dropout: float = 0.0,
        locked: bool = False,
        residual: bool = False,
        single_bias: bool = False,
        weight_dropout: float = 0.0,
        state_dropout: float = 0.0,
        mogrify: tuple[int, int | None] = (5, None),
        precision: str = "fp32",
    ) -> None:
        super().__init__()
        self.cell, self.residual, self.precision = cell, residual, precision
        self.hidden_dims, self.output_dim = tuple(hidden_dims), hidden_dims[-1]
        input_dims = (input_dim, *self.hidden_dims[:-1])
        self.layers = nn.ModuleList(
            make_layer(cell, *dims, mogrify) for dims in zip(input_dims, self.hidden_dims, strict=True)
        )
        self.dropout, self.weight_dropout = make_dropout(dropout, locked), Dropout(weight_dropout)
        self.state_dropout = Dropout(state_dropout)
        if single_bias:
            for layer in self.layers:
                if cell not in SCAN_GATES:  # which have one anyway
                    nn.init.zeros_(layer.get_parameter("bias_hh_l0")).requires_grad_(False)

    def forward(self, x_TBD: Tensor, state: State) -> tuple[Tensor, State]:
        """The top layer's outputs h_TBH and the state after the last step; ``T = 1`` is one step.

        Args:
            x_TBD: float32 inputs.
            state: from `initial_state` or an earlier call.
        """
        parts: list[Tensor] = []
        for depth, layer in enumerate(self.layers):
            into = self.dropout(x_TBD) if depth else x_TBD
            out, new = self._run(layer, into, self._layer_state(state, depth))
            parts += new
            x_TBD = out + into if self.residual and depth and out.shape == into.shape else out
        return x_TBD, tuple(parts)

    def step(self, x_BD: Tensor, state: State) -> tuple[Tensor, State]:
        """One step without dropout between layers: the top layer's output h_BH and the new state.

        What goes up and what goes on in time are one tensor here, so that a gradient by a state counts both ways.
        """
        parts: list[Tensor] = []
        for depth, layer in enumerate(self.layers):
            _, new = self._run(layer, x_BD[None], self._layer_state(state, depth))
            parts += new
            x_BD = new[0] + x_BD if self.residual and depth and new[0].shape == x_BD.shape else new[0]
        return x_BD, tuple(parts)

    def initial_state(self, batch_size: int) -> State:
        """The zero state of B sequences, float32, on the device of the weights."""
        like = next(self.parameters())
        parts = 2 if self.cell in WITH_MEMORY else 1
        return tuple(like.new_zeros(batch_size, size) for size in self.hidden_dims for _ in range(parts))

    def _layer_state(self, state: State, depth: int) -> State:
        return state[2 * depth : 2 * depth + 2] if self.cell in WITH_MEMORY else state[depth : depth + 1]

    def _run(self, layer: nn.Module, x_TBD: Tensor, state: State) -> tuple[Tensor, State]:
        """One layer, with the leading axis of size one that PyTorch wants on its states."""
        first = tuple(part.unsqueeze(0) for part in state)
        with torch.autocast(x_TBD.device.type, dtype=torch.bfloat16, enabled=self.precision == "bf16"):
            out, last = self._call(layer, x_TBD, first if self.cell in WITH_MEMORY else first[0])
        parts = last if self.cell in WITH_MEMORY else (last,)
        return out.to(x_TBD.dtype), tuple(part.squeeze(0).to(x_TBD.dtype) for part in parts)

    def _call(self, layer: nn.Module, x_TBD: Tensor, state: Any) -> tuple[Tensor, Any]:
        """The layer, with some of its recurrent weights, or of its states, at zero while training."""
        if self.training and self.state_dropout.p:
            assert isinstance(layer, nn.RNNBase)
            return run_by_steps(layer, x_TBD, state, self.state_dropout)
        if not self.training or not self.weight_dropout.p:
            return layer(x_TBD, state)  # type: ignore[no-any-return]
        weight_hh = self.weight_dropout(layer.get_parameter("weight_hh_l0"))
        if isinstance(layer, MogrifierLayer):
            return layer(x_TBD, state, weight_hh)  # type: ignore[no-any-return]
        assert isinstance(layer, nn.RNNBase)
        run = {"LSTM": torch.lstm, "GRU": torch.gru, "RNN_TANH": torch.rnn_tanh, "RNN_RELU": torch.rnn_relu}[layer.mode]
        weights = [layer.weight_ih_l0, weight_hh, layer.bias_ih_l0, layer.bias_hh_l0]
        out, *last = run(x_TBD, state, weights, True, 1, 0.0, layer.training, False, False)  # type: ignore[operator]
        return out, tuple(last) if layer.mode == "LSTM" else last[0]


def make_layer(cell: str, input_dim: int, hidden_dim: int, mogrify: tuple[int, int | None] = (5, None)) -> nn.Module:
    """One layer of that cell, time first; ``mogrify`` are a mogrifier's rounds and rank."""
    if cell == "mogrifier":
        return MogrifierLayer(input_dim, hidden_dim, *mogrify)
    if cell in SCAN_GATES:
        return ScanLayer(cell, input_dim, hidden_dim)
    if cell == "lstm":
        return nn.LSTM(input_dim, hidden_dim)
    if cell == "gru":
        return nn.GRU(input_dim, hidden_dim)
    return nn.RNN(input_dim, hidden_dim, nonlinearity=cell.removeprefix("rnn_"))


def detach(state: State) -> State:
    """The state as a constant, so that no gradient flows into the batch before."""
    return tuple(part.detach() for part in state)


def select(state: State, rows_B: Tensor) -> State:
    """The state of these rows of the batch, in this order, repeats allowed (for beam search).

    Args:
        rows_B: int64 row numbers of the present batch.
    """
    return tuple(part.index_select(0, rows_B) for part in state)


@torch.no_grad()
def initialise(
    recurrent: Recurrent, scheme: str = "torch", bound: float = 0.1, forget_bias: float | None = None
) -> None:
    """Set the weights of a stack.

    Args:
        scheme: ``torch`` (PyTorch's uniform ±1/√H), ``uniform`` (everything ±``bound``; Zaremba et al. 2014),
            ``book`` ("Deep Learning from Scratch 2", section 6.5.4: normal with deviation 1/√fan-in, biases zero) or
            ``word_language_model`` (as ``torch``; its ±0.1 is for embedding and output, see `initialise_matrix`).
        bound: of ``uniform``.
        forget_bias: added bias of an LSTM's forget gates (Jozefowicz et al. 2015: 1), or ``None`` to leave it.
    """
    for layer, hidden_dim in zip(recurrent.layers, recurrent.hidden_dims, strict=True):
        for name, parameter in layer.named_parameters():
            if parameter.requires_grad:
                _initialise_parameter(name, parameter, scheme, bound)
        if forget_bias is not None and recurrent.cell in WITH_MEMORY:
            layer.get_parameter("bias_ih_l0")[hidden_dim : 2 * hidden_dim] = forget_bias
            layer.get_parameter("bias_hh_l0")[hidden_dim : 2 * hidden_dim] = 0


def _initialise_parameter(name: str, parameter: Tensor, scheme: str, bound: float) -> None:
    if scheme == "uniform":
        parameter.uniform_(-bound, bound)
    elif scheme == "book" and name.startswith("bias"):
        parameter.zero_()
    elif scheme == "book":
        parameter.normal_(std=1 / math.sqrt(parameter.shape[1]))


@torch.no_grad()
def initialise_matrix(matrix: Tensor, scheme: str, role: str, bound: float = 0.1) -> None:
    """Set the embedding matrix [V, D] or the output weight [V, H] the way the scheme's source does.

    Args:
        scheme: as for `initialise`.
        role: ``embedding`` or ``output``; a tied matrix is an embedding.
        bound: of ``uniform``.
    """
    if scheme == "book":
        matrix.normal_(std=0.01 if role == "embedding" else 1 / math.sqrt(matrix.shape[1]))
    elif scheme in ("uniform", "word_language_model"):
        width = bound if scheme == "uniform" else 0.1
        matrix.uniform_(-width, width)
    elif role == "embedding":
        matrix.normal_()  # as torch.nn.Embedding
    else:
        width = 1 / math.sqrt(matrix.shape[1])
        matrix.uniform_(-width, width)


def run_by_steps(layer: nn.RNNBase, x_TBD: Tensor, state: Any, dropout: nn.Module) -> tuple[Tensor, Any]:
    """A layer of one direction whose state h goes through one mask before every step's matrix product.

    The equations are those of `recurrent`, h replaced by h · mask in the products alone (Gal and Ghahramani 2016,
    eq. 7); the sum (1 - z) n + z h of a GRU keeps the whole h.

    Args:
        layer: one layer of `nn.RNN`, `nn.LSTM` or `nn.GRU`.
        x_TBD: inputs.
        state: as the layer takes it, with a leading axis of one; a pair for an LSTM.
        dropout: makes the mask out of ones (B, H).

    Returns:
        Outputs (T, B, H) and the last state, as the layer gives them.
    """
    weight_hh, bias_hh = layer.weight_hh_l0, layer.bias_hh_l0
    assert isinstance(weight_hh, Tensor)
    assert isinstance(bias_hh, Tensor)
    inputs_TBG = nn.functional.linear(x_TBD, layer.weight_ih_l0, layer.bias_ih_l0)  # type: ignore[arg-type]
    hidden_BH, memory_BH = (state[0][0], state[1][0]) if layer.mode == "LSTM" else (state[0], None)
    mask_BH = dropout(torch.ones_like(hidden_BH))
    outputs = []
    for input_BG in inputs_TBG:
        recurrent_BG = nn.functional.linear(hidden_BH * mask_BH, weight_hh, bias_hh)
        hidden_BH, memory_BH = _step(layer.mode, input_BG, recurrent_BG, hidden_BH, memory_BH)
        outputs.append(hidden_BH)
    last = hidden_BH[None] if memory_BH is None else (hidden_BH[None], memory_BH[None])
    return torch.stack(outputs), last


def _step(
    mode: str, input_BG: Tensor, recurrent_BG: Tensor, hidden_BH: Tensor, memory_BH: Tensor | None
) -> tuple[Tensor, Tensor | None]:
    if memory_BH is not None:
        i, f, g, o = (input_BG + recurrent_BG).chunk(4, 1)
        memory_BH = torch.sigmoid(f) * memory_BH + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(memory_BH), memory_BH
    if mode == "GRU":
        (r_in, z_in, n_in), (r_h, z_h, n_h) = input_BG.chunk(3, 1), recurrent_BG.chunk(3, 1)
        new_BH, keep_BH = torch.tanh(n_in + torch.sigmoid(r_in + r_h) * n_h), torch.sigmoid(z_in + z_h)
        return new_BH + keep_BH * (hidden_BH - new_BH), None
    activation = torch.relu if mode == "RNN_RELU" else torch.tanh
    return activation(input_BG + recurrent_BG), None
