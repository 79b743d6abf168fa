from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from finished import Finished
from hypothesis import given
from hypothesis import strategies as st

from seqtool.corpus.characters import CODE_POINTS, END, CharacterModel
from seqtool.corpus.vocabulary import Vocabulary, by_rank, read_token_list
from seqtool.errors import InputError

TOKEN = st.text(
    st.one_of(st.sampled_from("\\\t\n\r\0 xntr\x85\u2028\udc80\udcff"), st.characters(exclude_categories=["Cs"]))
)


def vocabulary(**counts: int) -> Vocabulary:
    return Vocabulary(["<unk>", "<eos>", *counts], np.array([0, 7, *counts.values()], np.int64))


@given(tokens=st.lists(TOKEN, unique=True, max_size=20), data=st.data())
def test_any_token_survives_the_file(
    tokens: list[str], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    numbers = st.integers(0, 10**18 - 1)
    counts = data.draw(st.lists(numbers, min_size=len(tokens) + 2, max_size=len(tokens) + 2))
    path = tmp_path_factory.mktemp("v") / "vocab.tsv"
    Vocabulary(["<unk>", "<eos>", *tokens], np.array(counts, np.int64)).write(path)
    again = Vocabulary.read(path)
    assert again.tokens == ["<unk>", "<eos>", *tokens]
    assert again.counts.tolist() == counts
    assert path.read_bytes().count(b"\n") == len(counts)


def test_the_file_is_one_escaped_token_and_count_a_line(tmp_path: Path) -> None:
    path = tmp_path / "vocab.tsv"
    tokens = ["<unk>", "<eos>", "a\tb\\n\r\n", " \udce2\udc82"]
    Vocabulary(tokens, np.array([0, 2, 3, 4], np.int64)).write(path)
    assert (
        path.read_bytes() == rb"<unk>	0"
        b"\n"
        rb"<eos>	2"
        b"\n"
        rb"a\tb\\n\r\n	3"
        b"\n"
        rb" \xe2\x82	4"
        b"\n"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<unk>\t0\n<eos>\t1\na\n", "line 3: .*TAB"),
        (b"<unk>\t0\n<eos>\t1\na\t-1\n", "line 3: expected"),
        (b"<unk>\t0\n<eos>\t1\na\t1_0\n", "line 3: expected"),
        ("<unk>\t0\n<eos>\t1\na\t٣\n".encode(), "line 3: expected"),
        (b"<unk>\t0\n<eos>\t1\na\t99999999999999999999\n", "line 3: expected"),
        (b"<unk>\t0\n<eos>\t1\na\t1", "line 3: .*truncated"),
        (b"<unk>\t0\n<eos>\t1\n\xff\t1\n", "line 3: .*UTF-8"),
        (b"<unk>\t0\n<eos>\t1\na\\q\t1\n", r"line 3: \\q "),
        (b"<unk>\t0\n<eos>\t1\na\\\t1\n", "line 3: "),
        (b"<unk>\t0\n<eos>\t1\na\t1\na\t2\n", "'a'"),
        (b"<unk>\t0\na\t1\n", "<unk> and <eos>"),
        (b"", "<unk> and <eos>"),
    ],
)
def test_a_damaged_file_is_named_with_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "vocab.tsv"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        Vocabulary.read(path)
    assert str(path) in str(caught.value)
    assert re.search(message, str(caught.value))


def test_ids_know_ordinary_tokens_and_unk_only() -> None:
    made = Vocabulary(["<unk>", "<eos>", "a", "<eos>"], np.array([0, 1, 5, 4], np.int64))
    assert made.ids == {"<unk>": 0, "a": 2, "<eos>": 3}
    assert made.encode(["a", "<eos>", "zebra", "<unk>"]) == [2, 3, 0, 0]


def test_mapping_to_another_vocabulary() -> None:
    mine, other = vocabulary(a=3, b=2, c=1), vocabulary(c=9, a=8)
    assert mine.mapping(other).tolist() == [0, 1, 3, 0, 2]


def test_cut_by_min_count_ranks_by_the_given_counts() -> None:
    made = vocabulary(a=5, b=4, c=3, d=1)
    counts = np.array([1, 7, 2, 6, 2, 1], np.int64)
    cut, mapping = made.cut(counts, min_count=2)
    assert cut.tokens == ["<unk>", "<eos>", "b", "a", "c"]
    assert cut.counts.tolist() == [2, 7, 6, 2, 2]
    assert mapping.tolist() == [0, 1, 3, 2, 4, 0]


def test_cut_by_size_counts_the_specials() -> None:
    cut, mapping = vocabulary(a=5, b=4, c=3).cut(max_vocab=4)
    assert cut.tokens == ["<unk>", "<eos>", "a", "b"]
    assert cut.counts.tolist() == [3, 7, 5, 4]
    assert mapping.tolist() == [0, 1, 2, 3, 0]


@given(st.lists(st.one_of(st.text(max_size=3), st.binary(max_size=3)), unique=True, max_size=20), st.data())
def test_rank_is_by_count_and_then_by_bytes(raw: list[str | bytes], data: st.DataObject) -> None:
    tokens = sorted({t if isinstance(t, str) else t.decode("utf-8", "surrogateescape") for t in raw})
    counts = data.draw(st.lists(st.integers(0, 3), min_size=len(tokens), max_size=len(tokens)))
    tokens = [token for token in tokens if token.encode("utf-8", "surrogateescape") is not None]
    expected = sorted(range(len(tokens)), key=lambda i: (-counts[i], tokens[i].encode("utf-8", "surrogateescape")))
    assert by_rank(tokens, np.array(counts, np.int64)).tolist() == expected


