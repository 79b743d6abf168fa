"""Text that is broken at a width: the lines of a paragraph are joined; a blank line ends a paragraph.

A space stands in the place of a line end, and nothing between two letters of scripts that are written without spaces
(Han, kana, Thai, Lao, Khmer, Burmese; not Hangul). A hyphen at the end of a line stays, with a space after it: whether
it was there before the text was broken cannot be known.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from seqtool.errors import InputError

_PIECE_CHARACTERS = 1 << 20
_SPACES = " \t\r\n"
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u2e80-\u303f\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Han, kana and their marks
    "\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff9f\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_UNSPACED = re.compile(f"[{UNSPACED}]")
_HYPHENS = ("-", "\u2010", "\u00ad")


def unwrapped(lines: Iterable[str], counts: Counter[str]) -> Iterator[bytes]:
    """Paragraphs a line, in pieces of UTF-8; blank lines stay. ``counts`` gets the line ends that went (``unwrapped``).

    Those after a hyphen are counted in ``hyphens`` too. White space at both ends of a line is dropped.
    """
    held: list[str] = []
    size = 0
    for part in _joined(lines, counts):
        held.append(part)
        size += len(part)
        if size >= _PIECE_CHARACTERS:
            yield "".join(held).encode()
            held, size = [], 0
    if held:
        yield "".join(held).encode()


def _joined(lines: Iterable[str], counts: Counter[str]) -> Iterator[str]:
    last = ""  # character of a paragraph that has not ended
    for line in lines:
        text = line.strip(_SPACES)
        if not line.strip():
            yield "\n\n" if last else "\n"
            last = ""
            continue
        if last:
            counts["unwrapped"] += 1
            counts["hyphens"] += last in _HYPHENS
            yield "" if _UNSPACED.match(last) and _UNSPACED.match(text) else " "
        yield text
        last = text[-1]
    if last:
        yield "\n"


def unspaced_share(text: str) -> float:
    """The share of characters that belong to scripts written without spaces."""
    return len(_UNSPACED.findall(text)) / max(1, len(text))


def refuse_table(name: str, kind: str) -> None:
    """Refuse ``--unwrap`` of what has no lines.

    Raises:
        InputError: the source is a table or a data set.
    """
    if kind != "text":
        raise InputError(f"--unwrap joins lines of plain text, but {name} is read as {kind}", "omit --unwrap")
