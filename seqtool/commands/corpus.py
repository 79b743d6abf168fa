"""Commands on corpora and artifacts: preprocess, phrases, vocab, info, presets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from seqtool.commands.answers import Answer, Made, Record, Table
from seqtool.commands.declaration import PlannedTarget, TargetOfText
from seqtool.corpus.options import PhraseOptions, PreprocessOptions, SourceOptions
from seqtool.errors import UsageError
from seqtool.options import Argument, Option

if TYPE_CHECKING:
    from seqtool.artifact.manifest import Manifest
    from seqtool.artifact.read import Artifact


def preprocess(
    texts: Annotated[list[str], Argument("paths, globs, - (standard input) or hf:ORG/NAME[@CONFIG][:SPLIT]")],
    *,
    target: PlannedTarget,
    sources: SourceOptions,
    options: PreprocessOptions,
) -> Answer:
    """Turn texts into a corpus of token ids.

    Reads text files (also compressed, tables, or standard input) and writes a corpus: normalized, tokenized, and
    encoded with its own vocabulary. Commands that take a corpus also take a raw text, and make the corpus first.

    Example: seqtool preprocess reviews.txt.gz --tokenizer word --lower -o reviews.corpus
    """
    from seqtool.corpus.artifact import build_corpus
    from seqtool.corpus.output_names import corpus_output_path
    from seqtool.corpus.reading.sources import open_sources
    from seqtool.progress import warn

    output = target.output or corpus_output_path(texts)
    if target.dry_run:
        open_sources(texts, sources)
        return Record({"output": str(output), **_resolved(sources, options)})
    written = build_corpus(texts, sources, options, output, target.overwrite)
    made = _made(output, written)
    if not made["tokens"]:
        warn(f"{output} has no tokens: the input is empty or has only blank lines")
    _warn_of_empty_parts(made)
    return made


def _warn_of_empty_parts(made: Made) -> None:
    from seqtool.errors import plural
    from seqtool.progress import warn

    empty = [name for name, (first, last) in made["splits"].items() if first == last and made["sentences"]]
    if empty:
        parts = f"the {' and '.join(empty)} {'part is' if len(empty) == 1 else 'parts are'} empty"
        warn(f"{parts}: {plural(made['sentences'], 'line is', 'lines are')} too few for --split")


def _resolved(*groups: Any) -> dict[str, Any]:
    from seqtool.options import determining, operational

    return {name: value for group in groups for name, value in (determining(group) | operational(group)).items()}


def _made(output: Path, written: bool) -> Made:
    from seqtool.artifact.read import open_artifact

    artifact = open_artifact(output, "corpus")
    dropped = [dict(row) for row in artifact.manifest.ledger]
    return Made({"corpus": str(output), **artifact.summary, "dropped": dropped}, written=written)


def phrases(
    corpus: Annotated[list[str], Argument("a corpus or text")],
    *,
    target: TargetOfText,
    options: PhraseOptions,
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
    explicit: frozenset[str],
) -> Answer:
    """Join frequent collocations: new york becomes new_york.

    Reads a corpus and writes a new one. Phrases are found in the training part, joined in all parts, and listed in
    phrases.tsv. Models trained on the new corpus join the same phrases in every text they read.

    Example: seqtool phrases corpus.txt --passes 2 -o corpus.phrases.corpus
    """
    from seqtool.corpus.artifact import ensure_corpus, output_path
    from seqtool.corpus.phrases.artifact import build_phrases

    written = explicit - set(PhraseOptions.__dataclass_fields__)
    artifact = ensure_corpus(corpus, sources, preprocessing, written, target.output, target.overwrite)
    output = target.output or output_path(artifact.path, "phrases.corpus")
    if target.dry_run:
        return Record({"output": str(output), **_resolved(options)})
    return _made(output, build_phrases(artifact, options, output, target.overwrite))


def vocab(artifact: Annotated[Path, Argument("a corpus, model, counts or vectors")]) -> Table:
    """List the vocabulary of a corpus, model or vectors.

    Prints one row for each distinct token: id, token, count.

    Example: seqtool vocab corpus.corpus | head
    """
    from seqtool.artifact.read import open_artifact
    from seqtool.corpus.vocabulary import Vocabulary, read_words

    opened = open_artifact(artifact)
    path = opened.file("vocab.tsv")
    if opened.kind in ("corpus", "lm", "ngram", "seq2seq"):  # whose first two ids are special
        vocabulary = Vocabulary.read(path)
        tokens, counts = vocabulary.tokens, vocabulary.counts
    else:
        tokens, counts = read_words(path)
    rows = ((i, token, int(n)) for i, (token, n) in enumerate(zip(tokens, counts, strict=True)))
    return Table(("id", "token", "count"), rows)


def info(
    artifact: Annotated[Path, Argument("any artifact")],
    lineage: Annotated[bool, Option("also show its inputs and the commands that made them", negatable=False)] = False,
    verify: Annotated[
        bool, Option("check the SHA-256 of every file; exit with 1 if one differs", negatable=False)
    ] = False,
) -> Answer:
    """Describe an artifact: options, summary, dropped items.

    Prints the kind, the options and the summary of any artifact, and the items that were dropped while it was made.

    Example: seqtool info corpus.lstm.lm --lineage
    """
    from seqtool.artifact.atomic_rename import sibling
    from seqtool.artifact.read import open_artifact
    from seqtool.artifact.write import replacement
    from seqtool.progress import note

    opened = open_artifact(artifact)
    if replacement(artifact):
        note(f"{sibling(artifact, 'training')} is an unfinished training that will replace {artifact}")
    if lineage and verify:
        raise UsageError("--lineage and --verify cannot be combined", "use one at a time")
    if lineage:
        nodes = list(_lineage(artifact, opened.manifest))
        return Table(
            ("depth", "name", "kind", "digest", "command"),
            nodes,
            text=[(depth, "  " * depth + name, *rest) for depth, name, *rest in nodes],
        )
    return _verified(opened) if verify else _described(opened.manifest)


def _described(manifest: Manifest) -> Record:
    record = {
        "kind": manifest.kind,
        "state": manifest.state,
        "digest": manifest.digest,
        "command": manifest.recipe.command,
        "seed": manifest.recipe.seed,
        "inputs": [entry.name for entry in manifest.recipe.inputs],
    }
    options, summary = dict(manifest.recipe.options), dict(manifest.summary)
    dropped = [dict(row) for row in manifest.ledger]
    parts = (("options", options), ("summary", summary))
    flat = {f"{part}.{name}": value for part, values in parts for name, value in values.items()}
    whole = record | {"options": options, "summary": summary, "dropped": dropped}
    return Record(whole, shown=record | flat | {"dropped": dropped})


def _lineage(path: Path, manifest: Manifest) -> Iterator[tuple[int, str, str, str, str]]:
    from seqtool.artifact.lineage import lineage

    for node in lineage(path.name, manifest):
        yield node.depth, node.name, node.kind, node.digest[:12], node.command or ""


def _verified(artifact: Artifact) -> Record:
    from seqtool.artifact.read import verify
    from seqtool.errors import ArtifactError

    problems = verify(artifact)
    error = ArtifactError(problems[0], "recreate the artifact") if problems else None
    return Record({"files": len(artifact.manifest.files), "problems": problems}, error=error)


def presets(
    show: Annotated[str | None, Option("show the option values of this preset", metavar="NAME")] = None,
) -> Answer:
    """List named sets of options and the papers they are from.

    Prints the presets of the training commands, or the options of one preset with --show.

    Example: seqtool presets --show book-rnnlm
    """
    from seqtool.commands.table import COMMANDS
    from seqtool.options import preset_named

    known = {command: entry.known_presets() for command, entry in COMMANDS.items() if entry.presets}
    if show is None:
        rows = ((p.name, command, p.source) for command, some in known.items() for p in some)
        return Table(("preset", "command", "source"), rows)
    preset = preset_named([p for some in known.values() for p in some], show)
    command = next(command for command, some in known.items() if preset in some)
    takes = {"train-lm": "CORPUS", "train-seq2seq": "PAIRS", "train-classifier": "TEXTS"}
    use = f"seqtool {command} {takes[command]} --preset {preset.name}"
    return Record({"preset": preset.name, "source": preset.source, "use": use, **preset.values})
