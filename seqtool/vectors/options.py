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

    limit: int | None = option(None, "read only the first N words of a file [default: all words]", minimum=1)
    errors: str = option(
        "strict",
        "words in a file that are not valid UTF-8: stop (strict), replace the bytes by U+FFFD, or skip the word; "
        "skip also drops repeated words (for a fastText .bin, replace stops like strict)",
        choices=("strict", "replace", "skip"),
    )


@dataclass(frozen=True)
class SearchOptions:
    """Which words are answers."""

    num: int = option(10, "number of answers per question", aliases=("-k",), minimum=1, maximum=10_000)
    restrict: int | None = option(None, "answer only with the N most frequent words [default: all words]", minimum=1)


@dataclass(frozen=True)
class AnalogyOptions:
    """How an analogy is solved."""

    method: str = option(
        "add",
        "add: highest cosine with b - a + c; mul: highest product of the cosines with b and c, divided by the "
        "cosine with a",
        choices=("add", "mul"),
    )


@dataclass(frozen=True)
class ThesaurusOptions:
    """Which dictionary to search, and for what."""

    wordnet: Path | None = option(
        None,
        "folder of WordNet's files [default: $WNSEARCHDIR, $WNHOME, $NLTK_DATA, ~/nltk_data, /usr/share/wordnet …]",
        metavar="FOLDER",
    )
    pos: str | None = option(None, "only this part of speech", choices=("noun", "verb", "adj", "adv"))
    relation: str | None = option(
        None,
        "what to print for the senses of one word [default: synsets]",
        choices=("synsets", "synonyms", "antonyms", "hypernyms"),
    )


METHODS = ("pca", "tsne")


@dataclass(frozen=True)
class WordMapOptions:
    """Which words are drawn, and how their vectors are projected."""

    num: int = option(200, "number of words, most frequent first", minimum=2)
    method: str = option("pca", "projection: principal components, or t-SNE", choices=METHODS)
    perplexity: float = option(30.0, "t-SNE: perplexity; at most a third of the other words", minimum=1.0)
    seed: int = option(1, "t-SNE: random seed", minimum=0, maximum=2**32 - 1)


WEIGHTINGS = ("mean", "idf", "sif")


@dataclass(frozen=True)
class DocumentOptions:
    """How the vectors of a line's words become the line's, and how lines are grouped."""

    weighting: str = option(
        "sif",
        "weights of the words: equal (mean), inverse document frequency (idf), or smooth inverse frequency "
        "without the common component (sif)",
        choices=WEIGHTINGS,
    )
    sif_a: float = option(1e-3, "sif: a in the weight a / (a + p(word))", minimum=1e-9)
    clusters: int | None = option(None, "also group the lines into this many clusters (k-means)", minimum=1)
    # Vectors that seqtool made record how their text was tokenized.
    tokenizer: str | None = option(
        None,
        "tokenizer of the lines [default: the tokenizer of the vectors' corpus; whitespace for a file of vectors]",
        choices=("whitespace", "word", "char", "syllable", "jamo", "korean"),
    )
    lower: bool | None = option(
        None, "lowercase the text [default: as in the vectors' corpus; no for a file of vectors]"
    )
    seed: int = option(1, "random seed of the clusters", minimum=0, maximum=2**32 - 1)
