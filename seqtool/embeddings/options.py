"""The options of `train-word2vec`, `train-fasttext` and `train-glove`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from seqtool.options import option
from seqtool.vectors.options import UNITS

if TYPE_CHECKING:
    from seqtool.vectors.ngrams import NgramRule

MODELS = ("skipgram", "cbow")
LOSSES = ("ns", "hs", "softmax")
DEVICES = ("cpu", "cuda")
DEVICE_HELP = "device; cuda trains in large batches, with the same quality as cpu to within the noise of training"
DEFAULT_RATE = {"skipgram": 0.025, "cbow": 0.05}
# Beyond this a softmax over all words takes hours where the other losses take minutes.
MOST_SOFTMAX_WORDS = 30_000


@dataclass(frozen=True)
class Word2vecOptions:
    """What is learned from which words, and how."""

    COMMAND: ClassVar[str] = "train-word2vec"
    PANEL: ClassVar[str] = "Model"

    model: str = option(
        "skipgram",
        "predict each word of the window separately (skipgram), or predict from their mean (cbow)",
        choices=MODELS,
    )
    loss: str = option(
        "ns",
        "negative sampling (ns), hierarchical softmax (hs), or full softmax for small vocabularies",
        choices=LOSSES,
    )
    dim: int = option(100, "size of the vectors", aliases=("--vector-size",), minimum=1, maximum=10_000)
    window: int = option(
        5,
        "maximum distance between a word and its context; each position draws a width from 1 to this",
        minimum=1,
        maximum=1000,
    )
    negative: int = option(5, "negative samples per word", minimum=1, maximum=1000)
    ns_exponent: float = option(
        0.75, "exponent of the word counts in the distribution of negative samples", minimum=-4.0, maximum=4.0
    )
    sample: float = option(
        1e-3,
        "subsample words whose share of the text exceeds this threshold, differently in each epoch (0: off)",
        minimum=0.0,
        maximum=1.0,
        panel="Text",
    )
    min_count: int = option(5, "remove words with a lower count from the text first", minimum=1, panel="Text")
    max_vocab: int | None = option(
        None, "maximum number of words; the most frequent are kept [default: no limit]", minimum=1, panel="Text"
    )
    across_lines: bool = option(False, "let windows cross line ends, for running text", panel="Text")
    epochs: int = option(5, "passes over the text", aliases=("--iter",), minimum=1, maximum=100_000, panel="Training")
    lr: float | None = option(
        None,
        "initial learning rate; it falls linearly [default: 0.025 for skipgram, 0.05 for cbow]",
        aliases=("--alpha",),
        minimum=0.0,
        panel="Training",
    )
    min_lr: float = option(
        1e-4, "final learning rate, as a fraction of --lr", minimum=0.0, maximum=1.0, panel="Training"
    )
    add_contexts: bool = option(False, "return the sum of input and output vectors (not with hs)")
    init_from: str | None = option(None, "start from these vectors: an artifact or a file", metavar="VECTORS")
    keep_words: bool = option(False, "keep words of --init-from that do not occur in the text, unchanged")
    deterministic: bool = option(
        True,
        "give the same bytes for any number of threads; --hogwild lets threads overwrite each other's updates, "
        "which is up to twice as fast",
        aliases=(" /--hogwild",),
        panel="Training",
    )
    seed: int = option(1, "random seed", minimum=0, maximum=2**32 - 1, panel="Training")
    threads: int | None = option(None, "CPU threads [default: all cores]", minimum=1, operational=True)
    device: str = option("cpu", DEVICE_HELP, choices=DEVICES, operational=True)

    @property
    def rate(self) -> float:
        """The learning rate at the start."""
        return DEFAULT_RATE[self.model] if self.lr is None else self.lr

    @property
    def rule(self) -> NgramRule | None:
        """The n-grams that words are spelled with."""
        return None


@dataclass(frozen=True)
class FasttextOptions(Word2vecOptions):
    """The same with n-grams, and fastText's learning rate and distribution of negatives."""

    COMMAND: ClassVar[str] = "train-fasttext"

    ns_exponent: float = option(
        0.5, "exponent of the word counts in the distribution of negative samples", minimum=-4.0, maximum=4.0
    )
    lr: float | None = option(
        None,
        "initial learning rate; it falls linearly [default: 0.05]",
        minimum=0.0,
        panel="Training",
    )
    minn: int = option(3, "minimum length of n-grams", minimum=1, maximum=100)
    maxn: int = option(6, "maximum length of n-grams (0: no n-grams)", minimum=0, maximum=100)
    bucket: int = option(
        2_000_000,
        "maximum number of hashed n-gram vectors; only those that occur use memory",
        minimum=1,
        maximum=2**31 - 1,
    )
    units: str = option(
        "characters", "units of the n-grams; jamo splits each Hangul syllable into three letters", choices=UNITS
    )

    @property
    def rate(self) -> float:
        """The learning rate at the start."""
        return 0.05 if self.lr is None else self.lr

    @property
    def rule(self) -> NgramRule | None:
        """The n-grams that words are spelled with."""
        from seqtool.vectors.ngrams import NgramRule

        return NgramRule(self.minn, self.maxn, self.bucket, self.units) if self.maxn else None


@dataclass(frozen=True)
class GloveOptions:
    """How vectors are fitted to co-occurrence counts."""

    dim: int = option(100, "size of the vectors", aliases=("--vector-size",), minimum=1, maximum=10_000)
    epochs: int = option(25, "passes over the counts", aliases=("--iter",), minimum=1, maximum=100_000)
    x_max: float = option(100.0, "counts of at least this have weight 1", minimum=1e-9)
    weight_alpha: float = option(0.75, "a smaller count x has weight (x / x-max) to the power of this", minimum=0.0)
    eta: float = option(0.05, "learning rate of AdaGrad", aliases=("--lr",), minimum=0.0)
    add_contexts: bool = option(True, "return the sum of word and context vectors")
    seed: int = option(1, "random seed of the initial vectors and the order", minimum=0, maximum=2**32 - 1)
    threads: int | None = option(None, "CPU threads [default: all cores]", minimum=1, operational=True)
    device: str = option("cpu", DEVICE_HELP, choices=DEVICES, operational=True)
