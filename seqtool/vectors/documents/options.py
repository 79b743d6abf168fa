"""The options of `document-vectors`."""

from __future__ import annotations

from dataclasses import dataclass

from seqtool.options import option

WEIGHTINGS = ("mean", "idf", "sif")


@dataclass(frozen=True)
class DocumentOptions:
    """How the vectors of a line's words become the line's, and how lines are grouped."""

    weighting: str = option(
        "sif",
        "weights of the words: all one (mean), rarer lines count more (idf), smooth inverse frequency without "
        "the component common to all lines (sif)",
        choices=WEIGHTINGS,
    )
    sif_a: float = option(1e-3, "a of the weight a / (a + p(word)) of sif", minimum=1e-9)
    clusters: int | None = option(None, "also divide the lines into so many clusters (k-means)", minimum=1)
    # Vectors that seqtool made know how their text was tokenised.
    tokenizer: str | None = option(
        None,
        "how a line becomes words [default: as the vectors' corpus was made; whitespace for a file of vectors]",
        choices=("whitespace", "word", "char", "syllable", "jamo", "korean"),
    )
    lower: bool | None = option(None, "lower-case the text [default: as the vectors' corpus was made; no for a file]")
    seed: int = option(1, "seed of the clusters", minimum=0, maximum=2**32 - 1)
