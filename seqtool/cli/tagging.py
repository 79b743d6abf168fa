"""Commands that label words: train-tagger, tag."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seqtool.cli.options import DryRun, Format, Json, Output, Overwrite
from seqtool.corpus.options import SourceOptions
from seqtool.errors import UsageError
from seqtool.labelling.options import Validation
from seqtool.labelling.tagging.options import ColumnOptions, TaggerOptions, TaggerTraining
from seqtool.nn.options import DeviceOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seqtool.artifact.manifest import Input
    from seqtool.labelling.tagging.columns import Sentence


def train_tagger(
    text: Annotated[str, typer.Argument(help="columns: a word and its label a line, blank lines between sentences")],
    output: Output = None,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    columns: ColumnOptions,
    validation: Validation,
    model: TaggerOptions,
    training: TaggerTraining,
    sources: SourceOptions,
) -> None:
    """Train a model that gives each word a label: parts of speech, chunks, entities; BiLSTM, spellings, CRF.

    Columns are apart by TABs or spaces. Run the same command again after an interruption and the training goes on
    where it stood.

    Example: seqtool train-tagger chunks.txt --features 1 -o chunks.tagger
    """
    from seqtool.cli.answer import asked_form, form_of, print_record, print_trained
    from seqtool.corpus.artifact import output_for
    from seqtool.labelling.tagging.plan import plan
    from seqtool.labelling.tagging.train import describe, train
    from seqtool.metrics.labels import quick_span_scores
    from seqtool.nn.training.distributed import join_world, leave_world
    from seqtool.progress import set_quiet

    form, world = asked_form(output_format, as_json), join_world()
    if world.rank:
        set_quiet(True)
    given = None if validation.valid is None else _read(validation.valid, sources)
    read = _read(text, sources)
    job = plan(read, given, columns, model, training, validation.valid_share)
    told = [] if world.rank else _odd_labels_told(text, [*read[0], *(given[0] if given else ())], job.columns)
    if dry_run:
        planned = describe(job)
        print_record(planned | {"choices": [*planned["choices"], *told]}, form_of(output_format, as_json))
        return
    result = output or output_for(Path(text), "tagger")
    outcome = train(job, result, quick_span_scores, overwrite)
    leave_world()
    if world.rank:
        return
    print_trained(_result(result, outcome), outcome, form)


def _read(name: str, sources: SourceOptions) -> tuple[Sequence[Sentence], Input]:
    from seqtool.corpus.text_inputs import tell_changes, whole_text
    from seqtool.labelling.tagging.columns import sentences

    if name == "-":
        raise UsageError("standard input has no place of its own", "write it to a file")
    if sources.column is not None or sources.errors == "skip":
        raise UsageError("columns are read whole", "leave --column and --errors skip out")
    read = whole_text(name, "columns", sources, plain=True)
    tell_changes(read.counts)
    return [sentence for sentence in sentences(name, read.lines) if sentence.words], read.entry


def _odd_labels_told(name: str, sentences: Sequence[Sentence], columns: ColumnOptions) -> list[str]:
    """The warning about labels that do not fit B-X, I-X, O, given and returned; nothing where there are none."""
    from seqtool.metrics.labels import odd_label_counts, odd_label_warning
    from seqtool.progress import warn

    odd = odd_label_counts(label for sentence in sentences for label in sentence.column(columns.label_column))
    if not odd:
        return []
    told = f"{odd_label_warning(name, odd)}; the model learns them as they are, and lets any label follow any other"
    warn(f"{told}: rewrite them as B-X, I-X, O")
    return [told]


def _result(output: Path, outcome: str) -> dict[str, object]:
    from seqtool.artifact.read import read_manifest
    from seqtool.artifact.training import under_way

    output = under_way(output) if outcome == "time is up" else output
    summary = read_manifest(output).summary
    scores = {name: value for name, value in summary.items() if name.startswith("valid_") and name != "valid_sentences"}
    return {"model": str(output), "state": "unfinished" if outcome == "time is up" else "complete", **scores}


def tag(
    model: Annotated[Path, typer.Argument(help="a model that train-tagger made", show_default=False)],
    text: Annotated[str, typer.Argument(help="columns; - or nothing: standard input")] = "-",
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, help="sentences computed side by side")] = 64,
    *,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> None:
    """Columns with one more, the label of each word: exactly as many lines come out as go in.

    The columns that the model reads stand where they stood in its training text.

    Example: seqtool tag chunks.tagger test.txt > tagged.txt
    """
    from seqtool.corpus.text_inputs import lines_of
    from seqtool.labelling.tagging.tag import Counts, load_tagger, tag_lines
    from seqtool.nn.device import choose_device, set_threads

    if sources.errors == "skip" or sources.column is not None:
        raise UsageError("tag answers every line: it cannot skip any", "leave --errors skip and --column out")
    set_threads(compute.threads)
    loaded = load_tagger(model, choose_device(compute.device)[0])
    name = "standard input" if text == "-" else text
    for line in tag_lines(loaded, name, lines_of([text], sources, plain=True), batch_size, Counts()):
        print(line)
