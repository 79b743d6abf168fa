"""Options and presets of sequence-to-sequence models."""

from __future__ import annotations

from dataclasses import dataclass

from seqtool.nn.options import TrainingOptions
from seqtool.options import option, redeclared

_PANEL, _TEXTS = "Model", "Text"
# What an option needs to have an effect, see `needs` of `seqtool.options.Option`.
_RECURRENT = ("arch", "recurrent")
_TRANSFORMER = ("arch", "transformer")
_CONVOLUTION = ("arch", "conv")
_TURING = ("arch", "ntm")


@dataclass(frozen=True)
class Seq2SeqOptions:
    """The architecture, and how pairs become ids."""

    arch: str = option(
        "recurrent",
        "architecture: recurrent, conv (ConvS2S; Gehring et al. 2017), transformer (Vaswani et al. 2017), or ntm "
        "(neural Turing machine; Graves et al. 2014)",
        choices=("recurrent", "conv", "transformer", "ntm"),
        panel=_PANEL,
    )
    cell: str = option(
        "lstm",
        "recurrent cell",
        choices=("rnn", "rnn-relu", "lstm", "gru", "mingru", "minlstm"),
        needs=_RECURRENT,
        panel=_PANEL,
    )
    emb_dim: int = option(256, "size of the embeddings", aliases=("--emsize",), minimum=1, panel=_PANEL)
    hidden_dim: int | None = option(
        None,
        "size of the hidden layers [default: --emb-dim; transformer feed-forward layers 4 × --emb-dim]",
        aliases=("--nhid",),
        minimum=1,
        panel=_PANEL,
    )
    layers: int = option(
        1,
        "number of layers in the encoder and in the decoder",
        aliases=("--nlayers",),
        minimum=1,
        maximum=64,
        panel=_PANEL,
    )
    bidirectional: bool = option(
        False, "use a bidirectional encoder, with half of the units in each direction", needs=_RECURRENT, panel=_PANEL
    )
    bidirectional_layers: int | None = option(
        None,
        "number of lowest encoder layers that are bidirectional [default: all]",
        minimum=1,
        needs=("bidirectional",),
        panel=_PANEL,
    )
    residual: bool = option(False, "add residual connections from the second layer on", needs=_RECURRENT, panel=_PANEL)
    reverse_source: bool = option(
        False, "read the source in reverse (Sutskever et al. 2014, section 3.3)", panel=_PANEL
    )
    peeky: bool = option(
        False,
        "feed the encoder's last state to every decoder step and to the output (Cho et al. 2014)",
        needs=_RECURRENT,
        panel=_PANEL,
    )
    attention: str = option(
        "general",
        "attention of a recurrent decoder (Luong et al. 2015; additive: Bahdanau et al. 2015)",
        choices=("none", "dot", "general", "additive", "location"),
        needs=_RECURRENT,
        panel=_PANEL,
    )
    input_feeding: bool = option(
        False,
        "feed the attention vector to the next step (Luong et al. 2015, section 3.3); slower",
        needs=_RECURRENT,
        panel=_PANEL,
    )
    readout_dim: int | None = option(
        None,
        "size of the tanh layer between a recurrent decoder and the output (Luong et al. 2015, eq. 5); 0 removes "
        "it [default: --emb-dim with --tied, else --hidden-dim]",
        minimum=0,
        needs=_RECURRENT,
        panel=_PANEL,
    )
    pad_source: int = option(
        0,
        "pad shorter sources to this many tokens, with spaces (or <eos> if the vocabulary has none), and read the"
        " padding as tokens; 0 ignores padding",
        minimum=0,
        maximum=65536,
        needs=_RECURRENT,
        panel=_PANEL,
    )
    init: str = option(
        "scaled",
        "initial weights: scaled (embeddings N(0, 1/dim), other weights uniform ±1/√fan-in) or book (N(0, "
        "1/fan-in), embeddings N(0, 0.01²), biases 0)",
        choices=("scaled", "book"),
        needs=_RECURRENT,
        panel=_PANEL,
    )
    single_bias: bool = option(
        False,
        "use one bias per gate, as in the textbook, instead of the two of PyTorch and cuDNN",
        needs=_RECURRENT,
        panel=_PANEL,
    )
    heads: int = option(
        4, "transformer: number of attention heads", aliases=("--nhead",), minimum=1, needs=_TRANSFORMER, panel=_PANEL
    )
    kernel_width: int = option(
        3, "conv: width of the convolution, odd", minimum=1, maximum=99, needs=_CONVOLUTION, panel=_PANEL
    )
    memory_slots: int = option(128, "ntm: number of memory slots", minimum=2, needs=_TURING, panel=_PANEL)
    memory_width: int = option(20, "ntm: size of a memory slot", minimum=1, needs=_TURING, panel=_PANEL)
    dropout: float = option(
        0.2,
        "dropout of embeddings, between layers and before the output",
        minimum=0.0,
        maximum=0.95,
        panel=_PANEL,
    )
    locked_dropout: bool = option(
        False,
        "use the same dropout mask at every time step (variational dropout; Gal and Ghahramani 2016)",
        panel=_PANEL,
    )
    vocabulary: str = option(
        "separate",
        "separate vocabularies, joint (one bpe or unigram tokenizer learned from both sides), or shared (one "
        "tokenizer, vocabulary and embedding)",
        choices=("separate", "joint", "shared"),
        panel=_PANEL,
    )
    tied: bool = option(True, "share the target embedding and output weights (Press and Wolf 2017)", panel=_PANEL)
    source_tokenizer: str | None = option(
        None, "tokenizer of the source [default: --tokenizer]", metavar="TOKENIZER", panel=_PANEL
    )
    target_tokenizer: str | None = option(
        None, "tokenizer of the target [default: --tokenizer]", metavar="TOKENIZER", panel=_PANEL
    )
    source_vectors: str | None = option(
        None,
        "instead of a source text, a .npy file with one float vector per target line (image features, word vectors)",
        metavar="FILE",
        panel=_PANEL,
    )
    min_count: int = option(1, "replace tokens with a lower count by <unk>", minimum=1, panel=_PANEL)
    max_vocab: int = option(
        50_000, "maximum vocabulary size per side; rarer tokens become <unk>", minimum=2, panel=_PANEL
    )
    max_length: int = option(
        256, "leave out pairs in which a side has more tokens; they are counted", minimum=1, panel=_PANEL
    )

    @property
    def hidden_size(self) -> int:
        """Units of a recurrent or convolutional layer."""
        return self.hidden_dim or self.emb_dim

    @property
    def readout_size(self) -> int:
        """Numbers that a recurrent decoder gives to the output, where a layer makes them."""
        return self.readout_dim or (self.emb_dim if self.tied else self.hidden_size)

    @property
    def both_ways(self) -> int:
        """How many of the encoder's layers read in both directions."""
        return min(self.layers, self.bidirectional_layers or self.layers) if self.bidirectional else 0


