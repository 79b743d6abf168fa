"""Decides what the user left open of the training of a classifier."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.manifest import Input, ledger_line, sha256_json
from seqtool.artifact.read import Artifact, open_artifact
from seqtool.corpus.model_text import HeldOut
from seqtool.corpus.vocabulary import UNK, Vocabulary
from seqtool.errors import InputError, UsageError, plural
from seqtool.labelling.classification.examples import (
    Examples,
    count_tokens,
    cut_texts,
    encode_examples,
    held_out_rows,
    left_out,
    usable_texts,
)
from seqtool.labelling.classification.plan import ClassifierPlan
from seqtool.labelling.classification.texts import Labelled, LabelSet
from seqtool.labelling.options import RATES, ClassifierOptions, ClassifierTraining
from seqtool.nn.batches.batching import Positions
from seqtool.nn.cells.scan import GATES as SCAN_GATES
from seqtool.nn.training.resolve import Defaults, resolve_training
from seqtool.options import check_needs, flags
from seqtool.progress import warn
from seqtool.vectors.artifact import load_vectors, vectors_input

_MOST_TOKENS = 2e7  # what two cores do in some minutes
_DEFAULTS = Defaults(3, 30, "this text", RATES)
_EMB_DIM = 128
_NAMED = 3
_OF_THE_LM = ("cell", "emb_dim", "hidden_dim", "layers")


def plan(
    data: Labelled,
    given: Labelled | None,
    like: Artifact,
    options: ClassifierOptions,
    training: ClassifierTraining,
    valid_share: float,
    linear: bool = False,
) -> ClassifierPlan:
    """Decide everything the user left open; nothing is trained.

    Args:
        data: the training texts.
        given, valid_share: texts to validate on; left out, this share of each label's are held out.
        like: what tokenized the texts: their corpus, or the language model of ``--init-lm``.
        options, training: as the user gave them.
        linear: whether the linear classifiers are fitted too.

    Raises:
        InputError: there is nothing to train on, or one label only.
        UsageError: options that do not go together.
    """
    check(options, linear)
    choices: list[str] = []
    labels, numbers, rows = _labelled(data, choices)
    options, hidden_dims = _sizes(options, like)
    share = valid_share if given is None else None
    rows, valid_rows = held_out_rows(rows, numbers, share, training.seed, choices)
    vocabulary, mapping = _vocabulary(data.text, rows, like, options, choices)
    train = encode_examples(data, rows, numbers, mapping, options)
    valid, dropped = _validation(train, valid_rows, given, labels, vocabulary, options)
    ledger = [*_ledger(data, numbers, "training texts"), *cut_texts(train, valid_rows, options), *dropped]
    training, precision = _resolved(training, train, choices)
    return ClassifierPlan(
        like=like,
        reading=data.reading,
        inputs=_inputs(data, given, options),
        train=train,
        valid=valid,
        vocabulary=vocabulary,
        labels=labels,
        options=options,
        hidden_dims=hidden_dims,
        training=training,
        valid_share=share or 0.0,
        linear=linear,
        precision=precision,
        ledger=ledger,
        choices=[*choices, *_remarks(ledger, options)],
    )


def _labelled(data: Labelled, choices: list[str]) -> tuple[LabelSet, NDArray[np.int64], Positions]:
    """The labels of the texts that are used, the number of each text's label, and which texts are used.

    Raises:
        InputError: there is one label, or none.
    """
    usable = usable_texts(data)
    labels = LabelSet.of([label for label, is_used in zip(data.labels, usable, strict=True) if is_used])
    if len(labels) < 2:
        raise InputError(
            f"{data.text.name} has {plural(len(labels), 'label')}", "give texts with at least two different labels"
        )
    choices.append(f"labels: {_shown(labels)}")
    if 2 * len(labels) > labels.counts.sum():
        found = f"{plural(len(labels), 'label')} for {plural(int(labels.counts.sum()), 'text')}"
        warn(f"{found}: these may not be labels; check --form and --label-column")
    return labels, labels.numbers(data.labels), np.flatnonzero(usable)


def _ledger(data: Labelled, numbers: NDArray[np.int64], what: str) -> list[dict[str, Any]]:
    """What was dropped of texts."""
    return [*map(dict, data.text.ledger), *left_out(data, numbers, what)]


def _validation(
    train: Examples,
    rows: Positions,
    given: Labelled | None,
    labels: LabelSet,
    vocabulary: Vocabulary,
    options: ClassifierOptions,
) -> tuple[Examples, list[dict[str, Any]]]:
    """The texts to validate on: ``rows`` of the training texts, or those given; and the ledger of the latter.

    Raises:
        InputError: there are none.
    """
    valid, dropped = dataclasses.replace(train, rows=rows), list[dict[str, Any]]()
    if given is not None:
        numbers = labels.numbers(given.labels)
        rows = np.flatnonzero(usable_texts(given) & (numbers >= 0))
        valid = encode_examples(given, rows, numbers, given.text.corpus.vocabulary.mapping(vocabulary), options)
        dropped = _ledger(given, numbers, "validation texts")
        if not len(rows):
            message = f"--valid {given.text.name} has no text with both tokens and a label of the training texts"
            raise InputError(message, "give other texts")
    return valid, dropped


def _resolved(training: ClassifierTraining, train: Examples, choices: list[str]) -> tuple[ClassifierTraining, str]:
    tokens = int(train.text.lengths[train.rows].sum())
    return resolve_training(training, _DEFAULTS, _MOST_TOKENS / max(1, tokens), choices)


def _remarks(ledger: Sequence[Mapping[str, Any]], options: ClassifierOptions) -> list[str]:
    """Notes besides the decisions: texts left out, and what is slow."""
    found = [ledger_line(row) for row in ledger]
    if options.recurrent_dropout:
        found.append("recurrent dropout: slower, because cuDNN and oneDNN kernels cannot be used")
    return found


def check(options: ClassifierOptions, linear: bool = False) -> None:
    """Refuse options that would not be heeded.

    Args:
        linear: whether the linear classifiers are fitted too.

    Raises:
        UsageError: naming them.
    """
    if options.arch == "averaged" and options.init_vectors is None:
        raise UsageError("--arch averaged needs word vectors", "add --init-vectors")
    if options.arch == "tfidf" and options.init_vectors is not None:
        raise UsageError("--arch tfidf does not use word vectors", "leave out --init-vectors")
    if linear and options.arch != "recurrent":
        raise UsageError(f"--linear needs --arch recurrent, not {options.arch}", "leave out --linear")
    usual = ClassifierOptions()
    if options.arch == "recurrent" and not linear and options.c != usual.c:
        raise UsageError("--C needs --arch tfidf, --arch averaged or --linear", "leave out --C")
    if options.arch != "tfidf" and not linear and options.ngrams != usual.ngrams:
        raise UsageError("--ngrams needs --arch tfidf or --linear", "leave out --ngrams")
    check_needs(options)
    if options.init_lm is not None:
        for name in _OF_THE_LM:
            if getattr(options, name) != getattr(usual, name):
                raise UsageError(f"{flags([name])} is fixed by --init-lm", "leave it out")
    if options.init_lm is not None and options.init_vectors is not None:
        raise UsageError("--init-lm and --init-vectors cannot be combined", "give one of them")
    if options.freeze_vectors and options.init_vectors is None:
        raise UsageError("--freeze-vectors needs --init-vectors", "leave out --freeze-vectors")
    _check_cell(options)


def _check_cell(options: ClassifierOptions) -> None:
    if options.recurrent_dropout and options.cell in SCAN_GATES:
        raise UsageError(f"{options.cell} cells do not support --recurrent-dropout", "leave it out")


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
        message = f"--init-lm {options.init_lm} is not a plain recurrent language model"
        raise UsageError(message, "train one with train-lm --arch recurrent, without --cell mogrifier and --residual")
    if options.bidirectional:
        raise UsageError("--init-lm cannot be used with a bidirectional network", "add --no-bidirectional")
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
    covered = f"{1 - unknown / max(1, total):.2%} of the text"
    choices.append(f"vocabulary: {plural(len(vocabulary), 'token')}, covering {covered}")
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
    """``2 (pos 12,500, neg 12,500)``, the most frequent first."""
    order = np.argsort(-labels.counts, kind="stable")
    names = [f"{labels.names[i]} {labels.counts[i]:,}" for i in order[:_NAMED]]
    return f"{len(labels)} ({', '.join(names)}{', …' if len(labels) > _NAMED else ''})"
