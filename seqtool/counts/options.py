"""The options of `cooccur`, `ppmi` and `svd`."""

from __future__ import annotations

from dataclasses import dataclass

from seqtool.options import option

WEIGHTINGS = ("flat", "distance", "dynamic")
DIRECTIONS = ("symmetric", "left", "right")
SOLVERS = ("lanczos", "arpack", "propack")


@dataclass(frozen=True)
class CooccurOptions:
    """Which words stand near which, and how much a neighbour counts."""

    window: int = option(5, "words on each side that count as neighbours", minimum=1, maximum=1000)
    weighting: str = option(
        "distance",
        "what a neighbour at distance d of a window w counts: 1 (flat), 1/d (distance, as GloVe), or (w - d + 1)/w "
        "(dynamic, word2vec's random window on the average)",
        choices=WEIGHTINGS,
    )
    direction: str = option(
        "symmetric", "count the neighbours on both sides, or only those to the left or right", choices=DIRECTIONS
    )
    across_lines: bool = option(False, "let windows reach over line ends, for running text")
    min_count: int = option(5, "take words that occur less often out of the text first", minimum=1)
    max_vocab: int | None = option(None, "keep at most this many words, the most frequent (all if left out)", minimum=1)
    sample: float = option(
        0.0,
        "take frequent words out at random, above about this share of the text, as word2vec does (0: none)",
        minimum=0.0,
        maximum=1.0,
    )
    seed: int = option(1, "seed of the subsampling", minimum=0, maximum=2**32 - 1)
    threads: int | None = option(None, "threads (all cores if left out)", minimum=1, operational=True)
    memory: str = option(
        "1G", "working memory; what does not fit is counted in parts on disk", metavar="SIZE", operational=True
    )


@dataclass(frozen=True)
class PpmiOptions:
    """How counts become associations."""

    shift: float = option(
        1.0, "k of the shifted PMI, log(k) is subtracted (k negative samples of word2vec)", minimum=1e-9
    )
    cds: float = option(
        1.0, "exponent that smooths the distribution of the contexts (0.75 as in word2vec)", minimum=0.0, maximum=1.0
    )
    positive: bool = option(True, "negative associations become 0 (PPMI)")
    log: str = option("natural", "logarithm: natural or of base 2", choices=("natural", "2"))
    threads: int | None = option(None, "threads (all cores if left out)", minimum=1, operational=True)


@dataclass(frozen=True)
class SvdOptions:
    """How a matrix becomes vectors."""

    dim: int = option(300, "dimension of the vectors", aliases=("--size",), minimum=1)
    eig: float = option(0.5, "exponent of the singular values: the vectors are U S^eig", minimum=0.0, maximum=1.0)
    normalize: bool = option(False, "scale every vector to length 1")
    add_contexts: bool = option(False, "add the context vectors V S^eig to the word vectors")
    solver: str = option("lanczos", "block Lanczos on all cores, or scipy's ARPACK or PROPACK", choices=SOLVERS)
    seed: int = option(1, "seed of the starting block", minimum=0, maximum=2**32 - 1)
    device: str = option(
        "auto", "where to compute: cpu, cuda, or auto", choices=("auto", "cpu", "cuda"), operational=True
    )
    threads: int | None = option(None, "threads (all cores if left out)", minimum=1, operational=True)
