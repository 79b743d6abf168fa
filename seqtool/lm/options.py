"""Options and presets of language models."""

from __future__ import annotations

from dataclasses import dataclass

from seqtool.errors import UsageError
from seqtool.options import Preset, declared, option

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
        "recurrent", "recurrent, transformer, or a fixed window of earlier tokens",
        choices=("recurrent", "transformer", "window"), panel=_PANEL,
    )  # fmt: skip
    cell: str = option(
        "lstm", "recurrent cell; mingru and minlstm compute all time steps at once (Feng et al. 2024)",
        choices=("rnn", "rnn-relu", "lstm", "gru", "mingru", "minlstm", "mogrifier"), needs=_RECURRENT, panel=_PANEL,
    )  # fmt: skip
    mogrify_rounds: int = option(
        5, "how often a mogrifier's input and state gate each other (Melis et al. 2020)",
        minimum=0, maximum=32, needs=_MOGRIFIER, panel=_PANEL,
    )  # fmt: skip
    mogrify_rank: int | None = option(
        None, "rank of these gates' matrices [default: full]", minimum=1, needs=_MOGRIFIER, panel=_PANEL
    )
    emb_dim: int = option(200, "dimension of the token embeddings", aliases=("--emsize",), minimum=1, panel=_PANEL)
    hidden_dim: int | None = option(
        None, "units of a hidden layer; the last has --emb-dim where tied [default: --emb-dim; of a transformer's "
        "feed-forward layers 4 times that]", aliases=("--nhid",), minimum=1, panel=_PANEL,
    )  # fmt: skip
    layers: int = option(1, "hidden layers", aliases=("--nlayers",), minimum=1, maximum=64, panel=_PANEL)
    dropout: float = option(
        0.2, "share of units dropped after the embedding, between layers and before the output",
        minimum=0.0, maximum=0.95, panel=_PANEL,
    )  # fmt: skip
    locked_dropout: bool = option(
        False,
        "drop the same units at every time step (variational dropout; Gal and Ghahramani 2016)",
        needs=_SEQUENTIAL,
        panel=_PANEL,
    )
    input_dropout: float | None = option(
        None, "share of the embedding's units dropped [default: --dropout]", aliases=("--dropouti",),
        minimum=0.0, maximum=0.95, panel=_PANEL,
    )  # fmt: skip
    hidden_dropout: float | None = option(
        None, "share of units dropped between layers [default: --dropout]", aliases=("--dropouth",),
        minimum=0.0, maximum=0.95, panel=_PANEL,
    )  # fmt: skip
    embedding_dropout: float = option(
        0.0, "share of words dropped at all their places in a batch (Gal and Ghahramani 2016)",
        aliases=("--dropoute",), minimum=0.0, maximum=0.95, panel=_PANEL,
    )  # fmt: skip
    weight_dropout: float = option(
        0.0, "share of the weights between hidden states dropped in a batch (Wan et al. 2013; Merity et al. 2017)",
        aliases=("--wdrop",), minimum=0.0, maximum=0.95, needs=_RECURRENT, panel=_PANEL,
    )  # fmt: skip
    ar: float = option(
        0.0, "penalty on the squares of the outputs after dropout (Merity et al. 2017)", aliases=("--alpha",),
        minimum=0.0, needs=_SEQUENTIAL, panel=_PANEL,
    )  # fmt: skip
    tar: float = option(
        0.0,
        "penalty on the squares of the outputs' changes in time",
        aliases=("--beta",),
        minimum=0.0,
        needs=_SEQUENTIAL,
        panel=_PANEL,
    )
    tied: bool = option(
        True, "use the embedding as the output weights (Inan et al. 2016; Press and Wolf 2017); needs equal dimensions",
        panel=_PANEL,
    )  # fmt: skip
    softmax: str = option(
        "full", "output layer: all words at once, or rare words by classes (adaptive; Grave et al. 2017; needs "
        "--no-tied), for large vocabularies", choices=("full", "adaptive"), panel=_PANEL,
    )  # fmt: skip
    cutoffs: str = option("2000,10000,50000", "where the classes of the adaptive softmax begin, by frequency",
                          metavar="RANKS", panel=_PANEL)  # fmt: skip
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
        "rotary", "how a transformer knows places: rotary (Su et al. 2021; the last --span tokens are seen) or learned "
        "(the text is read in blocks of --span)", choices=("rotary", "learned"), needs=_TRANSFORMER, panel=_PANEL,
    )  # fmt: skip
    combine: str = option(
        "concat", "how a window's embeddings are joined: concat (Bengio et al. 2003) or sum (CBOW as a language model)",
        choices=("concat", "sum"), needs=_WINDOW, panel=_PANEL,
    )  # fmt: skip
    context: int = option(4, "earlier tokens a window model sees", minimum=1, maximum=4096, needs=_WINDOW, panel=_PANEL)
    init: str = option(
        "word-language-model",
        "first weights: word-language-model (embedding and output ±0.1, the rest ±1/√hidden), uniform (all "
        "±--init-range), book (N(0, 1/fan-in), embeddings N(0, 0.01²)), torch (PyTorch's own)",
        choices=("word-language-model", "uniform", "book", "torch"), panel=_PANEL,
    )  # fmt: skip
    init_range: float = option(0.1, "half width of the uniform initialisation", minimum=0.0, panel=_PANEL)
    single_bias: bool = option(
        False, "one bias vector per gate, as in the textbook, instead of the two of torch and cuDNN", panel=_PANEL
    )
    init_vectors: str | None = option(
        None, "word vectors that the embeddings start from: an artifact, or a file in any format that `convert` reads",
        metavar="VECTORS", panel=_PANEL,
    )  # fmt: skip
    batching: str = option(
        "stream", "stream: truncated backpropagation over parallel streams, state carried over; "
        "sentence: full backpropagation, each sentence from the zero state",
        choices=("stream", "sentence"), needs=_SEQUENTIAL, panel=_PANEL,
    )  # fmt: skip
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
        0, "raise words that stood where the state was alike among the last N (continuous cache; Grave et al. 2016)",
        minimum=0, metavar="N",
    )  # fmt: skip
    cache_weight: float = option(0.1, "share of the cache in the probability", minimum=0.0, maximum=1.0)
    cache_theta: float = option(0.3, "how much more the likest states count", minimum=0.0)
    dynamic_lr: float = option(
        0.0, "train on the text after scoring it, at this rate (dynamic evaluation; Krause et al. 2017); 0: do not",
        minimum=0.0,
    )  # fmt: skip
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
        None, "make their matrices between hidden states orthogonal, times this: below 1 gradients vanish, above they "
        "may explode [default: PyTorch's first weights]", minimum=0.0,
    )  # fmt: skip
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


