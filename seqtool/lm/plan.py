"""What a training of a language model will be, with everything decided that the user left open."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqtool import progress
from seqtool.artifact.manifest import Recipe
from seqtool.artifact.read import Artifact
from seqtool.corpus.artifact import open_corpus
from seqtool.corpus.corpus import Corpus
from seqtool.corpus.model_text import HeldOut, count_types
from seqtool.corpus.vocabulary import EOS, Vocabulary
from seqtool.errors import InputError, UsageError
from seqtool.lm.options import LanguageModelOptions
from seqtool.nn.batches.batching import Batches, SentenceBatches, StreamBatches, WindowBatches
from seqtool.nn.batches.random_bptt import RandomStreamBatches
from seqtool.nn.cells.scan import GATES as SCAN_GATES
from seqtool.nn.device import choose_device, choose_precision
from seqtool.nn.options import TrainingOptions
from seqtool.options import determining
from seqtool.vectors.artifact import vectors_input

_HELD_OUT_SHARE = 0.05
_FEWEST_EPOCHS, _MOST_EPOCHS = 3, 20
# What two cores do in a few minutes: tokens through the recurrent layers, and scores (token times vocabulary).
_MOST_TOKENS, _MOST_SCORES = 4e6, 2e10
_TRANSFORMER_LR = 0.001
# Options that one architecture alone heeds; `_check` has those that two heed.
_OWN = {
    "recurrent": ("cell",),
    "transformer": ("heads", "span", "positions"),
    "window": ("context", "combine"),
}
_DEFAULT_LR = {"sgd": 20.0, "nt-asgd": 20.0, "adam": 0.005, "adamw": 0.005}


@dataclass(frozen=True)
class Job:
    """A training with everything decided: what is trained on what, and how.

    ``precision`` is the one to compute in, ``fp32`` or ``bf16``; ``cut`` counts the training tokens past the
    vocabulary's end; ``choices`` says in a line each what was decided for
    the user and why.
    """

    corpus: Artifact
    train: Corpus
    sentences: slice
    valid: HeldOut
    tests: Sequence[HeldOut]
    options: LanguageModelOptions
    training: TrainingOptions
    precision: str
    vocabulary: Vocabulary
    mapping: np.ndarray
    cut: int
    choices: Sequence[str]

    @property
    def tokens(self) -> int:
        """Tokens of one epoch, line ends included."""
        return int(self.train.bounds[self.sentences.stop] - self.train.bounds[self.sentences.start])

    def recipe(self) -> Recipe:
        """What determines the result."""
        options = determining(self.options) | determining(self.training)
        seed = options.pop("seed")
        roles = [("valid", self.valid), *(("test", test) for test in self.tests)]
        held_out = [
            dataclasses.replace(text.source, kind=f"{role}:{text.source.kind}") for role, text in roles if text.source
        ]
        vectors = options.pop("init_vectors")
        if vectors is not None:
            given = vectors_input(Path(vectors))
            held_out.append(dataclasses.replace(given, name=str(vectors), kind=f"init-{given.kind}"))
        return Recipe("lm", "train-lm", options, [self.corpus.as_input(), *held_out], seed)


def plan(
    corpus: Artifact,
    valid: HeldOut | None,
    tests: Sequence[HeldOut],
    options: LanguageModelOptions,
    training: TrainingOptions,
) -> Job:
    """Decide everything the user left open.

    Raises:
        InputError: where there is nothing to train on.
    """
    _check(options)
    train = open_corpus(corpus)
    sentences, split_valid, split_tests, choices = _parts(corpus, train, wanted=valid is None)
    valid, tests = valid or split_valid, tests or split_tests
    for text in (valid, *tests):
        if text.sentences.start == text.sentences.stop:
            raise InputError(f"{text.name} has no line", "give --valid and --test texts, or split otherwise")
    counts = count_types(train, sentences)
    vocabulary, mapping = train.vocabulary.cut(counts, options.min_count, options.max_vocab)
    tokens = int(train.bounds[sentences.stop] - train.bounds[sentences.start])
    if not counts[2:].sum() + counts[0]:
        raise InputError(f"{corpus.path} has no token to train on", "give a corpus with text")
    cut = int(counts[2:][mapping[2:] == 0].sum())
    if len(vocabulary) < np.count_nonzero(counts[2:]) + 2:
        share = 1 - vocabulary.counts[0] / max(1, tokens)
        choices.append(
            f"vocabulary: the {len(vocabulary):,} most frequent tokens cover {share:.2%} (--max-vocab, --min-count)"
        )
    training, precision = _resolve(options.arch, training, tokens, len(vocabulary), choices)
    return Job(corpus, train, sentences, valid, tests, options, training, precision, vocabulary, mapping, cut, choices)


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
        progress.warn(f"{name} has a single line: validating on the training text itself")
        return train, HeldOut(f"{name}:train", corpus, train), tests, []
    cut = count - held_out
    why = f"validation: the last {held_out:,} of {count:,} lines are held out (give --valid or preprocess --split)"
    return slice(0, cut), HeldOut(f"{name}:last", corpus, slice(cut, count)), tests, [why]


def _check(options: LanguageModelOptions) -> None:
    """Refuse options that the model would not heed.

    Raises:
        UsageError: naming them.
    """
    usual = LanguageModelOptions()
    for arch, names in _OWN.items():
        for name in names:
            if options.arch != arch and getattr(options, name) != getattr(usual, name):
                raise UsageError(f"--{name.replace('_', '-')} needs --arch {arch}", "leave one of them out")
    if (options.mogrify_rounds, options.mogrify_rank) != (usual.mogrify_rounds, None) and options.cell != "mogrifier":
        raise UsageError("--mogrify-rounds and --mogrify-rank need --cell mogrifier", "leave them out")
    if options.arch != "recurrent":
        wants_time = {"--batching sentence": options.batching == "sentence", "--locked-dropout": options.locked_dropout,
                      "--random-bptt": options.random_bptt, "--ar": options.ar, "--tar": options.tar}  # fmt: skip
        wants_cells = {"--residual": options.residual, "--weight-dropout": options.weight_dropout}
        for flag, written in (wants_cells | (wants_time if options.arch == "window" else {})).items():
            if written:
                raise UsageError(f"{flag} needs --arch recurrent", "leave one of them out")
    if options.weight_dropout and options.cell in SCAN_GATES:
        raise UsageError(f"{options.cell} has no weights between hidden states", "leave --weight-dropout out")
    if options.random_bptt and options.batching == "sentence":
        raise UsageError("--random-bptt cuts streams, not sentences", "use --batching stream")


def _resolve(
    arch: str, training: TrainingOptions, tokens: int, vocab_size: int, choices: list[str]
) -> tuple[TrainingOptions, str]:
    """Epochs and learning rate filled in, and the precision; ``auto`` stays in the options.

    A training moved to another device resumes there, in the precision that it has.
    """
    device, why_device = choose_device(training.device)
    precision, why_precision = choose_precision(training.precision, device)
    choices += [f"device: {why_device}", f"precision: {precision}, {why_precision}"]
    epochs = training.epochs
    if epochs is None:
        affordable = min(_MOST_TOKENS / tokens, _MOST_SCORES / (tokens * vocab_size))
        epochs = min(_MOST_EPOCHS, max(_FEWEST_EPOCHS, round(affordable)))
        choices.append(f"epochs: {epochs}, for some minutes on two cores with this text and vocabulary (--epochs)")
    lr = training.lr
    if lr is None:
        gentle = arch == "transformer" and training.optimizer in ("adam", "adamw")
        lr = _TRANSFORMER_LR if gentle else _DEFAULT_LR[training.optimizer]
    return dataclasses.replace(training, epochs=epochs, lr=lr), precision


def batches_of(job: Job) -> Batches:
    """The batches that a job trains on."""
    options, seed = job.options, job.training.seed
    first, last = int(job.train.bounds[job.sentences.start]), int(job.train.bounds[job.sentences.stop])
    ids, size = job.train.ids[first:last], job.training.batch_size
    if options.arch == "window":
        return WindowBatches(ids, EOS, options.context, size * options.bptt, seed, job.mapping)
    if options.batching == "sentence":
        bounds = np.asarray(job.train.bounds[job.sentences.start : job.sentences.stop + 1]) - first
        return SentenceBatches(ids, bounds, EOS, size, seed, job.mapping)
    if options.random_bptt:
        return RandomStreamBatches(ids, EOS, size, options.bptt, seed, job.mapping)
    return StreamBatches(ids, EOS, size, options.bptt, job.mapping)
