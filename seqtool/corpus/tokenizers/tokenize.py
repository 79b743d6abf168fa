"""What every tokenizer offers, and the tokenizers that look at one pretoken of text.

Every tokenizer but the Korean one looks at one *pretoken* at a time (a word, with or without the white space before it;
see `kernels`), so that a corpus is tokenised by tokenising its distinct pretokens once. ``tokenize`` is for short
texts.

    whitespace  runs of characters other than white space
    word        Unicode word boundaries (UAX #29), white space left out (`words`)
    char        code points
    syllable    Hangul syllables; runs of other letters, marks and digits; other characters
    jamo        code points, Hangul syllables decomposed into conjoining jamo
    bpe         byte-level byte-pair encoding (`subword`)
    unigram     byte-level unigram language model (`subword`)
    korean      morphemes by Kiwi (`korean`)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from seqtool.corpus.normalize import Normalizer

TOKENIZER, PHRASES = "tokenizer.json", "phrases.tsv"  # the files with which a model reads later texts
WORDS, SPACED, CHARACTERS = 0, 1, 2  # the modes of `kernels`, which is imported late

_SPACED_PRETOKEN = re.compile(r"[\s\0]*[^\s\0]+|[\s\0]+")
_HANGUL_SYLLABLE = re.compile("[가-힣]")
_CONJOINING_JAMO = re.compile("[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?")


class Tokenizer(Protocol):
    """What every tokenizer offers.

    Attributes:
        name: its name as an option value.
        lossless: whether ``detokenize(tokenize(text)) == text`` for every normalised text.
        mode: the pretokens it takes (of `kernels`).
        by_line: whether it looks at whole lines, in `prepare`, where it also folds case and digits.
        understands_unknown: whether ``<unk>`` in a text is the unknown word.
    """

    name: str
    lossless: bool
    mode: int
    by_line: bool
    understands_unknown: bool

    def tokenize(self, text: str) -> list[str]:
        """The tokens of a normalised text without line ends."""

    def detokenize(self, tokens: Iterable[str]) -> str:
        """The text of tokens; exact where lossless."""

    def prepare(self, text: bytes, normalizer: Normalizer) -> bytes:
        """A block of lines as it is to be split into pretokens."""

    def tokenize_pretokens(self, pretokens: list[str]) -> Iterator[list[str]]:
        """The tokens of each pretoken, case and digits folded."""


class SplitTokenizer:
    """A tokenizer given by what it does with one pretoken."""

    by_line = False

    def __init__(
        self,
        name: str,
        split: Callable[[str], list[str]],
        *,
        mode: int,
        join: Callable[[Iterable[str]], str] = "".join,
    ) -> None:
        self.name = name
        self.mode = mode
        self.lossless = mode != WORDS
        self.understands_unknown = mode == WORDS
        self.detokenize = join
        self._split = split

    def tokenize(self, text: str) -> list[str]:
        """The tokens of a normalised text without line ends."""
        return [token for pretoken in pretokenize(text, self.mode) for token in self._split(pretoken)]

    def prepare(self, text: bytes, normalizer: Normalizer) -> bytes:
        """The block itself."""
        return text

    def tokenize_pretokens(self, pretokens: list[str]) -> Iterator[list[str]]:
        """The tokens of each pretoken."""
        return map(self._split, pretokens)


def pretokenize(text: str, mode: int) -> list[str]:
    """The pretokens of a text without line ends, in Python; longer ones than the kernel's in the mode CHARACTERS."""
    return text.replace("\0", " ").split() if mode == WORDS else _SPACED_PRETOKEN.findall(text)


def whole(pretoken: str) -> list[str]:
    """The pretoken itself."""
    return [pretoken]


def split_jamo(pretoken: str) -> list[str]:
    """Code points, precomposed Hangul syllables decomposed."""
    return list(_HANGUL_SYLLABLE.sub(lambda match: unicodedata.normalize("NFD", match[0]), pretoken))


def join_jamo(tokens: Iterable[str]) -> str:
    """The text of jamo: conjoining modern jamo composed into syllables."""
    return _CONJOINING_JAMO.sub(lambda match: unicodedata.normalize("NFC", match[0]), "".join(tokens))
