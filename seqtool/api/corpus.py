"""A corpus as a sequence of sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from numpy.typing import NDArray

from seqtool.api.artifact import OnDisk
from seqtool.artifact.read import Artifact
from seqtool.corpus.artifact import open_corpus
from seqtool.corpus.vocabulary import Vocabulary


class Corpus(OnDisk):
    """The sentences of a corpus artifact; iteration gives each as a list of tokens.

    Args:
        artifact: an opened corpus.
    """

    def __init__(self, artifact: Artifact) -> None:
        self._corpus, self.path = open_corpus(artifact), artifact.path

    def __len__(self) -> int:
        """The number of sentences."""
        return len(self._corpus)

    def __iter__(self) -> Iterator[list[str]]:
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int) -> list[str]:
        """The tokens of a sentence, its ``<eos>`` left out."""
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(f"sentence {index} of {len(self):,}")
        first, end = self._corpus.bounds[place : place + 2]
        tokens = self.vocabulary.tokens
        return [tokens[token_id] for token_id in self._corpus.ids[first : end - 1].tolist()]

    def __repr__(self) -> str:
        parts = ", ".join(f"{name} {end - first:,}" for name, (first, end) in self.splits.items())
        size = f"{len(self):,} sentences ({parts})" if len(self.splits) > 1 else f"{len(self):,} sentences"
        return f"<Corpus {self.path.name}: {size}, {len(self.ids):,} tokens, {len(self.vocabulary):,} types>"

    @property
    def ids(self) -> NDArray[Any]:
        """The ids of all tokens, each sentence ending in that of ``<eos>``; memory-mapped."""
        return self._corpus.ids

    @property
    def vocabulary(self) -> Vocabulary:
        """The types: ``tokens``, ``counts`` and ``ids``."""
        return self._corpus.vocabulary

    @property
    def splits(self) -> Mapping[str, tuple[int, int]]:
        """The parts train, valid and test: first sentence, sentence after the last."""
        return self._corpus.splits

    def sentences(self, split: str) -> Iterator[list[str]]:
        """The sentences of a part, ``train``, ``valid`` or ``test``.

        Raises:
            InputError: the corpus has no such part.
        """
        return (self[index] for index in range(*self._corpus.split(split)))

    def encode(self, text: str) -> list[int]:
        """The ids of a text, tokenised as the corpus was; 0 for unknown tokens."""
        return self._corpus.encode(text)
