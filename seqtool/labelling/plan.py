"""What a training of a classifier will be, with everything decided that the user left open."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.manifest import Input, Recipe
from seqtool.artifact.read import Artifact
from seqtool.corpus.model_text import HeldOut, count_types, model_text
from seqtool.corpus.vocabulary import UNK, Vocabulary
from seqtool.errors import InputError, UsageError
from seqtool.labelling.batches import CutText, TextBatches, cut_text
from seqtool.labelling.options import ClassifierOptions, ClassifierTraining
from seqtool.labelling.texts import Labelled, LabelSet
from seqtool.nn.batching import Positions
from seqtool.nn.device import choose_device, choose_precision
from seqtool.nn.scan import GATES as SCAN_GATES
from seqtool.options import determining
from seqtool.vectors.artifact import load_vectors, vectors_input

_FEWEST_EPOCHS, _MOST_EPOCHS, _MOST_TOKENS = 3, 30, 2e7
_DEFAULT_LR = {"sgd": 0.5, "nt-asgd": 0.5, "adam": 0.002, "adamw": 0.002}
_EMB_DIM = 128
_NAMED = 3
# Options that one architecture alone heeds.
_LINEAR = {"ngrams": ("tfidf",), "c": ("tfidf", "averaged")}


@dataclass(frozen=True)
class Examples:
    """Texts cut to what is read, their labels as numbers (-1: none that is known), and which are used."""

    text: CutText
    labels_N: NDArray[np.int64]
    rows: Positions

    def batches(self, size: int, seed: int = 0, shuffle: bool = True) -> TextBatches:
        """See `TextBatches`."""
        return TextBatches(self.text, self.labels_N, self.rows, size, seed, shuffle)


@dataclass(frozen=True)
class Job:
    """A training with everything decided: what is trained on what, and how.

    Attributes:
        like: what tokenised the texts: their corpus, or a language model.
        hidden_dims: of the layers.
    """

    like: Artifact
    inputs: Sequence[Input]
    train: Examples
    valid: Examples
    vocabulary: Vocabulary
    labels: LabelSet
    options: ClassifierOptions
    hidden_dims: Sequence[int]
    training: ClassifierTraining
    valid_share: float
    precision: str
    ledger: Sequence[dict[str, Any]]
    choices: Sequence[str]

    def recipe(self) -> Recipe:
        """What determines the result."""
        options = determining(self.options) | determining(self.training) | {"valid_share": self.valid_share}
        seed = options.pop("seed")
        for name in ("init_vectors", "init_lm"):
            del options[name]
        return Recipe("classifier", "train-classifier", options, self.inputs, seed)

    def class_weights(self) -> NDArray[np.float64]:
        """The weight of each label, whose mean over the training texts is one."""
        counts = np.bincount(self.train.labels_N[self.train.rows], minlength=len(self.labels))
        if self.training.class_weights == "none":
            return np.ones(len(self.labels))
        return len(self.train.rows) / (len(self.labels) * np.maximum(counts, 1))


def plan(
    data: Labelled,
    given: Labelled | None,
    like: Artifact,
    options: ClassifierOptions,
    training: ClassifierTraining,
    valid_share: float,
) -> Job:
    """Decide everything the user left open.

    Args:
        data: the training texts.
        given: texts to validate on; left out, ``valid_share`` of each label's are held out.
        like: what tokenised the texts: their corpus, or the language model of ``--init-lm``.

    Raises:
        InputError: there is nothing to train on, or one label only.
        UsageError: options that do not go together.
    """
    check(options)
    labels = LabelSet.of(data.labels)
    if len(labels) < 2:
        raise InputError(f"{data.text.name} has {len(labels)} label(s)", "give texts of two labels or more")
    choices = [f"labels: {_shown(labels)}"]
    options, hidden_dims = _sizes(options, like)
    vocabulary, mapping = _vocabulary(data.text, like, options, choices)
    ledger = [dict(row) for row in data.text.ledger]
    train = _examples(data, labels, mapping, options, "training texts", ledger)
    if given is None:
        rows, valid_rows = _held_out(train, valid_share, training.seed, choices)
        train, valid = dataclasses.replace(train, rows=rows), dataclasses.replace(train, rows=valid_rows)
    else:
        ledger += [dict(row) for row in given.text.ledger]
        other = given.text.corpus.vocabulary.mapping(vocabulary)
        valid = _examples(given, labels, other, options, "validation texts", ledger)
    if not len(train.rows) or not len(valid.rows):
        raise InputError("there is no labelled text to train or validate on", "give more, or --valid")
    training, precision = _resolve(training, train, choices)
    choices += [f"{row['count']:,} {row['what']}: {row['why']}" for row in ledger]
    if options.recurrent_dropout:
        choices.append("recurrent dropout: layers run step by step, not in the kernels of cuDNN or oneDNN")
    inputs = _inputs(data, given, options)
    return Job(like, inputs, train, valid, vocabulary, labels, options, hidden_dims, training, valid_share, precision,
               ledger, choices)  # fmt: skip


def check(options: ClassifierOptions) -> None:
    """Refuse options that would not be heeded.

    Raises:
        UsageError: naming them.
    """
    usual = ClassifierOptions()
    if options.arch == "averaged" and options.init_vectors is None:
        raise UsageError("--arch averaged takes the mean of word vectors", "give --init-vectors")
    if options.arch == "tfidf" and options.init_vectors is not None:
        raise UsageError("--arch tfidf reads no vectors", "leave --init-vectors out")
    for name, architectures in _LINEAR.items():
        if options.arch not in architectures and getattr(options, name) != getattr(usual, name):
            flag = "--C" if name == "c" else f"--{name}"
            raise UsageError(f"{flag} needs --arch {' or '.join(architectures)}", "leave one of them out")
    if options.init_lm is not None and options.init_vectors is not None:
        raise UsageError("--init-lm and --init-vectors are two beginnings", "give one of them")
    if options.init_lm is not None and options.arch != "recurrent":
        raise UsageError("--init-lm starts a recurrent classifier", "leave --arch out")
    if options.unfreeze_every and options.init_lm is None:
        raise UsageError("--unfreeze-every goes with --init-lm", "leave it out")
    if options.freeze_vectors and options.init_vectors is None:
        raise UsageError("--freeze-vectors goes with --init-vectors", "leave it out")
    if options.recurrent_dropout and options.cell in SCAN_GATES:
        raise UsageError(f"{options.cell} has no state to drop before a step", "leave --recurrent-dropout out")


def _sizes(options: ClassifierOptions, like: Artifact) -> tuple[ClassifierOptions, list[int]]:
    """The options with every size filled in, and the units of each layer; a language model brings its own."""
    if options.init_lm is None:
        dim = options.emb_dim
        if dim is None and options.init_vectors is not None:
            dim = load_vectors(Path(options.init_vectors)).dim
        options = dataclasses.replace(options, emb_dim=dim or _EMB_DIM)
        return options, [options.hidden_dim] * options.layers
    found = like.options
    if found.get("arch") != "recurrent" or found["cell"] == "mogrifier" or found.get("residual"):
        message = f"{options.init_lm} is no plain recurrent model"
        raise UsageError(message, "train one with train-lm --arch recurrent, without --residual")
    if options.bidirectional:
        raise UsageError("--init-lm reads forwards only", "add --no-bidirectional")
    dim, layers = int(found["emb_dim"]), int(found["layers"])
    hidden = int(found["hidden_dim"] or dim)
    sizes = [hidden] * (layers - 1) + [dim if found["tied"] else hidden]
    return dataclasses.replace(options, emb_dim=dim, layers=layers, cell=str(found["cell"]), hidden_dim=hidden), sizes


def _vocabulary(
    text: HeldOut, like: Artifact, options: ClassifierOptions, choices: list[str]
) -> tuple[Vocabulary, NDArray[np.int64]]:
    """The tokens the model knows, and their ids by those of the texts' corpus."""
    own = text.corpus.vocabulary
    counts = count_types(text.corpus, text.sentences)
    if options.init_lm is not None:
        vocabulary = Vocabulary.read(like.file("vocab.tsv"))
        mapping = own.mapping(vocabulary)
    else:
        vocabulary, mapping = own.cut(counts, options.min_count, options.max_vocab)
    total = int(counts[2:].sum())
    unknown = int(counts[2:][mapping[2:] == UNK].sum())
    if not total:
        raise InputError(f"{text.name} has no token to train on", "give texts that are not empty")
    choices.append(f"vocabulary: {len(vocabulary):,} tokens, {1 - unknown / total:.2%} of the texts' (--min-count)")
    return vocabulary, mapping


