"""The alias table and the Huffman tree; what a block draws."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from seqtool.embeddings.kernels.arguments import Block, Targets
from seqtool.embeddings.kernels.blocks import draw_negatives, draw_widths
from seqtool.embeddings.kernels.replicas import compact
from seqtool.embeddings.schedules.worker import alias_table, huffman_paths


@pytest.mark.parametrize("weights", [[1.0], [1.0, 1.0], [5.0, 1.0, 0.5, 0.0], [1e-9, 1.0, 1e9]], ids=str)
def test_an_alias_table_holds_its_distribution(weights: list[float]) -> None:
    table = alias_table(np.array(weights))
    own = table.limits_V / 2.0**32
    held = own.copy()
    for column, alias in enumerate(table.aliases_V):
        held[alias] += 1 - own[column]
    np.testing.assert_allclose(held / len(weights), np.array(weights) / sum(weights), atol=1e-9)


def test_huffman_paths_are_the_shortest_and_no_prefix_of_another() -> None:
    counts = np.array([40, 30, 15, 10, 5])
    paths = huffman_paths(counts)
    lengths = np.diff(paths.starts_V1)
    assert lengths.tolist() == [1, 2, 3, 4, 4]  # by hand: ((5 10) 15) 30) 40
    codes = [tuple(paths.signs[a:b][::-1]) for a, b in itertools.pairwise(paths.starts_V1)]
    assert len(set(codes)) == 5
    assert not any(a != b and b[: len(a)] == a for a in codes for b in codes)
    assert {int(paths.nodes[b - 1]) for b in paths.starts_V1[1:]} == {3}, "every path begins at the root"
    assert set(paths.nodes.tolist()) == {0, 1, 2, 3}


def test_one_word_has_an_empty_path() -> None:
    assert huffman_paths(np.array([7])).starts_V1.tolist() == [0, 0]


def test_widths_are_drawn_evenly_and_line_ends_look_nowhere() -> None:
    stream, widths = np.zeros(30_000, np.int32), np.zeros(30_000, np.int32)
    stream[::3] = 9
    draw_widths(Block(stream, 0, 30_000, 9), 5, 123, widths)
    assert not widths[::3].any()
    shares = np.bincount(np.delete(widths, np.s_[::3]), minlength=6) / 20_000
    np.testing.assert_allclose(shares, [0, 0.2, 0.2, 0.2, 0.2, 0.2], atol=0.015)


def drawn(weights: np.ndarray, stream: np.ndarray, negative: int, state: int) -> tuple[np.ndarray, ...]:
    table, end = alias_table(weights), len(weights)
    size = len(stream) * -(-(negative + 1) // 6) * 6
    starts, targets = np.zeros(len(stream) + 1, np.int32), np.zeros(size, np.int32)
    signs, pool = np.zeros(size, np.float32), np.zeros(512, np.int32)
    block, targets_drawn = Block(stream, 0, len(stream), end), Targets(starts, targets, signs)
    draw_negatives(block, negative, table, pool, state, targets_drawn)
    return starts, targets, signs


def test_negatives_follow_the_distribution_and_are_never_the_word_itself() -> None:
    weights = np.array([4.0, 3.0, 2.0, 1.0, 1e-12])
    counts = np.zeros(6)
    for state in range(100):
        starts, targets, signs = drawn(weights, np.full(500, 4, np.int32), 1, state)
        assert starts.tolist() == list(range(0, 3001, 6))
        assert (targets[::6] == 4).all()
        assert (signs[::6] == 1).all()
        assert ((signs == 0) == (targets == 5)).all()
        counts += np.bincount(targets[signs == -1], minlength=6)
    np.testing.assert_allclose(counts[:4] / counts.sum(), [0.4, 0.3, 0.2, 0.1], atol=0.01)
    assert counts[4] == 0


def test_a_negative_stands_once_among_the_targets() -> None:
    _, targets, signs = drawn(np.ones(4), np.array([0, 4, 2], np.int32), 11, 5)
    for first in (0, 12):
        own = targets[first : first + 12][signs[first : first + 12] != 0].tolist()
        assert len(own) == len(set(own)) > 1


def test_compact_numbers_rows_in_the_order_they_come() -> None:
    numbers, slots = np.full(9, -1, np.int32), np.zeros(7, np.int32)
    own, uses = np.zeros(7, np.int32), np.zeros(7, np.int32)
    rows = np.array([5, 8, 2, 5, 9, 5, 2], np.int32)
    size = compact(rows, 0, 7, 8, numbers, slots, own, uses)
    assert (size, own[:size].tolist(), uses[:size].tolist()) == (2, [5, 2], [3, 2])
    assert slots.tolist() == [0, 2, 1, 0, 2, 0, 1]
    assert (numbers == -1).all()
