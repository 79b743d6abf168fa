"""The options of `preprocess`: how text is read, normalised, tokenised and split."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqtool.errors import UsageError
from seqtool.options import from_manifest, option
from seqtool.progress import warn

LEAST_COUNTING_BYTES = 100 << 20
BYTES_OF_A_TYPE = 100
"""What a command holds at most for each, its spelling not counted."""
TOKENIZERS = ("whitespace", "word", "char", "syllable", "jamo", "bpe", "unigram", "korean")
SUBWORD_TOKENIZERS = ("bpe", "unigram")
WORD_RULES = 2  # the version of the rules of --tokenizer word (`tokenizers.words`)
SPLIT_NAMES = ("train", "valid", "test")
DEFAULT_COLUMN = "text"
AUTO_ENCODING = "auto"

_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*", re.IGNORECASE)
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


@dataclass(frozen=True)
class SourceOptions:
    """How the bytes of a text become lines."""

    encoding: str = option(
        "utf-8",
        "character encoding of the text; auto: decided for each file by its byte order mark and bytes",
        metavar="NAME",
    )
    errors: str = option(
        "strict",
        "bytes that are not valid in the encoding: stop, replace them by U+FFFD, or skip the line",
        choices=("strict", "replace", "skip"),
    )
    column: str | None = option(
        None,
        "column of a table (.csv .tsv .jsonl .parquet, hf:): its name in the header, or its number from 0 "
        "in a table without header; several, as 0,1 or names with TABs between, one after the other (a column called "
        "'text' if left out)",
        metavar="NAME",
    )
    bad_rows: str = option(
        "error",
        "rows of a table that cannot be read, or have too many or too few cells: stop, or leave them out (counted)",
        choices=("error", "skip"),
        later=True,
    )
    quoting: str = option(
        "auto",
        "quotation marks in a .csv or .tsv: they enclose cells (csv), or are text (none) "
        "[auto: csv in a .csv, found in a .tsv]",
        choices=("auto", "csv", "none"),
        later=True,
    )
    separator: str | None = option(
        None,
        "character between the cells of a .csv or .tsv, such as ; or tab [default: found in a .csv, TAB in a .tsv]",
        metavar="CHARACTER",
        later=True,
    )
    hf_revision: str | None = option(None, "branch, tag or commit of an hf: data set", metavar="REVISION")
    newline: str = option(
        "lf",
        "what ends a line: LF (a CR before it is dropped), or any of LF, CR LF and CR (old Mac)",
        choices=("lf", "any"),
        later=True,
    )
    unwrap: bool = option(
        False,
        "join the lines of each paragraph of a text that is broken at a width; a blank line ends a paragraph",
        later=True,
    )


@dataclass(frozen=True)
class PreprocessOptions:
    """How lines become sentences of token ids."""

    tokenizer: str = option("whitespace", "how a line becomes tokens", choices=TOKENIZERS)
    normalize: str = option("nfc", "Unicode normalisation form", choices=("nfc", "nfkc", "none"))
    lower: bool = option(False, "lower-case the text")
    digits: str = option(
        "keep",
        "digits: keep them, make every digit 0 (zero) or every run of digits N (number)",
        choices=("keep", "zero", "number"),
    )
    vocab_size: int = option(8000, "size of a bpe or unigram vocabulary, specials included", minimum=258)
    # Operational although it changes the result: the file's digest stands among the inputs, its path must not.
    vocab: str | None = option(
        None,
        "fixed vocabulary: a file of one token a line (a TAB and what follows it, or a count after a space in every "
        "line, is ignored); all others are <unk>",
        metavar="FILE",
        operational=True,
        panel="Options",
    )
    max_vocab: int | None = option(
        None, "keep at most this many types, <unk> and <eos> included (all if left out)", minimum=3
    )
    split: str | None = option(
        None, "shares of train, valid and test, such as 0.9,0.05,0.05 or 0.95,0.05", metavar="SHARES"
    )
    split_by: str = option(
        "contiguous",
        "split by position, or by a hash of the line (equal lines fall in one part; growing the corpus moves none)",
        choices=("contiguous", "hash"),
    )
    blank_lines: str = option("keep", "a blank line is an empty sentence, or is dropped", choices=("keep", "drop"))
    specials_in_text: bool = option(False, "read <eos> written in the text as the end-of-sentence symbol")
    threads: int | None = option(None, "threads (all cores if left out)", minimum=1, operational=True)
    memory: str | None = option(
        None, "working memory for what grows with the corpus, such as 512M or 4G", metavar="SIZE", operational=True
    )


@dataclass(frozen=True)
class WordOptions(PreprocessOptions):
    """`PreprocessOptions` of ``--tokenizer word`` with the version of its rules, which is recorded and never asked."""

    word_rules: int = option(WORD_RULES, "version of the rules of words")


@dataclass(frozen=True)
class PhraseOptions:
    """What makes two neighbouring words a phrase."""

    scoring: str = option(
        "ratio",
        "how much more often than by chance: word2phrase's ratio (Mikolov et al. 2013), normalised pointwise mutual "
        "information (npmi; Bouma 2009), or the log-likelihood ratio (llr; Dunning 1993)",
        choices=("ratio", "npmi", "llr"),
    )
    threshold: float | None = option(
        None,
        "score above which two words are a phrase [default: ratio 100 (word2phrase), npmi 0.5, llr 10.83 (p < 0.001)]",
    )
    min_count: int = option(5, "fewest occurrences of the two words together (word2phrase, gensim)", minimum=1)
    passes: int = option(
        1,
        "readings of the text; each joins what the one before has joined: 2 for up to four words",
        minimum=1,
        maximum=8,
    )
    delimiter: str = option("_", "what stands between the words of a phrase", metavar="TEXT")
    memory: str = option(
        "1G", "working memory for the neighbours that are counted at once", metavar="SIZE", operational=True
    )

    @property
    def least_score(self) -> float:
        """The threshold, or the usual one of the scoring."""
        return _LEAST_SCORES[self.scoring] if self.threshold is None else self.threshold


_LEAST_SCORES = {"ratio": 100.0, "npmi": 0.5, "llr": 10.83}


def with_word_rules(options: PreprocessOptions) -> PreprocessOptions:
    """The options with the version of the rules of words that they imply, where they ask for words."""
    if options.tokenizer != "word" or isinstance(options, WordOptions):
        return options
    return WordOptions(**vars(options))


def recorded_options(values: Mapping[str, Any]) -> PreprocessOptions:
    """The options by which a corpus was made, from a manifest; one that names no rules of words had the first.

    Raises:
        UsageError: options that this version does not know.
        TypeError: the manifest holds something else in their place.
    """
    if not isinstance(values, Mapping):
        raise TypeError(f"the preprocessing is {values!r:.100}, expected options")
    if values.get("tokenizer") != "word":
        return from_manifest(PreprocessOptions, values)
    return from_manifest(WordOptions, {"word_rules": 1, **values})


def split_shares(options: PreprocessOptions) -> tuple[float, ...]:
    """``"0.9,0.05,0.05"`` → ``(0.9, 0.05, 0.05)``; without ``--split`` ``(1.0,)``.

    Raises:
        UsageError: not two or three positive numbers that sum to 1.
    """
    if options.split is None:
        return (1.0,)
    try:
        shares = tuple(float(part) for part in options.split.split(","))
    except ValueError:
        shares = ()
    usable = 2 <= len(shares) <= len(SPLIT_NAMES) and all(share > 0 for share in shares)
    if not usable or not math.isclose(sum(shares), 1.0, abs_tol=1e-6):
        raise UsageError(f"--split {options.split} is not understood", "give shares such as 0.9,0.05,0.05")
    return shares


def thread_count(threads: int | None) -> int:
    """The threads asked for, or the cores this process may use."""
    return (
        threads or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else threads or os.cpu_count() or 1
    )


def byte_count(size: str) -> int:
    """``"512M"`` → 536870912.

    Raises:
        UsageError: not a size.
    """
    match = _SIZE.fullmatch(size)
    if not match:
        raise UsageError(f"{size} is not a size", "write it as 512M or 4G")
    return int(float(match[1]) * _UNITS[match[2].lower()])


def warn_of_types(types: int, memory: str | None, remedy: str) -> bool:
    """Warn where so many types take more than the working memory, which they come on top of; whether they do."""
    needed = types * BYTES_OF_A_TYPE
    if memory is None or needed <= byte_count(memory):
        return False
    warn(f"{types:,} types take up to {needed // 1_000_000:,} MB beside --memory {memory}; {remedy}")
    return True


def counting_bytes(memory: str) -> int:
    """The working memory asked for to count in, in bytes.

    Raises:
        UsageError: not a size, or less than `LEAST_COUNTING_BYTES`.
    """
    size = byte_count(memory)
    if size < LEAST_COUNTING_BYTES:
        raise UsageError(f"--memory {memory} is too little to count in", f"give at least {LEAST_COUNTING_BYTES >> 20}M")
    return size
