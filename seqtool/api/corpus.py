"""A corpus as a sequence of sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from numpy.typing import NDArray

from seqtool.api.artifact import OnDisk
from seqtool.artifact.read import Artifact
from seqtool.corpus.artifact import open_corpus
from seqtool.corpus.vocabulary import Vocabulary
from seqtool.errors import plural


class Corpus(OnDisk):
    """A corpus as a sequence of sentences, each a list of tokens.

    Args:
        artifact: an opened corpus artifact.
    """

    def __init__(self, artifact: Artifact) -> None:
        self._corpus, self.path = open_corpus(artifact), artifact.path

    def __len__(self) -> int:
        """The number of sentences."""
        return len(self._corpus)

    def __iter__(self) -> Iterator[list[str]]:
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int) -> list[str]:
        """Return the tokens of a sentence, without ``<eos>``."""
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(f"index {index} is out of range: the corpus has {plural(len(self), 'sentence')}")
        first, end = self._corpus.bounds[place : place + 2]
        tokens = self.vocabulary.tokens
        return [tokens[token_id] for token_id in self._corpus.ids[first : end - 1].tolist()]

    def __repr__(self) -> str:
        parts = ", ".join(f"{name} {end - first:,}" for name, (first, end) in self.splits.items())
        size = plural(len(self), "sentence") + (f" ({parts})" if len(self.splits) > 1 else "")
        tokens, types = plural(len(self.ids), "token"), plural(len(self.vocabulary), "type")
        return f"<Corpus {self.path.name}: {size}, {tokens}, {types}>"

    @property
    def ids(self) -> NDArray[Any]:
        """The ids of all tokens, memory-mapped. Each sentence ends with the id of ``<eos>``."""
        return self._corpus.ids

    @property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary, with its ``tokens``, ``counts`` and ``ids``."""
        return self._corpus.vocabulary

    @property
    def splits(self) -> Mapping[str, tuple[int, int]]:
        """The parts train, valid and test, each as a range of sentences: first, last + 1."""
        return self._corpus.splits

    def sentences(self, split: str) -> Iterator[list[str]]:
        """Iterate over the sentences of a part: ``train``, ``valid`` or ``test``.

        Raises:
            InputError: the corpus does not have this part.
        """
        return (self[index] for index in range(*self._corpus.split(split)))

    def encode(self, text: str) -> list[int]:
        """Return the ids of the tokens of a text, tokenized like the corpus. Unknown tokens have id 0."""
        return self._corpus.encode(text)
