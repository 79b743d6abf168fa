"""Phrases found in, and joined in, the arrays of a corpus; a block of sentences at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqtool import progress
from seqtool.compute.arrays import ArrayWriter
from seqtool.corpus.corpus import Corpus
from seqtool.corpus.options import PhraseOptions, counting_bytes
from seqtool.corpus.phrases.kernels import join_pairs, pair_keys
from seqtool.corpus.phrases.scoring import Phrase, Phrases
from seqtool.corpus.vocabulary import EOS, SPECIALS, UNK, Vocabulary, by_rank

_BLOCK = 1 << 20
_PAIR_BYTES = 32  # a key, and what finding equal ones takes
_UINT16_IDS = 1 << 16


@dataclass(frozen=True)
class JoinTable:
    """The phrases of one pass in ids; see `phrase_kernels.join_pairs`."""

    starts_V: NDArray[np.int64]
    seconds_P: NDArray[np.uint32]
    joined_P: NDArray[np.uint32]


class JoinedText:
    """A corpus in which phrases are joined, pass after pass, as it is read.

    Args:
        corpus: the text.

    Attributes:
        tokens: the tokens by id: the corpus's own, then the phrases.
    """

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._tables: list[JoinTable] = []
        self.tokens = list(corpus.vocabulary.tokens)
        self._ids = {token: number for number, token in enumerate(self.tokens) if number >= len(SPECIALS)}

    def add_pass(self, pairs: Sequence[tuple[str, str, str]]) -> None:
        """Join more, in what is joined so far.

        Args:
            pairs: (first, second, joined); those of unknown words are left out.
        """
        known = [(self._ids[a], self._ids[b], joined) for a, b, joined in pairs if a in self._ids and b in self._ids]
        for _, _, joined in known:
            if joined not in self._ids:
                self._ids[joined] = len(self.tokens)
                self.tokens.append(joined)
        rows = np.array([(a, b, self._ids[joined]) for a, b, joined in sorted(known)], np.int64).reshape(-1, 3)
        starts_V = np.searchsorted(rows[:, 0], np.arange(len(self.tokens) + 1))
        self._tables.append(JoinTable(starts_V, rows[:, 1].astype(np.uint32), rows[:, 2].astype(np.uint32)))

    def blocks(self, first: int, last: int) -> Iterator[tuple[NDArray[np.uint32], NDArray[np.int64]]]:
        """The sentences from ``first`` to ``last``: their ids, and where in them each sentence ends."""
        bounds = self._corpus.bounds
        while first < last:
            after = int(np.searchsorted(bounds[: last + 1], bounds[first] + _BLOCK, side="right")) - 1
            after = min(last, max(after, first + 1))
            ids = self._corpus.read_ids(int(bounds[first]), int(bounds[after])).astype(np.uint32)
            ends = np.asarray(bounds[first + 1 : after + 1]) - bounds[first]
            for table in self._tables:
                length = join_pairs(ids, ends, table.starts_V, table.seconds_P, table.joined_P, ids)
                ids = ids[:length]
            yield ids, ends
            first = after

    def train_blocks(self) -> Iterator[NDArray[np.uint32]]:
        """The ids of the training part."""
        for ids, _ in self.blocks(*self._corpus.split("train")):
            yield ids

    def counts(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """How often each token occurs in the training part, and in all."""
        first, last = self._corpus.split("train")
        train = self._counted(first, last)
        return train, train + self._counted(0, first) + self._counted(last, len(self._corpus))

    def _counted(self, first: int, last: int) -> NDArray[np.int64]:
        counts_V = np.zeros(len(self.tokens), np.int64)
        for ids, _ in self.blocks(first, last):
            counts_V += np.bincount(ids, minlength=len(counts_V))
        return counts_V


def find_phrases(text: JoinedText, options: PhraseOptions, number: int) -> list[Phrase]:
    """The phrases of a text, by falling score.

    Memory: ``--memory`` for pairs of neighbours, 32 bytes each; where they do not fit, the text is read several times,
    some of the first words at a time.

    Args:
        text: phrases found before are joined in it already.
        options: what makes a phrase.
        number: of this pass, from 1.
    """
    counts_V = text.counts()[0]
    total = int(counts_V.sum() - counts_V[EOS])
    frequent_V = counts_V >= options.min_count
    frequent_V[[UNK, EOS]] = False
    room, found = counting_bytes(options.memory) // _PAIR_BYTES, []
    ranges = _ranges(np.where(frequent_V, counts_V, 0), room)
    with progress.stage(f"counting pairs, pass {number}", "tokens", len(ranges) * int(counts_V.sum())) as stage:
        for first, last in ranges:
            pairs = _Pairs(min(room, int(counts_V[first:last][frequent_V[first:last]].sum())))
            for ids in text.train_blocks():
                pairs.add(ids, frequent_V, first, last)
                stage.advance(len(ids))
            found.append(pairs.counted(options.min_count))
    firsts, seconds, times = (np.concatenate(columns) for columns in zip(*found, strict=True))
    scores = score_pairs(times, counts_V[firsts], counts_V[seconds], total, options)
    chosen = np.flatnonzero(scores > options.least_score)
    if len(scores) and not len(chosen):
        best = int(scores.argmax())
        pair = f"{text.tokens[firsts[best]]} {text.tokens[seconds[best]]}"
        progress.note(
            f"pass {number}: no pair is above {options.least_score:g}; the best is {pair!r} with {scores[best]:.4g} "
            "(--threshold; in a small text --scoring npmi)"
        )
    chosen = chosen[np.lexsort((seconds[chosen], firsts[chosen], -scores[chosen]))]
    rows = zip(*(column[chosen].tolist() for column in (firsts, seconds, times, scores)), strict=True)
    return [
        Phrase(f"{text.tokens[a]}{options.delimiter}{text.tokens[b]}", text.tokens[a], text.tokens[b], number, n, score)
        for a, b, n, score in rows
    ]


def _ranges(counts_V: NDArray[np.int64], room: int) -> list[tuple[int, int]]:
    """Runs of words that occur no more than ``room`` times together, or are one word."""
    ranges, first, ends_V = [], 0, np.cumsum(counts_V)
    while first < len(counts_V):
        before = int(ends_V[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends_V, before + room, side="right")))
        ranges.append((first, last))
        first = last
    return ranges


class _Pairs:
    """Pairs of neighbours and how often they occur; when the room is full, equal ones are put together.

    Args:
        room: pairs that are kept one by one. Of one very frequent word there are more, but not many different ones.
    """

    def __init__(self, room: int) -> None:
        self._keys, self._length, self._room = np.empty(0, np.uint64), 0, room
        self._known, self._times = np.empty(0, np.uint64), np.empty(0, np.int64)

    def add(self, ids: NDArray[np.uint32], frequent_V: NDArray[np.bool_], first: int, last: int) -> None:
        """Add those of a block whose first word is in a range."""
        if self._length + len(ids) > len(self._keys):
            self._put_together()
            self._keys = np.empty(self._room + len(ids), np.uint64) if len(self._keys) < len(ids) else self._keys
        self._length = pair_keys(ids, frequent_V, first, last, self._keys, self._length)

    def counted(self, min_count: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """First words, second words and counts of the pairs that occur often enough."""
        self._put_together()
        often = self._times >= min_count
        keys = self._known[often]
        return (keys >> 32).astype(np.int64), (keys & 0xFFFFFFFF).astype(np.int64), self._times[often]

    def _put_together(self) -> None:
        keys = self._keys[: self._length]
        keys.sort()
        starts = _first_places(keys)
        times = np.diff(starts, append=len(keys))
        if len(self._known):
            keys, times = np.concatenate([self._known, keys[starts]]), np.concatenate([self._times, times])
            order = np.argsort(keys, kind="stable")
            keys, times = keys[order], times[order]
            starts = _first_places(keys)
            times = np.add.reduceat(times, starts) if len(starts) else times
        self._known, self._times, self._length = keys[starts], times, 0


def _first_places(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Where each key of a sorted array stands first."""
    if not len(keys):
        return np.zeros(0, np.int64)
    return np.concatenate([np.zeros(1, np.int64), 1 + np.flatnonzero(keys[1:] != keys[:-1])])


