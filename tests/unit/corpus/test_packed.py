"""Texts as bytes in a row behave as a list of them does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqtool.corpus.packed import PackedTexts

TEXTS = st.lists(st.text(st.sampled_from("ab\0\né가😀\udc80"), max_size=40), unique=True, max_size=30)


@given(TEXTS, st.randoms(use_true_random=False))
def test_the_order_is_that_of_count_and_bytes(texts: list[str], random: object) -> None:
    counts = np.array([random.choice([1, 1, 2, 1 << 40]) for _ in texts], np.int64)  # type: ignore[attr-defined]
    expected = sorted(range(len(texts)), key=lambda at: (-counts[at], texts[at].encode("utf-8", "surrogateescape")))
    assert PackedTexts.of(texts).by_rank(counts).tolist() == expected


@given(TEXTS)
def test_it_is_read_as_a_list_is(texts: list[str]) -> None:
    packed = PackedTexts.of(texts)
    assert packed == texts
    assert list(packed) == texts
    assert [packed[at] for at in range(-len(texts), len(texts))] == texts * 2
    assert [list(packed[first:]) for first in range(4)] == [texts[first:] for first in range(4)]
    assert list(packed[::-2]) == texts[::-2]
    assert all(packed.index(text) == at for at, text in enumerate(texts))
    assert "absent" not in packed
    assert 5 not in packed


def test_taking_puts_texts_in_an_order_after_others() -> None:
    texts = [f"w{number}" for number in range(100_000)]
    order = np.random.default_rng(3).permutation(len(texts))
    taken = PackedTexts.of(texts).taken(order, ["<unk>", "<eos>"])
    assert list(taken) == ["<unk>", "<eos>", *(texts[at] for at in order)]


def test_what_is_not_there_has_no_index() -> None:
    with pytest.raises(ValueError, match="x"):
        PackedTexts.of(["a", "b"]).index("x")
    with pytest.raises(IndexError):
        PackedTexts.of(["a"])[1]


def test_packed_texts_are_joined_and_one_that_occurs_twice_is_found() -> None:
    blocks = [PackedTexts.of(texts) for texts in ([], ["a", ""], [], ["눈", "b\n", "a"])]
    joined = PackedTexts.joined(blocks)
    assert list(joined) == ["a", "", "눈", "b\n", "a"]
    assert joined.repeated() == "a"
    assert joined.repeated(1) is None
    assert len(PackedTexts.joined([])) == 0
    assert PackedTexts.joined([]).repeated() is None
