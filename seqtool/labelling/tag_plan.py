"""What a training of a tagger will be, with everything decided that the user left open."""

from __future__ import annotations

import dataclasses
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
from seqtool.errors import InputError
from seqtool.labelling.columns import Sentence
from seqtool.labelling.schemes import allowed_pairs, marks_spans
from seqtool.labelling.tag_options import ColumnOptions, TaggerOptions, TaggerTraining
from seqtool.labelling.tagged import Alphabet, Codes, Tagged, encode, lookup_form
from seqtool.nn.batching import Positions
from seqtool.nn.device import choose_device, choose_precision
from seqtool.options import determining
from seqtool.vectors.artifact import load_vectors, vectors_input

_FEWEST_EPOCHS, _MOST_EPOCHS, _MOST_WORDS = 5, 40, 5e6
_DEFAULT_LR = {"sgd": 0.5, "nt-asgd": 0.5, "adam": 0.002, "adamw": 0.002}
_EMB_DIM, _MOST_VECTORS = 100, 200_000


@dataclass(frozen=True)
class TagJob:
    """A training with everything decided: what is trained on what, and how.

    Attributes:
        valid_labels: gold labels of the held-out sentences, as they stand.
        singletons: ids of words that occur once.
    """

    inputs: Sequence[Input]
    codes: Codes
    train: Tagged
    rows: Positions
    valid: Tagged
    valid_rows: Positions
    valid_labels: Sequence[Sequence[str]]
    allowed: NDArray[np.bool_]
    singletons: NDArray[np.int64]
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
    options = dataclasses.replace(options, emb_dim=options.emb_dim or _vector_dim(options) or _EMB_DIM)
    rows, valid_rows = np.arange(len(sentences)), np.zeros(0, np.int64)
    if given is None:
        rows, valid_rows = _held_out(len(sentences), valid_share, training.seed, choices)
    learned = [sentences[row] for row in rows.tolist()]
    codes, singletons = _codes(learned, columns, options, choices)
    form, features = lookup_form(options), columns.feature_columns()
    train = encode(sentences, codes, form, columns.word_column, features, columns.label_column)
    valid, held_out = train, [sentences[row] for row in valid_rows.tolist()]
    if given is not None:
        held_out = list(given[0])
        valid = encode(held_out, codes, form, columns.word_column, features, columns.label_column)
        valid_rows = np.arange(len(held_out))
        inputs.append(dataclasses.replace(given[1], kind=f"valid:{given[1].kind}"))
    if not len(valid_rows):
        raise InputError("there is no sentence to validate on", "give --valid with a sentence")
    names = codes.labels.symbols
    if training.validate_on is None:
        training = dataclasses.replace(training, validate_on="f1" if marks_spans(names) else "accuracy")
    training, precision = _resolve(training, int(np.diff(train.bounds)[rows].sum()), choices)
    allowed, ledger = _allowed(train, rows, names), _left_out(valid, valid_rows)
    choices += [f"{row['count']:,} {row['what']}: {row['why']}" for row in ledger]
    if options.init_vectors is not None:
        vectors = vectors_input(Path(options.init_vectors))
        inputs.append(dataclasses.replace(vectors, kind=f"init-{vectors.kind}"))
    gold = [sentence.column(columns.label_column) for sentence in held_out]
    return TagJob(inputs, codes, train, rows, valid, valid_rows, gold, allowed, singletons, columns, options, training,
                  valid_share, precision, ledger, choices)  # fmt: skip


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
) -> tuple[Codes, NDArray[np.int64]]:
    """The numbers of words, characters, features and labels, and the words that occur once."""
    form = lookup_form(options)
    raw = Counter(word for sentence in sentences for word in sentence.column(columns.word_column))
    counts: Counter[str] = Counter()
    for word, count in raw.items():
        counts[form(word)] += count
    known = [word for word, count in counts.most_common() if count >= options.min_count]
    once = [place for place, word in enumerate(known, len(SPECIALS)) if counts[word] == 1]
    if options.init_vectors is not None:
        others = load_vectors(Path(options.init_vectors), _MOST_VECTORS).words
        known += [word for word in dict.fromkeys(others) if word not in counts]
    vocabulary = Vocabulary([*SPECIALS, *known], np.asarray([0, 0, *(counts[word] for word in known)], np.int64))
    letters = Alphabet(tuple(sorted({letter for word in raw for letter in word})), 2)
    features = tuple(
        Alphabet(tuple(sorted({value for s in sentences for value in s.column(number)})), 1)
        for number in columns.feature_columns()
    )
    labels = Counter(chain.from_iterable(sentence.column(columns.label_column) for sentence in sentences))
    if len(labels) < 2:
        raise InputError(f"column {columns.label_column} has one label only", "give another --label-column")
    shown = ", ".join(f"{name} {count:,}" for name, count in labels.most_common(3))
    choices.append(f"labels: {len(labels)}: {shown}{' …' if len(labels) > 3 else ''}")
    choices.append(f"vocabulary: {len(vocabulary):,} words, {len(letters.symbols):,} characters")
    return Codes(vocabulary, letters, features, Alphabet(tuple(sorted(labels)), 0)), np.asarray(once, np.int64)


def _allowed(train: Tagged, rows: Positions, names: Sequence[str]) -> NDArray[np.bool_]:
    seen: set[tuple[int, int]] = set()
    for row in rows.tolist():
        labels = train.labels_N[train.bounds[row] : train.bounds[row + 1]].tolist()
        seen.update(pairwise([-1, *labels]))
    return allowed_pairs(names, seen)


def _left_out(valid: Tagged, rows: Positions) -> list[dict[str, Any]]:
    """Labels of the held-out sentences that no training sentence has: they are wrong in any case."""
    unknown = sum(int((valid.labels_N[valid.bounds[row] : valid.bounds[row + 1]] < 0).sum()) for row in rows.tolist())
    why = "its label is not in the training sentences: it counts as wrong"
    return [{"what": "validation words", "count": unknown, "why": why}] if unknown else []


def _resolve(training: TaggerTraining, words: int, choices: list[str]) -> tuple[TaggerTraining, str]:
    """Epochs and learning rate filled in, and the precision."""
    device, why_device = choose_device(training.device)
    precision, why_precision = choose_precision(training.precision, device)
    choices += [f"device: {why_device}", f"precision: {precision}, {why_precision}"]
    epochs = training.epochs
    if epochs is None:
        epochs = min(_MOST_EPOCHS, max(_FEWEST_EPOCHS, round(_MOST_WORDS / max(1, words))))
        choices.append(f"epochs: {epochs}, for some minutes on two cores with these sentences (--epochs)")
    lr = _DEFAULT_LR[training.optimizer] if training.lr is None else training.lr
    return dataclasses.replace(training, epochs=epochs, lr=lr), precision
