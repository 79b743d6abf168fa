"""Training BPE: by hand, against the trainer of ``tokenizers``, and on words as long as a text."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seqtool.corpus.options import PreprocessOptions
from seqtool.corpus.tokenizers import subword
from seqtool.corpus.tokenizers.bpe import train_bpe
from seqtool.corpus.tokenizers.subword import train_subword

ALPHABET = list("abcd")


def trained(words: dict[str, int], size: int) -> tuple[list[str], list[tuple[str, str]]]:
    symbols = np.array([ALPHABET.index(letter) for word in words for letter in word], np.int32)
    lengths, counts = (np.array(list(values), np.int64) for values in (map(len, words), words.values()))
    return train_bpe(symbols, lengths, counts, ALPHABET, size)


def by_tokenizers(words: dict[str, int], size: int) -> tuple[list[str], list[tuple[str, str]]]:
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=ALPHABET, show_progress=False)
    tokenizer.train_from_iterator(([word] * count for word, count in words.items()), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return list(model["vocab"]), [(first, second) for first, second in model["merges"]]


@pytest.mark.parametrize(
    ("words", "size", "merges"),
    [
        # ab 3 + 2; then (ab, ab) 2, (ab, c) 3: abc; what is left is worth nothing more than once.
        ({"abc": 3, "abab": 1}, 6, ["a b", "ab c"]),
        # Equal counts: the lower first symbol, then the lower second.
        ({"ba": 1, "ac": 1, "ab": 1}, 6, ["a b", "a c"]),
        # A run: five a's are four pairs, of which two can be merged: aa aa a; then aa a is the lower pair.
        ({"aaaaa": 1}, 6, ["a a", "aa a"]),
        ({"aaaa": 2, "bc": 5}, 7, ["a a", "b c", "aa aa"]),
        # Nothing to merge, or nothing at all.
        ({"a": 7, "b": 1}, 9, []),
        ({}, 9, []),
        # Until the size, or the pairs, come to an end.
        ({"abcd": 4}, 5, ["a b"]),
        ({"abcd": 4}, 99, ["a b", "c d", "ab cd"]),
    ],
)
def test_merges_by_hand(words: dict[str, int], size: int, merges: list[str]) -> None:
    pieces, found = trained(words, size)
    assert [" ".join(pair) for pair in found] == merges
    assert pieces == ALPHABET + ["".join(pair) for pair in found]


@given(
    st.dictionaries(st.text(st.sampled_from("abcd"), min_size=1, max_size=10), st.integers(1, 9), max_size=30),
    st.integers(5, 60),
)
@settings(max_examples=300)
@example({"abcab": 3, "bcbc": 3, "abc": 1, "abbc": 2}, 40)  # abc is spelled by two pairs
@example({"aaaaaaa": 3, "aaab": 2, "baaa": 2}, 40)
def test_pieces_and_merges_are_those_of_tokenizers(words: dict[str, int], size: int) -> None:
    pieces, merges = trained(words, size)
    expected, expected_merges = by_tokenizers(words, size)
    assert pieces == expected
    assert merges == expected_merges


def test_many_words_are_learned_as_tokenizers_learns_them() -> None:
    """So many pairs that their table grows many times, and so many symbols that they are counted in several steps."""
    draw = random.Random(5)
    words = Counter("".join(draw.choices("abcd", (4, 3, 2, 1), k=draw.randint(1, 30))) for _ in range(20_000))
    assert trained(words, 3000) == by_tokenizers(words, 3000)


def test_more_occurrences_than_are_trained_on_are_scaled_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 40 occurrences 20: 30 and 9 count as 15 and 5, and 1 as 1, which is a half rounded up."""
    options = PreprocessOptions(tokenizer="bpe", vocab_size=262)
    files = []
    for most, counts in ((20, [30, 9, 1]), (1000, [15, 5, 1])):
        monkeypatch.setattr(subword, "TRAINING_PRETOKENS", most)
        train_subword([" the", " them", "xyz"], np.array(counts), options, tmp_path)
        files.append((tmp_path / "tokenizer.json").read_bytes())
    assert files[0] == files[1]
    assert json.loads(files[0])["model"]["merges"][0] == ["h", "e"]


# Long words. A training whose time grew with the square of their length would not come to its end here.

LONG = {
    "letters": "".join(random.Random(1).choices("acgt", k=300_000)),
    "one letter": "a" * 300_000,
    "ideographs": "".join(map(chr, random.Random(2).choices(range(0x4E00, 0x9FFF), k=100_000))),
    "no spaces": ",".join(f'{{"k{i % 97}":{i * 7919 % 10**6}}}' for i in range(20_000)),
    "dots": "." * 300_000,
}


@pytest.mark.parametrize("kind", LONG)
@pytest.mark.parametrize("name", ["bpe", "unigram"])
def test_a_line_without_spaces_is_trained_on_and_encoded(name: str, kind: str, tmp_path: Path) -> None:
    options, text = PreprocessOptions(tokenizer=name, vocab_size=400), LONG[kind]
    tokenizer = train_subword([text], np.ones(1, np.int64), options, tmp_path)
    tokens = tokenizer.tokenize(text)
    assert tokenizer.detokenize(tokens) == text
    if len(set(text)) == 1:
        assert len(tokens) <= len(text) / 16
    else:
        assert len(set(tokens)) > 60


def test_a_long_word_is_cut_where_the_pattern_of_words_cuts_it() -> None:
    """Cut beforehand, it gives the words that it gives whole."""
    from tokenizers import pre_tokenizers

    draw = random.Random(3)
    text = " " + "".join(
        draw.choices(["don't", "'s", "a", "é", "漢", "12", ",", "--", "x'll", "٣", "👩", "Z9"], k=40_000)
    )
    assert len(text) > subword._LONG
    whole = pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str(text)
    expected = Counter(text[first:end] for _, (first, end) in whole)
    assert subword._words([text], np.ones(1, np.int64)) == expected


def test_unigram_pieces_are_learned_from_the_beginning_of_a_long_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(subword, "LONGEST_WORD", 12)
    options = PreprocessOptions(tokenizer="unigram", vocab_size=270)
    files = []
    for words in (["abcabcabcabcxyzxyz", "漢" * 13, " cab"], ["abcabcabcabc", "漢" * 12, " cab"]):
        tokenizer = train_subword(words, np.array([4, 1, 2]), options, tmp_path)
        files.append((tmp_path / "tokenizer.json").read_bytes())
        assert tokenizer.detokenize(tokenizer.tokenize("xyz漢é")) == "xyz漢é"
    assert files[0] == files[1]
    noted = capsys.readouterr().err
    (told,) = [line for line in noted.splitlines() if "12" in line]
    assert told.startswith("2 "), "words that are longer"
