"""What it costs to spell a word: a smoothed unigram model of characters.

It gives the words outside a vocabulary a share of their own in bits per character: p(word | <unk>) by its spelling.

    p(c)      = (n(c) + 1) / Z             characters seen in the vocabulary, and the end of a word
    p(unseen) = 1 / Z / 1,114,112          each other code point
    Z         = Σ (n(c) + 1) + 1

n(c) counts over the running text: a token's characters count as often as the token occurs. The probabilities of all
words sum to at most 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.escapes import escaped, unescaped
from seqtool.corpus.packed import PackedTexts
from seqtool.corpus.vocabulary import Vocabulary
from seqtool.errors import InputError

END = "<end>"
CODE_POINTS = 0x110000


class CharacterModel:
    """The character unigram.

    Attributes:
        counts: occurrences of each character and of `END`.
    """

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.counts = dict(counts)
        total = sum(self.counts.values()) + len(self.counts) + 1
        self._bits = {character: float(np.log2(total / (n + 1))) for character, n in self.counts.items()}
        self._unseen = float(np.log2(total) + np.log2(CODE_POINTS))

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> CharacterModel:
        """The model of a vocabulary's ordinary tokens that occur at all."""
        counts, first = vocabulary.counts[2:], 0
        sums = np.zeros(CODE_POINTS, np.float64)  # exact: doubles hold integers to 2^53
        for tokens in PackedTexts.of(vocabulary.tokens[2:]).parts():
            points = np.frombuffer("".join(tokens).encode("utf-32-le", "surrogatepass"), np.uint32)
            lengths = np.fromiter(map(len, tokens), np.int64, len(tokens))
            found = np.bincount(points, np.repeat(counts[first : first + len(tokens)], lengths))
            sums[: len(found)] += found
            first += len(tokens)
        seen = np.flatnonzero(sums)
        return cls(
            {END: int(counts.sum())}
            | dict(zip(map(chr, seen.tolist()), sums[seen].astype(np.int64).tolist(), strict=True))
        )

    def bits(self, token: str) -> float:
        """The cost of spelling a token, in bits."""
        return sum(self._bits.get(character, self._unseen) for character in token) + self._bits.get(END, self._unseen)

    def bits_of(self, tokens: Iterable[str]) -> NDArray[np.float64]:
        """The costs of tokens: float64."""
        return np.fromiter(map(self.bits, tokens), np.float64)

    def write(self, path: Path) -> None:
        """Write ``characters.tsv``: a line per character, escaped as in ``vocab.tsv``, and its count."""
        rows = zip(escaped(list(self.counts)), self.counts.values(), strict=True)
        path.write_text("".join(map("%s\t%d\n".__mod__, rows)), encoding="utf-8", newline="")

    @classmethod
    def read(cls, path: Path) -> CharacterModel:
        """Read ``characters.tsv``.

        Raises:
            InputError: naming the file and the line that is wrong.
        """
        rows = [line.split("\t") for line in path.read_text("utf-8", errors="replace").split("\n")[:-1]]
        for line, row in enumerate(rows, 1):
            if len(row) != 2 or not (row[1].isascii() and row[1].isdecimal() and len(row[1]) <= 18):
                raise InputError(f"{path}: line {line}: expected a character, a TAB and its count", "recreate it")
        characters = unescaped(path, [row[0] for row in rows])
        wrong = [character for character in characters if len(character) != 1 and character != END]
        if wrong or len(set(characters)) != len(characters):
            raise InputError(f"{path}: not a list of single characters", "recreate it")
        return cls({character: int(row[1]) for character, row in zip(characters, rows, strict=True)})
