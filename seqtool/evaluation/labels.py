"""Labels of a classifier or tagger, or of a file of predictions, against gold labels."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqtool.artifact.manifest import Recipe
from seqtool.artifact.read import Artifact, is_artifact, open_artifact
from seqtool.artifact.write import RunRecord
from seqtool.errors import UsageError
from seqtool.evaluation.artifact import KIND, DeferredRows, Evaluation, evaluate_once, trained_on_summary
from seqtool.evaluation.predictions import LabelEvaluation, LabelScoring, read_predictions
from seqtool.labelling.options import LabelledTexts
from seqtool.metrics.labels import odd_label_warning, scheme_note
from seqtool.metrics.options import LabelScoreOptions
from seqtool.nn.options import DeviceOptions
from seqtool.options import changed, determining, operational
from seqtool.progress import note, warn_once


def evaluate_labels(
    predictions: str,
    gold: str | None = None,
    scoring: LabelScoring = LabelScoring(),
    *,
    model: Path | None = None,
    output: Path | None = None,
    overwrite: bool = False,
) -> Evaluation:
    """Accuracy, precision, recall and F1 of labels, or F1 of spans.

    Args:
        predictions: a classifier or tagger, or a file of predictions (``-``: standard input).
        gold: labelled texts, columns for a tagger; ``None`` where the predictions are beside them in columns.
        scoring: how gold labels are read and predictions scored.
        model: what wrote a file of predictions.
        output: also keep the evaluation here.
        overwrite: replace an artifact made otherwise.

    Returns:
        An evaluation whose summary holds the scores of `metrics.labels`, and whose items are texts or sentences.

    Raises:
        InputError: a label or a column is missing.
        UsageError: arguments or options contradict each other.
    """
    asked = open_artifact(Path(predictions), "classifier", "tagger") if is_artifact(Path(predictions)) else None
    spans = scoring.columns if asked is None else asked.kind == "tagger"
    _check_arguments(predictions, asked, gold, scoring.columns, model)
    _check_options(asked, spans, scoring)
    run = RunRecord(operational(scoring.compute) if asked else {})
    made = None if model is None else open_artifact(model, "tagger" if spans else "classifier")
    labelled = read_predictions(asked or predictions, gold, spans, scoring, made)
    recipe = _recipe(labelled, scoring, made)
    name = model.name if model is not None else recipe.inputs[0].name

    def measure() -> Evaluation:
        summary = {"model": name, "data": labelled.data} | labelled.measure()
        summary |= trained_on_summary(labelled.trained_on, labelled.data)
        return Evaluation(summary, labelled.columns, DeferredRows(labelled.items), run=run)

    found = evaluate_once(recipe, measure, output, overwrite)
    if output is not None and not found.kept and model is None and asked is None:
        note(f"reports will call the model {name}; --model MODEL names the one that made the predictions")
    _tell_scheme(found.summary)
    return found


def _recipe(labelled: LabelEvaluation, scoring: LabelScoring, model: Artifact | None) -> Recipe:
    options = determining(scoring.options) | determining(scoring.labelled) | changed(scoring.sources)
    options |= {"columns": scoring.columns, "gold_column": scoring.gold_column}
    inputs = [*labelled.inputs]
    if model is not None:
        made = model.as_input()
        inputs.append(dataclasses.replace(made, kind=f"model:{made.kind}"))
    return Recipe(KIND, "eval-labels", options, inputs)


def _tell_scheme(summary: Mapping[str, Any]) -> None:
    """Say how labels of spans were read, and warn of those that do not fit."""
    if "scheme" not in summary:
        return
    data, scheme = summary["data"], summary["scheme"]
    if "odd_labels" in summary:
        odd = odd_label_warning(data, scheme, summary["odd_labels"])
        warn_once(f"{odd}; if that is wrong, give --scheme or rewrite the labels")
    kinds = {name: row["support"] for name, row in summary["labels"].items()}
    note(scheme_note(data, scheme, summary.get("scheme_breaks", 0), kinds))


def _check_arguments(
    predictions: str, asked: Artifact | None, gold: str | None, columns: bool, model: Path | None
) -> None:
    """Refuse arguments that do not go together.

    Raises:
        UsageError: naming them.
    """
    if gold is not None and is_artifact(Path(gold)):
        raise UsageError(f"expected labeled texts, found the artifact {gold}", "give a model before the labeled texts")
    if asked is None:
        if columns == (gold is not None):
            message = "eval-labels needs either labeled texts after the predictions, or --columns"
            raise UsageError(message, "give one or the other")
        return
    if gold is None:
        raise UsageError(f"the model {predictions} needs labeled texts", "give them after the model")
    if columns and asked.kind == "classifier":
        raise UsageError(f"{predictions} is a classifier, which labels lines, not words", "leave out --columns")
    if model is not None:
        raise UsageError(f"--model is for files of predictions, but {predictions} is a model", "leave out --model")


def _check_options(asked: Artifact | None, spans: bool, scoring: LabelScoring) -> None:
    """Refuse options that would have no effect.

    Raises:
        UsageError: naming them.
    """
    if scoring.sources.errors == "skip":
        raise UsageError("--errors skip cannot be used, because lines are compared one by one", "use --errors replace")
    if asked is None and scoring.compute != DeviceOptions():
        raise UsageError("--device and --threads have no effect on a file of predictions", "leave them out")
    if not spans:
        if scoring.gold_column is not None or scoring.options.scheme is not None:
            raise UsageError("--gold-column and --scheme need --columns or a tagger", "leave them out")
        return
    if scoring.labelled != LabelledTexts():
        message = "--form, --labels, --label-column and --label-until do not apply to word-per-line columns"
        raise UsageError(message, "leave them out")
    if scoring.options.mistakes != LabelScoreOptions.mistakes:
        raise UsageError("--mistakes does not apply to word-per-line columns", "leave it out")
    if scoring.sources.column is not None:
        raise UsageError("--column does not apply to word-per-line columns", "leave it out")
    if scoring.gold_column == "-1":
        raise UsageError("--gold-column -1 is the column of the predictions", "give another column")
