"""How a loss depends on the states before it: ‖∂loss_T/∂h_t‖ (Bengio et al. 1994, Pascanu et al. 2013).

T time, B sequences, H hidden. A model reads B sequences of T tokens step by step from the zero state; the loss is that
of the token after the last step alone. The norm is taken for each sequence and averaged, in float64, so that a gradient
of 1e-40 is one. Where it falls by a constant factor a step, the product of the Jacobians ∂h_{t+1}/∂h_t shrinks
(vanishing); where it grows, it explodes.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from seqtool.errors import InputError, UsageError
from seqtool.lm.neural import NeuralLanguageModel
from seqtool.lm.options import GradientFlowOptions, LanguageModelOptions
from seqtool.nn.batches.batching import Ids
from seqtool.nn.cells.recurrent import WITH_MEMORY, Recurrent

Sequences = tuple[np.ndarray, np.ndarray]  # inputs (T, B) and the token after each sequence (B,), int64
_FRESH_VOCABULARY = 1_000
_BARS, _LOWEST = "▁▂▃▄▅▆▇█", -12.0  # powers of ten, below the largest norm


class Flow(NamedTuple):
    """The norms of one part of the state: ``norms_T[k]`` is ‖∂loss_T/∂h_{T-k}‖, k steps back.

    The gradient by h counts all its ways, in time and to the layer above. That by c is by what is handed to the next
    step, so there is none at the last.
    """

    model: str
    layer: int
    state: str
    norms_T: np.ndarray

    @property
    def per_step(self) -> float:
        """The factor a step back (geometric mean), from one step back on; 0 where nothing arrives at the first."""
        first, last = float(self.norms_T[1]), float(self.norms_T[-1])
        steps = max(1, len(self.norms_T) - 2)
        return math.exp((math.log(last) - math.log(first)) / steps) if first > 0 and last > 0 else 0.0


class Spectrum(NamedTuple):
    """Singular values of one gate's matrix between hidden states, the largest first."""

    model: str
    layer: int
    gate: int
    values_H: np.ndarray


def fresh_model(cell: str, how: GradientFlowOptions) -> NeuralLanguageModel:
    """An untrained model of that cell, its recurrent matrices ``gain`` times random orthogonal ones where asked for."""
    torch.manual_seed(how.seed)
    options = LanguageModelOptions(
        cell=cell, emb_dim=how.hidden_dim, hidden_dim=how.hidden_dim, layers=how.layers, dropout=0.0, init="torch"
    )
    model = NeuralLanguageModel(options, _FRESH_VOCABULARY)
    if how.gain is not None:
        for _, _, matrix in recurrent_matrices(model):
            nn.init.orthogonal_(matrix, how.gain)
    return model


def recurrent_matrices(model: NeuralLanguageModel) -> Iterator[tuple[int, int, Tensor]]:
    """Layer and gate (from 1) and the matrix (H, H), a view of the weights; minGRU and minLSTM have none."""
    encoder = model.encoder
    assert isinstance(encoder, Recurrent)
    for depth, (layer, size) in enumerate(zip(encoder.layers, encoder.hidden_dims, strict=True), 1):
        stacked = dict(layer.named_parameters()).get("weight_hh_l0")
        for gate, matrix in enumerate(() if stacked is None else stacked.detach().split(size), 1):
            yield depth, gate, matrix


def spectra(name: str, model: NeuralLanguageModel) -> list[Spectrum]:
    """The singular values of every matrix between hidden states."""
    _require_recurrent(name, model)
    return [
        Spectrum(name, layer, gate, torch.linalg.svdvals(matrix.double()).cpu().numpy())
        for layer, gate, matrix in recurrent_matrices(model)
    ]


def sequences(ids: Ids, count: int, steps: int) -> Sequences:
    """Evenly spaced runs of a text: inputs (steps, count) and the token after each (count,), int64.

    Raises:
        InputError: the text is shorter than a run.
    """
    if len(ids) <= steps:
        message = f"--steps {steps} needs {steps + 1:,} tokens, but the text has {len(ids):,}"
        raise InputError(message, "give a longer text, or use a smaller --steps")
    starts = np.linspace(0, len(ids) - steps - 1, count).astype(np.int64)
    places = starts + np.arange(steps + 1)[:, None]
    runs = np.asarray(ids[places.ravel()], dtype=np.int64).reshape(places.shape)
    return runs[:-1], runs[-1]


def random_sequences(vocab_size: int, how: GradientFlowOptions) -> Sequences:
    """Tokens drawn evenly from the vocabulary, as `sequences` gives them."""
    draw = np.random.default_rng(how.seed)
    runs = draw.integers(0, vocab_size, (how.steps + 1, how.sequences))
    return runs[:-1], runs[-1]


def gradient_flow(name: str, model: NeuralLanguageModel, inputs_TB: np.ndarray, targets_B: np.ndarray) -> list[Flow]:
    """The norms for every layer, and for both parts of a state that has two.

    Raises:
        UsageError: the model is not recurrent.
    """
    _require_recurrent(name, model)
    model = copy.deepcopy(model).double().eval()
    assert isinstance(model.encoder, Recurrent)
    model.encoder.layers.train()  # cuDNN has gradients in training mode only
    device = model.embedding.weight.device
    ids, targets = torch.from_numpy(inputs_TB).to(device), torch.from_numpy(targets_B).to(device)
    state = model.initial_state(ids.shape[1])
    states = []
    for ids_B in ids:
        hidden_BH, state = model.encoder.step(model.embedding(ids_B), state)
        states.append(state)
    loss = -model.output.log_probs(hidden_BH).gather(1, targets[:, None]).sum()  # each sequence on its own
    gradients = torch.autograd.grad(loss, [part for parts in states for part in parts], allow_unused=True)
    parts = ("h", "c") if model.encoder.cell in WITH_MEMORY else ("h",)
    norms_TP = np.array([0.0 if g is None else float(g.norm(dim=1).mean()) for g in gradients]).reshape(len(ids), -1)
    return [
        Flow(name, place // len(parts) + 1, parts[place % len(parts)], norms_TP[::-1, place])
        for place in range(norms_TP.shape[1])
    ]


def _require_recurrent(name: str, model: NeuralLanguageModel) -> None:
    if not isinstance(model.encoder, Recurrent):
        raise UsageError(f"{name} is not a recurrent model", "give a recurrent language model")


def bars(flows: Sequence[Flow], width: int = 40) -> list[str]:
    """A line of bars for each flow, from the loss back in time: the logarithms, all on one scale."""
    logs = [np.log10(np.maximum(flow.norms_T, 1e-300)) for flow in flows]
    top = max((float(some.max()) for some in logs), default=0.0)
    lines = []
    for some in logs:
        picked = some[np.linspace(0, len(some) - 1, min(width, len(some))).round().astype(int)]
        heights = np.clip((picked - top - _LOWEST) / -_LOWEST, 0, 1)
        lines.append("".join(_BARS[round(float(height) * (len(_BARS) - 1))] for height in heights))
    return lines
