"""Weights written and read back; tied weights; the window's formulas by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from seqtool.errors import ArtifactError, UsageError
from seqtool.lm.neural import NeuralLanguageModel
from seqtool.nn.training.checkpoint import load_weights, save_weights

Build = Callable[..., NeuralLanguageModel]


def output_of(model: NeuralLanguageModel, ids: torch.Tensor) -> np.ndarray:
    model.eval()
    with torch.no_grad():
        hidden, _ = model(ids, model.initial_state(ids.shape[1]) if model.options.arch != "window" else ())
        return model.output.log_probs(hidden).numpy()


def test_weights_written_and_read_give_the_same_bytes_and_outputs(model: NeuralLanguageModel, tmp_path: Path) -> None:
    save_weights(model.state_dict(), tmp_path / "a")
    torch.manual_seed(99)
    again = NeuralLanguageModel(model.options, 9)
    ids = torch.randint(0, 9, (3, 2) if model.options.arch != "window" else (5, model.options.context))
    assert not np.array_equal(output_of(model, ids), output_of(again, ids))
    again.load_state_dict(load_weights(tmp_path / "a"))
    assert np.array_equal(output_of(model, ids), output_of(again, ids))
    save_weights(again.state_dict(), tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_tied_weights_are_one_and_written_once(build: Build) -> None:
    model = build(cell="gru", hidden_dim=6)
    assert model.output.weight is model.embedding.weight
    assert "output.weight" not in model.state_dict()
    assert "output.weight" in build(cell="gru", tied=False).state_dict()
    again = build(cell="gru", hidden_dim=6)
    again.load_state_dict(model.state_dict())
    assert again.output.weight is again.embedding.weight


def test_a_training_step_keeps_tied_weights_tied(build: Build) -> None:
    model = build(cell="lstm", dropout=0.0)
    loss, _ = model.loss(torch.tensor([[1], [2]]), torch.tensor([[2], [3]]), model.initial_state(1))
    loss.backward()
    torch.optim.SGD(model.parameters(), 0.1).step()
    assert model.output.weight is model.embedding.weight


def test_a_sum_window_cannot_be_tied_to_another_size(build: Build) -> None:
    assert build(arch="window", combine="sum", hidden_dim=7).output.weight.shape == (9, 4)


def test_the_concat_window_is_bengio_2003(build: Build) -> None:
    model = build(arch="window", context=2, layers=1, tied=False, hidden_dim=3)
    state = {name: tensor.double().numpy() for name, tensor in model.state_dict().items()}
    embedding = state["embedding.weight"]
    x = np.concatenate([embedding[5], embedding[7]])
    h = np.tanh(state["encoder.layers.0.weight"] @ x + state["encoder.layers.0.bias"])
    logits = state["output.weight"] @ h + state["output.bias"]
    expected = logits - np.log(np.exp(logits).sum())
    np.testing.assert_allclose(output_of(model, torch.tensor([[5, 7]]))[0], expected, atol=1e-5)


def test_the_sum_window_is_a_mean_of_embeddings(build: Build) -> None:
    model = build(arch="window", combine="sum", context=2)
    state = {name: tensor.double().numpy() for name, tensor in model.state_dict().items()}
    embedding = state["embedding.weight"]
    logits = embedding @ ((embedding[5] + embedding[7]) / 2) + state["output.bias"]
    expected = logits - np.log(np.exp(logits).sum())
    np.testing.assert_allclose(output_of(model, torch.tensor([[5, 7]]))[0], expected, atol=1e-5)


def test_the_simple_recurrence_is_mikolov_2010(build: Build) -> None:
    model = build(cell="rnn", layers=1)
    state = {name: tensor.double().numpy() for name, tensor in model.state_dict().items()}
    w = {name.rsplit(".", 1)[-1]: value for name, value in state.items() if name.startswith("encoder")}
    h = np.zeros(4)
    for token in (5, 7):
        x = state["embedding.weight"][token]
        h = np.tanh(w["weight_ih_l0"] @ x + w["bias_ih_l0"] + w["weight_hh_l0"] @ h + w["bias_hh_l0"])
    logits = state["embedding.weight"] @ h + state["output.bias"]
    expected = logits - np.log(np.exp(logits).sum())
    np.testing.assert_allclose(output_of(model, torch.tensor([[5], [7]]))[1, 0], expected, atol=1e-5)


EMPTY = (2).to_bytes(8, "little") + b"{}"  # a sound file of no tensors


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x08",
        b"{}",
        b"\xff" * 64,
        (2**40).to_bytes(8, "little") + b"{}" * 20,
        EMPTY,
        (200).to_bytes(8, "little") + b'{"a":1}',
    ],
)
def test_a_damaged_safetensors_file_is_an_artifact_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "w").write_bytes(data)
    if data == EMPTY:
        assert load_weights(tmp_path / "w") == {}
        return
    with pytest.raises(ArtifactError, match="damaged") as caught:
        load_weights(tmp_path / "w")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "header",
    [
        '{"a":{"dtype":"F32","shape":[1152921504606846976],"data_offsets":[0,8]}}',
        '{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}}',
        '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,999999]}}',
        '{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}',
        '{"a":{"dtype":"O","shape":[2],"data_offsets":[0,8]}}',
        '{"a":{"dtype":"F32","shape":[4294967296,4294967296,2],"data_offsets":[0,8]}}',
        '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}',
    ],
)
def test_a_hostile_safetensors_header_is_an_artifact_error(tmp_path: Path, header: str) -> None:
    (tmp_path / "w").write_bytes(len(header).to_bytes(8, "little") + header.encode() + b"\0" * 8)
    with pytest.raises(ArtifactError, match="damaged"):
        load_weights(tmp_path / "w")


@pytest.mark.parametrize("arch", ["recurrent", "window"])
def test_one_tied_layer_of_another_size_is_a_usage_error(build: Build, arch: str) -> None:
    with pytest.raises(UsageError, match="--no-tied"):
        build(arch=arch, emb_dim=4, hidden_dim=5, layers=1, tied=True)
    assert build(arch=arch, emb_dim=4, hidden_dim=5, layers=2, tied=True).output.weight.shape[1] == 4


def test_activation_regularisation_is_in_the_gradient_and_not_in_the_value(
    build: Callable[..., NeuralLanguageModel],
) -> None:
    """Against the penalties written out (Merity et al. 2017, section 4.3), with the dropout off but training on."""
    ids, targets = torch.randint(2, 9, (5, 3)), torch.randint(2, 9, (5, 3))
    gradients = []
    for ar, tar in ((0.0, 0.0), (2.0, 3.0)):
        model = build(dropout=0.0, ar=ar, tar=tar)
        loss, _ = model.loss(ids, targets, model.initial_state(3))
        loss.backward()
        gradients.append((loss.item(), model.encoder.layers[-1].weight_hh_l0.grad))
    assert gradients[0][0] == pytest.approx(gradients[1][0], rel=1e-6)
    model = build(dropout=0.0)
    hidden, _ = model.encode(ids, model.initial_state(3))
    (2 * hidden.square().mean() + 3 * (hidden[1:] - hidden[:-1]).square().mean()).backward()
    torch.testing.assert_close(gradients[1][1] - gradients[0][1], model.encoder.layers[-1].weight_hh_l0.grad)
    one, _ = build(ar=1.0, tar=1.0).loss(ids[:1], targets[:1], model.initial_state(3))
    assert torch.isfinite(one)


def test_each_dropout_has_its_rate(build: Callable[..., NeuralLanguageModel]) -> None:
    model = build(dropout=0.1, input_dropout=0.2, embedding_dropout=0.3, hidden_dropout=0.4, weight_dropout=0.5)
    rates = (model.dropout.p, model.input_dropout.p, model.word_dropout.p, model.encoder.dropout.p)
    assert (*rates, model.encoder.weight_dropout.p) == (0.1, 0.2, 0.3, 0.4, 0.5)
    model = build(dropout=0.1)
    assert {model.dropout.p, model.input_dropout.p, model.encoder.dropout.p} == {0.1}
    assert model.word_dropout.p == model.encoder.weight_dropout.p == 0


def test_temporal_regularisation_is_of_the_outputs_before_dropout(build: Callable[..., NeuralLanguageModel]) -> None:
    ids, targets = torch.randint(2, 9, (5, 3)), torch.randint(2, 9, (5, 3))
    gradients = []
    for tar in (0.0, 3.0):
        model = build(dropout=0.5, input_dropout=0.0, hidden_dropout=0.0, tar=tar)
        torch.manual_seed(5)
        model.loss(ids, targets, model.initial_state(3))[0].backward()
        gradients.append(model.encoder.layers[-1].weight_hh_l0.grad)
    model = build(dropout=0.0)
    hidden, _ = model.encode(ids, model.initial_state(3))
    (3 * (hidden[1:] - hidden[:-1]).square().mean()).backward()
    torch.testing.assert_close(gradients[1] - gradients[0], model.encoder.layers[-1].weight_hh_l0.grad)


def test_a_dropped_word_is_dropped_at_all_its_places(build: Callable[..., NeuralLanguageModel]) -> None:
    model = build(dropout=0.0, embedding_dropout=0.5)
    seen: list[torch.Tensor] = []
    model.input_dropout.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    torch.manual_seed(1)
    ids = torch.arange(9).repeat(2, 1)
    model.encode(ids, model.initial_state(9))
    dropped = (seen[0] == 0).all(-1)
    assert 0 < dropped[0].sum() < 9
    assert torch.equal(dropped[0], dropped[1])
