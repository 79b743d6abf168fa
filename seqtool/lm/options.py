"""Options and presets of language models."""

from __future__ import annotations

from dataclasses import dataclass

from seqtool.errors import UsageError
from seqtool.options import declared, option

_PANEL = "Model"
# What heeds an option, see `needs` of `seqtool.options.Option`.
_RECURRENT = ("arch", "recurrent")
_TRANSFORMER = ("arch", "transformer")
_WINDOW = ("arch", "window")
_MOGRIFIER = ("cell", "mogrifier")
_SEQUENTIAL = ("arch", "recurrent", "transformer")


@dataclass(frozen=True)
class LanguageModelOptions:
    """The architecture of a neural language model, and how its text is cut."""

    arch: str = option(
        "recurrent",
        "recurrent, transformer, or a fixed window of earlier tokens",
        choices=("recurrent", "transformer", "window"),
        panel=_PANEL,
    )
    cell: str = option(
        "lstm",
        "recurrent cell; mingru and minlstm compute all time steps at once (Feng et al. 2024)",
        choices=("rnn", "rnn-relu", "lstm", "gru", "mingru", "minlstm", "mogrifier"),
        needs=_RECURRENT,
        panel=_PANEL,
    )
    mogrify_rounds: int = option(
        5,
        "how often a mogrifier's input and state gate each other (Melis et al. 2020)",
        minimum=0,
        maximum=32,
        needs=_MOGRIFIER,
        panel=_PANEL,
    )
    mogrify_rank: int | None = option(
        None, "rank of these gates' matrices [default: full]", minimum=1, needs=_MOGRIFIER, panel=_PANEL
    )
    emb_dim: int = option(200, "dimension of the token embeddings", aliases=("--emsize",), minimum=1, panel=_PANEL)
    hidden_dim: int | None = option(
        None,
        "units of a hidden layer; the last has --emb-dim where tied [default: --emb-dim; of a transformer's "
        "feed-forward layers 4 times that]",
        aliases=("--nhid",),
        minimum=1,
        panel=_PANEL,
    )
    layers: int = option(1, "hidden layers", aliases=("--nlayers",), minimum=1, maximum=64, panel=_PANEL)
    dropout: float = option(
        0.2,
        "share of units dropped after the embedding, between layers and before the output",
        minimum=0.0,
        maximum=0.95,
        panel=_PANEL,
    )
    locked_dropout: bool = option(
        False,
        "drop the same units at every time step (variational dropout; Gal and Ghahramani 2016)",
        needs=_SEQUENTIAL,
        panel=_PANEL,
    )
    input_dropout: float | None = option(
        None,
        "share of the embedding's units dropped [default: --dropout]",
        aliases=("--dropouti",),
        minimum=0.0,
        maximum=0.95,
        panel=_PANEL,
    )
    hidden_dropout: float | None = option(
        None,
        "share of units dropped between layers [default: --dropout]",
        aliases=("--dropouth",),
        minimum=0.0,
        maximum=0.95,
        panel=_PANEL,
    )
    embedding_dropout: float = option(
        0.0,
        "share of words dropped at all their places in a batch (Gal and Ghahramani 2016)",
        aliases=("--dropoute",),
        minimum=0.0,
        maximum=0.95,
        panel=_PANEL,
    )
    weight_dropout: float = option(
        0.0,
        "share of the weights between hidden states dropped in a batch (Wan et al. 2013; Merity et al. 2017)",
        aliases=("--wdrop",),
        minimum=0.0,
        maximum=0.95,
        needs=_RECURRENT,
        panel=_PANEL,
    )
    ar: float = option(
        0.0,
        "penalty on the squares of the outputs after dropout (Merity et al. 2017)",
        aliases=("--alpha",),
        minimum=0.0,
        needs=_SEQUENTIAL,
        panel=_PANEL,
    )
    tar: float = option(
        0.0,
        "penalty on the squares of the outputs' changes in time",
        aliases=("--beta",),
        minimum=0.0,
        needs=_SEQUENTIAL,
        panel=_PANEL,
    )
    tied: bool = option(
        True,
        "use the embedding as the output weights (Inan et al. 2016; Press and Wolf 2017); needs equal dimensions",
        panel=_PANEL,
    )
    softmax: str = option(
        "full",
        "output layer: all words at once, or rare words by classes (adaptive; Grave et al. 2017; needs "
        "--no-tied), for large vocabularies",
        choices=("full", "adaptive"),
        panel=_PANEL,
    )
    cutoffs: str = option(
        "2000,10000,50000",
        "where the classes of the adaptive softmax begin, by frequency",
        metavar="RANKS",
        panel=_PANEL,
    )
    residual: bool = option(
        False, "add each layer's input to its output, from the second layer on", needs=_RECURRENT, panel=_PANEL
    )
    heads: int = option(
        4, "heads of a transformer's attention", aliases=("--nhead",), minimum=1, needs=_TRANSFORMER, panel=_PANEL
    )
    span: int = option(
        128, "tokens that a transformer's attention sees", minimum=1, maximum=65536, needs=_TRANSFORMER, panel=_PANEL
    )
    positions: str = option(
        "rotary",
        "how a transformer knows places: rotary (Su et al. 2021; the last --span tokens are seen) or learned "
        "(the text is read in blocks of --span)",
        choices=("rotary", "learned"),
        needs=_TRANSFORMER,
        panel=_PANEL,
    )
    combine: str = option(
        "concat",
        "how a window's embeddings are joined: concat (Bengio et al. 2003) or sum (CBOW as a language model)",
        choices=("concat", "sum"),
        needs=_WINDOW,
        panel=_PANEL,
    )
    context: int = option(4, "earlier tokens a window model sees", minimum=1, maximum=4096, needs=_WINDOW, panel=_PANEL)
    init: str = option(
        "word-language-model",
        "first weights: word-language-model (embedding and output ±0.1, the rest ±1/√hidden), uniform (all "
        "±--init-range), book (N(0, 1/fan-in), embeddings N(0, 0.01²)), torch (PyTorch's own)",
        choices=("word-language-model", "uniform", "book", "torch"),
        panel=_PANEL,
    )
    init_range: float = option(0.1, "half width of the uniform initialisation", minimum=0.0, panel=_PANEL)
    single_bias: bool = option(
        False, "one bias vector per gate, as in the textbook, instead of the two of torch and cuDNN", panel=_PANEL
    )
    init_vectors: str | None = option(
        None,
        "word vectors that the embeddings start from: an artifact, or a file in any format that `convert` reads",
        metavar="VECTORS",
        panel=_PANEL,
    )
    batching: str = option(
        "stream",
        "stream: truncated backpropagation over parallel streams, state carried over; "
        "sentence: full backpropagation, each sentence from the zero state",
        choices=("stream", "sentence"),
        needs=_SEQUENTIAL,
        panel=_PANEL,
    )
    bptt: int = option(35, "time steps of truncated backpropagation", minimum=1, panel=_PANEL)
    random_bptt: bool = option(
        False, "draw the steps of each batch around --bptt (Merity et al. 2017)", needs=_SEQUENTIAL, panel=_PANEL
    )
    min_count: int = option(1, "rarer tokens become <unk>", aliases=("--thr",), minimum=1, panel=_PANEL)
    max_vocab: int = option(50_000, "at most so many tokens; the rarer become <unk>", minimum=2, panel=_PANEL)

    def class_starts(self) -> list[int]:
        """The cut-offs as numbers.

        Raises:
            UsageError: they are none.
        """
        try:
            return [int(part) for part in self.cutoffs.split(",")]
        except ValueError:
            raise UsageError(f"--cutoffs {self.cutoffs} are not numbers with commas", "give e.g. 2000,10000") from None

    def feed_forward_dim(self) -> int:
        """Units of a transformer's feed-forward layers."""
        return self.hidden_dim or 4 * self.emb_dim

    def hidden_sizes(self) -> list[int]:
        """The sizes of the hidden layers, the lowest first.

        Raises:
            UsageError: where the only layer cannot be tied to embeddings of another size.
        """
        sizes = [self.hidden_dim or self.emb_dim] * self.layers
        if self.tied and self.layers == 1 and sizes[0] != self.emb_dim:
            raise UsageError(
                f"--tied needs --hidden-dim {self.emb_dim}, as --emb-dim, not {sizes[0]}", "or use --no-tied"
            )
        return [*sizes[:-1], self.emb_dim] if self.tied else sizes


