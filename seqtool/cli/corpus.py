"""Commands on corpora and artifacts: preprocess, phrases, vocab, info, presets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from seqtool.cli.options import DryRun, DryRunOfText, Format, Json, Output, Overwrite, register
from seqtool.corpus.options import PhraseOptions, PreprocessOptions, SourceOptions
from seqtool.errors import UsageError

CORPUS_PANEL, HELP_PANEL = "Corpus", "Help"


def add_commands(app: typer.Typer) -> None:
    """Register the commands of this file."""
    for command in (preprocess, phrases, vocab, info):
        register(app, CORPUS_PANEL)(command)
    register(app, HELP_PANEL)(presets)


def preprocess(
    texts: Annotated[
        list[str], typer.Argument(help="paths, globs, - or hf:ORG/NAME[@CONFIG][:SPLIT]", show_default=False)
    ],
    output: Output = None,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    sources: SourceOptions,
    options: PreprocessOptions,
) -> None:
    """Make a corpus of texts: normalise, tokenise, count the vocabulary, encode as ids.

    Example: seqtool preprocess reviews.txt.gz --tokenizer word --lower -o reviews.corpus
    """  # fmt: skip
    from seqtool.cli.answer import asked_form, form_of, print_made, print_record
    from seqtool.corpus.artifact import build_corpus, output_of
    from seqtool.corpus.read import open_sources
    from seqtool.progress import warn

    form = asked_form(output_format, as_json)
    output = output or output_of(texts)
    if dry_run:
        open_sources(texts, sources)
        print_record({"output": str(output), **_resolved(sources, options)}, form_of(output_format, as_json))
        return
    written = build_corpus(texts, sources, options, output, overwrite)
    summary = _summary(output)
    if not summary["tokens"]:
        warn(f"{output} has no token: its {summary['sentences']:,} lines are blank")
    print_made(summary, written, form)


def _resolved(*groups: Any) -> dict[str, Any]:
    from seqtool.options import determining, operational

    return {name: value for group in groups for name, value in (determining(group) | operational(group)).items()}


def _summary(output: Path) -> dict[str, Any]:
    from seqtool.artifact.read import open_artifact

    artifact = open_artifact(output, "corpus")
    return {"corpus": str(output), **artifact.summary, "dropped": [dict(row) for row in artifact.manifest.ledger]}


def phrases(
    corpus: Annotated[list[str], typer.Argument(help="a corpus of words or text", show_default=False)],
    output: Output = None,
    overwrite: Overwrite = False,
    dry_run: DryRunOfText = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    options: PhraseOptions,
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
    explicit: frozenset[str],
) -> None:
    """Join the collocations of a corpus: new york becomes new_york.

    They are found in the training part, joined in all parts, and listed in phrases.tsv. What is trained on the result
    joins them in every text that it reads.

    Example: seqtool phrases corpus.txt --passes 2 -o corpus.phrases.corpus
    """
    from seqtool.cli.answer import asked_form, form_of, print_made, print_record
    from seqtool.corpus.artifact import corpus_of, output_for
    from seqtool.corpus.phrase_artifact import build_phrases

    form = asked_form(output_format, as_json)
    written = explicit - set(PhraseOptions.__dataclass_fields__)
    artifact = corpus_of(corpus, sources, preprocessing, written, output, overwrite)
    output = output or output_for(artifact.path, "phrases.corpus")
    if dry_run:
        print_record({"output": str(output), **_resolved(options)}, form_of(output_format, as_json))
        return
    joined = build_phrases(artifact, options, output, overwrite)
    print_made(_summary(output), joined, form)


def vocab(
    artifact: Annotated[Path, typer.Argument(help="a corpus, model, counts or vectors", show_default=False)],
    output_format: Format = None,
    as_json: Json = False,
) -> None:
    """The vocabulary of a corpus, a model, counts or vectors: id, token, count.

    Example: seqtool vocab corpus.corpus | head
    """
    from seqtool.artifact.read import open_artifact
    from seqtool.cli.answer import form_of, print_rows
    from seqtool.corpus.vocabulary import Vocabulary, read_words

    opened = open_artifact(artifact)
    path = opened.file("vocab.tsv")
    if opened.kind in ("corpus", "lm", "ngram", "seq2seq"):  # whose first two ids are special
        vocabulary = Vocabulary.read(path)
        tokens, counts = vocabulary.tokens, vocabulary.counts
    else:
        tokens, counts = read_words(path)
    rows = ((i, token, int(n)) for i, (token, n) in enumerate(zip(tokens, counts, strict=True)))
    print_rows(("id", "token", "count"), rows, form_of(output_format, as_json))


def info(
    artifact: Annotated[Path, typer.Argument(help="any artifact", show_default=False)],
    lineage: Annotated[bool, typer.Option("--lineage", help="what it was made from, and by which commands")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="check the sha256 of every file; exit 1 if one is wrong")
    ] = False,
    output_format: Format = None,
    as_json: Json = False,
) -> None:
    """What an artifact is: kind, options, summary, what was dropped.

    Example: seqtool info corpus.lstm.lm --lineage
    """
    from seqtool.artifact.exchange import sibling
    from seqtool.artifact.read import open_artifact
    from seqtool.artifact.write import replacement
    from seqtool.cli.answer import form_of, print_record, print_rows
    from seqtool.progress import note

    form, opened = form_of(output_format, as_json), open_artifact(artifact)
    if replacement(artifact):
        note(f"{sibling(artifact, 'training')} is an unfinished training that will replace {artifact}")
    if lineage and verify:
        raise UsageError("--lineage and --verify are two answers", "ask for one at a time")
    if lineage:
        print_rows(("depth", "name", "kind", "digest", "command"), _lineage(artifact, opened.manifest, form), form)
    elif verify:
        _verify(artifact, form)
    else:
        manifest = opened.manifest
        record = {"kind": manifest.kind, "state": manifest.state, "digest": manifest.digest,
                  "command": manifest.recipe.command, "seed": manifest.recipe.seed,
                  "inputs": [entry.name for entry in manifest.recipe.inputs]}  # fmt: skip
        parts = {"options": dict(manifest.recipe.options), "summary": dict(manifest.summary),
                 "dropped": [dict(row) for row in manifest.ledger]}  # fmt: skip
        flat = {f"{part}.{name}": value for part in ("options", "summary") for name, value in parts[part].items()}  # type: ignore[attr-defined]
        print_record(record | parts if form == "json" else record | flat | {"dropped": parts["dropped"]}, form)


def _lineage(path: Path, manifest: Any, form: str) -> Iterator[tuple[int, str, str, str, str]]:
    from seqtool.artifact.lineage import lineage

    for node in lineage(path.name, manifest):
        indent = "  " * node.depth if form == "text" else ""
        yield node.depth, indent + node.name, node.kind, node.digest[:12], node.command or ""


def _verify(path: Path, form: Any) -> None:
    from seqtool.artifact.read import open_artifact
    from seqtool.artifact.read import verify as problems_of
    from seqtool.cli.answer import print_record
    from seqtool.errors import ArtifactError

    opened = open_artifact(path)
    problems = problems_of(opened)
    print_record({"files": len(opened.manifest.files), "problems": problems}, form)
    if problems:
        raise ArtifactError(problems[0], "make the artifact again")


def presets(
    show: Annotated[str | None, typer.Option("--show", metavar="NAME", help="the option values of one preset")] = None,
    output_format: Format = None,
    as_json: Json = False,
) -> None:
    """Named sets of hyper-parameters and the books and papers they come from.

    Example: seqtool presets --show book-rnnlm
    """
    from seqtool.cli.answer import form_of, print_record, print_rows
    from seqtool.labelling import options as labelling
    from seqtool.lm import options as lm
    from seqtool.options import preset_named
    from seqtool.seq2seq import options as seq2seq

    form = form_of(output_format, as_json)
    commands = {
        "train-lm": lm.PRESETS,
        "train-seq2seq": seq2seq.PRESETS,
        "train-classifier": labelling.PRESETS,
    }
    takes = {"train-lm": "CORPUS", "train-seq2seq": "PAIRS", "train-classifier": "TEXTS"}
    if show is None:
        rows = ((p.name, command, p.source) for command, some in commands.items() for p in some)
        print_rows(("preset", "command", "source"), rows, form)
        return
    preset = preset_named([p for some in commands.values() for p in some], show)
    command = next(command for command, some in commands.items() if preset in some)
    use = f"seqtool {command} {takes[command]} --preset {preset.name}"
    print_record({"preset": preset.name, "source": preset.source, "use": use, **preset.values}, form)
