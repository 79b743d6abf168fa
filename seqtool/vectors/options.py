"""The options of reading files of vectors, of asking for words, of documents, word maps and the thesaurus."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seqtool.options import option

# What the n-grams of words are made of.
UNITS = ("characters", "jamo")


@dataclass(frozen=True)
class VectorFileOptions:
    """How a file of vectors is read."""

    limit: int | None = option(None, "read the first so many words only (all if left out)", minimum=1)
    errors: str = option(
        "strict",
        "words of a file that are not UTF-8: stop, replace the bytes by U+FFFD, or skip the word; "
        "skip also leaves out words that came before (a fastText .bin: replace stops too, as do repeated words)",
        choices=("strict", "replace", "skip"),
    )


@dataclass(frozen=True)
class SearchOptions:
    """Which words are answers."""

    num: int = option(10, "answers for each question", aliases=("-k",), minimum=1, maximum=10_000)
    restrict: int | None = option(
        None, "answers come from the first so many words only, the most frequent ones (all if left out)", minimum=1
    )


@dataclass(frozen=True)
class AnalogyOptions:
    """How an analogy is solved."""

    method: str = option(
        "add",
        "add: the greatest cosine with b - a + c; mul: the greatest product of cosines with b and c over that with a",
        choices=("add", "mul"),
    )


@dataclass(frozen=True)
class ThesaurusOptions:
    """Which dictionary is looked in, and for what."""

    wordnet: Path | None = option(
        None,
        "WordNet's files [default: $WNSEARCHDIR, $WNHOME, $NLTK_DATA, ~/nltk_data, /usr/share/wordnet …]",
        metavar="FOLDER",
    )
    pos: str | None = option(None, "only this part of speech", choices=("noun", "verb", "adj", "adv"))
    relation: str | None = option(
        None,
        "what to tell of the senses of one word [default: synsets]",
        choices=("synsets", "synonyms", "antonyms", "hypernyms"),
    )


METHODS = ("pca", "tsne")


@dataclass(frozen=True)
class WordMapOptions:
    """Which words are drawn, and how their vectors are projected."""

    num: int = option(200, "how many of the most frequent words", minimum=2)
    method: str = option("pca", "principal components, or t-SNE", choices=METHODS)
    perplexity: float = option(30.0, "of t-SNE; at most a third of the other words", minimum=1.0)
    seed: int = option(1, "of t-SNE", minimum=0, maximum=2**32 - 1)


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
