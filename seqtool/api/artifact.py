"""The class of artifacts without methods of their own: counts, matrices, evaluations, document vectors and reports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqtool.artifact import read


class OnDisk:
    """An object stored on disk. Commands accept it wherever they accept a path."""

    path: Path

    def __fspath__(self) -> str:
        return str(self.path)


class Artifact(OnDisk):
    """An artifact: its kind, summary, options and files.

    Attributes:
        path: the artifact's folder.
        kind: counts, matrix, evaluation, …
        summary: its main results and sizes, such as the perplexity of an evaluation.
        options: the options that determine its content.
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
        """The names of the artifact's files."""
        return sorted(self._artifact.manifest.files)

    def file(self, name: str) -> Path:
        """Return the path of a file after checking its content.

        Raises:
            ArtifactError: the file does not exist, or is damaged.
        """
        return self._artifact.file(name)


def _short(value: str | int | float) -> str:
    return f"{value:.6g}" if isinstance(value, float) else f"{value:,}" if type(value) is int else str(value)
