"""Every cell against its equations in float64 numpy, and what the stack adds."""

import itertools

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from seqtool.nn.cells import recurrent
from seqtool.nn.cells.recurrent import CELLS, WITH_MEMORY, Recurrent, detach, initialise, initialise_matrix, select

Array = NDArray[np.float64]


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def step(cell: str, x: Array, state: list[Array], w: dict[str, Array]) -> list[Array]:
    """One time step by the equations of the module's docstring; the first of the new state is the output."""
    if cell == "mogrifier":
        x, state = mogrified(x, state, w)
    from_x = x @ w["weight_ih_l0"].T + w["bias_ih_l0"]
    if cell.startswith("min"):
        return [min_step(from_x, state[0], cell)]
    from_h = state[0] @ w["weight_hh_l0"].T + w["bias_hh_l0"]
    if cell in WITH_MEMORY:
        i, f, g, o = np.split(from_x + from_h, 4, axis=1)
        c = sigmoid(f) * state[1] + sigmoid(i) * np.tanh(g)
        return [sigmoid(o) * np.tanh(c), c]
    if cell == "gru":
        (rx, zx, nx), (rh, zh, nh) = np.split(from_x, 3, axis=1), np.split(from_h, 3, axis=1)
        r, z = sigmoid(rx + rh), sigmoid(zx + zh)
        return [(1 - z) * np.tanh(nx + r * nh) + z * state[0]]
    total = from_x + from_h
    return [np.tanh(total) if cell == "rnn_tanh" else np.maximum(total, 0)]


def mogrified(x: Array, state: list[Array], w: dict[str, Array]) -> tuple[Array, list[Array]]:
    h = state[0]
    for i in range(sum(name.endswith(".0") for name in w)):
        if i % 2 == 0:
            x = 2 * sigmoid(h @ w[f"gates.{i}.0"].T) * x
        else:
            h = 2 * sigmoid(x @ w[f"gates.{i}.0"].T) * h
    return x, [h, *state[1:]]


def min_step(from_x: Array, h: Array, cell: str) -> Array:
    *gates, raw = np.split(from_x, 2 if cell == "mingru" else 3, axis=1)
    g = np.where(raw >= 0, raw + 0.5, sigmoid(raw))
    if cell == "mingru":
        return (1 - sigmoid(gates[0])) * h + sigmoid(gates[0]) * g
    f, i = (sigmoid(gate) for gate in gates)
    return f / (f + i) * h + i / (f + i) * g


def reference(stack: Recurrent, x: Array, state: list[list[Array]]) -> tuple[Array, list[Array]]:
    """Outputs and last state of the whole stack, with residual connections, without dropout."""
    for depth, layer in enumerate(stack.layers):
        weights = {name: parameter.detach().numpy() for name, parameter in layer.named_parameters()}
        outputs = []
        for x_t in x:
            state[depth] = step(stack.cell, x_t, state[depth], weights)
            outputs.append(state[depth][0])
        out = np.stack(outputs)
        x = out + x if stack.residual and depth and out.shape == x.shape else out
    return x, list(itertools.chain(*state))


