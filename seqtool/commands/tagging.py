"""The commands that label words: train-tagger and tag."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from seqtool.commands.answers import Answer, Lines, Record
from seqtool.commands.declaration import PlannedTarget, answers_in
from seqtool.commands.training import made_model, validation_scores
from seqtool.corpus.options import SourceOptions
from seqtool.errors import UsageError
from seqtool.labelling.options import Validation
from seqtool.labelling.tagging.options import ColumnOptions, TaggerOptions, TaggerTraining
from seqtool.nn.options import DeviceOptions
from seqtool.options import Argument, Option

if TYPE_CHECKING:
    from seqtool.labelling.tagging.columns import Sentence


def train_tagger(
    text: Annotated[str, Argument("columns: a word and its label a line, blank lines between sentences")],
    *,
    target: PlannedTarget,
    columns: ColumnOptions,
    validation: Validation,
    model: TaggerOptions,
    training: TaggerTraining,
    sources: SourceOptions,
) -> Answer:
    """Train a model that gives each word a label: parts of speech, chunks, entities; BiLSTM, spellings, CRF.

    Columns are apart by TABs or spaces. Run the same command again after an interruption and the training goes on
    where it stood.

    Example: seqtool train-tagger chunks.txt --features 1 -o chunks.tagger
    """
    from seqtool.corpus.artifact import output_path
    from seqtool.labelling.tagging.columns import read_sentences
    from seqtool.labelling.tagging.planning import plan
    from seqtool.metrics.labels import quick_span_scores
    from seqtool.nn.training.distributed import training_world
    from seqtool.nn.training.driver import run_training

    with training_world() as world:
        given = None if validation.valid is None else read_sentences(validation.valid, sources)
        read = read_sentences(text, sources)
        planned = plan(read, given, columns, model, training, validation.valid_share, quick_span_scores)
        odd = [] if world.rank else _odd_labels(text, [*read[0], *(given[0] if given else ())], planned.columns)
        if target.dry_run:
            described = planned.describe()
            return Answer() if world.rank else Record(described | {"choices": [*described["choices"], *odd]})
        output = target.output or output_path(Path(text), "tagger")
        return made_model(run_training(planned, output, target.overwrite), world.rank, validation_scores)


@answers_in()
def tag(
    model: Annotated[Path, Argument("a model that train-tagger made")],
    text: Annotated[str, Argument("columns; - or nothing: standard input")] = "-",
    batch_size: Annotated[int, Option("sentences computed side by side", minimum=1)] = 64,
    *,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> Lines:
    """Columns with one more, the label of each word: exactly as many lines come out as go in.

    The columns that the model reads stand where they stood in its training text.

    Example: seqtool tag chunks.tagger test.txt > tagged.txt
    """
    from seqtool.corpus.text_inputs import read_text_lines
    from seqtool.labelling.tagging.tag import Counts, load_tagger, tag_lines
    from seqtool.nn.device import use_device

    if sources.errors == "skip" or sources.column is not None:
        raise UsageError("tag answers every line: it cannot skip any", "leave --errors skip and --column out")
    loaded, name = load_tagger(model, use_device(compute)), "standard input" if text == "-" else text
    return Lines(tag_lines(loaded, name, read_text_lines([text], sources, plain=True), batch_size, Counts()))


def _odd_labels(name: str, sentences: Sequence[Sentence], columns: ColumnOptions) -> list[str]:
    """Warn about labels that do not fit B-X, I-X, O; the warning, or nothing where there are none."""
    from seqtool.metrics.labels import odd_label_counts, odd_label_warning
    from seqtool.progress import warn

    odd = odd_label_counts(label for sentence in sentences for label in sentence.column(columns.label_column))
    if not odd:
        return []
    told = f"{odd_label_warning(name, odd)}; the model learns them as they are, and lets any label follow any other"
    warn(f"{told}: rewrite them as B-X, I-X, O")
    return [told]
