"""`seqtool.load`: open an artifact, a file of word vectors or an ARPA file as an object."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from seqtool.api.artifact import Artifact
from seqtool.artifact.read import is_artifact, open_artifact


def load(path: str | os.PathLike[str], *, device: str = "auto", threads: int | None = None) -> Any:
    """Open an artifact, a file of word vectors or an ARPA file.

    Args:
        path: the artifact or file.
        device: device of a neural model: ``auto``, ``cpu`` or ``cuda``.
        threads: number of threads of a model [default: all cores].

    Returns:
        A `WordVectors`, `LanguageModel`, `Classifier`, `Tagger`, `Translator` or `Corpus` object; for an artifact of
        any other kind, an `Artifact`.

    Raises:
        ArtifactError: the path does not exist, or the artifact is damaged or unfinished.
        InputError: the file contains neither word vectors nor an ARPA model.
    """
    from seqtool.ngrams.arpa.read import is_arpa

    place = Path(os.fspath(path)).expanduser()
    if place.is_file() and is_arpa(place):
        return _language_model(place, device, threads)
    if is_artifact(place) or not place.exists():
        opened = open_artifact(place)
        return _OPENERS[opened.kind](place, device, threads) if opened.kind in _OPENERS else Artifact(opened)
    return _vectors(place, device, threads)


def _vectors(path: Path, device: str, threads: int | None) -> Any:
    from seqtool.api.word_vectors import WordVectors
    from seqtool.vectors.artifact import load_vectors

    return WordVectors.of(load_vectors(path))


def _corpus(path: Path, device: str, threads: int | None) -> Any:
    from seqtool.api.corpus import Corpus

    return Corpus(open_artifact(path, "corpus"))


def _language_model(path: Path, device: str, threads: int | None) -> Any:
    from seqtool.api.language_model import LanguageModel
    from seqtool.api.options import filled
    from seqtool.evaluation.any_model import open_language_model
    from seqtool.nn.options import DeviceOptions

    opened = ExitStack()
    loaded = opened.enter_context(open_language_model(path, filled(DeviceOptions, device=device, threads=threads)))
    model = LanguageModel(loaded, path)
    weakref.finalize(model, opened.close)  # deletes the temporary folder of an ARPA file
    return model


def _classifier(path: Path, device: str, threads: int | None) -> Any:
    from seqtool.api.labelling import Classifier
    from seqtool.labelling.classification.artifact import load_classifier

    return Classifier(load_classifier(path, _place(device, threads)))


def _tagger(path: Path, device: str, threads: int | None) -> Any:
    from seqtool.api.labelling import Tagger
    from seqtool.labelling.tagging.tag import load_tagger

    return Tagger(load_tagger(path, _place(device, threads)))


def _translator(path: Path, device: str, threads: int | None) -> Any:
    from seqtool.api.translator import Translator
    from seqtool.seq2seq.artifact import load_translation_model

    return Translator(load_translation_model(path, _place(device, threads)))


def _place(device: str, threads: int | None) -> Any:
    from seqtool.nn.device import choose_device, set_threads

    if threads is not None:
        set_threads(threads)
    return choose_device(device)[0]


_OPENERS: dict[str, Callable[[Path, str, int | None], Any]] = {
    "corpus": _corpus,
    "vectors": _vectors,
    "lm": _language_model,
    "ngram": _language_model,
    "classifier": _classifier,
    "tagger": _tagger,
    "seq2seq": _translator,
}