@pytest.mark.parametrize(("residual", "input_dim"), [(False, 3), (True, 3), (True, 4)])
@pytest.mark.parametrize("cell", CELLS)
def test_equations(cell: str, residual: bool, input_dim: int) -> None:
    """The lowest layer has no residual connection, be its input of its size or not."""
    torch.manual_seed(0)
    stack = Recurrent(cell, input_dim, [4, 4, 5, 5], residual=residual).double()
    x = torch.randn(6, 2, input_dim, dtype=torch.float64)
    start = tuple(torch.randn_like(part) for part in stack.initial_state(2))
    parts = 2 if cell in WITH_MEMORY else 1
    by_layer = [[part.numpy() for part in start[k : k + parts]] for k in range(0, len(start), parts)]
    expected, expected_state = reference(stack, x.numpy(), by_layer)
    h, state = stack(x, start)
    np.testing.assert_allclose(h.detach().numpy(), expected, atol=1e-12)
    for ours, theirs in zip(state, expected_state, strict=True):
        np.testing.assert_allclose(ours.detach().numpy(), theirs, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_equal_finite_differences(cell: str) -> None:
    torch.manual_seed(0)
    stack = Recurrent(cell, 2, [3, 3], residual=True).double()
    state = stack.initial_state(2)
    x = torch.randn(3, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: stack(x, state)[0], (x,))


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_a_step_is_a_sequence_of_one(cell: str, residual: bool) -> None:
    torch.manual_seed(0)
    stack = Recurrent(cell, 4, [4, 4, 5, 5], residual=residual)
    x, start = torch.randn(2, 4), tuple(torch.randn_like(part) for part in stack.initial_state(2))
    (whole, whole_state), (h, state) = stack(x[None], start), stack.step(x, start)
    torch.testing.assert_close(h, whole[0])
    torch.testing.assert_close(state, whole_state)


@pytest.mark.parametrize("cell", CELLS)
def test_single_steps_and_split_sequences_give_what_one_call_gives(cell: str) -> None:
    torch.manual_seed(0)
    stack = Recurrent(cell, 3, [4, 5])
    x = torch.randn(7, 2, 3)
    whole, whole_state = stack(x, stack.initial_state(2))
    state, parts = stack.initial_state(2), []
    for x_t in x.split([1, 1, 5]):
        h, state = stack(x_t, detach(state))
        parts.append(h)
    torch.testing.assert_close(torch.cat(parts), whole)
    torch.testing.assert_close(state, whole_state)
    assert [part.shape for part in state] == [part.shape for part in stack.initial_state(2)]


def test_detached_state_carries_no_gradient() -> None:
    stack = Recurrent("lstm", 3, [4])
    _, state = stack(torch.randn(2, 1, 3), stack.initial_state(1))
    assert all(part.requires_grad for part in state)
    assert not any(part.requires_grad for part in detach(state))


def test_selected_rows_go_on_as_those_rows_would() -> None:
    torch.manual_seed(0)
    stack = Recurrent("lstm", 3, [4, 5])
    _, state = stack(torch.randn(2, 3, 3), stack.initial_state(3))
    x = torch.randn(1, 3, 3)
    rows = torch.tensor([2, 0, 2, 1])
    picked, _ = stack(x[:, rows], select(state, rows))
    torch.testing.assert_close(picked, stack(x, state)[0][:, rows])


@pytest.mark.parametrize("cell", ["lstm", "gru", "mingru", "minlstm"])
def test_bf16_is_close_and_keeps_fp32_outside(cell: str) -> None:
    torch.manual_seed(0)
    stack = Recurrent(cell, 8, [16, 16])
    x = torch.randn(5, 4, 8)
    exact, _ = stack(x, stack.initial_state(4))
    stack.precision = "bf16"
    rough, state = stack(x, stack.initial_state(4))
    rough.sum().backward()
    assert {rough.dtype, *(part.dtype for part in state)} == {torch.float32}
    assert {parameter.grad.dtype for parameter in stack.parameters() if parameter.grad is not None} == {torch.float32}
    assert 0 < (rough - exact).norm() / exact.norm() < 0.02


@pytest.mark.parametrize("locked", [False, True])
def test_dropout_is_between_layers_only_and_only_in_training(locked: bool) -> None:
    torch.manual_seed(0)
    x = torch.randn(4, 3, 6)
    one, two = (Recurrent("lstm", 6, [6] * layers, dropout=0.5, locked=locked) for layers in (1, 2))
    torch.testing.assert_close(one(x, one.initial_state(3))[0], one.eval()(x, one.initial_state(3))[0])
    trained = two(x, two.initial_state(3))[0]
    assert (trained != 0).all()
    assert not torch.allclose(trained, two.eval()(x, two.initial_state(3))[0])
    seen: list[torch.Tensor] = []
    two.train().layers[1].register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    two(x, two.initial_state(3))
    dropped = seen[0] == 0
    assert dropped.any()
    assert (dropped == dropped[0]).all() == locked


def test_single_bias_stays_zero_and_is_not_trained() -> None:
    stack = Recurrent("gru", 3, [4, 4], single_bias=True)
    initialise(stack, "uniform", 0.5)
    trained = {name for name, parameter in stack.named_parameters() if parameter.requires_grad}
    assert not any("bias_hh" in name for name in trained)
    assert sum("bias_ih" in name for name in trained) == 2
    assert all((layer.bias_hh_l0 == 0).all() for layer in stack.layers)


@pytest.mark.parametrize(
    ("scheme", "spread", "bias"),
    [("torch", 1 / 20 / 3**0.5, True), ("uniform", 0.3 / 3**0.5, True), ("book", 1 / 20, False)],
)
def test_initialisation_of_the_stack(scheme: str, spread: float, bias: bool) -> None:
    torch.manual_seed(0)
    stack = Recurrent("lstm", 100, [400])
    initialise(stack, scheme, bound=0.3)
    weights = stack.layers[0]
    assert weights.weight_hh_l0.std().item() == pytest.approx(spread, rel=0.01)
    into = 1 / 10 if scheme == "book" else spread
    assert weights.weight_ih_l0.std().item() == pytest.approx(into, rel=0.02)
    assert bool((weights.bias_ih_l0 != 0).all()) == bias
    if scheme != "book":
        assert weights.weight_hh_l0.abs().max().item() <= spread * 3**0.5 + 1e-6


def test_forget_bias_is_set_on_the_forget_gates_alone() -> None:
    stack = Recurrent("lstm", 3, [4, 5])
    initialise(stack, "book", forget_bias=1.0)
    for layer, size in zip(stack.layers, (4, 5), strict=True):
        expected = torch.tensor([0.0, 1.0, 0.0, 0.0]).repeat_interleave(size)
        assert torch.equal((layer.bias_ih_l0 + layer.bias_hh_l0).detach(), expected)


def test_forget_bias_replaces_random_biases_and_leaves_the_other_gates_theirs() -> None:
    plain, stack = Recurrent("lstm", 3, [4, 5]), Recurrent("lstm", 3, [4, 5])
    for some, bias in ((plain, None), (stack, 1.5)):
        torch.manual_seed(3)
        initialise(some, "uniform", 0.3, forget_bias=bias)
    for layer, other, size in zip(stack.layers, plain.layers, (4, 5), strict=True):
        forget = torch.arange(size, 2 * size)
        assert torch.equal((layer.bias_ih_l0 + layer.bias_hh_l0)[forget], torch.full((size,), 1.5))
        for name, parameter in layer.named_parameters():
            kept = torch.ones(len(parameter), dtype=torch.bool)
            kept[forget] = not name.startswith("bias")
            assert torch.equal(parameter[kept], other.get_parameter(name)[kept])
            assert (parameter[~kept] == (1.5 if name == "bias_ih_l0" else 0.0)).all()


@pytest.mark.parametrize(
    ("scheme", "role", "spread"),
    [
        ("book", "embedding", 0.01),
        ("book", "output", 1 / 20),
        ("uniform", "embedding", 0.3 / 3**0.5),
        ("uniform", "output", 0.3 / 3**0.5),
        ("word_language_model", "embedding", 0.1 / 3**0.5),
        ("word_language_model", "output", 0.1 / 3**0.5),
        ("torch", "embedding", 1.0),
        ("torch", "output", 1 / 20 / 3**0.5),
    ],
)
def test_initialisation_of_embedding_and_output(scheme: str, role: str, spread: float) -> None:
    torch.manual_seed(0)
    matrix = torch.nn.Parameter(torch.full((100, 400), float("nan")))
    initialise_matrix(matrix, scheme, role, bound=0.3)
    assert matrix.std().item() == pytest.approx(spread, rel=0.02)


def test_state_dict_round_trip() -> None:
    first, second = Recurrent("gru", 3, [4, 5]), Recurrent("gru", 3, [4, 5])
    second.load_state_dict(first.state_dict())
    x = torch.randn(2, 1, 3)
    assert torch.equal(first(x, first.initial_state(1))[0], second(x, second.initial_state(1))[0])


def test_every_cell_has_a_layer_of_its_own_kind() -> None:
    kinds = [
        (type(layer), getattr(layer, "nonlinearity", getattr(layer, "cell", "")))
        for layer in (recurrent.make_layer(c, 2, 3) for c in CELLS)
    ]
    assert len(set(kinds)) == len(CELLS)


@pytest.mark.parametrize("cell", ["rnn_tanh", "rnn_relu", "lstm", "gru", "mogrifier"])
def test_weight_dropout_is_the_same_layer_with_some_recurrent_weights_at_zero(cell: str) -> None:
    torch.manual_seed(0)
    stack = Recurrent(cell, 3, [6], weight_dropout=0.4)
    drawn: list[torch.Tensor] = []
    stack.weight_dropout.register_forward_hook(lambda module, inputs, output: drawn.append(output))
    x, state = torch.randn(5, 2, 3), tuple(torch.randn_like(part) for part in stack.initial_state(2))
    trained, trained_state = stack(x, state)
    (weight_hh,) = drawn
    own = stack.layers[0].weight_hh_l0
    assert 0.2 < (weight_hh == 0).float().mean() < 0.6
    torch.testing.assert_close(weight_hh[weight_hh != 0], own[weight_hh != 0] / 0.6, rtol=1e-4, atol=0)
    trained.sum().backward()
    assert (own.grad[weight_hh == 0] == 0).all()
    assert (own.grad[weight_hh != 0] != 0).any()
    twin = Recurrent(cell, 3, [6])
    twin.load_state_dict(stack.state_dict())
    with torch.no_grad():
        twin.layers[0].weight_hh_l0.copy_(weight_hh)
    torch.testing.assert_close(twin(x, state), (trained, trained_state))
    twin.load_state_dict(stack.state_dict())
    torch.testing.assert_close(stack.eval()(x, state), twin(x, state))


def test_a_mogrifier_without_rounds_is_an_lstm() -> None:
    torch.manual_seed(0)
    lstm, mogrifier = Recurrent("lstm", 3, [4, 5]), Recurrent("mogrifier", 3, [4, 5], mogrify=(0, None))
    mogrifier.load_state_dict(lstm.state_dict())
    x = torch.randn(6, 2, 3)
    torch.testing.assert_close(mogrifier(x, mogrifier.initial_state(2)), lstm(x, lstm.initial_state(2)))


def test_a_mogrifier_of_low_rank_is_one_with_the_products_as_matrices() -> None:
    torch.manual_seed(0)
    low, full = (Recurrent("mogrifier", 3, [4], mogrify=(3, rank)).double() for rank in (2, None))
    weights = low.state_dict()
    for i in range(3):
        weights[f"layers.0.gates.{i}.0"] = weights[f"layers.0.gates.{i}.0"] @ weights.pop(f"layers.0.gates.{i}.1")
    full.load_state_dict(weights)
    x = torch.randn(6, 2, 3, dtype=torch.float64)
    torch.testing.assert_close(low(x, low.initial_state(2)), full(x, full.initial_state(2)))
