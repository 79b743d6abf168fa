"""Commands on text classifiers: train-classifier, classify."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from seqtool.commands.answers import Answer, Items, Lines, Table
from seqtool.commands.declaration import USUAL_FORMS, PresetName, TargetOfText, answers_in
from seqtool.commands.training import described, made_model, validation_scores
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.errors import InputError, UsageError, plural
from seqtool.labelling.options import ClassifierOptions, ClassifierTraining, LabelledTexts, Validation
from seqtool.nn.options import DeviceOptions
from seqtool.options import Argument, Option

_COLUMNS = ("line", "rank", "label", "probability")
_FORMS = ("auto", "tab", "word", "fasttext", "columns")
Ranked = Sequence[tuple[str, float]]  # labels and their probabilities, the most probable first


def train_classifier(
    texts: Annotated[str, Argument("labeled texts: label TAB text, __label__x text, .csv, .jsonl, .parquet, hf:")],
    preset: PresetName = None,
    linear: Annotated[
        bool, Option("also train linear classifiers for comparison (--arch tfidf trains one alone)")
    ] = False,
    *,
    target: TargetOfText,
    labelled: LabelledTexts,
    validation: Validation,
    model: ClassifierOptions,
    training: ClassifierTraining,
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
    explicit: frozenset[str],
) -> Answer:
    """Train a text classifier: neural or logistic regression.

    Reads texts with labels and writes a classifier: a recurrent network, or logistic regression on TF-IDF or word
    vectors. After an interruption, run the same command again: training continues from the last checkpoint.

    Example: seqtool train-classifier reviews.tsv --tokenizer word --lower -o reviews.classifier
    """
    from seqtool.labelling.classification.plan import train_classifier as train
    from seqtool.labelling.classification.planning import check, plan
    from seqtool.labelling.classification.texts import LabelledReader
    from seqtool.nn.training.distributed import training_world

    reader = LabelledReader(texts, labelled, validation, model, sources, preprocessing)
    written = explicit - set(ClassifierOptions.__dataclass_fields__)
    with training_world() as world:
        check(model, linear)
        reader.check()
        output = target.output or reader.default_output()
        with world.first_process_first():
            like = reader.text_processor(written, output, target.overwrite and not world.rank)
        with reader.open(like) as (data, given):
            planned = plan(data, given, like, model, training, validation.valid_share, linear)
            if target.dry_run:
                return described(planned, world.rank)
            return made_model(train(planned, output, target.overwrite), world.rank, validation_scores)


@answers_in(*USUAL_FORMS, "native")
def classify(
    model: Annotated[Path, Argument("a model from train-classifier")],
    text: Annotated[list[str] | None, Argument("texts, one per line [default: standard input]")] = None,
    top: Annotated[int, Option("number of labels per text, most probable first", aliases=("-k",), minimum=1)] = 1,
    form: Annotated[
        str | None, Option("format of texts that contain labels, as in train-classifier", choices=_FORMS)
    ] = None,
    batch_size: Annotated[int, Option("number of texts computed together", minimum=1)] = 64,
    *,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> Lines:
    """Predict a label for each line.

    Prints one line for each input line: a label and its probability. With --top K, a line has K labels, each
    followed by its probability. --format tsv or json gives a table of line, rank, label and probability; --format
    native prints fastText's form, __label__x 0.98.

    Example: seqtool classify reviews.classifier - < texts.txt
    """
    from seqtool.corpus.text_inputs import read_text_lines
    from seqtool.labelling.classification.artifact import Counts, classify_lines, load_classifier
    from seqtool.labelling.classification.texts import without_labels
    from seqtool.nn.device import use_device

    if sources.errors == "skip":
        raise UsageError("classify cannot skip lines: it prints one answer per line", "use --errors replace")
    loaded, names = load_classifier(model, use_device(compute)), text or ["-"]
    sources = without_labels(names, form, sources, loaded.labels)
    if top > len(loaded.labels):
        known = len(loaded.labels)
        raise InputError(f"--top {top} exceeds the {plural(known, 'label')} of {model}", f"use --top {known} or less")
    found = Items(classify_lines(loaded, read_text_lines(names, sources), top, batch_size, Counts()))
    rows = (
        (line, rank, label, probability)
        for line, answer in enumerate(found, 1)
        for rank, (label, probability) in enumerate(answer, 1)
    )
    table = Table(_COLUMNS, rows)
    return Lines(map(_line, found), table=table, tabular=("tsv", "json"), native=map(_native, found), items=found)


def _native(answer: Ranked) -> str:
    return " ".join(f"__label__{label} {probability:.6g}" for label, probability in answer)


def _line(answer: Ranked) -> str:
    from seqtool.artifact.escapes import escaped

    labels = escaped([label for label, _ in answer])
    return "\t".join(f"{label}\t{probability:.6g}" for label, (_, probability) in zip(labels, answer, strict=True))