@dataclass(frozen=True)
class PairTexts:
    """Where pairs are, besides a table of them. Operational: the files' digests are among the inputs."""

    source: str | None = option(
        None, "instead of pairs, a text with one source per line", metavar="TEXT", operational=True, panel=_TEXTS
    )
    target: str | None = option(
        None, "a text with one target per line of --source", metavar="TEXT", operational=True, panel=_TEXTS
    )
    valid: str | None = option(
        None, "pairs to validate on after each epoch", metavar="PAIRS", operational=True, panel=_TEXTS
    )
    valid_source: str | None = option(
        None,
        "instead of --valid, a text with one source per line (or vectors, with --source-vectors)",
        metavar="TEXT",
        operational=True,
        panel=_TEXTS,
    )
    valid_target: str | None = option(
        None, "a text with one target per line of --valid-source", metavar="TEXT", operational=True, panel=_TEXTS
    )


@dataclass(frozen=True)
class Seq2SeqTraining(TrainingOptions):
    """How such a model is trained."""

    epochs: int | None = redeclared(
        TrainingOptions,
        "epochs",
        None,
        "passes over the pairs [default: 3 to 30, as many as fit in a few minutes on two cores]",
    )
    batch_size: int = redeclared(TrainingOptions, "batch_size", 64, "pairs in a batch")
    clip: float = redeclared(TrainingOptions, "clip", 1.0)
    lr: float | None = redeclared(
        TrainingOptions,
        "lr",
        None,
        "learning rate [default: 0.002 for adam and adamw, 0.001 for transformers and conv; 1 for sgd and nt-asgd]",
    )
    batch_tokens: int | None = option(
        None,
        "instead of --batch-size, tokens in a batch, counted on the longer side with padding",
        minimum=1,
        panel="Training",
    )
    bucketing: bool = option(
        True,
        "batch pairs of similar length, which saves padding; --no-bucketing mixes lengths, for data in which the "
        "length reveals the answer",
        panel="Training",
    )
    label_smoothing: float = option(
        0.0,
        "share of the target probability spread over all words (Szegedy et al. 2016)",
        minimum=0.0,
        maximum=0.9,
        panel="Training",
    )
    scheduled_sampling: float = option(
        0.0,
        "share of decoder inputs taken from the model's own predictions at the end of training, growing from 0 "
        "(Bengio et al. 2015; two passes: Mihaylova and Martins 2019)",
        minimum=0.0,
        maximum=1.0,
        panel="Training",
    )
    validate_on: str = option(
        "loss",
        "metric that selects the best weights: validation loss, or BLEU, chrF or exact matches of greedy translations",
        choices=("loss", "bleu", "chrf", "exact"),
        panel="Training",
    )


@dataclass(frozen=True)
class TranslateOptions:
    """How a target is found."""

    method: str = option(
        "beam",
        "beam search, greedy decoding, or random sampling",
        choices=("beam", "greedy", "sample"),
    )
    beam: int = option(5, "beam size", aliases=("--beam-size",), minimum=1)
    length_penalty: float = option(
        0.6,
        "divide scores by ((5 + length) / 6) to this power (Wu et al. 2016, eq. 14)",
        aliases=("--alpha",),
        minimum=0.0,
    )
    coverage_penalty: float = option(
        0.0,
        "weight of the penalty on source tokens without attention (Wu et al. 2016, eq. 14)",
        aliases=("--beta",),
        minimum=0.0,
    )
    n_best: int = option(1, "number of translations per line, best first", minimum=1)
    max_tokens: int | None = option(
        None, "maximum length of a translation, in tokens [default: 50 + 2 × source length]", minimum=1
    )
    temperature: float = option(1.0, "sampling temperature: sharper below 1, flatter above 1", minimum=1e-3)
    no_unk: bool = option(False, "never output <unk>", flag="--no-unk/--unk")
    batch_size: int = option(64, "number of lines per batch", minimum=1, operational=True)
    seed: int = option(1, "random seed of sampling", minimum=0, maximum=2**63 - 1)


@dataclass(frozen=True)
class TaskOptions:
    """A toy problem."""

    size: int = option(50_000, "number of pairs", minimum=1)
    seed: int = option(1, "random seed", minimum=0, maximum=2**63 - 1)
    digits: int = option(3, "addition: maximum number of digits", minimum=1, maximum=18)
    min_length: int = option(1, "copy, reverse: minimum length", minimum=1)
    max_length: int = option(20, "copy, reverse: maximum length", minimum=1)
    symbols: int = option(8, "copy, reverse: number of different letters", minimum=1, maximum=26)
