"""The command that labels texts: classify."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from seqtool.commands.answers import Items, Lines, Table
from seqtool.commands.declaration import answers_in
from seqtool.corpus.options import SourceOptions
from seqtool.errors import InputError, UsageError
from seqtool.nn.options import DeviceOptions
from seqtool.options import Argument, Option

_COLUMNS = ("line", "rank", "label", "probability")
_FORMS = ("auto", "tab", "word", "fasttext", "columns")
Ranked = Sequence[tuple[str, float]]  # labels and their probabilities, the likeliest first


@answers_in("native")
def classify(
    model: Annotated[Path, Argument("a model that train-classifier made")],
    text: Annotated[list[str] | None, Argument("texts, one a line; - or nothing: standard input")] = None,
    top: Annotated[int, Option("labels of each text, the likeliest first", aliases=("-k",), minimum=1)] = 1,
    form: Annotated[
        str | None, Option("the texts have labels before them, in this form of train-classifier's", choices=_FORMS)
    ] = None,
    batch_size: Annotated[int, Option("texts computed side by side", minimum=1)] = 64,
    *,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> Lines:
    """A label for every line, and its probability: exactly as many lines come out as go in.

    With --top K a line has K labels, each followed by its probability. With --format tsv or json the answer is a table
    of line, rank, label and probability; with --format native __label__x 0.98.

    Example: seqtool classify reviews.classifier - < texts.txt
    """
    from seqtool.corpus.text_inputs import read_text_lines
    from seqtool.labelling.classification.artifact import Counts, classify_lines, load_classifier
    from seqtool.labelling.classification.texts import without_labels
    from seqtool.nn.device import use_device

    if sources.errors == "skip":
        raise UsageError("classify answers every line: it cannot skip any", "use --errors replace")
    loaded, names = load_classifier(model, use_device(compute)), text or ["-"]
    sources = without_labels(names, form, sources, loaded.labels)
    if top > len(loaded.labels):
        raise InputError(f"{model} has {len(loaded.labels)} labels", f"give --top {len(loaded.labels)} or less")
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
