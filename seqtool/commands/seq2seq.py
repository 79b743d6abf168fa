"""Commands on sequence-to-sequence models: make-task, train-seq2seq, translate, plot-attention, eval-translation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from seqtool.commands.answers import Answer, Items, Lines, Record, Table
from seqtool.commands.declaration import EvaluationTarget, PictureTarget, PresetName, TargetOfText, answers_in
from seqtool.commands.training import described, made_model
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.errors import UsageError
from seqtool.metrics.options import TranslationScoreOptions
from seqtool.nn.options import DeviceOptions
from seqtool.options import Argument, Option
from seqtool.seq2seq.options import PairTexts, Seq2SeqOptions, Seq2SeqTraining, TaskOptions, TranslateOptions

Model = Annotated[Path, Argument("a model from train-seq2seq")]
_COLUMNS = ("line", "rank", "score", "log10_probability", "finished", "translation")
_WEIGHT_COLUMNS = ("target_position", "target", "source_position", "source", "weight")


@answers_in()
def make_task(
    task: Annotated[Literal["addition", "dates", "copy", "reverse"], Argument("addition, dates, copy or reverse")],
    output: Annotated[Path | None, Option("output file [default: standard output]", short="-o", metavar="FILE")] = None,
    overwrite: Annotated[bool, Option("replace an existing file", negatable=False)] = False,
    *,
    options: TaskOptions,
) -> Lines:
    """Generate source-target pairs of a toy task.

    Writes one pair per line: source, TAB, target. The answers are known, so a model can be checked exactly.

    Example: seqtool make-task addition --size 50000 --seed 1 -o addition.tsv
    """
    from seqtool.seq2seq.tasks import task_lines, write_task

    if output is None:
        return Lines(task_lines(task, options))
    written = write_task(task, options, output, overwrite)
    return Lines([], notes=[f"wrote {output}" if written else f"{output} is up to date"])


def train_seq2seq(
    pairs: Annotated[str | None, Argument("pairs: source TAB target, .csv, .jsonl or hf:")] = None,
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
    """Train a model that turns source texts into target texts.

    Reads pairs and writes a model: recurrent with attention, ConvS2S, transformer or neural Turing machine. Pairs
    are the first two columns of a table without a header; --column SOURCE,TARGET selects others. After an
    interruption, run the same command again: training continues from the last checkpoint.

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


def translate(
    model: Model,
    text: Annotated[
        list[str] | None, Argument("texts with one source per line, or .npy for vectors [default: standard input]")
    ] = None,
    *,
    how: TranslateOptions,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> Answer:
    """Translate each input line.

    Prints one output line for each input line, in order; a blank line stays blank. With --n-best or --format, it
    prints a table of candidates with scores.

    Example: seqtool translate dates.seq2seq - < questions.txt
    """
    from seqtool.nn.device import use_device
    from seqtool.seq2seq.artifact import load_translation_model
    from seqtool.seq2seq.translate import translate_texts

    _check_translate(how, sources)
    loaded = load_translation_model(model, use_device(compute))
    found = Items(translate_texts(loaded, text or ["-"], sources, how))
    rows = ((t.line, t.rank, t.score, t.log10, int(t.finished), t.text) for some in found for t in some)
    table = Table(_COLUMNS, rows)
    if how.n_best > 1:
        return table
    lines = (_one_line(best.text) for best, *_ in found)
    return Lines(lines, table=table, tabular=("text", "tsv", "json"), items=found)


def _check_translate(how: TranslateOptions, sources: SourceOptions) -> None:
    if sources.errors == "skip":
        raise UsageError("translate cannot skip lines: it prints one answer per line", "use --errors replace")
    if how.method == "greedy" and how.n_best > 1:
        raise UsageError("--method greedy finds one translation only", f"use --method beam --beam {how.n_best}")
    if how.method == "beam" and how.n_best > how.beam:
        raise UsageError(f"--n-best {how.n_best} exceeds --beam {how.beam}", f"use --beam {how.n_best}")


def _one_line(text: str) -> str:
    from seqtool.artifact.escapes import escaped

    return text if "\t" not in text else next(escaped([text]))


def plot_attention(
    model: Model,
    line: Annotated[str, Argument("source text")],
    target: Annotated[
        str | None, Option("target to align with [default: the model's own translation]", metavar="LINE")
    ] = None,
    *,
    place: PictureTarget,
    how: TranslateOptions,
    compute: DeviceOptions,
) -> Table:
    """Draw the attention between a source and its target.

    Prints a map with one row for each target token and one column for each source token: shaded blocks on a
    terminal, weights elsewhere. With -o, it draws a picture or saves the weights for report, and prints the weights
    only with --json or --format.

    Example: seqtool plot-attention dates.seq2seq "September 27, 1994" -o dates.png
    """
    from seqtool.evaluation.saved_answers import SavedAnswer, picture_output, told_when_drawn
    from seqtool.nn.device import use_device
    from seqtool.options import determining
    from seqtool.progress import warn
    from seqtool.seq2seq.artifact import load_translation_model
    from seqtool.seq2seq.attention_plot import draw_map, terminal_map
    from seqtool.seq2seq.translate import checked_attention_map

    picture, saved = picture_output(place.output), None
    loaded = load_translation_model(model, use_device(compute))
    if place.output is not None and picture is None:
        options = determining(how) | {"line": line, "target": target}
        saved = SavedAnswer(place.output, "plot-attention", options, [loaded.artifact.as_input()], place.overwrite)
    found = checked_attention_map(loaded, line, target, how)
    rows = list(found.rows())
    if picture is not None:
        with told_when_drawn(picture):
            missing = draw_map(found, picture, place.overwrite)
        if missing:
            warn(f"no installed font has {missing}; the picture shows boxes instead")
    if saved is not None:
        saved.keep(model.name, line, _WEIGHT_COLUMNS, rows)
    return Table(_WEIGHT_COLUMNS, rows, drawn=terminal_map(found), saved=place.output is not None)


def eval_translation(
    translations: Annotated[str, Argument("translations, one per line; - for standard input")],
    references: Annotated[list[str], Argument("references, one per line; several files give several references")],
    model: Annotated[
        Path | None, Option("the model that made the translations, for reports and lineage", metavar="MODEL")
    ] = None,
    *,
    target: EvaluationTarget,
    options: TranslationScoreOptions,
    sources: SourceOptions,
) -> Record:
    """Score translations: exact match, BLEU and chrF.

    Reads translations and references, one per line, and prints exact matches, BLEU and chrF with sacrebleu's
    signatures and 95 % bootstrap intervals. With --column, a translations file that is not a table is read line by
    line.

    Example: seqtool eval-translation translations.txt references.txt --tokenize none
    """
    from seqtool.evaluation.translation import evaluate_translations

    found = evaluate_translations(
        translations, references, options=options, sources=sources, model=model, **vars(target)
    )
    return Record(found.summary, notes=found.notes)
