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
        "column of the words: its number from 0, or in CoNLL-U its name [default: the first; in CoNLL-U FORM]",
        metavar="COLUMN",
        panel=_TEXTS,
    )
    label_column: str | None = option(
        None,
        "column of the labels, likewise, from the last if negative [default: the last; in CoNLL-U UPOS]",
        metavar="COLUMN",
        panel=_TEXTS,
    )
    features: str = option(
        "",
        "columns read beside the words, with commas, such as 1 for a part of speech, or XPOS,FEATS in CoNLL-U",
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
        "score labels by those before them (Lafferty et al. 2001; Huang et al. 2015); without, each word's label "
        "is chosen for itself, within what may follow what",
        panel=_PANEL,
    )
    constrained: bool = option(
        True,
        "never write labels that cannot follow each other (I-X after O), unless the training text does",
        panel=_PANEL,
    )
    scheme: str = option(
        "given",
        "labels as they stand (given), or with the ends of spans told apart while training (iobes; Ratinov "
        "and Roth 2009), of IOB2 labels; they are written as they were given",
        choices=("given", "iobes"),
        panel=_PANEL,
    )
    cell: str = option("lstm", "recurrent cell", choices=("rnn", "lstm", "gru", "mingru", "minlstm"), panel=_PANEL)
    emb_dim: int | None = option(
        None,
        "dimension of the words' embeddings [default: that of --init-vectors, else 100]",
        aliases=("--emsize",),
        minimum=1,
        panel=_PANEL,
    )
    hidden_dim: int = option(
        400, "units of a layer, half in each direction", aliases=("--nhid",), minimum=2, panel=_PANEL
    )
    layers: int = option(1, "recurrent layers", aliases=("--nlayers",), minimum=1, maximum=16, panel=_PANEL)
    characters: str = option(
        "cnn",
        "how a word's spelling is read: convolution and maximum (cnn; Ma and Hovy 2016), in both directions "
        "(lstm; Lample et al. 2016), or not at all",
        choices=("cnn", "lstm", "none"),
        panel=_PANEL,
    )
    char_dim: int = option(30, "dimension of the characters' embeddings", minimum=1, panel=_PANEL)
    char_hidden: int = option(60, "numbers that a spelling becomes", minimum=2, panel=_PANEL)
    feature_dim: int = option(20, "dimension of each feature's embeddings", minimum=1, panel=_PANEL)
    dropout: float = option(
        0.5,
        "share of units dropped of what a word becomes, between layers and before the output",
        minimum=0.0,
        maximum=0.95,
        panel=_PANEL,
    )
    recurrent_dropout: float = option(
        0.0,
        "share of the state's units dropped before every step (Gal and Ghahramani 2016); such layers run step by "
        "step: slower",
        minimum=0.0,
        maximum=0.95,
        panel=_PANEL,
    )
    unknown_share: float = option(
        0.5,
        "share of the words that occur once which are read as <unk> while training (Lample et al. 2016)",
        minimum=0.0,
        maximum=1.0,
        panel=_PANEL,
    )
    lower: bool = option(True, "look words up in lower case; the spelling is read as it stands", panel=_PANEL)
    digits: str = option(
        "zero", "look words up with digits as they are (keep) or as 0 (zero)", choices=("keep", "zero"), panel=_PANEL
    )
    min_count: int = option(1, "rarer words become <unk>", minimum=1, panel=_PANEL)
    init_vectors: str | None = option(
        None,
        "word vectors the embeddings start from, an artifact or a file; their words are known too",
        metavar="VECTORS",
        panel=_PANEL,
    )


@dataclass(frozen=True)
class TaggerTraining(LabelTraining):
    """How a tagger is trained."""

    validate_on: str | None = option(
        None,
        "what decides which weights are kept: loss, accuracy of words, or F1 of spans [default: f1 where labels "
        "mark spans, else accuracy]",
        choices=("loss", "accuracy", "f1"),
        panel="Training",
    )
