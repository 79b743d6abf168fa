"""Byte-level subwords: byte-pair encoding and the unigram language model, in Hugging Face's form of ``tokenizers``.

A pretoken (white space and the word after it) is cut at GPT-2's pattern (letters, digits, other characters), written in
the 256 symbols that stand for bytes, and segmented. All 256 are pieces, so nothing is unknown. In memory a piece is
the text it stands for; bytes that are no whole character are lone surrogates (``surrogateescape``).

Sources: Sennrich, Haddow, Birch 2016 (BPE); Kudo 2018 (unigram); Radford et al. 2019 (bytes, pattern).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from seqtool import progress
from seqtool.compute.threads import abandonable
from seqtool.corpus.normalize import Normalizer
from seqtool.corpus.options import PreprocessOptions
from seqtool.corpus.tokenizers.tokenize import SPACED, TOKENIZER, pretokenize
from seqtool.corpus.vocabulary import SPECIALS
from seqtool.errors import InputError, plural

TRAINING_PRETOKENS = 4_000_000
LONGEST_WORD = 1 << 18  # of unigram training

_BATCH_PRETOKENS = 1 << 14
_LONG = 1 << 16  # characters of a pretoken that take a library noticeable time
_WORD_END = re.compile(r"(?<=[A-Za-z0-9])(?=[!-/:-@\[-`{-~])")  # a word of GPT-2's pattern ends here, whatever follows
_BYTE_PENALTY = 10.0  # how much less likely (in nats) than any other piece a byte is that no word needs


class SubwordTokenizer:
    """A trained subword tokenizer.

    Attributes:
        pieces: every piece, as text.
    """

    lossless = True
    mode = SPACED
    by_line = False
    understands_unknown = False

    def __init__(self, name: str, model: Any) -> None:
        self.name = name
        self._model = model
        size = model.get_vocab_size()
        self.pieces = [_piece_text(model.id_to_token(number)) for number in range(size)]

    @classmethod
    def read(cls, name: str, directory: Path, file: str = TOKENIZER) -> SubwordTokenizer:
        """The tokenizer of ``tokenizer.json``, or of a file of another name.

        Raises:
            InputError: the file is missing, damaged, or not byte-level.
        """
        from tokenizers import Tokenizer

        path = directory / file
        try:
            settings = json.loads(path.read_text("utf-8"))
            # Normalisation is ours; a special token would be found in the text.
            settings |= {"normalizer": None, "added_tokens": [], "truncation": None, "padding": None}
            tokenizer = cls(name, Tokenizer.from_str(json.dumps(settings)))
        except Exception as error:  # tokenizers raises plain Exception
            raise InputError(f"{path} is not a byte-level tokenizer ({error})", "preprocess the corpus again") from None
        if len(set(tokenizer.pieces) & {_piece_text(symbol) for symbol in _byte_of_symbol()}) != len(_byte_of_symbol()):
            raise InputError(f"{path} lacks symbols for single bytes", "preprocess the corpus again")
        return tokenizer

    def tokenize(self, text: str) -> list[str]:
        """The pieces of a normalised text."""
        return [piece for pieces in self.tokenize_pretokens(pretokenize(text, SPACED)) for piece in pieces]

    def prepare(self, text: bytes, normalizer: Normalizer) -> bytes:
        """The block itself."""
        return text

    def tokenize_pretokens(self, pretokens: list[str]) -> Iterator[list[str]]:
        """The pieces of each pretoken."""
        pieces = self.pieces
        for first in range(0, len(pretokens), _BATCH_PRETOKENS):
            batch = pretokens[first : first + _BATCH_PRETOKENS]
            for encoding in self._encoded(batch):
                yield [pieces[number] for number in encoding.ids]

    def _encoded(self, batch: list[str]) -> list[Any]:
        encode = partial(self._model.encode_batch_fast, batch, add_special_tokens=False)
        return cast(list[Any], abandonable(encode) if max(map(len, batch)) > _LONG else encode())

    def detokenize(self, tokens: Iterable[str]) -> str:
        """The text of pieces; bytes that are not valid UTF-8 become U+FFFD."""
        return "".join(tokens).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def train_subword(
    pretokens: list[str], counts: NDArray[np.int64], options: PreprocessOptions, directory: Path
) -> SubwordTokenizer:
    """Train on pretokens and their counts, and write ``tokenizer.json``.

    Unigram training uses the counts as they are, and of a word `LONGEST_WORD` characters at most. For BPE more than
    `TRAINING_PRETOKENS` occurrences are scaled down to about as many, a pretoken of count c counting as
    round(c · TRAINING_PRETOKENS / total), and not at all where that is 0.

    Args:
        pretokens: distinct, normalised.
        counts: int64, their occurrences.
        options: tokenizer, vocab_size and the normalisation that is written down.
        directory: where ``tokenizer.json`` goes.
    """
    from tokenizers import decoders

    progress.note(f"training a {options.tokenizer} tokenizer on {plural(len(pretokens), 'distinct word')}")
    train = _trained_bpe if options.tokenizer == "bpe" else _trained_unigram
    tokenizer = train(pretokens, counts, options.vocab_size - len(SPECIALS))
    tokenizer.decoder = decoders.ByteLevel()
    _write(tokenizer, options, directory / TOKENIZER)
    return SubwordTokenizer.read(options.tokenizer, directory)


def _byte_level() -> Any:
    from tokenizers import pre_tokenizers

    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)


def _trained_bpe(pretokens: list[str], counts: NDArray[np.int64], size: int) -> Any:
    from tokenizers import Tokenizer, models

    from seqtool.corpus.tokenizers.bpe import train_bpe

    scale = min(1.0, TRAINING_PRETOKENS / max(1, int(counts.sum())))
    words = _words(pretokens, np.floor(counts * scale + 0.5).astype(np.int64))
    chosen, alphabet = sorted(words), sorted(_byte_of_symbol())
    number_of_byte = np.empty(256, np.int32)
    number_of_byte[[_byte_of_symbol()[symbol] for symbol in alphabet]] = np.arange(256)
    spelled = [word.encode() for word in chosen]
    symbols = number_of_byte[np.frombuffer(b"".join(spelled), np.uint8)]
    repeats = np.array([words[word] for word in chosen], np.int64)
    pieces, merges = train_bpe(symbols, np.array(list(map(len, spelled)), np.int64), repeats, alphabet, size)
    tokenizer = Tokenizer(models.BPE({piece: number for number, piece in enumerate(pieces)}, merges))
    tokenizer.pre_tokenizer = _byte_level()
    return tokenizer


def _words(pretokens: list[str], counts: NDArray[np.int64]) -> Counter[str]:
    """The words that pretokens are cut into, and how often they occur."""
    splitter, words = _byte_level(), Counter[str]()
    for pretoken, count in zip(pretokens, counts.tolist(), strict=True):
        if not count:
            continue
        for part in [pretoken] if len(pretoken) <= _LONG else _WORD_END.split(pretoken):
            if part.isascii() and part.removeprefix(" ").isalpha():
                words[part] += count
            else:
                for _, (first, end) in splitter.pre_tokenize_str(part):
                    words[part[first:end]] += count
    return words


def _beginnings(words: Counter[str]) -> Counter[str]:
    """Words without what goes beyond `LONGEST_WORD` characters: EM takes 10 microseconds for each."""
    long = [word for word in words if len(word) > LONGEST_WORD]
    if long:
        progress.note(
            f"{plural(len(long), 'word is', 'words are')} longer than {LONGEST_WORD:,} characters; training uses only "
            "the beginning"
        )
    for word in long:
        words[word[:LONGEST_WORD]] += words.pop(word)
    return words


def _trained_unigram(pretokens: list[str], counts: NDArray[np.int64], size: int) -> Any:
    from tokenizers import Tokenizer, models

    from seqtool.corpus.tokenizers.unigram import train_unigram

    words = _beginnings(_words(pretokens, counts))
    symbol_of_byte = {byte: symbol for symbol, byte in _byte_of_symbol().items()}
    numbers = np.fromiter(words.values(), np.int64, len(words))
    ascii_bytes = {ord(character) for word in words for character in word if character.isascii()}
    others = sorted(set(symbol_of_byte) - ascii_bytes)
    pieces = train_unigram(list(words), numbers, size - len(others))
    least = min((score for _, score in pieces), default=0.0) - _BYTE_PENALTY
    vocabulary = [("".join(symbol_of_byte[byte] for byte in piece.encode()), score) for piece, score in pieces]
    tokenizer = Tokenizer(models.Unigram([*vocabulary, *((symbol_of_byte[byte], least) for byte in others)]))
    tokenizer.pre_tokenizer = _byte_level()
    return tokenizer


def _write(tokenizer: Any, options: PreprocessOptions, path: Path) -> None:
    """Write ``tokenizer.json``, with the normalisation that other programs then need to do."""
    from tokenizers import Regex, normalizers

    steps: list[Any] = []
    if options.normalize != "none":
        steps.append(normalizers.NFC() if options.normalize == "nfc" else normalizers.NFKC())
    if options.lower:
        steps.append(normalizers.Lowercase())
    if options.digits != "keep":
        pattern, replacement = (r"\d", "0") if options.digits == "zero" else (r"\d+", "N")
        steps.append(normalizers.Replace(Regex(pattern), replacement))
    if steps:
        tokenizer.normalizer = normalizers.Sequence(steps)
    path.write_text(tokenizer.to_str(pretty=False), encoding="utf-8")


@cache
def _byte_of_symbol() -> dict[str, int]:
    """GPT-2's printable symbol of every byte: itself where it is printable Latin-1, else U+0100 and on."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + index): byte for index, byte in enumerate(others)}


def _piece_text(symbols: str) -> str:
    """``Ġnew`` → ``" new"``."""
    table = _byte_of_symbol()
    return bytes(table[symbol] for symbol in symbols).decode("utf-8", "surrogateescape")
