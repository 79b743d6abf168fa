"""Language models of any kind: n-gram artifacts, neural ones and ARPA text are all opened as a `LoadedModel`."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np

from seqtool.artifact.read import Artifact, open_artifact
from seqtool.artifact.scratch import filling, scratch_folder
from seqtool.corpus.corpus import Corpus
from seqtool.corpus.options import PreprocessOptions
from seqtool.corpus.tokenizers.tokenize import Tokenizer
from seqtool.corpus.vocabulary import Vocabulary
from seqtool.decoding.protocol import TextModel
from seqtool.errors import OutputError, SeqtoolError, UsageError
from seqtool.nn.options import DeviceOptions
from seqtool.progress import note

_Item = TypeVar("_Item")


class LoadedModel(TextModel, Protocol):
    """A language model that scores and writes text.

    Attributes:
        contexts: what ``log_probs`` may be asked for: ``stream``, ``sentence``.
    """

    contexts: ClassVar[tuple[str, ...]]

    @property
    def artifact(self) -> Artifact:
        """Where it comes from."""

    @property
    def name(self) -> str:
        """What it is called in answers."""

    @property
    def context(self) -> str:
        """The context it is scored with by default."""

    @property
    def device(self) -> object:
        """Where it computes."""

    @property
    def probabilistic(self) -> bool:
        """Whether what it gives sums to one."""

    @property
    def vocabulary(self) -> Vocabulary:
        """Its words."""

    @property
    def tokenizer(self) -> Tokenizer:
        """How it reads text."""

    @property
    def preprocessing(self) -> PreprocessOptions:
        """How its text was made."""

    def encode_corpus(self, name: str, corpus: Corpus, sentences: slice) -> Any:
        """Sentences of a corpus in its ids."""

    def log_probs(self, text: Any, context: str) -> Iterable[np.ndarray]:
        """Natural-log probabilities of a text's tokens in order, in pieces."""


def shown_tokens(tokens: Sequence[str]) -> list[str]:
    """The tokens of a vocabulary as answers show them; ``<eos>`` is the end of a sentence."""
    return ["<unk>", "<eos>", *tokens[2:]]


def started(items: Iterator[_Item]) -> Iterator[_Item]:
    """The same items, the first of them made now: a model that cannot be opened is refused here."""
    return itertools.chain(list(itertools.islice(items, 1)), items)


def _neural(path: Path, compute: DeviceOptions) -> LoadedModel:
    from seqtool.lm.artifact import load_language_model
    from seqtool.nn.device import use_device

    return load_language_model(path, use_device(compute))


def _ngram(path: Path, compute: DeviceOptions) -> LoadedModel:
    from seqtool.ngrams.artifact import load_ngram

    return load_ngram(path, compute.threads)


_LOADERS: dict[str, Callable[[Path, DeviceOptions], LoadedModel]] = {"lm": _neural, "ngram": _ngram}


@contextmanager
def open_language_model(path: Path, compute: DeviceOptions) -> Iterator[LoadedModel]:
    """The language model at a path: an artifact, or ARPA text.

    ARPA text is first made into an artifact beside it, which the next command takes and which is made again where the
    text has changed; into a temporary one where its folder cannot be written.

    Raises:
        ArtifactError: where it is no language model, or damaged.
        InputError: broken ARPA text.
        OutputError: the artifact beside ARPA text cannot be written, or something else has its name.
        UsageError: a file that is no ARPA text.
    """
    with _artifact_path(path) as found:
        kind = open_artifact(found, *_LOADERS).kind
        yield _LOADERS[kind](found, compute)


@contextmanager
def _artifact_path(path: Path) -> Iterator[Path]:
    if not path.is_file():
        yield path
        return
    from seqtool.ngrams.arpa.foreign import not_arpa
    from seqtool.ngrams.arpa.read import is_arpa
    from seqtool.ngrams.artifact import arpa_output_path, build_from_arpa

    if not is_arpa(path):
        raise UsageError(*not_arpa(path))
    beside = arpa_output_path(path)
    if os.access(path.parent, os.W_OK | os.X_OK):
        try:
            written = build_from_arpa(path, beside)
        except OutputError:
            if not _is_made_from(beside, path):
                raise
            written = build_from_arpa(path, beside, overwrite=True)
        if written:
            note(f"wrote {beside}")
        yield beside
        return
    with scratch_folder() as folder:
        with filling(folder):
            build_from_arpa(path, folder / beside.name)
        yield folder / beside.name


def _is_made_from(path: Path, arpa: Path) -> bool:
    """Whether there is a model made from ARPA text of that name."""
    try:
        inputs = open_artifact(path, "ngram").manifest.recipe.inputs
    except SeqtoolError:
        return False
    return [(entry.kind, entry.name) for entry in inputs] == [("arpa", arpa.name)]
