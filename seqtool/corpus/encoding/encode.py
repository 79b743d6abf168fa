"""Text → the arrays of a corpus, in three passes over blocks of lines.

    pretokenize  every block is split into pretokens (`kernels`), numbered in a table per thread, and spilled
    tokens       the tables are merged, each distinct pretoken is tokenised once, the tokens are ranked by count
    expand       the spilled numbers become token ids, written part by part (train, valid, test)

What is written depends on the text and the options only, not on threads or block sizes: the tables number pretokens
differently from run to run, but tokens are ranked by count and bytes.

Memory: a few blocks per thread, and per distinct pretoken its bytes and at most 100 more, for all threads together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.arrays import ArrayWriter
from seqtool.compute.threads import ordered
from seqtool.corpus.encoding.expand import expand
from seqtool.corpus.encoding.pretokenize import Pretokenizer, Totals, count_pretokens
from seqtool.corpus.encoding.spill import Place, Spill
from seqtool.corpus.encoding.token_table import Tokens, count_tokens, folded_parts, rank, special_texts, tokenize_table
from seqtool.corpus.normalize import Normalizer
from seqtool.corpus.options import SPLIT_NAMES, PreprocessOptions, SourceOptions, split_shares, thread_count
from seqtool.corpus.reading.blocks import Block
from seqtool.corpus.tokenizers.tokenize import Tokenizer
from seqtool.corpus.vocabulary import EOS, UNK, Vocabulary

_UINT16_IDS = 1 << 16

# What trains a subword tokenizer: distinct pretokens of the training part and their counts.
Train = Callable[[list[str], NDArray[np.int64]], Tokenizer]


@dataclass(frozen=True)
class Encoded:
    """What was written.

    Attributes:
        vocabulary: counts are those of the training part.
        splits: name → first sentence, sentence after the last.
        totals: what was read.
        tokens: in all parts, ``<eos>`` left out.
        unknown: tokens of all parts that became ``<unk>`` because they are not in the vocabulary.
    """

    vocabulary: Vocabulary
    splits: dict[str, tuple[int, int]]
    totals: Totals
    tokens: int
    unknown: int


def encode(
    blocks: Iterable[Block],
    sources: SourceOptions,
    options: PreprocessOptions,
    tokenizer: Tokenizer,
    directory: Path,
    *,
    train: Train | None = None,
    only: Collection[str] | None = None,
) -> Encoded:
    """Write ``ids.npy``, ``bounds.npy``, ``lengths.npy`` and ``vocab.tsv`` of a text.

    Args:
        blocks: the text.
        sources, options: how it is read and preprocessed.
        tokenizer: how it is tokenised; with ``train``, the tokenizer whose pretokens it is trained on.
        directory: an existing folder.
        train: makes the tokenizer from the pretokens of the training part.
        only: a fixed vocabulary.

    Raises:
        InputError: text that cannot be read.
    """
    shares, threads = split_shares(options), thread_count(options.threads)
    with Spill(directory) as spill:
        pretokenizer = Pretokenizer(spill, tokenizer, sources, options)
        pretokenizer.run(blocks)
        if options.split_by == "contiguous" and options.split:
            spill.split_contiguously(shares)
        texts, maps = pretokenizer.merged()
        counts_PE = count_pretokens(spill, maps, len(texts), len(shares), threads)
        normalizer = Normalizer(options)
        if train:
            folded = [text for part in folded_parts(tokenizer, texts, normalizer) for text in part]
            tokenizer = train(folded, counts_PE[0])
            del folded
        tokens = tokenize_table(tokenizer, texts, normalizer)
        counts_PT = count_tokens(tokens, counts_PE)
        specials = special_texts(tokenizer, options.specials_in_text)
        always = getattr(tokenizer, "pieces", ())
        vocabulary, ids_T = rank(tokens, counts_PT[0], specials, always, only, options.max_vocab)
        splits = _write_sentences(directory, spill, maps, tokens, ids_T, len(vocabulary), len(shares), threads)
    vocabulary.counts[EOS] += splits["train"][1]
    vocabulary.write(directory / "vocab.tsv")
    literal = [number for number, text in enumerate(tokens.texts) if text in specials] if specials else []
    cut = ids_T == UNK
    cut[literal] = False
    return Encoded(vocabulary, splits, pretokenizer.totals, int(counts_PT.sum()), int(counts_PT[:, cut].sum()))


def _write_sentences(
    directory: Path,
    spill: Spill,
    maps: list[NDArray[np.int32]],
    tokens: Tokens,
    ids_T: NDArray[np.int64],
    size: int,
    parts: int,
    threads: int,
) -> dict[str, tuple[int, int]]:
    """The third pass; the sentence ranges of the parts."""
    dtype = np.uint16 if size <= _UINT16_IDS else np.uint32
    flat = ids_T[tokens.flat].astype(dtype)

    def expanded(place: Place) -> list[tuple[Any, Any, Any]]:
        block = spill.read(place)
        columns = block.ids, block.pretokens, block.parts
        mapping = maps[block.table], tokens.firsts, flat
        return [(*expand(*columns, part, *mapping, EOS), block.lengths[block.parts == part]) for part in range(parts)]

    with (
        ArrayWriter(directory / "ids.npy", dtype, (), parts) as ids,
        ArrayWriter(directory / "bounds.npy", np.int64, (), parts) as bounds,
        ArrayWriter(directory / "lengths.npy", np.uint32, (2,), parts) as lengths,
    ):
        bounds.append(0, np.zeros(1, np.int64))
        for results in ordered(expanded, spill.places, threads):
            for part, (block_ids, ends, block_lengths) in enumerate(results):
                bounds.append(part, ends + ids.lengths[part])
                ids.append(part, block_ids)
                lengths.append(part, block_lengths)
        ids.finish()
        bounds.finish([0, *np.cumsum(ids.lengths).tolist()])
        lengths.finish()
        ends = [0, *np.cumsum(lengths.lengths).tolist()]
    return {SPLIT_NAMES[part]: (ends[part], ends[part + 1]) for part in range(parts)}
