"""Whether the tokens of a text are units that a model can learn from."""

from __future__ import annotations

import re
from collections.abc import Mapping

from seqtool.corpus.oddities import lines_are_tokens
from seqtool.corpus.reading.unwrapping import unspaced_share

_LONG_TOKEN, _SAMPLE = 8, 1000  # characters of a token, in scripts without spaces; types looked at
_HANGUL = re.compile("[가-힣]")


def unspaced(counts: Mapping[str, int], tokens: int, lines: int) -> bool:
    """Whether a text split at spaces has no spaces between its words."""
    types = list(counts)
    if token_length(counts) > _LONG_TOKEN and unspaced_share("".join(types[:_SAMPLE])) > 0.5:
        return True
    once = sum(count == 1 for count in counts.values())
    return lines_are_tokens(types, once, tokens, lines)


def token_length(counts: Mapping[str, int]) -> float:
    """Mean number of characters of a token."""
    return sum(len(token) * count for token, count in counts.items()) / max(1, sum(counts.values()))


def particles(counts: Mapping[str, int]) -> str:
    """What to do about Korean words that are counted with their particles and endings; empty for other texts."""
    start = "".join(list(counts)[:_SAMPLE])
    if len(_HANGUL.findall(start)) <= len(start) / 2:
        return ""
    return "a Korean word is a new type with each particle or ending: use --tokenizer korean, bpe or syllable"
