"""Counting equals a brute force that reads as the definition does, whatever the memory, the parts and the threads."""

from __future__ import annotations

import dataclasses
import io
import math
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqtool.corpus import options as options_module
from seqtool.corpus.corpus import Corpus
from seqtool.counts import cooccurrence, sparse, text
from seqtool.counts.cooccurrence import _capacity, _sum_dtype, window_weights
from seqtool.counts.options import DIRECTIONS, WEIGHTINGS, CooccurOptions
from seqtool.counts.text import FilteredText
from seqtool.errors import InputError, UsageError

Lines = list[list[int]]
UNIT = {"flat": lambda d, w: 1, "distance": lambda d, w: Fraction(1, d), "dynamic": lambda d, w: Fraction(w - d + 1, w)}
SIDES = {"symmetric": (1, -1), "left": (-1,), "right": (1,)}


def brute_force(lines: Lines, o: CooccurOptions) -> dict[tuple[int, int], Fraction]:
    """Pair of ids → weight. ``lines`` hold only ids that are counted."""
    sums: Counter[tuple[int, int]] = Counter()
    for line in [[*chain(*lines)]] if o.across_lines else lines:
        for i, word in enumerate(line):
            for distance in range(1, o.window + 1):
                for j in (i + side * distance for side in SIDES[o.direction]):
                    if 0 <= j < len(line):
                        sums[word, line[j]] += UNIT[o.weighting](distance, o.window)  # type: ignore[assignment]
    return dict(sums)  # type: ignore[arg-type]


def ranking(lines: Lines, o: CooccurOptions) -> list[int]:
    """The ids that are counted, by falling count."""
    counts = Counter(word for line in lines for word in line if word >= 2)
    ranked = sorted((-count, word) for word, count in counts.items() if count >= o.min_count)
    return [word for _, word in ranked][: o.max_vocab]


def random_bits(seed: int, position: int) -> int:
    """SplitMix64's finaliser of a seed and a position."""
    mask = 2**64 - 1
    z = seed * 0xBF58476D1CE4E5B9 + position * 0x9E3779B97F4A7C15 & mask
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & mask
    z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
    return z ^ z >> 31


def kept_lines(lines: Lines, o: CooccurOptions) -> Lines:
    """The lines without the words that are not counted, or taken out at random (at their place in the corpus)."""
    counts = Counter(word for line in lines for word in line)
    kept, position = set(ranking(lines, o)), 0
    total = sum(counts[word] for word in kept)
    result: Lines = []
    for line in lines:
        result.append([])
        for place, word in enumerate(line, position):
            if word not in kept:
                continue
            ratio = np.float64(counts[word]) / (o.sample * total) if o.sample else 0.0
            share = min((np.sqrt(ratio) + 1) / ratio, 1.0) if ratio else 1.0
            if share == 1.0 or random_bits(o.seed, place) <= int(share * 2.0**64):
                result[-1].append(word)
        position += len(line) + 1
    return result


