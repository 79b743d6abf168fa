"""Choose the settings of a language model's training that the user left open."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from seqtool import progress
from seqtool.artifact.read import Artifact
from seqtool.corpus.artifact import open_corpus
from seqtool.corpus.corpus import Corpus
from seqtool.corpus.model_text import HeldOut, count_types
from seqtool.corpus.vocabulary import Vocabulary
from seqtool.errors import InputError, UsageError
from seqtool.lm.options import LanguageModelOptions
from seqtool.lm.plan import LmPlan, Measure, no_measures
from seqtool.nn.cells.scan import GATES as SCAN_GATES
from seqtool.nn.options import TrainingOptions
from seqtool.nn.training.resolve import Defaults, resolve_training
from seqtool.options import check_needs

_HELD_OUT_SHARE = 0.05
# What two cores do in a few minutes: tokens through the recurrent layers, and scores (token times vocabulary).
_MOST_TOKENS, _MOST_SCORES = 4e6, 2e10
_RATES = {"sgd": 20.0, "nt-asgd": 20.0, "adam": 0.005, "adamw": 0.005}
_TRANSFORMER_RATES = _RATES | {"adam": 0.001, "adamw": 0.001}


def plan(
    corpus: Artifact,
    valid: HeldOut | None,
    tests: Sequence[HeldOut],
    options: LanguageModelOptions,
    training: TrainingOptions,
    measure: Measure = no_measures,
) -> LmPlan:
    """Decide everything the user left open; nothing is trained.

    Args:
        corpus: what is trained on.
        valid: text to validate on; left out, the corpus's own part, or its end.
        tests: texts to test on; left out, the corpus's own part, if it has one.
        options, training: as the user gave them.
        measure: see `LmPlan`.

    Raises:
        InputError: where there is nothing to train on.
    """
    _check(options)
    train = open_corpus(corpus)
    sentences, split_valid, split_tests, choices = _parts(corpus, train, wanted=valid is None)
    valid, tests = valid or split_valid, tests or split_tests
    for text in (valid, *tests):
        if text.sentences.start == text.sentences.stop:
            raise InputError(
                f"{text.name} has no lines", "give other --valid and --test texts, or change --split of preprocess"
            )
    counts = count_types(train, sentences)
    if not counts[2:].sum() + counts[0]:
        raise InputError(f"{corpus.path} has no tokens to train on", "give a corpus with text")
    tokens = int(train.bounds[sentences.stop] - train.bounds[sentences.start])
    vocabulary, mapping = _vocabulary(train, counts, tokens, options, choices)
    training, precision = _resolved(training, options, tokens, len(vocabulary), choices)
    return LmPlan(
        corpus=corpus,
        train=train,
        sentences=sentences,
        valid=valid,
        tests=tests,
        options=options,
        training=training,
        precision=precision,
        vocabulary=vocabulary,
        mapping=mapping,
        measure=measure,
        choices=choices,
        ledger=_ledger(corpus, int(counts[2:][mapping[2:] == 0].sum())),
    )


def _vocabulary(
    train: Corpus, counts: np.ndarray, tokens: int, options: LanguageModelOptions, choices: list[str]
) -> tuple[Vocabulary, np.ndarray]:
    """The tokens the model knows, and their ids by those of the corpus."""
    vocabulary, mapping = train.vocabulary.cut(counts, options.min_count, options.max_vocab)
    if len(vocabulary) < np.count_nonzero(counts[2:]) + 2:
        share = 1 - vocabulary.counts[0] / max(1, tokens)
        choices.append(
            f"vocabulary: the {len(vocabulary):,} most frequent types cover {share:.2%} of the tokens (see --max-vocab "
            "and --min-count)"
        )
    return vocabulary, mapping


def _resolved(
    training: TrainingOptions, options: LanguageModelOptions, tokens: int, vocabulary: int, choices: list[str]
) -> tuple[TrainingOptions, str]:
    rates = _TRANSFORMER_RATES if options.arch == "transformer" else _RATES
    affordable = min(_MOST_TOKENS / tokens, _MOST_SCORES / (tokens * vocabulary))
    return resolve_training(training, Defaults(3, 20, "this text and vocabulary", rates), affordable, choices)


def _ledger(corpus: Artifact, cut: int) -> list[dict[str, Any]]:
    """What was dropped of the corpus, and the training tokens that the vocabulary leaves out."""
    rows = [dict(row) for row in corpus.manifest.ledger]
    why = "outside the vocabulary, read as <unk>"
    return [*rows, {"what": "training tokens", "count": cut, "why": why}] if cut else rows


def _parts(artifact: Artifact, corpus: Corpus, wanted: bool) -> tuple[slice, HeldOut, list[HeldOut], list[str]]:
    """The corpus's own train, valid and test parts; without them, and where wanted, its end is held out."""
    name = artifact.path.name
    splits = {part: slice(first, last) for part, (first, last) in corpus.splits.items()}
    count = len(corpus.bounds) - 1
    train = splits.get("train", slice(0, count))
    tests = [HeldOut(f"{name}:test", corpus, splits["test"])] if "test" in splits else []
    if "valid" in splits or not wanted:
        return train, HeldOut(f"{name}:valid", corpus, splits.get("valid", train)), tests, []
    held_out = math.ceil(count * _HELD_OUT_SHARE) if count > 1 else 0
    if not held_out:
        progress.warn(
            f"{name} has only one line; the model is validated on its training text, so its validation loss is too "
            "optimistic"
        )
        return train, HeldOut(f"{name}:train", corpus, train), tests, []
    cut = count - held_out
    why = f"validation: the last {held_out:,} of {count:,} lines (choose others with --valid or preprocess --split)"
    return slice(0, cut), HeldOut(f"{name}:last", corpus, slice(cut, count)), tests, [why]


def _check(options: LanguageModelOptions) -> None:
    """Refuse options that the model would ignore.

    Raises:
        UsageError: naming them.
    """
    check_needs(options)
    if options.weight_dropout and options.cell in SCAN_GATES:
        raise UsageError(
            f"--cell {options.cell} has no hidden-to-hidden weights for --weight-dropout", "leave out --weight-dropout"
        )
    if options.random_bptt and options.batching == "sentence":
        raise UsageError("--random-bptt needs --batching stream", "leave one of them out")
