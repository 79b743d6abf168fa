"""The text that is counted: a corpus as labels of words.

A *label* is a word's number in the order in which the tries hold words: a fixed shuffle of the ids. The words that
follow any history are then spread evenly over the labels, so that one is found by interpolation (`query`).

A line's end stands for both ends of a sentence: as a word to be predicted it is ``</s>``, as a history it is ``<s>``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.corpus.corpus import Corpus
from seqtool.corpus.vocabulary import EOS, SPECIALS, UNK, Vocabulary, read_token_list, warn_if_foreign
from seqtool.errors import InputError
from seqtool.ngrams.options import NgramOptions

Labels = NDArray[np.uint32]

_BLOCK_TOKENS = 1 << 20
_MOST_TOKENS = 2**32 - 2
_DROPPED = 2**32 - 1
_GOLDEN = 0x9E3779B1  # odd, so that the products of different ids differ


def labels_of_ids(size: int) -> Labels:
    """The label of every id: uint32 (V,), a shuffle of 0 … V - 1."""
    products = np.arange(size, dtype=np.uint64) * np.uint64(_GOLDEN) & np.uint64(0xFFFFFFFF)
    labels = np.empty(size, np.uint32)
    labels[np.argsort(products, kind="stable")] = np.arange(size, dtype=np.uint32)
    return labels


@dataclass(frozen=True)
class CountedText:
    """The training part of a corpus as a model counts it.

    Attributes:
        vocabulary: of the model; its counts are of this text.
        tokens: of the text, line ends included, without those left out.
        end: the label of the line end.
        ledger: what of the text became another thing.
    """

    vocabulary: Vocabulary
    tokens: int
    end: int
    ledger: list[dict[str, Any]]
    _corpus: Corpus
    _labels: Labels

    def blocks(self, margin: int) -> Iterator[Labels]:
        """The text block after block, each with the ``margin`` labels before it (line ends before the text)."""
        first, last = (int(self._corpus.bounds[edge]) for edge in self._corpus.split("train"))
        before = np.full(margin, self.end, np.uint32)
        for start in range(first, last, _BLOCK_TOKENS):
            labels = self._labels[self._corpus.read_ids(start, min(last, start + _BLOCK_TOKENS))]
            if self._labels[UNK] == _DROPPED:
                labels = labels[labels != _DROPPED]
            block = np.concatenate([before, labels])
            yield block
            before = block[len(block) - margin :]


def counted_text(corpus: Corpus, options: NgramOptions) -> CountedText:
    """The text that the options describe.

    Raises:
        InputError: no line, or more tokens than 32 bits can count.
    """
    vocabulary, mapping = _vocabulary(corpus, options)
    labels = labels_of_ids(len(vocabulary))
    by_id = labels[mapping]
    tokens = int(corpus.vocabulary.counts.sum())
    if not tokens:
        raise InputError(f"{corpus.directory} has no lines to train on", "give a corpus with text")
    if tokens > _MOST_TOKENS:
        raise InputError(
            f"{corpus.directory} has {tokens:,} tokens, more than the maximum of {_MOST_TOKENS:,}",
            "use part of the text",
        )
    unknown, ledger = int(vocabulary.counts[UNK]), []
    cut = unknown - int(corpus.vocabulary.counts[UNK])
    if options.unk == "skip":
        by_id = np.where(mapping == UNK, np.uint32(_DROPPED), by_id)
        vocabulary.counts[UNK] = 0
        tokens -= unknown
        if unknown > cut:
            ledger.append({"what": "tokens", "count": unknown - cut, "why": "left out: unknown (<unk>)"})
    if cut:
        why = "left out" if options.unk == "skip" else "counted as <unk>"
        ledger.append({"what": "tokens", "count": cut, "why": f"{why}: not in the model's vocabulary"})
    return CountedText(vocabulary, tokens, int(labels[EOS]), ledger, corpus, by_id.astype(np.uint32))


def _vocabulary(corpus: Corpus, options: NgramOptions) -> tuple[Vocabulary, NDArray[np.int64]]:
    """The model's vocabulary, and for every id of the corpus the id there."""
    vocabulary, mapping = corpus.vocabulary.cut(None, options.min_count, options.max_vocab)
    if options.vocab is None:
        return vocabulary, mapping
    words, counts = vocabulary.tokens[len(SPECIALS) :], vocabulary.counts[len(SPECIALS) :]
    seen, form = set(words), corpus.normalizer
    listed = {token if token in seen else form(token) for token in read_token_list(Path(options.vocab))}
    kept = np.array([word in listed for word in words], bool)
    unseen = sorted(listed.difference(words))
    tokens = [*SPECIALS, *(word for word, keep in zip(words, kept, strict=True) if keep), *unseen]
    unknown = vocabulary.counts[UNK] + counts[~kept].sum()
    warn_if_foreign(options.vocab, int(counts[kept].sum()), int(vocabulary.counts[UNK] + counts.sum()))
    new_counts = [[unknown, vocabulary.counts[EOS]], counts[kept], np.zeros(len(unseen), np.int64)]
    renumbered = np.concatenate([[UNK, EOS], np.where(kept, np.cumsum(kept) + 1, UNK)])
    return Vocabulary(tokens, np.concatenate(new_counts)), renumbered[mapping]
