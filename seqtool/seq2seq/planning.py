"""Decides what the user left open of the training of a sequence-to-sequence model."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.manifest import ledger_line
from seqtool.corpus.model_text import HeldOut
from seqtool.corpus.vocabulary import Vocabulary
from seqtool.errors import InputError, UsageError, plural
from seqtool.nn.batches.batching import Positions
from seqtool.nn.batches.buckets import sentence_lengths
from seqtool.nn.training.resolve import Defaults, resolve_training
from seqtool.options import check_needs
from seqtool.seq2seq.options import Seq2SeqOptions, Seq2SeqTraining
from seqtool.seq2seq.pairs import (
    Pairs,
    Side,
    decode_sentences,
    held_out_pairs,
    open_vectors,
    pairs_ledger,
    refuse_other_size,
    refuse_unequal,
)
from seqtool.seq2seq.plan import GivenPairs, Measure, Seq2SeqPlan, no_measures

_HELD_OUT_SHARE, _MOST_HELD_OUT = 0.05, 2000
_MOST_TOKENS = 4e6  # what two cores do in a few minutes
_RATES = {"sgd": 1.0, "nt-asgd": 1.0, "adam": 0.002, "adamw": 0.002}
_PARALLEL_RATES = _RATES | {"adam": 0.001, "adamw": 0.001}
_SHOWN = 40


def plan(
    sides: tuple[Side | Path, Side],
    given: GivenPairs | None,
    options: Seq2SeqOptions,
    training: Seq2SeqTraining,
    measure: Measure = no_measures,
) -> Seq2SeqPlan:
    """Decide everything the user left open; nothing is trained.

    Args:
        sides: the training pairs; of the source a side, or a file of vectors.
        given: pairs to validate on; without them, some of the training pairs are held out.
        options, training: as the user gave them.
        measure: see `Seq2SeqPlan`.

    Raises:
        InputError: the sides are no pairs, or there is nothing to train on.
        UsageError: options that do not go together.
    """
    _check(options)
    choices = [f"first pair: {_first(sides[0])} → {_first(sides[1])}"]
    vocabularies, pairs = _encoded(sides, options, choices)
    rows, left_out = pairs.trainable(options.max_length)
    rows, valid, valid_rows, others = _validation(pairs, rows, given, vocabularies, options, choices)
    if not len(rows) or not len(valid_rows):
        what = "train" if not len(rows) else "validate"
        raise InputError(f"there are no usable pairs to {what} on", "give pairs with text on both sides")
    if sides[1].corpus.tokenizer.name == "korean":
        choices.append("targets: the model writes morphemes separated by spaces, which are not joined into words")
    training, precision = _resolved(training, options, pairs, rows, choices)
    ledger = pairs_ledger([side.artifact for side in sides if isinstance(side, Side)], [*left_out, *others])
    choices += map(ledger_line, ledger)
    return Seq2SeqPlan(
        sides=sides,
        pairs=pairs,
        rows=rows,
        valid=valid,
        valid_rows=valid_rows,
        references=_references(sides[1], given, valid_rows),
        vocabularies=vocabularies,
        options=options,
        training=training,
        precision=precision,
        given=given,
        measure=measure,
        ledger=ledger,
        choices=choices,
    )


def _references(target: Side, given: GivenPairs | None, rows: Positions) -> list[str]:
    """The targets of the pairs to validate on, as texts."""
    text: Side | HeldOut = target if given is None else given.target
    return decode_sentences(text.corpus, target.corpus.tokenizer, (rows + text.sentences.start).tolist())


def _validation(
    pairs: Pairs,
    rows: Positions,
    given: GivenPairs | None,
    vocabularies: tuple[Vocabulary, Vocabulary],
    options: Seq2SeqOptions,
    choices: list[str],
) -> tuple[Positions, Pairs, Positions, list[dict[str, Any]]]:
    """The rows left to train on; the pairs to validate on, which of them, and what of them is left out."""
    if given is None:
        rows, valid_rows = _held_out(rows, choices)
        return rows, pairs, valid_rows, []
    source = open_vectors(given.source) if isinstance(given.source, Path) else given.source
    if isinstance(source, np.ndarray) and isinstance(pairs.source, np.ndarray):
        refuse_other_size(str(given.source), source.shape[1], pairs.source.shape[1])
    valid = held_out_pairs(source, given.target, vocabularies)
    valid_rows, left_out = valid.trainable(options.max_length)
    return rows, valid, valid_rows, [{**row, "what": "validation pairs"} for row in left_out]


def _resolved(
    training: Seq2SeqTraining, options: Seq2SeqOptions, pairs: Pairs, rows: Positions, choices: list[str]
) -> tuple[Seq2SeqTraining, str]:
    tokens = int((pairs.source_lengths()[rows] + sentence_lengths(pairs.target)[rows]).sum())
    rates = _PARALLEL_RATES if options.arch in ("transformer", "conv") else _RATES
    return resolve_training(training, Defaults(3, 30, "these pairs", rates), _MOST_TOKENS / max(1, tokens), choices)


def _encoded(
    sides: tuple[Side | Path, Side], options: Seq2SeqOptions, choices: list[str]
) -> tuple[tuple[Vocabulary, Vocabulary], Pairs]:
    """The vocabularies of both sides, and the pairs in their ids."""
    source, target = sides
    targets = target.sentences.stop - target.sentences.start
    if isinstance(source, Path):
        vectors = open_vectors(source)
        refuse_unequal(str(source), len(vectors), str(target.artifact.path), targets)
        vocabulary, mapping = _cut(target, target.counts(), options, "target", choices)
        return (vocabulary, vocabulary), Pairs(vectors, target.text(mapping))
    count = source.sentences.stop - source.sentences.start
    refuse_unequal(str(source.artifact.path), count, str(target.artifact.path), targets)
    if options.vocabulary == "shared":
        vocabulary, mapping = _cut(target, source.counts() + target.counts(), options, "shared", choices)
        return (vocabulary, vocabulary), Pairs(source.text(mapping), target.text(mapping))
    found = [
        _cut(side, side.counts(), options, name, choices) for side, name in ((source, "source"), (target, "target"))
    ]
    return (found[0][0], found[1][0]), Pairs(source.text(found[0][1]), target.text(found[1][1]))


def _first(side: Side | Path) -> str:
    """The beginning of a side's first line, so that a header or a wrong column is seen."""
    if isinstance(side, Path):
        return f"a vector from {side.name}"
    text = decode_sentences(side.corpus, side.corpus.tokenizer, [side.sentences.start])[0]
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def _cut(
    side: Side, counts: NDArray[np.int64], options: Seq2SeqOptions, name: str, choices: list[str]
) -> tuple[Vocabulary, NDArray[np.int64]]:
    vocabulary, mapping = side.corpus.vocabulary.cut(counts, options.min_count, options.max_vocab)
    cut = int(counts[2:][mapping[2:] == 0].sum())
    if cut:
        share = 1 - cut / max(1, int(counts[2:].sum()))
        choices.append(f"{name} vocabulary: {plural(len(vocabulary), 'token')}, covering {share:.2%} of the text")
    return vocabulary, mapping


