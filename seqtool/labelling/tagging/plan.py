"""What a training of a tagger will be, with everything decided that the user left open."""

from __future__ import annotations

import dataclasses
import functools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.manifest import Input, Recipe
from seqtool.corpus.vocabulary import SPECIALS, Vocabulary
from seqtool.errors import InputError, UsageError
from seqtool.labelling.resolve import Affordable, resolved
from seqtool.labelling.tagging.columns import Sentence
from seqtool.labelling.tagging.options import ColumnOptions, TaggerOptions, TaggerTraining
from seqtool.labelling.tagging.schemes import allowed_pairs, is_iob2, marks_spans, trained_labels
from seqtool.labelling.tagging.tagged import Alphabet, Codes, Tagged, encode, lookup_form
from seqtool.nn.batches.batching import Positions
from seqtool.nn.cells.scan import GATES as SCAN_GATES
from seqtool.options import determining
from seqtool.vectors.artifact import load_vectors, vectors_input

_AFFORDABLE = Affordable(tokens=5e6, fewest=5, most=40)
_EMB_DIM, _MOST_VECTORS = 100, 200_000


@dataclass(frozen=True)
class TagJob:
    """A training with everything decided: what is trained on what, and how.

    Attributes:
        scored_rows: the held-out sentences that the validation loss is of.
        valid_labels: gold labels of the held-out sentences, as they stand.
        singletons: ids of words that occur once.
        learned_words: the first so many of the vocabulary; the others are known by their vectors alone.
    """

    inputs: Sequence[Input]
    codes: Codes
    train: Tagged
    rows: Positions
    valid: Tagged
    valid_rows: Positions
    scored_rows: Positions
    valid_labels: Sequence[Sequence[str]]
    allowed: NDArray[np.bool_]
    singletons: NDArray[np.int64]
    learned_words: int
    columns: ColumnOptions
    options: TaggerOptions
    training: TaggerTraining
    valid_share: float
    precision: str
    ledger: Sequence[dict[str, Any]]
    choices: Sequence[str]

    def recipe(self) -> Recipe:
        """What determines the result."""
        options = determining(self.columns) | determining(self.options) | determining(self.training)
        options |= {"valid_share": self.valid_share}
        seed = options.pop("seed")
        del options["init_vectors"]
        return Recipe("tagger", "train-tagger", options, self.inputs, seed)


def plan(
    text: tuple[Sequence[Sentence], Input], given: tuple[Sequence[Sentence], Input] | None, columns: ColumnOptions,
    options: TaggerOptions, training: TaggerTraining, valid_share: float,
) -> TagJob:  # fmt: skip
    """Decide everything the user left open.

    Args:
        text: sentences to train on, and what they are as an input.
        given: those to validate on; left out, ``valid_share`` of the sentences are held out.

    Raises:
        InputError: there is nothing to train on, or one label only.
    """
    sentences, choices, inputs = list(text[0]), list[str](), [text[1]]
    if not sentences:
        raise InputError(f"{text[1].name} has no sentence", "give columns with words")
    if options.recurrent_dropout and options.cell in SCAN_GATES:
        raise UsageError(f"{options.cell} has no state to drop before a step", "leave --recurrent-dropout out")
    columns = _resolved(columns, len(sentences[0].words[0]))
    options = dataclasses.replace(options, emb_dim=options.emb_dim or _vector_dim(options) or _EMB_DIM)
    rows, valid_rows = np.arange(len(sentences)), np.zeros(0, np.int64)
    if given is None:
        rows, valid_rows = _held_out(len(sentences), valid_share, training.seed, choices)
    learned = [sentences[row] for row in rows.tolist()]
    codes, singletons, words = _codes(learned, columns, options, choices)
    form, features = lookup_form(options), columns.feature_columns()
    labels_of = functools.partial(_labels_as_learned, columns, options)
    train = encode(sentences, codes, form, columns.word_column, features, labels_of)
    valid, held_out = train, [sentences[row] for row in valid_rows.tolist()]
    if given is not None:
        held_out = list(given[0])
        valid = encode(held_out, codes, form, columns.word_column, features, labels_of)
        valid_rows = np.arange(len(held_out))
        inputs.append(dataclasses.replace(given[1], kind=f"valid:{given[1].kind}"))
    if not len(valid_rows):
        raise InputError("there is no sentence to validate on", "give --valid with a sentence")
    names = codes.labels.symbols
    width = len(sentences[0].words[0])
    unread = sorted({*range(width)} - {columns.word_column, columns.label_column, *features})
    if unread:
        choices.append(f"columns: {', '.join(map(str, unread))} of {width} (from 0) are not read (--features)")
    if training.validate_on is None:
        training = dataclasses.replace(training, validate_on="f1" if marks_spans(names) else "accuracy")
    training, precision = resolved(training, int(np.diff(train.bounds)[rows].sum()), _AFFORDABLE, choices)
    allowed = np.ones((len(names) + 2, len(names)), bool)
    if options.constrained:
        allowed = allowed_pairs(names, _labels_of(train, rows))
    scored_rows, ledger = _scorable(valid, valid_rows, allowed)
    choices += [f"{row['count']:,} {row['what']}: {row['why']}" for row in ledger]
    if options.init_vectors is not None:
        vectors = vectors_input(Path(options.init_vectors))
        inputs.append(dataclasses.replace(vectors, kind=f"init-{vectors.kind}"))
    gold = [sentence.column(columns.label_column) for sentence in held_out]
    share = valid_share if given is None else 0.0
    return TagJob(inputs, codes, train, rows, valid, valid_rows, scored_rows, gold, allowed, singletons, words, columns,
                  options, training, share, precision, ledger, choices)  # fmt: skip


