"""Options and presets of sequence-to-sequence models."""

from __future__ import annotations

from dataclasses import dataclass

from seqtool.nn.options import TrainingOptions
from seqtool.options import option, redeclared

_PANEL, _TEXTS = "Model", "Text"
# What heeds an option, see `needs` of `seqtool.options.Option`.
_RECURRENT = ("arch", "recurrent")
_TRANSFORMER = ("arch", "transformer")
_CONVOLUTION = ("arch", "conv")
_TURING = ("arch", "ntm")


@dataclass(frozen=True)
class Seq2SeqOptions:
    """The architecture, and how pairs become ids."""

    arch: str = option(
        "recurrent",
        "recurrent, conv (ConvS2S; Gehring et al. 2017), transformer (Vaswani et al. 2017), or a neural "
        "Turing machine (ntm; Graves et al. 2014)",
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
    emb_dim: int = option(256, "dimension of the embeddings", aliases=("--emsize",), minimum=1, panel=_PANEL)
    hidden_dim: int | None = option(
        None,
        "units of a layer; of a transformer's feed-forward layers [default: --emb-dim, of feed-forward layers 4 "
        "times that]",
        aliases=("--nhid",),
        minimum=1,
        panel=_PANEL,
    )
    layers: int = option(
        1, "layers of the encoder, and of the decoder", aliases=("--nlayers",), minimum=1, maximum=64, panel=_PANEL
    )
    bidirectional: bool = option(
        False, "the encoder reads in both directions, half of the units each", needs=_RECURRENT, panel=_PANEL
    )
    bidirectional_layers: int | None = option(
        None, "how many of its lowest layers do [default: all]", minimum=1, needs=("bidirectional",), panel=_PANEL
    )
    residual: bool = option(
        False, "add each layer's input to its output, from the second layer on", needs=_RECURRENT, panel=_PANEL
    )
    reverse_source: bool = option(
        False, "read the source from its end (Sutskever et al. 2014, section 3.3)", panel=_PANEL
    )
    peeky: bool = option(
        False,
        "give the encoder's last state to every step of the decoder and to the output (Cho et al. 2014)",
        needs=_RECURRENT,
        panel=_PANEL,
    )
    attention: str = option(
        "general",
        "how a recurrent decoder looks at the source (Luong et al. 2015; additive: Bahdanau et al. 2015)",
        choices=("none", "dot", "general", "additive", "location"),
        needs=_RECURRENT,
        panel=_PANEL,
    )
    input_feeding: bool = option(
        False,
        "give what was attended to to the next step (Luong et al. 2015, section 3.3); slower",
        needs=_RECURRENT,
        panel=_PANEL,
    )
    readout_dim: int | None = option(
        None,
        "units of the tanh layer between a recurrent decoder and the output (Luong et al. 2015, eq. 5); 0 leaves "
        "it out: the state and what was attended to go to the output as they are [default: --emb-dim where tied, else "
        "--hidden-dim]",
        minimum=0,
        needs=_RECURRENT,
        panel=_PANEL,
    )
    pad_source: int = option(
        0,
        "pad shorter sources to this many tokens, with spaces or, where the vocabulary has none, <eos>, and read "
        "the padding as tokens; 0: padding is not read",
        minimum=0,
        maximum=65536,
        needs=_RECURRENT,
        panel=_PANEL,
    )
    init: str = option(
        "scaled",
        "first weights: scaled (embeddings N(0, 1/dim), the rest ±1/√fan-in) or book (N(0, 1/fan-in), "
        "embeddings N(0, 0.01²), biases 0)",
        choices=("scaled", "book"),
        needs=_RECURRENT,
        panel=_PANEL,
    )
    single_bias: bool = option(
        False,
        "one bias vector per gate, as in the textbook, instead of the two of torch and cuDNN",
        needs=_RECURRENT,
        panel=_PANEL,
    )
    heads: int = option(
        4, "heads of a transformer's attention", aliases=("--nhead",), minimum=1, needs=_TRANSFORMER, panel=_PANEL
    )
    kernel_width: int = option(
        3, "steps that a convolution sees, odd", minimum=1, maximum=99, needs=_CONVOLUTION, panel=_PANEL
    )
    memory_slots: int = option(128, "places of a Turing machine's memory", minimum=2, needs=_TURING, panel=_PANEL)
    memory_width: int = option(20, "numbers in each of them", minimum=1, needs=_TURING, panel=_PANEL)
    dropout: float = option(
        0.2,
        "share of units dropped of embeddings, between layers and before the output",
        minimum=0.0,
        maximum=0.95,
        panel=_PANEL,
    )
    locked_dropout: bool = option(
        False, "drop the same units at every time step (variational dropout; Gal and Ghahramani 2016)", panel=_PANEL
    )
    vocabulary: str = option(
        "separate",
        "of source and target: separate, joint (one bpe or unigram tokenizer learned from both), or shared "
        "(one tokenizer, one vocabulary, one embedding)",
        choices=("separate", "joint", "shared"),
        panel=_PANEL,
    )
    tied: bool = option(True, "use the target's embedding as the output weights (Press and Wolf 2017)", panel=_PANEL)
    source_tokenizer: str | None = option(
        None, "how a source becomes tokens [default: --tokenizer]", metavar="TOKENIZER", panel=_PANEL
    )
    target_tokenizer: str | None = option(
        None, "how a target becomes tokens [default: --tokenizer]", metavar="TOKENIZER", panel=_PANEL
    )
    source_vectors: str | None = option(
        None,
        "instead of a source text: a .npy file of float vectors, one for each target line (features of images, "
        "word vectors)",
        metavar="FILE",
        panel=_PANEL,
    )
    min_count: int = option(1, "rarer tokens become <unk>", minimum=1, panel=_PANEL)
    max_vocab: int = option(50_000, "at most so many tokens of a side; the rarer become <unk>", minimum=2, panel=_PANEL)
    max_length: int = option(
        256, "pairs with a side of more tokens are left out of the training, and counted", minimum=1, panel=_PANEL
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
    """Where pairs stand, besides a table of them. Operational: the files' digests stand among the inputs."""

    source: str | None = option(
        None, "instead of pairs: a text of sources, a line each", metavar="TEXT", operational=True, panel=_TEXTS
    )
    target: str | None = option(None, "and a text of as many targets", metavar="TEXT", operational=True, panel=_TEXTS)
    valid: str | None = option(
        None, "pairs to validate on after each epoch", metavar="PAIRS", operational=True, panel=_TEXTS
    )
    valid_source: str | None = option(
        None,
        "instead: sources to validate on; vectors where --source-vectors are",
        metavar="TEXT",
        operational=True,
        panel=_TEXTS,
    )
    valid_target: str | None = option(None, "and their targets", metavar="TEXT", operational=True, panel=_TEXTS)


@dataclass(frozen=True)
class Seq2SeqTraining(TrainingOptions):
    """How such a model is trained."""

    epochs: int | None = redeclared(
        TrainingOptions,
        "epochs",
        None,
        "passes over the pairs [default: as many as two cores do in a few minutes, 3 to 30]",
    )
    batch_size: int = redeclared(TrainingOptions, "batch_size", 64, "pairs in a batch")
    clip: float = redeclared(TrainingOptions, "clip", 1.0)
    lr: float | None = redeclared(
        TrainingOptions,
        "lr",
        None,
        "learning rate [default: adam and adamw 0.002, of a transformer or convolutions 0.001; sgd and nt-asgd 1]",
    )
    batch_tokens: int | None = option(
        None,
        "instead of --batch-size: tokens in a batch, of the longer side, padding included",
        minimum=1,
        panel="Training",
    )
    bucketing: bool = option(
        True,
        "batches of pairs of about one length, so that little of them is padding; --no-bucketing: pairs of any "
        "lengths together, for data in which the length gives away the answer",
        panel="Training",
    )
    label_smoothing: float = option(
        0.0,
        "share of the target's probability spread over all words (Szegedy et al. 2016)",
        minimum=0.0,
        maximum=0.9,
        panel="Training",
    )
    scheduled_sampling: float = option(
        0.0,
        "share of the decoder's inputs that are its own predictions at the end of the training, growing from 0 "
        "(Bengio et al. 2015; in two passes: Mihaylova and Martins 2019)",
        minimum=0.0,
        maximum=1.0,
        panel="Training",
    )
    validate_on: str = option(
        "loss",
        "what decides which weights are kept: the validation loss, or BLEU, chrF or the share of exact matches "
        "of greedy translations",
        choices=("loss", "bleu", "chrf", "exact"),
        panel="Training",
    )


@dataclass(frozen=True)
class TranslateOptions:
    """How a target is found."""

    method: str = option(
        "beam",
        "beam search, the most probable token each (greedy), or drawn (sample)",
        choices=("beam", "greedy", "sample"),
    )
    beam: int = option(5, "hypotheses kept by beam search", aliases=("--beam-size",), minimum=1)
    length_penalty: float = option(
        0.6,
        "a score is divided by ((5 + length) / 6) to this power (Wu et al. 2016, eq. 14)",
        aliases=("--alpha",),
        minimum=0.0,
    )
    coverage_penalty: float = option(
        0.0, "weight of the penalty on source tokens not attended to (the same)", aliases=("--beta",), minimum=0.0
    )
    n_best: int = option(1, "translations of each line, the best first", minimum=1)
    max_tokens: int | None = option(
        None, "longest translation, in tokens [default: 50 and twice the source's]", minimum=1
    )
    temperature: float = option(1.0, "of drawn translations: below 1 sharper, above 1 flatter", minimum=1e-3)
    no_unk: bool = option(False, "never write <unk>", flag="--no-unk/--unk")
    batch_size: int = option(64, "lines computed side by side", minimum=1, operational=True)
    seed: int = option(1, "seed of the draws", minimum=0, maximum=2**63 - 1)


@dataclass(frozen=True)
class TaskOptions:
    """A toy problem."""

    size: int = option(50_000, "pairs", minimum=1)
    seed: int = option(1, "seed of the draws", minimum=0, maximum=2**63 - 1)
    digits: int = option(3, "addition: most digits of a number", minimum=1, maximum=18)
    min_length: int = option(1, "copy, reverse: fewest symbols", minimum=1)
    max_length: int = option(20, "copy, reverse: most symbols", minimum=1)
    symbols: int = option(8, "copy, reverse: different symbols, letters of the alphabet", minimum=1, maximum=26)
