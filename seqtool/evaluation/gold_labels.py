"""The labeled texts that predictions are scored against."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from seqtool.artifact.manifest import Input, sha256_json
from seqtool.artifact.read import Artifact
from seqtool.corpus.options import SourceOptions
from seqtool.corpus.reading.tables.kinds import RaggedRowError
from seqtool.corpus.text_inputs import WholeText, read_text_lines, whole_text
from seqtool.errors import InputError
from seqtool.labelling.classification.texts import LabelSet, read_placed_labels, resolve_columns
from seqtool.labelling.options import LabelledTexts
from seqtool.metrics.labels import SHOWN
from seqtool.options import changed, from_manifest, select_fields
from seqtool.progress import note


@dataclass(frozen=True)
class GoldLabels:
    """The labels of a text.

    Attributes:
        labels: N.
        lines: of the file, where the row of each label begins; of what has no lines the numbers of rows; from 1.
        entry: the labels as an input.
        files: that they were read from, as an input.
    """

    labels: list[str]
    lines: Sequence[int]
    entry: Input
    files: Input


LabelledText = tuple[WholeText, GoldLabels]
"""A text, and a label for each of its lines."""


def read_gold_labels(name: str, column: str, labelled: LabelledTexts, sources: SourceOptions) -> GoldLabels:
    """The labels of a text.

    Raises:
        InputError: a line has no label.
    """
    read = read_placed_labels(name, column, labelled, sources)
    if None in read.labels:
        unit = "row" if isinstance(read.lines, range) else "line"
        message = f"{name}: {unit} {read.lines[read.labels.index(None)]}: the label is missing"
        raise InputError(message, "give every text a label")
    known = [label for label in read.labels if label is not None]
    return GoldLabels(known, read.lines, Input(Path(name).name, "gold:labels", sha256_json(known)), read.files)


def read_beginnings(gold: str, sources: SourceOptions, keep: bool) -> WholeText | None:
    """The beginnings of the texts beside the labels.

    ``None`` for standard input, which was read already, and for a table that has labels only.
    """
    if gold == "-":
        return None
    try:
        return texts_as_input(gold, read_text_lines([gold], sources), keep)
    except InputError as error:
        note(f"mistakes are not listed, because their texts cannot be read: {error.message}")
        return None


def texts_as_input(name: str, texts: Iterable[str], keep: bool = True) -> WholeText:
    """Texts as an input beside their labels, known by their content; as much of each is kept as is ever shown."""
    digest, kept = sha256(), []
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\n")
        if keep:
            kept.append(text[: SHOWN + 1])
    return WholeText(kept, Input(Path(name).name, "gold:texts", digest.hexdigest()), Counter())


def read_labelled_text(model: Artifact, gold: str, labelled: LabelledTexts, sources: SourceOptions) -> LabelledText:
    """Texts and labels, read as asked; else in the first of some ways that gives labels which the model knows.

    Raises:
        InputError: none of these can be read; or none gives such labels, and a row has too many or too few cells.
    """
    known, errors = set(LabelSet.read(model.path).names), list[InputError]()
    fallback: LabelledText | None = None
    for form, read in _readings(model, labelled, sources):
        try:
            label_column, text_column = resolve_columns(gold, form, read)
            found = read_gold_labels(gold, label_column, form, read)
            if fallback is None or known.intersection(found.labels):
                fallback = whole_text(gold, "gold", dataclasses.replace(read, column=text_column)), found
        except InputError as error:
            errors.append(error)
        else:
            if known.intersection(found.labels):
                break
    else:
        ragged = [error for error in errors if isinstance(error, RaggedRowError)]
        if ragged or fallback is None:
            raise (ragged or errors)[0]
    assert fallback is not None
    return fallback


def _readings(
    model: Artifact, labelled: LabelledTexts, sources: SourceOptions
) -> Iterator[tuple[LabelledTexts, SourceOptions]]:
    """As asked; what is left open in UTF-8 and the form found by a look, or as the training texts were."""
    trained = from_manifest(LabelledTexts, select_fields(LabelledTexts, model.options))
    read_so = from_manifest(SourceOptions, select_fields(SourceOptions, model.options))
    seen = dataclasses.replace(trained, form="auto")
    forms = (seen, dataclasses.replace(seen, label_column=labelled.label_column), trained)
    readings = (sources, dataclasses.replace(read_so, column=None), read_so)
    for read in readings[:1] if changed(sources) else readings:
        for form in (labelled,) if changed(labelled) else forms:
            yield form, read
