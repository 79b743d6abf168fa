"""Token ↔ id, and the file that holds them.

Id 0 is ``<unk>``, id 1 ``<eos>``; then come the tokens by falling count, equal counts by the tokens' bytes. A text
that contains the letters ``<eos>`` has an ordinary token of that spelling, with an id of its own.

``vocab.tsv`` has a line per id: the token, a TAB, its count. Backslash, TAB, newline and carriage return are written
``\\\\ \\t \\n \\r``; a byte that is not part of valid UTF-8 (of a byte-level piece) ``\\x`` and two hexadecimal digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.escapes import escaped, unescaped
from seqtool.corpus.packed import PackedTexts
from seqtool.errors import InputError, plural
from seqtool.progress import note, warn

SPECIALS = ("<unk>", "<eos>")
_READ_BYTES = 1 << 18
UNK, EOS = 0, 1

_COUNTED = re.compile(r"([^\t]*[^\t ]) +[0-9]+ *")
_TOKENS_WANTED = "give --vocab a file with one token per line"


class Vocabulary:
    """The tokens of a corpus or model and how often they occur.

    Attributes:
        tokens: V strings, ``<unk>`` and ``<eos>`` first; a list, or `PackedTexts` of what was made or read.
        counts: int64 of shape (V,).
    """

    def __init__(self, tokens: Sequence[str], counts: NDArray[np.int64]) -> None:
        assert tuple(tokens[:2]) == SPECIALS
        assert len(tokens) == len(counts)
        self.tokens: Sequence[str] = tokens if isinstance(tokens, PackedTexts) else list(tokens)
        self.counts = np.asarray(counts, np.int64)

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self.ids

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self.tokens[:6])) + (", …" if len(self) > 6 else "")
        return f"<Vocabulary of {len(self):,} types: {shown}>"

    @cached_property
    def ids(self) -> dict[str, int]:
        """Token → id, of the ordinary tokens and ``<unk>``."""
        return {"<unk>": UNK} | dict(zip(self.tokens[2:], range(2, len(self.tokens)), strict=True))

    @property
    def padding(self) -> int:
        """The id that a text is filled up with to be longer: that of a space, or ``<eos>`` where it has none."""
        return self.ids.get(" ", EOS)

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """The ids of tokens, 0 where a token is not known."""
        ids = self.ids
        return [ids.get(token, UNK) for token in tokens]

    def mapping(self, other: Vocabulary) -> NDArray[np.int64]:
        """For every id here its id in ``other``, 0 where that has no such token: int64 of shape (V,)."""
        return np.array([UNK, EOS, *other.encode(self.tokens[2:])], np.int64)

    def cut(
        self,
        counts: NDArray[np.int64] | None = None,
        min_count: int = 1,
        max_vocab: int | None = None,
        text: object = "the training text",
    ) -> tuple[Vocabulary, NDArray[np.int64]]:
        """A smaller vocabulary of the tokens that occur often enough.

        Args:
            counts: int64 (V,), counts to go by (of the training sentences, say); these if left out.
            min_count: fewest occurrences of a token that stays.
            max_vocab: most tokens, ``<unk>`` and ``<eos>`` included.
            text: what an error calls the text that was counted.

        Returns:
            (the vocabulary, its ids by rank in ``counts``, the occurrences of what was cut added to ``<unk>``;
            int64 (V,): for every id here the id there, 0 where it was cut).

        Raises:
            InputError: no token occurs ``min_count`` times.
        """
        counts = self.counts if counts is None else np.asarray(counts, np.int64)
        order = 2 + np.argsort(-counts[2:], kind="stable")
        if len(order) and min_count > 1:
            refuse_rare(int(counts[order[0]]), min_count, text)
        kept = order[counts[order] >= min_count][: None if max_vocab is None else max(0, max_vocab - 2)]
        mapping = np.zeros(len(self), np.int64)
        mapping[EOS], mapping[kept] = EOS, np.arange(2, len(kept) + 2)
        new_counts = np.concatenate([counts[:2], counts[kept]])
        new_counts[UNK] += counts[2:].sum() - counts[kept].sum()
        packed = PackedTexts.of(self.tokens)
        first_ones = np.array_equal(kept, np.arange(2, len(kept) + 2))  # of a corpus: no copy is needed
        return Vocabulary(packed[: len(kept) + 2] if first_ones else packed.taken(kept, SPECIALS), new_counts), mapping

    def write(self, path: Path) -> None:
        """Write ``vocab.tsv``."""
        write_words(path, self.tokens, self.counts)

    @classmethod
    def read(cls, path: Path) -> Vocabulary:
        """Read ``vocab.tsv``.

        Raises:
            InputError: naming the file and the line that is wrong.
        """
        tokens, numbers = _read_rows(path)
        if tuple(tokens[:2]) != SPECIALS:
            raise InputError(f"{path}: the first two lines must be <unk> and <eos>", "recreate it")
        _refuse_repeated(path, tokens, len(SPECIALS))
        return cls(tokens, numbers)


def write_words(path: Path, words: Sequence[str], counts: NDArray[np.int64]) -> None:
    """Write the ``vocab.tsv`` of counts and vectors: ordinary words only, the line number from 0 is the row."""
    first = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        for part in PackedTexts.of(words).parts():
            rows = zip(escaped(part), counts[first : first + len(part)].tolist(), strict=True)
            file.write("".join(map("%s\t%d\n".__mod__, rows)))
            first += len(part)


def read_words(path: Path) -> tuple[PackedTexts, NDArray[np.int64]]:
    """Read what `write_words` wrote: the words, and int64 (V,) how often they occur.

    Raises:
        InputError: naming the file and the line that is wrong.
    """
    words, counts = _read_rows(path)
    _refuse_repeated(path, words)
    return words, counts


def _read_rows(path: Path) -> tuple[PackedTexts, NDArray[np.int64]]:
    blocks: list[PackedTexts] = []
    counts, rows = [np.zeros(0, np.int64)], 0
    with path.open("rb") as file:
        while lines := file.readlines(_READ_BYTES):
            tokens, numbers = _rows(path, lines, rows)
            blocks.append(PackedTexts.of(tokens))
            counts.append(numbers)
            rows += len(tokens)
    return PackedTexts.joined(blocks), np.concatenate(counts)


def _rows(path: Path, lines: list[bytes], before: int) -> tuple[list[str], NDArray[np.int64]]:
    """Tokens and counts of some lines; ``before`` them come so many."""
    try:
        rows = [line.rpartition("\t") for line in b"".join(lines).decode().split("\n")]
    except UnicodeDecodeError as error:
        line = before + error.object.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}: line {line}: not valid UTF-8", "recreate it") from None
    if any(rows.pop()):
        raise InputError(f"{path}: line {before + len(rows) + 1}: the file is truncated here", "recreate it")
    numbers = [number if tab else "" for _, tab, number in rows]
    _check_numbers(path, numbers, before)
    tokens = [token for token, _, _ in rows]
    return unescaped(path, tokens, before), np.array(list(map(int, numbers)), np.int64)


def read_token_list(path: Path) -> list[str]:
    """The tokens of a ``vocab.tsv``, or of a file of one token a line; specials are left out.

    What follows a TAB is ignored. Where every line is a token, a space and a whole number, as GloVe and word2vec write
    their vocabularies, the numbers are counts, and word2vec's ``</s>`` is ``<eos>``.

    Raises:
        InputError: the file cannot be read, or has no token.
    """
    try:
        data = path.read_bytes()
        if data.startswith(b"<unk>\t") and b"\n<eos>\t" in data[:64]:
            tokens = Vocabulary.read(path).tokens
        else:
            lines = data.decode("utf-8-sig").replace("\r\n", "\n").split("\n")
            uncounted = _without_counts(path, lines)
            tokens = [line.partition("\t")[0] for line in lines] if uncounted is None else uncounted
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}", _TOKENS_WANTED) from None
    found = list(dict.fromkeys(token for token in tokens if token and token not in SPECIALS))
    if not found:
        raise InputError(f"{path} contains no token, so every word would be <unk>", _TOKENS_WANTED)
    return found


def _without_counts(path: Path, lines: list[str]) -> list[str] | None:
    """The tokens where every line that is not blank has a count behind a space; else None."""
    tokens = []
    for line in filter(str.strip, lines):
        match = _COUNTED.fullmatch(line)
        if match is None:
            return None
        tokens.append(match[1])
    if tokens:
        note(f"{path}: the number at the end of each line is read as a count and ignored")
    return [token for token in tokens if token != "</s>"]


def warn_if_foreign(path: str, known: int, tokens: int) -> None:
    """Warn where fewer than 1 % of the tokens of a text are in the vocabulary given for it."""
    if known * 100 < tokens:
        warn(f"only {known:,} of {tokens:,} tokens are in --vocab {path}; check that it is tokenized like the text")


def by_rank(tokens: Sequence[str], counts: NDArray[np.int64]) -> NDArray[np.int32]:
    """The order of tokens by falling count, equal counts by their bytes: int32, positions in ``tokens``."""
    return PackedTexts.of(tokens).by_rank(counts)


def _check_numbers(path: Path, numbers: list[str], before: int) -> None:
    digits = "".join(numbers)
    if numbers and (not (digits.isascii() and digits.isdecimal() and all(numbers)) or max(map(len, numbers)) > 18):
        line = next(i for i, n in enumerate(numbers, 1) if not (n.isascii() and n.isdecimal() and len(n) <= 18))
        raise InputError(f"{path}: line {before + line}: expected a token, a TAB and its count", "recreate it")


def _refuse_repeated(path: Path, tokens: PackedTexts, first: int = 0) -> None:
    repeated = tokens.repeated(first)
    if repeated is not None:
        raise InputError(f"{path}: the token {repeated!r} occurs on two lines", "recreate it")


def refuse_rare(most: int, min_count: int, text: object) -> None:
    """Refuse a ``--min-count`` that leaves no token; ``most`` is the count of the most frequent one.

    Raises:
        InputError: naming the highest value that leaves one.
    """
    if most < min_count:
        message = f"no word of {text} occurs {min_count} times, the most frequent occurs {plural(most, 'time')}"
        raise InputError(message, f"use --min-count {most} or less" if most > 1 else "use --min-count 1")
