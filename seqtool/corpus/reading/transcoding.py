"""The bytes of a text as UTF-8, from the encoding given or, under ``--encoding auto``, from the one they look like."""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from seqtool.corpus.options import AUTO_ENCODING, SourceOptions
from seqtool.corpus.reading.guessing import (
    WINDOW_BYTES,
    byte_order_mark,
    contradicted_wide_encoding,
    decodes,
    guessed_encoding,
    is_utf8_line,
    reads_as,
    wide_encoding,
    wider_encoding,
)
from seqtool.corpus.reading.watching import Doubt, watched
from seqtool.errors import InputError, UsageError

_UTF8 = "utf-8"
_WIDE = ("utf-16", "utf-32")  # without an order, they need a byte order mark
_NOT_OF_FILES = ("idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined")
_MARK_BYTES = 4
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")  # half a character, perhaps
_SURROGATES = re.compile("[\ud800-\udfff]")
_MARK = "seqtool.mark"
codecs.register_error(_MARK, lambda error: ("\udcff", error.end))  # type: ignore[attr-defined]


class UndecodableTextError(InputError):
    """Bytes that are not valid in the encoding: the line they are in, from 1, and the encoding that they look like."""

    def __init__(self, message: str, remedy: str, line: int, encoding: str | None) -> None:
        super().__init__(message, remedy)
        self.line, self.encoding = line, encoding


@dataclass
class Taken:
    """How a text was decoded, known once it has been read.

    Attributes:
        encoding: the one it was read in.
        doubts: what in its bytes speaks against that.
    """

    encoding: str | None = None
    doubts: list[Doubt] = field(default_factory=list)


def known_encoding(name: str) -> str:
    """The canonical name of an encoding, ``utf-8`` with or without a byte order mark being one; ``auto`` as it is.

    Raises:
        UsageError: Python has no encoding of texts of that name.
    """
    if name == AUTO_ENCODING:
        return name
    try:
        info = codecs.lookup(name)
        known = info._is_text_encoding and info.incrementaldecoder is not None and info.name not in _NOT_OF_FILES
    except (LookupError, ValueError):
        known = False
    if not known:
        raise UsageError(
            f"--encoding {name} is not an encoding of text files", "give a name such as utf-8, cp949, utf-16, or auto"
        )
    return _UTF8 if info.name == "utf-8-sig" else info.name


def transcoded(name: str, pieces: Iterable[bytes], options: SourceOptions, taken: Taken) -> Iterator[bytes]:
    """A stream as UTF-8; what is not valid becomes a byte that is not valid in UTF-8 either. ``taken`` is filled in.

    Raises:
        InputError: another byte order mark than the encoding's; invalid bytes, under ``--errors strict``.
        UsageError: the encoding is not known.
    """
    encoding = known_encoding(options.encoding)
    head, rest = _with_head(pieces, WINDOW_BYTES if encoding.startswith((AUTO_ENCODING, *_WIDE)) else _MARK_BYTES)
    if _CONTROL.search(head):
        head, rest = _with_head(itertools.chain([head], rest), WINDOW_BYTES)
    if encoding == AUTO_ENCODING:
        yield from _as_it_looks(name, head, rest, options, taken)
        return
    taken.encoding = encoding = _ordered(name, encoding, head)
    whole = itertools.chain([head], rest)
    if encoding == _UTF8:
        yield from whole
    else:
        yield from _decoded(name, whole, encoding, options, taken)


def _with_head(pieces: Iterable[bytes], size: int) -> tuple[bytes, Iterator[bytes]]:
    """At least the first ``size`` bytes of a stream, where it has so many, and the other pieces."""
    rest, head = iter(pieces), b""
    while len(head) < size and (piece := next(rest, None)) is not None:
        head += piece
    return head, rest


def _ordered(name: str, encoding: str, head: bytes) -> str:
    """The encoding given, checked against the byte order mark, and of UTF-16 and UTF-32 with the order of bytes."""
    window = head[:WINDOW_BYTES]
    mark, wide = byte_order_mark(head), wide_encoding(window)
    if mark is None and encoding in _WIDE:
        found = wide or contradicted_wide_encoding(window, f"{encoding}-le") or f"{encoding}-le or {encoding}-be"
        raise InputError(
            f"{name} has no byte order mark, which --encoding {encoding} needs", f"give --encoding {found}"
        )
    if mark is None and wide and not (encoding.startswith(_WIDE) and reads_as(head, encoding)):
        message = f"{name} looks like {wide}, not {encoding}: NUL bytes are halves of its characters"
        raise UndecodableTextError(message, f"give --encoding {wide} or auto", 1, wide)
    if mark is None and encoding.startswith(_WIDE):
        other = contradicted_wide_encoding(window, encoding)
        if other is not None:
            message = f"{name} looks like {other}, not {encoding}"
            raise UndecodableTextError(message, f"give --encoding {other} or auto", 1, other)
    if mark is None or mark == encoding:
        return encoding
    if not (encoding in _WIDE and mark.startswith(encoding)):
        unordered = mark.removesuffix("-le").removesuffix("-be")
        message = f"{name} begins with the byte order mark of {unordered} and cannot be {encoding}"
        raise UndecodableTextError(message, f"give --encoding {unordered} or auto", 1, unordered)
    return mark


