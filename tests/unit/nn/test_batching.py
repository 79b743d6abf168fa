"""Every token is a target exactly once, after the right inputs, in any geometry, and also after a resume."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqtool.nn.batches.batching import IGNORED, Batch, Batches, SentenceBatches, StreamBatches, WindowBatches, shuffled

EOS = 9000
sizes = st.integers(1, 60)


def numbered(count: int) -> np.ndarray:
    """Ids that tell their position."""
    return np.arange(1, count + 1, dtype=np.uint16)


def real_targets(batches: list[Batch]) -> list[int]:
    return [int(t) for batch in batches for t in batch.targets.flatten() if t != IGNORED]


def assert_equal(first: list[Batch], second: list[Batch]) -> None:
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        assert torch.equal(a.inputs, b.inputs)
        assert torch.equal(a.targets, b.targets)
        assert a.tokens == b.tokens


@given(count=sizes, batch_size=sizes, bptt=sizes)
def test_streams_cover_every_token_once_and_in_order(count: int, batch_size: int, bptt: int) -> None:
    stream = StreamBatches(numbered(count), EOS, batch_size, bptt)
    batches = list(stream)
    assert sum(batch.tokens for batch in batches) == count
    assert sorted(real_targets(batches)) == list(range(1, count + 1))
    inputs = torch.cat([batch.inputs for batch in batches])
    targets = torch.cat([batch.targets for batch in batches])
    assert inputs.shape == targets.shape == (stream.stream_length, batch_size)
    assert all(len(batch.inputs) <= bptt for batch in batches)
    by_stream = targets.T.flatten()
    assert by_stream[by_stream != IGNORED].tolist() == list(range(1, count + 1))
    before = torch.where(targets == 1, EOS, targets - 1)
    assert torch.equal(inputs[targets != IGNORED], before[targets != IGNORED])
    assert (inputs[targets == IGNORED] == EOS).all()


def test_streams_by_hand() -> None:
    first, second = StreamBatches(numbered(7), EOS, batch_size=3, bptt=2)
    assert first.inputs.tolist() == [[EOS, 3, 6], [1, 4, EOS]]
    assert first.targets.tolist() == [[1, 4, 7], [2, 5, IGNORED]]
    assert second.inputs.tolist() == [[2, 5, EOS]]
    assert second.targets.tolist() == [[3, 6, IGNORED]]
    assert (first.tokens, second.tokens) == (5, 2)
    assert first.inputs.dtype == first.targets.dtype == torch.int64


lengths = st.lists(st.integers(0, 12), min_size=1, max_size=250)


@given(lengths=lengths, batch_size=st.integers(1, 4), shuffle=st.booleans())
def test_sentences_are_whole_and_cover_every_token_once(lengths: list[int], batch_size: int, shuffle: bool) -> None:
    bounds = np.cumsum([0, *lengths]).astype(np.uint32)
    batches = list(SentenceBatches(numbered(bounds[-1]), bounds, EOS, batch_size, seed=3, shuffle=shuffle))
    seen = []
    for batch in batches:
        assert batch.tokens == int((batch.targets != IGNORED).sum())
        for inputs, targets in zip(batch.inputs.T.tolist(), batch.targets.T.tolist(), strict=True):
            sentence = [t for t in targets if t != IGNORED]
            assert targets == sentence + [IGNORED] * (len(targets) - len(sentence))
            assert inputs[: len(sentence)] == [EOS, *sentence[:-1]][: len(sentence)]
            seen.append(sentence)
    expected = [list(range(a + 1, b + 1)) for a, b in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)]
    assert sorted(s for s in seen if s) == [s for s in expected if s]


def test_sentences_of_a_batch_have_about_the_same_length() -> None:
    lengths = np.random.default_rng(0).integers(1, 80, 2000)
    bounds = np.cumsum([0, *lengths])
    batches = list(SentenceBatches(np.zeros(bounds[-1], np.uint8), bounds, EOS, batch_size=20))
    assert sum(batch.tokens for batch in batches) / sum(batch.targets.numel() for batch in batches) > 0.95
    longest = [len(batch.targets) for batch in batches]
    assert longest != sorted(longest)


@given(count=sizes, context=st.integers(1, 5), batch_size=st.integers(1, 20), shuffle=st.booleans())
def test_windows_cover_every_token_once(count: int, context: int, batch_size: int, shuffle: bool) -> None:
    batches = list(WindowBatches(numbered(count), EOS, context, batch_size, seed=1, shuffle=shuffle))
    assert sorted(real_targets(batches)) == list(range(1, count + 1))
    for batch in batches:
        assert batch.inputs.shape == (batch.tokens, context)
        before = batch.targets[:, None] + torch.arange(-context, 0)
        assert torch.equal(batch.inputs, torch.where(before < 1, EOS, before))
    if not shuffle:
        assert real_targets(batches) == list(range(1, count + 1))


@pytest.fixture(params=["stream", "sentence", "window"])
def make_batches(request: pytest.FixtureRequest, tmp_path: Path) -> Batches:
    """Each kind on a memory map of 997 tokens, 121 sentences."""
    np.save(tmp_path / "ids.npy", numbered(997))
    ids = np.load(tmp_path / "ids.npy", mmap_mode="r")
    if request.param == "stream":
        return StreamBatches(ids, EOS, 4, 10)
    if request.param == "window":
        return WindowBatches(ids, EOS, 3, 30, seed=5)
    bounds = np.sort(np.random.default_rng(2).integers(0, 997, 120))
    return SentenceBatches(ids, np.array([0, *bounds, 997]), EOS, 3, seed=5)


def test_resume_anywhere_gives_the_same_rest(make_batches: Batches) -> None:
    batches = make_batches
    epochs = [list(batches), list(batches)]
    assert batches.epoch == 2
    for stop in (1, len(epochs[1]) // 2, len(epochs[1])):
        batches.load_state_dict({"epoch": 1, "position": 0})
        begun = iter(batches)
        head = [next(begun) for _ in range(stop)]
        state = batches.state_dict()
        batches.load_state_dict({"epoch": 0, "position": 0})
        batches.load_state_dict(state)
        assert_equal(head + list(batches), epochs[1])
        assert batches.state_dict() == {"epoch": 2, "position": 0}


def test_shuffled_kinds_have_another_order_every_epoch_and_seed(make_batches: Batches) -> None:
    first, second = real_targets(list(make_batches)), real_targets(list(make_batches))
    assert sorted(first) == sorted(second)
    assert (first == second) == make_batches.stateful


def test_id_map_is_applied_to_inputs_and_targets() -> None:
    ids = np.array([2, 0, 1, 2], dtype=np.uint16)
    (batch,) = StreamBatches(ids, 7, 1, 10, id_map=np.array([7, 70, 700]))
    assert batch.inputs.flatten().tolist() == [7, 700, 7, 70]
    assert batch.targets.flatten().tolist() == [700, 7, 70, 700]
    (window,) = WindowBatches(ids, 7, 1, 10, id_map=np.array([7, 70, 700]), shuffle=False)
    assert window.inputs.flatten().tolist() == [7, 700, 7, 70]


@given(count=st.integers(1, 3000), seed=st.integers(0, 5), epoch=st.integers(0, 5))
def test_shuffled_is_a_permutation(count: int, seed: int, epoch: int) -> None:
    image = shuffled(np.arange(count), count, seed, epoch)
    assert np.array_equal(np.sort(image), np.arange(count))
    part = np.arange(count)[count // 3 : count // 2]
    assert np.array_equal(shuffled(part, count, seed, epoch), image[part])


def test_shuffled_looks_random() -> None:
    """Neighbours land far apart, each place is as likely as another, and epochs are unlike each other."""
    count = 100_000
    image = shuffled(np.arange(count), count, 0, 0)
    assert abs(np.corrcoef(np.arange(count), image)[0, 1]) < 0.02
    assert abs(np.corrcoef(image[:-1], image[1:])[0, 1]) < 0.02
    histogram, _ = np.histogram(image[: count // 10], bins=20, range=(0, count))
    assert ((histogram - 500) ** 2 / 500).sum() < 45.3  # chi-squared, 19 degrees of freedom, p = 0.0006
    assert abs(np.corrcoef(image, shuffled(np.arange(count), count, 0, 1))[0, 1]) < 0.02
    assert (image == np.arange(count)).sum() < 10
