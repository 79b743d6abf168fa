"""Options of taggers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from seqtool.labelling.options import LabelTraining
from seqtool.options import option

_PANEL, _TEXTS = "Model", "Text"


class Columns(NamedTuple):
    """Which column holds what, by numbers from 0."""

    word: int
    label: int
    features: tuple[int, ...] = ()

    def as_options(self) -> dict[str, Any]:
        """As they stand in a manifest."""
        features = ",".join(map(str, self.features))
        return {"word_column": self.word, "label_column": self.label, "features": features}

    @classmethod
    def from_options(cls, values: Mapping[str, Any]) -> Columns:
        """The inverse of `as_options`.

        Raises:
            KeyError, ValueError: they are others.
        """
        features = tuple(int(number) for number in str(values["features"]).split(",") if number)
        return cls(int(values["word_column"]), int(values["label_column"]), features)


@dataclass(frozen=True)
class ColumnOptions:
    """Which column holds what, by name in CoNLL-U or by number; negative numbers count from the last."""

    word_column: str | None = option(
        None,
        "column of the words: number from 0, or name in CoNLL-U [default: first column; FORM in CoNLL-U]",
        metavar="COLUMN",
        panel=_TEXTS,
    )
    label_column: str | None = option(
        None,
        "column of the labels: number (negative numbers count from the end), or name in CoNLL-U [default: last "
        "column; UPOS in CoNLL-U]",
        metavar="COLUMN",
        panel=_TEXTS,
    )
    features: str = option(
        "",
        "additional input columns, separated by commas: 1 (for example, a part of speech), or XPOS,FEATS in CoNLL-U",
        metavar="COLUMNS",
        panel=_TEXTS,
    )

    def feature_columns(self) -> list[str]:
        """The columns of features, as they were given."""
        return [column.strip() for column in self.features.split(",") if column.strip()]


@dataclass(frozen=True)
class TaggerOptions:
    """The architecture of a tagger, and how words become ids."""

    crf: bool = option(
        True,
        "use a CRF, which scores each label given the previous one (Lafferty et al. 2001; Huang et al. 2015); "
        "without it, each label is chosen independently, within the allowed sequences",
        panel=_PANEL,
    )
    constrained: bool = option(
        True,
        "never predict a label sequence that is invalid (I-X after O), unless it occurs in the training text",
        panel=_PANEL,
    )
    scheme: str = option(
        "given",
        "labels used for training: as given, or iobes, which also marks the ends of IOB2 spans (Ratinov and Roth "
        "2009); output labels are in the given scheme",
        choices=("given", "iobes"),
        panel=_PANEL,
    )
    cell: str = option("lstm", "recurrent cell", choices=("rnn", "lstm", "gru", "mingru", "minlstm"), panel=_PANEL)
    emb_dim: int | None = option(
        None,
        "size of the word embeddings [default: size of --init-vectors, else 100]",
        aliases=("--emsize",),
        minimum=1,
        panel=_PANEL,
    )
    hidden_dim: int = option(
        400, "size of the hidden layers, half in each direction", aliases=("--nhid",), minimum=2, panel=_PANEL
    )
    layers: int = option(1, "number of recurrent layers", aliases=("--nlayers",), minimum=1, maximum=16, panel=_PANEL)
    characters: str = option(
        "cnn",
        "spelling features: convolution with maximum pooling (cnn; Ma and Hovy 2016), bidirectional LSTM (lstm; "
        "Lample et al. 2016), or none",
        choices=("cnn", "lstm", "none"),
        panel=_PANEL,
    )
    char_dim: int = option(30, "size of the character embeddings", minimum=1, panel=_PANEL)
    char_hidden: int = option(60, "size of the spelling features of a word", minimum=2, panel=_PANEL)
    feature_dim: int = option(20, "size of the embeddings of each --features column", minimum=1, panel=_PANEL)
    dropout: float = option(
        0.5,
        "dropout of the word representation, between layers and before the output",
        minimum=0.0,
        maximum=0.95,
        panel=_PANEL,
    )
    recurrent_dropout: float = option(
        0.0,
        "dropout of the state at every time step (Gal and Ghahramani 2016); slower",
        minimum=0.0,
        maximum=0.95,
        panel=_PANEL,
    )
    unknown_share: float = option(
        0.5,
        "probability of reading a word that occurs once as <unk> during training (Lample et al. 2016)",
        minimum=0.0,
        maximum=1.0,
        panel=_PANEL,
    )
    lower: bool = option(True, "look up words in lower case; spelling features keep the case", panel=_PANEL)
    digits: str = option(
        "zero",
        "look up words with their digits (keep), or with every digit as 0 (zero)",
        choices=("keep", "zero"),
        panel=_PANEL,
    )
    min_count: int = option(1, "replace words with a lower count by <unk>", minimum=1, panel=_PANEL)
    init_vectors: str | None = option(
        None,
        "initialize the embeddings from word vectors: an artifact or a file; their words join the vocabulary",
        metavar="VECTORS",
        panel=_PANEL,
    )


@dataclass(frozen=True)
class TaggerTraining(LabelTraining):
    """How a tagger is trained."""

    validate_on: str | None = option(
        None,
        "metric that selects the best weights: loss, accuracy of words, or F1 of spans [default: f1 if the labels"
        " mark spans, else accuracy]",
        choices=("loss", "accuracy", "f1"),
        panel="Training",
    )
