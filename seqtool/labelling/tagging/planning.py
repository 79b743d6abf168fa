"""Decides what the user left open of the training of a tagger."""

from __future__ import annotations

import dataclasses
import functools
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.manifest import Input, ledger_line
from seqtool.corpus.vocabulary import SPECIALS, Vocabulary, refuse_rare
from seqtool.errors import InputError, UsageError, plural
from seqtool.labelling.options import RATES
from seqtool.labelling.tagging.columns import Sentence
from seqtool.labelling.tagging.options import ColumnOptions, Columns, TaggerOptions, TaggerTraining
from seqtool.labelling.tagging.plan import LabelReading, TaggerPlan, ValidationSentences
from seqtool.labelling.tagging.schemes import allowed_pairs, is_iob2, marks_spans, trained_labels
from seqtool.labelling.tagging.tagged import Alphabet, Codes, Tagged, encode, lookup_form
from seqtool.nn.batches.batching import Positions
from seqtool.nn.cells.scan import GATES as SCAN_GATES
from seqtool.nn.training.resolve import Defaults, resolve_training
from seqtool.vectors.artifact import load_vectors, vectors_input

_MOST_TOKENS = 5e6  # what two cores do in some minutes
_DEFAULTS = Defaults(5, 40, "this text", RATES)
_EMB_DIM, _MOST_VECTORS = 100, 200_000


def plan(
    text: tuple[Sequence[Sentence], Input],
    given: tuple[Sequence[Sentence], Input] | None,
    columns: ColumnOptions,
    options: TaggerOptions,
    training: TaggerTraining,
    valid_share: float,
    reading: LabelReading,
) -> TaggerPlan:
    """Decide everything the user left open; nothing is trained.

    Args:
        text, given: sentences to train and to validate on, and what they are as inputs.
        columns, options, training, valid_share: as the user gave them.
        reading: how the labels mark spans.

    Raises:
        InputError: there is nothing to train on, or one label only.
    """
    sentences = list(text[0])
    numbers, options = _settled(sentences, text[1].name, columns, options)
    choices = _unread_columns(numbers, len(sentences[0].words[0]))
    rows, valid_rows = _rows(len(sentences), given, valid_share, training.seed, choices)
    codes, singletons, words = _codes([sentences[row] for row in rows.tolist()], numbers, options, choices)
    train = _encoded(sentences, codes, numbers, options)
    held_out = _held_out(sentences, given, valid_rows)
    valid = train if given is None else _encoded(held_out, codes, numbers, options)
    training, precision = _resolved_training(training, codes, train, rows, choices, reading.read)
    allowed = _allowed(codes, train, rows, options, reading.read)
    scored_rows, ledger = _scorable(valid, valid_rows, allowed)
    return TaggerPlan(
        inputs=_inputs(text[1], given[1] if given else None, options),
        codes=codes,
        train=train,
        rows=rows,
        valid=ValidationSentences(valid, valid_rows, scored_rows, [one.labels(numbers.label) for one in held_out]),
        allowed=allowed,
        singletons=singletons,
        learned_words=words,
        columns=numbers,
        conllu=sentences[0].conllu,
        reading=reading,
        options=options,
        training=training,
        valid_share=valid_share if given is None else 0.0,
        precision=precision,
        ledger=ledger,
        choices=[*choices, *map(ledger_line, ledger)],
    )


def label_columns(sentences: Sequence[Sentence], columns: ColumnOptions) -> list[list[str]]:
    """The labels of each sentence.

    Raises:
        InputError: there is no such column, or a label is empty.
    """
    number = _resolved(columns, sentences[0]).label if sentences else 0
    return [sentence.labels(number) for sentence in sentences]


def _settled(
    sentences: Sequence[Sentence], name: str, columns: ColumnOptions, options: TaggerOptions
) -> tuple[Columns, TaggerOptions]:
    """The columns that are read, and the options with the size of the word vectors.

    Raises:
        InputError: there is no sentence.
        UsageError: a dropout that the cell does not have.
    """
    if not sentences:
        raise InputError(f"{name} contains no sentences", "write one word and its label per line")
    if options.recurrent_dropout and options.cell in SCAN_GATES:
        raise UsageError(f"{options.cell} cells do not support --recurrent-dropout", "leave it out")
    numbers = _resolved(columns, sentences[0])
    return numbers, dataclasses.replace(options, emb_dim=options.emb_dim or _vector_dim(options) or _EMB_DIM)


