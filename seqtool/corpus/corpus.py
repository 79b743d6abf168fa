"""A corpus as its consumers see it: sentences of ids in memory-mapped arrays, vocabulary, tokenizer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.files import open_array
from seqtool.compute.arrays import read_items
from seqtool.corpus.characters import CharacterModel
from seqtool.corpus.normalize import Normalizer
from seqtool.corpus.options import SPLIT_NAMES, PreprocessOptions
from seqtool.corpus.tokenizers.load import load_tokenizer
from seqtool.corpus.tokenizers.tokenize import PHRASES, Tokenizer
from seqtool.corpus.vocabulary import Vocabulary
from seqtool.errors import InputError, plural

_REMEDY = "preprocess the text again"
_BLOCK = 1 << 20


class Corpus:
    """The files that `preprocess` wrote.

    Args:
        directory: the folder.
        options: how the corpus was made.
        splits: name → first sentence, sentence after the last; one part called train if left out.
        phrases: whether its words are joined to phrases, which ``phrases.tsv`` lists.

    Attributes:
        ids: uint16 or uint32 of shape (tokens with their ``<eos>``,), memory-mapped.
        bounds: int64 of shape (sentences + 1,), memory-mapped; sentence i is ``ids[bounds[i]:bounds[i + 1]]``.
        lengths: uint32 of shape (sentences, 2), memory-mapped: characters and bytes of each line, its end included.

    Raises:
        ArtifactError: a file is missing or damaged.
        InputError: the files do not fit together.
    """

    def __init__(
        self,
        directory: Path,
        options: PreprocessOptions,
        splits: Mapping[str, tuple[int, int]] | None = None,
        phrases: bool = False,
    ) -> None:
        self.directory, self._phrases = directory, directory / PHRASES if phrases else None
        self.options = options
        self.ids = open_array(directory / "ids.npy", ("uint16", "uint32"), 1)
        self.bounds = open_array(directory / "bounds.npy", ("int64",), 1)
        self.lengths = open_array(directory / "lengths.npy", ("uint32",), 2)
        self.splits = {name: (int(first), int(end)) for name, (first, end) in (splits or {}).items()}
        self.splits = self.splits or {SPLIT_NAMES[0]: (0, len(self))}
        self._check()

    def __len__(self) -> int:
        """Sentences."""
        return max(0, len(self.bounds) - 1)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The full vocabulary; counts are those of the training part."""
        vocabulary = Vocabulary.read(self.directory / "vocab.tsv")
        blocks = (self.read_ids(first, first + _BLOCK) for first in range(0, len(self.ids), _BLOCK))
        largest = max((int(block.max()) for block in blocks), default=0)
        if largest >= len(vocabulary):
            raise InputError(
                f"{self.directory}: ids.npy contains the id {largest}, but vocab.tsv has "
                f"{plural(len(vocabulary), 'line')}",
                _REMEDY,
            )
        return vocabulary

    @cached_property
    def characters(self) -> CharacterModel:
        """The model that prices unknown words."""
        return CharacterModel.read(self.directory / "characters.tsv")

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer, for more text."""
        return load_tokenizer(self.options, self.directory, phrases=self._phrases)

    @cached_property
    def normalizer(self) -> Normalizer:
        """The normalisation that goes before the tokenizer."""
        return Normalizer(self.options)

    def read_ids(self, first: int, last: int) -> NDArray[Any]:
        """A copy of ``ids[first:last]``, read without mapping its pages into memory."""
        if not isinstance(self.ids, np.memmap):
            return self.ids[first:last]
        offset = self.ids.offset + first * self.ids.itemsize
        return read_items(self.directory / "ids.npy", self.ids.dtype, min(last, len(self.ids)) - first, offset)

    def encode(self, text: str) -> list[int]:
        """The ids of a short text, normalised and tokenised as the corpus was, without ``<eos>``."""
        return self.vocabulary.encode(self.tokenizer.tokenize(self.normalizer(text)))

    def split(self, name: str) -> tuple[int, int]:
        """The sentences of a part: first, after the last.

        Raises:
            InputError: the corpus has no such part.
        """
        if name not in self.splits:
            parts = ", ".join(self.splits)
            remedy = f"its parts are {parts}" if len(self.splits) > 1 else f"its only part is {parts}"
            raise InputError(f"{self.directory} has no part {name!r}", remedy)
        return self.splits[name]

    def sentences(self, name: str = "train") -> Iterator[NDArray[Any]]:
        """The sentences of a part; views of ids ending in ``<eos>``."""
        first, end = self.split(name)
        for index in range(first, end):
            yield self.ids[self.bounds[index] : self.bounds[index + 1]]

    def _check(self) -> None:
        bounds, name, sentences = self.bounds, self.directory, plural(len(self), "sentence")
        if not len(bounds) or bounds[0] != 0 or bounds[-1] != len(self.ids) or not _increases(bounds):
            raise InputError(f"{name}: bounds.npy does not divide ids.npy into sentences", _REMEDY)
        if self.lengths.shape != (len(self), 2):
            raise InputError(f"{name}: lengths.npy has {plural(len(self.lengths), 'row')} for {sentences}", _REMEDY)
        edges = [edge for bounds in self.splits.values() for edge in bounds]
        inside = all(0 <= edge <= len(self) for edge in edges)
        if not inside or any(first > end for first, end in self.splits.values()):
            raise InputError(f"{name}: the bounds of a part do not fit its {sentences}", _REMEDY)


def _increases(bounds: NDArray[np.int64], step: int = 1 << 20) -> bool:
    """Whether every sentence has its ``<eos>`` at least; a part at a time, in bounded memory."""
    # They are compared, as the differences of forged ones can pass 64 bits.
    parts = (bounds[first : first + step + 1] for first in range(0, len(bounds) - 1, step))
    return all(bool(np.all(part[1:] > part[:-1])) for part in parts)
