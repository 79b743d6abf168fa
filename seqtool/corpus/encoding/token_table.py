"""Distinct pretokens → distinct tokens → ids.

Shapes: E pretokens, T tokens, P parts, V ids.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.corpus.encoding.pretokens import PretokenTable
from seqtool.corpus.normalize import Normalizer
from seqtool.corpus.packed import PackedTexts
from seqtool.corpus.tokenizers.tokenize import Tokenizer
from seqtool.corpus.vocabulary import EOS, SPECIALS, UNK, Vocabulary


@dataclass(frozen=True)
class Tokens:
    """The tokens of E pretokens.

    Attributes:
        texts: T distinct tokens.
        firsts: int64, E + 1; pretoken e has the tokens ``flat[firsts[e]:firsts[e + 1]]``.
        flat: their numbers in ``texts``, later their ids.
    """

    texts: PackedTexts
    firsts: NDArray[np.int64]
    flat: NDArray[Any]


def tokenize_table(tokenizer: Tokenizer, pretokens: PackedTexts, normalizer: Normalizer) -> Tokens:
    """The tokens of pretokens, some ten thousand pretokens at a time."""
    size = len(pretokens)
    whole = tokenizer.name == "whitespace"  # a pretoken is its own token
    if whole and not normalizer.folds:
        return Tokens(pretokens, np.arange(size + 1), np.arange(size))
    table, firsts, done = PretokenTable(), np.ones(size + 1, np.int64), 0
    flat = [np.zeros(0, np.int32)]
    firsts[0] = 0
    for texts in folded_parts(tokenizer, pretokens, normalizer):
        if whole:
            flat.append(table.number(texts))
        else:
            tokens: list[str] = []
            for index, some in enumerate(tokenizer.tokenize_pretokens(texts), done + 1):
                firsts[index] = len(some)
                tokens += some
            flat.append(table.number(tokens))
        done += len(texts)
    return Tokens(table.texts(), np.cumsum(firsts), np.concatenate(flat))


def folded_parts(tokenizer: Tokenizer, pretokens: PackedTexts, normalizer: Normalizer) -> Iterator[list[str]]:
    """The pretokens with case and digits folded (a line tokenizer has folded them), some ten thousand at a time."""
    for texts in pretokens.parts():
        folds = normalizer.folds and not tokenizer.by_line
        yield normalizer.fold("\n".join(texts)).split("\n") if folds else texts


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
    absent = dict.fromkeys(always if only is None else only)
    if absent:
        for text in tokens.texts:
            absent.pop(text, None)
    texts = PackedTexts.of([*tokens.texts, *absent]) if absent else tokens.texts
    counts = np.zeros(len(texts), np.int64)
    counts[: len(counts_T)] = counts_T
    order = texts.by_rank(counts)
    if only is not None:
        order = order[np.fromiter((text in only for text in texts), bool, len(texts))[order]]
    literal = {number: specials[text] for number, text in enumerate(texts) if text in specials} if specials else {}
    order = order[~np.isin(order, list(literal))]
    order = order[: None if max_vocab is None else max_vocab - len(SPECIALS)]
    ids = np.zeros(len(texts), np.int64)
    ids[order] = np.arange(len(SPECIALS), len(SPECIALS) + len(order))
    ids[list(literal)] = list(literal.values())
    new_counts = np.zeros(len(order) + len(SPECIALS), np.int64)
    np.add.at(new_counts, ids, counts)
    return Vocabulary(texts.taken(order, SPECIALS), new_counts), ids[: len(counts_T)]


def special_texts(tokenizer: Tokenizer, specials_in_text: bool) -> dict[str, int]:
    """Which texts stand for special symbols: ``<unk>`` where words are tokens, ``<eos>`` if asked for."""
    if not tokenizer.understands_unknown:
        return {}
    return {SPECIALS[UNK]: UNK} | ({SPECIALS[EOS]: EOS} if specials_in_text else {})
