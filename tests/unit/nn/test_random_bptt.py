"""Random lengths: every token a target once, as in the streams of one length."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seqtool.nn.batches.batching import IGNORED, StreamBatches
from seqtool.nn.batches.random_bptt import RandomStreamBatches


@given(count=st.integers(1, 600), batch=st.integers(1, 5), bptt=st.integers(1, 40), epoch=st.integers(0, 3))
def test_the_batches_joined_are_those_of_one_length_joined(count: int, batch: int, bptt: int, epoch: int) -> None:
    ids = np.random.default_rng(count).integers(2, 99, count).astype(np.uint16)
    plain, drawn = StreamBatches(ids, 1, batch, bptt), RandomStreamBatches(ids, 1, batch, bptt, 4)
    drawn.epoch = epoch
    assert sum(b.tokens for b in map(drawn.batch, range(len(drawn)))) == count
    for part in ("inputs", "targets"):
        joined = [
            np.concatenate([getattr(b, part).numpy() for b in map(some.batch, range(len(some)))])
            for some in (plain, drawn)
        ]
        real = np.concatenate([b.targets.numpy() for b in map(plain.batch, range(len(plain)))]) != IGNORED
        np.testing.assert_array_equal(joined[0][real], joined[1][real])


def test_lengths_lie_around_bptt_and_the_rate_follows_them() -> None:
    drawn = RandomStreamBatches(np.zeros(200_000, np.uint16), 1, 2, 70, 1)
    lengths = np.array([len(drawn.batch(index).inputs) for index in range(len(drawn))])[:-1]
    shares = [drawn.batch(index).lr_share for index in range(len(lengths))]
    np.testing.assert_allclose(shares, lengths / 70)
    long = lengths[lengths > 52]
    assert abs(long.mean() - 69.5) < 1, "rounded down"
    assert 4 < long.std() < 6
    assert 0.03 < (lengths <= 52).mean() < 0.07
    assert abs(lengths[lengths <= 52].mean() - 34.5) < 3


def test_every_epoch_and_seed_has_cuts_of_its_own_and_the_same_again() -> None:
    def cuts(seed: int, epoch: int) -> list[int]:
        drawn = RandomStreamBatches(np.zeros(2_000, np.uint16), 1, 2, 20, seed)
        drawn.epoch = epoch
        return [len(drawn.batch(index).inputs) for index in range(len(drawn))]

    assert cuts(1, 0) == cuts(1, 0)
    assert len({tuple(cuts(*pair)) for pair in ((1, 0), (1, 1), (2, 0))}) == 3
