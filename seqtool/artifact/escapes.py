"""Texts in tables of a row a line: backslash, TAB, newline, carriage return and stray bytes as escapes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from seqtool.errors import InputError

_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_ESCAPES.update({chr(0xDC00 + byte): f"\\x{byte:02x}" for byte in range(0x80, 0x100)})
_UNESCAPES = {escape: character for character, escape in _ESCAPES.items()}
_SPECIAL_CHARACTER = re.compile("[\\\\\t\n\r\udc80-\udcff]")
_ESCAPE = re.compile(r"\\(?:x[0-9a-f]{2}|.|$)", re.DOTALL)


def escape(text: str) -> str:
    r"""A text that stays on its line and in its column: ``\\``, ``\t``, ``\n``, ``\r`` escaped; bytes as ``\xNN``."""
    return _SPECIAL_CHARACTER.sub(lambda match: _ESCAPES[match[0]], text)


def escaped(tokens: Sequence[str]) -> Iterator[str]:
    """Tokens as they are written."""
    if not _SPECIAL_CHARACTER.search("".join(tokens)):
        return iter(tokens)
    return map(escape, tokens)


def unescaped(path: Path, tokens: list[str], before: int = 0) -> list[str]:
    """Tokens as they were before `escaped`.

    Raises:
        InputError: an unknown escape.
    """
    result = list(tokens)
    for index, token in enumerate(tokens):
        if "\\" in token:
            try:
                result[index] = _ESCAPE.sub(lambda match: _UNESCAPES[match[0]], token)
            except KeyError as error:
                raise InputError(
                    f"{path}: line {before + index + 1}: {error.args[0]} is not an escape", "write \\\\"
                ) from None
    return result
