"""The command that evaluates labels: eval-labels."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from seqtool.cli.options import Json, Overwrite
from seqtool.corpus.options import SourceOptions
from seqtool.errors import UsageError
from seqtool.labelling.options import LabelledTexts
from seqtool.metrics.options import LabelScoreOptions
from seqtool.nn.options import DeviceOptions

if TYPE_CHECKING:
    from seqtool.artifact.read import Artifact
    from seqtool.artifact.write import RunRecord
    from seqtool.cli.guesses import How, Judged

_LABEL_COLUMNS = ("label", "precision", "recall", "f1", "support")
_MOST_CONFUSED = 20
_GOLD_COLUMN = -2


def eval_labels(
    predictions: Annotated[
        str,
        typer.Argument(
            help="a classifier or tagger; or what classify, tag or fastText wrote (- for standard input)",
            show_default=False,
        ),
    ],
    gold: Annotated[str | None, typer.Argument(help="labelled texts, of a tagger columns; not with --columns")] = None,
    columns: Annotated[
        bool,
        typer.Option(
            "--columns/--no-columns", help="score spans of columns: the last is guessed, the one before it gold"
        ),
    ] = False,
    gold_column: Annotated[
        int, typer.Option("--gold-column", help="of columns, from the last, which is the guess")
    ] = _GOLD_COLUMN,
    model: Annotated[
        Path | None,
        typer.Option("--model", metavar="MODEL", help="the model that wrote predictions, for reports and lineage"),
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="also write an evaluation artifact")] = None,
    overwrite: Overwrite = False,
    output_format: Annotated[
        Literal["text", "tsv", "json", "native"] | None,
        typer.Option("--format", help="form of the answer; native: fastText's [default: text on a terminal, else tsv]"),
    ] = None,
    as_json: Json = False,
    *,
    options: LabelScoreOptions,
    labelled: LabelledTexts,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> None:
    """Accuracy, precision, recall and F1 of labels, their confusion and calibration; or F1 of spans.

    Of a model, which labels the texts, or of labels that were printed. A tagger's are spans, as are printed ones with
    --columns. Intervals are of the 95 % bootstrap. f1 is the mean of the labels', that of spans is of all together,
    as conlleval and seqeval count it. A model's texts are read in the form that is seen, or as it was trained, unless
    told otherwise.

    Example: seqtool eval-labels reviews.classifier test.tsv
    """
    from seqtool.artifact.read import is_artifact, open_artifact
    from seqtool.artifact.write import RunRecord
    from seqtool.cli.guesses import How, guesses_of
    from seqtool.options import changed, determining, operational

    asked = open_artifact(Path(predictions), "classifier", "tagger") if is_artifact(Path(predictions)) else None
    spans = columns if asked is None else asked.kind == "tagger"
    how = How(options, labelled, sources, compute, gold_column)
    _check_arguments(predictions, asked, gold, columns, model)
    _check_options(asked, spans, how, output_format, as_json)
    run = RunRecord(operational(compute) if asked else {})
    found = guesses_of(asked or predictions, gold, spans, how)
    values = determining(options) | determining(labelled) | changed(sources)
    values |= {"columns": columns, "gold_column": gold_column}
    _show(_kept_or_measured(found, values, model, output, overwrite, run), "json" if as_json else output_format)


def _check_arguments(
    predictions: str, asked: Artifact | None, gold: str | None, columns: bool, model: Path | None
) -> None:
    """Refuse arguments that do not go together.

    Raises:
        UsageError: naming them.
    """
    from seqtool.artifact.read import is_artifact

    if gold is not None and is_artifact(Path(gold)):
        raise UsageError(f"{gold} is a model, which comes first", "give it before the labelled texts")
    if asked is None:
        if columns == (gold is not None):
            raise UsageError("eval-labels takes predictions and labelled texts, or --columns", "give one of them")
        return
    if gold is None:
        raise UsageError(f"{predictions} is a model, which is judged by its labels of a text", "give the text after it")
    if columns and asked.kind == "classifier":
        raise UsageError(f"{predictions} gives no labels to words", "leave --columns out")
    if model is not None:
        raise UsageError(f"{predictions} is a model itself", "leave --model out")


def _check_options(asked: Artifact | None, spans: bool, how: How, output_format: str | None, as_json: bool) -> None:
    """Refuse options that would not be heeded.

    Raises:
        UsageError: naming them.
    """
    if as_json and output_format not in (None, "json"):
        raise UsageError(f"--json and --format {output_format} contradict each other", "give one of them")
    if how.sources.errors == "skip":
        raise UsageError("lines are compared one by one: none can be skipped", "use --errors replace")
    if asked is None and how.compute != DeviceOptions():
        raise UsageError("printed labels are only read", "leave --device and --threads out")
    if spans and (how.labelled != LabelledTexts() or output_format == "native"):
        raise UsageError("--form, --label-… and --format native are for one label a line", "columns take none of them")
    if spans and how.options.mistakes != LabelScoreOptions.mistakes:
        raise UsageError("--mistakes are of one label a line", "leave it out")
    if spans and how.sources.column is not None:
        raise UsageError("columns are read whole", "leave --column out")
    if spans and how.gold_column == -1:
        raise UsageError("--gold-column -1 is the guess itself", "give another")
    if not spans and how.gold_column != _GOLD_COLUMN:
        raise UsageError("--gold-column goes with --columns or a tagger", "leave it out")


def _kept_or_measured(
    found: Judged,
    values: Mapping[str, Any],
    model: Path | None,
    output: Path | None,
    overwrite: bool,
    run: RunRecord,
) -> Mapping[str, Any]:
    """The scores, from the artifact where they stand already, else measured and written to it."""
    from seqtool.artifact.manifest import Recipe
    from seqtool.artifact.read import open_artifact
    from seqtool.evaluation.artifact import keep_evaluation, kept_evaluation
    from seqtool.progress import note

    inputs = [*found.inputs]
    if model is not None:
        made = open_artifact(model, "tagger" if found.spans else "classifier").as_input()
        inputs.append(dataclasses.replace(made, kind=f"model:{made.kind}"))
    recipe = Recipe("evaluation", "eval-labels", values, inputs)
    kept = kept_evaluation(output, recipe, overwrite) if output else None
    if kept is not None:
        note(f"{output} is up to date")
        return kept[0]
    summary = {"model": inputs[0].name if model is None else model.name, "data": found.data} | found.measure()
    if output is not None:
        keep_evaluation(output, recipe, run, summary, found.columns, found.items(), overwrite=overwrite)
        note(f"wrote {output}")
        if model is None and inputs[0].manifest is None:
            note(f"the model is called {summary['model']} in reports: --model names it, or give it in that place")
    return summary


def _tell_odd_labels(summary: Mapping[str, Any]) -> None:
    from seqtool.metrics.labels import odd_label_warning
    from seqtool.progress import warn_once

    if "odd_labels" in summary:
        warn_once(f"{odd_label_warning(summary['data'], summary['odd_labels'])}; rewrite them if that is wrong")


def _show(summary: Mapping[str, Any], form: str | None) -> None:
    from seqtool.cli.answer import form_of, print_record, print_rows

    _tell_odd_labels(summary)
    if form == "native":
        print(f"N\t{summary['n']}\nP@1\t{summary['accuracy']:.3g}\nR@1\t{summary['accuracy']:.3g}")
        return
    chosen = form_of(form, False)
    if chosen == "json":
        print_record(summary, chosen)
        return
    if chosen == "tsv":
        print_record({name: value for name, value in summary.items() if name != "mistakes"}, chosen)
        return
    nested = ("labels", "confusion", "mistakes", "odd_labels")
    print_record({name: value for name, value in summary.items() if name not in nested}, chosen)
    print()
    print_rows(_LABEL_COLUMNS, ((name, *values.values()) for name, values in summary["labels"].items()), chosen)
    confusion = summary.get("confusion", {})
    if 0 < len(confusion) <= _MOST_CONFUSED:
        print()
        rows = ((name, *(row.get(other, 0) for other in confusion)) for name, row in confusion.items())
        print_rows(("gold \\ guessed", *confusion), rows, chosen)
    wrong = summary.get("mistakes")
    if wrong:
        print()
        print_rows(tuple(wrong[0]), (tuple(row.values()) for row in wrong), chosen)
