from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqtool.corpus.encoding import kernels
from seqtool.corpus.encoding.line_hash import hash_lines
from seqtool.corpus.encoding.pretokens import PretokenTable
from seqtool.corpus.tokenizers.tokenize import pretokenize

SPACES = "".join(chr(c) for c in range(sys.maxunicode + 1) if chr(c).isspace() and chr(c) != "\n")
LINES = st.lists(
    st.text(
        st.one_of(
            st.sampled_from(SPACES + "\0\r\u200b\u180e\u2027\u202a\u3001\u0084ab가힣々漢ꯀ"),
            st.characters(exclude_categories=["Cs"], exclude_characters="\n"),
        )
    ),
    min_size=1,
    max_size=6,
)


def pretokens_in(lines: list[str], mode: int) -> list[list[str]]:
    table = PretokenTable()
    pretokenized = table.pretokenize(
        "".join(f"{line}\n" for line in lines).encode(), len(lines), mode, drop_blank=False
    )
    texts = table.texts()
    names = iter([texts[number] for number in pretokenized.ids.tolist()])
    return [[next(names) for _ in range(count)] for count in pretokenized.pretokens.tolist()]


@given(LINES)
@settings(max_examples=300, deadline=None)
def test_words_are_those_of_str_split(lines: list[str]) -> None:
    assert pretokens_in(lines, kernels.WORDS) == [line.replace("\0", " ").split() for line in lines]


@given(LINES)
@settings(max_examples=300, deadline=None)
def test_spaced_chunks_are_those_of_python(lines: list[str]) -> None:
    assert pretokens_in(lines, kernels.SPACED) == [pretokenize(line, kernels.SPACED) for line in lines]


@given(LINES)
@settings(max_examples=100, deadline=None)
def test_character_chunks_lose_nothing(lines: list[str]) -> None:
    assert ["".join(pretokens) for pretokens in pretokens_in(lines, kernels.CHARACTERS)] == lines


def test_han_and_hangul_end_a_chunk_in_character_mode() -> None:
    assert pretokens_in(["ab 가나漢c ", "かな漢"], kernels.CHARACTERS) == [
        ["ab", " 가", "나", "漢", "c", " "],
        ["かな漢"],
    ]


def test_letters_and_digits_that_fold_do_not_end_a_chunk() -> None:
    # Cham digits and Cherokee letters lie below the Hangul syllables and share their lead byte.
    assert pretokens_in(["\uaa51\uaa52\uab70a"], kernels.CHARACTERS) == [["\uaa51\uaa52\uab70a"]]


def test_equal_hashes_do_not_make_equal_chunks() -> None:
    table = PretokenTable()
    first, second = (np.frombuffer(text, np.uint8) for text in (b"12345678 one\n", b"12345678 two\n"))
    pretoken = kernels.Pretoken(0, 12, np.uint64(7), np.uint64(1 << 40))
    kernels._add(first, pretoken, np.uint64(0), 0, table._arrays)
    slots, _, heads, starts, arena = table._arrays
    assert kernels._find(first, pretoken, slots, heads, starts, arena)[0] == 0
    assert kernels._find(second, pretoken, slots, heads, starts, arena)[0] == -1


@pytest.mark.parametrize("space", SPACES + "\0")
def test_every_space_separates(space: str) -> None:
    assert pretokens_in([f"a{space}b"], kernels.WORDS) == [["a", "b"]]


def test_the_growing_table_keeps_its_numbers() -> None:
    words = [f"w{number}" for number in range(300_000)]
    table = PretokenTable()
    block = (" ".join(words) + "\n" + " ".join(reversed(words)) + "\n").encode()
    pretokenized = table.pretokenize(block, 2, kernels.WORDS, drop_blank=False)
    assert pretokenized.ids.tolist() == [*range(300_000), *reversed(range(300_000))]
    assert list(table.texts()) == words


def test_absorbed_chunks_find_their_entries() -> None:
    table, other = PretokenTable(), PretokenTable()
    table.pretokenize(b"b a c\n", 1, kernels.WORDS, drop_blank=False)
    other.pretokenize(b"c d a\n", 1, kernels.WORDS, drop_blank=False)
    assert table.absorb(other).tolist() == [2, 3, 1]
    assert list(table.texts()) == ["b", "a", "c", "d"]


@given(LINES)
@settings(max_examples=100, deadline=None)
def test_lengths_are_characters_and_bytes_with_the_line_end(lines: list[str]) -> None:
    block = "".join(f"{line}\n" for line in lines).encode()
    expected = [[len(line) + 1, len(line.encode()) + 1] for line in lines]
    assert kernels.measure(np.frombuffer(block, np.uint8), len(lines)).tolist() == expected
    assert PretokenTable().pretokenize(block, len(lines), kernels.WORDS, drop_blank=False).lengths.tolist() == expected


def test_blank_lines_are_dropped_on_request() -> None:
    pretokenized = PretokenTable().pretokenize("a\n\n \u2003\nb\n".encode(), 4, kernels.SPACED, drop_blank=True)
    assert pretokenized.lines.tolist() == [0, 3]
    assert pretokenized.pretokens.tolist() == [1, 1]
    assert len(pretokenized.ids) == 2


def test_line_hashes_never_change() -> None:
    # FNV-1a and MurmurHash3's fmix64, computed by hand in Python: a hash split must be the same for ever.
    def expected(line: bytes) -> int:
        key = 0xCBF29CE484222325
        for byte in line:
            key = (key ^ byte) * 0x100000001B3 % 2**64
        for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
            key = (key ^ (key >> 33)) * factor % 2**64
        return key ^ (key >> 33)

    lines = [b"", b"a", "the cat\t가".encode()]
    hashes = hash_lines(np.frombuffer(b"".join(line + b"\n" for line in lines), np.uint8), 3)
    assert hashes.tolist() == [expected(line) for line in lines]
