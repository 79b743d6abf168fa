"""The options of `plot-vectors`."""

from __future__ import annotations

from dataclasses import dataclass

from seqtool.options import option

METHODS = ("pca", "tsne")


@dataclass(frozen=True)
class WordMapOptions:
    """Which words are drawn, and how their vectors are projected."""

    num: int = option(200, "how many of the most frequent words", minimum=2)
    method: str = option("pca", "principal components, or t-SNE", choices=METHODS)
    perplexity: float = option(30.0, "of t-SNE; at most a third of the other words", minimum=1.0)
    seed: int = option(1, "of t-SNE", minimum=0, maximum=2**32 - 1)
