"""What an artifact is and what determined it: ``manifest.json``.

A manifest holds no times, paths or thread counts, so that two equal runs have equal manifests.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from seqtool.errors import ArtifactError, plural

FORMAT_VERSION = 1
DAMAGE = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError)
"""What is raised where values of a manifest are not such as were written into it."""
_LONGEST_NAME = 255  # bytes
COMPLETE, TRAINING = "complete", "training"
STATES = (COMPLETE, TRAINING)
# The commands that make each kind.
MAKERS = {
    "corpus": "preprocess",
    "counts": "cooccur",
    "matrix": "ppmi",
    "vectors": "svd, train-word2vec, train-fasttext, train-glove, convert",
    "document-vectors": "document-vectors",
    "lm": "train-lm",
    "ngram": "train-ngram",
    "seq2seq": "train-seq2seq",
    "classifier": "train-classifier",
    "tagger": "train-tagger",
    "evaluation": "perplexity -o, eval-… -o",
}


_COUNT = re.compile(r" \((\d{1,9}) files\)$")


def pattern_name(pattern: str, files: int) -> str:
    """What several files under a pattern are called as an input; `Input.names` takes the number off."""
    return f"{pattern} ({files} files)"


@dataclass(frozen=True)
class Input:
    """One thing an artifact was made from.

    ``digest`` is the sha256 of a file, the content digest of an artifact, or the revision of a hub dataset;
    ``manifest`` is the input's own manifest where it is an artifact, so that a model knows all its ancestors; ``text``
    is the sha256 of the lines of a text where its file holds them otherwise (compressed, with carriage returns …).
    """

    name: str
    kind: str
    digest: str
    manifest: Mapping[str, Any] | None = None
    text: str | None = None

    @property
    def names(self) -> list[str]:
        """As what it was given: a pattern, or the names of several texts."""
        names = self.name.split(",")
        files = sum(int(match[1]) if (match := _COUNT.search(name)) else 1 for name in names)
        known = files == self.digest.count("+") + 1
        return [_COUNT.sub("", name) for name in (names if known else [self.name])]


@dataclass(frozen=True)
class Recipe:
    """What determines a result: the command, its determining options, the seed and the inputs."""

    kind: str
    command: str
    options: Mapping[str, Any]
    inputs: Sequence[Input] = ()
    seed: int | None = None

    def fingerprint(self) -> str:
        """A sha256 that is equal for two recipes that give the same result; names of inputs do not count."""
        return sha256_json([self.kind, self.command, dict(self.options), self.input_digests, self.seed])

    @property
    def input_digests(self) -> list[tuple[str, str]]:
        """Kind and digest of every input."""
        return [(entry.kind, entry.digest) for entry in self.inputs]


@dataclass(frozen=True)
class FileEntry:
    """Size and sha256 of one payload file."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """The parsed ``manifest.json``; ``digest`` is the content digest over everything else in it."""

    recipe: Recipe
    state: str
    files: Mapping[str, FileEntry]
    summary: Mapping[str, Any]
    ledger: Sequence[Mapping[str, Any]]
    digest: str
    raw: Mapping[str, Any] = field(repr=False, default_factory=dict)

    @property
    def kind(self) -> str:
        """What it is: corpus, lm, evaluation, report."""
        return self.recipe.kind


def sha256_json(value: Any) -> str:
    """sha256 of the canonical JSON (sorted keys, no spaces, UTF-8) of a value."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def ledger_line(row: Mapping[str, Any]) -> str:
    """A row of a drop ledger as a sentence: ``1 line blank, dropped``; ``what`` is a plural that ends in s."""
    return f"{plural(row['count'], row['what'].removesuffix('s'))} {row['why']}"


def compose(
    recipe: Recipe,
    state: str,
    files: Mapping[str, FileEntry],
    summary: Mapping[str, Any],
    ledger: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The JSON object of a manifest, its content digest included."""
    content: dict[str, Any] = {
        "kind": recipe.kind,
        "format_version": FORMAT_VERSION,
        "state": state,
        "command": recipe.command,
        "options": dict(recipe.options),
        "seed": recipe.seed,
        "inputs": [_input_json(entry) for entry in recipe.inputs],
        "files": {name: {"bytes": e.bytes, "sha256": e.sha256} for name, e in sorted(files.items())},
        "summary": dict(summary),
        "ledger": [dict(row) for row in ledger],
    }
    content["digest"] = content_digest(content)
    return content


def content_digest(raw: Mapping[str, Any]) -> str:
    """The digest over everything in a manifest but the digest itself and the names of inputs, at any depth.

    An input's name is where it happened to lie; renaming a text must not change what was made of it.
    """
    content = {key: value for key, value in raw.items() if key != "digest"}
    return sha256_json({**content, "inputs": [_nameless(entry) for entry in raw["inputs"]]})


def _nameless(entry: Mapping[str, Any]) -> dict[str, Any]:
    result = {**entry, "name": ""}
    manifest = entry.get("manifest")
    if manifest is not None:
        result["manifest"] = {**manifest, "inputs": [_nameless(inner) for inner in manifest["inputs"]]}
    return result


def _input_json(entry: Input) -> dict[str, Any]:
    row: dict[str, Any] = {"name": entry.name, "kind": entry.kind, "digest": entry.digest}
    if entry.manifest is not None:
        row["manifest"] = dict(entry.manifest)
    if entry.text is not None:
        row["text"] = entry.text
    return row


def parse(raw: Any, where: Path) -> Manifest:
    """A `Manifest` from parsed JSON.

    Raises:
        ArtifactError: where a field is missing, of the wrong type, unsafe, or of a newer format.
    """
    try:
        return _parse(raw, where)
    except DAMAGE as error:
        raise ArtifactError(
            f"{where} is not a valid seqtool manifest ({type(error).__name__}: {error})", "recreate the artifact"
        ) from None


def _parse(raw: Any, where: Path) -> Manifest:
    version = raw["format_version"]
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise ArtifactError(
            f"{where} has format version {version!r}, but this seqtool reads only versions up to {FORMAT_VERSION}",
            "upgrade seqtool",
        )
    if raw["state"] not in STATES:
        raise ValueError(f"unknown state {raw['state']!r}")
    files = {safe_name(name): FileEntry(int(e["bytes"]), str(e["sha256"])) for name, e in raw["files"].items()}
    inputs = [_parsed_input(entry) for entry in raw["inputs"]]
    for entry in inputs:  # now, so that whoever follows the lineage finds no damage
        if entry.manifest is not None:
            _parse(entry.manifest, where)
    recipe = Recipe(str(raw["kind"]), str(raw["command"]), {**raw["options"]}, inputs, raw["seed"])
    ledger = [{**row} for row in raw["ledger"]]  # dict() would take lists of pairs too
    return Manifest(recipe, raw["state"], files, {**raw["summary"]}, ledger, str(raw["digest"]), raw)


def _parsed_input(row: Mapping[str, Any]) -> Input:
    text = row.get("text")
    own = (str(row["name"]), str(row["kind"]), str(row["digest"]))
    return Input(*own, row.get("manifest"), None if text is None else str(text))


def safe_name(name: str) -> str:
    """The name of a file in a folder.

    Raises:
        ValueError: it would lead out of the folder, or is none.
    """
    path = PurePosixPath(name)
    too_long = len(name.encode("utf-8", "surrogatepass")) > _LONGEST_NAME
    outside = len(path.parts) != 1 or path.is_absolute() or ".." in path.parts
    if not name or too_long or outside or "\\" in name or "\0" in name:
        raise ValueError(f"unsafe file name {name!r}")
    return name