def test_character_costs_by_hand() -> None:
    model = CharacterModel.of(vocabulary(ab=3, a=1, held_out=0))
    # a 4, b 3, end 4; Z = 5 + 4 + 5 + 1 = 15
    assert model.counts == {END: 4, "a": 4, "b": 3}
    assert model.bits("ab") == pytest.approx(-np.log2(5 / 15 * 4 / 15 * 5 / 15))
    assert model.bits("h") == pytest.approx(-np.log2(1 / 15 / CODE_POINTS * 5 / 15))
    assert model.bits_of(["ab", "h"]).tolist() == [model.bits("ab"), model.bits("h")]


@given(st.dictionaries(TOKEN, st.integers(0, 50), max_size=12))
def test_character_probabilities_sum_to_one(counts: dict[str, int]) -> None:
    made = vocabulary(**counts) if not {"<unk>", "<eos>"} & set(counts) else vocabulary()
    model = CharacterModel.of(made)
    seen = [character for character in model.counts if character != END]
    expected = Counter(c for token, n in zip(made.tokens[2:], made.counts[2:].tolist(), strict=True) for c in token * n)
    assert {c: model.counts[c] for c in seen} == dict(expected)
    end = model.bits("")
    mass = 2**-end + sum(2 ** -(model.bits(c) - end) for c in seen)
    unseen = next(chr(c) for c in range(0x10000, 0x10FFFF) if chr(c) not in seen)
    mass += (CODE_POINTS - len(seen)) * 2 ** -(model.bits(unseen) - end)
    assert mass == pytest.approx(1)


@given(
    counts=st.dictionaries(st.one_of(st.characters(exclude_categories=["Cs"]), st.just(END)), st.integers(0, 10**15))
)
def test_characters_survive_the_file(counts: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("c") / "characters.tsv"
    CharacterModel(counts).write(path)
    assert CharacterModel.read(path).counts == counts


@pytest.mark.parametrize("content", ["a\t1\nab\t2\n", "a\t1\na\t2\n", "a\n", "a\tx\n"])
def test_damaged_characters_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "characters.tsv"
    path.write_text(content)
    with pytest.raises(InputError, match=r"characters\.tsv"):
        CharacterModel.read(path)


@pytest.mark.parametrize(
    ("content", "tokens"),
    [
        ("un 12\ndeux 7\ntrois 1\n", ["un", "deux", "trois"]),  # GloVe
        ("</s> 0\r\nun 12\r\ndeux 7\r\n\r\n", ["un", "deux"]),  # word2vec
        ("\ufeffun   12\n1984 7\n", ["un", "1984"]),
        ("le chat 12\nun 7", ["le chat", "un"]),
        ("le chat 12\nun 7\nmot\n", ["le chat 12", "un 7", "mot"]),  # not a count in every line
        ("route 66\nle chat\n", ["route 66", "le chat"]),
        ("un\t12\nle chat 3\t7\n", ["un", "le chat 3"]),  # after a TAB
        ("un\t1 2\ndeux 3\n", ["un", "deux 3"]),
        ("[PAD]\n[unused1]\nun\n##s\n", ["[PAD]", "[unused1]", "un", "##s"]),  # BERT
        ("<unk>\t3\n<eos>\t2\na b 5\t1\n", ["a b 5"]),  # seqtool
        ("un 1.5\ndeux -3\n", ["un 1.5", "deux -3"]),
        ("</s>\nun\n", ["</s>", "un"]),
        ("12\n7\n", ["12", "7"]),
    ],
)
def test_a_list_of_tokens_is_read_without_their_counts(tmp_path: Path, content: str, tokens: list[str]) -> None:
    path = tmp_path / "vocab.txt"
    path.write_bytes(content.encode())
    assert sorted(read_token_list(path)) == sorted(tokens)


@pytest.mark.parametrize("content", ["</s> 3\n", "\n\n", "<unk>\n<eos>\n"])
def test_a_list_without_tokens_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "vocab.txt"
    path.write_text(content)
    with pytest.raises(InputError, match=r"vocab\.txt"):
        read_token_list(path)


def test_a_vocabulary_of_another_text_is_warned_of(run: Callable[..., Finished], tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("la vie est belle\n")
    (tmp_path / "v.txt").write_text("12 la\n7 vie\n")
    run("preprocess", "t.txt", "--vocab", "v.txt", "-o", "t.corpus").noted("warning", "0 of 4", "v.txt")
    run("train-ngram", "t.txt", "--vocab", "v.txt", "-o", "t.lm").noted("warning", "0 of 4", "v.txt")
    (tmp_path / "v.txt").write_text("la 12\nvie 7\n")
    again = run("train-ngram", "t.txt", "--vocab", "v.txt", "-o", "t.lm", "--overwrite").noted("v.txt", "count")
    assert "0 of 4" not in again.stderr


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_vocabulary_is_compared_in_the_form_of_the_text(
    run: Callable[..., Finished], tmp_path: Path, form: Literal["NFC", "NFD"]
) -> None:
    (tmp_path / "t.txt").write_text("Café 서울 dodo\n")
    (tmp_path / "v.txt").write_text(unicodedata.normalize(form, "café 4\n서울 3\n"))
    run("preprocess", "t.txt", "--lower", "--vocab", "v.txt", "-o", "t.corpus").ok()
    assert Vocabulary.read(tmp_path / "t.corpus" / "vocab.tsv").counts.tolist() == [1, 1, 1, 1]
    run("train-ngram", "t.txt", "--lower", "--vocab", "v.txt", "-o", "t.lm").ok()
    assert len(Vocabulary.read(tmp_path / "t.lm" / "vocab.tsv")) == 4
