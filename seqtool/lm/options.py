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
        "architecture: recurrent, transformer, or a window of preceding tokens",
        choices=("recurrent", "transformer", "window"),
        panel=_PANEL,
    )
    cell: str = option(
        "lstm",
        "recurrent cell; mingru and minlstm compute all time steps in parallel (Feng et al. 2024)",
        choices=("rnn", "rnn-relu", "lstm", "gru", "mingru", "minlstm", "mogrifier"),
        needs=_RECURRENT,
        panel=_PANEL,
    )
    mogrify_rounds: int = option(
        5,
        "mogrifier: rounds of gating between input and state (Melis et al. 2020)",
        minimum=0,
        maximum=32,
        needs=_MOGRIFIER,
        panel=_PANEL,
    )
    mogrify_rank: int | None = option(
        None, "mogrifier: rank of the gating matrices [default: full]", minimum=1, needs=_MOGRIFIER, panel=_PANEL
    )
    emb_dim: int = option(200, "size of the token embeddings", aliases=("--emsize",), minimum=1, panel=_PANEL)
    hidden_dim: int | None = option(
        None,
        "size of the hidden layers [default: --emb-dim; transformer feed-forward layers 4 × --emb-dim]; with "
        "--tied, the last layer has size --emb-dim",
        aliases=("--nhid",),
        minimum=1,
        panel=_PANEL,
    )
    layers: int = option(1, "number of hidden layers", aliases=("--nlayers",), minimum=1, maximum=64, panel=_PANEL)
    dropout: float = option(
        0.2,
        "dropout after the embedding, between layers and before the output",
        minimum=0.0,
        maximum=0.95,
        panel=_PANEL,
    )
    locked_dropout: bool = option(
        False,
        "use the same dropout mask at every time step (variational dropout; Gal and Ghahramani 2016)",
        needs=_SEQUENTIAL,
        panel=_PANEL,
    )
    input_dropout: float | None = option(
        None,
        "dropout of the embeddings [default: --dropout]",
        aliases=("--dropouti",),
        minimum=0.0,
        maximum=0.95,
        panel=_PANEL,
    )
    hidden_dropout: float | None = option(
        None,
        "dropout between layers [default: --dropout]",
        aliases=("--dropouth",),
        minimum=0.0,
        maximum=0.95,
        panel=_PANEL,
    )
    embedding_dropout: float = option(
        0.0,
        "probability of dropping a word everywhere in a batch (Gal and Ghahramani 2016)",
        aliases=("--dropoute",),
        minimum=0.0,
        maximum=0.95,
        panel=_PANEL,
    )
    weight_dropout: float = option(
        0.0,
        "dropout of the hidden-to-hidden weights (Wan et al. 2013; Merity et al. 2017)",
        aliases=("--wdrop",),
        minimum=0.0,
        maximum=0.95,
        needs=_RECURRENT,
        panel=_PANEL,
    )
    ar: float = option(
        0.0,
        "activation regularization: penalty on squared outputs after dropout (Merity et al. 2017)",
        aliases=("--alpha",),
        minimum=0.0,
        needs=_SEQUENTIAL,
        panel=_PANEL,
    )
    tar: float = option(
        0.0,
        "temporal activation regularization: penalty on squared changes of the output over time",
        aliases=("--beta",),
        minimum=0.0,
        needs=_SEQUENTIAL,
        panel=_PANEL,
    )
    tied: bool = option(
        True,
        "share the embedding and output weights (Inan et al. 2016; Press and Wolf 2017); sizes must be equal",
        panel=_PANEL,
    )
    softmax: str = option(
        "full",
        "output layer: full, or adaptive for large vocabularies (Grave et al. 2017; needs --no-tied)",
        choices=("full", "adaptive"),
        panel=_PANEL,
    )
    cutoffs: str = option(
        "2000,10000,50000",
        "frequency ranks at which the clusters of the adaptive softmax begin",
        metavar="RANKS",
        panel=_PANEL,
    )
    residual: bool = option(False, "add residual connections from the second layer on", needs=_RECURRENT, panel=_PANEL)
    heads: int = option(
        4, "transformer: number of attention heads", aliases=("--nhead",), minimum=1, needs=_TRANSFORMER, panel=_PANEL
    )
    span: int = option(
        128,
        "transformer: number of tokens that attention can see",
        minimum=1,
        maximum=65536,
        needs=_TRANSFORMER,
        panel=_PANEL,
    )
    positions: str = option(
        "rotary",
        "transformer: position encoding. rotary (Su et al. 2021) sees the last --span tokens; learned reads the "
        "text in blocks of --span",
        choices=("rotary", "learned"),
        needs=_TRANSFORMER,
        panel=_PANEL,
    )
    combine: str = option(
        "concat",
        "window: concatenate the embeddings (Bengio et al. 2003), or add them (CBOW as a language model)",
        choices=("concat", "sum"),
        needs=_WINDOW,
        panel=_PANEL,
    )
    context: int = option(4, "window: number of preceding tokens", minimum=1, maximum=4096, needs=_WINDOW, panel=_PANEL)
    init: str = option(
        "word-language-model",
        "initial weights: word-language-model (embedding and output uniform ±0.1, other weights ±1/√hidden), "
        "uniform (±--init-range), book (N(0, 1/fan-in), embeddings N(0, 0.01²)), torch (PyTorch's defaults)",
        choices=("word-language-model", "uniform", "book", "torch"),
        panel=_PANEL,
    )
    init_range: float = option(0.1, "half-width of the uniform initialization", minimum=0.0, panel=_PANEL)
    single_bias: bool = option(
        False, "use one bias per gate, as in the textbook, instead of the two of PyTorch and cuDNN", panel=_PANEL
    )
    init_vectors: str | None = option(
        None,
        "initialize the embeddings from word vectors: an artifact, or a file that `convert` can read",
        metavar="VECTORS",
        panel=_PANEL,
    )
    batching: str = option(
        "stream",
        "stream: truncated backpropagation over parallel streams, with the state carried over; sentence: full "
        "backpropagation, each sentence from the zero state",
        choices=("stream", "sentence"),
        needs=_SEQUENTIAL,
        panel=_PANEL,
    )
    bptt: int = option(35, "length of truncated backpropagation, in time steps", minimum=1, panel=_PANEL)
    random_bptt: bool = option(
        False, "vary the length of each batch around --bptt (Merity et al. 2017)", needs=_SEQUENTIAL, panel=_PANEL
    )
    min_count: int = option(
        1, "replace tokens with a lower count by <unk>", aliases=("--thr",), minimum=1, panel=_PANEL
    )
    max_vocab: int = option(50_000, "maximum vocabulary size; rarer tokens become <unk>", minimum=2, panel=_PANEL)

    def class_starts(self) -> list[int]:
        """The cut-offs as numbers.

        Raises:
            UsageError: they are none.
        """
        try:
            return [int(part) for part in self.cutoffs.split(",")]
        except ValueError:
            raise UsageError(
                f"--cutoffs {self.cutoffs} must be numbers separated by commas", "use, for example, 2000,10000"
            ) from None

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
                f"--tied needs --hidden-dim to equal --emb-dim ({self.emb_dim}), not {sizes[0]}",
                f"use --hidden-dim {self.emb_dim}, or --no-tied",
            )
        return [*sizes[:-1], self.emb_dim] if self.tied else sizes


