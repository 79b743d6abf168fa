"""Texts with a label each: which columns they stand in, and their labels as numbers."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool.corpus.model_text import HeldOut
from seqtool.corpus.options import DEFAULT_COLUMN, SourceOptions
from seqtool.corpus.reading.sources import lines, open_sources
from seqtool.corpus.reading.tables.kinds import (
    FASTTEXT_MARK,
    FIRST_OF_LABELS,
    MissingColumnError,
    NotATableError,
    table_format,
)
from seqtool.corpus.vocabulary import read_words, write_words
from seqtool.errors import InputError, UsageError
from seqtool.labelling.options import LabelledTexts
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
        raise UsageError("the form of labelled texts is found by a first look, which a pipe has none of", "give --form")
    if form == "auto" and how.label_column != LabelledTexts().label_column:
        form = "columns"
    if form == "auto":
        tabular = name.startswith("hf:") or Path(name).is_dir() or table_format(name, None) in _TABLES
        form = "columns" if tabular or sources.column is not None else _guess_form(name, how, sources)
    if form == "columns":
        return how.label_column, sources.column or "text"
    if sources.column is not None:
        raise UsageError(f"--form {form} has no columns", "leave --column or --form out")
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
    """How texts to be classified are read where labels stand before them: in the form given, or one that is seen.

    Raises:
        UsageError: a form with several texts, or with a column.
    """
    if form is None and sources.column is None and begins_as_table(names, labels, sources):
        note(f"{names[0]} has a label before each text, which is taken off (--form tab; --column names a column)")
        form = "tab"
    if form is None:
        return sources
    if len(names) > 1:
        raise UsageError("--form takes one text", "give them one by one")
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
    if {how.label_column, DEFAULT_COLUMN} <= {cell.strip(' "') for cell in line.split("\t")}:
        return "columns"
    if "\t" in line:
        return "tab"
    shown = repr(line if len(line) <= 40 else line[:40] + "…")
    raise InputError(
        f"{name} does not begin with label TAB text, but with {shown}",
        "give --form, or --column of a table (has it labels?)",
    )


def read_labels(name: str, column: str, how: LabelledTexts, sources: SourceOptions) -> list[str | None]:
    """The label of every line; ``None`` of a blank one."""
    read = dataclasses.replace(sources, column=column)
    until = how.label_until
    found = (line.strip() for line in lines(open_sources([name], read), read, Counter()))
    try:
        return [(label.split(until)[0].strip() if until else label) or None for label in found]
    except (MissingColumnError, NotATableError) as error:
        raise error.asked_by("--label-column") from None