@dataclass(frozen=True)
class AdaptOptions:
    """How a model learns from the text that it is tested on, after each token is scored."""

    cache: int = option(
        0,
        "raise words that stood where the state was alike among the last N (continuous cache; Grave et al. 2016)",
        minimum=0,
        metavar="N",
    )
    cache_weight: float = option(0.1, "share of the cache in the probability", minimum=0.0, maximum=1.0)
    cache_theta: float = option(0.3, "how much more the likest states count", minimum=0.0)
    dynamic_lr: float = option(
        0.0,
        "train on the text after scoring it, at this rate (dynamic evaluation; Krause et al. 2017); 0: do not",
        minimum=0.0,
    )
    dynamic_decay: float = option(
        0.0, "share of the way back to the trained weights at each step", minimum=0.0, maximum=1.0
    )
    dynamic_steps: int = option(5, "tokens between steps of dynamic evaluation", minimum=1)

    @property
    def used(self) -> bool:
        """Whether anything is learned."""
        return bool(self.cache or self.dynamic_lr)


@dataclass(frozen=True)
class GradientFlowOptions:
    """What gradients through time are measured on."""

    steps: int = option(100, "time steps before the loss", minimum=2)
    sequences: int = option(8, "sequences that the norms are the mean of", minimum=1)
    cells: str = option("rnn,lstm,gru,minlstm", "cells of the untrained models, with commas", metavar="CELLS")
    hidden_dim: int = option(100, "units of their layers", minimum=1)
    layers: int = option(1, "their layers", minimum=1, maximum=64)
    gain: float | None = option(
        None,
        "make their matrices between hidden states orthogonal, times this: below 1 gradients vanish, above they "
        "may explode [default: PyTorch's first weights]",
        minimum=0.0,
    )
    seed: int = option(1, "of weights and random tokens", minimum=0, maximum=2**63 - 1)

    def cell_names(self) -> list[str]:
        """The cells.

        Raises:
            UsageError: one is not known.
        """
        known = declared(LanguageModelOptions.__dataclass_fields__["cell"]).choices
        names = [name.strip() for name in self.cells.split(",")]
        for name in names:
            if name not in known:
                raise UsageError(f"--cells {name} is not known", f"choose of {', '.join(known)}")
        return names
