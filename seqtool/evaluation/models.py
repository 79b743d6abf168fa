"""A model of any kind on the data it is evaluated on, as the evaluation command of its kind does it by default."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from seqtool.artifact.read import open_artifact
from seqtool.corpus.options import SourceOptions
from seqtool.errors import InputError, UsageError, cause, remedy
from seqtool.evaluation.artifact import KIND, Evaluation
from seqtool.evaluation.labels import evaluate_labels
from seqtool.evaluation.language_models import evaluate_perplexity
from seqtool.evaluation.predictions import LabelScoring
from seqtool.evaluation.translation import evaluate_pairs
from seqtool.evaluation.word_vectors import evaluate_analogies, evaluate_similarity
from seqtool.ngrams.arpa.read import is_arpa
from seqtool.nn.options import DeviceOptions
from seqtool.options import changed, flags

_NGRAM, _VECTORS = "ngram", "vectors"
Evaluator = Callable[[Path, str, SourceOptions, DeviceOptions], Evaluation]


def evaluate_model(
    model: Path, data: str, sources: SourceOptions = SourceOptions(), compute: DeviceOptions = DeviceOptions()
) -> Evaluation:
    """The evaluation of a model with the default options of its kind; nothing is kept.

    Args:
        model: a language model (or ARPA text), word vectors (or a file of them), a classifier, a tagger, or a
            sequence-to-sequence model.
        data: a text or ``CORPUS:PART`` for a language model; analogies or word pairs for vectors; labeled texts,
            columns, or a table of pairs for the others.
        sources: how the data is read.
        compute: where the model computes.

    Raises:
        ArtifactError: the model is not one of these.
        UsageError: options of reading for data that is read in one way only.
    """
    return _EVALUATORS[kind_of_model(model)](model, data, sources, compute)


def kind_of_model(path: Path) -> str:
    """The kind of a model, or ``evaluation``; a file is ARPA text (``ngram``) or word vectors.

    Raises:
        ArtifactError: it is something else.
    """
    if path.is_file():
        return _NGRAM if is_arpa(path) else _VECTORS
    return open_artifact(path, *_EVALUATORS, KIND).kind


def check_comparable(a: Path, b: Path, data: str) -> None:
    """Refuse two models that are not evaluated alike.

    Raises:
        UsageError: naming their kinds, or an evaluation in the place of a model.
    """
    kinds = []
    for path in (a, b):
        kinds.append(kind_of_model(path))
        if kinds[-1] == KIND:
            message = f"{path} is an evaluation, which already includes its data"
            raise UsageError(message, f"leave out {data}, or give two models")
    if _EVALUATORS[kinds[0]] != _EVALUATORS[kinds[1]]:
        message = f"{a} ({kinds[0]}) and {b} ({kinds[1]}) are different kinds of models"
        raise UsageError(message, "give two models of the same kind")


def _perplexity(model: Path, data: str, sources: SourceOptions, compute: DeviceOptions) -> Evaluation:
    return evaluate_perplexity(model, [data], sources=sources, compute=compute)


def _word_vectors(model: Path, data: str, sources: SourceOptions, compute: DeviceOptions) -> Evaluation:
    if changed(sources):
        raise UsageError(f"{flags(changed(sources))} cannot be used with analogies or word pairs", "leave it out")
    if _are_analogies(Path(data)):
        return evaluate_analogies(model, [Path(data)])
    return evaluate_similarity(str(model), [Path(data)])


def _are_analogies(data: Path) -> bool:
    """Whether the first line that is not blank is a section or has four words."""
    try:
        with data.open(encoding="utf-8", errors="replace") as file:
            words = next((line.split() for line in file if line.strip()), [])
    except OSError as error:
        raise InputError(f"{data}: {cause(error)}", remedy(error, "give a file of analogies or word pairs")) from None
    return len(words) >= 4 or words[:1] == [":"]


def _labels(model: Path, data: str, sources: SourceOptions, compute: DeviceOptions) -> Evaluation:
    return evaluate_labels(str(model), data, LabelScoring(sources=sources, compute=compute))


def _translations(model: Path, data: str, sources: SourceOptions, compute: DeviceOptions) -> Evaluation:
    return evaluate_pairs(model, data, sources=sources, compute=compute)


_EVALUATORS: dict[str, Evaluator] = {
    "lm": _perplexity,
    _NGRAM: _perplexity,
    _VECTORS: _word_vectors,
    "classifier": _labels,
    "tagger": _labels,
    "seq2seq": _translations,
}
MODEL_KINDS = frozenset(_EVALUATORS)
