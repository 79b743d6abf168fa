"""Distinct pretokens → distinct tokens → ids.

Shapes: E pretokens, T tokens, P parts, V ids.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.corpus.tokenizers.tokenize import Tokenizer
from seqtool.corpus.vocabulary import EOS, SPECIALS, UNK, Vocabulary, by_rank


@dataclass(frozen=True)
class Tokens:
    """The tokens of E pretokens.

    Attributes:
        texts: T distinct tokens.
        firsts: int64, E + 1; pretoken e has the tokens ``flat[firsts[e]:firsts[e + 1]]``.
        flat: their numbers in ``texts``, later their ids.
    """

    texts: list[str]
    firsts: NDArray[np.int64]
    flat: NDArray[Any]


def tokenize_table(tokenizer: Tokenizer, texts: list[str]) -> Tokens:
    """The tokens of pretoken texts, already normalised."""
    numbers: dict[str, int] = {}
    if tokenizer.name == "whitespace":  # a pretoken is its own token
        flat = [numbers.setdefault(text, len(numbers)) for text in texts]
        lengths: Any = 1
    else:
        flat, lengths = [], []
        for tokens in tokenizer.tokenize_pretokens(texts):
            lengths.append(len(tokens))
            flat += [numbers.setdefault(token, len(numbers)) for token in tokens]
    firsts = np.zeros(len(texts) + 1, np.int64)
    firsts[1:] = lengths
    return Tokens(list(numbers), np.cumsum(firsts), np.array(flat, np.int64))


def count_tokens(tokens: Tokens, counts_PE: NDArray[np.int64]) -> NDArray[np.int64]:
    """Occurrences of every token in every part: int64 (P, T)."""
    repeats = np.diff(tokens.firsts)
    rows = [np.bincount(tokens.flat, np.repeat(row, repeats), len(tokens.texts)).astype(np.int64) for row in counts_PE]
    return np.array(rows, np.int64).reshape(len(counts_PE), len(tokens.texts))


def rank(
    tokens: Tokens,
    counts_T: NDArray[np.int64],
    specials: dict[str, int],
    always: Iterable[str] = (),
    only: Collection[str] | None = None,
    max_vocab: int | None = None,
) -> tuple[Vocabulary, NDArray[np.int64]]:
    """The vocabulary by falling count, and the tokens' ids in it.

    Args:
        tokens: the tokens of the text.
        counts_T: how often each occurs in the training part.
        specials: texts that stand for a special symbol, and its id.
        always: tokens that are in the vocabulary even if they do not occur.
        only: a fixed vocabulary: all of these and no others.
        max_vocab: most entries, the specials included.

    Returns:
        (the vocabulary, in which the count of ``<eos>`` lacks the sentences' ends; int64 (T,), the id of each token,
        0 where it is not in the vocabulary).
    """
    present = set(tokens.texts)
    texts = tokens.texts + [text for text in dict.fromkeys(always if only is None else only) if text not in present]
    counts = np.zeros(len(texts), np.int64)
    counts[: len(counts_T)] = counts_T
    order = by_rank(texts, counts)
    if only is not None:
        order = order[[texts[index] in only for index in order.tolist()]]
    literal = {number: specials[text] for number, text in enumerate(texts) if text in specials} if specials else {}
    order = order[~np.isin(order, list(literal))]
    order = order[: None if max_vocab is None else max_vocab - len(SPECIALS)]
    ids = np.zeros(len(texts), np.int64)
    ids[order] = np.arange(len(SPECIALS), len(SPECIALS) + len(order))
    ids[list(literal)] = list(literal.values())
    new_counts = np.zeros(len(order) + len(SPECIALS), np.int64)
    np.add.at(new_counts, ids, counts)
    return Vocabulary([*SPECIALS, *(texts[index] for index in order.tolist())], new_counts), ids[: len(counts_T)]


def special_texts(tokenizer: Tokenizer, specials_in_text: bool) -> dict[str, int]:
    """Which texts stand for special symbols: ``<unk>`` where words are tokens, ``<eos>`` if asked for."""
    if not tokenizer.understands_unknown:
        return {}
    return {SPECIALS[UNK]: UNK} | ({SPECIALS[EOS]: EOS} if specials_in_text else {})