def _examples(
    data: Labelled, labels: LabelSet, mapping: NDArray[np.int64], options: ClassifierOptions, what: str,
    ledger: list[dict[str, Any]],
) -> Examples:  # fmt: skip
    """The texts with a label that is known; what is left out or cut goes to the ledger."""
    text = model_text(data.text.name, data.text.corpus, data.text.sentences, mapping)
    count = text.sentences
    if len(data.labels) != count:
        raise InputError(f"{data.text.name} has {count:,} texts, {len(data.labels):,} labels", "mend the table")
    numbers = labels.numbers(data.labels)
    without = np.asarray([label is None for label in data.labels])
    empty = np.diff(text.bounds) == 1
    strange = Counter(label for label, number in zip(data.labels, numbers, strict=True) if number < 0 and label)
    left_out = [("no label", int(without.sum())), ("the text is empty", int((empty & ~without).sum()))]
    left_out += [(f"the label {label} is not in the training texts", n) for label, n in strange.most_common()]
    rows = np.flatnonzero(~empty & (numbers >= 0))
    kept = cut_text(text, options.max_length, options.cut, rows)
    ledger += [{"what": what, "count": n, "why": f"left out: {why}"} for why, n in left_out if n]
    if kept.was_cut and options.arch == "recurrent":
        why = f"cut to {options.max_length} tokens, the {options.cut} left out (--max-length, --cut)"
        ledger.append({"what": what, "count": kept.was_cut, "why": why})
    return Examples(kept, numbers, rows)


