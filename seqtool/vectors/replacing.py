"""Plain files written whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from seqtool.artifact.files import sync, writing
from seqtool.errors import OutputError


@contextmanager
def replacing(paths: Sequence[Path], overwrite: bool) -> Iterator[list[Path]]:
    """Hidden siblings to write to, which take the names of ``paths`` at the end; after a failure nothing is left.

    Raises:
        OutputError: a file of that name exists (unless ``overwrite``), or cannot be written.
    """
    for path in paths:
        refuse_existing(path, overwrite)
    temporary = [path.with_name(f".{path.name}.{os.getpid()}.partial") for path in paths]
    try:
        with writing(paths[0]):
            paths[0].parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            for written in temporary:
                sync(written)
            for written, path in reversed(list(zip(temporary, paths, strict=True))):
                refuse_existing(path, overwrite)
                os.replace(written, path)
            sync(paths[0].absolute().parent)
    finally:
        for written in temporary:
            with contextlib.suppress(OSError):
                written.unlink()


def refuse_existing(path: Path, overwrite: bool) -> None:
    """Raises:
    OutputError: where something stands at ``path`` that may not be replaced.
    """
    if path.is_dir():
        raise OutputError(f"{path} is a folder", "give the name of a file")
    if os.path.lexists(path) and not overwrite:
        raise OutputError(f"{path} exists", "add --overwrite or choose another name")
