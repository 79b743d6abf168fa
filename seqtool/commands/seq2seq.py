"""Commands that make and train on pairs: make-task, train-seq2seq."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from seqtool.commands.answers import Answer, Lines
from seqtool.commands.declaration import PresetName, TargetOfText, answers_in
from seqtool.commands.training import described, made_model
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.options import Argument, Option
from seqtool.seq2seq.options import PairTexts, Seq2SeqOptions, Seq2SeqTraining, TaskOptions


@answers_in()
def make_task(
    task: Annotated[Literal["addition", "dates", "copy", "reverse"], Argument("the problem")],
    output: Annotated[
        Path | None, Option("the file of pairs [default: standard output]", short="-o", metavar="FILE")
    ] = None,
    overwrite: Annotated[bool, Option("replace a file of that name", negatable=False)] = False,
    *,
    options: TaskOptions,
) -> Lines:
    """Pairs of a toy problem whose answers are known: a source, a TAB and its target in every line.

    Example: seqtool make-task addition --size 50000 --seed 1 -o addition.tsv
    """
    from seqtool.seq2seq.tasks import task_lines, write_task

    if output is None:
        return Lines(task_lines(task, options))
    written = write_task(task, options, output, overwrite)
    return Lines([], notes=[f"wrote {output}" if written else f"{output} is up to date"])


def train_seq2seq(
    pairs: Annotated[str | None, Argument("a table of pairs: source TAB target, .csv, .jsonl, hf:")] = None,
    preset: PresetName = None,
    *,
    result: TargetOfText,
    texts: PairTexts,
    model: Seq2SeqOptions,
    training: Seq2SeqTraining,
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
    explicit: frozenset[str],
) -> Answer:
    """Train a model that turns one text into another: recurrent with attention, ConvS2S, transformer, Turing machine.

    Pairs are the columns 0 and 1 of a table without header; --column SOURCE,TARGET names others. Both sides are first
    made into corpora beside them. Run the same command again after an interruption and the training goes on where it
    stood.

    Example: seqtool train-seq2seq dates.tsv --preset book-dates -o dates.seq2seq
    """
    from seqtool.metrics.translation import quick_scores
    from seqtool.nn.training.distributed import training_world
    from seqtool.nn.training.driver import run_training
    from seqtool.seq2seq.planning import plan
    from seqtool.seq2seq.texts import PairReader

    reader = PairReader(pairs, texts, model, sources, preprocessing)
    written = explicit - set(Seq2SeqOptions.__dataclass_fields__)
    with training_world() as world:
        reader.check()
        with world.first_process_first():
            output = result.output or reader.default_output()
            sides = reader.sides(written, result.output, result.overwrite and not world.rank)
        with reader.held_out(sides) as given:
            planned = plan(sides, given, model, training, quick_scores)
            if result.dry_run:
                return described(planned, world.rank)
            return made_model(run_training(planned, output, result.overwrite), world.rank, _scores)


def _scores(summary: Mapping[str, Any]) -> dict[str, Any]:
    scores = {f"valid_{name}": value for name, value in summary.get("valid_greedy", {}).items()}
    return {"valid_perplexity": summary.get("best_valid_perplexity"), **scores}
