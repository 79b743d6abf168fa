"""Two evaluations of the same data, or two models on it: how much they differ, and whether that could be chance."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from seqtool.artifact.manifest import Input, Recipe
from seqtool.artifact.read import open_artifact
from seqtool.corpus.options import SourceOptions
from seqtool.evaluation.artifact import KIND, Evaluation, evaluate_once, read_evaluation
from seqtool.evaluation.differences import differences
from seqtool.evaluation.models import MODEL_KINDS, check_comparable, evaluate_model
from seqtool.metrics.options import CompareOptions
from seqtool.nn.options import DeviceOptions
from seqtool.options import changed, determining

DIFFERENCE_COLUMNS = (
    "measure",
    "n",
    "value_a",
    "value_b",
    "difference",
    "low",
    "high",
    "p_bootstrap",
    "p_randomization",
    "better",
)


def compare_evaluations(
    a: Path,
    b: Path,
    options: CompareOptions = CompareOptions(),
    *,
    output: Path | None = None,
    overwrite: bool = False,
) -> Evaluation:
    """How much two kept evaluations of the same data differ.

    Args:
        a: an evaluation artifact.
        b: another, of the same command.
        options: the draws of the bootstrap.
        output: also keep the comparison here.
        overwrite: replace an artifact made otherwise.

    Returns:
        An evaluation whose summary has the names ``a``, ``b`` and ``data``, a record per measure in ``measures``, and
        ``notes``; its items are the measures.

    Raises:
        InputError: they are not of the same data, or of different commands.
    """
    artifacts = [open_artifact(path, KIND) for path in (a, b)]
    recipe = Recipe(KIND, "compare", determining(options), [artifact.as_input() for artifact in artifacts])
    return _compare(recipe, lambda: [read_evaluation(artifact) for artifact in artifacts], options, output, overwrite)


def compare_models(
    a: Path,
    b: Path,
    data: str,
    options: CompareOptions = CompareOptions(),
    *,
    sources: SourceOptions = SourceOptions(),
    compute: DeviceOptions = DeviceOptions(),
    output: Path | None = None,
    overwrite: bool = False,
) -> Evaluation:
    """Evaluate two models on the same data, and compare the evaluations; see `evaluate_model`, `compare_evaluations`.

    Raises:
        InputError: the evaluations cannot be compared.
        UsageError: the models are evaluated differently.
    """
    check_comparable(a, b, data)
    found = [evaluate_model(model, data, sources, compute) for model in (a, b)]
    (model_a, texts), (model_b, _) = map(_model_and_data, found)
    recipe = Recipe(KIND, "compare", determining(options) | changed(sources), [*model_a, *model_b, *texts])
    return _compare(recipe, lambda: found, options, output, overwrite)


def _model_and_data(found: Evaluation) -> tuple[list[Input], list[Input]]:
    """The inputs of an evaluation: the model, and the data it was evaluated on."""
    model, data = list[Input](), list[Input]()
    for entry in found.recipe.inputs:
        kind = entry.kind.removeprefix("model:")
        (model if kind.partition(":")[0] in MODEL_KINDS else data).append(dataclasses.replace(entry, kind=kind))
    return model, data


def _compare(
    recipe: Recipe,
    evaluations: Callable[[], Sequence[Evaluation]],
    options: CompareOptions,
    output: Path | None,
    overwrite: bool,
) -> Evaluation:
    def measure() -> Evaluation:
        a, b = evaluations()
        summary = _summary(a, b, options)
        rows = [[str(row[name]) for name in DIFFERENCE_COLUMNS] for row in summary["measures"]]
        return Evaluation(summary, DIFFERENCE_COLUMNS, rows)

    return evaluate_once(recipe, measure, output, overwrite)


def _summary(a: Evaluation, b: Evaluation, options: CompareOptions) -> dict[str, Any]:
    measures, notes = differences(a, b, options)
    names, contexts = [a.name, b.name], [found.summary.get("context") for found in (a, b)]
    if contexts[0] != contexts[1]:
        names = [f"{name} ({context})" for name, context in zip(names, contexts, strict=True)]
    return {"a": names[0], "b": names[1], "data": _data_name(a), "measures": measures, "notes": notes}


def _data_name(found: Evaluation) -> str:
    sets = ",".join(str(one["data"]) for one in found.summary.get("data_sets", ()))
    return str(found.summary.get("data") or sets or Path(str(found)).name)
