"""Where text comes from: files, globs, standard input, tables, data sets; streamed, read once, hashed on the way."""

from __future__ import annotations

import dataclasses
import functools
import glob
import io
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from seqtool.artifact import files_read
from seqtool.artifact.read import is_artifact
from seqtool.corpus.options import AUTO_ENCODING, SourceOptions
from seqtool.corpus.reading.blocks import BLOCK_BYTES, Block, checked_text, cut
from seqtool.corpus.reading.conllu import conllu_texts, is_conllu_name, warn_of_conllu
from seqtool.corpus.reading.hub import HUB_PREFIX, dataset_cells, is_saved_dataset, saved_cells
from seqtool.corpus.reading.returns import cr_as_line_ends, warn_of_returns
from seqtool.corpus.reading.streams import PIECE_BYTES, file_pieces, source_name
from seqtool.corpus.reading.tables.cells import Cells, cell_pieces
from seqtool.corpus.reading.tables.columns import cells_of_rows
from seqtool.corpus.reading.tables.json_rows import json_cells, warn_of_json
from seqtool.corpus.reading.tables.kinds import BadRowError, Table, columns_named, table_format
from seqtool.corpus.reading.tables.labelled import labelled_cells
from seqtool.corpus.reading.tables.parquet import parquet_cells
from seqtool.corpus.reading.tables.texts import TableText
from seqtool.corpus.reading.text_digest import TextDigest
from seqtool.corpus.reading.transcoding import Taken, known_encoding, transcoded
from seqtool.corpus.reading.unwrapping import refuse_table, unwrapped
from seqtool.errors import InputError, did_you_mean, plural
from seqtool.progress import note, warn_once


