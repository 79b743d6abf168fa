"""The command that compares two evaluations, or two models on a text: compare."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqtool.cli.options import Format, Json, Overwrite
from seqtool.corpus.options import SourceOptions
from seqtool.errors import UsageError
from seqtool.metrics.options import CompareOptions
from seqtool.nn.options import DeviceOptions

if TYPE_CHECKING:
    from seqtool.artifact.manifest import Input
    from seqtool.artifact.read import Artifact

_COLUMNS = ("measure", "n", "value_a", "value_b", "difference", "low", "high", "p_bootstrap", "p_randomization",
            "better")  # fmt: skip


def compare(
    a: Annotated[
        Path, typer.Argument(help="an evaluation artifact (-o of perplexity, eval-…), or a model", show_default=False)
    ],
    b: Annotated[
        Path, typer.Argument(help="another, of the same command and data; or another model", show_default=False)
    ],
    data: Annotated[
        str | None,
        typer.Argument(help="with models: a text or corpus, analogies, word pairs, labelled texts, columns, or pairs"),
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="also write an evaluation artifact")] = None,
    overwrite: Overwrite = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    options: CompareOptions,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> None:
    """How much two evaluations of the same data differ, and whether that could be chance.

    Items are paired: sentences, questions, word pairs, labels, translations. The interval of the difference (b - a) and
    p_bootstrap are of the paired bootstrap, p_randomization of approximate randomization; better is a or b where both
    are below 0.05. Perplexities compare only where the vocabularies are equal, bits per byte where both tokenizers are
    lossless or both are the same.

    With DATA, two models are evaluated on it first, with the usual options of perplexity, eval-analogy,
    eval-similarity, eval-labels or eval-translation. Of a table of pairs the first column is translated, the second
    the reference.

    Example: seqtool compare lstm.eval ngram.eval
    """
    from seqtool.cli.answer import dumps, form_of, print_rows
    from seqtool.options import changed, flags
    from seqtool.progress import note

    form, read = form_of(output_format, as_json), changed(sources)
    if data is None and read:
        raise UsageError("evaluations have read their data", f"leave {flags(read)} out, or give models")
    with _evaluations(a, b, data, sources, compute) as (found, inputs):
        summary = _kept_or_compared(found, inputs, options, read, output, overwrite)
    for line in (f"a is {summary['a']}, b is {summary['b']}", *summary["notes"]):
        note(line)
    if form == "json":
        print(dumps(summary))
    else:
        print_rows(_COLUMNS, ([row[name] for name in _COLUMNS] for row in summary["measures"]), form)


def _kept_or_compared(
    found: list[Artifact],
    inputs: list[Input],
    options: CompareOptions,
    read: dict[str, Any],
    output: Path | None,
    overwrite: bool,
) -> dict[str, Any]:
    """The comparison, from the artifact where it stands already, else made and written to it."""
    from seqtool.artifact.manifest import Recipe
    from seqtool.artifact.write import RunRecord
    from seqtool.evaluation.artifact import keep_evaluation, kept_evaluation
    from seqtool.options import determining
    from seqtool.progress import note

    recipe = Recipe("evaluation", "compare", determining(options) | read, inputs)
    kept = kept_evaluation(output, recipe, overwrite) if output else None
    if kept is not None:
        note(f"{output} is up to date")
        return kept[0]
    summary = _compared(found, options)
    if output is not None:
        rows = ([str(row[name]) for name in _COLUMNS] for row in summary["measures"])
        keep_evaluation(output, recipe, RunRecord(), summary, _COLUMNS, rows, overwrite=overwrite)
        note(f"wrote {output}")
    return summary


def _compared(found: list[Artifact], options: CompareOptions) -> dict[str, Any]:
    from seqtool.evaluation.compare import compare, read_evaluation

    measures, notes = compare(read_evaluation(found[0]), read_evaluation(found[1]), options)
    names = [str(artifact.summary.get("model") or artifact.path.name) for artifact in found]
    contexts = [artifact.summary.get("context") for artifact in found]
    if contexts[0] != contexts[1]:
        names = [f"{name} ({context})" for name, context in zip(names, contexts, strict=True)]
    sets = found[0].summary.get("data_sets", ())
    of = str(found[0].summary.get("data") or ",".join(str(one["data"]) for one in sets) or found[0].path.name)
    return {"a": names[0], "b": names[1], "data": of, "measures": measures, "notes": notes}


@contextmanager
def _evaluations(
    a: Path, b: Path, data: str | None, sources: SourceOptions, compute: DeviceOptions
) -> Iterator[tuple[list[Artifact], list[Input]]]:
    """The two evaluations, those of models in a temporary folder, and what the comparison is made from."""
    from seqtool.artifact.read import open_artifact
    from seqtool.cli.judging import check_kinds, judged

    if data is None:
        found = [open_artifact(path, "evaluation") for path in (a, b)]
        yield found, [artifact.as_input() for artifact in found]
        return
    check_kinds(a, b, data)
    with TemporaryDirectory(prefix="seqtool-") as folder:
        (one, model_a, texts), (other, model_b, _) = (
            judged(model, data, Path(folder) / name, sources, compute) for name, model in (("a", a), ("b", b))
        )
        yield [one, other], [*model_a, *model_b, *texts]
