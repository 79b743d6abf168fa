"""What a training of a sequence-to-sequence model will be, with everything decided that the user left open."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.manifest import Input, Recipe
from seqtool.corpus.model_text import HeldOut
from seqtool.corpus.vocabulary import EOS, Vocabulary
from seqtool.errors import InputError, UsageError
from seqtool.nn.batches.batching import Positions
from seqtool.nn.batches.buckets import PairBatches, lengths_of
from seqtool.nn.device import choose_device, choose_precision
from seqtool.options import determining
from seqtool.seq2seq.options import Seq2SeqOptions, Seq2SeqTraining
from seqtool.seq2seq.pairs import (
    Pairs,
    Side,
    held_out_pairs,
    ledger_of,
    open_vectors,
    refuse_other_size,
    refuse_unequal,
    texts_of,
    vectors_as_input,
)  # fmt: skip

_HELD_OUT_SHARE, _MOST_HELD_OUT = 0.05, 2000
_FEWEST_EPOCHS, _MOST_EPOCHS, _MOST_TOKENS = 3, 30, 4e6
_DEFAULT_LR = {"sgd": 1.0, "nt-asgd": 1.0, "adam": 0.002, "adamw": 0.002}
_PARALLEL_LR = 0.001
_SHOWN = 40
# Options that one architecture alone heeds.
_OWN = {
    "recurrent": (
        "cell",
        "bidirectional",
        "bidirectional_layers",
        "residual",
        "peeky",
        "attention",
        "input_feeding",
        "readout_dim",
        "pad_source",
        "init",
        "single_bias",
    ),
    "transformer": ("heads",),
    "conv": ("kernel_width",),
    "ntm": ("memory_slots", "memory_width"),
}


@dataclass(frozen=True)
class GivenPairs:
    """Pairs to validate on: texts, or vectors and a text."""

    source: HeldOut | Path
    target: HeldOut


@dataclass(frozen=True)
class Job:
    """A training with everything decided: what is trained on what, and how; see `lm.plan.Job`."""

    sides: tuple[Side | Path, Side]
    pairs: Pairs
    rows: Positions
    valid: Pairs
    valid_rows: Positions
    references: Sequence[str]
    vocabularies: tuple[Vocabulary, Vocabulary]
    options: Seq2SeqOptions
    training: Seq2SeqTraining
    precision: str
    given: GivenPairs | None
    ledger: Sequence[dict[str, Any]]
    choices: Sequence[str]

    @property
    def source_size(self) -> int:
        """Of the source's vocabulary, or the dimension of its vectors."""
        source = self.pairs.source
        return source.shape[1] if isinstance(source, np.ndarray) else len(self.vocabularies[0])

    def recipe(self) -> Recipe:
        """What determines the result."""
        options = determining(self.options) | determining(self.training)
        seed = options.pop("seed")
        del options["source_vectors"]
        source, target = self.sides
        if isinstance(source, Side) and source.artifact.path == target.artifact.path and target.sentences.start:
            inputs = [target.artifact.as_input()]  # the halves of one corpus
        else:
            inputs = [_side_input(source, "source"), _side_input(target, "target")]
        if self.given is not None:
            inputs += _held_out_inputs(self.given)
        return Recipe("seq2seq", "train-seq2seq", options, inputs, seed)

    def batches(self) -> PairBatches:
        """What is trained on."""
        training = self.training
        size, by_tokens = training.batch_tokens or training.batch_size, training.batch_tokens is not None
        return PairBatches(
            self.pairs.source, self.pairs.target, self.rows, EOS, size, by_tokens, training.seed,
            bucketing=training.bucketing,
        )  # fmt: skip

    def valid_batches(self) -> PairBatches:
        """What is validated on."""
        return PairBatches(self.valid.source, self.valid.target, self.valid_rows, EOS, 4096, True, shuffle=False)