def _inputs(text: Input, given: Input | None, options: TaggerOptions) -> list[Input]:
    inputs = [text, *([dataclasses.replace(given, kind=f"valid:{given.kind}")] if given else [])]
    if options.init_vectors is not None:
        vectors = vectors_input(Path(options.init_vectors))
        inputs.append(dataclasses.replace(vectors, kind=f"init-{vectors.kind}"))
    return inputs


def _encoded(sentences: Sequence[Sentence], codes: Codes, columns: Columns, options: TaggerOptions) -> Tagged:
    labels_of = functools.partial(_labels_as_learned, columns, options)
    return encode(sentences, codes, lookup_form(options), columns.word, columns.features, labels_of)


def _unread_columns(columns: Columns, width: int) -> list[str]:
    """What is said of columns that nothing reads."""
    unread = sorted({*range(width)} - {columns.word, columns.label, *columns.features})
    return (
        [f"unused columns: {', '.join(map(str, unread))} of {width} (from 0; --features adds them)"] if unread else []
    )


def _resolved_training(
    training: TaggerTraining,
    codes: Codes,
    train: Tagged,
    rows: Positions,
    choices: list[str],
    read: Callable[[str], str],
) -> tuple[TaggerTraining, str]:
    if training.validate_on is None:
        metric = "f1" if marks_spans([read(label) for label in codes.labels.symbols]) else "accuracy"
        training = dataclasses.replace(training, validate_on=metric)
    tokens = int(np.diff(train.bounds)[rows].sum())
    return resolve_training(training, _DEFAULTS, _MOST_TOKENS / max(1, tokens), choices)


def _allowed(
    codes: Codes, train: Tagged, rows: Positions, options: TaggerOptions, read: Callable[[str], str]
) -> NDArray[np.bool_]:
    """Which label may follow which; see `schemes.allowed_pairs`."""
    names = codes.labels.symbols
    if options.constrained:
        return allowed_pairs([read(name) for name in names], _sentence_labels(train, rows))
    return np.ones((len(names) + 2, len(names)), bool)


def _resolved(columns: ColumnOptions, sentence: Sentence) -> Columns:
    """Columns counted from the first, so that a text without labels has them in the same places.

    Raises:
        InputError: there is no such column.
        UsageError: the label would be read.
    """
    word, label = ("FORM", "UPOS") if sentence.conllu else ("0", "-1")
    given = (columns.word_column or word, columns.label_column or label, *columns.feature_columns())
    width, numbers = len(sentence.words[0]), list[int]()
    for column in given:
        number = sentence.column_number(column)
        if not -width <= number < width:
            message = f"{sentence.name}: column {column} does not exist ({plural(width, 'column')}, numbered from 0)"
            raise InputError(message, "give the number of another column")
        numbers.append(number % width)
    found = Columns(numbers[0], numbers[1], tuple(numbers[2:]))
    if found.label in (found.word, *found.features):
        message = f"column {found.label} is the label column and cannot be an input too"
        raise UsageError(message, "give another --word-column, --features or --label-column")
    return found


def _vector_dim(options: TaggerOptions) -> int | None:
    return None if options.init_vectors is None else load_vectors(Path(options.init_vectors)).dim


def _rows(
    count: int, given: tuple[Sequence[Sentence], Input] | None, share: float, seed: int, choices: list[str]
) -> tuple[Positions, Positions]:
    """Which of ``count`` sentences are trained on, and which of them, or of those given, are validated on."""
    if given is not None:
        return np.arange(count), np.arange(len(given[0]))
    held_out = min(count - 1, round(share * count))
    if not held_out:
        why = f"because --valid-share {share:g} holds none out (give others with --valid)"
        choices.append(f"validation: on the training sentences themselves, {why}")
        return np.arange(count), np.arange(count)
    choices.append(f"validation: on {held_out:,} of {count:,} sentences, held out at random (--valid-share, --seed)")
    mixed = np.random.default_rng(seed).permutation(count)
    return np.sort(mixed[held_out:]), np.sort(mixed[:held_out])


