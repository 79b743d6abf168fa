"""Sources and targets as aligned sentences of ids.

A side of a text of pairs is a run of sentences of a corpus; the two sides are two corpora, or the halves of one whose
tokenizer was learned from both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.digests import file_digest
from seqtool.artifact.files import open_array
from seqtool.artifact.manifest import Input
from seqtool.artifact.read import Artifact
from seqtool.corpus.artifact import open_corpus
from seqtool.corpus.corpus import Corpus
from seqtool.corpus.model_text import HeldOut, ModelText, count_types, model_text
from seqtool.corpus.tokenizers.tokenize import Tokenizer
from seqtool.corpus.vocabulary import Vocabulary
from seqtool.errors import ArtifactError, InputError, plural
from seqtool.nn.batches.batching import Positions
from seqtool.nn.batches.buckets import sentence_lengths

Source = ModelText | NDArray[Any]
_PIECE = 1 << 14


@dataclass(frozen=True)
class Side:
    """One side of the training pairs: the artifact that holds it, and which sentences."""

    artifact: Artifact
    corpus: Corpus
    sentences: slice

    def counts(self) -> NDArray[np.int64]:
        """How often each type of the corpus occurs on this side."""
        return count_types(self.corpus, self.sentences)

    def text(self, mapping: NDArray[np.int64]) -> ModelText:
        """Its sentences in a model's ids."""
        return model_text(self.artifact.path.name, self.corpus, self.sentences, mapping)


def whole_side(artifact: Artifact) -> Side:
    """All of a corpus.

    Raises:
        InputError: lines were dropped or moved when it was made, so that it can be no side of pairs.
    """
    _refuse_moved(artifact)
    corpus = open_corpus(artifact)
    return Side(artifact, corpus, slice(0, len(corpus)))


def halves(artifact: Artifact) -> tuple[Side, Side]:
    """The sides of a corpus that was made of two texts, or of two columns of one.

    Raises:
        InputError: it was not, or lines were dropped or moved when it was made.
    """
    _refuse_moved(artifact)
    corpus, lines = open_corpus(artifact), artifact.summary.get("source_lines", [])
    if len(lines) != 2 or sum(lines) != len(corpus):
        raise InputError(
            f"{artifact.path} is not a corpus of two texts, source and target", "give pairs, or --source and --target"
        )
    cut = int(lines[0])
    return Side(artifact, corpus, slice(0, cut)), Side(artifact, corpus, slice(cut, len(corpus)))


def _refuse_moved(artifact: Artifact) -> None:
    options = artifact.options
    if options.get("split") or options.get("blank_lines") == "drop" or options.get("errors") == "skip":
        dropping = "--split, --blank-lines drop or --errors skip"
        message = f"{artifact.path} was made with {dropping}, so its lines do not form pairs"
        raise InputError(message, "give a corpus made without these options, or the text")


def refuse_unequal(source: str, sources: int, target: str, targets: int) -> None:
    """Refuse sides that cannot be pairs.

    Raises:
        InputError: they have different numbers of lines.
    """
    if sources != targets:
        lengths = f"{plural(sources, 'line')} and {plural(targets, 'line')}"
        raise InputError(f"{source} and {target} differ in length: {lengths}", "give files of equal length")


@dataclass(frozen=True)
class Pairs:
    """Pairs in a model's ids: the source may be vectors, floats (pairs, D)."""

    source: Source
    target: ModelText

    def __len__(self) -> int:
        return self.target.sentences

    def source_lengths(self) -> Positions:
        """Tokens of every source, ``<eos>`` included; of a vector 1."""
        return np.ones(len(self), np.int64) if isinstance(self.source, np.ndarray) else sentence_lengths(self.source)

    def trainable(self, longest: int) -> tuple[Positions, list[dict[str, Any]]]:
        """The pairs with two sides of at most ``longest`` tokens and no empty one, and what was left out."""
        source, target = self.source_lengths() - 1, sentence_lengths(self.target) - 1
        empty = target == 0
        if not isinstance(self.source, np.ndarray):
            empty |= source == 0
        long = ~empty & (np.maximum(source, target) > longest)
        reasons = (
            (empty, "a side is empty"),
            (long, f"a side has more than {plural(longest, 'token')} (--max-length)"),
        )
        left_out = [
            {"what": "pairs", "count": int(some.sum()), "why": f"left out: {why}"}
            for some, why in reasons
            if some.any()
        ]
        return np.flatnonzero(~empty & ~long), left_out


