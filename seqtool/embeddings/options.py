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
DEVICE_HELP = "where to learn: cpu, or in big batches on cuda, which learns the same to within the noise of training"
DEFAULT_RATE = {"skipgram": 0.025, "cbow": 0.05}
# Beyond this a softmax over all words takes hours where the other losses take minutes.
MOST_SOFTMAX_WORDS = 30_000


@dataclass(frozen=True)
class Word2vecOptions:
    """What is learned from which words, and how."""

    COMMAND: ClassVar[str] = "train-word2vec"
    PANEL: ClassVar[str] = "Model"

    model: str = option(
        "skipgram", "predict from each word of the window (skipgram) or from their mean (cbow)", choices=MODELS
    )
    loss: str = option(
        "ns",
        "negative sampling (ns), hierarchical softmax (hs), or the softmax over all words, for small vocabularies",
        choices=LOSSES,
    )
    dim: int = option(100, "dimension of the vectors", aliases=("--vector-size",), minimum=1, maximum=10_000)
    window: int = option(
        5, "words on each side, at most; each position draws a width from 1 to this", minimum=1, maximum=1000
    )
    negative: int = option(5, "negative samples of each word", minimum=1, maximum=1000)
    ns_exponent: float = option(
        0.75, "exponent of the word counts from which negatives are drawn", minimum=-4.0, maximum=4.0
    )
    sample: float = option(
        1e-3,
        "take frequent words out at random, anew in every epoch, above about this share of the text (0: none)",
        minimum=0.0,
        maximum=1.0,
        panel="Text",
    )
    min_count: int = option(5, "take words that occur less often out of the text first", minimum=1, panel="Text")
    max_vocab: int | None = option(
        None, "keep at most this many words, the most frequent (all if left out)", minimum=1, panel="Text"
    )
    across_lines: bool = option(False, "let windows reach over line ends, for running text", panel="Text")
    epochs: int = option(
        5, "times that the text is read", aliases=("--iter",), minimum=1, maximum=100_000, panel="Training"
    )
    lr: float | None = option(
        None,
        "learning rate at the start, from which it falls linearly (0.025 for skipgram, 0.05 for cbow if left out)",
        aliases=("--alpha",),
        minimum=0.0,
        panel="Training",
    )
    min_lr: float = option(
        1e-4, "learning rate at the end, as a share of --lr", minimum=0.0, maximum=1.0, panel="Training"
    )
    add_contexts: bool = option(False, "the vectors are the sums of input and output vectors (not with hs)")
    init_from: str | None = option(None, "vectors to start from: an artifact or a file", metavar="VECTORS")
    keep_words: bool = option(False, "words of --init-from that the text lacks stay in the result, as they were")
    deterministic: bool = option(
        True,
        "the same bytes for any number of threads; --hogwild lets threads write over each other, up to twice as fast",
        aliases=(" /--hogwild",),
        panel="Training",
    )
    seed: int = option(1, "seed of everything drawn at random", minimum=0, maximum=2**32 - 1, panel="Training")
    threads: int | None = option(None, "threads (all cores if left out)", minimum=1, operational=True)
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
        0.5, "exponent of the word counts from which negatives are drawn", minimum=-4.0, maximum=4.0
    )
    lr: float | None = option(
        None,
        "learning rate at the start, from which it falls linearly (0.05 if left out)",
        minimum=0.0,
        panel="Training",
    )
    minn: int = option(3, "the shortest n-grams", minimum=1, maximum=100)
    maxn: int = option(6, "the longest n-grams (0: no n-grams)", minimum=0, maximum=100)
    bucket: int = option(
        2_000_000,
        "n-grams are hashed to at most so many vectors; only those that are seen take room",
        minimum=1,
        maximum=2**31 - 1,
    )
    units: str = option(
        "characters", "what n-grams are made of; jamo takes Hangul syllables apart into three letters", choices=UNITS
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

    dim: int = option(100, "dimension of the vectors", aliases=("--vector-size",), minimum=1, maximum=10_000)
    epochs: int = option(25, "times that all counts are gone through", aliases=("--iter",), minimum=1, maximum=100_000)
    x_max: float = option(100.0, "counts from this on weigh 1", minimum=1e-9)
    weight_alpha: float = option(0.75, "a smaller count x weighs (x / x-max) to the power of this", minimum=0.0)
    eta: float = option(0.05, "learning rate of AdaGrad", aliases=("--lr",), minimum=0.0)
    add_contexts: bool = option(True, "the vectors are the sums of word and context vectors")
    seed: int = option(1, "seed of the initial vectors and of the order", minimum=0, maximum=2**32 - 1)
    threads: int | None = option(None, "threads (all cores if left out)", minimum=1, operational=True)
    device: str = option("cpu", DEVICE_HELP, choices=DEVICES, operational=True)