def _held_out(train: Examples, share: float, seed: int, choices: list[str]) -> tuple[Positions, Positions]:
    """The rows to train and to validate on: of each label its share, of a label of one text none."""
    mixed = np.random.default_rng(seed).permutation(train.rows)
    chosen = []
    for label in np.unique(train.labels_N[train.rows]):
        of_label = mixed[train.labels_N[mixed] == label]
        chosen.append(of_label[: min(len(of_label) - 1, round(share * len(of_label)))])
    valid = np.sort(np.concatenate(chosen))
    if not len(valid):
        choices.append("validation: too few texts to hold any out: on the training texts themselves (give --valid)")
        return train.rows, train.rows
    choices.append(f"validation: {len(valid):,} of {len(train.rows):,} texts are held out, drawn by --seed (--valid)")
    return np.setdiff1d(train.rows, valid), valid


def _resolve(training: ClassifierTraining, train: Examples, choices: list[str]) -> tuple[ClassifierTraining, str]:
    """Epochs and learning rate filled in, and the precision."""
    device, why_device = choose_device(training.device)
    precision, why_precision = choose_precision(training.precision, device)
    choices += [f"device: {why_device}", f"precision: {precision}, {why_precision}"]
    epochs = training.epochs
    if epochs is None:
        tokens = int(train.text.lengths[train.rows].sum())
        epochs = min(_MOST_EPOCHS, max(_FEWEST_EPOCHS, round(_MOST_TOKENS / max(1, tokens))))
        choices.append(f"epochs: {epochs}, for some minutes on two cores with these texts (--epochs)")
    lr = _DEFAULT_LR[training.optimizer] if training.lr is None else training.lr
    return dataclasses.replace(training, epochs=epochs, lr=lr), precision


def _inputs(data: Labelled, given: Labelled | None, options: ClassifierOptions) -> list[Input]:
    from seqtool.artifact.read import open_artifact

    texts = [("train", data.text), *([("valid", given.text)] if given else [])]
    found = [dataclasses.replace(text.source, kind=f"{role}:{text.source.kind}") for role, text in texts if text.source]
    if options.init_vectors is not None:
        vectors = vectors_input(Path(options.init_vectors))
        found.append(dataclasses.replace(vectors, kind=f"init-{vectors.kind}"))
    if options.init_lm is not None:
        found.append(dataclasses.replace(open_artifact(Path(options.init_lm)).as_input(), kind="init-lm:lm"))
    return found


def _shown(labels: LabelSet) -> str:
    """``pos 12,500, neg 12,500``, the most frequent first."""
    order = np.argsort(-labels.counts, kind="stable")
    names = [f"{labels.names[i]} {labels.counts[i]:,}" for i in order[:_NAMED]]
    return f"{len(labels)}: {', '.join(names)}{' …' if len(labels) > _NAMED else ''}"
