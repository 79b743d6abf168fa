"""Options and presets of classifiers."""

from __future__ import annotations

from dataclasses import dataclass

from seqtool.nn.options import TrainingOptions
from seqtool.options import Preset, option, redeclared

_PANEL, _TEXTS = "Model", "Text"
# What heeds an option, see `needs` of `seqtool.options.Option`.
_RECURRENT = ("arch", "recurrent")


@dataclass(frozen=True)
class LabelledTexts:
    """Where the labels stand, and what is validated on; ``--column`` names the texts of a table."""

    form: str = option(
        "auto",
        "of the lines: label TAB text (tab), a first word as label (word), __label__x text (fasttext), "
        "or columns (of .csv, .jsonl, .parquet, hf:) [auto: found by the name and the first line]",
        choices=("auto", "tab", "word", "fasttext", "columns"),
        panel=_TEXTS,
    )
    label_column: str = option(
        "label", "column of the labels, its name or its number from 0", metavar="NAME", panel=_TEXTS
    )
    labels: str = option(
        "one",
        "lines with several __label__: stop (one), or take the first of each line and count them (first)",
        choices=("one", "first"),
        later=True,
        panel=_TEXTS,
    )
    label_until: str | None = option(
        None, "a label ends before this, such as : where DESC:manner is to be DESC", metavar="TEXT", panel=_TEXTS
    )


@dataclass(frozen=True)
class Validation:
    """What a classifier is validated on."""

    # Operational: the file's digest stands among the inputs.
    valid: str | None = option(
        None,
        "labelled texts to validate on [default: --valid-share of the texts]",
        metavar="TEXT",
        operational=True,
        panel=_TEXTS,
    )
    valid_share: float = option(
        0.1,
        "share of each label's texts held out to validate on, drawn by --seed",
        minimum=0.0,
        maximum=0.9,
        panel=_TEXTS,
    )


@dataclass(frozen=True)
class ClassifierOptions:
    """The architecture of a classifier, and how texts become ids."""

    arch: str = option(
        "recurrent",
        "recurrent, or a linear one: logistic regression on TF-IDF of n-grams (tfidf), or on the mean of "
        "the --init-vectors (averaged)",
        choices=("recurrent", "tfidf", "averaged"),
        panel=_PANEL,
    )
    cell: str = option(
        "lstm",
        "recurrent cell",
        choices=("rnn", "rnn-relu", "lstm", "gru", "mingru", "minlstm"),
        needs=_RECURRENT,
        panel=_PANEL,
    )
    emb_dim: int | None = option(
        None,
        "dimension of the embeddings [default: that of --init-vectors, else 128]",
        aliases=("--emsize",),
        minimum=1,
        needs=_RECURRENT,
        panel=_PANEL,
    )
    hidden_dim: int = option(256, "units of a layer", aliases=("--nhid",), minimum=1, needs=_RECURRENT, panel=_PANEL)
    layers: int = option(
        1, "recurrent layers", aliases=("--nlayers",), minimum=1, maximum=64, needs=_RECURRENT, panel=_PANEL
    )
    bidirectional: bool = option(
        True, "read in both directions, half of the units each", needs=_RECURRENT, panel=_PANEL
    )
    pooling: str = option(
        "max",
        "from all steps to one vector: what the reader ends with (last), mean, max, or a weighed mean (attention)",
        choices=("last", "mean", "max", "attention"),
        needs=_RECURRENT,
        panel=_PANEL,
    )
    dropout: float = option(
        0.5,
        "share of units dropped between layers and before the output",
        minimum=0.0,
        maximum=0.95,
        needs=_RECURRENT,
        panel=_PANEL,
    )
    input_dropout: float = option(
        0.3,
        "share of the embeddings' units dropped",
        aliases=("--dropouti",),
        minimum=0.0,
        maximum=0.95,
        needs=_RECURRENT,
        panel=_PANEL,
    )
    locked_dropout: bool = option(
        True,
        "drop the same units of the embeddings and layers at every time step (Gal and Ghahramani 2016)",
        needs=_RECURRENT,
        panel=_PANEL,
    )
    recurrent_dropout: float = option(
        0.0,
        "share of the state's units dropped before every step (the same); such layers run step by step, not in "
        "cuDNN's or oneDNN's kernels: slower",
        minimum=0.0,
        maximum=0.95,
        needs=_RECURRENT,
        panel=_PANEL,
    )
    max_length: int = option(
        400,
        "tokens read of a text; a longer one is cut, and counted",
        aliases=("--maxlen",),
        minimum=1,
        needs=_RECURRENT,
        panel=_PANEL,
    )
    cut: str = option(
        "end", "which end of a longer text is cut off", choices=("start", "end"), needs=_RECURRENT, panel=_PANEL
    )
    min_count: int = option(2, "rarer tokens become <unk>", minimum=1, panel=_PANEL)
    max_vocab: int = option(100_000, "at most so many tokens; the rarer become <unk>", minimum=2, panel=_PANEL)
    init_vectors: str | None = option(
        None, "word vectors the embeddings start from: an artifact or a file", metavar="VECTORS", panel=_PANEL
    )
    freeze_vectors: bool = option(False, "do not train the embeddings", needs=_RECURRENT, panel=_PANEL)
    init_lm: str | None = option(
        None,
        "a recurrent language model whose embeddings and layers are started from; its vocabulary and sizes are "
        "taken too (Dai and Le 2015)",
        metavar="MODEL",
        needs=_RECURRENT,
        panel=_PANEL,
    )
    unfreeze_every: int = option(
        0,
        "with --init-lm: train the output alone for so many epochs, then a layer more every so many, from the top "
        "(Howard and Ruder 2018, section 3.3) [0: all from the start]",
        minimum=0,
        needs=("init_lm",),
        panel=_PANEL,
    )
    ngrams: int = option(
        2, "tfidf: longest n-grams of tokens, counted with all shorter ones", minimum=1, maximum=2, panel=_PANEL
    )
    c: float = option(
        10.0,
        "tfidf, averaged: inverse strength of the L2 penalty, as scikit-learn's",
        flag="--C",
        aliases=("--c",),
        minimum=1e-9,
        panel=_PANEL,
    )