def plan(
    sides: tuple[Side | Path, Side], given: GivenPairs | None, options: Seq2SeqOptions, training: Seq2SeqTraining
) -> Job:
    """Decide everything the user left open.

    Args:
        sides: the training pairs; of the source a side, or a file of vectors.
        given: pairs to validate on; left out, some of the training pairs are held out.

    Raises:
        InputError: the sides are no pairs, or there is nothing to train on.
        UsageError: options that do not go together.
    """
    _check(options)
    choices = [f"first pair: {_first(sides[0])} → {_first(sides[1])}"]
    vocabularies, pairs = _encoded(sides, options, choices)
    rows, left_out = pairs.trainable(options.max_length)
    if given is None:
        held_out: Side | HeldOut = sides[1]
        rows, valid_rows = _held_out(rows, choices)
        valid = pairs
    else:
        source = open_vectors(given.source) if isinstance(given.source, Path) else given.source
        if isinstance(source, np.ndarray) and isinstance(pairs.source, np.ndarray):
            refuse_other_size(str(given.source), source.shape[1], pairs.source.shape[1])
        valid = held_out_pairs(source, given.target, vocabularies)
        valid_rows, others = valid.trainable(options.max_length)
        left_out += [{**row, "what": "validation pairs"} for row in others]
        held_out = given.target
    if not len(rows) or not len(valid_rows):
        what = "train" if not len(rows) else "validate"
        raise InputError(f"there is no pair to {what} on", "give pairs with two sides that are not empty")
    references = texts_of(held_out.corpus, sides[1].corpus.tokenizer, (valid_rows + held_out.sentences.start).tolist())
    choices += _told_of_targets(sides[1])
    training, precision = _resolve(options, training, pairs, rows, choices)
    ledger = ledger_of([side.artifact for side in sides if isinstance(side, Side)], left_out)
    choices += [f"{row['count']:,} {row['what']}: {row['why']}" for row in ledger]
    return Job(
        sides, pairs, rows, valid, valid_rows, references, vocabularies, options, training, precision, given,
        ledger, choices,
    )  # fmt: skip


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
    found = [_cut(side, side.counts(), options, name, choices)
             for side, name in ((source, "source"), (target, "target"))]  # fmt: skip
    return (found[0][0], found[1][0]), Pairs(source.text(found[0][1]), target.text(found[1][1]))


def _first(side: Side | Path) -> str:
    """The beginning of a side's first line, so that a header or a wrong column is seen."""
    if isinstance(side, Path):
        return f"a vector of {side.name}"
    text = texts_of(side.corpus, side.corpus.tokenizer, [side.sentences.start])[0]
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def _told_of_targets(side: Side) -> list[str]:
    """What a user may not expect of the targets."""
    if side.corpus.tokenizer.name != "korean":
        return []
    return ["targets: morphemes are not joined again: translations are morphemes with spaces between them"]


def _cut(
    side: Side, counts: NDArray[np.int64], options: Seq2SeqOptions, name: str, choices: list[str]
) -> tuple[Vocabulary, NDArray[np.int64]]:
    vocabulary, mapping = side.corpus.vocabulary.cut(counts, options.min_count, options.max_vocab)
    cut = int(counts[2:][mapping[2:] == 0].sum())
    if cut:
        share = 1 - cut / max(1, int(counts[2:].sum()))
        choices.append(f"vocabulary: the {len(vocabulary):,} most frequent tokens of the {name} cover {share:.2%}")
    return vocabulary, mapping


def _held_out(rows: Positions, choices: list[str]) -> tuple[Positions, Positions]:
    """Some pairs, evenly spaced, to validate on; the only pair there is is validated on itself."""
    count = min(_MOST_HELD_OUT, math.ceil(len(rows) * _HELD_OUT_SHARE)) if len(rows) > 1 else 0
    if not count:
        choices.append("validation: on the training pair itself, as it is the only one (give --valid)")
        return rows, rows
    chosen = np.zeros(len(rows), bool)
    chosen[((np.arange(count) + 0.5) * len(rows) / count).astype(np.int64)] = True
    choices.append(f"validation: {count:,} of {len(rows):,} pairs, evenly spaced, are held out (give --valid)")
    return rows[~chosen], rows[chosen]


