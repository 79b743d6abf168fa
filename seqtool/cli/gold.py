"""The labelled texts by which guesses are judged."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from seqtool.corpus.options import SourceOptions
from seqtool.errors import InputError
from seqtool.labelling.options import LabelledTexts

if TYPE_CHECKING:
    from seqtool.artifact.manifest import Input
    from seqtool.artifact.read import Artifact
    from seqtool.corpus.text_inputs import WholeText


def gold_labels(name: str, column: str, labelled: LabelledTexts, sources: SourceOptions) -> tuple[list[str], Input]:
    """The labels of a text, and what they are as an input.

    Raises:
        InputError: a line has none.
    """
    from seqtool.artifact.manifest import Input, sha256_json
    from seqtool.labelling.classification.texts import read_labels

    wanted = read_labels(name, column, labelled, sources)
    if None in wanted:
        raise InputError(f"{name}, line {wanted.index(None) + 1} has no label", "give a label for every text")
    known = [label for label in wanted if label is not None]
    return known, Input(Path(name).name, "gold:labels", sha256_json(known))


def shown_texts(gold: str, sources: SourceOptions, keep: bool) -> WholeText | None:
    """The beginnings of the texts beside the labels; none of a pipe, which was read, and of a table of labels alone."""
    from seqtool.corpus.text_inputs import lines_of
    from seqtool.progress import note

    if gold == "-":
        return None
    try:
        return texts_beside(gold, lines_of([gold], sources), keep)
    except InputError as error:
        note(f"mistakes are not shown: {error.message}")
        return None


def texts_beside(name: str, texts: Iterable[str], keep: bool = True) -> WholeText:
    """Texts as an input beside their labels, by what they say; of each at most what is shown is kept."""
    from seqtool.artifact.manifest import Input
    from seqtool.corpus.text_inputs import WholeText
    from seqtool.metrics.labels import SHOWN

    digest, kept = sha256(), []
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\n")
        if keep:
            kept.append(text[: SHOWN + 1])
    return WholeText(kept, Input(Path(name).name, "gold:texts", digest.hexdigest()), Counter())


def gold_for(
    model: Artifact, gold: str, labelled: LabelledTexts, sources: SourceOptions
) -> tuple[WholeText, list[str], Input]:
    """Texts and labels, read as asked; else in the first of some ways that gives labels which the model knows.

    Raises:
        InputError: none of these can be read; or none gives such labels, and a row has too many or too few cells.
    """
    from seqtool.corpus.reading.tables import RaggedRowError
    from seqtool.corpus.text_inputs import whole_text
    from seqtool.labelling.classification.texts import LabelSet, columns_of

    known, wrong = set(LabelSet.read(model.path).names), list[InputError]()
    fallback: tuple[WholeText, list[str], Input] | None = None
    for form, read in _readings(model, labelled, sources):
        try:
            label_column, text_column = columns_of(gold, form, read)
            labels, entry = gold_labels(gold, label_column, form, read)
            if fallback is None or known.intersection(labels):
                texts = whole_text(gold, "gold", dataclasses.replace(read, column=text_column))
                fallback = texts, labels, entry
        except InputError as error:
            wrong.append(error)
        else:
            if known.intersection(labels):
                break
    else:
        ragged = [error for error in wrong if isinstance(error, RaggedRowError)]
        if ragged or fallback is None:
            raise (ragged or wrong)[0]
    assert fallback is not None
    return fallback


def _readings(
    model: Artifact, labelled: LabelledTexts, sources: SourceOptions
) -> Iterator[tuple[LabelledTexts, SourceOptions]]:
    """As asked; what is left open in UTF-8 and the form found by a look, or as the training texts were."""
    from seqtool.options import changed, fields_of, from_manifest

    trained = from_manifest(LabelledTexts, fields_of(LabelledTexts, model.options))
    read_so = from_manifest(SourceOptions, fields_of(SourceOptions, model.options))
    seen = dataclasses.replace(trained, form="auto")
    forms = (seen, dataclasses.replace(seen, label_column=labelled.label_column), trained)
    readings = (sources, dataclasses.replace(read_so, column=None), read_so)
    for read in readings[:1] if changed(sources) else readings:
        for form in (labelled,) if changed(labelled) else forms:
            yield form, read
