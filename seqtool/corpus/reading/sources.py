"""Where text comes from: files, globs, standard input, tables, data sets; streamed, read once, hashed on the way."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import glob
import hashlib
import io
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from seqtool.artifact import files_read
from seqtool.artifact.read import is_artifact
from seqtool.corpus.options import SourceOptions
from seqtool.corpus.reading.blocks import BLOCK_BYTES, Block, checked_text, cut
from seqtool.corpus.reading.conllu import conllu_texts, is_conllu_name
from seqtool.corpus.reading.hub import HUB_PREFIX, dataset_cells, is_saved_dataset, saved_cells
from seqtool.corpus.reading.streams import file_pieces, known_encoding, source_name, transcoded
from seqtool.corpus.reading.tables import RaggedRowError, cell_pieces, cells, columns_named, parquet_cells, table_format
from seqtool.errors import InputError


class Source:
    """One input.

    Attributes:
        name: the path, ``-`` or ``hf:`` name as given.
        kind: text, conllu, csv, tsv, jsonl, parquet, dataset or hf.
        size: bytes to read, where that is known and the file is plain text.
        sha256: of the raw bytes of a file, or of the lines of a data set; known once the source has been read.
        counts: what was changed on the way in (cells of tables).
        lines: read so far.
        tolerant: whether a row with another number of cells than the first is counted, not refused.
        ragged, first_ragged: how many such rows were read, and the first of them.
    """

    def __init__(self, name: str, kind: str, options: SourceOptions) -> None:
        self.name = name
        self.kind = kind
        self.counts: Counter[str] = Counter()
        self.lines = 0
        self.tolerant = False
        self.ragged = 0
        self.first_ragged: RaggedRowError | None = None
        self.size = Path(name).stat().st_size if kind == "text" and Path(name).is_file() else None
        self._options = options
        self._digest = hashlib.sha256()
        self._read = False

    @property
    def sha256(self) -> str:
        """The digest, once the source has been read."""
        assert self._read, "the source has not been read to its end"
        return self._digest.hexdigest()

    def blocks(self, size: int = BLOCK_BYTES) -> Iterator[Block]:
        """The text as blocks of whole lines.

        Raises:
            InputError: it cannot be read, is empty, or is not what its name says.
        """
        name, empty = source_name(self.name), True
        for block in cut(name, self._pieces(), size, checked=self.kind != "text"):
            empty = False
            self.lines += block.lines
            yield block
        if empty:
            raise InputError(f"{name} is empty", "give a text with at least one line")
        self._read = True

    def _pieces(self) -> Iterator[bytes]:
        if Path(self.name).is_file():
            files_read.record(Path(self.name))
        else:
            files_read.record_unknowable()
        if self.kind == "text":
            return self._text_pieces()
        pieces = cell_pieces(source_name(self.name), self._cells(), self.counts)
        return self._hashed(pieces) if self.kind in ("hf", "dataset") else pieces

    def _text_pieces(self) -> Iterator[bytes]:
        return transcoded(source_name(self.name), file_pieces(self.name, self._digest), self._options)

    def _hashed(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._digest.update(piece)
            yield piece

    def _cells(self) -> Iterator[Any]:
        column = self._options.column
        if self.kind == "hf":
            return dataset_cells(self.name, column, self._options.hf_revision)
        if self.kind == "dataset":
            return saved_cells(self.name, column)
        if self.kind == "parquet":
            with Path(self.name).open("rb") as file:
                self._digest = hashlib.file_digest(file, "sha256")
            return parquet_cells(self.name, column)
        if self.kind == "conllu":
            return conllu_texts(source_name(self.name), self._lines(), column, self.counts)
        return cells(source_name(self.name), self.kind, self._lines(), column, self._on_ragged)

    def _on_ragged(self, row: RaggedRowError) -> None:
        if not self.tolerant:
            raise row
        self.ragged += 1
        self.first_ragged = self.first_ragged or row

    def _lines(self) -> Iterator[str]:
        """The checked lines of a text table, with their newlines."""
        for block in cut(source_name(self.name), self._text_pieces()):
            yield from io.StringIO(checked_text(block, self._options, self.counts).decode(), newline="\n")


def open_sources(names: Sequence[str], options: SourceOptions, plain: bool = False) -> list[Source]:
    """The sources that names stand for: paths, globs (in sorted order), ``-``, data sets.

    Of several columns, with TABs between, all lines of the first come before those of the next. ``plain``: a file is a
    text, whatever its name says.

    Raises:
        InputError: a name that stands for nothing that can be read.
        UsageError: an unknown encoding.
    """
    known_encoding(options.encoding)
    paths = [path for name in names for path in _expanded(name)]
    if not paths:
        raise InputError("no text was given", "name a file, or - for standard input")
    columns: list[str | None] = [*columns_named(options.column)] if options.column else [options.column]
    if len(columns) > 1 and "-" in paths:
        raise InputError("several columns cannot come from standard input", "write it to a file")
    return [
        Source(
            path,
            "text" if plain and Path(path).is_file() else _kind(path, options),
            dataclasses.replace(options, column=column),
        )
        for column in columns
        for path in paths
    ]


def lines(sources: Sequence[Source], options: SourceOptions, counts: Counter[str]) -> Iterator[str]:
    """The checked lines of sources, without their ends, in order; for readers that take text line by line."""
    for source in sources:
        for block in source.blocks():
            yield from checked_text(block, options, counts).decode().split("\n")[:-1]
        counts.update(source.counts)


def _expanded(name: str) -> list[str]:
    if name == "-" or name.startswith(HUB_PREFIX) or Path(name).exists() or not glob.has_magic(name):
        return [name]
    found = sorted(path for path in glob.glob(name, recursive=True) if not Path(path).is_dir())
    if not found:
        raise InputError(f"{name} matches no file", "check the pattern, and quote it")
    files_read.record_pattern(name, found)
    return found


def _kind(path: str, options: SourceOptions) -> str:
    if path.startswith(HUB_PREFIX):
        return "hf"
    if path != "-" and not Path(path).exists():
        raise _missing(path)
    if Path(path).is_dir():
        if is_saved_dataset(Path(path)):
            return "dataset"
        if is_artifact(Path(path)):
            raise InputError(f"{path} is a seqtool artifact, no text", "give a text in its place")
        raise InputError(f"{path} is a folder", f"name its files, such as '{path.rstrip('/')}/*.txt'")
    return "conllu" if is_conllu_name(path) else table_format(path, options.column) or "text"


_NEAR = 0.75
_composed = functools.partial(unicodedata.normalize, "NFC")


def _missing(path: str) -> InputError:
    folder = Path(path).parent
    try:
        beside = [other.name for other in folder.iterdir()]
    except OSError:
        return InputError(f"{path} does not exist: there is no folder {folder}", "check the path")
    if any(_composed(other) == _composed(Path(path).name) for other in beside):
        remedy = "one of that name in another Unicode form does (macOS decomposes): complete it with Tab, or rename it"
        return InputError(f"{path} does not exist", remedy)
    near = difflib.get_close_matches(Path(path).name, beside, 3, _NEAR)
    remedy = "did you mean " + " or ".join(str(folder / other) for other in near) if near else "check the path"
    if " " in path and not near:
        remedy = "check the path, or write the text itself to a pipe: echo TEXT | seqtool …"
    return InputError(f"{path} does not exist", remedy)
