"""The options of `cooccur`, `ppmi` and `svd`."""

from __future__ import annotations

from dataclasses import dataclass

from seqtool.options import option

WEIGHTINGS = ("flat", "distance", "dynamic")
DIRECTIONS = ("symmetric", "left", "right")
SOLVERS = ("lanczos", "arpack", "propack")


@dataclass(frozen=True)
class CooccurOptions:
    """Which words occur near each other, and how much a neighbor counts."""

    window: int = option(5, "number of words on each side that count as neighbors", minimum=1, maximum=1000)
    weighting: str = option(
        "distance",
        "weight of a neighbor at distance d in a window w: flat 1, distance 1/d (as GloVe), dynamic (w - d + "
        "1)/w (word2vec's random window on average)",
        choices=WEIGHTINGS,
    )
    direction: str = option(
        "symmetric", "count neighbors on both sides, or only on the left or right", choices=DIRECTIONS
    )
    across_lines: bool = option(False, "let windows cross line ends, for running text")
    min_count: int = option(5, "remove words with a lower count from the text first", minimum=1)
    max_vocab: int | None = option(
        None, "maximum number of words; the most frequent are kept [default: no limit]", minimum=1
    )
    sample: float = option(
        0.0,
        "subsample words whose share of the text exceeds this threshold, as word2vec does (0: off)",
        minimum=0.0,
        maximum=1.0,
    )
    seed: int = option(1, "random seed of subsampling", minimum=0, maximum=2**32 - 1)
    threads: int | None = option(None, "CPU threads [default: all cores]", minimum=1, operational=True)
    memory: str = option(
        "1G", "working memory; larger tables are counted in parts on disk", metavar="SIZE", operational=True
    )


@dataclass(frozen=True)
class PpmiOptions:
    """How counts become associations."""

    shift: float = option(1.0, "k of shifted PMI: log(k) is subtracted (k negative samples in word2vec)", minimum=1e-9)
    cds: float = option(
        1.0, "exponent that smooths the context distribution (word2vec uses 0.75)", minimum=0.0, maximum=1.0
    )
    positive: bool = option(True, "set negative associations to 0 (PPMI)")
    log: str = option("natural", "base of the logarithm", choices=("natural", "2"))
    threads: int | None = option(None, "CPU threads [default: all cores]", minimum=1, operational=True)


@dataclass(frozen=True)
class SvdOptions:
    """How a matrix becomes vectors."""

    dim: int = option(300, "size of the vectors", aliases=("--size",), minimum=1)
    eig: float = option(0.5, "exponent of the singular values: the vectors are U S^eig", minimum=0.0, maximum=1.0)
    normalize: bool = option(False, "scale every vector to length 1")
    add_contexts: bool = option(False, "add the context vectors V S^eig to the word vectors")
    solver: str = option("lanczos", "block Lanczos on all cores, or scipy's ARPACK or PROPACK", choices=SOLVERS)
    seed: int = option(1, "random seed of the starting block", minimum=0, maximum=2**32 - 1)
    device: str = option("auto", "device", choices=("auto", "cpu", "cuda"), operational=True)
    threads: int | None = option(None, "CPU threads [default: all cores]", minimum=1, operational=True)
