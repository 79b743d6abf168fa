"""The command that evaluates labels: eval-labels."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from seqtool.cli.options import Json, Overwrite, register
from seqtool.corpus.options import SourceOptions
from seqtool.errors import InputError, UsageError
from seqtool.evaluate.options import LabelScoreOptions
from seqtool.labelling.options import LabelledTexts

if TYPE_CHECKING:
    from seqtool.artifact.manifest import Input
    from seqtool.evaluate.artifact import Row

_LABEL_COLUMNS = ("label", "precision", "recall", "f1", "support")
_MOST_CONFUSED = 20
_GOLD_COLUMN = -2


def add_commands(app: typer.Typer) -> None:
    """Register the commands of this file."""
    register(app, "Evaluation")(eval_labels)


def eval_labels(
    predictions: Annotated[
        str, typer.Argument(help="what classify or tag wrote, or fastText; - for standard input", show_default=False)
    ],
    gold: Annotated[
        str | None, typer.Argument(help="labelled texts, as for train-classifier; not with --columns")
    ] = None,
    columns: Annotated[
        bool,
        typer.Option(
            "--columns/--no-columns", help="score spans of columns: the last is guessed, the one before it gold"
        ),
    ] = False,
    gold_column: Annotated[int, typer.Option("--gold-column", help="of --columns, from the last")] = _GOLD_COLUMN,
    model: Annotated[
        Path | None, typer.Option("--model", metavar="MODEL", help="the model that wrote them, for reports and lineage")
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
) -> None:
    """Accuracy, precision, recall and F1 of labels, their confusion and calibration; or F1 of spans (--columns).

    Intervals are of the 95 % bootstrap. f1 is the mean of the labels', with --columns that of all spans together, as
    conlleval and seqeval count it.

    Example: seqtool eval-labels predicted.txt test.tsv
    """
    from seqtool.options import determining

    _check(columns, gold, gold_column, output_format, as_json, labelled)
    if sources.errors == "skip":
        raise UsageError("lines are compared one by one: none can be skipped", "use --errors replace")
    if columns:
        found = _spans(predictions, gold_column, sources, options)
    else:
        assert gold is not None
        found = _labels(predictions, gold, labelled, sources, options)
    values = determining(options) | determining(labelled) | {"columns": columns, "gold_column": gold_column}
    _show(_kept_or_measured(found, values, model, output, overwrite), "json" if as_json else output_format)


def _check(
    columns: bool, gold: str | None, gold_column: int, output_format: str | None, as_json: bool, labelled: LabelledTexts
) -> None:
    """Refuse what would not be heeded.

    Raises:
        UsageError: naming it.
    """
    if columns == (gold is not None):
        raise UsageError("eval-labels takes predictions and labelled texts, or --columns", "give one of them")
    if as_json and output_format not in (None, "json"):
        raise UsageError(f"--json and --format {output_format} contradict each other", "give one of them")
    if columns and (labelled != LabelledTexts() or output_format == "native"):
        raise UsageError(
            "--form, --label-… and --format native are for one label a line", "--columns takes none of them"
        )
    if not columns and gold_column != _GOLD_COLUMN:
        raise UsageError("--gold-column goes with --columns", "leave it out")


def _kept_or_measured(
    found: _Read, values: Mapping[str, Any], model: Path | None, output: Path | None, overwrite: bool
) -> Mapping[str, Any]:
    """The scores, from the artifact where they stand already, else measured and written to it."""
    from seqtool.artifact.manifest import Recipe
    from seqtool.artifact.read import open_artifact
    from seqtool.artifact.write import RunRecord
    from seqtool.evaluate.artifact import keep_evaluation, kept_evaluation
    from seqtool.progress import note

    inputs = [*found.inputs]
    if model is not None:
        made = open_artifact(model, "classifier", "tagger").as_input()
        inputs.append(dataclasses.replace(made, kind=f"model:{made.kind}"))
    recipe = Recipe("evaluation", "eval-labels", values, inputs)
    kept = kept_evaluation(output, recipe, overwrite) if output else None
    if kept is not None:
        note(f"{output} is up to date")
        return kept[0]
    summary = {"model": inputs[0].name if model is None else model.name, "data": found.data} | found.measure()
    if output is not None:
        keep_evaluation(output, recipe, RunRecord(), summary, found.columns, found.items())
        note(f"wrote {output}")
    return summary


@dataclasses.dataclass(frozen=True)
class _Read:
    """What was read, and how it is measured."""

    data: str
    inputs: Sequence[Input]
    columns: Sequence[str]
    measure: Callable[[], dict[str, Any]]
    items: Callable[[], Iterable[Row]]


def _labels(
    predictions: str, gold: str, labelled: LabelledTexts, sources: SourceOptions, options: LabelScoreOptions
) -> _Read:
    """One label a line against labelled texts."""
    from seqtool.artifact.manifest import Input, sha256_json
    from seqtool.cli.texts import whole_text
    from seqtool.evaluate.labels import ITEM_COLUMNS, items, measure
    from seqtool.labelling.texts import columns_of, read_labels

    found = whole_text(predictions, "predictions", SourceOptions(), plain=True)
    label_column, _ = columns_of(gold, labelled, sources)
    wanted = read_labels(gold, label_column, labelled, sources)
    guessed, probabilities = _guesses(predictions, found.lines)
    if None in wanted:
        raise InputError(f"{gold}, line {wanted.index(None) + 1} has no label", "give a label for every text")
    known = [label for label in wanted if label is not None]
    _tell_strangers(known, guessed, "--form and --label-until say how labels are written")
    return _Read(
        Path(gold).name,
        [found.entry, Input(Path(gold).name, "gold:labels", sha256_json(known))],
        ITEM_COLUMNS,
        lambda: measure(known, guessed, probabilities, options),
        lambda: items(known, guessed, probabilities),
    )


def _tell_strangers(gold: Iterable[str], found: Iterable[str], hint: str) -> None:
    """Warn where no guessed label is one of the gold labels: they are hardly of one kind."""
    from seqtool.progress import warn

    wanted, guessed = set(gold), set(found)
    if not wanted & guessed:
        one, other = min(guessed, default=""), min(wanted, default="")
        warn(f"none of the guessed labels, such as {one!r}, is a gold label, such as {other!r}: {hint}")


def _guesses(name: str, lines: Sequence[str]) -> tuple[list[str], list[float] | None]:
    """The labels and, where every line has one, the probabilities of ``label TAB p`` or ``__label__x p``.

    Raises:
        InputError: a line has no label.
    """
    rows = [_label_and_rest(line) for line in lines]
    for number, (label, _) in enumerate(rows, 1):
        if not label:
            raise InputError(f"{name}, line {number} has no label", "give a label for every line")
    try:
        found = [float(rest.split("\t")[0]) for _, rest in rows]
    except ValueError:
        return [label for label, _ in rows], None
    # fastText's probabilities go a little beyond 1.
    return [label for label, _ in rows], found if all(0 <= value <= 1.0001 for value in found) else None


def _label_and_rest(line: str) -> tuple[str, str]:
    """The first of ``__label__x 0.98 …`` or ``x TAB 0.98 …``, the label as it was before `classify` escaped it."""
    from seqtool.artifact.escapes import unescaped
    from seqtool.corpus.tables import FASTTEXT_MARK

    if line.startswith(FASTTEXT_MARK) and "\t" not in line:
        first = line.strip().removeprefix(FASTTEXT_MARK).split(f" {FASTTEXT_MARK}")[0]
        label, _, rest = first.rpartition(" ")
        return (label, rest) if label and re.fullmatch(r"[\d.e+-]+", rest) else (first, "")
    label, _, rest = line.partition("\t")
    return unescaped(Path("predictions"), [label.strip()])[0], rest


def _spans(name: str, gold_column: int, sources: SourceOptions, options: LabelScoreOptions) -> _Read:
    """The last column against another."""
    from seqtool.artifact.manifest import Input, sha256_json
    from seqtool.cli.texts import tell_changes, whole_text
    from seqtool.evaluate.labels import SPAN_COLUMNS, measure_spans, span_items
    from seqtool.labelling.columns import sentences

    read = whole_text(name, "predictions", sources, plain=True)
    tell_changes(read.counts)
    found = [sentence for sentence in sentences(name, read.lines) if sentence.words]
    pairs = [(sentence.column(gold_column), sentence.column(-1)) for sentence in found]
    wanted, guessed = ({label for pair in pairs for label in pair[side]} for side in (0, 1))
    _tell_strangers(wanted, guessed, "the last column is to be tag's guess, the one before it gold (--gold-column)")
    gold = Input(read.entry.name, "gold:columns", sha256_json([[words[:-1] for words in some.words] for some in found]))
    return _Read(
        read.entry.name,
        [read.entry, gold],
        SPAN_COLUMNS,
        lambda: measure_spans(pairs, options),
        lambda: span_items(pairs),
    )


def _show(summary: Mapping[str, Any], form: str | None) -> None:
    from seqtool.cli.answer import form_of, print_record, print_rows

    if form == "native":
        print(f"N\t{summary['n']}\nP@1\t{summary['accuracy']:.3g}\nR@1\t{summary['accuracy']:.3g}")
        return
    chosen = form_of(form, False)
    if chosen != "text":
        print_record(summary, chosen)
        return
    nested = ("labels", "confusion")
    print_record({name: value for name, value in summary.items() if name not in nested}, chosen)
    print()
    print_rows(_LABEL_COLUMNS, ((name, *values.values()) for name, values in summary["labels"].items()), chosen)
    confusion = summary.get("confusion", {})
    if 0 < len(confusion) <= _MOST_CONFUSED:
        print()
        rows = ((name, *(row.get(other, 0) for other in confusion)) for name, row in confusion.items())
        print_rows(("gold \\ guessed", *confusion), rows, chosen)
