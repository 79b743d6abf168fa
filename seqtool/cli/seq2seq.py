"""Commands that make and train on pairs: make-task, train-seq2seq."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seqtool.cli.options import DryRunOfText, Format, Json, Output, Overwrite, PresetName
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.errors import InputError, UsageError
from seqtool.seq2seq.options import PairTexts, Seq2SeqOptions, Seq2SeqTraining, TaskOptions

if TYPE_CHECKING:
    from seqtool.artifact.read import Artifact
    from seqtool.seq2seq.pairs import Side
    from seqtool.seq2seq.plan import GivenPairs

PANEL = "Sequence to sequence"
_COLUMNS = "0,1"


def make_task(
    task: Annotated[Literal["addition", "dates", "copy", "reverse"], typer.Argument(help="the problem")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="the file of pairs [default: standard output]")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace a file of that name")] = False,
    *,
    options: TaskOptions,
) -> None:
    """Pairs of a toy problem whose answers are known: a source, a TAB and its target in every line.

    Example: seqtool make-task addition --size 50000 --seed 1 -o addition.tsv
    """
    from seqtool.artifact.files import replacing
    from seqtool.progress import note
    from seqtool.seq2seq.tasks import make_task as pairs_of

    lines = [f"{source}\t{target}\n" for source, target in pairs_of(task, options)]
    if output is None:
        sys.stdout.writelines(lines)
        return
    if output.is_file() and output.read_bytes() == "".join(lines).encode():
        note(f"{output} is up to date")
        return
    with replacing([output], overwrite) as (temporary,), temporary.open("w", encoding="utf-8") as file:
        file.writelines(lines)
    note(f"wrote {output}")


def train_seq2seq(
    pairs: Annotated[
        str | None, typer.Argument(help="a table of pairs: source TAB target, .csv, .jsonl, hf:", show_default=False)
    ] = None,
    output: Output = None,
    preset: PresetName = None,
    overwrite: Overwrite = False,
    dry_run: DryRunOfText = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    texts: PairTexts,
    model: Seq2SeqOptions,
    training: Seq2SeqTraining,
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
    explicit: frozenset[str],
) -> None:
    """Train a model that turns one text into another: recurrent with attention, ConvS2S, transformer, Turing machine.

    Pairs are the columns 0 and 1 of a table without header; --column SOURCE,TARGET names others. Both sides are first
    made into corpora beside them. Run the same command again after an interruption and the training goes on where it
    stood.

    Example: seqtool train-seq2seq dates.tsv --preset book-dates -o dates.seq2seq
    """
    from seqtool.cli.answer import asked_form, form_of, print_record, print_trained
    from seqtool.metrics.translation import quick_scores
    from seqtool.nn.training.distributed import join_world, leave_world
    from seqtool.progress import set_quiet
    from seqtool.seq2seq.plan import plan
    from seqtool.seq2seq.train import describe, train

    form, world = asked_form(output_format, as_json), join_world()
    _check(pairs, texts, model, sources, preprocessing)
    if world.rank:
        set_quiet(True)
        world.wait()  # for the first process, which makes the corpora
    written = explicit - set(Seq2SeqOptions.__dataclass_fields__)
    given, output = output, output or _output_for(pairs or texts.target, model)
    remake = overwrite and not world.rank
    sides = _sides(pairs, texts, model, sources, preprocessing, written, given, remake)
    if not world.rank:
        world.wait()
    with _held_out(texts, sides, sources) as held_out:
        job = plan(sides, held_out, model, training)
        if dry_run:
            print_record(describe(job), form_of(output_format, as_json))
            return
        outcome = train(job, output, quick_scores, overwrite)
    leave_world()
    if world.rank:
        return
    print_trained(_result(output, outcome), outcome, form)


def _check(
    pairs: str | None,
    texts: PairTexts,
    model: Seq2SeqOptions,
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
) -> None:
    """Refuse texts that are no pairs, and options that would tear them apart.

    Raises:
        UsageError: saying what is wanted.
    """
    source, target = texts.source, texts.target
    vectors = model.source_vectors is not None
    if (
        (vectors and pairs is not None)
        or (pairs is None) == (target is None)
        or (source is None) != (target is None or vectors)
    ):
        wanted = "--target with --source-vectors" if vectors else "PAIRS, or --source and --target"
        raise UsageError(f"train-seq2seq takes {wanted}", "give one of them")
    if "-" in (pairs, source, target, texts.valid):
        raise UsageError("pairs are read twice, standard input only once", "write them to a file")
    if sources.errors == "skip" or preprocessing.blank_lines == "drop" or preprocessing.split is not None:
        raise UsageError("pairs must stay pairs", "leave --errors skip, --blank-lines drop and --split out")
    own = model.source_tokenizer != model.target_tokenizer
    if model.vocabulary != "separate" and own:
        raise UsageError(f"--vocabulary {model.vocabulary} has one tokenizer", "leave one of them out")


def _sides(
    pairs: str | None, texts: PairTexts, model: Seq2SeqOptions, sources: SourceOptions,
    preprocessing: PreprocessOptions,
    explicit: frozenset[str], output: Path | None, overwrite: bool,
) -> tuple[Side | Path, Side]:  # fmt: skip
    """The corpora of both sides, made where they are not there yet."""
    from seqtool.artifact.read import is_artifact
    from seqtool.corpus.artifact import corpus_of
    from seqtool.seq2seq.pairs import halves, whole_side

    def corpus(names: list[str], column: str | None, tokenizer: str | None = None) -> Artifact:
        read = dataclasses.replace(sources, column=column)
        made = dataclasses.replace(preprocessing, tokenizer=tokenizer or preprocessing.tokenizer)
        said = explicit | {"tokenizer"} if tokenizer else explicit
        return corpus_of(names, read, made, said, output or Path(f"{names[0]}.seq2seq"), overwrite)

    if model.source_vectors is not None:
        assert texts.target is not None
        return Path(model.source_vectors), whole_side(corpus([texts.target], sources.column, model.target_tokenizer))
    if pairs is not None and is_artifact(Path(pairs)):
        return halves(corpus([pairs], None))
    source, target = (texts.source, texts.target) if pairs is None else (pairs, pairs)
    assert source is not None
    assert target is not None
    columns = [sources.column] * 2 if pairs is None else _columns(sources)
    if model.vocabulary == "separate":
        read = whole_side(corpus([source], columns[0], model.source_tokenizer))
        return read, whole_side(corpus([target], columns[1], model.target_tokenizer))
    if pairs is not None:
        return halves(corpus([pairs], _joined(columns), model.source_tokenizer))
    return halves(corpus([source, target], sources.column, model.source_tokenizer))


def _joined(columns: Sequence[str | None]) -> str:
    """As ``--column`` takes several."""
    names = list(map(str, columns))
    return ("," if all(name.isdecimal() for name in names) else "\t").join(names)


def _columns(sources: SourceOptions) -> list[str | None]:
    """The columns of source and target.

    Raises:
        UsageError: they are not two.
    """
    given = sources.column or _COLUMNS
    names = given.split("\t" if "\t" in given else ",")
    if len(names) != 2:
        raise UsageError(f"--column {sources.column} names no source and target", "give e.g. 0,1 or en,de")
    return [*names]


@contextmanager
def _held_out(texts: PairTexts, sides: tuple[Side | Path, Side], sources: SourceOptions) -> Iterator[GivenPairs | None]:
    """The pairs to validate on, encoded as the training pairs were."""
    from seqtool.artifact.read import is_artifact
    from seqtool.corpus.text_inputs import held_out_texts
    from seqtool.seq2seq.pairs import Side
    from seqtool.seq2seq.plan import GivenPairs

    if texts.valid is not None and is_artifact(Path(texts.valid)):
        raise UsageError(f"--valid {texts.valid} is a corpus", "give a table, or --valid-source and --valid-target")
    if texts.valid is None and texts.valid_source is None and texts.valid_target is None:
        yield None
        return
    if texts.valid is not None and (texts.valid_source or texts.valid_target):
        raise UsageError("--valid and --valid-source are two answers", "give one of them")
    source, target = (texts.valid, texts.valid) if texts.valid else (texts.valid_source, texts.valid_target)
    if source is None or target is None:
        raise UsageError("--valid-source and --valid-target go together", "give both")
    columns = _columns(sources) if texts.valid else [sources.column] * 2
    read = [dataclasses.replace(sources, column=column) for column in columns]
    with held_out_texts(sides[1].artifact, [target], read[1]) as targets:
        if not isinstance(sides[0], Side):
            yield GivenPairs(Path(source), targets[0])
            return
        with held_out_texts(sides[0].artifact, [source], read[0]) as found:
            yield GivenPairs(found[0], targets[0])


def _output_for(name: str | None, model: Seq2SeqOptions) -> Path:
    """The name of a model that the user did not name: after the pairs, or the targets."""
    from seqtool.corpus.artifact import output_for

    assert name is not None
    if Path(name).name in ("", ".."):
        raise InputError(f"{name} is a folder", "name a table, or texts with --source and --target")
    if name.startswith("hf:"):
        raise UsageError("an hf: data set has no place of its own", "name the result with -o")
    return output_for(Path(name), f"{model.cell if model.arch == 'recurrent' else model.arch}.seq2seq")


def _result(output: Path, outcome: str) -> dict[str, object]:
    from seqtool.artifact.read import read_manifest
    from seqtool.artifact.training import under_way

    output = under_way(output) if outcome == "time is up" else output
    summary = read_manifest(output).summary
    scores = {f"valid_{name}": value for name, value in summary.get("valid_greedy", {}).items()}
    state = "unfinished" if outcome == "time is up" else "complete"
    return {"model": str(output), "state": state, "valid_perplexity": summary.get("best_valid_perplexity"), **scores}