@dataclass(frozen=True)
class AdaptOptions:
    """How a model learns from the text that it is tested on, after each token is scored."""

    cache: int = option(
        0,
        "continuous cache over the last N tokens: raises the probability of words seen after similar states "
        "(Grave et al. 2016)",
        minimum=0,
        metavar="N",
    )
    cache_weight: float = option(0.1, "weight of the cache in the final probability", minimum=0.0, maximum=1.0)
    cache_theta: float = option(0.3, "sharpness of the cache distribution", minimum=0.0)
    dynamic_lr: float = option(
        0.0,
        "dynamic evaluation: learning rate of updates on the text after it is scored; 0 disables it (Krause et "
        "al. 2017)",
        minimum=0.0,
    )
    dynamic_decay: float = option(
        0.0, "dynamic evaluation: rate of decay back to the trained weights at each step", minimum=0.0, maximum=1.0
    )
    dynamic_steps: int = option(5, "dynamic evaluation: tokens between updates", minimum=1)

    @property
    def used(self) -> bool:
        """Whether anything is learned."""
        return bool(self.cache or self.dynamic_lr)


@dataclass(frozen=True)
class GradientFlowOptions:
    """What gradients through time are measured on."""

    steps: int = option(100, "number of time steps before the loss", minimum=2)
    sequences: int = option(8, "number of sequences to average over", minimum=1)
    cells: str = option("rnn,lstm,gru,minlstm", "cells of the untrained models, separated by commas", metavar="CELLS")
    hidden_dim: int = option(100, "size of the hidden layers of the untrained models", minimum=1)
    layers: int = option(1, "number of layers of the untrained models", minimum=1, maximum=64)
    gain: float | None = option(
        None,
        "make the hidden-to-hidden matrices orthogonal and multiply them by this; below 1 gradients vanish, above"
        " 1 they can explode [default: PyTorch's initialization]",
        minimum=0.0,
    )
    seed: int = option(1, "random seed of the weights and the random tokens", minimum=0, maximum=2**63 - 1)

    def cell_names(self) -> list[str]:
        """The cells.

        Raises:
            UsageError: one is not known.
        """
        known = declared(LanguageModelOptions.__dataclass_fields__["cell"]).choices
        names = [name.strip() for name in self.cells.split(",")]
        for name in names:
            if name not in known:
                raise UsageError(f"unknown cell in --cells: {name!r}", f"choose from {', '.join(known)}")
        return names
