"""The tokenizer of a corpus or model, by its name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import cast

from seqtool.corpus.options import SUBWORD_TOKENIZERS, WORD_RULES, PreprocessOptions
from seqtool.corpus.tokenizers.tokenize import (
    CHARACTERS,
    SPACED,
    TOKENIZER,
    WORDS,
    SplitTokenizer,
    Tokenizer,
    join_jamo,
    split_jamo,
    whole,
)
from seqtool.errors import UsageError


def load_tokenizer(
    options: PreprocessOptions, directory: Path | None = None, file: str = TOKENIZER, phrases: Path | None = None
) -> Tokenizer:
    """The tokenizer of a corpus or model.

    Args:
        options: how the corpus was made.
        directory: the folder that holds the file that a bpe or unigram tokenizer needs.
        file: its name.
        phrases: the file of phrases, where words are joined.

    Raises:
        InputError: ``tokenizer.json`` or ``phrases.tsv`` cannot be used, or kiwipiepy is not installed.
        UsageError: jamo without a composing normalisation.
    """
    if phrases is not None:
        from seqtool.corpus.phrases.scoring import Phrases, PhraseTokenizer

        return PhraseTokenizer(load_tokenizer(options), Phrases.read(phrases))
    name = options.tokenizer
    if name == "word":
        from seqtool.corpus.tokenizers.words import word_splitter

        return SplitTokenizer(
            name, word_splitter(getattr(options, "word_rules", WORD_RULES)), mode=WORDS, join=" ".join
        )
    if name in SUBWORD_TOKENIZERS:
        from seqtool.corpus.tokenizers.subword import SubwordTokenizer

        assert directory is not None
        return SubwordTokenizer.read(name, directory, file)
    if name == "korean":
        from seqtool.corpus.tokenizers.korean import KoreanTokenizer

        return KoreanTokenizer(options.threads)
    if name == "jamo" and options.normalize == "none":
        raise UsageError("--tokenizer jamo needs composed text", "use --normalize nfc or nfkc")
    return _BUILDERS[name]()


def _syllable_pattern() -> re.Pattern[str]:
    import regex

    conjoining = r"[\u1100-\u115F\uA960-\uA97C]+[\u1160-\u11A7\uD7B0-\uD7C6]+[\u11A8-\u11FF\uD7CB-\uD7FB]*"
    letters = r"[[\p{L}\p{M}\p{N}]--\p{Hangul}]+"
    return cast("re.Pattern[str]", regex.compile(rf"(?V1s){conjoining}|{letters}|."))


_BUILDERS: dict[str, Callable[[], Tokenizer]] = {
    "whitespace": lambda: SplitTokenizer("whitespace", whole, mode=WORDS, join=" ".join),
    "char": lambda: SplitTokenizer("char", list, mode=CHARACTERS),
    "syllable": lambda: SplitTokenizer("syllable", _syllable_pattern().findall, mode=SPACED),
    "jamo": lambda: SplitTokenizer("jamo", split_jamo, mode=CHARACTERS, join=join_jamo),
}
