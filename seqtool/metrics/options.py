"""How word vectors are evaluated."""

from __future__ import annotations

from dataclasses import dataclass

from seqtool.options import option

# How labels mark spans, see `metrics.schemes`.
_SCHEMES = ("iob1", "iob2", "ioe1", "ioe2", "iobes", "bmes", "bilou", "bmewo")
SCHEMES = (*_SCHEMES, *(f"{name}-suffix" for name in _SCHEMES), "tags")
SCHEME_HELP = (
    "scheme of the span labels: marks before the type (iob2: B-PER, B_PER), marks after it (iob2-suffix: PER-B, "
    "PER_B), or tags without marks [default: detected from the labels]"
)


@dataclass(frozen=True)
class AnalogyOptions:
    """Options of `metrics.analogy`."""

    method: str = option("add", "3CosAdd (add), 3CosMul (mul), or both", choices=("add", "mul", "both"))
    restrict: int | None = option(
        None,
        "use only the N most frequent words, in questions and answers [default: all words]",
        aliases=("--restrict-vocab",),
        minimum=1,
        metavar="N",
    )
    case_sensitive: bool = option(
        False, "match case; otherwise the most frequent spelling of a word represents all its spellings"
    )


@dataclass(frozen=True)
class StabilityOptions:
    """Options of `metrics.stability`."""

    num: int = option(10, "number of nearest neighbors per word", aliases=("-k",), minimum=1, maximum=1000)
    seed: int = option(1, "random seed of the bootstrap", minimum=0, maximum=2**63 - 1)


@dataclass(frozen=True)
class SimilarityOptions:
    """Options of `metrics.similarity`."""

    case_sensitive: bool = option(
        False, "match case; otherwise the most frequent spelling of a word represents all its spellings"
    )
    columns: str | None = option(
        None,
        "columns of the two words and the score: numbers from 0, or names from the header, such as 1,2,5 or "
        "word1,word2,score [default: detected from the contents]",
        metavar="W1,W2,SCORE",
    )
    spell: bool = option(
        False, "score unknown words by their n-grams, if the vectors have n-grams; otherwise leave them out"
    )
    resamples: int = option(
        1000, "bootstrap resamples for the 95 % intervals (0: no intervals)", minimum=0, maximum=1_000_000
    )
    seed: int = option(1, "random seed of the bootstrap", minimum=0, maximum=2**63 - 1)


@dataclass(frozen=True)
class TranslationScoreOptions:
    """Options of `metrics.translation`; the names and defaults are sacrebleu's."""

    tokenize: str = option(
        "13a",
        "sacrebleu's tokenizer for BLEU; none for tokenized text",
        choices=("13a", "intl", "char", "zh", "none"),
    )
    lower: bool = option(False, "ignore case", aliases=("-lc",))
    chrf_words: int = option(0, "maximum word n-gram length in chrF (2: chrF++)", minimum=0, maximum=6)
    resamples: int = option(
        1000, "bootstrap resamples for the 95 % intervals (0: no intervals)", minimum=0, maximum=100_000
    )


@dataclass(frozen=True)
class LabelScoreOptions:
    """Options of `metrics.labels`."""

    resamples: int = option(
        1000, "bootstrap resamples for the 95 % intervals (0: no intervals)", minimum=0, maximum=1_000_000
    )
    seed: int = option(1, "random seed of the bootstrap", minimum=0, maximum=2**63 - 1)
    mistakes: int = option(
        10,
        "number of wrong labels to show with their texts, most confident first (not in TSV, not for spans)",
        minimum=0,
        maximum=1000,
    )
    scheme: str | None = option(
        None, SCHEME_HELP, aliases=("--label-scheme",), choices=SCHEMES, metavar="NAME", later=True
    )


@dataclass(frozen=True)
class CompareOptions:
    """Options of `evaluation.compare`."""

    resamples: int = option(
        10_000, "number of resamples of the bootstrap, and of the randomization", minimum=100, maximum=1_000_000
    )
    seed: int = option(1, "random seed", minimum=0, maximum=2**63 - 1)
