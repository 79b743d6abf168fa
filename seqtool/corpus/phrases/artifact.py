"""The corpus artifact in which phrases are joined."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from seqtool.artifact.manifest import Recipe
from seqtool.artifact.read import Artifact
from seqtool.artifact.write import RunRecord, claim, write_artifact
from seqtool.corpus.artifact import KIND, open_corpus, preprocess_options
from seqtool.corpus.options import PhraseOptions, counting_bytes
from seqtool.corpus.tokenizers.tokenize import PHRASES
from seqtool.errors import UsageError
from seqtool.options import determining, operational, validate
from seqtool.progress import note

_SHOWN = 8


def build_phrases(corpus: Artifact, options: PhraseOptions, output: Path, overwrite: bool = False) -> bool:
    """Find the phrases of a corpus's training part and join them in all its parts, into the artifact ``output``.

    Args:
        corpus: of words; phrases that it has already are joined further.
        options: what makes a phrase.
        output: the artifact's folder.
        overwrite: replace an artifact made differently.

    Returns:
        Whether there was anything to do.

    Raises:
        ArtifactError: the corpus is damaged.
        OutputError: where ``output`` may not be replaced or cannot be written.
        UsageError: a corpus of pieces of words, or options that make no sense.
    """
    _check(corpus, options)
    chosen = replace(options, threshold=options.least_score)
    kept = determining(preprocess_options(corpus.options))
    values = {name: value for name, value in corpus.options.items() if name in kept} | determining(chosen)
    recipe = Recipe(KIND, "phrases", values, [corpus.as_input()])
    if claim(output, recipe, overwrite) == "up to date":
        return False
    run = RunRecord(operational(options))
    with write_artifact(output, recipe, run, overwrite) as draft, run.timed("phrases"):
        draft.summary.update(_write(corpus, options, draft.path))
        draft.ledger.extend(dict(row) for row in corpus.manifest.ledger)
    return draft.written


def _check(corpus: Artifact, options: PhraseOptions) -> None:
    validate(options)
    counting_bytes(options.memory)
    if corpus.summary.get("lossless"):
        tokenizer = corpus.options["tokenizer"]
        raise UsageError(
            f"phrases are made of words, but {corpus.path} was made with --tokenizer {tokenizer}",
            "preprocess the text with --tokenizer whitespace, word or korean",
        )
    if not options.delimiter or any(character.isspace() for character in options.delimiter):
        raise UsageError(f"--delimiter {options.delimiter!r} is empty or contains white space", "use one such as _")


def _write(corpus: Artifact, options: PhraseOptions, folder: Path) -> dict[str, object]:
    """The payload; what is worth knowing of it."""
    from seqtool.corpus.characters import CharacterModel
    from seqtool.corpus.phrases.joining import JoinedText, find_phrases, write_joined
    from seqtool.corpus.phrases.scoring import Phrases

    opened = open_corpus(corpus)
    rows = Phrases.read(corpus.file(PHRASES)).rows if corpus.has(PHRASES) else []
    text, before = JoinedText(opened), max((row.number for row in rows), default=0)
    for number in range(before + 1, before + options.passes + 1):
        found = find_phrases(text, options, number)
        text.add_pass([(row.first, row.second, row.joined) for row in found])
        rows.extend(found)
        if not found:
            break
    joined = write_joined(text, len(opened), folder)
    shutil.copyfile(corpus.file("lengths.npy"), folder / "lengths.npy")
    CharacterModel.of(joined.vocabulary).write(folder / "characters.tsv")
    Phrases(rows).write(folder / PHRASES)
    if rows:
        shown = ", ".join(row.joined for row in rows[:_SHOWN])
        note(f"phrases: {shown}{' …' if len(rows) > _SHOWN else ''} (full list in phrases.tsv)")
    of_corpus = corpus.summary["tokens"]
    return dict(corpus.summary) | {
        "tokens": joined.tokens,
        "types": len(joined.vocabulary) - 2,
        "phrases": len(rows),
        "joined": of_corpus - joined.tokens,
    }