_BOOK = 'Saito, "Deep Learning from Scratch 2" (2018)'
_ZAREMBA = "Zaremba, Sutskever and Vinyals 2014 (arXiv 1409.2329)"
_SUMMED = (
    "its loss is summed over the {0} steps, so lr 1 and clip {1} there are lr {0} and clip {1}/{0} for a mean per token"
)
_SGD = {"optimizer": "sgd", "batch_size": 20, "weight_decay": 0.0, "precision": "fp32"}
_BOOK_MODEL = {
    "cell": "lstm", "init": "book", "single_bias": True, "locked_dropout": False, "residual": False, "bptt": 35,
    "batching": "stream", "arch": "recurrent",
}  # fmt: skip


def _zaremba(size: str, dim: int, spread: float, dropout: float, bptt: int, clip: float,
             anneal: tuple[float, int], epochs: int) -> Preset:  # fmt: skip
    values = _SGD | {
        "cell": "lstm", "arch": "recurrent", "emb_dim": dim, "hidden_dim": dim, "layers": 2, "dropout": dropout,
        "tied": False, "init": "uniform", "init_range": spread, "bptt": bptt, "lr": float(bptt), "clip": clip / bptt,
        "schedule": "step", "anneal_factor": anneal[0], "anneal_after": anneal[1], "epochs": epochs,
    }  # fmt: skip
    return Preset(f"zaremba-{size}", values, f"{_ZAREMBA}, {size}; {_SUMMED.format(bptt, f'{clip:g}')}")


def _awd(data: str, input_dropout: float, batch_size: int) -> Preset:
    values = _SGD | {
        "cell": "lstm", "arch": "recurrent", "emb_dim": 400, "hidden_dim": 1150, "layers": 3, "tied": True,
        "dropout": 0.4, "input_dropout": input_dropout, "hidden_dropout": 0.3, "embedding_dropout": 0.1,
        "weight_dropout": 0.5, "locked_dropout": True, "ar": 2.0, "tar": 1.0, "init": "word-language-model",
        "batching": "stream", "bptt": 70, "random_bptt": True, "optimizer": "nt-asgd", "nonmono": 5, "lr": 30.0,
        "clip": 0.25, "weight_decay": 1.2e-6, "schedule": "constant", "batch_size": batch_size, "epochs": 750,
    }  # fmt: skip
    source = (
        "Merity, Keskar and Socher 2017 (arXiv 1708.02182), section 4; the weight decay is that of the authors' code; "
        "its loss is a mean per token already"
    )
    return Preset(f"awd-lstm-{data}", values, source)


PRESETS = (
    Preset(
        "book-rnnlm",
        _SGD | _BOOK_MODEL | {
            "emb_dim": 100, "hidden_dim": 100, "layers": 1, "dropout": 0.0, "tied": False, "lr": 20.0, "clip": 0.25,
            "schedule": "constant", "epochs": 4, "validate_every": 166,
        },
        f"{_BOOK}, section 6.4, Rnnlm; its loss is a mean per token already; one bias vector per gate; at this "
        "constant rate the loss goes up and down, so the best of eight validations an epoch of PTB is kept",
    ),
    Preset(
        "book-better-rnnlm",
        _SGD | _BOOK_MODEL | {
            "emb_dim": 650, "hidden_dim": 650, "layers": 2, "dropout": 0.5, "tied": True, "lr": 20.0, "clip": 0.25,
            "schedule": "plateau", "anneal_factor": 4.0, "epochs": 40,
        },
        f"{_BOOK}, section 6.5, BetterRnnlm; its loss is a mean per token already; one bias vector per gate",
    ),
    _zaremba("small", 200, 0.1, 0.0, 20, 5.0, (2.0, 4), 13),
    _zaremba("medium", 650, 0.05, 0.5, 35, 5.0, (1.2, 6), 39),
    _zaremba("large", 1500, 0.04, 0.65, 35, 10.0, (1.15, 14), 55),
    _awd("ptb", 0.4, 40),
    _awd("wt2", 0.65, 80),
)  # fmt: skip
