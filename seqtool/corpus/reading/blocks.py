"""Blocks of whole lines, and their decoding.

A line ends at ``\\n`` only. A byte order mark at the beginning of a file or line and one carriage return at the end of
a line are dropped; a missing last newline is supplied. Everything dropped or changed is counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seqtool.corpus.options import SourceOptions
from seqtool.corpus.reading.guessing import guessed_encoding, wide_encoding
from seqtool.corpus.reading.transcoding import UndecodableTextError, as_said
from seqtool.errors import InputError

BLOCK_BYTES = 1 << 22
LONGEST_LINE = 1 << 29
_LINE_BYTES = 8  # of shorter lines there are fewer in a block: what is known of a line takes more than the line

_FIRST_OF_LETTER = 0xC2  # the least byte that begins a letter beyond ASCII in UTF-8
_LETTERS_OF_UTF8 = 5  # so many in a row are valid by chance in no other encoding
_BOM = b"\xef\xbb\xbf"
_BOM_OF_LINE, _BOMS = b"\n" + _BOM, re.compile(rb"^(?:\xef\xbb\xbf)+", re.MULTILINE)
_REPLACEMENT = "\ufffd".encode()


@dataclass(frozen=True)
class Block:
    """Consecutive lines of a source.

    Attributes:
        source: the source's name, for messages.
        data: the bytes, ending in a newline.
        offset: where they begin in the (uncompressed) source.
        first_line: the number of their first line, from 1.
        lines: how many there are.
        checked: whether they are known to be UTF-8 without line-end troubles (cells of a table).
    """

    source: str
    data: bytes
    offset: int
    first_line: int
    lines: int
    checked: bool = False


def cut(
    source: str,
    pieces: Iterable[bytes],
    size: int = BLOCK_BYTES,
    checked: bool = False,
    longest: int | None = None,
) -> Iterator[Block]:
    """Join pieces of a stream into blocks of about ``size`` bytes; a line longer than that makes a larger one.

    Very short lines make smaller ones: a block has at most ``size / 8`` lines.

    Raises:
        InputError: a line is longer than ``longest`` bytes, or than any may be.
    """
    offset, line = 0, 1
    for data, lines in _few_lines(_cut_lines(source, pieces, size, longest or LONGEST_LINE), size // _LINE_BYTES):
        yield Block(source, data, offset, line, lines, checked)
        offset += len(data)
        line += lines


def _few_lines(blocks: Iterable[bytes], most: int) -> Iterator[tuple[bytes, int]]:
    """Blocks of at most so many lines, and how many; a block of more is halved until it is one."""
    for data in blocks:
        lines = data.count(b"\n")
        if lines <= max(1, most):
            yield data, lines
        else:
            middle = data.rfind(b"\n", 0, len(data) // 2) + 1 or data.find(b"\n") + 1
            yield from _few_lines([data[:middle], data[middle:]], most)


def _cut_lines(source: str, pieces: Iterable[bytes], size: int, longest: int) -> Iterator[bytes]:
    waiting: list[bytes] = []
    held = 0
    for piece in _sliced(pieces, size):
        held += len(piece)
        end = piece.rfind(b"\n") + 1 if held >= size else 0
        if not end:
            waiting.append(piece)
            if held > longest:
                raise _too_long(source, longest)
            continue
        yield b"".join([*waiting, memoryview(piece)[:end]])
        waiting, held = [piece[end:]], len(piece) - end
    rest = b"".join(waiting)
    if rest:
        yield rest if rest.endswith(b"\n") else rest + b"\n"


def _too_long(source: str, longest: int) -> InputError:
    message = f"{source} has a line of more than {longest >> 20} MB"
    if longest < LONGEST_LINE:
        return InputError(f"{message}, which needs more than --memory", "break it into lines, or raise --memory")
    return InputError(message, "break it into lines")


def _sliced(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Pieces of at most ``size`` bytes."""
    for piece in pieces:
        if len(piece) <= size:
            yield piece
        else:
            yield from (piece[at : at + size] for at in range(0, len(piece), size))


def checked_text(block: Block, options: SourceOptions, counts: Counter[str]) -> bytes:
    """The lines of a block as valid UTF-8, each ended by one newline; a skipped line is gone.

    Raises:
        InputError: bytes that are not UTF-8, under ``--errors strict``.
    """
    data = block.data
    if block.checked:
        return data
    if block.offset == 0 and data.startswith(_BOM):
        data = data[len(_BOM) :]
        counts["bom"] += 1
    returns = data.count(b"\r\n") if b"\r" in data else 0
    if returns:
        data = data.replace(b"\r\n", b"\n")
        counts["crlf"] += returns
    counts["nul"] += data.count(b"\0")
    if data.isascii():
        return data
    data = _without_later_marks(data, counts)
    return data if _is_utf8(data) else _repaired(block, data, options, counts)


def _without_later_marks(data: bytes, counts: Counter[str]) -> bytes:
    """Lines without the byte order marks that they begin with, as files that were joined together have them."""
    if not data.startswith(_BOM) and _BOM_OF_LINE not in data:
        return data
    data, found = _BOMS.subn(b"", data)
    counts["later_boms"] += found
    return data


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _repaired(block: Block, data: bytes, options: SourceOptions, counts: Counter[str]) -> bytes:
    if options.errors == "replace":
        repaired = data.decode("utf-8", "replace").encode()
        counts["replaced"] += repaired.count(_REPLACEMENT) - data.count(_REPLACEMENT)
        return repaired
    if options.errors == "skip":
        lines = data.split(b"\n")
        valid = [line for line in lines if line.isascii() or _is_utf8(line)]
        counts["undecodable"] += len(lines) - len(valid)
        return b"\n".join(valid)
    raise undecodable(block, options)


def undecodable(block: Block, options: SourceOptions) -> UndecodableTextError:
    """The error for a block that is not UTF-8: file, line, byte offset, and what the encoding may be."""
    try:
        block.data.decode()
    except UnicodeDecodeError as error:
        line = block.first_line + block.data.count(b"\n", 0, error.start)
        where = f"{block.source}: line {line}, byte {block.offset + error.start}: 0x{block.data[error.start]:02x}"
        wide = None if block.offset else wide_encoding(block.data)
        rest = block.data[block.data.rfind(b"\n", 0, error.start) + 1 :]
        guess = wide or guessed_encoding(rest)
        message = f"{where} is not valid {as_said('utf-8', options).replace('utf-8', 'UTF-8', 1)}"
        if guess == "utf-8":  # damaged, or a line of another encoding
            of_line = guessed_encoding(rest[: rest.index(b"\n") + 1])
            message += f" (this line looks like {of_line}, other lines are UTF-8)" if of_line != guess else ""
            return UndecodableTextError(message, "fix this line, or give --errors replace or skip", line, guess)
        if sum(byte >= _FIRST_OF_LETTER for byte in block.data[: error.start]) >= _LETTERS_OF_UTF8:
            remedy = "convert this line to UTF-8, or give --errors replace or skip"
            message += f" (it looks like {guess}, but the text before it is UTF-8)"
            return UndecodableTextError(message, remedy, line, "utf-8")
        remedy = f"give --encoding {guess}, or --errors replace or skip"
        return UndecodableTextError(f"{message} (it looks like {guess})", remedy, line, guess)
    raise AssertionError("the block is valid")
