"""The digest of a text, equal for copies of it that are compressed, in another encoding or have other line ends."""

from __future__ import annotations

import codecs
import hashlib
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

_HEAD_BYTES = 1 << 16


class TextDigest:
    """sha256 of a file's bytes, and of the text in them: lines in UTF-8, each ended by one newline, without a mark.

    Most files are such lines themselves: then no byte is hashed twice. Carriage returns are line ends where the first
    line has one.

    Attributes:
        bytes: of the file, so far.
    """

    def __init__(self) -> None:
        self._file, self.bytes = hashlib.sha256(), 0
        self._text: Any = None  # where it is not the file's
        self._is_ended = True
        self.is_encoded = False  # compressed, or not UTF-8 with newlines; to be set before `watched` gives a piece

    def update(self, data: bytes) -> None:
        """Add bytes of the file."""
        self._file.update(data)
        self.bytes += len(data)

    def watched(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The pieces of the text in UTF-8, which are noticed as they pass."""
        rest, head = iter(pieces), b""
        while b"\n" not in head and len(head) < _HEAD_BYTES and (piece := next(rest, None)) is not None:
            head += piece
        marked, returns = head.startswith(codecs.BOM_UTF8), head.partition(b"\n")[0].endswith(b"\r")
        every: Iterator[bytes] = itertools.chain([head] if head else [], rest)
        if self.is_encoded or marked or returns:
            self._text = hashlib.sha256()
            every = self._hashed(every, len(codecs.BOM_UTF8) if marked else 0, returns)
        for piece in every:
            self._is_ended = piece.endswith(b"\n") if piece else self._is_ended
            yield piece

    def _hashed(self, pieces: Iterable[bytes], skipped: int, returns: bool) -> Iterator[bytes]:
        """The pieces, of which the text is hashed: without the first bytes, ``returns`` left out of line ends."""
        held = b""
        for piece in pieces:
            data, skipped = held + piece[skipped:], 0
            if returns:
                held = b"\r" if data.endswith(b"\r") else b""
                data = data[: len(data) - len(held)].replace(b"\r\n", b"\n")
            self._text.update(data)
            yield piece
        self._text.update(held)

    def file(self) -> str:
        """The digest of the file, all of whose bytes were added."""
        return self._file.hexdigest()

    def text(self) -> str | None:
        """The digest of the text where it is another than that of the file; all pieces were given."""
        if self._text is None and self._is_ended:
            return None
        digest = (self._text or self._file).copy()
        if not self._is_ended:
            digest.update(b"\n")
        return str(digest.hexdigest())