def _resolved(columns: ColumnOptions, width: int) -> ColumnOptions:
    """Columns counted from the first, so that a text without labels has them in the same places.

    Raises:
        InputError: there is no such column.
        UsageError: the label would be read.
    """
    features = columns.feature_columns()
    numbers = [number + width if number < 0 else number for number in (columns.word_column, columns.label_column,
                                                                        *features)]  # fmt: skip
    for given, number in zip((columns.word_column, columns.label_column, *features), numbers, strict=True):
        if not 0 <= number < width:
            raise InputError(f"no column {given} among {width}", "give the number of another")
    word, label, *others = numbers
    if label in (word, *others):
        raise UsageError(f"column {label} holds the labels, and is read too", "give other columns")
    return ColumnOptions(word, label, ",".join(map(str, others)))


def _vector_dim(options: TaggerOptions) -> int | None:
    return None if options.init_vectors is None else load_vectors(Path(options.init_vectors)).dim


def _held_out(count: int, share: float, seed: int, choices: list[str]) -> tuple[Positions, Positions]:
    held_out = min(count - 1, round(share * count))
    if not held_out:
        choices.append("validation: on the training sentences themselves (give --valid, or more sentences)")
        return np.arange(count), np.arange(count)
    choices.append(f"validation: {held_out:,} of {count:,} sentences are held out, drawn by --seed (--valid)")
    mixed = np.random.default_rng(seed).permutation(count)
    return np.sort(mixed[held_out:]), np.sort(mixed[:held_out])


def _codes(
    sentences: Sequence[Sentence], columns: ColumnOptions, options: TaggerOptions, choices: list[str]
) -> tuple[Codes, NDArray[np.int64], int]:
    """The numbers of words, characters, features and labels, the words that occur once, and how many are learned."""
    form = lookup_form(options)
    raw = Counter(word for sentence in sentences for word in sentence.column(columns.word_column))
    counts: Counter[str] = Counter()
    for word, count in raw.items():
        counts[form(word)] += count
    known = [word for word, count in counts.most_common() if count >= options.min_count]
    once = [place for place, word in enumerate(known, len(SPECIALS)) if counts[word] == 1]
    learned = len(SPECIALS) + len(known)
    if options.init_vectors is not None:
        others = load_vectors(Path(options.init_vectors), _MOST_VECTORS).words
        known += [word for word in dict.fromkeys(others) if word not in counts and form(word) == word]
        if len(others) == _MOST_VECTORS:
            choices.append(f"vectors: the first {_MOST_VECTORS:,} words are known")
    vocabulary = Vocabulary([*SPECIALS, *known], np.asarray([0, 0, *(counts[word] for word in known)], np.int64))
    letters = Alphabet(tuple(sorted({letter for word in raw for letter in word})), 2)
    features = tuple(
        Alphabet(tuple(sorted({value for s in sentences for value in s.column(number)})), 1)
        for number in columns.feature_columns()
    )
    labels = Counter(chain.from_iterable(_labels_as_learned(columns, options, sentence) for sentence in sentences))
    if len(labels) < 2:
        raise InputError(f"column {columns.label_column} has one label only", "give another --label-column")
    shown = ", ".join(f"{name} {count:,}" for name, count in labels.most_common(3))
    choices.append(f"labels: {len(labels)}: {shown}{' …' if len(labels) > 3 else ''}")
    choices.append(f"vocabulary: {len(vocabulary):,} words, {len(letters.symbols):,} characters")
    return Codes(vocabulary, letters, features, Alphabet(tuple(sorted(labels)), 0)), np.asarray(once, np.int64), learned


def _labels_as_learned(columns: ColumnOptions, options: TaggerOptions, sentence: Sentence) -> list[str]:
    """The labels of a sentence in the scheme that is learned.

    Raises:
        UsageError: they are not of the scheme that it is made from.
    """
    labels = sentence.column(columns.label_column)
    if options.scheme == "iobes" and not is_iob2(labels):
        message = f"{sentence.name}, the sentence of line {sentence.number} is not labelled in IOB2"
        raise UsageError(message, "mend it, or leave --scheme iobes out")
    return trained_labels(labels, options.scheme)


def _labels_of(text: Tagged, rows: Positions) -> list[list[int]]:
    return [text.labels_N[text.bounds[row] : text.bounds[row + 1]].tolist() for row in rows.tolist()]


def _scorable(valid: Tagged, rows: Positions, allowed: NDArray[np.bool_]) -> tuple[Positions, list[dict[str, Any]]]:
    """The held-out sentences whose labels the model can write at all, and the ledger of the others."""
    count = allowed.shape[1]
    known = [min(labels) >= 0 for labels in _labels_of(valid, rows)]
    possible = [
        is_known and bool(allowed[-1, labels[-1]]) and all(allowed[i, j] for i, j in pairwise([count, *labels]))
        for is_known, labels in zip(known, _labels_of(valid, rows), strict=True)
    ]
    reasons = (
        (known.count(False), "a label is not in the training sentences"),
        (known.count(True) - possible.count(True), "labels follow each other as in no training sentence (or scheme)"),
    )
    told = "they count in accuracy and F1, not in the validation loss"
    ledger = [{"what": "validation sentences", "count": n, "why": f"{why}: {told}"} for n, why in reasons if n]
    return rows[np.asarray(possible, bool)], ledger
