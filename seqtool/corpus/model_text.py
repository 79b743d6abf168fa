"""Corpora in the ids of a language model, and texts held out for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqtool.artifact.manifest import Input
from seqtool.corpus.characters import CharacterModel
from seqtool.corpus.corpus import Corpus
from seqtool.corpus.vocabulary import EOS, UNK, Vocabulary

_PIECE = 1 << 20


@dataclass(frozen=True)
class HeldOut:
    """A text to validate on or to test: its corpus, which sentences, what it is as an input, what was dropped of it.

    ``trained_on``: what of it the model was made from, in words; empty: nothing. ``files``: the names of those read.
    """

    name: str
    corpus: Corpus
    sentences: slice
    source: Input | None = None
    ledger: Sequence[Mapping[str, Any]] = ()
    trained_on: str = ""
    files: Sequence[str] = ()


@dataclass(frozen=True)
class MappedIds:
    """Ids of a memory-mapped corpus seen through a map, a piece at a time.

    Args:
        ids: (N,) of any integer type.
        mapping: int64 (V,): the id meant by each id of the corpus.
    """

    ids: np.ndarray
    mapping: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, where: Any, /) -> np.ndarray:
        return self.mapping[self.ids[where]]


@dataclass(frozen=True)
class ModelText:
    """A run of sentences of a corpus in a model's ids; what `metrics.perplexity.EncodedText` asks for.

    ``ids`` has a length and gives arrays for slices and index arrays; the other fields are as documented there.
    """

    name: str
    ids: MappedIds
    bounds: np.ndarray
    lengths: np.ndarray
    spelling_bits: np.ndarray

    @property
    def sentences(self) -> int:
        """How many there are."""
        return len(self.bounds) - 1


def model_text(
    name: str, corpus: Corpus, sentences: slice, mapping: np.ndarray, characters: CharacterModel | None = None
) -> ModelText:
    """Sentences of a corpus in a model's ids.

    Args:
        name: what the text is called in results.
        corpus: an opened corpus.
        sentences: which of its sentences.
        mapping: int64 (V,) from the corpus's ids to the model's.
        characters: charges unknown tokens their spelling; left out, nothing is charged.
    """
    bounds = np.asarray(corpus.bounds[sentences.start : sentences.stop + 1])
    ids = corpus.ids[bounds[0] : bounds[-1]]
    bounds = bounds - bounds[0]
    bits = np.zeros(len(bounds) - 1)
    if characters is not None:
        bits = _spelling_bits(ids, bounds, _bits_of_types(corpus.vocabulary, mapping, characters))
    return ModelText(name, MappedIds(ids, mapping), bounds, corpus.lengths[sentences], bits)


def _bits_of_types(vocabulary: Vocabulary, mapping: np.ndarray, characters: CharacterModel) -> np.ndarray:
    """Bits that spell each type where the model does not know it (float64 (V,)); a literal ``<unk>`` costs nothing."""
    bits = np.zeros(len(vocabulary))
    for type_id in np.flatnonzero(mapping == UNK):
        if type_id not in (UNK, EOS):
            bits[type_id] = characters.bits(vocabulary.tokens[int(type_id)])
    return bits


def _spelling_bits(ids: np.ndarray, bounds: np.ndarray, bits_V: np.ndarray) -> np.ndarray:
    sums = np.zeros(len(bounds) - 1)
    if not bits_V.any():
        return sums
    for start in range(0, len(ids), _PIECE):
        bits = bits_V[ids[start : start + _PIECE]]
        charged = np.flatnonzero(bits)
        owners = np.searchsorted(bounds, charged + start, side="right") - 1
        np.add.at(sums, owners, bits[charged])
    return sums


def count_types(corpus: Corpus, sentences: slice) -> np.ndarray:
    """How often each type occurs in a run of sentences: int64 (V,)."""
    first, last = int(corpus.bounds[sentences.start]), int(corpus.bounds[sentences.stop])
    counts = np.zeros(len(corpus.vocabulary), np.int64)
    for start in range(first, last, _PIECE):
        counts += np.bincount(corpus.ids[start : min(last, start + _PIECE)], minlength=len(counts))
    return counts
