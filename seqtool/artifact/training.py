"""The artifact of a training under way, and its checkpoints.

    a/manifest.json          state: training; the static payload (vocabulary, tokenizer)
    a/checkpoint.json        names the current checkpoint and the size and sha256 of each file in it
    a/checkpoint/7/          what resuming needs, and the best model so far

A checkpoint is written whole beside the current one; replacing ``checkpoint.json`` makes it the current one, and only
then is the older removed, if nobody reads it. So at every instant the artifact holds a complete checkpoint, or none
yet.

A training that is to replace a finished artifact ``a`` (``--overwrite``) grows in the hidden sibling ``.a.training``,
so that ``a`` can be read until the new one is whole. An unfinished training is replaced as soon as another begins.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seqtool.artifact.atomic_rename import discard, exclusive, sibling, take_name
from seqtool.artifact.digests import sha256_file
from seqtool.artifact.files import sync, write_json, writing
from seqtool.artifact.locks import remove_unless_held
from seqtool.artifact.manifest import COMPLETE, TRAINING, Manifest, Recipe
from seqtool.artifact.paths import exists
from seqtool.artifact.read import Artifact, read_manifest
from seqtool.artifact.write import Draft, RunRecord, drafting, examine_locked, existing_artifact, replacement, seal
from seqtool.errors import ArtifactError, DivergedError

CHECKPOINT, POINTER = "checkpoint", "checkpoint.json"


class TrainingArtifact:
    """A training's folder, from its first checkpoint to the finished artifact.

    Attributes:
        name: the folder of the finished artifact.
        path: where the training grows: ``name``, or the sibling ``.a.training`` (see `under_way`).
    """

    def __init__(self, name: Path, recipe: Recipe, run: RunRecord, path: Path | None = None) -> None:
        self.name, self.path, self.recipe, self.run = name, path or under_way(name), recipe, run
        self._manifest: Manifest | None = None

    @property
    def manifest(self) -> Manifest:
        """That of the training under way, read or written once."""
        if self._manifest is None:
            self._manifest = read_manifest(self.path)
        return self._manifest

    @classmethod
    @contextmanager
    def begin(
        cls, name: Path, recipe: Recipe, run: RunRecord, fill: Callable[[Draft], None], overwrite: bool = False
    ) -> Iterator[TrainingArtifact | None]:
        """Start a training, or continue an unfinished one of the same recipe, and hold the right to write ``name``.

        Everything is decided once that right is held, whatever an earlier `examine` found: another process may have
        finished the same training since.

        Args:
            name: the folder of the finished artifact.
            recipe: what determines the result.
            run: the record of this run.
            fill: writes the static payload into the draft's folder, and its summary.
            overwrite: replace an artifact made differently; start over where the training's files are damaged.

        Yields:
            The training, or ``None`` where ``name`` is up to date.

        Raises:
            OutputError: where something has the name that may not be replaced.
        """
        with exclusive(name):
            found = examine_locked(name, recipe, overwrite)
            if found.status == "up to date":
                yield None
                return
            slot = cls(name, recipe, run, _place(name, found.existing))
            slot._settle(fill, found.existing, overwrite)
            try:
                yield slot
            except DivergedError as error:
                raise slot._described(error) from error
            finally:
                # Whatever happened: an empty training beside the artifact would only be in the way.
                slot._drop_without_checkpoint()

    def _settle(self, fill: Callable[[Draft], None], existing: Manifest | None, overwrite: bool) -> None:
        """Find the unfinished training of the recipe, or begin one; ``existing`` is the manifest at ``name``."""
        found = existing if self.path == self.name else replacement(self.name)
        if _resumable(self.path, found, self.recipe, overwrite):
            self._manifest = found
            return
        if self.path == self.name:
            beside, found = sibling(self.name, "training"), replacement(self.name)
            if _resumable(beside, found, self.recipe, overwrite):
                take_name(beside, self.name)  # the artifact that it was to replace is gone
                self._manifest = found
                return
        with drafting(self.name, Draft(sibling(self.name, "partial"), self.recipe, self.run, TRAINING)) as draft:
            fill(draft)
            self._manifest = seal(draft)
            if self.path == self.name:
                take_name(draft.path, self.name)
            else:
                discard(self.name, self.path)
                os.rename(draft.path, self.path)

    def _described(self, error: DivergedError) -> DivergedError:
        """The error, with the places of the checkpoint and of the artifact that was to be replaced."""
        if self.path == self.name:
            return error
        kept = f"the unfinished training is in {self.path}, and " if (self.path / POINTER).exists() else ""
        return DivergedError(f"{error.message}; {kept}{self.name} is unchanged", error.remedy)

    def _drop_without_checkpoint(self) -> None:
        """Leave nothing of a replacement that has learned nothing yet."""
        if self.path != self.name and not (self.path / POINTER).exists():
            discard(self.name, self.path)

    def current(self) -> Path | None:
        """The folder of the current checkpoint, its files checked; ``None`` before the first."""
        artifact = Artifact(self.path, self.manifest)
        pointer = artifact.checkpoint
        if pointer is None:
            return None
        for name in pointer["files"]:
            artifact.file(name)
        return self.path / CHECKPOINT / str(pointer["current"])

    def save(self, write: Callable[[Path], None]) -> None:
        """Replace the current checkpoint by what ``write`` puts into the folder it is given."""
        with writing(self.path):
            root = self.path / CHECKPOINT
            if root.is_symlink():
                raise ArtifactError(f"{root} is a link", "train again with --overwrite")
            root.mkdir(exist_ok=True)
            names = sorted(int(p.name) for p in root.iterdir() if p.name.isdigit())
            folder = root / str(names[-1] + 1 if names else 1)
            partial = root / "partial"
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            write(partial)
            files = {}
            for file in sorted(partial.iterdir()):
                sync(file)
                files[file.name] = [file.stat().st_size, sha256_file(file)]
            sync(partial)
            # The pointer still names the older checkpoint, so a crash up to here loses nothing but this one.
            os.rename(partial, folder)
            sync(root)
            write_json(self.path / POINTER, {"current": folder.name, "files": files})
            for name in names:  # one that somebody reads goes with the next checkpoint
                remove_unless_held(root / str(name))

    def finish(self, summary: dict[str, Any], ledger: list[dict[str, Any]], keep: tuple[str, ...]) -> Manifest:
        """Make the finished artifact of the static payload and the files of the checkpoint named in ``keep``."""
        checkpoint = self.current()
        if checkpoint is None:
            raise ArtifactError(f"{self.path} has no checkpoint to finish from", "train again with --overwrite")
        artifact = Artifact(self.path, self.manifest)
        partial = sibling(self.name, "partial")
        with writing(self.name):
            partial.mkdir()
            try:
                for name in artifact.manifest.files:
                    _link(artifact.file(name), partial / name)
                for name in keep:
                    # Links, because weights are large; the training's own names for them vanish with its folder.
                    _link(checkpoint / name, partial / name)
                whole = {**artifact.summary, **summary}
                manifest = seal(Draft(partial, self.recipe, self.run, summary=whole, ledger=ledger))
                if self.path != self.name:  # what it replaces may have been replaced by hand in the meantime
                    existing_artifact(self.name)
                take_name(partial, self.name)
            except BaseException:
                discard(self.name, partial)
                raise
        return manifest


def under_way(name: Path) -> Path:
    """Where the training grows that will be the artifact ``name``: there, or beside it where it is a finished one."""
    return _place(name, read_manifest(name) if exists(name) else None)


def _place(name: Path, existing: Manifest | None) -> Path:
    return sibling(name, "training") if existing is not None and existing.state == COMPLETE else name


def _resumable(path: Path, manifest: Manifest | None, recipe: Recipe, overwrite: bool) -> bool:
    if manifest is None or manifest.state != TRAINING or manifest.recipe.fingerprint() != recipe.fingerprint():
        return False
    # Without --overwrite damage is an error where the file is read; with it the training starts over.
    return not overwrite or _intact(Artifact(path, manifest))


def _intact(artifact: Artifact) -> bool:
    try:
        for name in (*artifact.manifest.files, *(artifact.checkpoint or {"files": ()})["files"]):
            artifact.file(name)
    except ArtifactError:
        return False
    return True


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # file systems without hard links
        shutil.copyfile(source, target)
