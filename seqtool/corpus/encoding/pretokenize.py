"""The first pass over a text: blocks of lines → pretoken numbers, spilled to disk.

Each thread numbers pretokens in a table of its own; `merge` makes one numbering of them.

Shapes: L lines, E distinct pretokens, P parts.
"""

from __future__ import annotations

import queue
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.threads import ordered
from seqtool.corpus.encoding import kernels
from seqtool.corpus.encoding.clean import CleanBlock, clean
from seqtool.corpus.encoding.expand import count
from seqtool.corpus.encoding.line_hash import hash_lines
from seqtool.corpus.encoding.pretokens import Pretokenized, PretokenTable
from seqtool.corpus.encoding.spill import Spill
from seqtool.corpus.normalize import Normalizer
from seqtool.corpus.options import PreprocessOptions, SourceOptions, split_shares, thread_count
from seqtool.corpus.reading.blocks import Block
from seqtool.corpus.tokenizers.tokenize import Tokenizer


@dataclass
class Totals:
    """What a text holds: lines read, characters and bytes of the lines kept (line ends included), what was dropped."""

    read: int = 0
    characters: int = 0
    bytes: int = 0
    counts: Counter[str] = field(default_factory=Counter)


class Pretokenizer:
    """The first pass.

    Args:
        spill: where the blocks go.
        tokenizer_mode: the pretokens wanted (of `kernels`).
        sources, options: how the text is read and split.
    """

    def __init__(self, spill: Spill, tokenizer: Tokenizer, sources: SourceOptions, options: PreprocessOptions) -> None:
        self.spill = spill
        self.totals = Totals()
        self.threads = 1 if tokenizer.by_line else thread_count(options.threads)
        self.tables = [PretokenTable() for _ in range(self.threads)]
        self._free: queue.SimpleQueue[int] = queue.SimpleQueue()
        for table in range(self.threads):
            self._free.put(table)
        self._tokenizer, self._sources, self._options = tokenizer, sources, options
        self._normalizer = Normalizer(options)
        self._limits = _hash_limits(options)

    def run(self, blocks: Iterable[Block]) -> None:
        """Pretokenize and spill every block.

        Raises:
            InputError: text that cannot be read.
        """
        for cleaned, table, pretokenized, parts in ordered(self._pretokenize, blocks, self.threads):
            self.spill.append(table, pretokenized, parts)
            characters, size = pretokenized.lengths.sum(axis=0, dtype=np.int64).tolist()
            self.totals.read += cleaned.read
            self.totals.characters += characters
            self.totals.bytes += size
            self.totals.counts.update(cleaned.counts)
            self.totals.counts["blank"] += cleaned.lines - len(pretokenized.lines)

    def _pretokenize(self, block: Block) -> tuple[CleanBlock, int, Pretokenized, NDArray[np.uint8]]:
        cleaned = clean(block, self._sources, self._normalizer)
        text = self._tokenizer.prepare(cleaned.text, self._normalizer)
        table = self._free.get()
        try:
            pretokenized = self.tables[table].pretokenize(
                text, cleaned.lines, self._tokenizer.mode, self._options.blank_lines == "drop"
            )
        finally:
            self._free.put(table)
        if cleaned.measured is not text:
            lengths = kernels.measure(np.frombuffer(cleaned.measured, np.uint8), cleaned.lines)
            pretokenized = replace(pretokenized, lengths=lengths[pretokenized.lines])
        return cleaned, table, pretokenized, self._parts(cleaned, pretokenized)

    def _parts(self, cleaned: CleanBlock, pretokenized: Pretokenized) -> NDArray[np.uint8]:
        if self._limits is None:
            return np.zeros(len(pretokenized.lines), np.uint8)
        hashes = hash_lines(np.frombuffer(cleaned.measured, np.uint8), cleaned.lines)
        return np.searchsorted(self._limits, hashes[pretokenized.lines], side="right").astype(np.uint8)


def _hash_limits(options: PreprocessOptions) -> NDArray[np.uint64] | None:
    """Where the hashes of valid and test begin; None unless the split goes by hash."""
    if options.split is None or options.split_by != "hash":
        return None
    shares = np.cumsum(split_shares(options))[:-1]
    return np.array([int(share * 2.0**64) for share in shares], np.uint64)


def merge(tables: list[PretokenTable]) -> tuple[PretokenTable, list[NDArray[np.int32]]]:
    """One table of all pretokens, and for each of ``tables`` its pretokens' numbers there."""
    first = tables[0]
    maps = [np.arange(first.size, dtype=np.int32)]
    maps += [first.absorb(table) for table in tables[1:]]
    return first, maps


def count_pretokens(
    spill: Spill, maps: list[NDArray[np.int32]], size: int, parts: int, threads: int
) -> NDArray[np.int64]:
    """Occurrences of every pretoken in every part: int64 (P, E)."""
    counts_PE = np.zeros((parts, size), np.int64)
    for block in ordered(spill.read, spill.places, threads):
        count(block.ids, block.pretokens, block.parts, maps[block.table], counts_PE)
    return counts_PE
