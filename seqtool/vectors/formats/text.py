"""Text files of vectors: word2vec text and fastText ``.vec`` (with a header), GloVe (without).

A line is a word and its numbers, separated by spaces or TABs. The last D fields are the vector, so that words with
spaces in them are read too; D is what the header says, or what most of the first lines have.

Shapes: L lines of a block, D numbers in each.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.threads import ordered
from seqtool.corpus.options import thread_count
from seqtool.corpus.reading.blocks import Block, cut
from seqtool.errors import InputError, OutputError, plural
from seqtool.vectors.formats.blocks import MOST_DIM, Header, VectorBlock, decode_word, parse_header

NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
BLOCK_BYTES = 1 << 22
READABLE = "give word2vec (text or binary), GloVe, fastText (.vec or .bin), .npy or .safetensors"
_BOM = b"\xef\xbb\xbf"
_SAMPLE_LINES = 1000
_SPACES = re.compile(rb"[ \t\r]+")
_NO_WORD_OF_TEXT = re.compile("[ \t\r\n]|^\ufeff|^$")
_WRITTEN_NUMBERS = 1 << 20


def text_blocks(name: str, pieces: Iterable[bytes], errors: str, counts: Counter[str]) -> Iterator[VectorBlock]:
    """The entries of a text file.

    Args:
        name: the file, for messages.
        pieces: its uncompressed bytes.
        errors: what to do with words that are not UTF-8.
        counts: what was left out or changed is added.

    Raises:
        InputError: a line that is not a word and D numbers, or another number of lines than the header says.
    """
    blocks = cut(name, pieces, BLOCK_BYTES)
    first = next(blocks, None)
    if first is None:
        return
    header, first = _without_header(name, first)
    dim = header.dim if header else _dimension(name, first)
    found = 0
    parse = partial(_parse, name=name, dim=dim, errors=errors)
    for block, own_counts in ordered(parse, itertools.chain([first], blocks), thread_count(None)):
        counts.update(own_counts)
        found += len(block.words)
        if header and found > header.count:
            raise _wrong_count(
                name, header, f"more (line {block.places[header.count - found]} is the first one too many)"
            )
        yield block
    if header and found < header.count:
        raise _wrong_count(name, header, f"{found:,}")


def _wrong_count(name: str, header: Header, found: str) -> InputError:
    return InputError(
        f"{name}: line 1: the header gives {plural(header.count, 'word')}, but the file has {found}",
        "correct the first line, or download the file again if it is cut off",
    )


def _without_header(name: str, first: Block) -> tuple[Header | None, Block]:
    data = first.data.removeprefix(_BOM)
    line, _, rest = data.partition(b"\n")
    header = parse_header(name, line)
    if header is None:
        return None, dataclasses.replace(first, data=data)
    return header, dataclasses.replace(first, data=rest, first_line=2, lines=first.lines - 1)


def _dimension(name: str, first: Block) -> int:
    """The dimension most of the first lines have; the first line's where two are as frequent."""
    lines = itertools.islice((line for line in first.data.split(b"\n") if line.strip()), _SAMPLE_LINES)
    sizes = Counter(len(_fields(line)) - 1 for line in lines)
    dim = sizes.most_common(1)[0][0] if sizes else 0
    if not 1 <= dim <= MOST_DIM:
        raise InputError(
            f"{name}: line 1: expected a word followed by 1 to {MOST_DIM:,} numbers",
            READABLE,
        )
    return dim


def _fields(line: bytes) -> list[bytes]:
    return _SPACES.split(line.strip(b" \t\r"))


def _parse(block: Block, name: str, dim: int, errors: str) -> tuple[VectorBlock, Counter[str]]:
    from seqtool.vectors.formats import kernels

    bounds = _bounds(block, name, dim)
    size = len(bounds)
    matrix, ends, states = np.empty((size, dim), np.float32), np.empty(size, np.int64), np.empty(size, np.uint8)
    lines = block.first_line + np.searchsorted(_newlines(block), bounds[:, 1])
    kernels.read_lines(np.frombuffer(block.data, np.uint8), bounds, matrix, ends, states)
    for row in np.flatnonzero((states == kernels.SHORT) | (states == kernels.ODD)).tolist():
        matrix[row] = _read_again(name, int(lines[row]), block.data[slice(*bounds[row])], dim)
    kept = np.flatnonzero(states != kernels.BLANK)
    if len(kept) < size:
        bounds, ends, lines, matrix = bounds[kept], ends[kept], lines[kept], matrix[kept]
    words, counts = _words(name, block, bounds[:, 0].tolist(), ends.tolist(), lines.tolist(), dim, errors)
    return VectorBlock(words, matrix, lines.tolist(), "line"), counts


def _newlines(block: Block) -> NDArray[np.int64]:
    return np.flatnonzero(np.frombuffer(block.data, np.uint8) == 10)


