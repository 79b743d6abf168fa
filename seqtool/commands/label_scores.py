"""The eval-labels command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from seqtool.commands.answers import Answer, Record, Table
from seqtool.commands.declaration import USUAL_FORMS, EvaluationTarget, answers_in
from seqtool.corpus.options import SourceOptions
from seqtool.labelling.options import LabelledTexts
from seqtool.metrics.options import LabelScoreOptions
from seqtool.nn.options import DeviceOptions
from seqtool.options import Argument, Option

_LABEL_COLUMNS = ("label", "precision", "recall", "f1", "support")
_MOST_CONFUSED = 20
_NESTED = ("labels", "confusion", "mistakes", "odd_labels")


@answers_in(*USUAL_FORMS, "native")
def eval_labels(
    predictions: Annotated[
        str,
        Argument("a classifier or tagger, or predicted labels from classify, tag or fastText (- for standard input)"),
    ],
    gold: Annotated[str | None, Argument("labeled texts, or columns for a tagger; not with --columns")] = None,
    columns: Annotated[
        bool, Option("score spans of a column file: last column predicted, the one before it gold")
    ] = False,
    gold_column: Annotated[
        str | None,
        Option(
            "column of the gold labels: a number (negative numbers count from the end; -1 is the prediction), or in "
            "CoNLL-U a name [default: -2; in CoNLL-U the label column of the model]",
            metavar="COLUMN",
        ),
    ] = None,
    model: Annotated[
        Path | None, Option("the model that wrote predictions, for reports and lineage", metavar="MODEL")
    ] = None,
    *,
    target: EvaluationTarget,
    options: LabelScoreOptions,
    labelled: LabelledTexts,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> Record:
    """Score labels: accuracy, F1, confusion, calibration.

    Give a model and labeled texts, or a file of predicted labels and a file of gold labels. Taggers are scored by
    span, and so are predicted labels with --columns. f1 is the mean over labels; the F1 of spans counts all spans
    together, as conlleval and seqeval do. Intervals are 95 % bootstrap intervals. Texts are read as in the training
    of the model, unless their format differs or options say otherwise.

    Example: seqtool eval-labels reviews.classifier test.tsv
    """
    from seqtool.evaluation.labels import evaluate_labels
    from seqtool.evaluation.predictions import LabelScoring

    scoring = LabelScoring(options, labelled, sources, compute, columns, gold_column)
    found = evaluate_labels(
        predictions, gold, scoring, model=model, output=target.output, overwrite=target.overwrite
    ).summary
    return Record(
        found,
        shown={name: value for name, value in found.items() if name != "mistakes"},
        parts=list(_parts(found)),
        native=None if "words" in found else _native(found),
    )


def _native(found: Mapping[str, Any]) -> list[str]:
    """The lines that fastText's ``test`` prints. With one label per line, precision and recall are the accuracy."""
    return [f"N\t{found['n']}", f"P@1\t{found['accuracy']:.3g}", f"R@1\t{found['accuracy']:.3g}"]


def _parts(found: Mapping[str, Any]) -> Iterator[Answer]:
    """The scores, the table of labels, the confusion matrix if it is small, and the mistakes."""
    yield Record({name: value for name, value in found.items() if name not in _NESTED})
    yield Table(_LABEL_COLUMNS, [(name, *values.values()) for name, values in found["labels"].items()])
    confusion = found.get("confusion", {})
    if 0 < len(confusion) <= _MOST_CONFUSED:
        rows = [(name, *(row.get(other, 0) for other in confusion)) for name, row in confusion.items()]
        yield Table(("gold \\ guessed", *confusion), rows)
    mistakes = found.get("mistakes")
    if mistakes:
        yield Table(tuple(mistakes[0]), [tuple(row.values()) for row in mistakes])
