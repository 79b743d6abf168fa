"""Carriage returns that are line ends: text of old Macs, and of tools that write CR alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from seqtool.corpus.reading.blocks import Block
from seqtool.errors import plural
from seqtool.progress import warn_once

_LONE = re.compile(rb"\r(?!\n)")


def lone_returns(data: bytes) -> int:
    """Carriage returns that no newline follows."""
    return data.count(b"\r") - data.count(b"\r\n") if b"\r" in data else 0


def warn_of_returns(block: Block) -> None:
    """Warn where a text's first block has at least as many carriage returns inside lines as line ends."""
    lone = lone_returns(block.data)
    if lone >= block.lines:
        found = f"{plural(lone, 'carriage return')} (CR) within {plural(block.lines, 'line')}"
        warn_once(f"{block.source} has {found}; if CR ends a line, as on old Macs, use --newline any")


def cr_as_line_ends(pieces: Iterable[bytes], counts: Counter[str]) -> Iterator[bytes]:
    """The pieces with a newline for every carriage return that none follows; offsets stay. They are counted."""
    held = b""
    for piece in pieces:
        data = held + piece
        held = b"\r" if data.endswith(b"\r") else b""
        data, found = _LONE.subn(b"\n", data[: len(data) - len(held)])
        counts["cr"] += found
        yield data
    if held:
        counts["cr"] += 1
        yield b"\n"
