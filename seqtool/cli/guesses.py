"""What eval-labels judges: guessed labels beside gold ones, from what was printed or from a model that is asked."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqtool.corpus.options import SourceOptions
from seqtool.errors import InputError, UsageError
from seqtool.labelling.options import LabelledTexts
from seqtool.metrics.options import LabelScoreOptions
from seqtool.nn.options import DeviceOptions

if TYPE_CHECKING:
    from seqtool.artifact.manifest import Input
    from seqtool.artifact.read import Artifact
    from seqtool.corpus.text_inputs import WholeText
    from seqtool.evaluation.artifact import Row
    from seqtool.labelling.tagging.columns import Sentence

_BATCH = 64
Probabilities = Sequence[float] | None


@dataclasses.dataclass(frozen=True)
class How:
    """How gold labels are read and guesses measured; ``gold_column`` counts from the last, which is guessed."""

    options: LabelScoreOptions
    labelled: LabelledTexts
    sources: SourceOptions
    compute: DeviceOptions
    gold_column: int


@dataclasses.dataclass(frozen=True)
class Judged:
    """Guesses beside gold labels: of which data, from which inputs, and how they are measured.

    ``spans``: of words, not of lines. Only ``measure`` and ``items`` (rows of ``columns``) ask a model.
    """

    data: str
    inputs: Sequence[Input]
    columns: Sequence[str]
    spans: bool
    measure: Callable[[], dict[str, Any]]
    items: Callable[[], Iterable[Row]]


def guesses_of(guesses: Artifact | str, gold: str | None, spans: bool, how: How) -> Judged:
    """The guesses of a model for a text, or the printed ones of a file, as labels of lines or as ``spans``.

    Raises:
        InputError: a label or a column is missing.
        UsageError: labelled texts for a model from standard input.
    """
    if isinstance(guesses, str):
        return _printed_spans(guesses, how) if gold is None else _printed_labels(guesses, gold, how)
    assert gold is not None
    return (_model_spans if spans else _model_labels)(guesses, gold, how)


def _printed_labels(predictions: str, gold: str, how: How) -> Judged:
    """One printed label a line against labelled texts."""
    from seqtool.cli.gold import gold_labels, shown_texts
    from seqtool.corpus.text_inputs import whole_text
    from seqtool.labelling.classification.texts import columns_of
    from seqtool.progress import warn

    found = whole_text(predictions, "predictions", SourceOptions(), plain=True)
    label_column, text_column = columns_of(gold, how.labelled, how.sources)
    known, entry = gold_labels(gold, label_column, how.labelled, how.sources)
    guesses = _parsed(predictions, found.lines)
    read = shown_texts(gold, dataclasses.replace(how.sources, column=text_column), how.options.mistakes > 0)
    if read is not None and read.lines and all(map(_is_number, read.lines)):
        warn(f"{gold} looks like what classify wrote, which comes first: eval-labels GUESSES LABELLED")
    inputs = [found.entry, *([] if read is None else [read.entry]), entry]
    return _of_labels(inputs, known, lambda: guesses, [] if read is None else read.lines, how.options)


def _model_labels(model: Artifact, gold: str, how: How) -> Judged:
    """A classifier's label for every text against the text's own."""
    from seqtool.cli.gold import gold_for, texts_beside
    from seqtool.corpus.text_inputs import tell_changes, warn_if_trained_on

    if gold == "-":
        raise UsageError("labelled texts are read twice, which a pipe cannot be", "write them to a file")
    read, known, entry = gold_for(model, gold, how.labelled, how.sources)
    tell_changes(read.counts)
    warn_if_trained_on(model, read.entry)
    guesses = cache(lambda: _classified(model.path, read.lines, how.compute))
    texts = texts_beside(gold, read.lines).entry
    return _of_labels([model.as_input(), texts, entry], known, guesses, read.lines, how.options)


def _of_labels(
    inputs: Sequence[Input],
    gold: Sequence[str],
    guesses: Callable[[], tuple[list[str], Probabilities]],
    texts: Sequence[str],
    options: LabelScoreOptions,
) -> Judged:
    from seqtool.metrics.labels import ITEM_COLUMNS, items, measure, mistakes

    def scores() -> dict[str, Any]:
        found, probabilities = guesses()
        _tell_strangers(gold, found, "--form and --label-until say how labels are written")
        result = measure(gold, found, probabilities, options)
        if texts:
            result["mistakes"] = mistakes(gold, found, probabilities, texts, options.mistakes)
        return result

    return Judged(inputs[-1].name, inputs, ITEM_COLUMNS, False, scores, lambda: items(gold, *guesses()))


def _classified(model: Path, texts: Sequence[str], compute: DeviceOptions) -> tuple[list[str], Probabilities]:
    from seqtool.labelling.classification.artifact import load_classifier
    from seqtool.labelling.classification.classify import Counts, classify_lines
    from seqtool.nn.device import choose_device, set_threads

    set_threads(compute.threads)
    loaded = load_classifier(model, choose_device(compute.device)[0])
    best = [answer[0] for answer in classify_lines(loaded, texts, 1, _BATCH, Counts())]
    return [label for label, _ in best], [probability for _, probability in best]


def _tell_strangers(gold: Iterable[str], found: Iterable[str], hint: str) -> None:
    """Warn where no guessed label is one of the gold labels: they are hardly of one kind."""
    from seqtool.progress import warn

    wanted, guessed = set(gold), set(found)
    if not wanted & guessed:
        one, other = min(guessed, default=""), min(wanted, default="")
        warn(f"none of the guessed labels, such as {one!r}, is a gold label, such as {other!r}: {hint}")


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[\d.e+-]+(\t.*)?", text) is not None


def _parsed(name: str, lines: Sequence[str]) -> tuple[list[str], list[float] | None]:
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
    from seqtool.corpus.reading.tables import FASTTEXT_MARK

    if line.startswith(FASTTEXT_MARK) and "\t" not in line:
        first = line.strip().removeprefix(FASTTEXT_MARK).split(f" {FASTTEXT_MARK}")[0]
        label, _, rest = first.rpartition(" ")
        return (label, rest) if label and re.fullmatch(r"[\d.e+-]+", rest) else (first, "")
    label, _, rest = line.partition("\t")
    return unescaped(Path("predictions"), [label.strip()])[0], rest


def _printed_spans(name: str, how: How) -> Judged:
    """The last column of what `tag` printed against another."""
    from seqtool.corpus.text_inputs import whole_text

    read = whole_text(name, "predictions", how.sources, plain=True)
    found = _sentences(name, read)
    gold = _gold_columns(read.entry.name, "gold:columns", [[words[:-1] for words in some.words] for some in found])
    return _of_spans([read.entry, gold], lambda: found, how)


def _model_spans(model: Artifact, name: str, how: How) -> Judged:
    """A tagger's labels, as one more column, against another column."""
    from seqtool.corpus.text_inputs import warn_if_trained_on, whole_text

    read = whole_text(name, "gold", how.sources, plain=True)
    warn_if_trained_on(model, read.entry)
    given = _sentences(name, read)
    gold = _gold_columns(read.entry.name, "columns:text", [some.words for some in given])
    tagged = cache(lambda: _tagged(model.path, name, read.lines, how.compute))
    return _of_spans([model.as_input(), gold], tagged, how)


