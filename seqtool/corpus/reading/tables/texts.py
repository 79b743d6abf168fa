"""The text of a table, in blocks of whole lines."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator

from seqtool.corpus.options import SourceOptions
from seqtool.corpus.reading.blocks import Block, checked_text


class TableText:
    """The checked text of blocks, each of whole lines with their newlines.

    Under ``--errors skip`` lines are gone; `place` still knows which line of the file another is.
    """

    def __init__(self, blocks: Iterable[Block], options: SourceOptions, counts: Counter[str]) -> None:
        self._blocks, self._options, self._counts = blocks, options, counts
        self._gaps = array("q")  # for each line that is gone, how many were kept before it
        self._kept = 0

    def __iter__(self) -> Iterator[str]:
        for block in self._blocks:
            data = checked_text(block, self._options, self._counts)
            if self._options.errors == "skip":
                self._note_gaps(block, data.count(b"\n"))
            if data:
                yield data.decode()

    def _note_gaps(self, block: Block, kept: int) -> None:
        if kept < block.lines:
            before = self._kept
            for line in block.data.split(b"\n")[:-1]:
                if _is_utf8(line):
                    before += 1
                else:
                    self._gaps.append(before)
        self._kept += kept

    def place(self, line: int) -> int:
        """The number in the file of the ``line``-th line that was kept, both from 1."""
        return line + bisect_left(self._gaps, line)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
