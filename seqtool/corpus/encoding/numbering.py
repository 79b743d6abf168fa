"""The compiled loop that numbers texts which stand one a line."""

from __future__ import annotations

from typing import Any

from seqtool.compute.jit import kernel
from seqtool.corpus.encoding.kernels import _NEWLINE, Bytes, Pretoken, Table, Words, _add, _find, _hash, _head


@kernel
def number_lines(block: Bytes, words: Words, size: int, table: Table, numbers: Any) -> int:
    """Add the lines of a block to a table that has room for all of them; its new size.

    ``numbers``, int32, receives the entry of each line; ``words`` is as for `kernels.pretokenize`.
    """
    slots, _, heads, starts, arena = table
    begin = line = 0
    for end in range(block.size):
        if block[end] == _NEWLINE:
            head = _head(block, words, begin, end)
            pretoken = Pretoken(begin, end, head, _hash(block, words, begin, end, head))
            entry, slot = _find(block, pretoken, slots, heads, starts, arena)
            if entry < 0:
                _add(block, pretoken, slot, size, table)
                entry = size
                size += 1
            numbers[line] = entry
            line += 1
            begin = end + 1
    return size
