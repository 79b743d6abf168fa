"""The first pass over a text: blocks of lines → pretoken numbers, spilled to disk.

Each thread numbers pretokens in a table of its own; `Pretokenizer.merged` makes one numbering of them. A table that has
grown large is merged at once and begun anew, so that rare words are not held by every thread that has met them.

Shapes: L lines, E distinct pretokens, P parts.
"""

from __future__ import annotations

import queue
import threading
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
from seqtool.corpus.options import PreprocessOptions, SourceOptions, split_shares, thread_count, warn_of_types
from seqtool.corpus.packed import PackedTexts
from seqtool.corpus.reading.blocks import Block
from seqtool.corpus.tokenizers.tokenize import Tokenizer

_FEWER_TYPES = (
    "--lower or --tokenizer word leaves fewer types, and --max-vocab keeps only the most frequent for later commands"
)
_MOST_ENTRIES = 1 << 18  # of a thread's own table, before they are moved to the table of all


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
        self._tables: list[PretokenTable | None] = [PretokenTable() for _ in range(self.threads)]
        self._numbers: list[int] = []
        self._all: PretokenTable | None = None
        self._lock = threading.Lock()
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
        warned = False
        for cleaned, table, pretokenized, parts in ordered(self._pretokenize, blocks, self.threads):
            warned = warned or warn_of_types(self._held(), self._options.memory, _FEWER_TYPES)
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
        own = self._tables[table]
        assert own is not None
        try:
            pretokenized = own.pretokenize(
                text, cleaned.lines, self._tokenizer.mode, self._options.blank_lines == "drop"
            )
        finally:
            full = self.threads > 1 and own.size > _MOST_ENTRIES
            self._free.put(self._emptied(table) if full else table)
        if cleaned.measured is not text:
            lengths = kernels.measure(np.frombuffer(cleaned.measured, np.uint8), cleaned.lines)
            pretokenized = replace(pretokenized, lengths=lengths[pretokenized.lines])
        return cleaned, table, pretokenized, self._parts(cleaned, pretokenized)

    def _held(self) -> int:
        """The pretokens in all tables; one that several threads have met counts for each."""
        return sum(table.size for table in (self._all, *self._tables) if table is not None)

    def _emptied(self, table: int) -> int:
        """Move the entries of a table to the table of all threads; the number of an empty one in its place."""
        with self._lock:
            self._all = self._all or PretokenTable()
            self._absorb(self._all, table)
            self._tables.append(PretokenTable())
            return len(self._tables) - 1

    def _absorb(self, merged: PretokenTable, number: int) -> None:
        table, self._tables[number] = self._tables[number], None
        if table is not None:
            self.spill.keep_map(merged.absorb(table))
            self._numbers.append(number)

    def merged(self) -> tuple[PackedTexts, list[NDArray[np.int32]]]:
        """All pretokens, and for each table that `run` numbered blocks by its pretokens' numbers among them."""
        merged, self._all = self._all, None
        if merged is None:
            merged, self._tables[0] = self._tables[0] or PretokenTable(), None
            self.spill.keep_map(np.arange(merged.size, dtype=np.int32))
            self._numbers.append(0)
        for number in range(len(self._tables)):
            self._absorb(merged, number)
        maps = dict(zip(self._numbers, self.spill.maps(), strict=True))
        return merged.texts(), [maps[number] for number in range(len(self._tables))]

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


def count_pretokens(
    spill: Spill, maps: list[NDArray[np.int32]], size: int, parts: int, threads: int
) -> NDArray[np.int64]:
    """Occurrences of every pretoken in every part: int64 (P, E)."""
    counts_PE = np.zeros((parts, size), np.int64)
    for block in ordered(spill.read, spill.places, threads):
        count(block.ids, block.pretokens, block.parts, maps[block.table], counts_PE)
    return counts_PE
