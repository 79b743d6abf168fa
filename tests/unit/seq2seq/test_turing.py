"""A neural Turing machine against its equations, written out step by step (Graves, Wayne and Danihelka 2014)."""

from __future__ import annotations

import numpy as np
import torch

from seqtool.seq2seq.architectures.turing import TuringMachine
from seqtool.seq2seq.options import Seq2SeqOptions


def softplus(x: np.ndarray) -> np.ndarray:
    return np.log1p(np.exp(x))


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def address(asked: np.ndarray, before: np.ndarray, memory: np.ndarray) -> np.ndarray:
    """Equations 5 to 9: by content, interpolated, shifted by one place, sharpened."""
    width = memory.shape[1]
    key, strength, gate, sharpness, shift = np.split(asked, [width, width + 1, width + 2, width + 3])
    alike = memory @ key / (np.linalg.norm(memory, axis=1) * np.linalg.norm(key))
    content = np.exp(softplus(strength) * alike)
    gated = sigmoid(gate) * content / content.sum() + (1 - sigmoid(gate)) * before
    back, stay, on = np.exp(shift) / np.exp(shift).sum()
    shifted = [back * gated[(i + 1) % len(gated)] + stay * gated[i] + on * gated[i - 1] for i in range(len(gated))]
    sharp = np.array(shifted) ** (1 + softplus(sharpness))
    return np.asarray(sharp / sharp.sum())


def test_a_step_and_what_is_said_of_it() -> None:
    torch.manual_seed(4)
    options = Seq2SeqOptions(emb_dim=3, hidden_dim=5, memory_slots=4, memory_width=3)
    machine = TuringMachine(options, 2).double()
    for parameter in machine.parameters():
        torch.nn.init.normal_(parameter, std=0.7)
    with torch.no_grad():
        state = machine.empty(1)
        state = (*state[:5], torch.randn(1, 4, 3, dtype=torch.float64))
        x = torch.randn(1, 3, dtype=torch.float64)
        outs, after, looked = machine(x[None], None, state)
        h, c = machine.controller(torch.cat([x, state[2]], 1), (state[0], state[1]))
        parts = np.split(machine.heads(h)[0].numpy(), [9, 18, 21])
        said = machine.out(torch.cat([h, after[2]], 1))
    memory, reading, writing = (part[0].numpy() for part in (state[5], state[3], state[4]))
    writes = address(parts[1], writing, memory)
    memory = memory * (1 - np.outer(writes, sigmoid(parts[2]))) + np.outer(writes, np.tanh(parts[3]))
    reads = address(parts[0], reading, memory)
    expected = (h[0].numpy(), c[0].numpy(), reads @ memory, reads, writes, memory)
    for found, wanted in zip(after, expected, strict=True):
        np.testing.assert_allclose(found[0].numpy(), wanted, rtol=1e-6, atol=1e-9)
    assert looked is None
    torch.testing.assert_close(outs[0], said)


def test_padding_leaves_the_machine_as_it_is() -> None:
    torch.manual_seed(5)
    machine = TuringMachine(Seq2SeqOptions(emb_dim=3, hidden_dim=5, memory_slots=4, memory_width=3), 2)
    x = torch.randn(4, 2, 3)
    mask = torch.tensor([[True, True, False, False], [True] * 4])
    both, first = machine.read(x, mask), machine.read(x[:2, :1], mask[:1, :2])
    for part, alone in zip(both.extra, first.extra, strict=True):
        torch.testing.assert_close(part[:1], alone)
