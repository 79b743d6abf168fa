"""What a result is called that the user did not name: after its text, and beside it."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from seqtool.artifact.lineage import lineage
from seqtool.artifact.manifest import sha256_json
from seqtool.artifact.read import read_manifest
from seqtool.errors import ArtifactError, UnreadableError, UsageError

_MADE = re.compile(r"\.corpus$|(\.[a-z0-9]+)?\.(counts|matrix|vectors|lm|seq2seq|classifier|tagger)$")
_SUFFIXES = re.compile(r"(\.(txt|text|conllu|conll-u|tsv|csv|jsonl|json|parquet|gz|bz2|xz|zst))+$", re.IGNORECASE)


def corpus_output_path(sources: Sequence[str]) -> Path:
    """Where a text's corpus goes when the user names no place: ``corpus.txt`` → ``corpus.corpus`` beside it.

    Raises:
        UsageError: see `only_text`.
    """
    return free_output_path(only_text(sources), "corpus")


def only_text(sources: Sequence[str]) -> Path:
    """The text that a result can be named after.

    Raises:
        UsageError: for a pipe, a hub data set or several texts, which have no place of their own.
    """
    if len(sources) > 1 or sources[0] == "-" or sources[0].startswith("hf:") or glob.has_magic(sources[0]):
        raise UsageError(f"cannot derive an output name from {_described(sources)}", "add -o NAME to name the result")
    return Path(sources[0])


def _described(sources: Sequence[str]) -> str:
    if len(sources) > 1:
        return f"{len(sources)} texts"
    return "standard input" if sources[0] == "-" else sources[0]


def output_path(path: Path, kind: str) -> Path:
    """``corpus.corpus`` → ``corpus.KIND`` beside it: the name of a result the user did not name."""
    return path.with_name(f"{strip_suffixes(path)}.{kind}")


def free_output_path(text: Path, kind: str) -> Path:
    """``corpus.txt`` → ``corpus.KIND`` beside it; another name (`own_stems`) where a result of another text has it."""
    *others, last = (text.with_name(f"{stem}.{kind}") for stem in own_stems(text))
    return next((path for path in others if not _is_of_another(path, text)), last)


def _is_of_another(path: Path, text: Path) -> bool:
    """Whether an artifact was made of texts of other names than this one's."""
    try:
        manifest = read_manifest(path)
    except UnreadableError:
        raise
    except ArtifactError:
        return False  # nothing is there, or what is not seqtool's: that is refused in its place
    return all(node.name != text.name for node in lineage(path.name, manifest))


def own_stems(text: Path) -> Iterator[str]:
    """What results of a text may be called, the usual name first: ``a.csv`` → ``a``, ``a-csv``, ``a-csv-1f0c2e``.

    The later ones are for a folder in which ``a.txt`` has the first.
    """
    stem = strip_suffixes(text)
    yield stem
    whole = stem + text.name.removeprefix(stem).replace(".", "-")
    if whole != stem:
        yield whole
    yield f"{whole}-{sha256_json(os.fsencode(text.name).hex())[:6]}"


def strip_suffixes(text: Path) -> str:
    """``reviews.txt.gz`` → ``reviews``; ``a.corpus`` → ``a``; ``a.ppmi.matrix`` → ``a``."""
    name = _MADE.sub("", text.name)
    return _SUFFIXES.sub("", name) or name
