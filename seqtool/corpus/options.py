"""The options of `preprocess`: how text is read, normalized, tokenized and split."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

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

    PANEL: ClassVar[str] = "Text"

    encoding: str = option(
        "utf-8",
        "character encoding of the text; auto detects it for each file",
        metavar="NAME",
    )
    errors: str = option(
        "strict",
        "bytes that are invalid in the encoding: stop (strict), replace them with U+FFFD, or skip the line",
        choices=("strict", "replace", "skip"),
    )
    column: str | None = option(
        None,
        "column of a table (.csv, .tsv, .jsonl, .parquet, hf:): its name, or its number from 0 if the table has no "
        "header; 0,1 (or names separated by TABs) reads several columns one after another [default: text]",
        metavar="NAME",
    )
    bad_rows: str = option(
        "error",
        "table rows that cannot be read or have the wrong number of cells: stop (error), or skip and count them",
        choices=("error", "skip"),
        later=True,
    )
    quoting: str = option(
        "auto",
        "quotation marks in .csv and .tsv enclose cells, with inner marks doubled (csv) or after a backslash "
        "(escaped), or are text (none) [default: auto, csv or escaped for .csv, detected for .tsv]",
        choices=("auto", "csv", "escaped", "none"),
        later=True,
    )
    separator: str | None = option(
        None,
        "cell separator in .csv and .tsv, such as ; or tab [default: detected in .csv, TAB in .tsv]",
        metavar="CHARACTER",
        later=True,
    )
    hf_revision: str | None = option(None, "branch, tag or commit of an hf: data set", metavar="REVISION")
    newline: str = option(
        "lf",
        "line ends: LF or CR LF (lf), or also a lone CR, as on old Macs (any)",
        choices=("lf", "any"),
        later=True,
    )
    unwrap: bool = option(
        False,
        "join the lines of each paragraph of a hard-wrapped text; a blank line ends a paragraph",
        later=True,
    )


@dataclass(frozen=True)
class PreprocessOptions:
    """How lines become sentences of token ids."""

    PANEL: ClassVar[str] = "Text"

    tokenizer: str = option("whitespace", "tokenizer", choices=TOKENIZERS)
    normalize: str = option("nfc", "Unicode normalization form", choices=("nfc", "nfkc", "none"))
    lower: bool = option(False, "lowercase the text")
    digits: str = option(
        "keep",
        "digits: keep them, replace each digit with 0 (zero), or each run of digits with N (number)",
        choices=("keep", "zero", "number"),
    )
    vocab_size: int = option(8000, "size of a bpe or unigram vocabulary, including special tokens", minimum=258)
    # Operational although it changes the result: the file's digest stands among the inputs, its path must not.
    vocab: str | None = option(
        None,
        "fixed vocabulary: a file with one token per line (text after a TAB, or a count after a space on every "
        "line, is ignored); other tokens become <unk>",
        metavar="FILE",
        operational=True,
        panel="Text",
    )
    max_vocab: int | None = option(
        None, "maximum number of types, including <unk> and <eos> [default: no limit]", minimum=3
    )
    split: str | None = option(
        None,
        "shares of the train, valid and test parts, such as 0.9,0.05,0.05; two shares make train and valid",
        metavar="SHARES",
    )
    split_by: str = option(
        "contiguous",
        "split by position, or by a hash of each line: identical lines then share a part, and lines stay in their "
        "part when the corpus grows",
        choices=("contiguous", "hash"),
    )
    blank_lines: str = option("keep", "keep blank lines as empty sentences, or drop them", choices=("keep", "drop"))
    specials_in_text: bool = option(False, "read <eos> in the text as the end-of-sentence token")
    threads: int | None = option(None, "CPU threads [default: all cores]", minimum=1, operational=True)
    memory: str | None = option(
        None, "working memory for data that grows with the corpus, such as 512M or 4G", metavar="SIZE", operational=True
    )


@dataclass(frozen=True)
class WordOptions(PreprocessOptions):
    """`PreprocessOptions` of ``--tokenizer word`` with the version of its rules, which is recorded and never asked."""

    word_rules: int = option(WORD_RULES, "version of the word rules")


@dataclass(frozen=True)
class PhraseOptions:
    """What makes two adjacent words a phrase."""

    scoring: str = option(
        "ratio",
        "association score: word2phrase's ratio (Mikolov et al. 2013), normalized pointwise mutual information "
        "(npmi; Bouma 2009), or log-likelihood ratio (llr; Dunning 1993)",
        choices=("ratio", "npmi", "llr"),
    )
    threshold: float | None = option(
        None,
        "minimum score of a phrase [default: ratio 100 (word2phrase), npmi 0.5, llr 10.83 (p < 0.001)]",
    )
    min_count: int = option(5, "minimum count of a word pair (as in word2phrase and gensim)", minimum=1)
    passes: int = option(
        1,
        "passes over the text; each can join phrases from earlier passes, so 2 passes find up to four words",
        minimum=1,
        maximum=8,
    )
    delimiter: str = option("_", "text placed between the words of a phrase", metavar="TEXT")
    memory: str = option("1G", "working memory for counting word pairs", metavar="SIZE", operational=True)

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
        raise TypeError(f"expected a mapping of preprocessing options, found {values!r:.100}")
    if values.get("tokenizer") != "word":
        return from_manifest(PreprocessOptions, values)
    return from_manifest(WordOptions, {"word_rules": 1, **values})


def as_given(name: str, value: object) -> str:
    """An option as it is given: ``--tokenizer bpe``, ``--lower``, ``--no-lower``, ``no --max-vocab``."""
    flag = name.replace("_", "-")
    if isinstance(value, bool):
        return f"--{flag}" if value else f"--no-{flag}"
    return f"no --{flag}" if value is None else f"--{flag} {value}"


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
        raise UsageError(
            f"--split {options.split} is invalid", "give two or three shares that sum to 1, such as 0.9,0.05,0.05"
        )
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
        raise UsageError(f"{size} is not a valid size", "give a size such as 512M or 4G")
    return int(float(match[1]) * _UNITS[match[2].lower()])


def warn_of_types(types: int, memory: str | None, remedy: str) -> bool:
    """Warn where so many types take more than the working memory, which they come on top of; whether they do."""
    needed = types * BYTES_OF_A_TYPE
    if memory is None or needed <= byte_count(memory):
        return False
    warn(f"{types:,} types need up to {needed // 1_000_000:,} MB in addition to --memory {memory}; {remedy}")
    return True


def counting_bytes(memory: str) -> int:
    """The working memory asked for to count in, in bytes.

    Raises:
        UsageError: not a size, or less than `LEAST_COUNTING_BYTES`.
    """
    size = byte_count(memory)
    if size < LEAST_COUNTING_BYTES:
        raise UsageError(f"--memory {memory} is too small for counting", f"give at least {LEAST_COUNTING_BYTES >> 20}M")
    return size