def _held_out(rows: Positions, choices: list[str]) -> tuple[Positions, Positions]:
    """Some pairs, evenly spaced, to validate on; the only pair there is is validated on itself."""
    count = min(_MOST_HELD_OUT, math.ceil(len(rows) * _HELD_OUT_SHARE)) if len(rows) > 1 else 0
    if not count:
        choices.append("validation: on the training pair itself, because there is only one (give others with --valid)")
        return rows, rows
    chosen = np.zeros(len(rows), bool)
    chosen[((np.arange(count) + 0.5) * len(rows) / count).astype(np.int64)] = True
    choices.append(
        f"validation: on {count:,} of {len(rows):,} pairs, held out at even intervals (give others with --valid)"
    )
    return rows[~chosen], rows[chosen]


def _check(options: Seq2SeqOptions) -> None:
    """Refuse options that the model would ignore.

    Raises:
        UsageError: naming them.
    """
    check_needs(options)
    if options.locked_dropout and (options.input_feeding or options.arch in ("transformer", "conv")):
        others = "--input-feeding, --arch transformer or --arch conv"
        raise UsageError(f"--locked-dropout cannot be combined with {others}", "leave out one of them")
    if options.arch == "ntm" and options.layers != 1:
        raise UsageError("--arch ntm has only one layer", "leave out --layers")
    if options.input_feeding and options.attention == "none":
        raise UsageError("--input-feeding needs attention", "leave out --attention none")
    textual = options.arch == "ntm" or options.vocabulary != "separate" or options.reverse_source
    textual |= options.bidirectional or options.pad_source > 0
    if options.tied and options.readout_dim not in (None, options.emb_dim):
        raise UsageError("--readout-dim needs --no-tied, unless it equals --emb-dim", "add --no-tied")
    if options.source_vectors is not None and textual:
        others = "--arch ntm, --vocabulary, --bidirectional, --reverse-source or --pad-source"
        raise UsageError(f"--source-vectors cannot be combined with {others}", "leave them out")
