"""What is odd in a corpus that was just made, told without a second look at the text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqtool.corpus.options import PreprocessOptions
from seqtool.corpus.reading.unwrapping import unspaced_share
from seqtool.corpus.vocabulary import SPECIALS, Vocabulary
from seqtool.errors import plural
from seqtool.progress import warn

SENTENCE_MARKS = ("<s>", "</s>")
_FEWEST_LINES = 5
_TOKENS_A_LINE, _SINGLE_SHARE = 1.5, 0.8  # of text without spaces: fewer and more
_UNSPACED_LENGTH, _LENGTH = 5, 30  # characters of a token that is no word, in scripts without spaces and in others
_SAMPLE = 1000


def warn_of_oddities(vocabulary: Vocabulary, sentences: int, options: PreprocessOptions) -> None:
    """Warn of sentence marks written in a text, and of lines without spaces that became tokens.

    Args:
        vocabulary: of the corpus, with the counts of its training part.
        sentences: of the training part.
        options: how the text was tokenized.
    """
    if options.tokenizer not in ("whitespace", "word"):
        return
    for mark in SENTENCE_MARKS:
        if mark in vocabulary.tokens:
            count = int(vocabulary.counts[vocabulary.tokens.index(mark)])
            warn(
                f"{mark} occurs {plural(count, 'time')} in the text and is read as an ordinary word; "
                "seqtool marks sentence ends itself, so remove it (seqtool doctor shows how)"
            )
    tokens, counts = vocabulary.tokens[len(SPECIALS) :], vocabulary.counts[len(SPECIALS) :]
    once = int(np.count_nonzero(counts == 1))
    if options.tokenizer == "whitespace" and lines_are_tokens(tokens, once, int(counts.sum()), sentences):
        warn(
            "nearly every line is one token that occurs once; if the words are not separated by spaces, use "
            "--tokenizer char or bpe"
        )


def lines_are_tokens(types: Sequence[str], once: int, tokens: int, lines: int) -> bool:
    """Whether nearly every line is one token, too long for a word, that occurs once.

    Args:
        types: the vocabulary, the rare ones last.
        once: types that occur once.
        tokens, lines: how many there are.
    """
    if lines < _FEWEST_LINES or not 0 < tokens <= _TOKENS_A_LINE * lines or once < _SINGLE_SHARE * len(types):
        return False
    sample = types[-_SAMPLE:]
    unspaced = unspaced_share("".join(sample)) > 0.5
    return sum(map(len, sample)) > len(sample) * (_UNSPACED_LENGTH if unspaced else _LENGTH)
