"""From the texts or the table that a user gives to corpora of pairs."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from seqtool.artifact.read import Artifact, is_artifact
from seqtool.corpus.artifact import ensure_corpus
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.corpus.output_names import free_output_path
from seqtool.corpus.reading.sources import lines, open_sources
from seqtool.corpus.reading.tables.kinds import UNDERSCORE, MissingColumnError, table_format
from seqtool.corpus.reading.tables.labelled import FIRST_LINES, holds_underscore_pairs
from seqtool.corpus.text_inputs import held_out_texts
from seqtool.errors import InputError, UsageError
from seqtool.progress import note_once
from seqtool.seq2seq.options import PairTexts, Seq2SeqOptions
from seqtool.seq2seq.pairs import Side, halves, whole_side
from seqtool.seq2seq.plan import GivenPairs

_FIRST_TWO = ("0", "1")
_NAMED = ("source", "target")
_KINDS_WITH_NAMES = ("jsonl", "parquet", "dataset", "conllu")
_NAMES_SHOWN = 10


@dataclass(frozen=True)
class PairReader:
    """Where pairs are, and how they are read.

    Attributes:
        pairs: a table of pairs, or a corpus of both sides; ``None`` where ``texts`` names the sides.
    """

    pairs: str | None
    texts: PairTexts
    model: Seq2SeqOptions
    sources: SourceOptions
    preprocessing: PreprocessOptions

    def check(self) -> None:
        """Refuse texts that are not pairs, and options that would separate sources from targets.

        Raises:
            UsageError: saying what is wanted.
        """
        source, target, sources = self.texts.source, self.texts.target, self.sources
        vectors = self.model.source_vectors is not None
        if (
            (vectors and self.pairs is not None)
            or (self.pairs is None) == (target is None)
            or (source is None) != (target is None or vectors)
        ):
            if vectors:
                message = "--source-vectors replaces PAIRS and --source, and needs --target"
                raise UsageError(message, "give --source-vectors and --target")
            raise UsageError("train-seq2seq needs either PAIRS, or --source and --target", "give one or the other")
        if "-" in (self.pairs, source, target, self.texts.valid):
            raise UsageError("pairs are read twice and cannot come from standard input", "write them to a file")
        dropping = sources.errors == "skip" or self.preprocessing.blank_lines == "drop" or sources.unwrap
        if dropping or self.preprocessing.split is not None:
            message = "--errors skip, --blank-lines drop, --unwrap and --split would separate sources from targets"
            raise UsageError(message, "leave them out")
        if sources.bad_rows == "skip" and self.pairs is None:
            message = "--bad-rows skip could drop a row from one file and not from the other"
            raise UsageError(message, "fix the rows, or put both columns into one table and give it as PAIRS")
        own = self.model.source_tokenizer != self.model.target_tokenizer
        if self.model.vocabulary != "separate" and own:
            message = f"--vocabulary {self.model.vocabulary} needs the same tokenizer on both sides"
            raise UsageError(message, "leave out --source-tokenizer and --target-tokenizer")

    def default_output(self) -> Path:
        """The name of a model that the user did not name: after the pairs, or the targets."""
        name = self.pairs or self.texts.target
        assert name is not None
        if Path(name).name in ("", ".."):
            raise InputError(f"{name} is a folder", "give a table, or texts with --source and --target")
        if name.startswith("hf:"):
            raise UsageError("cannot derive an output name from an hf: data set", "use -o")
        kind = self.model.cell if self.model.arch == "recurrent" else self.model.arch
        return free_output_path(Path(name), f"{kind}.seq2seq")

    def sides(self, explicit: frozenset[str], output: Path | None, overwrite: bool) -> tuple[Side | Path, Side]:
        """The corpora of both sides, made where they are not there yet; of the source, vectors where they are given.

        Args:
            explicit, output, overwrite: see `ensure_corpus`.
        """

        def corpus(names: list[str], column: str | None, tokenizer: str | None = None) -> Artifact:
            read = dataclasses.replace(self.sources, column=column)
            made = dataclasses.replace(self.preprocessing, tokenizer=tokenizer or self.preprocessing.tokenizer)
            said = explicit | {"tokenizer"} if tokenizer else explicit
            return ensure_corpus(names, read, made, said, output or Path(f"{names[0]}.seq2seq"), overwrite)

        pairs, model, column = self.pairs, self.model, self.sources.column
        if model.source_vectors is not None:
            assert self.texts.target is not None
            return Path(model.source_vectors), whole_side(corpus([self.texts.target], column, model.target_tokenizer))
        if pairs is not None and is_artifact(Path(pairs)):
            return halves(corpus([pairs], None))
        source, target = (self.texts.source, self.texts.target) if pairs is None else (pairs, pairs)
        assert source is not None
        assert target is not None
        columns = [column] * 2 if pairs is None else pair_columns(pairs, self.sources)
        if model.vocabulary == "separate":
            read = whole_side(corpus([source], columns[0], model.source_tokenizer))
            return read, whole_side(corpus([target], columns[1], model.target_tokenizer))
        if pairs is not None:
            return halves(corpus([pairs], _joined(columns), model.source_tokenizer))
        return halves(corpus([source, target], column, model.source_tokenizer))

    @contextmanager
    def held_out(self, sides: tuple[Side | Path, Side]) -> Iterator[GivenPairs | None]:
        """The pairs to validate on, encoded as the training pairs were; ``None`` where none are given.

        Raises:
            UsageError: they are not pairs.
        """
        texts = self.texts
        if texts.valid is not None and is_artifact(Path(texts.valid)):
            message = f"--valid needs a table of pairs, but {texts.valid} is an artifact"
            raise UsageError(message, "give a table, or --valid-source and --valid-target")
        if texts.valid is None and texts.valid_source is None and texts.valid_target is None:
            yield None
            return
        if texts.valid is not None and (texts.valid_source or texts.valid_target):
            raise UsageError("--valid and --valid-source cannot be combined", "give one of them")
        source, target = (texts.valid, texts.valid) if texts.valid else (texts.valid_source, texts.valid_target)
        if source is None or target is None:
            raise UsageError("--valid-source and --valid-target must be given together", "give both")
        columns = pair_columns(texts.valid, self.sources) if texts.valid else [self.sources.column] * 2
        read = [dataclasses.replace(self.sources, column=column) for column in columns]
        with held_out_texts(sides[1].artifact, [target], read[1]) as targets:
            if not isinstance(sides[0], Side):
                yield GivenPairs(Path(source), targets[0])
                return
            with held_out_texts(sides[0].artifact, [source], read[0]) as found:
                yield GivenPairs(found[0], targets[0])


def _joined(columns: Sequence[str | None]) -> str:
    """As ``--column`` takes several."""
    names = list(map(str, columns))
    return ("," if all(name.isdecimal() for name in names) else "\t").join(names)


def pair_columns(pairs: str, sources: SourceOptions) -> list[str | None]:
    """The columns of source and target: asked for, so named, kept apart by an underscore, or the first two.

    Raises:
        InputError: a text that has neither TABs nor underscores, or columns that have other names.
        UsageError: two columns were not named.
    """
    if sources.column is not None:
        names = sources.column.split("\t" if "\t" in sources.column else ",")
        if len(names) != 2:
            message = f"--column {sources.column} does not name two columns"
            raise UsageError(message, "name source and target, for example 0,1 or en,de")
        return [*names]
    if not Path(pairs).exists() or is_artifact(Path(pairs)):
        return [*_FIRST_TWO]
    missing = next((error for name in _NAMED if (error := _missing_column(pairs, name, sources))), None)
    if missing is None:
        return [*_NAMED]
    if Path(pairs).is_file() and table_format(pairs, None) in (None, "tsv") and sources.separator is None:
        of_lines = _columns_of_lines(pairs, sources)
        if of_lines:
            return [*of_lines]
    kind = open_sources([pairs], sources)[0].kind
    others = [name for name in missing.names if not name.isdecimal()]
    if kind in ("parquet", "dataset") and len(others) == 2:
        return [*others]
    if kind in _KINDS_WITH_NAMES and others:
        raise _unclear_columns(pairs, others, sources)
    return [*_FIRST_TWO]


def _unclear_columns(pairs: str, names: Sequence[str], sources: SourceOptions) -> InputError:
    """The error for columns with other names than those of pairs; if there is one, those inside it."""
    if len(names) == 1:
        inside = _missing_column(pairs, f"{names[0]}.{_NAMED[0]}", sources)
        names = inside.names if inside else names
    message = f"{pairs} has no columns 'source' and 'target', only {', '.join(names[:_NAMES_SHOWN])}"
    if len(names) < len(_NAMED):
        return InputError(message, "give a table with two columns")
    shown = ("form", "lemma") if {"form", "lemma"} <= {*names} else names[-2:]
    return InputError(message, f"name two columns, source first, for example --column {','.join(shown)}")


def _columns_of_lines(pairs: str, sources: SourceOptions) -> list[str]:
    """The columns of lines with an underscore between source and target; none of lines with TABs.

    Raises:
        InputError: the first lines have neither.
    """
    text = dataclasses.replace(sources, errors="replace")
    first = list(islice(lines(open_sources([pairs], text, plain=True), text, Counter()), FIRST_LINES))
    if holds_underscore_pairs(first):
        note_once(f"{pairs}: lines are split into source and target at the _, and the padding spaces are removed")
        return [f"{UNDERSCORE}/source", f"{UNDERSCORE}/target"]
    if not any("\t" in line for line in first):
        message = f"{pairs}: line 1: expected source TAB target, found no TAB"
        raise InputError(message, "separate source and target by a TAB, or give two texts with --source and --target")
    return []


def _missing_column(pairs: str, name: str, sources: SourceOptions) -> MissingColumnError | None:
    """The error of a table in whose first row or object no column is called so; ``None`` if there is one."""
    read = dataclasses.replace(sources, column=name, errors="replace")
    try:
        next(lines(open_sources([pairs], read), read, Counter()), None)
    except MissingColumnError as error:
        return error
    return None