def held_out_pairs(
    source: HeldOut | NDArray[Any], target: HeldOut, vocabularies: tuple[Vocabulary, Vocabulary]
) -> Pairs:
    """Pairs of other texts in a model's ids.

    Raises:
        InputError: the sides have different numbers of lines.
    """
    targets = target.sentences.stop - target.sentences.start
    if isinstance(source, HeldOut):
        refuse_unequal(source.name, source.sentences.stop - source.sentences.start, target.name, targets)
    else:
        refuse_unequal("the source vectors", len(source), target.name, targets)
    return Pairs(
        source if isinstance(source, np.ndarray) else _in_ids(source, vocabularies[0]), _in_ids(target, vocabularies[1])
    )


def _in_ids(text: HeldOut, vocabulary: Vocabulary) -> ModelText:
    return model_text(text.name, text.corpus, text.sentences, text.corpus.vocabulary.mapping(vocabulary))


def decode_sentences(corpus: Corpus, tokenizer: Tokenizer, sentences: Sequence[int]) -> list[str]:
    """The lines of a corpus as its tokens spell them; ``tokenizer`` is the one that it was made with."""
    tokens, bounds = list(corpus.vocabulary.tokens), corpus.bounds
    return [
        tokenizer.detokenize(tokens[i] for i in corpus.ids[bounds[n] : bounds[n + 1] - 1].tolist()) for n in sentences
    ]


def refuse_other_size(name: str, found: int, expected: int) -> None:
    """Refuse vectors of another dimension than the model reads.

    Raises:
        InputError: naming both.
    """
    if found != expected:
        message = f"{name} has vectors of size {found}, but the model reads size {expected}"
        raise InputError(message, f"give vectors of size {expected}")


def open_vectors(path: Path) -> NDArray[Any]:
    """The vectors of a ``.npy`` file, memory-mapped: (N, D) of float16, float32 or float64.

    Raises:
        InputError: it is no such file, or has a number that is not finite.
    """
    try:
        found = open_array(path, ("float16", "float32", "float64"), 2)
    except ArtifactError as error:
        raise InputError(error.message, "give a .npy file with a float matrix, one row per line") from None
    pieces = (found[first : first + _PIECE] for first in range(0, len(found), _PIECE))
    if not found.size:
        raise InputError(f"{path} is empty", "give a .npy file with a float matrix, one row per line")
    if not all(np.isfinite(piece).all() for piece in pieces):
        raise InputError(f"{path} contains values that are not finite", "replace NaN and infinity by numbers")
    return found


def vectors_as_input(path: Path, role: str) -> Input:
    """A file of vectors as an input."""
    return Input(path.name, role, file_digest(path))


def pairs_ledger(artifacts: Sequence[Artifact], left_out: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What was changed or dropped while pairs were made, and which pairs were left out."""
    unique = list({artifact.path: artifact for artifact in artifacts}.values())
    one_table = len({entry.digest for artifact in unique for entry in artifact.manifest.recipe.inputs[:1]}) == 1
    rows: list[dict[str, Any]] = []
    for artifact in unique:
        # Two columns of one table lack the same rows.
        again = rows if one_table else []
        rows = rows + [dict(row) for row in artifact.manifest.ledger if row["what"] != "rows" or row not in again]
    return rows + [dict(row) for row in left_out]
