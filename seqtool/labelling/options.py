"""Options and presets of classifiers."""

from __future__ import annotations

from dataclasses import dataclass

from seqtool.nn.options import TrainingOptions
from seqtool.options import Preset, option, redeclared

_PANEL, _TEXTS = "Model", "Text"
# What an option needs to have an effect, see `needs` of `seqtool.options.Option`.
_RECURRENT = ("arch", "recurrent")


@dataclass(frozen=True)
class LabelledTexts:
    """Where the labels are, and what is validated on; ``--column`` names the texts of a table."""

    form: str = option(
        "auto",
        "format of the lines: label TAB text (tab), label as first word (word), __label__x text (fasttext), or "
        "table (columns: .csv, .jsonl, .parquet, hf:) [default: auto, from the file name and the first line]",
        choices=("auto", "tab", "word", "fasttext", "columns"),
        panel=_TEXTS,
    )
    label_column: str = option("label", "column of the labels: name, or number from 0", metavar="NAME", panel=_TEXTS)
    labels: str = option(
        "one",
        "lines with several __label__: stop with an error (one), or use the first label and count such lines (first)",
        choices=("one", "first"),
        later=True,
        panel=_TEXTS,
    )
    label_until: str | None = option(
        None, "cut labels at this text: with ':', DESC:manner becomes DESC", metavar="TEXT", panel=_TEXTS
    )


@dataclass(frozen=True)
class Validation:
    """What a classifier is validated on."""

    # Operational: the file's digest is among the inputs.
    valid: str | None = option(
        None,
        "labeled texts to validate on [default: --valid-share of the texts]",
        metavar="TEXT",
        operational=True,
        panel=_TEXTS,
    )
    valid_share: float = option(
        0.1,
        "share of each label's texts held out for validation, drawn with --seed",
        minimum=0.0,
        maximum=0.9,
        panel=_TEXTS,
    )


@dataclass(frozen=True)
class ClassifierOptions:
    """The architecture of a classifier, and how texts become ids."""

    arch: str = option(
        "recurrent",
        "recurrent network, or logistic regression on TF-IDF of n-grams (tfidf) or on the mean of --init-vectors "
        "(averaged)",
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
        "size of the embeddings [default: size of --init-vectors, else 128]",
        aliases=("--emsize",),
        minimum=1,
        needs=_RECURRENT,
        panel=_PANEL,
    )
    hidden_dim: int = option(
        256, "size of the hidden layers", aliases=("--nhid",), minimum=1, needs=_RECURRENT, panel=_PANEL
    )
    layers: int = option(
        1, "number of recurrent layers", aliases=("--nlayers",), minimum=1, maximum=64, needs=_RECURRENT, panel=_PANEL
    )
    bidirectional: bool = option(
        True, "use a bidirectional network, with half of the units in each direction", needs=_RECURRENT, panel=_PANEL
    )
    pooling: str = option(
        "max",
        "pooling over time steps: last state, mean, maximum, or attention",
        choices=("last", "mean", "max", "attention"),
        needs=_RECURRENT,
        panel=_PANEL,
    )
    dropout: float = option(
        0.5,
        "dropout between layers and before the output",
        minimum=0.0,
        maximum=0.95,
        needs=_RECURRENT,
        panel=_PANEL,
    )
    input_dropout: float = option(
        0.3,
        "dropout of the embeddings",
        aliases=("--dropouti",),
        minimum=0.0,
        maximum=0.95,
        needs=_RECURRENT,
        panel=_PANEL,
    )
    locked_dropout: bool = option(
        True,
        "use the same dropout mask at every time step (Gal and Ghahramani 2016)",
        needs=_RECURRENT,
        panel=_PANEL,
    )
    recurrent_dropout: float = option(
        0.0,
        "dropout of the state at every time step (Gal and Ghahramani 2016); slower, because cuDNN and oneDNN "
        "kernels cannot be used",
        minimum=0.0,
        maximum=0.95,
        needs=_RECURRENT,
        panel=_PANEL,
    )
    max_length: int = option(
        400,
        "maximum number of tokens per text; longer texts are cut and counted",
        aliases=("--maxlen",),
        minimum=1,
        needs=_RECURRENT,
        panel=_PANEL,
    )
    cut: str = option(
        "end", "end from which a longer text is cut", choices=("start", "end"), needs=_RECURRENT, panel=_PANEL
    )
    min_count: int = option(2, "replace tokens with a lower count by <unk>", minimum=1, panel=_PANEL)
    max_vocab: int = option(100_000, "maximum vocabulary size; rarer tokens become <unk>", minimum=2, panel=_PANEL)
    init_vectors: str | None = option(
        None, "initialize the embeddings from word vectors: an artifact or a file", metavar="VECTORS", panel=_PANEL
    )
    freeze_vectors: bool = option(False, "do not train the embeddings", needs=_RECURRENT, panel=_PANEL)
    init_lm: str | None = option(
        None,
        "start from the embeddings and layers of a recurrent language model, with its vocabulary and sizes (Dai "
        "and Le 2015)",
        metavar="MODEL",
        needs=_RECURRENT,
        panel=_PANEL,
    )
    unfreeze_every: int = option(
        0,
        "with --init-lm, train only the output for N epochs, then unfreeze one more layer every N epochs, from "
        "the top (Howard and Ruder 2018, section 3.3); 0 trains everything from the start",
        minimum=0,
        needs=("init_lm",),
        panel=_PANEL,
    )
    ngrams: int = option(
        2, "tfidf: maximum n-gram length; shorter n-grams are included", minimum=1, maximum=2, panel=_PANEL
    )
    c: float = option(
        10.0,
        "tfidf, averaged: inverse strength of the L2 penalty, as in scikit-learn",
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
        "passes over the training texts [default: as many as two cores manage in a few minutes; 3 to 30, taggers "
        "5 to 40]",
    )
    batch_size: int = redeclared(TrainingOptions, "batch_size", 32)
    lr: float | None = redeclared(
        TrainingOptions, "lr", None, "learning rate [default: 0.002 for adam and adamw; 0.5 for sgd and nt-asgd]"
    )
    clip: float = redeclared(TrainingOptions, "clip", 1.0)


@dataclass(frozen=True)
class ClassifierTraining(LabelTraining):
    """How a classifier is trained."""

    class_weights: str = option(
        "none",
        "balanced weights labels by the inverse of their frequency, as in scikit-learn",
        choices=("none", "balanced"),
        panel="Training",
    )
    label_smoothing: float = option(
        0.0,
        "share of the label probability spread over all labels (Szegedy et al. 2016)",
        minimum=0.0,
        maximum=0.9,
        panel="Training",
    )
    validate_on: str = option(
        "accuracy",
        "metric that selects the best weights: loss, accuracy, or mean F1 over labels",
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
