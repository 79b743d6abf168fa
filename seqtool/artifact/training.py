"""The artifact of a training under way, and its checkpoints.

    a/manifest.json          state: training; the static payload (vocabulary, tokenizer)
    a/checkpoint.json        names the current checkpoint and the size and sha256 of each file in it
    a/checkpoint/7/          what resuming needs, and the best model so far

A checkpoint is written whole beside the current one; replacing ``checkpoint.json`` makes it the current one, and only
then is the older removed. So at every instant the artifact holds one complete checkpoint, or none yet.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seqtool.artifact.atomic_rename import exclusive, sibling, take_name
from seqtool.artifact.digests import sha256_file
from seqtool.artifact.files import sync, write_json, writing
from seqtool.artifact.manifest import TRAINING, Recipe
from seqtool.artifact.read import Artifact, read_manifest
from seqtool.artifact.write import Draft, RunRecord, seal, write_artifact
from seqtool.errors import ArtifactError

CHECKPOINT, POINTER = "checkpoint", "checkpoint.json"


class TrainingArtifact:
    """A training's folder, from its first checkpoint to the finished artifact."""

    def __init__(self, path: Path, recipe: Recipe, run: RunRecord) -> None:
        self.path, self.recipe, self.run = path, recipe, run

    @classmethod
    @contextmanager
    def begin(
        cls, path: Path, recipe: Recipe, run: RunRecord, fill: Callable[[Draft], None], overwrite: bool = False
    ) -> Iterator[TrainingArtifact]:
        """Start a training, or take up the one that stands at ``path`` (see `write.claim`), and hold it.

        Args:
            path: the artifact's folder.
            recipe: what determines the result.
            run: the record of this run.
            fill: writes the static payload into the draft's folder, and its summary.
            overwrite: start over where the training's files are damaged.
        """
        if not _resumable(path, recipe, overwrite):
            with write_artifact(path, recipe, run, state="training") as draft:
                fill(draft)
        with exclusive(path):
            yield cls(path, recipe, run)

    def current(self) -> Path | None:
        """The folder of the current checkpoint, its files checked; ``None`` before the first."""
        artifact = Artifact(self.path, read_manifest(self.path))
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
            os.rename(partial, folder)
            sync(root)
            write_json(self.path / POINTER, {"current": folder.name, "files": files})
            for name in names:
                shutil.rmtree(root / str(name), ignore_errors=True)

    def finish(self, summary: dict[str, Any], ledger: list[dict[str, Any]], keep: tuple[str, ...]) -> None:
        """Make the finished artifact of the static payload and the files of the checkpoint named in ``keep``."""
        checkpoint = self.current()
        if checkpoint is None:
            raise ArtifactError(f"{self.path} has no checkpoint to finish from", "train again with --overwrite")
        artifact = Artifact(self.path, read_manifest(self.path))
        partial = sibling(self.path, "partial")
        with writing(self.path):
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            try:
                for name in artifact.manifest.files:
                    _link(artifact.file(name), partial / name)
                for name in keep:
                    _link(checkpoint / name, partial / name)
                whole = {**artifact.summary, **summary}
                seal(Draft(partial, self.recipe, self.run, summary=whole, ledger=ledger))
                take_name(partial, self.path)
            except BaseException:
                shutil.rmtree(partial, ignore_errors=True)
                raise


def _resumable(path: Path, recipe: Recipe, overwrite: bool) -> bool:
    if not path.exists():
        return False
    manifest = read_manifest(path)
    if manifest.state != TRAINING or manifest.recipe.fingerprint() != recipe.fingerprint():
        return False
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