def _sentences(name: str, read: WholeText) -> list[Sentence]:
    from seqtool.corpus.text_inputs import tell_changes
    from seqtool.labelling.tagging.columns import sentences

    tell_changes(read.counts)
    return [sentence for sentence in sentences(name, read.lines) if sentence.words]


def _gold_columns(name: str, kind: str, columns: list[list[list[str]]]) -> Input:
    from seqtool.artifact.manifest import Input, sha256_json

    return Input(name, kind, sha256_json(columns))


def _tagged(model: Path, name: str, lines: Sequence[str], compute: DeviceOptions) -> list[Sentence]:
    from seqtool.labelling.tagging.columns import sentences
    from seqtool.labelling.tagging.tag import Counts, load_tagger, tag_lines
    from seqtool.nn.device import choose_device, set_threads

    set_threads(compute.threads)
    loaded = load_tagger(model, choose_device(compute.device)[0])
    written = tag_lines(loaded, name, lines, _BATCH, Counts())
    return [sentence for sentence in sentences(name, written) if sentence.words]


def _of_spans(inputs: Sequence[Input], tagged: Callable[[], list[Sentence]], how: How) -> Judged:
    from seqtool.metrics.labels import SPAN_COLUMNS, measure_spans, span_items

    @cache
    def pairs() -> list[tuple[list[str], list[str]]]:
        found = [(sentence.column(how.gold_column), sentence.column(-1)) for sentence in tagged()]
        wanted, guessed = ({label for pair in found for label in pair[side]} for side in (0, 1))
        _tell_strangers(wanted, guessed, "the last column is to be tag's guess, the one before it gold (--gold-column)")
        return found

    def scores() -> dict[str, Any]:
        return measure_spans(pairs(), how.options)

    return Judged(inputs[-1].name, inputs, SPAN_COLUMNS, True, scores, lambda: span_items(pairs()))
