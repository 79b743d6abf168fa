"""What a training of a classifier will be, with everything decided that the user left open."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.manifest import Input, Recipe, sha256_json
from seqtool.artifact.read import Artifact, open_artifact
from seqtool.corpus.model_text import HeldOut
from seqtool.corpus.vocabulary import UNK, Vocabulary
from seqtool.errors import InputError, UsageError
from seqtool.labelling.classification.examples import (
    Examples,
    count_tokens,
    cut_texts,
    examples_of,
    held_out_rows,
    left_out,
    usable_texts,
)
from seqtool.labelling.classification.texts import Labelled, LabelSet
from seqtool.labelling.options import ClassifierOptions, ClassifierTraining
from seqtool.labelling.resolve import Affordable, resolved
from seqtool.nn.batches.batching import Positions
from seqtool.nn.cells.scan import GATES as SCAN_GATES
from seqtool.options import determining
from seqtool.progress import warn
from seqtool.vectors.artifact import load_vectors, vectors_input

_AFFORDABLE = Affordable(tokens=2e7, fewest=3, most=30)
_EMB_DIM = 128
_NAMED = 3
# Options that some architectures alone heed.
_RECURRENT = (
    "cell", "emb_dim", "hidden_dim", "layers", "bidirectional", "pooling", "dropout", "input_dropout", "locked_dropout",
    "recurrent_dropout", "max_length", "cut", "freeze_vectors", "init_lm", "unfreeze_every",
)  # fmt: skip
_OWN = dict.fromkeys(_RECURRENT, ("recurrent",)) | {"ngrams": ("tfidf",), "c": ("tfidf", "averaged")}
_OF_THE_LM = ("cell", "emb_dim", "hidden_dim", "layers", "min_count", "max_vocab")


@dataclass(frozen=True)
class Job:
    """A training with everything decided: what is trained on what, and how.

    Attributes:
        like: what tokenised the texts: their corpus, or a language model.
        reading: the options by which the texts were read.
        hidden_dims: of the layers.
    """

    like: Artifact
    reading: Mapping[str, Any]
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
        options |= self.reading
        seed = options.pop("seed")
        for name in ("init_vectors", "init_lm"):
            del options[name]
        return Recipe("classifier", "train-classifier", options, self.inputs, seed)

    def class_weights(self) -> NDArray[np.float64]:
        """The weight of each label; with ``balanced`` every label of the training texts has the same sum."""
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
    linear: bool = False,
) -> Job:
    """Decide everything the user left open.

    Args:
        data: the training texts.
        given: texts to validate on; left out, ``valid_share`` of each label's are held out.
        like: what tokenised the texts: their corpus, or the language model of ``--init-lm``.
        linear: whether the linear classifiers are fitted too.

    Raises:
        InputError: there is nothing to train on, or one label only.
        UsageError: options that do not go together.
    """
    check(options, linear)
    choices: list[str] = []
    usable = usable_texts(data)
    labels = LabelSet.of([label for label, is_used in zip(data.labels, usable, strict=True) if is_used])
    if len(labels) < 2:
        raise InputError(f"{data.text.name} has {len(labels)} label(s)", "give texts of two labels or more")
    choices.append(f"labels: {_shown(labels)}")
    if 2 * len(labels) > labels.counts.sum():
        told = f"{len(labels):,} labels of {labels.counts.sum():,} texts"
        warn(f"{told}: are these labels? --form and --column say where they stand")
    options, hidden_dims = _sizes(options, like)
    rows, numbers = np.flatnonzero(usable), labels.numbers(data.labels)
    valid_rows = rows
    if given is None:
        rows, valid_rows = held_out_rows(rows, numbers, valid_share, training.seed, choices)
    vocabulary, mapping = _vocabulary(data.text, rows, like, options, choices)
    ledger = [dict(row) for row in data.text.ledger]
    train = examples_of(data, rows, numbers, mapping, options)
    ledger += left_out(data, numbers, "training texts") + cut_texts(
        train, valid_rows if given is None else rows, options
    )
    valid = dataclasses.replace(train, rows=valid_rows)
    if given is not None:
        numbers = labels.numbers(given.labels)
        rows = np.flatnonzero(usable_texts(given) & (numbers >= 0))
        valid = examples_of(given, rows, numbers, given.text.corpus.vocabulary.mapping(vocabulary), options)
        ledger += [dict(row) for row in given.text.ledger] + left_out(given, numbers, "validation texts")
    if not len(valid.rows):
        raise InputError("there is no labelled text to validate on", "give others with --valid")
    training, precision = resolved(training, int(train.text.lengths[train.rows].sum()), _AFFORDABLE, choices)
    choices += [f"{row['count']:,} {row['what']}: {row['why']}" for row in ledger]
    if options.recurrent_dropout:
        choices.append("recurrent dropout: layers run step by step, not in the kernels of cuDNN or oneDNN")
    inputs = _inputs(data, given, options)
    valid_share = valid_share if given is None else 0.0
    return Job(like, data.reading, inputs, train, valid, vocabulary, labels, options, hidden_dims, training,
               valid_share, precision, ledger, choices)  # fmt: skip


def check(options: ClassifierOptions, linear: bool = False) -> None:
    """Refuse options that would not be heeded.

    Args:
        linear: whether the linear classifiers are fitted too.

    Raises:
        UsageError: naming them.
    """
    if options.arch == "averaged" and options.init_vectors is None:
        raise UsageError("--arch averaged takes the mean of word vectors", "give --init-vectors")
    if options.arch == "tfidf" and options.init_vectors is not None:
        raise UsageError("--arch tfidf reads no vectors", "leave --init-vectors out")
    if linear and options.arch != "recurrent":
        raise UsageError(f"--linear is beside a recurrent classifier, not --arch {options.arch}", "leave it out")
    changed = {name for name in _OWN if getattr(options, name) != getattr(ClassifierOptions(), name)}
    for name in sorted(changed):
        if options.arch not in _OWN[name] and not (linear and name in ("c", "ngrams")):
            flag = "--C" if name == "c" else "--" + name.replace("_", "-")
            raise UsageError(f"{flag} needs --arch {' or '.join(_OWN[name])}", "leave one of them out")
    if options.init_lm is not None:
        for name in sorted(changed & set(_OF_THE_LM)):
            raise UsageError(f"--{name.replace('_', '-')} is the language model's to say", "leave it out")
    if options.init_lm is not None and options.init_vectors is not None:
        raise UsageError("--init-lm and --init-vectors are two beginnings", "give one of them")
    if options.unfreeze_every and options.init_lm is None:
        raise UsageError("--unfreeze-every goes with --init-lm", "leave it out")
    if options.freeze_vectors and options.init_vectors is None:
        raise UsageError("--freeze-vectors goes with --init-vectors", "leave it out")
    _check_cell(options)


def _check_cell(options: ClassifierOptions) -> None:
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
    options = dataclasses.replace(options, emb_dim=dim, layers=layers, cell=str(found["cell"]), hidden_dim=hidden)
    _check_cell(options)
    return options, sizes


def _vocabulary(
    text: HeldOut, rows: Positions, like: Artifact, options: ClassifierOptions, choices: list[str]
) -> tuple[Vocabulary, NDArray[np.int64]]:
    """The tokens the model knows, and their ids by those of the texts' corpus; counted in the training texts."""
    own = text.corpus.vocabulary
    counts = count_tokens(text, rows)
    if options.init_lm is not None:
        vocabulary = Vocabulary.read(like.file("vocab.tsv"))
        mapping = own.mapping(vocabulary)
    else:
        vocabulary, mapping = own.cut(counts, options.min_count, options.max_vocab)
    total = int(counts[2:].sum() + counts[UNK])
    unknown = int(counts[2:][mapping[2:] == UNK].sum() + counts[UNK])
    choices.append(f"vocabulary: {len(vocabulary):,} tokens, {1 - unknown / max(1, total):.2%} of the texts' tokens")
    return vocabulary, mapping


def _inputs(data: Labelled, given: Labelled | None, options: ClassifierOptions) -> list[Input]:
    texts = [("train", data), *([("valid", given)] if given else [])]
    found = []
    for role, some in texts:
        assert some.text.source is not None
        found.append(dataclasses.replace(some.text.source, kind=f"{role}:{some.text.source.kind}"))
        found.append(Input(some.text.name, f"{role}:labels", sha256_json(list(some.labels))))
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
