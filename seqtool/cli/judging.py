"""A model on a text it is to be judged by, whatever its kind: the evaluation that its own commands make."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from seqtool.corpus.options import SourceOptions
from seqtool.errors import InputError
from seqtool.labelling.options import LabelledTexts
from seqtool.nn.options import DeviceOptions
from seqtool.progress import unmentioned

if TYPE_CHECKING:
    from seqtool.artifact.manifest import Input
    from seqtool.artifact.read import Artifact

_VECTORS = "vectors"
_WRITTEN = ("predictions", "translations")  # into the temporary folder
_KINDS = {"model:classifier": "classifier", "model:tagger": "tagger", "model:seq2seq": "seq2seq",
          "gold:columns": "columns:text"}  # fmt: skip


def judged(model: Path, data: str, folder: Path, compute: DeviceOptions) -> tuple[Artifact, list[Input], list[Input]]:
    """The evaluation of a model with its commands' usual options; the model and the data as inputs of what uses it.

    Args:
        model: a language model (or ARPA text), word vectors (or a file of them), a classifier, a tagger, or a model of
            pairs.
        data: a text or ``CORPUS:PART`` for a language model; analogies or word pairs for vectors; labelled texts,
            columns, or a table of pairs for the others.
        folder: where the evaluation goes, a new one.
        compute: where models compute.

    Raises:
        SeqtoolError: as the commands do.
    """
    from seqtool.artifact.read import open_artifact

    makers = {
        "lm": _perplexity, "ngram": _perplexity, _VECTORS: _word_vectors, "classifier": _labels, "tagger": _spans,
        "seq2seq": _translations,
    }  # fmt: skip
    folder.mkdir()
    output = folder / f"{model.name}.eval"
    with unmentioned(str(folder)):
        makers[_kind(model, tuple(makers))](model, data, output, compute)
    found = open_artifact(output, "evaluation")
    entries = [entry for entry in found.manifest.recipe.inputs if entry.kind.partition(":")[0] not in _WRITTEN]
    own = [dataclasses.replace(entry, kind=_KINDS.get(entry.kind, entry.kind)) for entry in entries]
    return (
        found,
        [entry for entry in own if entry.name == model.name],
        [entry for entry in own if entry.name != model.name],
    )


def _kind(model: Path, known: tuple[str, ...]) -> str:
    from seqtool.artifact.read import open_artifact
    from seqtool.ngrams.arpa_read import is_arpa

    if model.is_file():
        return "ngram" if is_arpa(model) else _VECTORS
    return open_artifact(model, *known).kind


def _perplexity(model: Path, data: str, output: Path, compute: DeviceOptions) -> None:
    from seqtool.cli.scoring import perplexity
    from seqtool.lm.options import AdaptOptions

    with _printed_to(output.with_name("answer")):
        perplexity(
            model, [data], output, learning=AdaptOptions(), sources=SourceOptions(), compute=compute
        )  # fmt: skip


def _word_vectors(model: Path, data: str, output: Path, compute: DeviceOptions) -> None:
    from seqtool.cli.evaluate import eval_analogy, eval_similarity
    from seqtool.evaluate.options import AnalogyOptions, SimilarityOptions

    with _printed_to(output.with_name("answer")):
        if _are_analogies(Path(data)):
            eval_analogy(model, [Path(data)], output, options=AnalogyOptions())
        else:
            eval_similarity(str(model), [Path(data)], output, options=SimilarityOptions())


def _are_analogies(data: Path) -> bool:
    """Whether the first line that is not blank is a section or has four words."""
    try:
        with data.open(encoding="utf-8", errors="replace") as file:
            words = next((line.split() for line in file if line.strip()), [])
    except OSError as error:
        raise InputError(f"{data} cannot be read ({error.strerror})", "give analogies or pairs of words") from None
    return len(words) >= 4 or words[:1] == [":"]


def _labels(model: Path, data: str, output: Path, compute: DeviceOptions) -> None:
    from seqtool.cli.label_scores import eval_labels
    from seqtool.cli.labelling import classify
    from seqtool.evaluate.options import LabelScoreOptions

    guesses, (labelled, sources) = output.with_name("guesses.txt"), _reading(model, data)
    with _printed_to(guesses):
        classify(model, [data], labelled=labelled.form, sources=sources, compute=compute)  # type: ignore[arg-type]
    with _printed_to(output.with_name("answer")):
        eval_labels(
            str(guesses), data, model=model, output=output, options=LabelScoreOptions(), labelled=labelled,
            sources=sources,
        )  # fmt: skip


def _reading(model: Path, data: str) -> tuple[LabelledTexts, SourceOptions]:
    """How labelled texts are read: in UTF-8 and the form found by a look, or else as the model's training texts were.

    Raises:
        InputError: neither does.
    """
    from seqtool.artifact.read import open_artifact
    from seqtool.labelling.texts import columns_of, read_labels
    from seqtool.options import fields_of, from_manifest

    options = open_artifact(model, "classifier").options
    trained = from_manifest(LabelledTexts, fields_of(LabelledTexts, options))
    sources = from_manifest(SourceOptions, fields_of(SourceOptions, options))
    looked = dataclasses.replace(trained, form="auto")
    wrong: InputError | None = None
    for read in (SourceOptions(), dataclasses.replace(sources, column=None)):
        for how in (looked, trained):
            try:
                read_labels(data, columns_of(data, how, read)[0], how, read)
            except InputError as error:
                wrong = wrong or error
            else:
                return how, read
    assert wrong is not None
    raise wrong


def _spans(model: Path, data: str, output: Path, compute: DeviceOptions) -> None:
    from seqtool.cli.label_scores import eval_labels
    from seqtool.cli.tagging import tag
    from seqtool.evaluate.options import LabelScoreOptions

    tagged = output.with_name(Path(data).name)
    with _printed_to(tagged):
        tag(model, data, sources=SourceOptions(), compute=compute)
    with _printed_to(output.with_name("answer")):
        eval_labels(
            str(tagged), columns=True, model=model, output=output, options=LabelScoreOptions(),
            labelled=LabelledTexts(), sources=SourceOptions(),
        )  # fmt: skip


def _translations(model: Path, data: str, output: Path, compute: DeviceOptions) -> None:
    from seqtool.cli.translation import eval_translation, translate
    from seqtool.evaluate.options import TranslationScoreOptions
    from seqtool.seq2seq.options import TranslateOptions

    written = output.with_name("translations.txt")
    with _printed_to(written):
        translate(
            model, [data], how=TranslateOptions(), sources=SourceOptions(column="0"), compute=compute
        )  # fmt: skip
    with _printed_to(output.with_name("answer")):
        eval_translation(
            str(written), [data], model, output, options=TranslationScoreOptions(), sources=SourceOptions(column="1")
        )


@contextlib.contextmanager
def _printed_to(path: Path) -> Iterator[None]:
    """What is printed meanwhile goes into a file."""
    with path.open("w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
        yield
