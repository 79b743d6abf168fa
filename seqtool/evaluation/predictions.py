"""Predicted labels beside gold ones, from a file that holds them or from a model that makes them now."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from seqtool.artifact.escapes import unescaped
from seqtool.artifact.manifest import Input, sha256_json
from seqtool.artifact.read import Artifact
from seqtool.corpus.options import SourceOptions
from seqtool.corpus.reading.tables.kinds import FASTTEXT_MARK
from seqtool.corpus.text_inputs import WholeText, tell_changes, warn_if_trained_on, whole_text
from seqtool.errors import InputError, UsageError
from seqtool.evaluation.artifact import Row
from seqtool.evaluation.gold_labels import (
    GoldLabels,
    read_beginnings,
    read_gold_labels,
    read_labelled_text,
    texts_as_input,
)
from seqtool.labelling.classification.texts import resolve_columns
from seqtool.labelling.options import LabelledTexts
from seqtool.labelling.tagging.columns import Sentence, sentences, tell_passed_over
from seqtool.metrics import labels
from seqtool.metrics.options import LabelScoreOptions
from seqtool.nn.options import DeviceOptions
from seqtool.progress import warn

_BATCH = 64
_GOLD_COLUMN = -2
Predictions = tuple[list[str], Sequence[float] | None]
"""A label for each text and, where they are known, their probabilities."""


@dataclasses.dataclass(frozen=True)
class LabelScoring:
    """How gold labels are read and predictions scored.

    Attributes:
        options: of the scores.
        labelled: the form of labelled texts.
        sources: how texts are read.
        compute: where a model computes.
        columns: spans of columns are scored, whose last column holds the predictions.
        gold_column: the column of the gold labels, by name or number; ``None``: the last before the predictions, or
            for CoNLL-U that of the model's training.
    """

    options: LabelScoreOptions = LabelScoreOptions()
    labelled: LabelledTexts = LabelledTexts()
    sources: SourceOptions = SourceOptions()
    compute: DeviceOptions = DeviceOptions()
    columns: bool = False
    gold_column: str | None = None


@dataclasses.dataclass(frozen=True)
class LabelEvaluation:
    """Predictions beside gold labels, ready to be scored.

    Attributes:
        data: what the labels are called in answers.
        inputs: what the evaluation is made from.
        columns: the header of its items.
        spans: labels of words are scored, not labels of lines.
        measure: the scores; only this and ``items`` ask a model.
        items: a row of ``columns`` for every text or sentence.
        trained_on: what of the texts the model was made from, in words; empty: nothing.
    """

    data: str
    inputs: Sequence[Input]
    columns: Sequence[str]
    spans: bool
    measure: Callable[[], dict[str, Any]]
    items: Callable[[], Iterable[Row]]
    trained_on: str = ""


def read_predictions(
    predictions: Artifact | str, gold: str | None, spans: bool, scoring: LabelScoring, model: Artifact | None = None
) -> LabelEvaluation:
    """The predictions of a model for a text, or those in a file, as labels of lines or as ``spans``.

    ``model`` is what wrote a file.

    Raises:
        InputError: a label or a column is missing.
        UsageError: labelled texts for a model from standard input.
    """
    if isinstance(predictions, str):
        return _file_spans(predictions, scoring) if gold is None else _file_labels(predictions, gold, scoring, model)
    assert gold is not None
    return (_model_spans if spans else _model_labels)(predictions, gold, scoring)


def _file_labels(predictions: str, gold: str, scoring: LabelScoring, model: Artifact | None) -> LabelEvaluation:
    """A label a line against labeled texts."""
    found = whole_text(predictions, "predictions", SourceOptions(), plain=True)
    label_column, text_column = resolve_columns(gold, scoring.labelled, scoring.sources)
    known = read_gold_labels(gold, label_column, scoring.labelled, scoring.sources)
    predicted = _parsed(predictions, found.lines)
    sources = dataclasses.replace(scoring.sources, column=text_column)
    read = read_beginnings(gold, sources, scoring.options.mistakes > 0)
    if read is not None and read.lines and all(map(_is_number, read.lines)):
        warn(f"{gold} looks like the output of classify, which must come first: eval-labels PREDICTIONS LABELED")
    inputs = [found.entry, *([] if read is None else [read.entry]), known.entry]
    trained_on = "" if model is None else warn_if_trained_on(model, known.files)
    evaluation = _of_labels(inputs, known, lambda: predicted, [] if read is None else read.lines, scoring.options)
    return dataclasses.replace(evaluation, trained_on=trained_on)


def _model_labels(model: Artifact, gold: str, scoring: LabelScoring) -> LabelEvaluation:
    """A classifier's label for every text against the text's own."""
    if gold == "-":
        raise UsageError("labeled texts are read twice and cannot come from standard input", "write them to a file")
    read, known = read_labelled_text(model, gold, scoring.labelled, scoring.sources)
    tell_changes(read.counts)
    trained_on = warn_if_trained_on(model, read.entry)
    predicted = cache(lambda: _classified(model.path, read.lines, scoring.compute))
    inputs = [model.as_input(), texts_as_input(gold, read.lines).entry, known.entry]
    found = _of_labels(inputs, known, predicted, read.lines, scoring.options)
    return dataclasses.replace(found, trained_on=trained_on)


def _of_labels(
    inputs: Sequence[Input],
    gold: GoldLabels,
    predicted: Callable[[], Predictions],
    texts: Sequence[str],
    options: LabelScoreOptions,
) -> LabelEvaluation:
    def scores() -> dict[str, Any]:
        found, probabilities = predicted()
        _warn_of_other_labels(gold.labels, found, "check --form and --label-until")
        result = labels.measure(gold.labels, found, probabilities, options)
        if texts:
            result["mistakes"] = labels.mistakes(gold.labels, found, probabilities, texts, gold.lines, options.mistakes)
        return result

    return LabelEvaluation(
        data=inputs[-1].name,
        inputs=inputs,
        columns=labels.ITEM_COLUMNS,
        spans=False,
        measure=scores,
        items=lambda: labels.items(gold.labels, *predicted(), gold.lines),
    )


def _classified(model: Path, texts: Sequence[str], compute: DeviceOptions) -> Predictions:
    from seqtool.labelling.classification.artifact import Counts, classify_lines, load_classifier
    from seqtool.nn.device import use_device

    loaded = load_classifier(model, use_device(compute))
    best = [answer[0] for answer in classify_lines(loaded, texts, 1, _BATCH, Counts())]
    return [label for label, _ in best], [probability for _, probability in best]


def _warn_of_other_labels(gold: Iterable[str], found: Iterable[str], hint: str) -> None:
    """Warn where no predicted label is one of the gold labels: they are hardly of one kind."""
    wanted, predicted = set(gold), set(found)
    if not wanted & predicted:
        one, other = min(predicted, default=""), min(wanted, default="")
        warn(f"no predicted label (for example {one!r}) is among the gold labels (for example {other!r}); {hint}")


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[\d.e+-]+(\t.*)?", text) is not None


def _parsed(name: str, lines: Sequence[str]) -> Predictions:
    """The labels and, where every line has one, the probabilities of ``label TAB p`` or ``__label__x p``.

    Raises:
        InputError: a line has no label.
    """
    rows = [_label_and_rest(line) for line in lines]
    for number, (label, _) in enumerate(rows, 1):
        if not label:
            raise InputError(f"{name}: line {number}: the label is missing", "give a label for every line")
    try:
        found = [float(rest.split("\t")[0]) for _, rest in rows]
    except ValueError:
        return [label for label, _ in rows], None
    # fastText's probabilities go a little beyond 1.
    return [label for label, _ in rows], found if all(0 <= value <= 1.0001 for value in found) else None


def _label_and_rest(line: str) -> tuple[str, str]:
    """The first of ``__label__x 0.98 …`` or ``x TAB 0.98 …``, the label as it was before `classify` escaped it."""
    if line.startswith(FASTTEXT_MARK) and "\t" not in line:
        first = line.strip().removeprefix(FASTTEXT_MARK).split(f" {FASTTEXT_MARK}")[0]
        label, _, rest = first.rpartition(" ")
        return (label, rest) if label and re.fullmatch(r"[\d.e+-]+", rest) else (first, "")
    label, _, rest = line.partition("\t")
    return unescaped(Path("predictions"), [label.strip()])[0], rest


def _file_spans(name: str, scoring: LabelScoring) -> LabelEvaluation:
    """The last column of what `tag` wrote against another."""
    read = whole_text(name, "predictions", scoring.sources, plain=True)
    found = _sentences(name, read)
    columns = [[words[:-1] for words in some.words] for some in found]
    gold = Input(read.entry.name, "gold:columns", sha256_json(columns))
    return _of_spans([read.entry, gold], lambda: found, scoring, None)


def _model_spans(model: Artifact, name: str, scoring: LabelScoring) -> LabelEvaluation:
    """A tagger's labels, as one more column, against another column."""
    read = whole_text(name, "gold", scoring.sources, plain=True)
    trained_on = warn_if_trained_on(model, read.entry)
    given = _sentences(name, read)
    gold = Input(read.entry.name, "columns:text", sha256_json([some.words for some in given]))
    tagged = cache(lambda: _tagged(model.path, name, read.lines, scoring.compute))
    learned = int(model.options["label_column"]) if model.summary.get("conllu") else None
    return dataclasses.replace(_of_spans([model.as_input(), gold], tagged, scoring, learned), trained_on=trained_on)


