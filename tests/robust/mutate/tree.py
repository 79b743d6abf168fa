"""A copy of the tree, into which one fault after the other is put."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mutate.faults import PACKAGE, ROOT, Fault
from mutate.source import kernels_of_importers

_COPIED = ("seqtool", "tests", "docs", "sample_corpora", "examples", "pyproject.toml", "README.md", "README.ko.md")


def cache_folder() -> Path:
    """Where copies of this tree are kept, so that their kernels need to be compiled only once."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return caches / "seqtool" / "mutate" / hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]


class Tree:
    """A copy of the tree; its files and their times are those of the original.

    Attributes:
        root: of the copy.
        kernels: the folder of its compiled kernels.
    """

    def __init__(self, root: Path) -> None:
        self.root, self.kernels = root / "tree", root / "numba"
        self._kept = root / "numba.kept"
        self.kernels.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._kept, ignore_errors=True)
        _synchronize(self.root)
        caches = Path(os.environ.get("NUMBA_CACHE_DIR") or Path.home() / ".cache" / "seqtool" / "numba")
        self.borrow_kernels(ROOT, caches)

    def borrow_kernels(self, root: Path, kernels: Path) -> None:
        """Copy kernels that were compiled for another tree with the same files, where this one has none.

        Numba keeps those of a folder in one that is named after its path; they hold for files of the same time.
        """
        for folder in {path.parent for path in (self.root / PACKAGE).rglob("*.py")}:
            compiled = kernels / _numba_name(root / folder.relative_to(self.root))
            own = self.kernels / _numba_name(folder)
            if compiled.is_dir() and not own.exists():
                shutil.copytree(compiled, own)

    @contextmanager
    def faulty(self, fault: Fault) -> Iterator[None]:
        """The copy with a fault in it, and without the compiled kernels that could hold the code as it was."""
        path = self.root / fault.path
        source, stamp = path.read_bytes(), path.stat()
        modules = kernels_of_importers(fault.path)
        self._move(modules, self.kernels, self._kept)
        try:
            path.write_bytes(source[: fault.start] + fault.new.encode() + source[fault.end :])
            yield
        finally:
            path.write_bytes(source)
            os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
            for compiled in self.kernels.rglob("*.nb?"):
                if _module(compiled) in modules:
                    compiled.unlink()
            self._move(modules, self._kept, self.kernels)

    @staticmethod
    def _move(modules: set[str], source: Path, target: Path) -> None:
        for compiled in [path for path in source.rglob("*.nb?") if _module(path) in modules]:
            moved = target / compiled.relative_to(source)
            moved.parent.mkdir(parents=True, exist_ok=True)
            compiled.rename(moved)


def _numba_name(folder: Path) -> str:
    return f"{folder.name}_{hashlib.sha1(str(folder).encode()).hexdigest()}"


def _module(compiled: Path) -> str:
    return compiled.name.partition(".")[0].partition("-")[0]


def _synchronize(copy: Path) -> None:
    """Make the files of ``copy`` those of the tree; equal ones are left as they are."""
    wanted = set[Path]()
    for name in _COPIED:
        top = ROOT / name
        for source in top.rglob("*") if top.is_dir() else [top]:
            if source.is_file() and "__pycache__" not in source.parts:
                wanted.add(source.relative_to(ROOT))
    for relative in wanted:
        source, target = ROOT / relative, copy / relative
        stamp = source.stat()
        if not target.exists() or (target.stat().st_size, target.stat().st_mtime_ns) != (
            stamp.st_size,
            stamp.st_mtime_ns,
        ):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    for path in copy.rglob("*"):
        if path.is_file() and path.relative_to(copy) not in wanted:
            path.unlink()