def score_pairs(
    times: NDArray[np.int64], firsts: NDArray[np.int64], seconds: NDArray[np.int64], total: int, options: PhraseOptions
) -> NDArray[np.float64]:
    """How much more often two words stand together than by chance.

    Args:
        times: int64 (P,), how often the pairs occur.
        firsts, seconds: int64 (P,), how often their words do.
        total: words of the text.
        options: ``scoring``: ratio (Mikolov et al. 2013, equation 6, times the words of the text, as word2phrase has
            it), npmi (Bouma 2009) or llr (Dunning 1993; below zero where they repel each other).
    """
    n, a, b = times.astype(np.float64), firsts.astype(np.float64), seconds.astype(np.float64)
    if options.scoring == "ratio":
        return (n - options.min_count) / (a * b) * total
    if options.scoring == "npmi":
        share = n / total
        return np.log(share / (a / total * (b / total))) / np.maximum(-np.log(share), np.finfo(np.float64).tiny)
    from scipy.special import rel_entr

    x, y = total - a, total - b
    table = ((n, a, b), (a - n, a, y), (b - n, x, b), (x - b + n, x, y))
    return np.asarray(
        2 * sum(rel_entr(cell, row * column / total) for cell, row, column in table) * np.sign(n * total - a * b)
    )


