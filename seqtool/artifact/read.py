"""Opening, verifying and tracing artifacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqtool.artifact import files_read
from seqtool.artifact.atomic_rename import recover
from seqtool.artifact.digests import sha256_file
from seqtool.artifact.expected import no_artifact, wrong_kind
from seqtool.artifact.files import open_array, read_json
from seqtool.artifact.manifest import TRAINING, Input, Manifest, content_digest, parse, safe_name, sha256_json
from seqtool.artifact.paths import is_file, is_folder
from seqtool.artifact.versions import hold
from seqtool.errors import ArtifactError, UnreadableError, plural
from seqtool.progress import warn_once

if TYPE_CHECKING:
    import numpy as np

MANIFEST = "manifest.json"
_TRIES = 10
# Hashing this much costs about 50 ms; larger files are checked by size here and by digest in `info --verify`.
DIGEST_CHECK_BYTES = 64 << 20


def is_artifact(path: Path) -> bool:
    """Whether a folder claims to be a seqtool artifact."""
    recover(path)
    return is_file(path / MANIFEST)


def read_manifest(path: Path, kinds: Sequence[str] = ()) -> Manifest:
    """Read and check ``manifest.json``, its own digest included; ``kinds`` are those that an error asks for.

    Raises:
        ArtifactError: where it is missing, damaged, or of a newer format.
    """
    _settle(path)
    if not is_folder(path):
        corpus, colon, part = str(path).rpartition(":")
        if colon and is_file(Path(corpus) / MANIFEST):
            raise ArtifactError(
                f"{path} is part {part} of a corpus, not an artifact",
                f"give {corpus}; parts can only be given as texts, after the model",
            )
        raise ArtifactError(*no_artifact(path, kinds))
    if not is_file(path / MANIFEST):
        raise ArtifactError(*no_artifact(path, kinds))
    files_read.record(path / MANIFEST)
    raw = _read_settled(path)
    manifest = parse(raw, path / MANIFEST)
    if _computed_digest(raw) != manifest.digest:
        raise ArtifactError(f"{path / MANIFEST} was modified after seqtool wrote it", "recreate the artifact")
    return manifest


def _settle(path: Path) -> None:
    """Recover, and wait while the artifact is replaced: then its name is free for an instant."""
    for _ in range(_TRIES):
        recover(path)
        if is_file(path / MANIFEST):
            return


def _read_settled(path: Path) -> Any:
    """The manifest; where it was replaced between looking and reading, the new one."""
    for _ in range(_TRIES):
        try:
            return read_json(path / MANIFEST)
        except ArtifactError as error:
            if not isinstance(error.__context__, FileNotFoundError):
                raise
            _settle(path)
    return read_json(path / MANIFEST)


def _computed_digest(raw: Mapping[str, Any]) -> str | None:
    try:
        return content_digest(raw)
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError):  # an ancestor's manifest is damaged
        return None


@dataclass(frozen=True)
class Artifact:
    """An opened artifact: its folder and its checked manifest.

    Files below the ``path`` of one that `open_artifact` gives are of the version that it opened.
    """

    path: Path
    manifest: Manifest

    @property
    def kind(self) -> str:
        """What it is: corpus, lm, evaluation, report."""
        return self.manifest.kind

    @property
    def summary(self) -> Mapping[str, Any]:
        """What is worth knowing of it."""
        return self.manifest.summary

    @property
    def options(self) -> Mapping[str, Any]:
        """The options that determined it."""
        return self.manifest.recipe.options

    @property
    def unfinished(self) -> bool:
        """Whether it is a training that has not ended."""
        return self.manifest.state == TRAINING

    @property
    def run(self) -> dict[str, Any]:
        """``run.json``, or nothing where it is missing: it never decides anything."""
        try:
            run = read_json(self.path / "run.json")
        except UnreadableError:
            raise
        except ArtifactError:
            return {}
        return run if isinstance(run, dict) else {}

    @cached_property
    def _checkpoint(self) -> tuple[dict[str, Any], Path] | None:
        """The current checkpoint and its folder, which stays while it is read though a training goes on."""
        path = self.path / "checkpoint.json"
        for tries in range(_TRIES):
            if not path.exists():
                return None
            value = read_json(path)
            if not _is_checkpoint(value):
                raise ArtifactError(f"{path} is damaged", "train again with --overwrite")
            folder = hold(self.path / "checkpoint" / value["current"])
            if is_folder(folder) or tries == _TRIES - 1:
                break
        return dict(value), folder

    @property
    def checkpoint(self) -> dict[str, Any] | None:
        """The current checkpoint of an unfinished training (``checkpoint.json``), or ``None``."""
        return self._checkpoint[0] if self._checkpoint else None

    def has(self, name: str) -> bool:
        """Whether the payload holds a file of that name."""
        if name in self.manifest.files:
            return True
        return self.unfinished and self.checkpoint is not None and name in self.checkpoint["files"]

    def file(self, name: str) -> Path:
        """The path of a payload file, its size (and, where that is cheap, its digest) checked.

        Raises:
            ArtifactError: where the file is not part of the artifact, a link, truncated or changed.
        """
        entry = self.manifest.files.get(name)
        path = self.path / name
        if entry is not None:
            size, digest = entry.bytes, entry.sha256
        elif self.unfinished and self._checkpoint is not None and name in self._checkpoint[0]["files"]:
            path = self._checkpoint[1] / name
            size, digest = self._checkpoint[0]["files"][name]
        else:
            raise ArtifactError(f"{self.path} (of kind {self.kind}) does not contain {name}", "give another artifact")
        check_file(path, size, digest, full=size <= DIGEST_CHECK_BYTES)
        return path

    def array(self, name: str, dtypes: tuple[str, ...], ndim: int) -> np.ndarray:
        """A payload array, memory-mapped and checked (see `files.open_array`)."""
        return open_array(self.file(name), dtypes, ndim)

    def as_input(self) -> Input:
        """This artifact as an input of another; of an unfinished training its best model so far."""
        digest, weights = self.manifest.digest, "model.safetensors"
        if self.unfinished and self.checkpoint is not None and weights in self.checkpoint["files"]:
            # The manifest stays what it is while the training goes on.
            digest = sha256_json([digest, self.checkpoint["files"][weights]])
        return Input(self.path.name, self.kind, digest, self.manifest.raw)


def _is_checkpoint(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("files"), dict):
        return False
    name, files = value.get("current"), value["files"]
    try:
        names = [safe_name(file) for file in (name, *files)]
    except (TypeError, ValueError):
        return False
    entries = [isinstance(entry, list) and list(map(type, entry)) == [int, str] for entry in files.values()]
    return names[0].isalnum() and all(entries)


def check_file(path: Path, size: int, digest: str, full: bool) -> None:
    """Check one payload file.

    Raises:
        ArtifactError: where it is missing, a link, of another size, or (when ``full``) of another digest.
    """
    if path.is_symlink() or not path.is_file():
        raise ArtifactError(f"{path} is missing or not a regular file", "recreate the artifact")
    found = path.stat().st_size
    if found != size:
        raise ArtifactError(f"{path} has {plural(found, 'byte')}, expected {size:,}", "recreate the artifact")
    if full and sha256_file(path) != digest:
        raise ArtifactError(f"{path} was modified after seqtool wrote it (its sha256 differs)", "recreate the artifact")


def open_artifact(path: Path, *kinds: str) -> Artifact:
    """Open an artifact of one of the given kinds (any kind where none is given).

    An unfinished training is opened where it holds a best model, with a warning.

    Raises:
        ArtifactError: where it is not an artifact, damaged, of another kind, or unfinished without a best model.
    """
    _settle(path)
    held = hold(path)
    artifact = Artifact(held, read_manifest(held, kinds))
    if kinds and artifact.kind not in kinds:
        raise ArtifactError(*wrong_kind(path, artifact.kind, kinds))
    if artifact.unfinished and kinds:
        if not artifact.has("model.safetensors"):
            raise ArtifactError(
                f"{path} is an unfinished training that has no model yet", "run its command again to resume it"
            )
        warn_once(f"{path} is an unfinished training; using its best model so far")
    return artifact


def verify(artifact: Artifact) -> list[str]:
    """Check every payload file's size and sha256; the problems found, as lines (none: all is well)."""
    problems = []
    for name, entry in artifact.manifest.files.items():
        try:
            check_file(artifact.path / name, entry.bytes, entry.sha256, full=True)
        except ArtifactError as error:
            problems.append(error.message)
    return problems
