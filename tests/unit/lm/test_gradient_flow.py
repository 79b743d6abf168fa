"""Gradients through time: planted factors, finite differences, and every cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from seqtool.errors import InputError, UsageError
from seqtool.lm.flow_measurement import draw_flows
from seqtool.lm.gradient_flow import Flow, bars, fresh_model, gradient_flow, random_sequences, sequences, spectra
from seqtool.lm.neural import NeuralLanguageModel
from seqtool.lm.options import GradientFlowOptions, LanguageModelOptions

HOW = GradientFlowOptions(steps=12, sequences=3, hidden_dim=5)
CELLS = ["rnn", "rnn-relu", "lstm", "gru", "mingru", "minlstm", "mogrifier"]


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
def test_a_linear_network_shrinks_or_grows_by_its_factor_at_each_step(factor: float) -> None:
    """A ReLU network whose sums stay positive, with a multiple of a rotation between hidden states."""
    model = fresh_model("rnn-relu", HOW)
    layer = model.encoder.layers[0]
    with torch.no_grad():
        layer.weight_hh_l0.copy_(factor * torch.eye(5)[[1, 2, 3, 4, 0]])
        layer.bias_ih_l0.fill_(100.0)
    (flow,) = gradient_flow("m", model, *random_sequences(1_000, HOW))
    np.testing.assert_allclose(flow.norms_T[1:] / flow.norms_T[:-1], factor)
    assert flow.per_step == pytest.approx(factor)
    (spectrum,) = spectra("m", model)
    np.testing.assert_allclose(spectrum.values_H, factor)


@pytest.mark.parametrize("cell", CELLS)
def test_the_gradient_by_a_state_is_the_change_of_the_loss(cell: str) -> None:
    """Against central differences: the state of one layer and time is moved, and the rest is computed from there."""
    how = GradientFlowOptions(steps=6, sequences=1, hidden_dim=4, layers=2)
    model = fresh_model(cell, how)
    inputs, targets = random_sequences(1_000, how)
    flows = gradient_flow("m", model, inputs, targets)
    model.double().eval()
    parts = 2 if cell in ("lstm", "mogrifier") else 1
    assert [(flow.layer, flow.state) for flow in flows] == [(layer, s) for layer in (1, 2) for s in "hc"[:parts]]

    @torch.no_grad()
    def loss(moved: int, at: int, by: torch.Tensor) -> float:
        state, x = model.initial_state(1), None
        for t, ids in enumerate(torch.from_numpy(inputs)):
            new, x = [], model.embedding(ids)
            for depth, layer in enumerate(model.encoder.layers):
                own = tuple(part[None] for part in state[depth * parts : (depth + 1) * parts])
                _, last = layer(x[None], own if parts == 2 else own[0])
                own = [part[0] for part in (last if parts == 2 else (last,))]
                if t == at and moved // parts == depth:
                    own[moved % parts] = own[moved % parts] + by
                new += own
                x = own[0]
            state = tuple(new)
        return -model.output.log_probs(x)[0, targets[0]].item()

    for moved, flow in enumerate(flows):
        for back in (0, 2, 5):
            by = 1e-5 * torch.eye(4, dtype=torch.float64)
            slopes = [(loss(moved, 5 - back, e) - loss(moved, 5 - back, -e)) / 2e-5 for e in by]
            assert flow.norms_T[back] == pytest.approx(np.linalg.norm(slopes), rel=1e-4, abs=1e-8)


def test_a_gain_makes_gradients_vanish_or_explode() -> None:
    factors = []
    for gain in (0.5, 1.0, 2.0):
        how = GradientFlowOptions(steps=60, sequences=2, hidden_dim=30, gain=gain)
        model = fresh_model("rnn-relu", how)
        for spectrum in spectra("m", model):
            np.testing.assert_allclose(spectrum.values_H, gain, rtol=1e-5)
        factors.append(gradient_flow("m", model, *random_sequences(1_000, how))[0].per_step)
    assert factors[0] < 0.5 < factors[1] < 1 < factors[2]
    assert spectra("m", fresh_model("minlstm", HOW)) == []


def test_measuring_leaves_the_model_as_it_was() -> None:
    model = fresh_model("lstm", HOW).train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    gradient_flow("m", model, *random_sequences(1_000, HOW))
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert model.embedding.weight.dtype == torch.float32
    assert model.embedding.weight.grad is None


def test_runs_of_a_text_are_spread_over_it_and_each_is_followed_by_its_target() -> None:
    inputs, targets = sequences(np.arange(100, dtype=np.uint16), 4, 10)
    assert inputs[0].tolist() == [0, 29, 59, 89]
    np.testing.assert_array_equal(targets, inputs[-1] + 1)
    np.testing.assert_array_equal(np.diff(inputs, axis=0), 1)
    with pytest.raises(InputError, match="--steps"):
        sequences(np.arange(10, dtype=np.uint16), 1, 10)


def test_a_window_has_no_flow_and_an_unknown_cell_is_named() -> None:
    window = NeuralLanguageModel(LanguageModelOptions(arch="window"), 9)
    with pytest.raises(UsageError, match="recurrent"):
        gradient_flow("w", window, *random_sequences(9, HOW))
    with pytest.raises(UsageError, match=r"--cells.*lstn"):
        GradientFlowOptions(cells="rnn, lstn").cell_names()


def test_bars_are_on_one_scale() -> None:
    flows = [Flow("a", 1, "h", np.array([1.0, 1e-6, 1e-20])), Flow("b", 1, "h", np.array([1e-12, 1e-6, 0.0]))]
    assert bars(flows) == ["█▅▁", "▁▅▁"]
    assert flows[1].per_step == 0


def test_a_picture_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    model = fresh_model("lstm", HOW)
    flows = gradient_flow("m", model, *random_sequences(1_000, HOW))
    for name in ("a.svg", "b.svg", "c.png"):
        draw_flows(flows, spectra("m", model), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UsageError, match="image format"):
        draw_flows(flows, [], tmp_path / "a.txt")
