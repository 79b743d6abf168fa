"""Which neighbouring words are one phrase, and tokens with and without their phrases joined.

``phrases.tsv`` has a header and a line per phrase: phrase, first, second (escaped as in ``vocab.tsv``), pass, count,
score; pass after pass, within a pass by falling score. In each pass a sentence is read from left to right and two
neighbours that are a phrase become one token, which a later pass may join again.

Source: Mikolov, Sutskever, Chen, Corrado, Dean 2013, section 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from seqtool.artifact.escapes import escaped, unescaped
from seqtool.corpus.normalize import Normalizer
from seqtool.corpus.tokenizers.tokenize import Tokenizer
from seqtool.errors import InputError

_HEADER = "phrase\tfirst\tsecond\tpass\tcount\tscore\n"


@dataclass(frozen=True)
class Phrase:
    """Two tokens that are one; ``times`` and ``score`` as they were found, in pass ``number`` (from 1)."""

    joined: str
    first: str
    second: str
    number: int
    times: int
    score: float


class Phrases:
    """The phrases of a corpus.

    Attributes:
        rows: pass after pass.
        passes: by pass, (first, second) → joined.
    """

    def __init__(self, rows: Sequence[Phrase]) -> None:
        self.rows = list(rows)
        numbers = sorted({row.number for row in self.rows})
        self.passes = [
            {(row.first, row.second): row.joined for row in self.rows if row.number == number} for number in numbers
        ]

    def join(self, tokens: Iterable[str]) -> list[str]:
        """The tokens of a sentence with its phrases joined."""
        joined = list(tokens)
        for pairs in self.passes:
            joined = list(_joined(joined, pairs))
        return joined

    def split(self, tokens: Iterable[str]) -> Iterator[str]:
        """The tokens that phrases were joined of."""
        for token in tokens:
            parts = self._parts.get(token)
            if parts is None:
                yield token
            else:
                yield from self.split(parts)

    @cached_property
    def _parts(self) -> dict[str, tuple[str, str]]:
        return {row.joined: (row.first, row.second) for row in reversed(self.rows)}

    def write(self, path: Path) -> None:
        """Write ``phrases.tsv``."""
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.write(_HEADER)
            for row in self.rows:
                words = "\t".join(escaped([row.joined, row.first, row.second]))
                file.write(f"{words}\t{row.number}\t{row.times}\t{row.score:.6g}\n")

    @classmethod
    def read(cls, path: Path) -> Phrases:
        """Read ``phrases.tsv``.

        Raises:
            InputError: the file cannot be read or is no such table.
        """
        try:
            header, *lines = path.read_text(encoding="utf-8").split("\n")
            if header + "\n" != _HEADER or not lines or lines.pop():
                raise ValueError("expected a table of phrases")
            cells = [line.split("\t") for line in lines]
            words = unescaped(path, [word for row in cells for word in row[:3]])
            rows = [
                Phrase(joined, first, second, int(number), int(times), float(score))
                for joined, first, second, (*_, number, times, score) in zip(
                    words[::3], words[1::3], words[2::3], cells, strict=True
                )
            ]
        except (OSError, ValueError) as error:
            raise InputError(f"{path} cannot be read ({error})", "run phrases again") from None
        # What is joined is longer than its parts: taking it apart ends.
        if not all(
            row.joined.startswith(row.first)
            and row.joined.endswith(row.second)
            and len(row.joined) > len(row.first) + len(row.second)
            and row.first
            and row.second
            for row in rows
        ):
            raise InputError(f"{path} contains a phrase that does not consist of its two words", "run phrases again")
        return cls(rows)


def _joined(tokens: list[str], pairs: dict[tuple[str, str], str]) -> Iterator[str]:
    i = 0
    while i < len(tokens):
        phrase = pairs.get((tokens[i], tokens[i + 1])) if i + 1 < len(tokens) else None
        yield tokens[i] if phrase is None else phrase
        i += 1 if phrase is None else 2


class PhraseTokenizer:
    """A tokenizer of words, and the phrases they are joined to.

    Its pretokens are the words': whoever encodes a text by pretokens joins the phrases afterwards (`joining`).
    """

    lossless = False

    def __init__(self, words: Tokenizer, phrases: Phrases) -> None:
        self.words, self.phrases = words, phrases
        self.name, self.mode, self.by_line = words.name, words.mode, words.by_line
        self.understands_unknown = words.understands_unknown

    def tokenize(self, text: str) -> list[str]:
        """The tokens of a normalised text without line ends."""
        return self.phrases.join(self.words.tokenize(text))

    def detokenize(self, tokens: Iterable[str]) -> str:
        """The text of tokens, phrases as the words they were."""
        return self.words.detokenize(self.phrases.split(tokens))

    def prepare(self, text: bytes, normalizer: Normalizer) -> bytes:
        """As the tokenizer of words does."""
        return self.words.prepare(text, normalizer)

    def tokenize_pretokens(self, pretokens: list[str]) -> Iterator[list[str]]:
        """The words of each pretoken."""
        return self.words.tokenize_pretokens(pretokens)
