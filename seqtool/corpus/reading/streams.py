"""Files as pieces of bytes: hashed as they are read, decompressed by their magic bytes."""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

from seqtool.errors import InputError, cause, remedy

PIECE_BYTES = 1 << 22
_COMPRESSED_PIECE_BYTES = 1 << 16  # a small piece of a well-compressed file becomes a large one
_ZLIB_GZIP = 31
_MAGIC_BYTES = 6


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


def _zstd() -> _Decompressor:
    import zstandard

    decompressor: _Decompressor = zstandard.ZstdDecompressor().decompressobj()
    return decompressor


_COMPRESSIONS: tuple[tuple[bytes, str, Callable[[], Any]], ...] = (
    (b"\x1f\x8b", "gzip", lambda: zlib.decompressobj(_ZLIB_GZIP)),
    (b"BZh", "bzip2", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\x00", "xz", lzma.LZMADecompressor),
    (b"\x28\xb5\x2f\xfd", "zstandard", _zstd),
)


def file_pieces(path: str, digest: Any) -> Iterator[bytes]:
    """The uncompressed bytes of a file, or of standard input for ``-``; the raw bytes are added to ``digest``.

    Raises:
        InputError: the file cannot be read, is empty, truncated or damaged.
    """
    try:
        stream = sys.stdin.buffer if path == "-" else Path(path).open("rb", buffering=0)  # noqa: SIM115
        with stream:
            head = _read_head(stream)
            if not head:
                raise InputError(f"{source_name(path)} is empty", "give a text with at least one line")
            digest.update(head)
            compression = next((row for row in _COMPRESSIONS if head.startswith(row[0])), None)
            pieces = _raw_pieces(stream, head, _COMPRESSED_PIECE_BYTES if compression else PIECE_BYTES, digest)
            yield from decompressed(source_name(path), pieces, *compression[1:]) if compression else pieces
    except OSError as error:
        helps = remedy(error, "check the path, and the order of the arguments")
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


def decompressed(name: str, pieces: Iterable[bytes], kind: str, new: Callable[[], _Decompressor]) -> Iterator[bytes]:
    """The content of a compressed stream of one or several members; zeros after a member are padding.

    Raises:
        InputError: the stream is damaged, or ends before its content does.
    """
    decoder = new()
    try:
        for piece in pieces:
            while piece:
                if decoder.eof:
                    piece = piece.lstrip(b"\0")
                    decoder = new() if piece else decoder
                if piece:
                    yield decoder.decompress(piece)
                    piece = decoder.unused_data if decoder.eof else b""
    except (zlib.error, lzma.LZMAError, OSError, ValueError, EOFError) as error:
        raise InputError(f"{name} is damaged ({kind}: {error})", "make or download it anew") from None
    except Exception as error:
        if type(error).__name__ != "ZstdError":
            raise
        raise InputError(f"{name} is damaged ({kind}: {error})", "make or download it anew") from None
    if not decoder.eof:
        raise InputError(f"{name} is cut off: its {kind} stream has no end", "make or download it anew")
