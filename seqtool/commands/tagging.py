"""Commands on taggers: train-tagger, tag."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from seqtool.commands.answers import Answer, Lines, Record
from seqtool.commands.declaration import PlannedTarget, answers_in
from seqtool.commands.training import made_model, validation_scores
from seqtool.corpus.options import SourceOptions
from seqtool.errors import UsageError
from seqtool.labelling.options import Validation
from seqtool.labelling.tagging.options import ColumnOptions, TaggerOptions, TaggerTraining
from seqtool.metrics.options import SCHEME_HELP, SCHEMES
from seqtool.nn.options import DeviceOptions
from seqtool.options import Argument, Option

if TYPE_CHECKING:
    from seqtool.metrics.schemes import Scheme


def train_tagger(
    text: Annotated[str, Argument("text in columns: one word and its label per line, blank lines between sentences")],
    *,
    target: PlannedTarget,
    columns: ColumnOptions,
    label_scheme: Annotated[str | None, Option(SCHEME_HELP, choices=SCHEMES, metavar="NAME", panel="Text")] = None,
    validation: Validation,
    model: TaggerOptions,
    training: TaggerTraining,
    sources: SourceOptions,
) -> Answer:
    """Train a tagger: parts of speech, chunks or entities.

    Reads columns separated by TABs or spaces, or CoNLL-U, and writes a tagger: a BiLSTM over words and their
    characters, with or without a CRF. After an interruption, run the same command again: training continues from the
    last checkpoint.

    Example: seqtool train-tagger chunks.txt --features 1 -o chunks.tagger
    """
    from seqtool.corpus.output_names import free_output_path
    from seqtool.labelling.tagging.columns import read_sentences
    from seqtool.labelling.tagging.plan import LabelReading
    from seqtool.labelling.tagging.planning import label_columns, plan
    from seqtool.metrics.labels import quick_span_scores
    from seqtool.metrics.schemes import TAGS, recognise
    from seqtool.nn.training.distributed import training_world
    from seqtool.nn.training.driver import run_training

    with training_world() as world:
        given = None if validation.valid is None else read_sentences(validation.valid, sources)
        read = read_sentences(text, sources)
        gold = label_columns([*read[0], *(given[0] if given else ())], columns)
        scheme = recognise(gold, wanted=label_scheme)
        measure = partial(quick_span_scores, scheme=scheme.name)
        as_spans = scheme.read if scheme.name != TAGS and model.scheme == "given" else str
        reading = LabelReading(label_scheme, as_spans, measure)
        planned = plan(read, given, columns, model, training, validation.valid_share, reading)
        odd = [] if world.rank else _tell_scheme(text, gold, scheme)
        if target.dry_run:
            described = planned.describe()
            return Answer() if world.rank else Record(described | {"choices": [*described["choices"], *odd]})
        output = target.output or free_output_path(Path(text), "tagger")
        return made_model(run_training(planned, output, target.overwrite), world.rank, validation_scores)


@answers_in()
def tag(
    model: Annotated[Path, Argument("a model from train-tagger")],
    text: Annotated[str, Argument("text in columns [default: standard input]")] = "-",
    batch_size: Annotated[int, Option("number of sentences computed together", minimum=1)] = 64,
    *,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> Lines:
    """Predict a label for each word of a column file.

    Prints the input lines with one more column, the label. The columns must be in the same positions as in the
    training text. Comments, and the ranges and empty nodes of CoNLL-U, are copied unchanged.

    Example: seqtool tag chunks.tagger test.txt > tagged.txt
    """
    from seqtool.corpus.text_inputs import read_text_lines
    from seqtool.labelling.tagging.tag import Counts, load_tagger, tag_lines
    from seqtool.nn.device import use_device

    if sources.errors == "skip" or sources.column is not None:
        raise UsageError("tag cannot skip lines or cells: it copies every line", "leave --errors skip and --column out")
    loaded, name = load_tagger(model, use_device(compute)), "standard input" if text == "-" else text
    return Lines(tag_lines(loaded, name, read_text_lines([text], sources, plain=True), batch_size, Counts()))


def _tell_scheme(name: str, gold: Sequence[Sequence[str]], scheme: Scheme) -> list[str]:
    """Report the span scheme of the labels, warn about labels that do not fit it, and return both as lines."""
    from collections import Counter
    from itertools import chain

    from seqtool.metrics.labels import odd_label_warning, scheme_note
    from seqtool.metrics.schemes import TAGS, odd_labels
    from seqtool.progress import note, warn

    counts = Counter(chain.from_iterable(gold))
    odd = odd_labels(counts, scheme)
    told = [scheme_note(name, scheme.name, scheme.breaks, counts if scheme.name == TAGS else {})]
    note(told[0])
    if odd:
        told.append(f"{odd_label_warning(name, scheme.name, odd)}; the model learns them unchanged")
        warn(f"{told[1]}; if that is wrong, use --label-scheme or rewrite the labels")
    return told
