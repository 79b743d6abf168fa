"""From what a command was given (texts, corpora) to what its function takes."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqtool.artifact.manifest import Input, Manifest, ledger_line, parse, pattern_name
from seqtool.artifact.read import Artifact, is_artifact, open_artifact
from seqtool.artifact.scratch import filling, scratch_folder
from seqtool.corpus.artifact import open_corpus, preprocess_options
from seqtool.corpus.corpus import Corpus
from seqtool.corpus.model_text import HeldOut
from seqtool.corpus.options import PreprocessOptions, SourceOptions, as_given
from seqtool.corpus.preprocess import changes, encode_text
from seqtool.corpus.reading.sources import Source, lines, matching_files, open_sources
from seqtool.corpus.text_processor import is_from_arpa, phrases_file
from seqtool.corpus.tokenizers.load import load_tokenizer
from seqtool.corpus.tokenizers.tokenize import PHRASES, TOKENIZER
from seqtool.errors import InputError
from seqtool.options import changed
from seqtool.progress import note, warn

_FILES_NAMED = 3


@contextmanager
def held_out_texts(
    like: Artifact, names: Sequence[str], sources: SourceOptions, keep_blank: bool = False
) -> Iterator[list[HeldOut]]:
    """Texts encoded for a corpus or model, in a temporary folder; a corpus artifact is used as it is.

    Args:
        like: the artifact whose tokenizer and normalisation are used.
        names: paths of texts or corpora; ``corpus:PART`` names a part of a split corpus.
        sources: how raw texts are read.
        keep_blank: blank lines stay in any case.
    """
    with scratch_folder() as folder:
        with filling(folder):
            held_out = [_held_out(like, [name], sources, folder / str(i), keep_blank) for i, name in enumerate(names)]
        yield held_out


@contextmanager
def model_text(
    model: Artifact, names: Sequence[str], sources: SourceOptions, keep_blank: bool = False
) -> Iterator[HeldOut]:
    """One text, of one or several files, encoded for a model; with ``keep_blank`` its blank lines stay in any case."""
    with scratch_folder() as folder:
        with filling(folder):
            held_out = _held_out(model, names, sources, folder / "text", keep_blank)
        trained_on = warn_if_trained_on(model, held_out.source, held_out.files) if held_out.source is not None else ""
        yield dataclasses.replace(held_out, trained_on=trained_on)


def _held_out(
    like: Artifact, names: Sequence[str], sources: SourceOptions, folder: Path, keep_blank: bool = False
) -> HeldOut:
    path, _, part = names[0].rpartition(":")
    if len(names) == 1 and path and is_artifact(Path(path)):
        return _corpus_part(like, Path(path), part)
    if len(names) == 1 and is_artifact(Path(names[0])):
        return _corpus_part(like, Path(names[0]), None)
    options = _preprocessing(like)
    if keep_blank:
        options = dataclasses.replace(options, blank_lines="keep")
    folder.mkdir()
    encoded = encode_text(
        names, sources, options, load_tokenizer(options, like.path, phrases=phrases_file(like)), folder
    )
    corpus = Corpus(folder, options)
    for row in encoded.ledger:
        note(f"{', '.join(names)}: {ledger_line(row)}")
    name = ",".join(map(_called, names))
    read = encoded.sources
    # A pattern is one name of several files; several columns are of one file.
    read = read if len(names) > 1 else list({source.sha256: source for source in read}.values())
    files = [Path(source.name).name for source in read]
    return HeldOut(
        name, corpus, slice(0, len(corpus)), sources_as_input(name, "", read, sources), encoded.ledger, files=files
    )


def sources_as_input(name: str, role: str, read: Sequence[Source], sources: SourceOptions) -> Input:
    """Sources that were read as one input."""
    digests = [source.sha256 for source in read]
    texts = [source.text_sha256 or digest for source, digest in zip(read, digests, strict=True)]
    kind = role + reading_kind(read[0].kind, sources)
    return Input(name, kind, "+".join(digests), text="+".join(texts) if texts != digests else None)


def _called(name: str) -> str:
    """What a text is called in answers; of several files under a pattern how many there are."""
    files = matching_files(name)
    if len(files) > 1:
        return pattern_name(Path(name).name, len(files))
    return "stdin" if name == "-" else Path(files[0]).name


def warn_if_trained_on(model: Artifact, text: Input, files: Sequence[str] = ()) -> str:
    """Warn where a model was made from the text that it is to be judged by, wholly or in part.

    Args:
        model, text: what is judged, and by what.
        files: the names of its files, of several.

    Returns:
        What of the text the model was made from; empty: nothing.
    """
    given, trained = _readings(text, files), _readings(model.as_input())
    texts = {one.digests for one in given}
    shared = {one.digests: one.name for one in given if any(one.meets(other) for other in trained)}
    if not shared:
        return ""
    which = text.name
    if len(shared) < len(texts):
        which = f"{len(shared):,} of the {len(texts):,} texts in {text.name}"
        names = [name for name in shared.values() if name]
        which = f"{', '.join(names)} ({which})" if 0 < len(names) <= _FILES_NAMED else which
    warn(f"{model.path} was trained on {which}: results on training texts are too optimistic")
    return which


@dataclass(frozen=True)
class _Reading:
    """A text among what something was made from.

    Attributes:
        digests: of the file, and of the text in it; one of them is enough to know it.
        name: of the file; empty where it is not known.
        split: how the corpus that was made of it is split; ``None`` where it is whole.
        part: the part of that corpus; empty for all of it.
    """

    digests: frozenset[str]
    name: str = ""
    split: tuple[Any, ...] | None = None
    part: str = "train"

    def meets(self, trained: _Reading) -> bool:
        """Whether it has lines that were trained on: parts of two corpora that are split alike are apart."""
        apart = self.part in ("valid", "test") and self.split is not None and self.split == trained.split
        return bool(self.digests & trained.digests) and not apart


_HELD_OUT = ("test", "valid", "tune", "vocab")
_WHICH_LINES = ("split", "split_by", "blank_lines", "encoding", "errors", "column", "hf_revision")


def _readings(entry: Input, files: Sequence[str] = ()) -> list[_Reading]:
    """The texts that something was made from; of a model those that it was trained on."""
    if entry.manifest is None:
        digests = entry.digest.split("+")
        texts = digests if entry.text is None else entry.text.split("+")
        names = next((some for some in (files, entry.names) if len(some) == len(digests)), [""] * len(digests))
        return [_Reading(frozenset(pair), name) for *pair, name in zip(digests, texts, names, strict=False)]
    recipe = parse(entry.manifest, Path(entry.name)).recipe
    made_from = [one for one in recipe.inputs if not one.kind.startswith(_HELD_OUT)]
    found = [reading for one in made_from for reading in _readings(one)]
    if recipe.kind != "corpus":
        return found
    split = tuple(recipe.options.get(name) for name in _WHICH_LINES) if recipe.options.get("split") else None
    part = entry.digest.partition(":")[2]
    return [dataclasses.replace(one, split=one.split or split, part=part) for one in found]


def read_text_lines(names: Sequence[str], sources: SourceOptions, plain: bool = False) -> Iterator[str]:
    """The lines of texts (``plain``: of files that are texts, whatever their names say); changes in them are told."""
    counts: Counter[str] = Counter()
    yield from lines(open_sources(names, sources, plain), sources, counts)
    tell_changes(counts)


def tell_changes(counts: Counter[str]) -> None:
    """Say what was changed in the lines of a text."""
    for row in changes(counts):
        note(ledger_line(row))


@dataclass(frozen=True)
class WholeText:
    """The lines of a text, what it is as an input, and what was changed in it."""

    lines: list[str]
    entry: Input
    counts: Counter[str]


def whole_text(name: str, role: str, sources: SourceOptions, plain: bool = False) -> WholeText:
    """A text as it stands, line by line; ``plain`` as for `read_text_lines`."""
    opened, counts = open_sources([name], sources, plain), Counter[str]()
    found = list(lines(opened, sources, counts))
    return WholeText(found, sources_as_input(_called(name), f"{role}:", opened, sources), counts)


def reading_kind(kind: str, sources: SourceOptions) -> str:
    """What was read (``text``, ``csv`` …), and the reading options that were changed: they too determine the lines."""
    return " ".join([kind, *(f"{name}={value}" for name, value in changed(sources).items())])


def _corpus_part(like: Artifact, path: Path, part: str | None) -> HeldOut:
    artifact = open_artifact(path, "corpus")
    _same_tokens(like, artifact)
    corpus, source = open_corpus(artifact), artifact.as_input()
    if _was_cut(artifact.manifest):
        warn(
            f"{path} has a limited vocabulary: the spelling of words replaced by <unk> is lost, so bits per "
            "character and per byte are too low; to compare them, give the raw text"
        )
    if part is None:
        if len(corpus.splits) > 1:
            note(
                f"{path}: reading all parts, including the training part "
                f"(to choose one, add :{' or :'.join(corpus.splits)})"
            )
        return HeldOut(path.name, corpus, slice(0, len(corpus)), source)
    first, last = corpus.split(part)
    name = f"{path.name}:{part}"
    source = dataclasses.replace(source, name=name, digest=f"{source.digest}:{part}")
    return HeldOut(name, corpus, slice(first, last), source)


def _was_cut(manifest: Manifest) -> bool:
    """Whether a corpus, or the one that its phrases were joined in, has less than the vocabulary of its text."""
    recipe = manifest.recipe
    parents = [parse(entry.manifest, Path(entry.name)) for entry in recipe.inputs if entry.manifest is not None]
    return bool(
        recipe.options.get("max_vocab")
        or any(entry.kind == "vocab:file" for entry in recipe.inputs)
        or any(_was_cut(parent) for parent in parents)
    )


def _preprocessing(like: Artifact) -> PreprocessOptions:
    return preprocess_options(like.options if like.kind == "corpus" else like.summary["preprocessing"])


def _same_tokens(like: Artifact, corpus: Artifact) -> None:
    """Refuse a corpus whose tokens were made otherwise.

    Raises:
        InputError: naming the difference.
    """
    ours, theirs = _preprocessing(like), _preprocessing(corpus)
    if is_from_arpa(like):
        if theirs.tokenizer != ours.tokenizer:
            note(f"{corpus.path}: its tokens (--tokenizer {theirs.tokenizer}) are looked up as words of {like.path}")
        return
    for name in ("tokenizer", "normalize", "lower", "digits"):
        if getattr(ours, name) != getattr(theirs, name):
            raise InputError(
                f"{corpus.path} was made with {as_given(name, getattr(theirs, name))}, but {like.path} with "
                f"{as_given(name, getattr(ours, name))}",
                "give the raw test text, or evaluate each model on its own part (-o) and compare the evaluations",
            )
    rules = [getattr(options, "word_rules", None) for options in (ours, theirs)]
    if rules[0] != rules[1]:
        raise InputError(
            f"{corpus.path} was made with version {rules[1]} of the word rules, but {like.path} with version "
            f"{rules[0]}",
            "give the raw test text, or preprocess both texts again",
        )
    for name in (TOKENIZER, PHRASES):
        if like.manifest.files.get(name) != corpus.manifest.files.get(name):
            raise InputError(f"{corpus.path} and {like.path} have different {name} files", "give the raw text instead")
