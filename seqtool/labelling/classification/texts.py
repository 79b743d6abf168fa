"""Texts with a label each: which columns they are in, their labels as numbers, and how a user's are read."""

from __future__ import annotations

import dataclasses
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.artifact.manifest import Input
from seqtool.artifact.read import Artifact, is_artifact, open_artifact
from seqtool.corpus.artifact import ensure_corpus, open_corpus
from seqtool.corpus.model_text import HeldOut
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.corpus.output_names import free_output_path
from seqtool.corpus.reading.sources import lines, open_sources
from seqtool.corpus.reading.tables.kinds import (
    FASTTEXT_MARK,
    FIRST_OF_LABELS,
    ColumnError,
    table_format,
)
from seqtool.corpus.text_inputs import held_out_texts, sources_as_input
from seqtool.corpus.vocabulary import read_words, write_words
from seqtool.errors import InputError, UsageError
from seqtool.labelling.options import ClassifierOptions, LabelledTexts, Validation
from seqtool.options import determining, flags
from seqtool.progress import note

LABELS = "labels.tsv"
_TABLES = ("csv", "jsonl", "parquet")


@dataclass(frozen=True)
class Labelled:
    """Texts and what is said of each: ``None`` where nothing is.

    ``reading`` are the options by which they were read.
    """

    text: HeldOut
    labels: Sequence[str | None]
    reading: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LabelSet:
    """The labels a model knows, and how many of the texts that can be learned from have each."""

    names: tuple[str, ...]
    counts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.names)

    def numbers(self, labels: Sequence[str | None]) -> NDArray[np.int64]:
        """The number of each label (N,); -1 of unknown ones and of none."""
        ids = {name: i for i, name in enumerate(self.names)}
        return np.asarray([ids.get(label, -1) if label is not None else -1 for label in labels], np.int64)

    def write(self, folder: Path) -> None:
        """Write ``labels.tsv``."""
        write_words(folder / LABELS, self.names, self.counts)

    @classmethod
    def of(cls, labels: Sequence[str | None]) -> LabelSet:
        """The labels that occur, in the order of their code points."""
        counts = Counter(label for label in labels if label is not None)
        names = sorted(counts)
        return cls(tuple(names), np.asarray([counts[name] for name in names], np.int64))

    @classmethod
    def read(cls, folder: Path) -> LabelSet:
        """The labels in a model's folder."""
        names, counts = read_words(folder / LABELS)
        return cls(tuple(names), counts)


def resolve_columns(name: str, how: LabelledTexts, sources: SourceOptions) -> tuple[str, str]:
    """The columns of labels and of texts, as `SourceOptions.column` takes them.

    Raises:
        InputError: the first line has no label.
        UsageError: ``--column`` with lines that have none.
    """
    form = how.form
    if name == "-" and form == "auto":
        raise UsageError("the format of labeled texts cannot be detected on standard input", "give --form")
    if form == "auto" and how.label_column != LabelledTexts().label_column:
        form = "columns"
    if form == "auto":
        tabular = name.startswith("hf:") or Path(name).is_dir() or table_format(name, None) in _TABLES
        form = "columns" if tabular or sources.column is not None else _guess_form(name, how, sources)
    if form == "columns":
        return how.label_column, sources.column or "text"
    if sources.column is not None:
        raise UsageError(f"--column needs --form columns, not --form {form}", "leave one of them out")
    if form == "fasttext" and how.labels == "first":
        form = FIRST_OF_LABELS
    return f"{form}/label", f"{form}/text"


def begins_with_label(line: str, names: frozenset[str], until: str | None) -> bool:
    """Whether a line looks like a labelled text: a label (of ``--label-until``), white space, and more."""
    for mark in ("\t", " "):
        first, apart, _ = line.partition(mark)
        first = first.removeprefix(FASTTEXT_MARK)
        if apart and (first in names or (until and first.split(until)[0] in names)):
            return True
    return False


def begins_as_table(names: Sequence[str], labels: LabelSet, sources: SourceOptions) -> bool:
    """Whether the texts are one ``.tsv`` whose first line is a label that is known, TAB, and a text: no header."""
    if len(names) != 1 or not Path(names[0]).is_file() or table_format(names[0], None) != "tsv":
        return False
    label, tab, _ = _first_line(names[0], sources).partition("\t")
    return bool(tab) and label in labels.names


def without_labels(names: Sequence[str], form: str | None, sources: SourceOptions, labels: LabelSet) -> SourceOptions:
    """How texts to be classified are read where labels precede them: in the form given, or one that is seen.

    Raises:
        UsageError: a form with several texts, or with a column.
    """
    if form is None and sources.column is None and begins_as_table(names, labels, sources):
        note(
            f"{names[0]}: the first line begins with a label, so labels are removed (--form tab; --column overrides it)"
        )
        form = "tab"
    if form is None:
        return sources
    if len(names) > 1:
        raise UsageError("--form works with one text at a time", "classify the texts one by one")
    how = LabelledTexts(form=form, labels="first")
    return dataclasses.replace(sources, column=resolve_columns(names[0], how, sources)[1])


def _first_line(name: str, sources: SourceOptions) -> str:
    """The first line of a text that is not blank."""
    opened = open_sources([name], sources, plain=True)
    return next((line for line in lines(opened, sources, Counter()) if line.strip()), "")


def _guess_form(name: str, how: LabelledTexts, sources: SourceOptions) -> str:
    line = _first_line(name, sources)
    if any(word.startswith(FASTTEXT_MARK) for word in line.split()):
        return "fasttext"
    # A header, also of a table whose texts have another name: that is an error then, and not a text called `label`.
    if "\t" in line and how.label_column in (cell.strip(' "') for cell in line.split("\t")):
        return "columns"
    if "\t" in line:
        return "tab"
    shown = repr(line if len(line) <= 40 else line[:40] + "…")
    raise InputError(
        f"cannot find labels in {name}: expected label TAB text, found {shown}",
        "give --form, or --label-column and --column for a table",
    )