def _bounds(block: Block, name: str, dim: int) -> NDArray[np.int64]:
    """Beginning and end (L, 2) of the lines that are long enough for D numbers; others may only be blank.

    Raises:
        InputError: a line is too short; so no memory is taken for numbers that a header only claims.
    """
    stops = _newlines(block)
    starts = np.concatenate([np.zeros(min(1, len(stops)), np.int64), stops[:-1] + 1])
    bounds = np.stack([starts, stops], axis=1).astype(np.int64)
    long = bounds[:, 1] - bounds[:, 0] > 2 * dim
    for row in np.flatnonzero(~long).tolist():
        line = block.data[slice(*bounds[row])]
        if line.strip(b" \t\r"):
            raise _wrong_line(name, block.first_line + row, line, dim)
    return bounds[long]


def _words(
    name: str, block: Block, starts: list[int], ends: list[int], lines: list[int], dim: int, errors: str
) -> tuple[list[str | None], Counter[str]]:
    counts: Counter[str] = Counter()
    data, words = block.data, list[str | None]()
    for start, end, line in zip(starts, ends, lines, strict=True):
        word = data[start:end]
        if b" " in word or b"\t" in word:
            _refuse_longer(name, line, word, dim)
        try:
            words.append(word.decode())
        except UnicodeDecodeError:
            words.append(decode_word(name, f"line {line}, byte {block.offset + start}", word, errors, counts))
    return words, counts


def _refuse_longer(name: str, line: int, word: bytes, dim: int) -> None:
    """Refuse a line whose surplus fields are all numbers: it is no word with spaces in it."""
    extra = _fields(word)[1:]
    if all(NUMBER.fullmatch(field) for field in extra):
        raise InputError(
            f"{name}: line {line}: expected {plural(dim, 'number')}, found {dim + len(extra):,}",
            "correct or remove the line; all vectors of a file have the same dimension",
        )


def _read_again(name: str, number: int, line: bytes, dim: int) -> list[np.float32]:
    """The numbers of a line that the kernel could not read with certainty.

    Raises:
        InputError: naming what is wrong with it.
    """
    fields = _fields(line)
    if len(fields) <= dim:
        raise _wrong_line(name, number, line, dim)
    values = []
    for field in fields[-dim:]:
        if not NUMBER.fullmatch(field):
            raise InputError(
                f"{name}: line {number}: expected a word and {plural(dim, 'number')}, but "
                f"{field[:40].decode('utf-8', 'replace')!r} is not a number",
                "correct or remove the line",
            )
        with np.errstate(over="ignore"):
            values.append(np.float32(float(field)))
    return values


def _wrong_line(name: str, number: int, line: bytes, dim: int) -> InputError:
    found = sum(1 for field in _fields(line)[1:] if NUMBER.fullmatch(field))
    remedy = "correct or remove the line, or download the file again if it is cut off"
    return InputError(
        f"{name}: line {number}: expected a word and {plural(dim, 'number')}, found {plural(found, 'number')}",
        remedy if found else "give a file of word vectors, or remove the line",
    )


def refuse_unwritable(path: str, words: Sequence[str], forbidden: re.Pattern[str], format_name: str) -> None:
    """Refuse words that a format cannot hold.

    Raises:
        OutputError: naming the first such word and a format that can.
    """
    for row, word in enumerate(words):
        if forbidden.search(word) or not _is_unicode(word):
            raise OutputError(
                f"{path}: a {format_name} file cannot hold word {row + 1}, {word!r}",
                "write .safetensors, which can hold any word",
            )


def _is_unicode(word: str) -> bool:
    return word.isascii() or not any("\ud800" <= character <= "\udfff" for character in word)


def write_text(file: BinaryIO, path: str, words: Sequence[str], matrix_VD: NDArray[np.float32], header: bool) -> None:
    """Write word2vec text (with a header) or GloVe's form; every number in the fewest digits that give it back.

    Raises:
        OutputError: a word that such a file cannot hold.
    """
    refuse_unwritable(path, words, _NO_WORD_OF_TEXT, "text")
    if not header and matrix_VD.shape[1] == 1 and words and words[0].isdecimal():
        raise OutputError(f"{path}: the first line would be read as a header", "use --to word2vec")
    if header:
        file.write(b"%d %d\n" % matrix_VD.shape)
    size = max(1, _WRITTEN_NUMBERS // matrix_VD.shape[1])
    parts = (slice(start, start + size) for start in range(0, len(words), size))
    for data in ordered(lambda part: _lines(words[part], matrix_VD[part]), parts, thread_count(None)):
        file.write(data)


def _lines(words: Sequence[str], rows: NDArray[np.float32]) -> memoryview:
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = pa.array(np.ascontiguousarray(rows).reshape(-1)).cast(pa.string())
    bounds = pa.array(np.arange(len(rows) + 1, dtype=np.int32) * np.int32(rows.shape[1]))
    vectors = pc.binary_join(pa.ListArray.from_arrays(bounds, numbers), " ")
    lines = pc.binary_join_element_wise(pa.array(words, pa.string()), vectors, " ")
    lines = pc.binary_join_element_wise(lines, "", "\n")
    _, offsets, data = lines.buffers()
    last = int(np.frombuffer(offsets, np.int32)[len(lines)])
    return memoryview(data)[:last]
