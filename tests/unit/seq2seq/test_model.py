"""Every architecture: padding, company and cached steps change nothing; equations in float64; gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from seqtool.errors import UsageError
from seqtool.nn.batches.batching import IGNORED, Batch
from seqtool.nn.batches.buckets import source_tensor
from seqtool.nn.cells.recurrent import select
from seqtool.seq2seq.architectures.memory import Memory
from seqtool.seq2seq.architectures.transformer import Attention, places
from seqtool.seq2seq.architectures.turing import TuringMachine
from seqtool.seq2seq.model import Seq2Seq
from seqtool.seq2seq.options import Seq2SeqOptions
from seqtool.seq2seq.presets import PRESETS

KINDS: dict[str, dict[str, Any]] = {
    "lstm": {},
    "none": {"attention": "none"},
    "peeky": {"attention": "none", "peeky": True, "cell": "gru", "reverse_source": True},
    "deep": {"attention": "additive", "input_feeding": True, "bidirectional": True, "layers": 2, "residual": True},
    "location": {"attention": "location", "peeky": True, "cell": "rnn", "tied": False, "hidden_dim": 12},
    "minlstm": {"attention": "dot", "cell": "minlstm", "reverse_source": True},
    "direct": {"attention": "dot", "tied": False, "readout_dim": 0, "init": "book", "peeky": True},
    "transformer": {"arch": "transformer", "layers": 2, "hidden_dim": 24},
    "shared": {"arch": "transformer", "vocabulary": "shared", "reverse_source": True},
    "conv": {"arch": "conv", "layers": 2, "hidden_dim": 12},
    "ntm": {"arch": "ntm", "memory_slots": 6, "memory_width": 4},
}
EVERY = pytest.mark.parametrize("kind", KINDS)
SOURCES = [[2, 3, 4, 1], [5, 1], [7, 8, 9, 10, 11, 1]]


def model(kind: str, **others: Any) -> Seq2Seq:
    torch.manual_seed(1)
    options = Seq2SeqOptions(**({"emb_dim": 8, "dropout": 0.0, "max_length": 20} | KINDS[kind] | others))
    return Seq2Seq(options, 20, 20 if options.vocabulary == "shared" else 30, "fp64").eval().double()


def targets(steps: int = 5) -> Tensor:
    return torch.randint(2, 20, (steps, 3), generator=torch.Generator().manual_seed(2))


def outputs(made: Seq2Seq, source: Tensor, ids_TN: Tensor, hypotheses: int = 1) -> Tensor:
    memory = made.encode(source)
    found: Tensor = made.decode(ids_TN, memory, made.start(memory, hypotheses))[0]
    return found


@EVERY
def test_padding_never_changes_an_output(kind: str) -> None:
    made, source = model(kind), source_tensor(SOURCES)
    wider = torch.cat([source, torch.full((4, 3), IGNORED)])
    torch.testing.assert_close(outputs(made, wider, targets()), outputs(made, source, targets()))


@EVERY
def test_a_sentence_alone_is_read_as_among_others(kind: str) -> None:
    made = model(kind)
    together = outputs(made, source_tensor(SOURCES), targets())
    for i, ids in enumerate(SOURCES):
        alone = outputs(made, source_tensor([ids]), targets()[:, i : i + 1])
        torch.testing.assert_close(alone, together[:, i : i + 1])


@EVERY
def test_cached_steps_give_what_all_at_once_gives(kind: str) -> None:
    made, memory = model(kind), None
    memory = made.encode(source_tensor(SOURCES))
    whole = made.decode(targets(), memory, made.start(memory))[0]
    state, steps = made.start(memory), []
    for ids_N in targets():
        step, state, _ = made.decode(ids_N[None], memory, state)
        steps.append(step)
    torch.testing.assert_close(torch.cat(steps), whole)


@EVERY
def test_hypotheses_of_a_source_share_what_was_read(kind: str) -> None:
    """Two of each, reordered in the middle, against one of each."""
    made = model(kind)
    memory, ids = made.encode(source_tensor(SOURCES)), targets(4)
    other = (ids + 1) % 20
    both = torch.stack([ids, other], 2).flatten(1)
    _, state, _ = made.decode(both[:2], memory, made.start(memory, 2))
    swapped = torch.tensor([1, 0, 3, 2, 5, 4])
    rest = both[2:, swapped]
    found = made.decode(rest, memory, select(state, swapped))[0]
    expected = outputs(made, source_tensor(SOURCES), other)[2:]
    torch.testing.assert_close(found[:, ::2], expected)
    kept = torch.tensor([2, 0])
    fewer = made.decode(rest[:, [4, 5, 0, 1]], memory.select(kept), select(state, swapped[[4, 5, 0, 1]]))[0]
    torch.testing.assert_close(fewer[:, ::2], expected[:, kept])


@EVERY
def test_where_it_looked_sums_to_one_over_real_tokens(kind: str) -> None:
    made = model(kind)
    weights = made.look(targets(), made.encode(source_tensor(SOURCES)))
    if kind in ("none", "peeky", "ntm"):
        assert weights is None
        return
    assert weights is not None
    assert weights.shape == (3, 5, 6)
    for i, ids in enumerate(SOURCES):
        np.testing.assert_allclose(weights[i].sum(-1).detach(), 1.0, atol=1e-6)
        assert (weights[i, :, len(ids) :] == 0).all()


@EVERY
def test_gradients_agree_with_finite_differences(kind: str) -> None:
    made = model(kind, emb_dim=4, hidden_dim=4, heads=2).train()
    ids = targets(3)
    batch = Batch(ids, ids.roll(1, 0), 9, source=source_tensor(SOURCES))
    made.loss(batch).backward()  # type: ignore[no-untyped-call]
    draw = np.random.default_rng(3)
    for name, parameter in made.named_parameters():
        assert parameter.grad is not None, name
        flat, grad = parameter.data.view(-1), parameter.grad.view(-1)
        at = int(draw.integers(len(flat)))
        kept, size = float(flat[at]), 1e-5
        losses = []
        for shift in (size, -size):
            flat[at] = kept + shift
            losses.append(float(made.loss(batch).detach()))
        flat[at] = kept
        assert (losses[0] - losses[1]) / (2 * size) == pytest.approx(float(grad[at]), rel=1e-4, abs=1e-8), name


def test_reversing_the_source_is_reading_it_reversed() -> None:
    forward, backward = model("lstm"), model("lstm", reverse_source=True)
    backward.load_state_dict(forward.state_dict())
    turned = [[*ids[:-1][::-1], 1] for ids in SOURCES]
    torch.testing.assert_close(
        outputs(backward, source_tensor(turned), targets()), outputs(forward, source_tensor(SOURCES), targets())
    )


def test_multi_head_attention_is_pytorchs() -> None:
    torch.manual_seed(4)
    own, peer = Attention(8, 2).double(), nn.MultiheadAttention(8, 2, batch_first=True).double()
    with torch.no_grad():
        peer.in_proj_weight.copy_(torch.cat([own.query.weight, own.key_value.weight]))
        peer.in_proj_bias.copy_(torch.cat([own.query.bias, own.key_value.bias]).normal_())
        own.query.bias.copy_(peer.in_proj_bias[:8])
        own.key_value.bias.copy_(peer.in_proj_bias[8:])
        peer.out_proj.load_state_dict(own.out.state_dict())
    x, memory = torch.randn(3, 4, 8).double(), torch.randn(3, 6, 8).double()
    mask = torch.arange(6) < torch.tensor([[6], [2], [4]])
    expected, weights = peer(x, memory, memory, key_padding_mask=~mask)
    found = own(x, own.keys(memory), mask[:, None, None])
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(own.weights(x, own.keys(memory), mask[:, None, None]), weights)


def test_places_are_sines_and_cosines() -> None:
    found = places(5, torch.zeros(1, 6, dtype=torch.float64))
    for place in range(5):
        for i in range(3):
            angle = place / 10_000 ** (i / 3)
            np.testing.assert_allclose(found[place, [i, i + 3]], [np.sin(angle), np.cos(angle)], atol=1e-12)


def softmax(x: np.ndarray) -> np.ndarray:
    raised = np.exp(x - x.max())
    return np.asarray(raised / raised.sum())


def sigmoid(x: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-x)))


def softplus(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.log1p(np.exp(x)))


def test_a_turing_machine_by_its_equations() -> None:
    torch.manual_seed(5)
    slots, width, size = 5, 3, 4
    options = Seq2SeqOptions(arch="ntm", emb_dim=4, hidden_dim=size, memory_slots=slots, memory_width=width)
    machine = TuringMachine(options, 4).double()
    state = machine.empty(1)
    h, c, read, *addresses, memory = (part[0].detach().numpy() for part in state)
    reading, writing = addresses
    w = {name: value.detach().numpy() for name, value in machine.named_parameters()}

    def address(asked: np.ndarray, before: np.ndarray) -> np.ndarray:
        key, strength, gate, sharp, shift = np.split(asked, np.cumsum([width, 1, 1, 1]))
        alike = [key @ row / (np.linalg.norm(key) * np.linalg.norm(row)) for row in memory]
        content = softmax(softplus(strength) * np.array(alike))
        gated = sigmoid(gate) * content + (1 - sigmoid(gate)) * before
        s = softmax(shift)
        moved = [sum(gated[(i - by) % slots] * s[by + 1] for by in (-1, 0, 1)) for i in range(slots)]
        raised = np.array(moved) ** (1 + softplus(sharp))
        return np.asarray(raised / raised.sum())

    for x in torch.randn(4, 1, 4, dtype=torch.float64):
        state = machine.step(x, state)
        gates = w["controller.weight_ih"] @ np.concatenate([x[0].numpy(), read]) + w["controller.bias_ih"]
        gates = gates + w["controller.weight_hh"] @ h + w["controller.bias_hh"]
        i, f, g, o = np.split(gates, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        parts = np.split(w["heads.weight"] @ h + w["heads.bias"], np.cumsum([width + 6, width + 6, width]))
        writing = address(parts[1], writing)
        memory = memory * (1 - np.outer(writing, sigmoid(parts[2]))) + np.outer(writing, np.tanh(parts[3]))
        reading = address(parts[0], reading)
        read = reading @ memory
        for found, expected in zip(state, (h, c, read, reading, writing, memory), strict=True):
            np.testing.assert_allclose(found[0].detach(), expected, atol=1e-8)


def test_scheduled_sampling_feeds_its_own_words() -> None:
    made = model("lstm").train()
    ids = targets()
    inputs = torch.cat([torch.ones(1, 3, dtype=torch.int64), ids[:-1]])
    batch = Batch(inputs, ids, 15, source=source_tensor(SOURCES))
    memory = made.encode(batch.source)  # type: ignore[arg-type]
    own = made._with_own(batch, memory, 1.0)
    predicted = made.output.log_probs(outputs(made, source_tensor(SOURCES), inputs)).argmax(-1)
    assert own[0].tolist() == [1, 1, 1]
    assert own[1:].equal(predicted[:-1])
    assert made._with_own(batch, memory, 0.0).equal(inputs)


def test_the_tied_matrix_is_written_once() -> None:
    made = model("lstm")
    assert "output.weight" not in made.state_dict()
    other = model("lstm")
    other.load_state_dict(made.state_dict())
    assert other.output.weight is other.embedding.weight


@pytest.mark.parametrize("kind", ["lstm", "transformer", "conv"])
def test_a_vector_instead_of_a_text(kind: str) -> None:
    made = model(kind, source_vectors="x.npy")
    found = outputs(made, torch.randn(20, 3, dtype=torch.float64), targets())
    assert found.shape[:2] == (5, 3)
    assert not torch.allclose(found[:, 0], outputs(made, torch.randn(20, 3, dtype=torch.float64), targets())[:, 0])


@pytest.mark.parametrize(
    ("options", "word"),
    [({"arch": "transformer", "emb_dim": 6}, "heads"), ({"arch": "conv", "kernel_width": 4}, "even")],
)
def test_sizes_that_do_not_fit_are_refused(options: dict[str, Any], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        Seq2Seq(Seq2SeqOptions(**options), 5, 5)


def test_rows_of_a_memory() -> None:
    memory = Memory(torch.arange(6.0).view(3, 2, 1), torch.ones(3, 2, dtype=torch.bool), (torch.arange(3.0)[:, None],))
    assert memory.select(torch.tensor([2, 0])).ends[0].tolist() == [[2.0], [0.0]]


SPACE = 19


def padding_model(**others: Any) -> Seq2Seq:
    torch.manual_seed(1)
    options = Seq2SeqOptions(emb_dim=8, dropout=0.0, tied=False, attention="dot", reverse_source=True, **others)
    return Seq2Seq(options, 20, 30, "fp64", pad_id=SPACE).eval().double()


def test_padding_that_is_read_is_spaces_after_the_text() -> None:
    """--pad-source 5 reads what a model without it reads of texts with spaces written out, in which <eos> is one."""
    padded, plain = padding_model(pad_source=5), padding_model()
    plain.load_state_dict(padded.state_dict())
    spaces = [[*ids[:-1], *[SPACE] * (5 - len(ids[:-1]))] for ids in SOURCES]
    written_out = source_tensor([[*ids[::-1], 1] for ids in spaces])
    x_SBD, lengths = plain.source_embedding(written_out[:-1]), torch.tensor([5, 5, 5])  # type: ignore[misc]
    states, (end,) = plain.encoder(x_SBD, lengths)  # type: ignore[misc]
    memory = padded.encode(source_tensor(SOURCES))
    assert memory.mask_RS[:, :5].all()
    torch.testing.assert_close(memory.ends[0], end)
    torch.testing.assert_close(memory.states_RSH[:, :5], states.flip(0).transpose(0, 1))


def test_padding_that_is_read_does_not_depend_on_the_batch() -> None:
    made = padding_model(pad_source=3)
    together = outputs(made, source_tensor(SOURCES), targets())
    for i, ids in enumerate(SOURCES):
        alone = outputs(made, source_tensor([ids]), targets()[:, i : i + 1])
        torch.testing.assert_close(alone, together[:, i : i + 1])


def test_the_book_s_models_have_its_weights() -> None:
    """AttentionSeq2seq and PeekySeq2seq of chapters 8 and 7, counted by hand: D 16, one bias a gate, no layer between
    [h; c] or [h; z] and the output."""
    values = {preset.name: preset.values for preset in PRESETS}
    for name, hidden, read in (("book-dates", 256, 16), ("book-addition", 128, 16 + 128)):
        options = Seq2SeqOptions(**{k: v for k, v in values[name].items() if k in Seq2SeqOptions.__dataclass_fields__})
        made = Seq2Seq(options, 40, 13)
        encoder, decoder = (4 * hidden * (inputs + hidden + 1) for inputs in (16, read))
        expected = 40 * 16 + 13 * 16 + encoder + decoder + 13 * (2 * hidden + 1)
        assert sum(p.numel() for p in made.parameters() if p.requires_grad) == expected
        assert made.output.weight.std().item() == pytest.approx((2 * hidden) ** -0.5, rel=0.05)
        assert made.embedding.weight.std().item() == pytest.approx(0.01, rel=0.2)