def read_labels(name: str, column: str, how: LabelledTexts, sources: SourceOptions) -> list[str | None]:
    """The label of every line; ``None`` of a blank one."""
    return read_placed_labels(name, column, how, sources).labels


@dataclass(frozen=True)
class PlacedLabels:
    """The labels of texts, where they are, and the files that they were read from.

    Attributes:
        labels: of every line; ``None`` of a blank one.
        lines: where the row of each begins in the file; where rows are not lines of one file (Parquet, data sets,
            several files) the numbers of rows; from 1.
        files: as an input.
    """

    labels: list[str | None]
    lines: Sequence[int]
    files: Input


def read_placed_labels(name: str, column: str, how: LabelledTexts, sources: SourceOptions) -> PlacedLabels:
    """The label of every line, and where it is."""
    read = dataclasses.replace(sources, column=column)
    until, opened, places = how.label_until, open_sources([name], read), array("q")
    if len(opened) == 1:
        opened[0].row_lines = places
    found = (line.strip() for line in lines(opened, read, Counter()))
    try:
        labels = [(label.split(until)[0].strip() if until else label) or None for label in found]
    except ColumnError as error:
        raise error.asked_by("--label-column") from None
    files = sources_as_input(Path(name).name, "gold:", opened, read)
    return PlacedLabels(labels, places or range(1, len(labels) + 1), files)


@dataclass(frozen=True)
class LabelledReader:
    """Where labeled texts are, and how they are read."""

    texts: str
    labelled: LabelledTexts
    validation: Validation
    model: ClassifierOptions
    sources: SourceOptions
    preprocessing: PreprocessOptions

    def check(self) -> None:
        """Refuse options that would part texts from their labels.

        Raises:
            UsageError: saying what is wanted.
        """
        if self.texts == "-":
            raise UsageError("labeled texts are read twice and cannot come from standard input", "write them to a file")
        dropping = self.sources.errors == "skip" or self.preprocessing.blank_lines == "drop"
        if dropping or self.preprocessing.split is not None:
            message = "--errors skip, --blank-lines drop and --split would separate texts from their labels"
            raise UsageError(message, "leave them out; --valid and --valid-share choose the validation texts")

    def default_output(self) -> Path:
        """The name of a model that the user did not name: after the texts."""
        if self.texts.startswith("hf:") or Path(self.texts).name in ("", ".."):
            raise UsageError(f"cannot derive an output name from {self.texts}", "use -o")
        kind = self.model.cell if self.model.arch == "recurrent" else self.model.arch
        return free_output_path(Path(self.texts), f"{kind}.classifier")

    def text_processor(self, explicit: frozenset[str], output: Path, overwrite: bool) -> Artifact:
        """What tokenizes the texts: their own corpus, made where it is not there yet, or the model of ``--init-lm``.

        Args:
            explicit, output, overwrite: see `ensure_corpus`.
        """
        if is_artifact(Path(self.texts)):
            raise UsageError(f"{self.texts} is an artifact and contains no labels", "give the labeled texts")
        _ = self._labels  # read first, so that no corpus is made of texts without labels
        if self.model.init_lm is None:
            return ensure_corpus([self.texts], self._read, self.preprocessing, explicit, output, overwrite)
        like = open_artifact(Path(self.model.init_lm), "lm")
        for name in sorted(explicit & (set(PreprocessOptions.__dataclass_fields__) - {"threads", "memory"})):
            raise UsageError(f"{flags([name])} is fixed by --init-lm", "leave it out")
        return like

    @contextmanager
    def open(self, like: Artifact) -> Iterator[tuple[Labelled, Labelled | None]]:
        """The texts to train on, and those that are given to validate on; ``like`` is the `text_processor`."""
        with ExitStack() as stack:
            if self.model.init_lm is None:
                corpus = open_corpus(like)
                lines = slice(0, len(corpus))
                text = HeldOut(Path(self.texts).name, corpus, lines, like.as_input(), like.manifest.ledger)
            else:
                text = stack.enter_context(held_out_texts(like, [self.texts], self._read, keep_blank=True))[0]
            data = Labelled(text, self._labels, self._reading())
            given, valid = None, self.validation.valid
            if valid is not None:
                label, column = resolve_columns(valid, self.labelled, self.sources)
                read = dataclasses.replace(self.sources, column=column)
                other = stack.enter_context(held_out_texts(like, [valid], read, keep_blank=True))[0]
                given = Labelled(other, read_labels(valid, label, self.labelled, self.sources))
            yield data, given

    @cached_property
    def _columns(self) -> tuple[str, str]:
        return resolve_columns(self.texts, self.labelled, self.sources)

    @cached_property
    def _labels(self) -> list[str | None]:
        return read_labels(self.texts, self._columns[0], self.labelled, self.sources)

    @property
    def _read(self) -> SourceOptions:
        """How the texts are read without their labels."""
        return dataclasses.replace(self.sources, column=self._columns[1])

    def _reading(self) -> dict[str, Any]:
        """The options by which the texts are read, the form of the labels filled in."""
        form, apart, _ = self._columns[1].partition("/")
        form = "fasttext" if form == FIRST_OF_LABELS else form
        labelled = dataclasses.replace(self.labelled, form=form if apart else "columns")
        own = determining(self.preprocessing) if self.model.init_lm is None else {}
        own.pop("max_vocab", None)
        return own | determining(self.sources) | determining(labelled)