def _check(options: Seq2SeqOptions) -> None:
    """Refuse options that the model would not heed.

    Raises:
        UsageError: naming them.
    """
    usual = Seq2SeqOptions()
    for arch, names in _OWN.items():
        for name in names:
            if options.arch != arch and getattr(options, name) != getattr(usual, name):
                raise UsageError(f"--{name.replace('_', '-')} needs --arch {arch}", "leave one of them out")
    if options.bidirectional_layers is not None and not options.bidirectional:
        raise UsageError("--bidirectional-layers needs --bidirectional", "leave one of them out")
    if options.locked_dropout and (options.input_feeding or options.arch in ("transformer", "conv")):
        raise UsageError("--locked-dropout needs --arch recurrent without --input-feeding", "leave one of them out")
    if options.arch == "ntm" and options.layers != 1:
        raise UsageError("--arch ntm has one layer", "leave --layers out")
    if options.input_feeding and options.attention == "none":
        raise UsageError("--input-feeding feeds what was attended to", "choose an --attention")
    textual = options.arch == "ntm" or options.vocabulary != "separate" or options.reverse_source
    textual |= options.bidirectional or options.pad_source > 0
    if options.tied and options.readout_dim not in (None, options.emb_dim):
        raise UsageError("--readout-dim needs --no-tied, unless it equals --emb-dim", "add --no-tied")
    if options.source_vectors is not None and textual:
        remedy = "leave --arch ntm, --vocabulary, --bidirectional, --reverse-source and --pad-source out"
        raise UsageError("--source-vectors are one step for a decoder", remedy)


def _resolve(
    options: Seq2SeqOptions, training: Seq2SeqTraining, pairs: Pairs, rows: Positions, choices: list[str]
) -> tuple[Seq2SeqTraining, str]:
    """Epochs and learning rate filled in, and the precision."""
    device, why_device = choose_device(training.device)
    precision, why_precision = choose_precision(training.precision, device)
    choices += [f"device: {why_device}", f"precision: {precision}, {why_precision}"]
    epochs = training.epochs
    if epochs is None:
        tokens = int((pairs.source_lengths()[rows] + lengths_of(pairs.target)[rows]).sum())
        epochs = min(_MOST_EPOCHS, max(_FEWEST_EPOCHS, round(_MOST_TOKENS / max(1, tokens))))
        choices.append(f"epochs: {epochs}, for some minutes on two cores with these pairs (--epochs)")
    lr = training.lr
    if lr is None:
        parallel = options.arch in ("transformer", "conv") and training.optimizer in ("adam", "adamw")
        lr = _PARALLEL_LR if parallel else _DEFAULT_LR[training.optimizer]
    return dataclasses.replace(training, epochs=epochs, lr=lr), precision


def _side_input(side: Side | Path, role: str) -> Input:
    if isinstance(side, Path):
        return vectors_as_input(side, "source-vectors:npy")
    return dataclasses.replace(side.artifact.as_input(), kind=f"{role}:corpus")


def _held_out_inputs(given: GivenPairs) -> list[Input]:
    """Both sides as inputs; those of one table have its role."""
    assert given.target.source is not None
    target = given.target.source
    if isinstance(given.source, Path):
        return [vectors_as_input(given.source, "valid-source:npy"), _as(target, "valid-target")]
    assert given.source.source is not None
    source = given.source.source
    roles = ("valid", "valid") if source.digest == target.digest else ("valid-source", "valid-target")
    return [_as(source, roles[0]), _as(target, roles[1])]


def _as(text: Input, role: str) -> Input:
    return dataclasses.replace(text, kind=f"{role}:{text.kind}")
