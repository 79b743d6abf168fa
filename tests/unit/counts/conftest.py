"""Corpora made of ids, without a text, and matrices on disk without an artifact."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from scipy.sparse import csr_array

from seqtool.artifact.files import open_array
from seqtool.artifact.read import Artifact
from seqtool.corpus.corpus import Corpus
from seqtool.corpus.options import PreprocessOptions
from seqtool.corpus.vocabulary import EOS, SPECIALS, Vocabulary
from seqtool.counts.cooccurrence import Counted, count_cooccurrences
from seqtool.counts.options import CooccurOptions
from seqtool.counts.sparse import SparseRows, SparseWriter, open_sparse


def make_corpus(
    folder: Path, lines: Sequence[Sequence[int]], words: int | None = None, train: int | None = None, dtype: Any = None
) -> Corpus:
    """A corpus of lines of ids: 0 is ``<unk>``, 2 and more are words named ``w2``, ``w3`` …

    Args:
        folder: receives the files.
        lines: ids without their ``<eos>``.
        words: different words (as many as the largest id asks for if left out).
        train: lines of the training part, which come first; the rest is the validation part.
        dtype: of the ids.
    """
    train = len(lines) if train is None else train
    ends = np.cumsum([0, *(len(line) + 1 for line in lines)])
    ids = np.full(int(ends[-1]), EOS, np.int64)
    for line, first in zip(lines, ends[:-1], strict=True):
        ids[first : first + len(line)] = line
    size = max(2, int(ids.max()) + 1) if words is None else words + 2
    counts = np.bincount(ids[: ends[train]], minlength=size)
    np.save(folder / "ids.npy", ids.astype(dtype or (np.uint16 if size <= 1 << 16 else np.uint32)))
    np.save(folder / "bounds.npy", ends.astype(np.int64))
    np.save(folder / "lengths.npy", np.ones((len(lines), 2), np.uint32))
    Vocabulary([*SPECIALS, *(f"w{i}" for i in range(2, size))], counts).write(folder / "vocab.tsv")
    return Corpus(folder, PreprocessOptions(), {"train": (0, train), "valid": (train, len(lines))})


@dataclass(frozen=True)
class Result:
    """What was counted, the files' bytes, and the matrix in weights of 1."""

    counted: Counted
    files: dict[str, bytes]
    matrix: csr_array
    dtype: str


def count(corpus: Corpus, **options: Any) -> Result:
    """Count a corpus into a folder that is gone afterwards."""
    wanted = CooccurOptions(**({"threads": 1, "min_count": 1} | options))
    with tempfile.TemporaryDirectory() as name:
        counted = count_cooccurrences(corpus, wanted, Path(name))
        files = {path.name: path.read_bytes() for path in Path(name).iterdir()}
        indptr, columns, values = (np.load(Path(name) / f"{part}.npy") for part in ("indptr", "indices", "data"))
    size = len(counted.words)
    return Result(counted, files, csr_array((values, columns, indptr), shape=(size, size)), values.dtype.name)


@dataclass(frozen=True)
class Folder:
    """A folder as far as `open_sparse` asks of an artifact."""

    path: Path

    def array(self, name: str, dtypes: tuple[str, ...], ndim: int) -> np.ndarray:
        return open_array(self.path / name, dtypes, ndim)


@contextmanager
def sparse_rows(folder: Path, matrix: csr_array, dtype: Any = np.uint32) -> Iterator[SparseRows]:
    """A matrix on disk."""
    with SparseWriter(folder, dtype) as writer:
        writer.append(np.diff(matrix.indptr).astype(np.int64), matrix.indices.astype(np.int32), matrix.data)
        writer.finish()
    with open_sparse(cast(Artifact, Folder(folder)), matrix.shape[0]) as rows:
        yield rows


@pytest.fixture(scope="session")
def corpus_of_ids() -> Callable[..., Corpus]:
    """`make_corpus`."""
    return make_corpus


@pytest.fixture(scope="session")
def counting() -> Callable[..., Result]:
    """`count`."""
    return count


@pytest.fixture(scope="session")
def on_disk() -> Callable[..., Any]:
    """`sparse_rows`."""
    return sparse_rows


@pytest.fixture(scope="session")
def opened() -> Callable[..., Any]:
    """`open_sparse` of a plain folder."""
    return lambda path, size: open_sparse(cast(Artifact, Folder(path)), size)
