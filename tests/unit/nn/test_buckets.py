"""Batches of pairs: every pair once an epoch, of about one length, and the same after a resumption."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqtool.nn.batches.batching import IGNORED
from seqtool.nn.batches.buckets import PairBatches, source_tensor
from seqtool.nn.training.gradient_accumulation import split_rows


@dataclass(frozen=True)
class Some:
    """Sentences in memory."""

    ids: np.ndarray
    bounds: np.ndarray


def sentences(lengths: list[int], first: int) -> Some:
    """Sentence i is first + i repeated, and <eos>."""
    ids = [token for i, length in enumerate(lengths) for token in [first + i] * (length - 1) + [1]]
    return Some(np.array(ids, np.uint16), np.concatenate([[0], np.cumsum(lengths)]))


def pairs(source: list[int], target: list[int], size: int, by_tokens: bool = False, seed: int = 0) -> PairBatches:
    rows = np.arange(len(source))
    return PairBatches(sentences(source, 100), sentences(target, 1000), rows, 1, size, by_tokens, seed)


LENGTHS = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=30)


@given(LENGTHS, st.integers(1, 40), st.booleans())
def test_every_pair_stands_in_one_batch_of_an_epoch(lengths: list[tuple[int, int]], size: int, tokens: bool) -> None:
    batches = pairs([s for s, _ in lengths], [t for _, t in lengths], size, tokens)
    for _ in range(2):
        members = [batches.members(i) for i in range(len(batches))]
        assert sorted(np.concatenate(members).tolist()) == list(range(len(lengths)))
        for some in members:
            longest = max(max(lengths[i]) for i in some)
            assert len(some) == 1 or (len(some) * longest if tokens else len(some)) <= size
        batches.epoch += 1


def test_a_batch_is_the_source_the_inputs_and_the_targets() -> None:
    batch = pairs([3, 2], [2, 4], 2).batch(0)
    assert batch.source is not None
    columns = sorted(zip(batch.source.t().tolist(), batch.inputs.t().tolist(), batch.targets.t().tolist(), strict=True))
    assert columns == [
        ([100, 100, 1], [1, 1000, 1, 1], [1000, 1, IGNORED, IGNORED]),
        ([101, 1, IGNORED], [1, 1001, 1001, 1001], [1001, 1001, 1001, 1]),
    ]
    assert batch.tokens == 6


def test_pairs_of_one_length_meet_others_every_epoch() -> None:
    batches = pairs([3] * 40, [3] * 40, 4)
    first = [sorted(batches.members(i).tolist()) for i in range(len(batches))]
    batches.epoch = 1
    assert first != [sorted(batches.members(i).tolist()) for i in range(len(batches))]


def test_without_bucketing_any_lengths_meet() -> None:
    """Of 100 short and 100 long pairs nearly all batches of 10 have both kinds; with bucketing none but one has."""
    short_and_long = sentences([2] * 100 + [9] * 100, 10)
    mixed = []
    for bucketing in (True, False):
        batches = PairBatches(short_and_long, short_and_long, np.arange(200), 1, 10, False, bucketing=bucketing)
        members = [batches.members(i) for i in range(len(batches))]
        assert sorted(np.concatenate(members).tolist()) == list(range(200))
        mixed.append(sum(0 < (some < 100).sum() < len(some) for some in members))
    assert mixed[0] == 0
    assert mixed[1] > 15


def test_resumed_in_the_middle_it_goes_on_with_the_same_batches() -> None:
    lengths = list(np.random.default_rng(1).integers(1, 9, 50))
    whole = pairs(lengths, lengths, 7)
    expected = [batch.targets for _ in range(2) for batch in whole]
    cut = pairs(lengths, lengths, 7)
    found = []
    for batch in cut:
        found.append(batch.targets)
        if len(found) == 3:
            break
    again = pairs(lengths, lengths, 7)
    again.load_state_dict(cut.state_dict())
    found += [batch.targets for _ in range(2) for batch in again]
    assert len(found) == len(expected)
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))


def test_vectors_instead_of_sentences() -> None:
    vectors = np.arange(6, dtype=np.float32).reshape(3, 2)
    batches = PairBatches(vectors, sentences([2, 2, 2], 5), np.arange(3), 1, 3, by_tokens=False)
    batch = batches.batch(0)
    assert batch.source is not None
    members = batches.members(0)
    assert torch.equal(batch.source.t(), torch.from_numpy(vectors[members]))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_batch_is_dealt_with_its_sources(count: int) -> None:
    batch = pairs([3, 2, 4], [2, 4, 3], 3).batch(0)
    pieces = split_rows(batch, count)
    assert torch.cat([piece.source for piece in pieces], 1).equal(batch.source)  # type: ignore[misc, arg-type]
    assert sum(piece.tokens for piece in pieces) == batch.tokens


def test_sources_are_padded_after_their_ends() -> None:
    assert source_tensor([[5, 1], [7, 8, 1]]).tolist() == [[5, 7], [1, 8], [IGNORED, 1]]