def _sentences(name: str, read: WholeText) -> list[Sentence]:
    tell_changes(read.counts)
    found = list(sentences(name, read.lines))
    tell_passed_over(name, found)
    return [sentence for sentence in found if sentence.words]


def _tagged(model: Path, name: str, lines: Sequence[str], compute: DeviceOptions) -> list[Sentence]:
    from seqtool.labelling.tagging.tag import Counts, load_tagger, tag_lines
    from seqtool.nn.device import use_device

    loaded = load_tagger(model, use_device(compute))
    written = tag_lines(loaded, name, lines, _BATCH, Counts())
    return [sentence for sentence in sentences(name, written) if sentence.words]


def _gold_number(sentence: Sentence, given: str | None, learned: int | None) -> int:
    """The number of the gold labels' column; ``learned``: where a model of CoNLL-U had its labels.

    Raises:
        InputError: it is the guess, or not given for CoNLL-U.
    """
    if given is None and sentence.conllu and learned is None:
        message = f"{sentence.name} is CoNLL-U, in which several columns can hold the gold labels"
        raise InputError(message, "give one of them, for example --gold-column UPOS")
    if given is None:
        return learned if learned is not None and sentence.conllu else _GOLD_COLUMN
    number = sentence.column_number(given)
    if number in (-1, len(sentence.words[0]) - 1):
        message = f"{sentence.name}: --gold-column {given} is the column of the predictions"
        raise InputError(message, "give another column")
    return number


def _of_spans(
    inputs: Sequence[Input], tagged: Callable[[], list[Sentence]], scoring: LabelScoring, learned: int | None
) -> LabelEvaluation:
    @cache
    def pairs() -> list[tuple[list[str], list[str]]]:
        some = tagged()
        number = _gold_number(some[0], scoring.gold_column, learned) if some else 0
        found = [(sentence.labels(number), sentence.labels(-1)) for sentence in some]
        wanted, predicted = ({label for pair in found for label in pair[side]} for side in (0, 1))
        hint = "predictions must be in the last column; --gold-column chooses that of the gold labels"
        _warn_of_other_labels(wanted, predicted, hint)
        return found

    return LabelEvaluation(
        data=inputs[-1].name,
        inputs=inputs,
        columns=labels.SPAN_COLUMNS,
        spans=True,
        measure=lambda: labels.measure_spans(pairs(), scoring.options),
        items=lambda: labels.span_items(pairs(), scoring.options.scheme),
    )