@dataclass(frozen=True)
class Joined:
    """What `write_joined` wrote: the vocabulary, and the tokens of all parts (``<eos>`` left out)."""

    vocabulary: Vocabulary
    tokens: int


def write_joined(text: JoinedText, sentences: int, folder: Path) -> Joined:
    """Write ``ids.npy``, ``bounds.npy`` and ``vocab.tsv`` of a text whose phrases are joined.

    Args:
        text: the text.
        sentences: how many it has.
        folder: receives the files, which must not be those that the text is read from.
    """
    train_V, counts_V = text.counts()
    kept = np.flatnonzero(counts_V > 0)
    kept = kept[kept >= len(SPECIALS)]
    tokens = [text.tokens[number] for number in kept]
    order = by_rank(tokens, train_V[kept])
    specials = np.arange(len(SPECIALS))
    ranked = np.concatenate([specials, kept[order]])
    vocabulary = Vocabulary([text.tokens[number] for number in ranked], train_V[ranked])
    dtype = np.uint16 if len(vocabulary) <= _UINT16_IDS else np.uint32
    mapping = np.zeros(len(text.tokens), dtype)
    mapping[ranked] = np.arange(len(ranked))
    with (
        ArrayWriter(folder / "ids.npy", dtype) as ids,
        ArrayWriter(folder / "bounds.npy", np.int64) as bounds,
    ):
        bounds.append(0, np.zeros(1, np.int64))
        for block, ends in text.blocks(0, sentences):
            bounds.append(0, ends + ids.lengths[0])
            ids.append(0, mapping[block])
        ids.finish()
        bounds.finish()
    vocabulary.write(folder / "vocab.tsv")
    return Joined(vocabulary, int(counts_V.sum() - counts_V[EOS]))


def with_phrases(corpus: Corpus, phrases: Phrases) -> JoinedText:
    """A corpus with phrases that were found in another text."""
    text = JoinedText(corpus)
    for pairs in phrases.passes:
        text.add_pass([(a, b, joined) for (a, b), joined in pairs.items()])
    return text
