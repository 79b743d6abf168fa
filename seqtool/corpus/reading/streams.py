"""Files as pieces of bytes: hashed as they are read, decompressed by their magic bytes."""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from seqtool.corpus.reading.text_digest import TextDigest
from seqtool.errors import InputError, cause, remedy
from seqtool.progress import note_once

PIECE_BYTES = 1 << 22
_COMPRESSED_PIECE_BYTES = 1 << 16
_ZSTD_PIECE_BYTES = 1 << 10  # four bytes can stand for 128 KB, and its decoder has no limit of what it gives
_EXPANDED_BYTES = 1 << 20
_ZLIB_GZIP = 31
_MAGIC_BYTES = 6
_WINDOW_BYTES = 1 << 27  # what zstandard allows a decoder to hold by default; xz -9 takes half of it
_SUSPICIOUS_RATIO, _SUSPICIOUS_BYTES = 1000, 1 << 26


class _Compression(NamedTuple):
    """How files with some magic bytes are decompressed.

    Attributes:
        magic, kind: the first bytes, and the name.
        new: makes a decoder of one member, with the attributes ``eof`` and ``unused_data``.
        expand: (decoder, data) → the content of the data in bounded pieces, up to the member's end.
        step: bytes that the decoder is given at a time.
    """

    magic: bytes
    kind: str
    new: Callable[[], Any]
    expand: Callable[[Any, bytes], Iterator[bytes]]
    step: int = _COMPRESSED_PIECE_BYTES


def _inflated(decoder: Any, data: bytes) -> Iterator[bytes]:
    piece = decoder.decompress(data, _EXPANDED_BYTES)
    while piece:
        yield piece
        piece = b"" if decoder.eof else decoder.decompress(decoder.unconsumed_tail, _EXPANDED_BYTES)


def _drained(decoder: Any, data: bytes) -> Iterator[bytes]:
    yield decoder.decompress(data, _EXPANDED_BYTES)
    while not (decoder.eof or decoder.needs_input):
        yield decoder.decompress(b"", _EXPANDED_BYTES)


def _decompressed_at_once(decoder: Any, data: bytes) -> Iterator[bytes]:
    yield decoder.decompress(data)


def _zstd() -> Any:
    import zstandard

    return zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES).decompressobj()


_COMPRESSIONS = (
    _Compression(b"\x1f\x8b", "gzip", lambda: zlib.decompressobj(_ZLIB_GZIP), _inflated),
    _Compression(b"BZh", "bzip2", bz2.BZ2Decompressor, _drained),
    _Compression(b"\xfd7zXZ\x00", "xz", lambda: lzma.LZMADecompressor(memlimit=_WINDOW_BYTES), _drained),
    _Compression(b"\x28\xb5\x2f\xfd", "zstandard", _zstd, _decompressed_at_once, _ZSTD_PIECE_BYTES),
)


_OTHER_FORMATS = (
    (
        b"PK\x03\x04",
        "a ZIP archive, or an Excel, Word or LibreOffice file",
        "unpack it, or save it as CSV or plain text",
    ),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file", "save it as CSV or plain text"),
    (b"%PDF-", "a PDF", "extract its text first, for example with pdftotext"),
    (b"{\\rtf", "an RTF file", "save it as plain text"),
    (b"SQLite", "an SQLite database", "export the table as CSV: sqlite3 -header -csv FILE 'select * from TABLE'"),
    (b"PAR1", "a Parquet file", "rename it to .parquet"),
)


def file_pieces(path: str, digest: Any) -> Iterator[bytes]:
    """The uncompressed bytes of a file, or of standard input for ``-``; the raw bytes are added to ``digest``.

    A `TextDigest` is told of compression.

    Raises:
        InputError: the file cannot be read, is empty, truncated or damaged.
    """
    try:
        stream = sys.stdin.buffer if path == "-" else Path(path).open("rb", buffering=0)  # noqa: SIM115
        with stream:
            head = _read_head(stream)
            if not head:
                raise InputError(f"{source_name(path)} is empty", "give a text with at least one line")
            for magic, what, conversion in _OTHER_FORMATS:
                if head.startswith(magic):
                    raise InputError(f"{source_name(path)} is {what}, not a text", conversion)
            digest.update(head)
            compression = next((row for row in _COMPRESSIONS if head.startswith(row.magic)), None)
            if isinstance(digest, TextDigest):
                digest.is_encoded |= compression is not None
            pieces = _raw_pieces(stream, head, _COMPRESSED_PIECE_BYTES if compression else PIECE_BYTES, digest)
            yield from decompressed(source_name(path), pieces, compression) if compression else pieces
    except OSError as error:
        helps = remedy(error, "check the path and the order of the arguments")
        raise InputError(f"{source_name(path)}: {cause(error)}", helps) from None


def source_name(path: str) -> str:
    """How messages call a source."""
    return "standard input" if path == "-" else path


def _read_head(stream: Any) -> bytes:
    head = b""
    while len(head) < _MAGIC_BYTES and (more := stream.read(_MAGIC_BYTES - len(head))):
        head += more
    return head


def _raw_pieces(stream: Any, head: bytes, size: int, digest: Any) -> Iterator[bytes]:
    yield head
    while piece := stream.read(size):
        digest.update(piece)
        yield piece


def decompressed(name: str, pieces: Iterable[bytes], compression: _Compression) -> Iterator[bytes]:
    """The content of a compressed stream of one or several members; zeros after a member are padding.

    However small the stream, a piece of its content is at most 1 MB large (32 MB for zstandard). A stream that expands
    as no text does is noted.

    Raises:
        InputError: the stream is damaged, ends before its content does, or takes too much memory to decompress.
    """
    read = written = 0

    def counted() -> Iterator[bytes]:
        nonlocal read
        for piece in pieces:
            read += len(piece)
            yield piece

    try:
        for content in _members(counted(), compression):
            before, written = written, written + len(content)
            if before <= max(_SUSPICIOUS_BYTES, _SUSPICIOUS_RATIO * read) < written:
                note_once(f"{name} expands to more than {_SUSPICIOUS_RATIO:,} times its compressed size")
            yield content
    except (zlib.error, lzma.LZMAError, OSError, ValueError) as error:
        raise _unreadable(name, compression.kind, error) from None
    except EOFError:
        message = f"{name} is truncated: its {compression.kind} data is incomplete"
        raise InputError(message, "recreate it, or download it again") from None
    except Exception as error:
        if type(error).__name__ != "ZstdError":
            raise
        raise _unreadable(name, compression.kind, error) from None


def _members(pieces: Iterable[bytes], compression: _Compression) -> Iterator[bytes]:
    """Raises:
    EOFError: the last member has no end.
    """
    decoder = compression.new()
    for piece in pieces:
        for at in range(0, len(piece), compression.step):
            data = piece[at : at + compression.step]
            while data:
                if decoder.eof:
                    data = data.lstrip(b"\0")
                    decoder = compression.new() if data else decoder
                if data:
                    yield from compression.expand(decoder, data)
                    data = decoder.unused_data if decoder.eof else b""
    if not decoder.eof:
        raise EOFError


def _unreadable(name: str, kind: str, error: Exception) -> InputError:
    if "emory" in str(error):  # "Memory usage limit exceeded", "Frame requires too much memory for decoding"
        remedy = "decompress it with another program first"
        return InputError(f"{name} needs more than {_WINDOW_BYTES >> 20} MB of memory to decompress ({kind})", remedy)
    return InputError(f"{name} is damaged ({kind}: {error})", "recreate it, or download it again")
