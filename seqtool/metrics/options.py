"""How word vectors are evaluated."""

from __future__ import annotations

from dataclasses import dataclass

from seqtool.options import option

# How labels mark spans, see `metrics.schemes`.
_SCHEMES = ("iob1", "iob2", "ioe1", "ioe2", "iobes", "bmes", "bilou", "bmewo")
SCHEMES = (*_SCHEMES, *(f"{name}-suffix" for name in _SCHEMES), "tags")
SCHEME_HELP = (
    "how labels mark spans: a scheme whose marks come before the type (B-PER, B_PER), one such as iob2-suffix whose "
    "marks come after it (PER-B, PER_B), or tags without marks [default: recognised from the labels]"
)


@dataclass(frozen=True)
class AnalogyOptions:
    """Options of `metrics.analogy`."""

    method: str = option(
        "add", "3CosAdd (add), 3CosMul (mul), or both of them in one run", choices=("add", "mul", "both")
    )
    restrict: int | None = option(
        None,
        "know only the N most frequent words, as questions and as answers [default: all]",
        aliases=("--restrict-vocab",),
        minimum=1,
        metavar="N",
    )
    case_sensitive: bool = option(
        False, "tell capitals from small letters; otherwise the most frequent spelling of a word stands for all"
    )


@dataclass(frozen=True)
class StabilityOptions:
    """Options of `metrics.stability`."""

    num: int = option(10, "nearest words of each word", aliases=("-k",), minimum=1, maximum=1000)
    seed: int = option(1, "seed of the resamples", minimum=0, maximum=2**63 - 1)


@dataclass(frozen=True)
class SimilarityOptions:
    """Options of `metrics.similarity`."""

    case_sensitive: bool = option(
        False, "tell capitals from small letters; otherwise the most frequent spelling of a word stands for all"
    )
    columns: str | None = option(
        None,
        "columns of the two words and of the score in the files, by number from 0 or by name in the header, such as "
        "1,2,5 or word1,word2,score [default: found from what is in them]",
        metavar="W1,W2,SCORE",
    )
    spell: bool = option(
        False, "score unknown words by their n-grams, where the vectors have any; otherwise they are left out"
    )
    resamples: int = option(
        1000, "bootstrap resamples behind the 95 % intervals (0: no intervals)", minimum=0, maximum=1_000_000
    )
    seed: int = option(1, "seed of the resamples", minimum=0, maximum=2**63 - 1)


@dataclass(frozen=True)
class TranslationScoreOptions:
    """Options of `metrics.translation`; the names and defaults are sacrebleu's."""

    tokenize: str = option(
        "13a",
        "sacrebleu's tokenizer before BLEU; none for text that is tokenised already",
        choices=("13a", "intl", "char", "zh", "none"),
    )
    lower: bool = option(False, "score without regard to case", aliases=("-lc",))
    chrf_words: int = option(0, "longest word n-grams in chrF (2: chrF++)", minimum=0, maximum=6)
    resamples: int = option(
        1000, "bootstrap resamples behind the 95 % intervals (0: no intervals)", minimum=0, maximum=100_000
    )


@dataclass(frozen=True)
class LabelScoreOptions:
    """Options of `metrics.labels`."""

    resamples: int = option(
        1000, "bootstrap resamples behind the 95 % intervals (0: no intervals)", minimum=0, maximum=1_000_000
    )
    seed: int = option(1, "seed of the resamples", minimum=0, maximum=2**63 - 1)
    mistakes: int = option(
        10,
        "wrong labels to show with their texts, the surest first (not in TSV, not of spans)",
        minimum=0,
        maximum=1000,
    )
    scheme: str | None = option(
        None, SCHEME_HELP, aliases=("--label-scheme",), choices=SCHEMES, metavar="NAME", later=True
    )


@dataclass(frozen=True)
class CompareOptions:
    """Options of `evaluation.compare`."""

    resamples: int = option(10_000, "draws of the bootstrap, and of the randomization", minimum=100, maximum=1_000_000)
    seed: int = option(1, "seed of the draws", minimum=0, maximum=2**63 - 1)
