"""What in the bytes of a text speaks against the encoding that it is read in, found while they go by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from seqtool.corpus.reading.guessing import decodes
from seqtool.errors import plural

_HELD_BYTES = 1 << 16  # of a line that its piece cuts off
_FEWEST_LETTERS = 3  # of UTF-8 in some lines: fewer may be chance

# Letters of UTF-8 as other encodings hardly have them: of single bytes, accented ones, quotes and words; of several
# bytes, words of letters of three.
_LETTERS = re.compile(
    rb"[\xc3-\xc5][\x80-\xbf]|\xe2\x80[\x93-\xa6]|(?:[\xc2-\xdf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}){3}"
)
_WORDS = re.compile(rb"(?:[\xe1-\xed][\x80-\xbf]{2}){3}")

_CONTROL = re.compile(rb"[\x80-\x9f]")  # C1 in the encodings of ISO 8859
_NOT_CONTROLS = bytes([*range(0x80), *range(0xA0, 0x100)])
_OF_WINDOWS = {
    **dict.fromkeys(("iso8859-1", "iso8859-3", "iso8859-10", "iso8859-14", "iso8859-15"), "cp1252"),
    "iso8859-2": "cp1250",
    "iso8859-16": "cp1250",
    "iso8859-4": "cp1257",
    "iso8859-13": "cp1257",
    "iso8859-5": "cp1251",
    "iso8859-6": "cp1256",
    "iso8859-7": "cp1253",
    "iso8859-8": "cp1255",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
}


class Doubt(NamedTuple):
    """A reason why an encoding may be the wrong one.

    Attributes:
        noun: line, character or byte.
        clause: what is wrong with them, which goes with one and with many.
        number, line: how many, and the line of the first, from 1.
        remedy: what to do.
    """

    noun: str
    clause: str
    number: int
    line: int
    remedy: str

    @property
    def what(self) -> str:
        """In the plural, for a table of counts."""
        return f"{self.noun}s {self.clause}"

    @property
    def counted(self) -> str:
        """With the number, for a message that names the line of the first."""
        return f"{'first of ' if self.number > 1 else ''}{plural(self.number, self.noun)} {self.clause}"


class Utf8Watch:
    """Whether a text, or some of its lines, is UTF-8 and not ASCII alone.

    Args:
        single: whether it is read in an encoding of single bytes, which reads any text.
    """

    def __init__(self, single: bool) -> None:
        self._pattern = _LETTERS if single else _WORDS
        self._whole = True
        self._characters = self._first = 0  # of the whole text
        self._lines = self._letters = self._first_line = 0  # of the lines that are UTF-8

    def add(self, data: bytes, line: int) -> None:
        """Look at whole lines, of which the first has a number."""
        text = _utf8(data)
        self._whole = self._whole and text is not None
        if text is not None:
            self._characters += len(text) - len(data.decode("ascii", "ignore"))
            self._first = self._first or line + data.count(b"\n", 0, _first_beyond(data))
        at = 0
        while found := self._pattern.search(data, at):
            begin, at = data.rfind(b"\n", 0, found.start()) + 1, data.find(b"\n", found.end())
            at = len(data) if at < 0 else at
            if (text := _utf8(data[begin:at])) is not None:
                self._lines += 1
                self._letters += sum(not character.isascii() for character in text)
                self._first_line = self._first_line or line + data.count(b"\n", 0, begin)

    def doubts(self, encoding: str) -> Iterator[Doubt]:
        """What was found in a text that is read in an encoding."""
        if self._whole and self._characters:
            clause = f"valid in UTF-8 but read as {encoding}"
            yield Doubt("character", clause, self._characters, self._first, "use --encoding utf-8")
        elif self._letters >= _FEWEST_LETTERS:
            clause = f"valid in UTF-8 but read as {encoding}"
            remedy = "convert all lines to one encoding"
            yield Doubt("line", clause, self._lines, self._first_line, remedy)


class ControlsWatch:
    """Bytes that an encoding of ISO 8859 reads as control characters.

    Args:
        windows: the encoding of Windows that reads them as quotes, dashes and letters.
    """

    def __init__(self, windows: str) -> None:
        self._windows = windows
        self._count = self._first = 0
        self._kinds: set[int] = set()

    def add(self, data: bytes, line: int) -> None:
        """Look at whole lines, of which the first has a number."""
        if found := _CONTROL.search(data):
            controls = data.translate(None, _NOT_CONTROLS)
            self._count += len(controls)
            self._kinds |= set(controls)
            self._first = self._first or line + data.count(b"\n", 0, found.start())

    def doubts(self, encoding: str) -> Iterator[Doubt]:
        """What was found in a text that is read in an encoding."""
        if self._count:
            fits = decodes(bytes(self._kinds), self._windows)
            remedy = f"use --encoding {self._windows}, in which these bytes are quotes, dashes and letters"
            clause = f"from 0x80 to 0x9f read as {encoding} control characters"
            yield Doubt("byte", clause, self._count, self._first, remedy if fits else "use --encoding auto")


def watched(
    pieces: Iterable[bytes], encoding: str, said: str, single: bool, doubts: list[Doubt], line: int = 1
) -> Iterator[bytes]:
    """The pieces of a text, as they are in the file; ``doubts`` gets what speaks against its encoding.

    Args:
        encoding: its canonical name.
        said: its name in messages.
        single: whether it is one of single bytes.
        line: the number of the first.
    """
    watches: list[Utf8Watch | ControlsWatch] = [Utf8Watch(single)]
    if encoding in _OF_WINDOWS:
        watches.append(ControlsWatch(_OF_WINDOWS[encoding]))
    held = b""
    for piece in pieces:
        yield piece
        data = held + piece
        end = data.rfind(b"\n") + 1 or (len(data) if len(data) > _HELD_BYTES else 0)
        held, data = data[end:], data[:end]
        line = _look(watches, data, line)
    _look(watches, held, line)
    doubts += next(filter(None, ([*watch.doubts(said)] for watch in watches)), [])


def _look(watches: list[Utf8Watch | ControlsWatch], data: bytes, line: int) -> int:
    for watch in watches if not data.isascii() else []:
        watch.add(data, line)
    return line + data.count(b"\n")


def _first_beyond(data: bytes) -> int:
    return len(data) - len(data.lstrip(bytes(range(0x80))))


def _utf8(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
