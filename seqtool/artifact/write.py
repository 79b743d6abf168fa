"""A recipe, and the draft that becomes an artifact.

Doing the same thing twice is free: `claim` says whether a name already holds what the recipe would give.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from seqtool import __version__
from seqtool.artifact import files_read
from seqtool.artifact.atomic_rename import discard, exclusive, recover, sibling, take_name, wait_for_writer
from seqtool.artifact.digests import sha256_file
from seqtool.artifact.files import sync, write_json, writing
from seqtool.artifact.manifest import COMPLETE, FileEntry, Manifest, Recipe, compose, parse
from seqtool.artifact.paths import exists
from seqtool.artifact.read import Artifact, read_manifest, verify
from seqtool.errors import ArtifactError, OutputError, UnreadableError, UsageError

MANIFEST, RUN, CHECKPOINT = "manifest.json", "run.json", "checkpoint"
ClaimStatus = Literal["absent", "up to date", "unfinished"]
_RECORDED_LIBRARIES = ("numpy", "numba", "torch", "tokenizers", "pyarrow", "kiwipiepy")


class OtherRecipeError(OutputError):
    """An artifact by another recipe has the name; ``other_inputs``: the same command made it from other inputs."""

    def __init__(self, message: str, remedy: str, other_inputs: bool) -> None:
        super().__init__(message, remedy)
        self.other_inputs = other_inputs


@dataclass
class RunRecord:
    """How a run went: what ``run.json`` says and the manifest must not."""

    operational: Mapping[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    stages: dict[str, float] = field(default_factory=dict)
    started: float = field(default_factory=time.time)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the seconds spent inside to the stage's."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.stages[stage] = self.stages.get(stage, 0.0) + time.perf_counter() - start

    def to_json(self) -> dict[str, Any]:
        """The content of ``run.json``."""
        # ru_maxrss is in KiB on Linux and in bytes on macOS.
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return {
            "argv": sys.argv,
            "seqtool": __version__,
            "libraries": {name: metadata.version(name) for name in _RECORDED_LIBRARIES if name in sys.modules},
            "python": platform.python_version(),
            "host": platform.node(),
            "platform": platform.platform(),
            "cores": os.cpu_count(),
            "operational": dict(self.operational),
            "started": datetime.fromtimestamp(self.started, UTC).isoformat(timespec="seconds"),
            "seconds": round(time.time() - self.started, 3),
            "stages": {name: round(seconds, 3) for name, seconds in self.stages.items()},
            "peak_memory_bytes": peak,
            **self.details,
        }


@dataclass
class Draft:
    """A folder being filled. What is put in ``path`` becomes the payload; the manifest is written last."""

    path: Path
    recipe: Recipe
    run: RunRecord
    state: str = COMPLETE
    summary: dict[str, Any] = field(default_factory=dict)
    ledger: list[dict[str, Any]] = field(default_factory=list)
    written: bool = True  # at the end: whether it took the name, or an equal artifact has it already
    manifest: Manifest | None = None  # at the end: that of the artifact which has the name


@dataclass(frozen=True)
class Claim:
    """What a recipe would find at a path.

    Attributes:
        status: ``"up to date"``, ``"unfinished"`` (the same training, to be resumed) or ``"absent"`` (to be made; also
            where another artifact, or a damaged one, may be replaced).
        existing: the manifest of the artifact there.
    """

    status: ClaimStatus
    existing: Manifest | None = None


def claim(path: Path, recipe: Recipe, overwrite: bool = False) -> ClaimStatus:
    """The status of `examine`."""
    return examine(path, recipe, overwrite).status


def examine(path: Path, recipe: Recipe, overwrite: bool = False) -> Claim:
    """Compare what stands at ``path`` with what the recipe would give, once no other process is writing it.

    Raises:
        OutputError: where something is there that may not be replaced.
    """
    wait_for_writer(path)
    return examine_locked(path, recipe, overwrite)


def examine_locked(path: Path, recipe: Recipe, overwrite: bool = False) -> Claim:
    """`examine` for whoever holds the right to write ``path``.

    Raises:
        OutputError: where something is there that may not be replaced.
    """
    existing = existing_artifact(path)
    return Claim(compared(path, existing, recipe, overwrite), existing)


def compared(path: Path, existing: Manifest | None, recipe: Recipe, overwrite: bool = False) -> ClaimStatus:
    """The status of the artifact at ``path``, whose manifest is read already; see `Claim`.

    Raises:
        OutputError: where it may not be replaced.
    """
    if existing is None:
        return "absent"
    if existing.kind != recipe.kind:
        raise OutputError(
            f"{path} is of kind {existing.kind} and cannot be replaced by a result of kind {recipe.kind}",
            "choose another name (-o)",
        )
    # With --overwrite the payload is digested too: damage is then a reason to write it again.
    same = existing.recipe.fingerprint() == recipe.fingerprint()
    if same and existing.state == COMPLETE and not (overwrite and verify(Artifact(path, existing))):
        return "up to date"
    if overwrite:
        return "absent"
    if same:
        return "unfinished"
    found = f"{path} exists but differs ({difference(existing.recipe, recipe)})"
    begun = replacement(path)
    if begun and begun.recipe.fingerprint() == recipe.fingerprint():
        raise OutputError(
            f"{found}; this command has an unfinished training that will replace it",
            "add --overwrite to continue that training, or choose another name (-o)",
        )
    old = existing.recipe
    other_inputs = old.command == recipe.command and old.input_digests != recipe.input_digests
    raise OtherRecipeError(found, "add --overwrite, or choose another name (-o)", other_inputs)


def existing_artifact(path: Path) -> Manifest | None:
    """The manifest of the artifact at ``path``, or ``None`` where nothing is there.

    Raises:
        OutputError: where something is there that is not a seqtool artifact; it is never replaced.
        UsageError: the path is that of standard output.
    """
    if str(path) == "-":
        raise UsageError(
            "-o - (standard output) cannot be used, because the result is a folder", "give the name of a folder"
        )
    with writing(path):
        recover(path)
    if not exists(path):
        return None
    if path.is_symlink():  # a rename would replace the link and not what it points to
        target = os.readlink(path)
        raise OutputError(f"{path} is a link to {target}", f"use -o {target}, or remove the link")
    try:
        if not path.is_dir():
            raise ArtifactError("not a folder")
        return read_manifest(path)
    except UnreadableError:
        raise
    except ArtifactError:
        raise OutputError(
            f"{path} exists and is not a seqtool artifact", "move it elsewhere, or choose another name (-o)"
        ) from None


def replacement(path: Path) -> Manifest | None:
    """The manifest of the unfinished training that will replace the finished artifact ``path``, if there is one."""
    try:
        return read_manifest(sibling(path, "training"))
    except UnreadableError:
        raise
    except ArtifactError:
        return None


def difference(old: Recipe, new: Recipe) -> str:
    """In words, what distinguishes two recipes."""
    if (old.kind, old.command) != (new.kind, new.command):
        return f"made by {old.command}"
    keys = sorted(set(old.options) | set(new.options))
    changed = [k for k in keys if old.options.get(k) != new.options.get(k)]
    if changed:
        shown = [f"{k} {old.options.get(k)!r} there, {new.options.get(k)!r} here" for k in changed[:3]]
        more = [f"{len(changed) - 3} more options"] if len(changed) > 3 else []
        return "; ".join([*shown, *more, *(["other inputs"] if old.input_digests != new.input_digests else [])])
    return "another seed" if old.seed != new.seed else "other inputs"


@contextmanager
def write_artifact(path: Path, recipe: Recipe, run: RunRecord, overwrite: bool = True) -> Iterator[Draft]:
    """Fill a hidden sibling folder and give it the name at the end; on any failure nothing of it is left.

    The recipe may be replaced on the draft while the inputs are being read (their digests are known at the end).
    What has the name then is compared once more: another process may have written it since the caller's `claim`. Where
    it is up to date, it is left, and the draft's ``written`` is false.

    Raises:
        OutputError: where the folder cannot be written, or something has the name that may not be replaced.
    """
    with exclusive(path), drafting(path, Draft(sibling(path, "partial"), recipe, run)) as draft:
        yield draft
        found = examine_locked(path, draft.recipe, overwrite)
        draft.written = found.status != "up to date"
        if draft.written:
            draft.manifest = seal(draft)
            take_name(draft.path, path)
            files_read.record_made(path / MANIFEST)
        else:
            draft.manifest = found.existing
            shutil.rmtree(draft.path)


@contextmanager
def drafting(path: Path, draft: Draft) -> Iterator[Draft]:
    """Make the draft's folder, and remove it on a failure. To be called while the right to write ``path`` is held."""
    with writing(path):
        draft.path.mkdir()
        try:
            yield draft
        # Ctrl-C too: a partial folder is of no use to anybody.
        except BaseException:
            discard(path, draft.path)
            raise


def seal(draft: Draft) -> Manifest:
    """Digest and flush the payload, then write the manifest, last, and return it as a reader would find it."""
    write_json(draft.path / RUN, draft.run.to_json())
    paths = sorted(path for path in draft.path.rglob("*") if path.is_file())
    # run.json holds times and names of machines: were it digested, two equal artifacts would differ.
    payload = [path for path in paths if path.name != RUN and CHECKPOINT not in path.relative_to(draft.path).parts]
    with ThreadPoolExecutor(2) as pool:  # the disk is waited for while the digests are computed
        flushed = [pool.submit(sync, path) for path in paths]
        digests = list(pool.map(sha256_file, payload))
        for future in flushed:
            future.result()
    files = {
        path.relative_to(draft.path).as_posix(): FileEntry(path.stat().st_size, digest)
        for path, digest in zip(payload, digests, strict=True)
    }
    content = compose(draft.recipe, draft.state, files, draft.summary, draft.ledger)
    manifest = parse(json.loads(json.dumps(content)), draft.path / MANIFEST)
    # Last, when everything it names is on the disk: a folder without it is not an artifact.
    write_json(draft.path / MANIFEST, content)
    return manifest