class Source:
    """One input.

    Attributes:
        name: the path, ``-`` or ``hf:`` name as given.
        kind: text, conllu, csv, tsv, jsonl, lines, parquet, dataset or hf.
        size: bytes of the file as it is stored, compressed or in any encoding; ``None`` where nobody knows.
        bytes_read: so far: stored bytes where there is a ``size``, else bytes of text.
        sha256: of the raw bytes of a file, or of the lines of a data set; known once the source has been read.
        text_sha256: of the text in a file, where its lines are not the bytes of the file; see `TextDigest`.
        counts: what was changed on the way in (cells of tables, line ends).
        taken: how it was decoded; known once the source has been read.
        lines: read so far.
        tolerant: whether rows of a table that cannot be read are left out and counted, whatever the options say, and
            nothing is warned of.
        row_lines: of a table of lines, where each row begins in the file, from 1; to be set to an array that gets them.
        bad_rows, first_bad_row: how many there were, and the first.
        column_number: of several columns of the same text, from 0; only the first counts bad rows.
        plain: whether a text is known to be one whatever its name says, so that nothing else is looked for in it.
    """

    def __init__(
        self, name: str, kind: str, options: SourceOptions, column_number: int = 0, plain: bool = False
    ) -> None:
        self.name = name
        self.kind = kind
        self.counts: Counter[str] = Counter()
        self.taken = Taken()
        self.lines = 0
        self.tolerant = False
        self.row_lines: array[int] | None = None
        self.bad_rows = 0
        self.first_bad_row: BadRowError | None = None
        self.column_number = column_number
        self.plain = plain
        streamed = kind not in ("parquet", "dataset", "hf") and Path(name).is_file()
        self.size = Path(name).stat().st_size if streamed else None
        self.bytes_read = 0
        self._longest: int | None = None  # bytes of a line
        self._options = options
        self._digest = TextDigest()
        self._read = False

    @property
    def sha256(self) -> str:
        """The digest, once the source has been read."""
        assert self._read, "the source has not been read to the end"
        return self._digest.file()

    @property
    def text_sha256(self) -> str | None:
        """The digest of the text where it is another, once the source has been read."""
        assert self._read, "the source has not been read to the end"
        return self._digest.text() if self.kind in _OF_LINES else None

    def blocks(self, size: int = BLOCK_BYTES, longest: int | None = None) -> Iterator[Block]:
        """The text as blocks of whole lines.

        Raises:
            InputError: it cannot be read, is empty, is not what its name says, or has a line of more than ``longest``
                bytes.
        """
        self._longest = longest
        name, empty = source_name(self.name), True
        for block in self._blocks(name, size):
            empty = False
            self.lines += block.lines
            self.bytes_read = self._digest.bytes if self.size else self.bytes_read + len(block.data)
            yield block
        if empty and self.first_bad_row is not None:
            message = f"{name}: every row is damaged ({plural(self.bad_rows, 'row')})"
            raise InputError(message, f"fix the first one: {self.first_bad_row}")
        if empty:
            raise InputError(f"{name} is empty", "give a text with at least one line")
        self._read = True
        if self.counts["missing_words"] and not self.tolerant:
            cells = plural(self.counts["missing_words"], "cell contains", "cells contain")
            warn_once(
                f"{name}: {cells} NA, NULL or similar, read as a word; leave the cell empty if a value is missing"
            )
        for doubt in self.taken.doubts if not self.tolerant else []:
            warn_once(f"{name}: line {doubt.line}: {doubt.counted}; {doubt.remedy}")

    def _blocks(self, name: str, size: int) -> Iterator[Block]:
        if Path(self.name).is_file():
            files_read.record(Path(self.name))
        else:
            files_read.record_unknowable()
        if self.kind == "text" and not self._options.unwrap:
            return self._text_blocks(name, size)
        if self.kind == "text":
            pieces = unwrapped(self._lines(name), self.counts)
        else:
            as_bytes = self.kind in ("csv", "tsv", "lines", "conllu")
            pieces = cell_pieces(name, self._cells(), self.counts, escaped=not as_bytes)
        pieces = self._hashed(pieces) if self.kind in ("hf", "dataset") else pieces
        return cut(name, pieces, size, checked=True, longest=self._longest)

    def _text_blocks(self, name: str, size: int = BLOCK_BYTES) -> Iterator[Block]:
        self._digest.is_encoded = known_encoding(self._options.encoding) != "utf-8" or self._options.newline == "any"
        pieces = transcoded(name, file_pieces(self.name, self._digest), self._options, self.taken)
        if self._options.newline == "any":
            pieces = cr_as_line_ends(pieces, self.counts)
        for block in cut(name, self._digest.watched(pieces), size, longest=self._longest):
            if not block.offset and not self.tolerant:
                warn_of_returns(block)
                if self.kind == "text" and not self.plain:
                    warn_of_conllu(name, block.data)
                    warn_of_json(name, block.data)
            yield block

    def _lines(self, name: str) -> Iterator[str]:
        """The checked lines of a text, with their newlines."""
        for block in self._text_blocks(name):
            yield from io.StringIO(checked_text(block, self._options, self.counts).decode(), newline="\n")

    def _hashed(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._digest.update(piece)
            yield piece

    def _cells(self) -> Cells:
        column = self._options.column
        if self.kind == "hf":
            return dataset_cells(self.name, column, self._options.hf_revision)
        if self.kind == "dataset":
            return saved_cells(self.name, column)
        if self.kind == "parquet":
            with Path(self.name).open("rb") as file:
                while piece := file.read(PIECE_BYTES):
                    self._digest.update(piece)
            return parquet_cells(self.name, column)
        name = source_name(self.name)
        if self.kind == "conllu":
            return ([text] for text in conllu_texts(name, self._lines(name), column, self.counts))
        text = TableText(self._text_blocks(name), self._options, self.counts)
        table = Table(name, self.kind, self._options, self._on_bad_row, self.counts, self.row_lines)
        return _READERS[self.kind](table, text)

    def _on_bad_row(self, row: BadRowError) -> None:
        if self._options.bad_rows == "error" and not self.tolerant:
            raise row
        self.bad_rows += 1
        self.first_bad_row = self.first_bad_row or row
        self.counts["bad_rows"] += self.column_number == 0


_OF_LINES = ("text", "conllu", "csv", "tsv", "jsonl", "lines")
_READERS = {"csv": cells_of_rows, "tsv": cells_of_rows, "jsonl": json_cells, "lines": labelled_cells}


def open_sources(names: Sequence[str], options: SourceOptions, plain: bool = False) -> list[Source]:
    """The sources that names stand for: paths, globs (in sorted order), ``-``, data sets.

    Of several columns, with TABs between, all lines of the first come before those of the next. ``plain``: a file is a
    text, whatever its name says.

    Raises:
        InputError: a name that stands for nothing that can be read.
        UsageError: an unknown encoding.
    """
    known_encoding(options.encoding)
    paths = [path for name in names for path in matching_files(name)]
    if not paths:
        raise InputError("no text was given", "give a file, or - for standard input")
    columns: list[str | None] = [*columns_named(options.column)] if options.column else [options.column]
    if len(columns) > 1 and "-" in paths:
        raise InputError(
            "several columns cannot be read from standard input", "save the table to a file, and give that"
        )
    sources = [
        Source(
            path,
            "text" if plain and Path(path).is_file() else _kind(path, options),
            dataclasses.replace(options, column=column),
            number,
            plain,
        )
        for number, column in enumerate(columns)
        for path in paths
    ]
    for source in sources if options.unwrap else []:
        refuse_table(source.name, source.kind)
    return sources


def lines(sources: Sequence[Source], options: SourceOptions, counts: Counter[str]) -> Iterator[str]:
    """The checked lines of sources, without their ends, in order; for readers that take text line by line."""
    for source in sources:
        for block in source.blocks():
            yield from checked_text(block, options, counts).decode().split("\n")[:-1]
        counts.update(source.counts)
    tell_encodings(sources, options)


def tell_encodings(sources: Sequence[Source], options: SourceOptions) -> None:
    """Say what ``--encoding auto`` found: a line for each encoding, with its files or how many they are."""
    if options.encoding != AUTO_ENCODING:
        return
    names: dict[str, list[str]] = {}
    for source in sources:
        if source.taken.encoding is not None:
            names.setdefault(source.taken.encoding, []).append(source_name(source.name))
    for encoding, files in names.items():
        files = list(dict.fromkeys(files))  # a source for each column
        note(f"detected {encoding} in {', '.join(files) if len(files) <= _FILES_NAMED else f'{len(files):,} files'}")


def matching_files(name: str) -> list[str]:
    """The files that a pattern stands for, in sorted order; another name stands for itself.

    Raises:
        InputError: there is no such file.
    """
    if name == "-" or name.startswith(HUB_PREFIX) or Path(name).exists() or not glob.has_magic(name):
        return [name]
    found = sorted(path for path in glob.glob(name, recursive=True) if not Path(path).is_dir())
    if not found:
        raise InputError(f"no file matches {name}", "check the pattern; quote it to keep the shell from expanding it")
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
            raise InputError(f"{path} is a seqtool artifact, not a text", "give a text instead")
        raise InputError(f"{path} is a folder", f"give its files, such as '{path.rstrip('/')}/*.txt'")
    return "conllu" if is_conllu_name(path) else table_format(path, options.column) or "text"


_FILES_NAMED = 3
_composed = functools.partial(unicodedata.normalize, "NFC")


def _missing(path: str) -> InputError:
    folder = Path(path).parent
    try:
        beside = [other.name for other in folder.iterdir()]
    except OSError:
        return InputError(f"{path} does not exist, and neither does its folder {folder}", "check the path")
    if any(_composed(other) == _composed(Path(path).name) for other in beside):
        remedy = (
            "a file has this name in another Unicode form (macOS decomposes letters); complete the name with the Tab "
            "key, or rename the file"
        )
        return InputError(f"{path} does not exist", remedy)
    text = "check the path; to give the text itself, use a pipe: echo TEXT | seqtool …"
    return InputError(f"{path} does not exist", did_you_mean(path) or (text if " " in path else "check the path"))