def _as_it_looks(
    name: str, head: bytes, rest: Iterator[bytes], options: SourceOptions, taken: Taken
) -> Iterator[bytes]:
    """The text in the encoding that its first `WINDOW_BYTES` look like, or those from its first byte beyond ASCII on.

    What comes before that byte is the same in all encodings that can be found then.
    """
    offset, line = 0, 1
    if head.isascii() and b"\0" not in head and b"\x1b" not in head:  # an escape begins the letters of ISO-2022
        taken.encoding = _UTF8
        for piece in itertools.chain([head], rest):
            beyond = None if piece.isascii() else _NOT_ASCII.search(piece)
            plain = piece[: beyond.start()] if beyond else piece
            yield plain
            offset, line = offset + len(plain), line + plain.count(b"\n")
            if beyond:
                head, rest = _with_head(itertools.chain([piece[len(plain) :]], rest), WINDOW_BYTES)
                break
        else:
            return
    taken.encoding = guessed_encoding(head)
    whole = itertools.chain([head], rest)
    yield from whole if taken.encoding == _UTF8 else _decoded(name, whole, taken.encoding, options, taken, offset, line)


def _has_single_bytes(encoding: str) -> bool:
    every = bytes(range(256))
    return len(every.decode(encoding, "replace")) == 256 and every[128:].decode(encoding, "ignore") != ""


def _decoded(
    name: str,
    pieces: Iterable[bytes],
    encoding: str,
    options: SourceOptions,
    taken: Taken,
    offset: int = 0,
    line: int = 1,
) -> Iterator[bytes]:
    """The pieces in UTF-8; ``offset`` and ``line`` are where they begin."""
    if not encoding.startswith(_WIDE):
        said = encoding if options.encoding == AUTO_ENCODING else options.encoding
        pieces = watched(pieces, codecs.lookup(encoding).name, said, _has_single_bytes(encoding), taken.doubts, line)
    strict = options.errors == "strict"
    decoder = codecs.getincrementaldecoder(encoding)("strict" if strict else _MARK)
    for piece, last in _with_last(pieces):
        held = len(decoder.getstate()[0])
        try:
            text = decoder.decode(piece, last)
            data = (text if strict else _SURROGATES.sub("\udcff", text)).encode(_UTF8, "surrogateescape")
        except UnicodeDecodeError as error:
            raise _undecodable(name, error, encoding, options, offset - held, line) from None
        except UnicodeError as error:
            message = f"{name}: line {line} or below: not valid {encoding} ({error})"
            remedy = "give another --encoding, or --errors replace or skip"
            raise UndecodableTextError(message, remedy, line, None) from None
        yield data
        offset += len(piece)
        line += text.count("\n")


def _with_last(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    for piece in pieces:
        yield piece, False
    yield b"", True


def _undecodable(
    name: str, error: UnicodeDecodeError, encoding: str, options: SourceOptions, offset: int, line: int
) -> UndecodableTextError:
    """The error for bytes at ``offset`` and ``line`` that are not valid, with an encoding that reads them."""
    data = bytes(error.object)
    if encoding.startswith(_WIDE) and error.reason == "truncated data":
        message = (
            f"{name} ends within a character of {as_said(encoding, options)}: it is cut off, or has a byte too many"
        )
        line += data.decode(encoding, "ignore").count("\n")
        return UndecodableTextError(message, "write the file again, or give --errors replace or skip", line, None)
    line += data[: error.start].decode(encoding, "replace").count("\n")
    where = f"{name}: line {line}, byte {offset + error.start}: 0x{data[error.start]:02x}"
    found = "" if encoding.startswith(_WIDE) else wider_encoding(encoding, data) or guessed_encoding(data)
    found = found if found and known_encoding(found) != encoding and decodes(data, found) else ""
    message = f"{where} is not valid {as_said(encoding, options)}"
    if found:
        return UndecodableTextError(message, f"give --encoding {found}, or --errors replace or skip", line, found)
    damaged = data[data.rfind(b"\n", 0, error.start) + 1 :].split(b"\n", 1)[0]
    if is_utf8_line(damaged):
        message = f"{message} (this line looks like UTF-8, other lines do not)"
    return UndecodableTextError(message, "fix this line, or give --errors replace or skip", line, None)


def as_said(encoding: str, options: SourceOptions) -> str:
    """An encoding as a message about invalid bytes names it: it may have been guessed."""
    if options.encoding == AUTO_ENCODING:
        return f"{encoding}, which --encoding auto chose by the text before it"
    return encoding if encoding == _UTF8 else options.encoding