@contextmanager
def in_pieces(
    capacity: int | None, block_tokens: int = 1 << 20, block_entries: int = 1 << 19, level: int = 3
) -> Iterator[None]:
    """Counting in parts of ``capacity`` items, read and made a few at a time; ``level`` parts are merged into one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "_BLOCK_TOKENS", block_tokens)
        patch.setattr(cooccurrence, "_BLOCK_ENTRIES", block_entries)
        patch.setattr(sparse, "_MATRICES_OF_A_LEVEL", level)
        if capacity:
            patch.setattr(cooccurrence, "_capacity", lambda *arguments: capacity)
        yield


all_options = st.builds(
    CooccurOptions,
    window=st.integers(1, 12),
    weighting=st.sampled_from(WEIGHTINGS),
    direction=st.sampled_from(DIRECTIONS),
    across_lines=st.booleans(),
    min_count=st.integers(1, 3),
    max_vocab=st.none() | st.integers(1, 6),
    sample=st.sampled_from([0.0, 0.0, 0.5, 0.05, 1e-3]),
    seed=st.integers(0, 2**32 - 1),
    threads=st.integers(1, 2),
)
ids = st.sampled_from([0, 2, 2, 2, 3, 3, 4, 5, 6, 7, 8, 9])
texts = st.lists(st.lists(ids, max_size=14), min_size=1, max_size=12)


@settings(max_examples=250, deadline=None)
@given(
    lines=texts,
    o=all_options,
    train=st.integers(0, 12),
    dtype=st.sampled_from([np.uint16, np.uint32]),
    room=st.integers(1, 40),
    block_tokens=st.integers(1, 9),
    block_entries=st.integers(1, 20),
    level=st.integers(2, 4),
)
def test_it_equals_a_brute_force_and_pieces_change_no_byte(
    corpus_of_ids: Callable[..., Corpus],
    counting: Callable[..., Any],
    lines: Lines,
    o: CooccurOptions,
    train: int,
    dtype: Any,
    room: int,
    block_tokens: int,
    block_entries: int,
    level: int,
) -> None:
    train = min(train, len(lines))
    learned = lines[:train]
    words = ranking(learned, o)
    options = dataclasses.asdict(o)
    with tempfile.TemporaryDirectory() as folder:
        corpus = corpus_of_ids(Path(folder), lines, words=12, train=train, dtype=dtype)
        if not words:
            with pytest.raises(InputError, match=rf"no word .* {o.min_count} "):
                counting(corpus, **options)
            return
        whole = counting(corpus, **options)
        with in_pieces(4 * o.window + room, block_tokens, block_entries, level):
            pieces = counting(corpus, **options)
    assert pieces.files == whole.files
    assert pieces.counted.ledger == whole.counted.ledger
    kept = kept_lines(learned, o)
    expected = brute_force(kept, o)
    entries = zip(*whole.matrix.nonzero(), whole.matrix.data.tolist(), strict=True)
    unit = whole.counted.unit
    assert {(words[row], words[column]): Fraction(value, unit) for row, column, value in entries} == expected
    assert whole.counted.words == [f"w{word}" for word in words]
    counts = Counter(word for line in learned for word in line)
    assert whole.counted.counts_V.tolist() == [counts[word] for word in words]
    left_out = {row["why"]: row["count"] for row in whole.counted.ledger}
    rare = sum(n for word, n in counts.items() if word >= 2 and word not in words)
    sampled = sum(counts[word] for word in words) - sum(map(len, kept))
    assert left_out.get("left out: unknown (<unk>)", 0) == counts[0]
    assert sum(n for why, n in left_out.items() if "--min-count" in why) == rare
    assert sum(n for why, n in left_out.items() if "--sample" in why) == sampled


def test_columns_ascend_and_values_have_32_bits(
    corpus_of_ids: Callable[..., Corpus], counting: Callable[..., Any], tmp_path: Path
) -> None:
    draw = np.random.default_rng(2)
    result = counting(corpus_of_ids(tmp_path, draw.integers(2, 900, (50, 40)).tolist()), window=4)
    matrix = result.matrix
    for row in range(matrix.shape[0]):
        columns = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
        assert np.all(np.diff(columns) > 0)
    assert {name: np.load(io.BytesIO(data)).dtype.name for name, data in result.files.items()} == {
        "indptr.npy": "int64",
        "indices.npy": "int32",
        "data.npy": "uint32",
    }
    assert (matrix != matrix.T).nnz == 0, "both sides count alike"


def test_left_is_the_transpose_of_right_and_together_they_are_symmetric(
    corpus_of_ids: Callable[..., Corpus], counting: Callable[..., Any], tmp_path: Path
) -> None:
    corpus = corpus_of_ids(tmp_path, np.random.default_rng(3).integers(2, 30, (20, 20)).tolist())
    left, right, both = (counting(corpus, direction=way).matrix.toarray() for way in ("left", "right", "symmetric"))
    assert (left == right.T).all()
    assert (left + right == both).all()


@pytest.mark.parametrize("words", [65_535, 65_536, 65_537, 70_000])
def test_streams_of_16_and_32_bits(
    corpus_of_ids: Callable[..., Corpus], counting: Callable[..., Any], tmp_path: Path, words: int
) -> None:
    """65,535 is the end of a line where words are as many; more words need 32 bits."""
    line = np.arange(2, words + 2)
    corpus = corpus_of_ids(tmp_path, [line[: words // 2].tolist(), line[words // 2 :].tolist()])
    assert FilteredText(corpus, CooccurOptions(min_count=1)).dtype == (np.uint16 if words < 65_536 else np.uint32)
    matrix = counting(corpus, window=1, threads=2).matrix
    with in_pieces(20_000):
        assert (counting(corpus, window=1).matrix != matrix).nnz == 0
    upper = np.ones(words - 1)
    upper[words // 2 - 1] = 0  # the line ends there
    assert matrix.nnz == 2 * (words - 2)
    assert (matrix.diagonal(1) == upper).all()
    assert (matrix.diagonal(-1) == upper).all()


@pytest.mark.parametrize(("count", "dtype"), [(290_947, "uint32"), (290_948, "uint64")])
def test_sums_of_32_and_64_bits(
    corpus_of_ids: Callable[..., Corpus], counting: Callable[..., Any], tmp_path: Path, count: int, dtype: str
) -> None:
    """Window 10 is in units of 1/2520: a word beside nothing but itself has 2 · 7381 of them, 2³² at 290,947.5 times.

    Of n words in a row, 2 (n - d) have one at distance d.
    """
    result = counting(corpus_of_ids(tmp_path, [[2] * count]), window=10, weighting="distance")
    assert result.counted.unit == 2520
    assert result.dtype == dtype
    assert result.matrix.data.tolist() == [sum(2 * (count - d) * 2520 // d for d in range(1, 11))]


def test_a_sum_beyond_32_bits_is_exact_in_parts_too(
    corpus_of_ids: Callable[..., Corpus], counting: Callable[..., Any], tmp_path: Path
) -> None:
    corpus = corpus_of_ids(tmp_path, [[2] * 400_000])
    whole = counting(corpus, window=10)
    assert whole.matrix.data[0] > 1 << 32
    with in_pieces(100_000):
        assert counting(corpus, window=10, threads=2).files == whole.files


@pytest.mark.parametrize(("window", "times"), [(42, 5), (43, 1), (1000, 1)])
def test_windows_that_no_64_bits_hold_are_refused(
    corpus_of_ids: Callable[..., Corpus], counting: Callable[..., Any], tmp_path: Path, window: int, times: int
) -> None:
    """A side of window 42 sums to 9.5e17 units: both of a word that occurs 4 times to less than 2⁶³, 5 times to more.

    A single side of window 43 sums to more; the other weightings have small units.
    """
    corpus = corpus_of_ids(tmp_path, [[2, 3, 4] * times])
    with pytest.raises(UsageError, match=f"--window {window} .*--weighting distance"):
        counting(corpus, window=window)
    assert counting(corpus, window=window, weighting="dynamic").counted.unit == window
    assert counting(corpus, window=window, weighting="flat").counted.unit == 1
    corpus = corpus_of_ids(tmp_path, [[2] * 4])
    assert counting(corpus, window=42).matrix.data.tolist() == [2 * (3 * 6 + 2 * 3 + 2) * math.lcm(*range(1, 43)) // 6]


@pytest.mark.parametrize(
    ("count", "outcome"), [((1 << 31) - 1, "uint32"), (1 << 31, "uint64"), ((1 << 62) - 1, "uint64"), (1 << 62, None)]
)
def test_the_width_of_a_sum(count: int, outcome: str | None) -> None:
    """A word that occurs n times has at most 2 n neighbours at distance 1."""
    o = CooccurOptions(window=1)
    kept: Any = SimpleNamespace(counts_V=np.array([5, count, 3]))
    if outcome is None:
        with pytest.raises(UsageError, match="64 bits"):
            _sum_dtype(kept, window_weights(o), o)
    else:
        assert _sum_dtype(kept, window_weights(o), o) == np.dtype(outcome)
    one_side = dataclasses.replace(o, direction="left")
    assert _sum_dtype(kept, window_weights(one_side), one_side) == np.dtype("uint32" if count < 1 << 32 else "uint64")


def test_words_that_are_not_counted_are_taken_out_before_windows_are_drawn(
    corpus_of_ids: Callable[..., Corpus], counting: Callable[..., Any], tmp_path: Path
) -> None:
    corpus = corpus_of_ids(tmp_path, [[2, 0, 5, 3], [2, 2, 3, 3]])
    result = counting(corpus, window=1, weighting="flat", min_count=2, direction="right")
    assert result.counted.words == ["w2", "w3"]
    assert result.matrix.toarray().tolist() == [[1, 2], [0, 1]], "2 and 3 of the first line are neighbours"


def test_blank_lines_end_a_window_only_where_lines_do(
    corpus_of_ids: Callable[..., Corpus], counting: Callable[..., Any], tmp_path: Path
) -> None:
    corpus = corpus_of_ids(tmp_path, [[], [2], [], [], [3], []])
    assert counting(corpus, window=1).matrix.nnz == 0
    assert counting(corpus, window=1, across_lines=True).matrix.toarray().tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_change_no_byte(
    corpus_of_ids: Callable[..., Corpus], counting: Callable[..., Any], tmp_path: Path, threads: int
) -> None:
    lines = (np.random.default_rng(6).zipf(1.5, (300, 30)) % 500 + 2).tolist()
    corpus = corpus_of_ids(tmp_path, lines)
    expected = counting(corpus, window=3, sample=0.01)
    with in_pieces(2000, 777, 100):
        assert counting(corpus, window=3, sample=0.01, threads=threads).files == expected.files


def test_subsampling_keeps_the_share_of_word2vec(
    corpus_of_ids: Callable[..., Corpus], counting: Callable[..., Any], tmp_path: Path
) -> None:
    """(√(f/t) + 1) t/f of the occurrences stay: f = 0.9 and 0.1, t = 0.1: 4/9 of the one, all of the other."""
    line = ([2] * 9 + [3]) * 1000
    found = []
    for seed in (1, 2, 3):
        ledger = counting(corpus_of_ids(tmp_path, [line]), sample=0.1, seed=seed).counted.ledger
        (row,) = ledger
        assert row["count"] == pytest.approx(9000 * 5 / 9, abs=200), "4 standard deviations of 47"
        found.append(row["count"])
    assert len(set(found)) > 1


def test_the_seed_does_not_matter_without_subsampling(
    corpus_of_ids: Callable[..., Corpus], counting: Callable[..., Any], tmp_path: Path
) -> None:
    corpus = corpus_of_ids(tmp_path, [[2, 3, 4] * 50])
    assert counting(corpus, seed=1).files == counting(corpus, seed=2).files
    assert counting(corpus, seed=1, sample=0.01).files != counting(corpus, seed=2, sample=0.01).files


def test_the_smallest_sample_takes_nearly_everything(
    corpus_of_ids: Callable[..., Corpus], counting: Callable[..., Any], tmp_path: Path, recwarn: Any
) -> None:
    corpus = corpus_of_ids(tmp_path, [[2, 3, 4] * 50])
    for sample in (1e-12, 1e-300, 5e-324):
        result = counting(corpus, sample=sample)
        assert result.matrix.nnz == 0
        assert result.counted.ledger == [{"what": "tokens", "count": 150, "why": f"left out: --sample {sample:g}"}]
    assert not list(recwarn)


@settings(deadline=None)
@given(
    memory=st.integers(options_module.LEAST_COUNTING_BYTES, 1 << 31),
    threads=st.integers(1, 64),
    size=st.integers(1, 10**7),
)
def test_a_part_fits_the_memory_unless_that_is_absurdly_small(memory: int, threads: int, size: int) -> None:
    kept: Any = SimpleNamespace(end=size, dtype=np.dtype(np.uint32))
    o = CooccurOptions(memory=str(memory), window=5)
    items = _capacity(kept, o, 8, threads)
    assert (1 << 16) + 20 <= items <= 1 << 30
    assert items * 8 + threads * size * 24 <= memory or items == max((1 << 16) + 20, size)


def test_a_real_memory_limit_makes_parts_of_the_same_bytes(
    corpus_of_ids: Callable[..., Corpus], counting: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (np.random.default_rng(8).zipf(1.4, (20_000, 10)) % 2000 + 2).tolist()
    corpus = corpus_of_ids(tmp_path, lines)
    expected = counting(corpus, window=2)
    monkeypatch.setattr(options_module, "LEAST_COUNTING_BYTES", 1 << 20)
    monkeypatch.setattr(cooccurrence, "_FIXED_BYTES", 1 << 20)
    merged: list[int] = []
    merge = cooccurrence._Counter.merge

    def watched(self: Any, matrices: Any) -> Any:
        merged.append(len(matrices))
        return merge(self, matrices)

    monkeypatch.setattr(cooccurrence._Counter, "merge", watched)
    assert counting(corpus, window=2, memory="7M").files == expected.files
    assert merged == [4], "220,000 items in parts of 65,544"
    assert counting(corpus, window=2, memory="1G").files == expected.files
    assert len(merged) == 1, "all at once"


@pytest.mark.parametrize(
    ("memory", "words"),
    [
        ("nonsense", "nonsense"),
        ("", "size"),
        ("-5M", "-5M is"),
        ("5X", "5X is"),
        ("99M", "--memory 99M .*100M"),
        ("5", "--memory 5 "),
    ],
)
def test_a_memory_that_is_no_size_or_too_little_is_refused(
    corpus_of_ids: Callable[..., Corpus], counting: Callable[..., Any], tmp_path: Path, memory: str, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        counting(corpus_of_ids(tmp_path, [[2, 3]]), memory=memory)


def test_ids_are_read_as_they_are_mapped(corpus_of_ids: Callable[..., Corpus], tmp_path: Path) -> None:
    corpus = corpus_of_ids(tmp_path, np.random.default_rng(1).integers(2, 99, (9, 11)).tolist())
    size = len(corpus.ids)
    for first in range(0, size + 1, 7):
        for last in (first, first + 1, first + 10, size, size + 50):
            part = corpus.read_ids(first, last)
            assert part.dtype == corpus.ids.dtype
            assert part.tolist() == corpus.ids[first:last].tolist()
    corpus.read_ids(0, 5)[:] = 7
    assert corpus.read_ids(0, 5).tolist() == corpus.ids[:5].tolist(), "a copy"
