"""Text that a terminal shows but does not obey."""

from __future__ import annotations

import re

# C0 without TAB and newline, DEL, C1, the characters that change the direction of text (Unicode's Bidi_Control: a line
# can be made to read as another), line separators, and stray bytes.
_CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    r"""A text with its control characters as ``\x1b`` or ``\u202e``; TAB and newline stay."""
    return _CONTROL.sub(_escape, text)


def visible_line(text: str) -> str:
    r"""`visible` on one line: a newline becomes ``\n``."""
    return visible(text).replace("\n", "\\n")


def visible_json(text: str) -> str:
    r"""JSON that means the same, with its control characters as ``\u001b``."""
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not text
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
