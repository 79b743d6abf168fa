"""A model on a text it is to be judged by, whatever its kind: the evaluation that its own commands make."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from seqtool.corpus.options import SourceOptions
from seqtool.errors import InputError, UsageError
from seqtool.nn.options import DeviceOptions
from seqtool.progress import suppress_notes

if TYPE_CHECKING:
    from seqtool.artifact.manifest import Input
    from seqtool.artifact.read import Artifact

_VECTORS = "vectors"
_WRITTEN = "translations"  # into the temporary folder


def judged(
    model: Path, data: str, folder: Path, sources: SourceOptions, compute: DeviceOptions
) -> tuple[Artifact, list[Input], list[Input]]:
    """The evaluation of a model with its commands' usual options; the model and the data as inputs of what uses it.

    Args:
        model: a language model (or ARPA text), word vectors (or a file of them), a classifier, a tagger, or a model of
            pairs.
        data: a text or ``CORPUS:PART`` for a language model; analogies or word pairs for vectors; labelled texts,
            columns, or a table of pairs for the others.
        folder: where the evaluation goes, a new one.
        sources: how the data is read.
        compute: where models compute.

    Raises:
        SeqtoolError: as the commands do.
        UsageError: options of reading for what has none, an evaluation in the place of a model.
    """
    from seqtool.artifact.read import open_artifact

    folder.mkdir()
    output = folder / f"{model.name}.eval"
    with suppress_notes(str(folder)):
        _makers()[_kind(model)](model, data, output, sources, compute)
    found = open_artifact(output, "evaluation")
    entries = [entry for entry in found.manifest.recipe.inputs if entry.kind.partition(":")[0] != _WRITTEN]
    own = [dataclasses.replace(entry, kind=entry.kind.removeprefix("model:")) for entry in entries]
    return (
        found,
        [entry for entry in own if entry.name == model.name],
        [entry for entry in own if entry.name != model.name],
    )


def check_kinds(a: Path, b: Path, data: str) -> None:
    """Refuse two models that are not judged alike.

    Raises:
        UsageError: naming their kinds, or an evaluation in the place of a model.
    """
    kinds = []
    for path in (a, b):
        kinds.append(_kind(path))
        if kinds[-1] == "evaluation":
            raise UsageError(f"{path} is an evaluation: its data is known", f"leave {data} out, or give two models")
    makers = _makers()
    if makers[kinds[0]] != makers[kinds[1]]:
        raise UsageError(f"{a} is of kind {kinds[0]}, {b} of kind {kinds[1]}", "give two models of one kind")


def _makers() -> dict[str, Callable[[Path, str, Path, SourceOptions, DeviceOptions], None]]:
    """What evaluates each kind of model."""
    return {
        "lm": _perplexity, "ngram": _perplexity, _VECTORS: _word_vectors, "classifier": _labels, "tagger": _labels,
        "seq2seq": _translations,
    }  # fmt: skip


def _kind(model: Path) -> str:
    from seqtool.artifact.read import open_artifact
    from seqtool.ngrams.arpa.read import is_arpa

    if model.is_file():
        return "ngram" if is_arpa(model) else _VECTORS
    return open_artifact(model, *_makers(), "evaluation").kind


def _perplexity(model: Path, data: str, output: Path, sources: SourceOptions, compute: DeviceOptions) -> None:
    from seqtool.evaluation.language_models import evaluate_perplexity

    evaluate_perplexity(model, [data], output=output, sources=sources, compute=compute)


def _word_vectors(model: Path, data: str, output: Path, sources: SourceOptions, compute: DeviceOptions) -> None:
    from seqtool.evaluation.word_vectors import evaluate_analogies, evaluate_similarity
    from seqtool.options import changed, flags

    if changed(sources):
        raise UsageError("analogies and word pairs are read in one way", f"leave {flags(changed(sources))} out")
    if _are_analogies(Path(data)):
        evaluate_analogies(model, [Path(data)], output=output)
    else:
        evaluate_similarity(str(model), [Path(data)], output=output)


def _are_analogies(data: Path) -> bool:
    """Whether the first line that is not blank is a section or has four words."""
    try:
        with data.open(encoding="utf-8", errors="replace") as file:
            words = next((line.split() for line in file if line.strip()), [])
    except OSError as error:
        raise InputError(f"{data} cannot be read ({error.strerror})", "give analogies or pairs of words") from None
    return len(words) >= 4 or words[:1] == [":"]


def _labels(model: Path, data: str, output: Path, sources: SourceOptions, compute: DeviceOptions) -> None:
    from seqtool.evaluation.labels import evaluate_labels
    from seqtool.evaluation.predictions import LabelScoring

    evaluate_labels(str(model), data, LabelScoring(sources=sources, compute=compute), output=output)


def _translations(model: Path, data: str, output: Path, sources: SourceOptions, compute: DeviceOptions) -> None:
    from seqtool.cli.translation import eval_translation, translate
    from seqtool.metrics.options import TranslationScoreOptions
    from seqtool.seq2seq.options import TranslateOptions

    if sources.column is not None:
        raise UsageError("of pairs the first column is translated, the second the reference", "leave --column out")
    source, target = (dataclasses.replace(sources, column=column) for column in ("0", "1"))
    written = output.with_name("translations.txt")
    with _printed_to(written):
        translate(model, [data], how=TranslateOptions(), sources=source, compute=compute)
    with _printed_to(output.with_name("answer")):
        eval_translation(str(written), [data], model, output, options=TranslationScoreOptions(), sources=target)


@contextlib.contextmanager
def _printed_to(path: Path) -> Iterator[None]:
    """What is printed meanwhile goes into a file."""
    with path.open("w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
        yield
