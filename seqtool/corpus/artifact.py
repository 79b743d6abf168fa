"""The corpus artifact, made of texts and found again beside them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqtool.artifact.atomic_rename import wait_for_writer
from seqtool.artifact.digests import file_digest, remember
from seqtool.artifact.files_read import identity
from seqtool.artifact.manifest import DAMAGE, Input, Manifest, Recipe, sha256_json
from seqtool.artifact.paths import exists, is_file
from seqtool.artifact.read import Artifact, is_artifact, open_artifact
from seqtool.artifact.write import RunRecord, compared, existing_artifact, write_artifact
from seqtool.corpus.options import (
    SUBWORD_TOKENIZERS,
    PreprocessOptions,
    SourceOptions,
    WordOptions,
    recorded_options,
    with_word_rules,
)
from seqtool.corpus.output_names import corpus_output_path, own_stems, strip_suffixes
from seqtool.corpus.output_names import output_path as output_path
from seqtool.corpus.reading.hub import hub_revision
from seqtool.corpus.tokenizers.tokenize import PHRASES, TOKENIZER
from seqtool.errors import InputError, OutputError, UsageError, damaged, is_unreadable
from seqtool.options import determining, operational
from seqtool.progress import note

if TYPE_CHECKING:
    from seqtool.corpus.corpus import Corpus
    from seqtool.corpus.reading.sources import Source

KIND = "corpus"
_PAYLOAD = ("ids.npy", "bounds.npy", "lengths.npy", "vocab.tsv", "characters.tsv")


def build_corpus(
    sources: Sequence[str],
    source_options: SourceOptions,
    options: PreprocessOptions,
    output: Path,
    overwrite: bool = False,
) -> bool:
    """Preprocess texts into the artifact ``output``.

    Args:
        sources: paths, globs, ``-`` or ``hf:`` names, read one after the other.
        source_options, options: how.
        output: the artifact's folder.
        overwrite: replace an artifact made differently.

    Returns:
        Whether there was anything to do.

    Raises:
        InputError: a source that cannot be read.
        OutputError: where ``output`` may not be replaced or cannot be written.
    """
    options = with_word_rules(options)
    wait_for_writer(output)
    return _built(sources, source_options, options, output, existing_artifact(output), overwrite)[1]


def _built(
    sources: Sequence[str],
    source_options: SourceOptions,
    options: PreprocessOptions,
    output: Path,
    existing: Manifest | None,
    overwrite: bool,
) -> tuple[Artifact, bool]:
    """The corpus and whether there was anything to do; ``existing`` is the manifest of what has the name already."""
    from seqtool.corpus.preprocess import encode_corpus
    from seqtool.corpus.reading.sources import open_sources

    opened = open_sources(sources, source_options)
    if existing is not None:
        known = [known_input(source, source_options) for source in opened]
        recipe = _recipe(source_options, options, known)
        if None not in known and compared(output, existing, recipe, overwrite) == "up to date":
            return Artifact(output, existing), False
    run = RunRecord(operational(options))
    with write_artifact(output, _recipe(source_options, options, []), run, overwrite) as draft, run.timed("preprocess"):
        before = {source.name: identity(Path(source.name)) for source in opened if is_file(source.name)}
        encoded = encode_corpus(opened, source_options, options, draft.path)
        inputs = [read_input(source, source_options) for source in encoded.sources]
        for source in encoded.sources:
            if source.name in before:
                remember(Path(source.name), source.sha256, before[source.name])
        draft.recipe = _recipe(source_options, options, inputs)
        draft.summary.update(encoded.summary)
        draft.ledger.extend(encoded.ledger)
    assert draft.manifest is not None
    return Artifact(output, draft.manifest), draft.written


def _recipe(source_options: SourceOptions, options: PreprocessOptions, inputs: Sequence[Input | None]) -> Recipe:
    values = determining(options) | determining(source_options)
    if options.tokenizer not in SUBWORD_TOKENIZERS:
        del values["vocab_size"]
    if options.split is None:
        del values["split_by"]
    vocabulary = (
        [Input(Path(options.vocab).name, "vocab:file", file_digest(Path(options.vocab)))] if options.vocab else []
    )
    known = [entry for entry in inputs if entry is not None]
    return Recipe(KIND, "preprocess", values, [*known, *vocabulary])


def known_input(source: Source, options: SourceOptions) -> Input | None:
    """A source as an input before it is read; ``None`` where only reading tells (a pipe, a hub out of reach)."""
    if source.name == "-":
        return None
    if source.kind == "hf":
        revision = hub_revision(source.name, options.hf_revision)
        return Input(source.name, "hf", f"{revision} {source.name}") if revision else None
    path = Path(source.name)
    if source.kind != "dataset":
        return Input(path.name, source.kind, file_digest(path))
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return Input(path.name, "dataset", sha256_json([[file.name, file_digest(file)] for file in files]))


def read_input(source: Source, options: SourceOptions) -> Input:
    """A source as an input, once it has been read."""
    if source.name == "-" or source.kind in ("hf", "dataset"):
        return known_input(source, options) or _as_input(source.name, source)
    return _as_input(Path(source.name).name, source)


def _as_input(name: str, source: Source) -> Input:
    return Input(name, source.kind, source.sha256, text=source.text_sha256)


def ensure_corpus(
    sources: Sequence[str],
    source_options: SourceOptions,
    options: PreprocessOptions,
    explicit: frozenset[str],
    beside: Path | None,
    overwrite: bool = False,
) -> Artifact:
    """The corpus artifact that a command was given, or the one made of the texts it was given.

    Args:
        sources: one corpus artifact, or texts.
        source_options, options: how texts are made into a corpus.
        explicit: the options the user wrote: an artifact must not be given other ones.
        overwrite: make the corpus anew where the text has changed since.
        beside: the command's output; the corpus lies beside it where the text's own folder cannot be written, or
            where the text has no path.
    """
    if len(sources) == 1 and is_artifact(Path(sources[0])):
        artifact = open_artifact(Path(sources[0]), KIND)
        _refuse_other_options(artifact, options, source_options, explicit)
        return artifact
    given = [source for source in sources if is_artifact(Path(source))]
    if given:
        remedy = "give one corpus, or texts only"
        raise UsageError(f"{given[0]} is a seqtool artifact, given together with other texts", remedy)
    options = with_word_rules(options)
    for source in sources:
        corpus, colon, part = source.rpartition(":")
        if colon and not exists(source) and is_artifact(Path(corpus)):
            message = f"{source} is the part {part} of a corpus, whose training part is trained on in any case"
            raise UsageError(message, f"give {corpus}")
    output, existing = _implicit_target(sources, source_options, options, beside)
    try:
        artifact, written = _built(sources, source_options, options, output, existing, overwrite)
    except OutputError as error:
        if "other inputs" not in error.message:
            raise
        message = f"{', '.join(sources)} changed since {output} was made of it"
        raise OutputError(message, "add --overwrite to recreate the corpus, or move it away") from None
    if written:
        note(f"wrote {output}")
    return artifact


def open_corpus(artifact: Artifact) -> Corpus:
    """The corpus in an artifact, its files checked.

    Raises:
        ArtifactError: where a file is missing, damaged, or does not fit the others.
    """
    from seqtool.corpus.corpus import Corpus

    subword = artifact.options.get("tokenizer") in SUBWORD_TOKENIZERS
    for name in {*artifact.manifest.files, *_PAYLOAD, *([TOKENIZER] if subword else [])}:
        artifact.file(name)
    try:
        splits = {str(name): (int(first), int(end)) for name, (first, end) in artifact.summary["splits"].items()}
        corpus = Corpus(artifact.path, preprocess_options(artifact.options), splits, artifact.has(PHRASES))
        # Read now, so that damage is found here and not in the middle of a training.
        _ = corpus.vocabulary, corpus.characters, corpus.tokenizer
        return corpus
    except (*DAMAGE, OSError, InputError, UsageError) as error:
        raise damaged(artifact.path, error, "preprocess the text again") from None


def preprocess_options(values: Mapping[str, Any]) -> PreprocessOptions:
    """The `PreprocessOptions` among a manifest's options."""
    return recorded_options({k: v for k, v in values.items() if k in WordOptions.__dataclass_fields__})


