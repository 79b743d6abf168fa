"""Commands that label texts: train-classifier, classify."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seqtool.cli.options import DryRunOfText, Format, Json, Output, Overwrite, PresetName
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.errors import InputError, UsageError
from seqtool.labelling.options import ClassifierOptions, ClassifierTraining, LabelledTexts, Validation
from seqtool.nn.options import DeviceOptions

if TYPE_CHECKING:
    from seqtool.artifact.read import Artifact
    from seqtool.corpus.model_text import HeldOut
    from seqtool.labelling.classification.texts import Labelled, LabelSet

PANEL = "Labelling"


def train_classifier(
    texts: Annotated[
        str, typer.Argument(help="labelled texts: label TAB text, __label__x text, .csv, .jsonl, .parquet, hf:")
    ],
    output: Output = None,
    preset: PresetName = None,
    linear: Annotated[
        bool,
        typer.Option(
            "--linear/--no-linear", help="say how well linear classifiers do beside it (--arch tfidf: one alone)"
        ),
    ] = False,
    overwrite: Overwrite = False,
    dry_run: DryRunOfText = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    labelled: LabelledTexts,
    validation: Validation,
    model: ClassifierOptions,
    training: ClassifierTraining,
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
    explicit: frozenset[str],
) -> None:
    """Train a model that gives each text a label: recurrent, or logistic regression on TF-IDF or word vectors.

    The texts are first made into a corpus beside them. Run the same command again after an interruption and the
    training goes on where it stood.

    Example: seqtool train-classifier reviews.tsv --tokenizer word --lower -o reviews.classifier
    """
    from seqtool.cli.answer import asked_form, form_of, print_record, print_trained
    from seqtool.labelling.classification.plan import check, plan
    from seqtool.labelling.classification.train import describe, train
    from seqtool.nn.training.distributed import join_world, leave_world
    from seqtool.progress import set_quiet

    form, world = asked_form(output_format, as_json), join_world()
    check(model, linear)
    _check(texts, sources, preprocessing)
    if world.rank:
        set_quiet(True)
        world.wait()  # for the first process, which makes the corpus
    made_of = explicit - set(ClassifierOptions.__dataclass_fields__)
    result = output or _output_for(texts, model)
    remake = overwrite and not world.rank
    with _examples(texts, labelled, validation, model, sources, preprocessing, made_of, result, remake) as found:
        if not world.rank:
            world.wait()
        job = plan(*found, model, training, validation.valid_share, linear)
        if dry_run:
            print_record(describe(job), form_of(output_format, as_json))
            return
        outcome = train(job, result, linear, overwrite)
    leave_world()
    if world.rank:
        return
    print_trained(_result(result, outcome), outcome, form)


def _check(texts: str, sources: SourceOptions, preprocessing: PreprocessOptions) -> None:
    if texts == "-":
        raise UsageError("labelled texts are read twice, standard input only once", "write them to a file")
    if sources.errors == "skip" or preprocessing.blank_lines == "drop" or preprocessing.split is not None:
        remedy = "leave --errors skip, --blank-lines drop and --split out (--valid and --valid-share hold texts out)"
        raise UsageError("every text has its label", remedy)


@contextmanager
def _examples(
    texts: str, labelled: LabelledTexts, validation: Validation, model: ClassifierOptions, sources: SourceOptions,
    preprocessing: PreprocessOptions, explicit: frozenset[str], output: Path, overwrite: bool,
) -> Iterator[tuple[Labelled, Labelled | None, Artifact]]:  # fmt: skip
    """The texts to train on and to validate on, and what tokenised them."""
    from seqtool.artifact.read import is_artifact, open_artifact
    from seqtool.corpus.artifact import corpus_of, open_corpus
    from seqtool.corpus.model_text import HeldOut
    from seqtool.corpus.text_inputs import held_out_texts
    from seqtool.labelling.classification.texts import Labelled, columns_of, read_labels
    from seqtool.options import determining

    if is_artifact(Path(texts)):
        raise UsageError(f"{texts} is an artifact, which has no labels", "give the labelled texts")
    label, column = columns_of(texts, labelled, sources)
    read = dataclasses.replace(sources, column=column)
    labels = read_labels(texts, label, labelled, sources)
    with ExitStack() as stack:
        if model.init_lm is None:
            like = corpus_of([texts], read, preprocessing, explicit, output, overwrite)
            corpus = open_corpus(like)
            text = HeldOut(Path(texts).name, corpus, slice(0, len(corpus)), like.as_input(), like.manifest.ledger)
        else:
            like = open_artifact(Path(model.init_lm), "lm")
            _refuse_preprocessing(explicit)
            text = stack.enter_context(held_out_texts(like, [texts], read, keep_blank=True))[0]
        resolved = dataclasses.replace(labelled, form=column.partition("/")[0] if "/" in column else "columns")
        own = {} if model.init_lm else {k: v for k, v in determining(preprocessing).items() if k != "max_vocab"}
        reading = own | determining(sources) | determining(resolved)
        data = Labelled(text, labels, reading)
        given = None
        if validation.valid is not None:
            label, column = columns_of(validation.valid, labelled, sources)
            read = dataclasses.replace(sources, column=column)
            other: HeldOut = stack.enter_context(held_out_texts(like, [validation.valid], read, keep_blank=True))[0]
            given = Labelled(other, read_labels(validation.valid, label, labelled, sources))
        yield data, given, like


def _refuse_preprocessing(explicit: frozenset[str]) -> None:
    """A language model reads text in its own way only."""
    determining = set(PreprocessOptions.__dataclass_fields__) - {"threads", "memory"}
    for name in sorted(explicit & determining):
        raise UsageError(f"--{name.replace('_', '-')} is the language model's to say", "leave it out")


def _output_for(texts: str, model: ClassifierOptions) -> Path:
    """The name of a model that the user did not name: after the texts."""
    from seqtool.corpus.artifact import output_for

    if texts.startswith("hf:") or Path(texts).name in ("", ".."):
        raise UsageError(f"{texts} has no place of its own", "name the result with -o")
    return output_for(Path(texts), f"{model.cell if model.arch == 'recurrent' else model.arch}.classifier")


def _result(output: Path, outcome: str) -> dict[str, object]:
    from seqtool.artifact.read import read_manifest
    from seqtool.artifact.training import under_way

    output = under_way(output) if outcome == "time is up" else output
    summary = read_manifest(output).summary
    scores = {name: value for name, value in summary.items() if name.startswith("valid_") and name != "valid_texts"}
    return {"model": str(output), "state": "unfinished" if outcome == "time is up" else "complete", **scores}


def classify(
    model: Annotated[Path, typer.Argument(help="a model that train-classifier made", show_default=False)],
    text: Annotated[list[str] | None, typer.Argument(help="texts, one a line; - or nothing: standard input")] = None,
    best: Annotated[int, typer.Option("--top", "-k", min=1, help="labels of each text, the likeliest first")] = 1,
    labelled: Annotated[
        Literal["auto", "tab", "word", "fasttext", "columns"] | None,
        typer.Option("--form", help="the texts have labels before them, in this form of train-classifier's"),
    ] = None,
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, help="texts computed side by side")] = 64,
    output_format: Annotated[
        Literal["text", "tsv", "json", "native"] | None,
        typer.Option("--format", help="form of the answer; native: fastText's [default: label TAB probability]"),
    ] = None,
    as_json: Json = False,
    *,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> None:
    """A label for every line, and its probability: exactly as many lines come out as go in.

    With --top K a line has K labels, each followed by its probability. With --format tsv or json the answer is a table
    of line, rank, label and probability; with --format native __label__x 0.98.

    Example: seqtool classify reviews.classifier - < texts.txt
    """
    from seqtool.cli.answer import form_of, print_rows
    from seqtool.corpus.text_inputs import lines_of
    from seqtool.labelling.classification.artifact import load_classifier
    from seqtool.labelling.classification.classify import Counts, classify_lines
    from seqtool.nn.device import choose_device, set_threads

    if sources.errors == "skip":
        raise UsageError("classify answers every line: it cannot skip any", "use --errors replace")
    if as_json and output_format not in (None, "json"):
        raise UsageError(f"--json and --format {output_format} contradict each other", "give one of them")
    names = text or ["-"]
    set_threads(compute.threads)
    loaded = load_classifier(model, choose_device(compute.device)[0])
    sources = _texts_without_labels(names, labelled, sources, loaded.labels)
    if best > len(loaded.labels):
        raise InputError(f"{model} has {len(loaded.labels)} labels", f"give --top {len(loaded.labels)} or less")
    found = classify_lines(loaded, lines_of(names, sources), best, batch_size, Counts())
    if as_json or output_format in ("tsv", "json"):
        rows = (
            (line, rank, label, probability)
            for line, answer in enumerate(found, 1)
            for rank, (label, probability) in enumerate(answer, 1)
        )
        asked = "json" if as_json else output_format
        print_rows(("line", "rank", "label", "probability"), rows, form_of(asked, as_json))
        return
    for answer in found:
        print(_native(answer) if output_format == "native" else _columns(answer))


def _texts_without_labels(
    names: list[str], form: str | None, sources: SourceOptions, labels: LabelSet
) -> SourceOptions:
    """How texts are read where labels stand before them: in the form given, or one that is seen."""
    from seqtool.labelling.classification.texts import begins_as_table, columns_of
    from seqtool.progress import note

    if form is None and sources.column is None and begins_as_table(names, labels, sources):
        note(f"{names[0]} has a label before each text, which is taken off (--form tab; --column names a column)")
        form = "tab"
    if form is None:
        return sources
    if len(names) > 1:
        raise UsageError("--form takes one text", "give them one by one")
    return dataclasses.replace(sources, column=columns_of(names[0], LabelledTexts(form=form), sources)[1])


def _native(answer: list[tuple[str, float]]) -> str:
    return " ".join(f"__label__{label} {probability:.6g}" for label, probability in answer)


def _columns(answer: list[tuple[str, float]]) -> str:
    from seqtool.cli.answer import escape

    return "\t".join(f"{escape(label)}\t{probability:.6g}" for label, probability in answer)
