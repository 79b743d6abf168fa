from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqtool.corpus.normalize import Normalizer
from seqtool.corpus.options import PreprocessOptions
from seqtool.corpus.tokenizers.load import load_tokenizer
from seqtool.errors import UsageError

TEXT = st.text(
    st.one_of(
        st.sampled_from("가각힣각ᄒ\u1113\uac00\u0301Ééſİ ςΣ\u00a8\u2002１２3\0\t👩\u200d"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\n"),
    )
)


def tokenizer(name: str, **options: Any) -> Any:
    return load_tokenizer(PreprocessOptions(tokenizer=name, **options))


@pytest.mark.parametrize("name", ["char", "syllable", "jamo"])
@pytest.mark.parametrize("form", ["nfc", "nfkc"])
@given(text=TEXT)
@settings(max_examples=150, deadline=None)
def test_lossless_tokenizers_give_the_normalised_text_back(name: str, form: str, text: str) -> None:
    options = PreprocessOptions(tokenizer=name, normalize=form, lower=True, digits="number")
    normalised = Normalizer(options)(text)
    made = load_tokenizer(options)
    assert made.lossless
    assert made.detokenize(made.tokenize(normalised)) == normalised


@given(text=TEXT)
@settings(max_examples=150, deadline=None)
def test_syllables_of_decomposed_text_lose_nothing(text: str) -> None:
    made, decomposed = tokenizer("syllable", normalize="none"), unicodedata.normalize("NFD", text)
    assert "".join(made.tokenize(decomposed)) == decomposed


@pytest.mark.parametrize("name", ["whitespace", "word"])
def test_lossy_tokenizers_say_so(name: str) -> None:
    assert not tokenizer(name).lossless
    assert tokenizer(name).detokenize(["a", "b"]) == "a b"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "The quick (“brown”) fox can’t jump 32.3 feet, right?",
            "The quick ( “ brown ” ) fox can’t jump 32.3 feet , right ?",
        ),
        ("U.S.A. 1,000.5, e-mail", "U.S.A . 1,000.5 , e - mail"),
        ("漢字カタカナ 안녕하세요!", "漢 字 カタカナ 안녕하세요 !"),
        ("a_b3 can't 'x'", "a_b3 can't ' x '"),
        ("🇰🇷🇺🇸👩\u200d👧", "🇰🇷 🇺🇸 👩\u200d👧"),
        ("<unk> the<unk>", "<unk> the < unk >"),
        ("e\u0301t\u00e9", "e\u0301t\u00e9"),
    ],
)  # the first is the example of UAX #29, §4
def test_words_follow_uax_29(text: str, words: str) -> None:
    assert tokenizer("word").tokenize(text) == words.split()


@pytest.mark.parametrize(
    ("name", "text", "tokens"),
    [
        ("whitespace", " the  cat\u3000sat\0on ", ["the", "cat", "sat", "on"]),
        ("char", "a 가\u0301", ["a", " ", "가", "\u0301"]),
        ("syllable", "안녕 hello3 ㅋㅋ!", ["안", "녕", " ", "hello3", " ", "ㅋ", "ㅋ", "!"]),
        ("syllable", "한", ["한"]),
        ("jamo", "각 a", ["ᄀ", "ᅡ", "ᆨ", " ", "a"]),
    ],
)
def test_tokens(name: str, text: str, tokens: list[str]) -> None:
    assert tokenizer(name).tokenize(text) == tokens


def test_a_decomposed_syllable_is_one_token() -> None:
    decomposed = unicodedata.normalize("NFD", "한글")
    tokens = tokenizer("syllable", normalize="none").tokenize(decomposed)
    assert tokens == [unicodedata.normalize("NFD", "한"), unicodedata.normalize("NFD", "글")]


def test_jamo_needs_composed_text() -> None:
    with pytest.raises(UsageError, match="--normalize nfc"):
        tokenizer("jamo", normalize="none")


@pytest.mark.parametrize(
    ("options", "text", "expected"),
    [
        ({}, "e\u0301 Ａ", "\u00e9 Ａ"),
        ({"normalize": "nfkc"}, "e\u0301 Ａ①", "\u00e9 A1"),
        ({"normalize": "none"}, "e\u0301", "e\u0301"),
        ({"lower": True}, "ΟΔΟΣ ΣΑΣ É", "οδος σας é"),
        ({"digits": "zero"}, "a1b23 ٣", "a0b00 0"),
        ({"digits": "number"}, "a1b23 4.5", "aNbN N.N"),
        ({"digits": "number", "lower": True}, "A1", "aN"),
    ],
)
def test_normalisation(options: dict[str, Any], text: str, expected: str) -> None:
    assert Normalizer(PreprocessOptions(**options))(text) == expected


@given(st.lists(TEXT, max_size=5))
@settings(max_examples=200, deadline=None)
def test_folding_does_not_look_across_white_space(parts: list[str]) -> None:
    normalizer = Normalizer(PreprocessOptions(lower=True, digits="number"))
    pieces = [piece for part in parts for piece in part.split()]
    assert normalizer.fold("\n".join(pieces)).split("\n") == [normalizer.fold(p) for p in pieces] or not pieces


@pytest.mark.parametrize("name", ["whitespace", "word", "char", "syllable", "jamo"])
@given(lines=st.lists(TEXT, min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_a_corpus_holds_what_the_tokenizer_says(
    name: str, lines: list[str], tmp_path_factory: pytest.TempPathFactory, encode_in: Callable[..., Any]
) -> None:
    options = {"tokenizer": name, "lower": True, "digits": "number", "normalize": "nfkc"}
    lines = [line.removesuffix("\r").removeprefix("\ufeff") for line in lines]
    made, normalizer = (
        tokenizer(**({"name": name} | {k: v for k, v in options.items() if k != "tokenizer"})),
        Normalizer(PreprocessOptions(**options)),
    )
    encoded = encode_in(tmp_path_factory.mktemp("c"), "".join(f"{line}\n" for line in lines).encode(), **options)
    assert encoded.tokens() == [made.tokenize(normalizer(line)) for line in lines]
