"""What all artifacts have; counts, matrices, evaluations, document vectors and reports have no more."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqtool.artifact import read


class OnDisk:
    """What has a folder; a command takes the object itself where it takes a path."""

    path: Path

    def __fspath__(self) -> str:
        return str(self.path)


class Artifact(OnDisk):
    """What an artifact is, and its files.

    Attributes:
        path: its folder.
        kind: counts, matrix, evaluation …
        summary: what is worth knowing of it, such as the perplexity of an evaluation.
        options: the options that determined it.
    """

    def __init__(self, artifact: read.Artifact) -> None:
        self.path, self.kind = artifact.path, artifact.kind
        self.summary: Mapping[str, Any] = artifact.summary
        self.options: Mapping[str, Any] = artifact.options
        self._artifact = artifact

    def __repr__(self) -> str:
        plain = {name: value for name, value in self.summary.items() if isinstance(value, str | int | float)}
        values = ", ".join(f"{name} {_short(value)}" for name, value in plain.items())
        return f"<Artifact {self.path.name} of kind {self.kind}{': ' if values else ''}{values}>"

    @property
    def files(self) -> list[str]:
        """The names of its files."""
        return sorted(self._artifact.manifest.files)

    def file(self, name: str) -> Path:
        """The path of a file, checked.

        Raises:
            ArtifactError: there is no such file, or it is damaged.
        """
        return self._artifact.file(name)


def _short(value: str | int | float) -> str:
    return f"{value:.6g}" if isinstance(value, float) else f"{value:,}" if type(value) is int else str(value)