def _held_out(
    sentences: Sequence[Sentence], given: tuple[Sequence[Sentence], Input] | None, rows: Positions
) -> list[Sentence]:
    """The sentences to validate on.

    Raises:
        InputError: there is none, or they have other columns.
    """
    held_out = [sentences[row] for row in rows.tolist()] if given is None else list(given[0])
    if not held_out:
        raise InputError("the text of --valid contains no sentences", "give one with at least one sentence")
    if held_out[0].conllu != sentences[0].conllu:
        message = f"only one of {sentences[0].name} and {held_out[0].name} is CoNLL-U"
        raise InputError(message, "give both in the same format")
    return held_out


def _codes(
    sentences: Sequence[Sentence], columns: Columns, options: TaggerOptions, choices: list[str]
) -> tuple[Codes, NDArray[np.int64], int]:
    """The numbers of words, characters, features and labels, the words that occur once, and how many are learned."""
    form = lookup_form(options)
    raw = Counter(word for sentence in sentences for word in sentence.column(columns.word))
    counts: Counter[str] = Counter()
    for word, count in raw.items():
        counts[form(word)] += count
    known = [word for word, count in counts.most_common() if count >= options.min_count]
    if not known and options.init_vectors is None:
        refuse_rare(max(counts.values(), default=0), options.min_count, "the training text")
    once = [place for place, word in enumerate(known, len(SPECIALS)) if counts[word] == 1]
    learned = len(SPECIALS) + len(known)
    if options.init_vectors is not None:
        others = load_vectors(Path(options.init_vectors), _MOST_VECTORS).words
        known += [word for word in dict.fromkeys(others) if word not in counts and form(word) == word]
        if len(others) == _MOST_VECTORS:
            choices.append(f"vectors: only the first {_MOST_VECTORS:,} words join the vocabulary")
    vocabulary = Vocabulary([*SPECIALS, *known], np.asarray([0, 0, *(counts[word] for word in known)], np.int64))
    letters = Alphabet(tuple(sorted({letter for word in raw for letter in word})), 2)
    features = tuple(
        Alphabet(tuple(sorted({value for s in sentences for value in s.column(number)})), 1)
        for number in columns.features
    )
    labels = Counter(chain.from_iterable(_labels_as_learned(columns, options, sentence) for sentence in sentences))
    if len(labels) < 2:
        raise InputError(
            f"column {columns.label} (from 0) has only one label",
            "give another --label-column",
        )
    shown = ", ".join(f"{name} {count:,}" for name, count in labels.most_common(3))
    choices.append(f"labels: {len(labels)} ({shown}{', …' if len(labels) > 3 else ''})")
    sizes = plural(len(vocabulary), "word"), plural(len(letters.symbols), "character")
    choices.append(f"vocabulary: {', '.join(sizes)}")
    return Codes(vocabulary, letters, features, Alphabet(tuple(sorted(labels)), 0)), np.asarray(once, np.int64), learned


def _labels_as_learned(columns: Columns, options: TaggerOptions, sentence: Sentence) -> list[str]:
    """The labels of a sentence in the scheme that is learned.

    Raises:
        UsageError: they are not of the scheme that it is made from.
    """
    labels = sentence.labels(columns.label)
    if options.scheme == "iobes" and not is_iob2(labels):
        message = f"{sentence.name}: line {sentence.number}: the labels of this sentence are not IOB2"
        raise UsageError(message, "fix them, or leave out --scheme iobes")
    return trained_labels(labels, options.scheme)


def _sentence_labels(text: Tagged, rows: Positions) -> list[list[int]]:
    return [text.labels_N[text.bounds[row] : text.bounds[row + 1]].tolist() for row in rows.tolist()]


def _scorable(valid: Tagged, rows: Positions, allowed: NDArray[np.bool_]) -> tuple[Positions, list[dict[str, Any]]]:
    """The held-out sentences whose labels the model can write at all, and the ledger of the others."""
    count = allowed.shape[1]
    known = [min(labels) >= 0 for labels in _sentence_labels(valid, rows)]
    possible = [
        is_known and bool(allowed[-1, labels[-1]]) and all(allowed[i, j] for i, j in pairwise([count, *labels]))
        for is_known, labels in zip(known, _sentence_labels(valid, rows), strict=True)
    ]
    reasons = (
        (known.count(False), "with a label that is not in the training sentences"),
        (known.count(True) - possible.count(True), "with a sequence of labels that --constrained excludes"),
    )
    effect = "counted in accuracy and F1, but not in the validation loss"
    ledger = [{"what": "validation sentences", "count": n, "why": f"{why}: {effect}"} for n, why in reasons if n]
    return rows[np.asarray(possible, bool)], ledger
