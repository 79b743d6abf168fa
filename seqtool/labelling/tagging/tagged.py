"""Sentences of words in a tagger's ids, and batches of them.

B batch, S steps, F features, W characters of a word, U different words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqtool.corpus.normalize import Normalizer
from seqtool.corpus.options import PreprocessOptions
from seqtool.corpus.vocabulary import Vocabulary, read_words, write_words
from seqtool.labelling.tagging.columns import Sentence
from seqtool.labelling.tagging.options import TaggerOptions
from seqtool.nn.batches.batching import IGNORED, Batch, Positions
from seqtool.nn.batches.buckets import BucketBatches, padded

_LONGEST_WORD = 40
_UNKNOWN_CHARACTER = 1  # 0 is padding

Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Alphabet:
    """Symbols and their numbers from ``first`` on; what is below is for others."""

    symbols: tuple[str, ...]
    first: int

    def __len__(self) -> int:
        return len(self.symbols) + self.first

    def ids(self) -> dict[str, int]:
        """The number of each symbol."""
        return {symbol: i for i, symbol in enumerate(self.symbols, self.first)}


@dataclass(frozen=True)
class Codes:
    """How columns become numbers.

    Attributes:
        words: as they are looked up.
        characters: of the words as they stand; 0 is padding, 1 unknown.
        features: the values of each feature; 0 is unknown.
        labels: from 0.
    """

    words: Vocabulary
    characters: Alphabet
    features: tuple[Alphabet, ...]
    labels: Alphabet

    def files(self) -> dict[str, Alphabet]:
        """The files of a model's folder."""
        named = {f"feature{i}.tsv": alphabet for i, alphabet in enumerate(self.features)}
        return {"labels.tsv": self.labels, "letters.tsv": self.characters, **named}

    def write(self, folder: Any) -> None:
        """Write them into a model's folder."""
        self.words.write(folder / "vocab.tsv")
        for name, alphabet in self.files().items():
            write_words(folder / name, alphabet.symbols, np.zeros(len(alphabet.symbols), np.int64))

    @classmethod
    def read(cls, folder: Any, features: int) -> Codes:
        """Those in a model's folder."""

        def alphabet(name: str, first: int) -> Alphabet:
            return Alphabet(tuple(read_words(folder / name)[0]), first)

        values = tuple(alphabet(f"feature{i}.tsv", 1) for i in range(features))
        return cls(Vocabulary.read(folder / "vocab.tsv"), alphabet("letters.tsv", 2), values, alphabet("labels.tsv", 0))


def lookup_form(options: TaggerOptions) -> Normalizer:
    """How a word is written where it is looked up."""
    return Normalizer(PreprocessOptions(normalize="nfc", lower=options.lower, digits=options.digits))


@dataclass(frozen=True)
class Tagged:
    """Sentences in numbers, N words in all, U of them different.

    Attributes:
        numbers_N: of each word among the different ones.
        words_U: ids for looking up.
        spelled_UW: characters, 0 after a word's end.
        features_FN, labels_N: int64; labels -1 where the model does not know them.
        bounds: int64, sentences + 1.
    """

    numbers_N: Ids
    words_U: Ids
    spelled_UW: NDArray[np.int32]
    features_FN: Ids
    labels_N: Ids
    bounds: Positions

    def __len__(self) -> int:
        return len(self.bounds) - 1


def encode(
    sentences: Sequence[Sentence],
    codes: Codes,
    form: Normalizer,
    word: int,
    features: Sequence[int],
    labels_of: Callable[[Sentence], list[str]] | None,
) -> Tagged:
    """Sentences in numbers.

    Args:
        sentences: that have words.
        codes: the numbers.
        form: see `lookup_form`.
        word, features: columns.
        labels_of: the labels of a sentence as they are learned; without it there are none.
    """
    words = [token for sentence in sentences for token in sentence.column(word)]
    different = {token: i for i, token in enumerate(dict.fromkeys(words))}
    letters = codes.characters.ids()
    widest = min(_LONGEST_WORD, max(map(len, different), default=1)) or 1
    spelled_UW = np.zeros((len(different), widest), np.int32)
    for row, token in enumerate(different):
        cut = token[:widest]
        spelled_UW[row, : len(cut)] = [letters.get(letter, _UNKNOWN_CHARACTER) for letter in cut]
        spelled_UW[row, 0] = max(spelled_UW[row, 0], 1)
    columns = []
    for number, alphabet in zip(features, codes.features, strict=True):
        ids = alphabet.ids()
        columns.append([ids.get(value, 0) for sentence in sentences for value in sentence.column(number)])
    known = codes.labels.ids()
    labels = [known.get(v, -1) for sentence in sentences for v in (labels_of(sentence) if labels_of else ())]
    return Tagged(
        np.asarray([different[token] for token in words], np.int64),
        np.asarray(codes.words.encode([form(token) for token in different]), np.int64),
        spelled_UW,
        np.asarray(columns, np.int64).reshape(len(columns), len(words)),
        np.asarray(labels, np.int64),
        np.cumsum([0, *(len(sentence.words) for sentence in sentences)]),
    )


class TaggedBatches(BucketBatches):
    """Batches of sentences: ``source`` as `Tagger.emissions` takes it, ``targets`` and ``inputs`` labels_SB.

    Args:
        text: the sentences.
        rows, size, seed, shuffle: see `BucketBatches`; ``size`` is in sentences.
    """

    unit = "words"

    def __init__(self, text: Tagged, rows: Positions, size: int, seed: int = 0, shuffle: bool = True) -> None:
        super().__init__(text.numbers_N, 0, np.diff(text.bounds)[rows], rows, size, False, seed, shuffle)
        self.text = text

    def of(self, rows_B: Positions) -> Batch:
        """See `BucketBatches`."""
        text = self.text
        starts, ends = text.bounds[rows_B], text.bounds[rows_B + 1]
        numbers_SB = padded(text.numbers_N, starts, ends)
        known_SB = np.maximum(numbers_SB, 0)
        features = [padded(column, starts, ends) for column in text.features_FN]
        spelled_WSB = np.moveaxis(text.spelled_UW[known_SB], 2, 0)
        source_CSB = np.concatenate([np.stack([numbers_SB, text.words_U[known_SB], *features]), spelled_WSB])
        labels_SB = padded(text.labels_N, starts, ends) if len(text.labels_N) else numbers_SB
        targets = torch.from_numpy(labels_SB)
        tokens = int((numbers_SB != IGNORED).sum())
        return Batch(targets, targets, tokens, source=torch.from_numpy(source_CSB))