RATES = {"sgd": 0.5, "nt-asgd": 0.5, "adam": 0.002, "adamw": 0.002}  # the default of --lr, by optimizer


@dataclass(frozen=True)
class LabelTraining(TrainingOptions):
    """How a classifier or a tagger is trained."""

    epochs: int | None = redeclared(
        TrainingOptions,
        "epochs",
        None,
        "passes over the training texts [default: as many as two cores do in some "
        "minutes, 3 to 30, of taggers 5 to 40]",
    )
    batch_size: int = redeclared(TrainingOptions, "batch_size", 32)
    lr: float | None = redeclared(
        TrainingOptions, "lr", None, "learning rate [default: adam and adamw 0.002; sgd and nt-asgd 0.5]"
    )
    clip: float = redeclared(TrainingOptions, "clip", 1.0)


@dataclass(frozen=True)
class ClassifierTraining(LabelTraining):
    """How a classifier is trained."""

    class_weights: str = option(
        "none",
        "weigh labels by the inverse of their frequency (balanced, as scikit-learn's)",
        choices=("none", "balanced"),
        panel="Training",
    )
    label_smoothing: float = option(
        0.0,
        "share of a label's probability spread over all (Szegedy et al. 2016)",
        minimum=0.0,
        maximum=0.9,
        panel="Training",
    )
    validate_on: str = option(
        "accuracy",
        "what decides which weights are kept: loss, accuracy, or the mean of the labels' F1",
        choices=("loss", "accuracy", "f1"),
        panel="Training",
    )


_KERAS = {
    "arch": "recurrent",
    "cell": "lstm",
    "layers": 1,
    "bidirectional": False,
    "pooling": "last",
    "tokenizer": "word",
    "lower": True,
    "cut": "start",
    "min_count": 1,
    "optimizer": "adam",
    "lr": 0.001,
    "schedule": "constant",
    "clip": 0.0,
    "locked_dropout": True,
    "dropout": 0.0,
    "input_dropout": 0.2,
    "recurrent_dropout": 0.2,
    "precision": "fp32",
}
PRESETS = (
    Preset(
        "keras-imdb",
        _KERAS
        | {
            "emb_dim": 128,
            "hidden_dim": 128,
            "max_length": 80,
            "max_vocab": 20_000,
            "batch_size": 32,
            "epochs": 3,
            "valid_share": 0.04,
        },
        "Keras's example imdb_lstm.py (2.x), which validates on the test set; two outputs and softmax instead of one "
        "and a sigmoid; padding is not read",
    ),
    Preset(
        "keras-imdb-300",
        _KERAS
        | {
            "emb_dim": 300,
            "hidden_dim": 300,
            "max_length": 400,
            "max_vocab": 3000,
            "batch_size": 128,
            "epochs": 10,
            "valid_share": 0.2,
            "validate_on": "loss",
            "patience": 3,
        },
        "Keras's example with a vocabulary of 3,000, 400 tokens, 300 units, early stopping; as keras-imdb otherwise",
    ),
)
