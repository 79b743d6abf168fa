"""The classify command."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seqtool.cli.options import Json
from seqtool.corpus.options import SourceOptions
from seqtool.errors import InputError, UsageError
from seqtool.labelling.options import LabelledTexts
from seqtool.nn.options import DeviceOptions

if TYPE_CHECKING:
    from seqtool.labelling.classification.texts import LabelSet


def classify(
    model: Annotated[Path, typer.Argument(help="a model that train-classifier made", show_default=False)],
    text: Annotated[list[str] | None, typer.Argument(help="texts, one a line; - or nothing: standard input")] = None,
    best: Annotated[int, typer.Option("--top", "-k", min=1, help="labels of each text, the likeliest first")] = 1,
    labelled: Annotated[
        Literal["auto", "tab", "word", "fasttext", "columns"] | None,
        typer.Option("--form", help="the texts have labels before them, in this form of train-classifier's"),
    ] = None,
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, help="texts computed side by side")] = 64,
    output_format: Annotated[
        Literal["text", "tsv", "json", "native"] | None,
        typer.Option("--format", help="form of the answer; native: fastText's [default: label TAB probability]"),
    ] = None,
    as_json: Json = False,
    *,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> None:
    """A label for every line, and its probability: exactly as many lines come out as go in.

    With --top K a line has K labels, each followed by its probability. With --format tsv or json the answer is a table
    of line, rank, label and probability; with --format native __label__x 0.98.

    Example: seqtool classify reviews.classifier - < texts.txt
    """
    from seqtool.cli.answer import form_of, print_rows
    from seqtool.corpus.text_inputs import lines_of
    from seqtool.labelling.classification.artifact import load_classifier
    from seqtool.labelling.classification.classify import Counts, classify_lines
    from seqtool.nn.device import choose_device, set_threads

    if sources.errors == "skip":
        raise UsageError("classify answers every line: it cannot skip any", "use --errors replace")
    if as_json and output_format not in (None, "json"):
        raise UsageError(f"--json and --format {output_format} contradict each other", "give one of them")
    names = text or ["-"]
    set_threads(compute.threads)
    loaded = load_classifier(model, choose_device(compute.device)[0])
    sources = _texts_without_labels(names, labelled, sources, loaded.labels)
    if best > len(loaded.labels):
        raise InputError(f"{model} has {len(loaded.labels)} labels", f"give --top {len(loaded.labels)} or less")
    found = classify_lines(loaded, lines_of(names, sources), best, batch_size, Counts())
    if as_json or output_format in ("tsv", "json"):
        rows = (
            (line, rank, label, probability)
            for line, answer in enumerate(found, 1)
            for rank, (label, probability) in enumerate(answer, 1)
        )
        asked = "json" if as_json else output_format
        print_rows(("line", "rank", "label", "probability"), rows, form_of(asked, as_json))
        return
    for answer in found:
        print(_native(answer) if output_format == "native" else _columns(answer))


def _texts_without_labels(
    names: list[str], form: str | None, sources: SourceOptions, labels: LabelSet
) -> SourceOptions:
    """How texts are read where labels stand before them: in the form given, or one that is seen."""
    from seqtool.labelling.classification.texts import begins_as_table, columns_of
    from seqtool.progress import note

    if form is None and sources.column is None and begins_as_table(names, labels, sources):
        note(f"{names[0]} has a label before each text, which is taken off (--form tab; --column names a column)")
        form = "tab"
    if form is None:
        return sources
    if len(names) > 1:
        raise UsageError("--form takes one text", "give them one by one")
    return dataclasses.replace(sources, column=columns_of(names[0], LabelledTexts(form=form), sources)[1])


def _native(answer: list[tuple[str, float]]) -> str:
    return " ".join(f"__label__{label} {probability:.6g}" for label, probability in answer)


def _columns(answer: list[tuple[str, float]]) -> str:
    from seqtool.cli.answer import escape

    return "\t".join(f"{escape(label)}\t{probability:.6g}" for label, probability in answer)