def _refuse_other_options(
    artifact: Artifact, options: PreprocessOptions, sources: SourceOptions, explicit: frozenset[str]
) -> None:
    if options.vocab:
        raise UsageError(f"--vocab does not apply to {artifact.path}, a corpus already", "preprocess the text with it")
    for name, value in (determining(options) | determining(sources)).items():
        if name in explicit and artifact.options.get(name) != value:
            flag = "--" + name.replace("_", "-")
            raise UsageError(
                f"{flag} {value} does not fit {artifact.path}, made with {artifact.options.get(name)}",
                "preprocess the text with that option, or leave it out",
            )


def _implicit_target(
    sources: Sequence[str], source_options: SourceOptions, options: PreprocessOptions, beside: Path | None
) -> tuple[Path, Manifest | None]:
    """The name of the corpus of texts, which the user did not give, and the manifest of what has it already."""
    single = Path(sources[0])
    if len(sources) > 1 or sources[0] == "-" or not single.is_file():
        if beside is None:
            return _examined(corpus_output_path(sources))
        digest = sha256_json([list(sources), determining(options) | determining(source_options)])[:6]
        return _examined(beside.with_name(f"{strip_suffixes(beside)}-{digest}.corpus"))
    folder = single.parent
    if not _writable(folder):
        folder = (beside or Path.cwd() / "x").parent
        note(f"{single.parent} cannot be written: the corpus goes to {folder}")
    chosen = determining(options) | determining(source_options)
    usual = determining(PreprocessOptions()) | determining(SourceOptions())
    if chosen == usual and not options.vocab:
        suffix, values = "corpus", dict(_recipe(SourceOptions(), PreprocessOptions(), []).options)
    else:
        place = [] if folder == single.parent else [str(single.resolve())]
        digest = sha256_json([chosen, str(options.vocab), *place])[:6]
        suffix, values = f"{options.tokenizer}-{digest}.corpus", None
    return _free_or_own(folder, single, suffix, values)


def _free_or_own(
    folder: Path, text: Path, suffix: str, values: Mapping[str, Any] | None = None
) -> tuple[Path, Manifest | None]:
    """The first name for a corpus of a text that nothing has, or a corpus of this text, made with these options."""
    *others, last = (folder / f"{stem}.{suffix}" for stem in own_stems(text))
    for path in others:
        try:
            _, existing = _examined(path)
        except OutputError as error:  # what is not seqtool's is left alone
            if is_unreadable(error):
                raise
            continue
        if existing is None or _is_of(existing, text, values):
            return path, existing
    return _examined(last)


def _examined(path: Path) -> tuple[Path, Manifest | None]:
    wait_for_writer(path)
    return path, existing_artifact(path)


def _is_of(existing: Manifest, text: Path, values: Mapping[str, Any] | None) -> bool:
    """Whether an artifact is a corpus of a text of this name, made with these options and no ``--vocab``, if given."""
    recipe = existing.recipe
    names = {entry.name for entry in recipe.inputs if values is not None or not entry.kind.startswith("vocab:")}
    return recipe.kind == KIND and names == {text.name} and values in (None, dict(recipe.options))


def _writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)
