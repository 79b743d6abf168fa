"""Sparse matrices on disk: what is written is read back in any pieces, and nothing hostile is."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array

from seqtool.corpus import vocabulary
from seqtool.corpus.vocabulary import read_words, write_words
from seqtool.counts import sparse
from seqtool.counts.sparse import Levels, Rows, SparseRows, row_blocks
from seqtool.errors import ArtifactError, InputError

MATRIX = random_array((40, 40), density=0.2, format="csr", rng=np.random.default_rng(1), dtype=np.float64)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_are_read_back(on_disk: Callable[..., Any], tmp_path: Path, dtype: str) -> None:
    with on_disk(tmp_path, MATRIX, dtype) as rows:
        assert (rows.shape, rows.dtype.name) == ((40, 40), dtype)
        for first in range(0, 41, 5):
            for last in range(first, 41, 7):
                columns, values = rows.read(first, last)
                part = slice(MATRIX.indptr[first], MATRIX.indptr[last])
                assert columns.tolist() == MATRIX.indices[part].tolist()
                assert values.tolist() == MATRIX.data[part].astype(dtype).tolist()


@settings(deadline=None)
@given(sizes=st.lists(st.integers(0, 30), max_size=40), most=st.integers(1, 50))
def test_blocks_hold_every_row_once_and_not_much_more_than_asked(sizes: list[int], most: int) -> None:
    found = row_blocks(np.array(sizes, np.int64), most)
    assert [row for first, last in found for row in range(first, last)] == list(range(len(sizes)))
    for first, last in found:
        assert sum(sizes[first:last]) < most + max(sizes, default=0) or last == first + 1
    assert len(found) <= 2 + sum(sizes) // most


def added(matrices: list[SparseRows]) -> Iterator[Rows]:
    """The sum of matrices, row by row, in the plainest way."""
    for row in range(matrices[0].shape[0]):
        sums: dict[int, int] = {}
        for columns, values in (matrix.read(row, row + 1) for matrix in matrices):
            for column, value in zip(columns.tolist(), values.tolist(), strict=True):
                sums[column] = sums.get(column, 0) + value
        yield rows_of(sorted(sums), [sums[column] for column in sorted(sums)])


def rows_of(columns: list[int], values: list[int]) -> Rows:
    return np.array([len(columns)]), np.array(columns, np.int32), np.array(values, np.uint64)


@settings(max_examples=40, deadline=None)
@given(
    parts=st.lists(st.lists(st.sets(st.integers(0, 8)), min_size=4, max_size=4), min_size=1, max_size=30),
    most=st.integers(2, 5),
)
def test_levels_add_up_to_the_sum_of_any_number_of_matrices(parts: list[list[set[int]]], most: int) -> None:
    expected = np.zeros((4, 9), int)
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(sparse, "_MATRICES_OF_A_LEVEL", most)
        with Levels(Path(folder), np.uint64, 9, added) as levels:
            for number, matrix in enumerate(parts, 1):
                levels.add(rows_of(sorted(row), [number] * len(row)) for row in matrix)
                for row, columns in enumerate(matrix):
                    expected[row, sorted(columns)] += number
            assert not list(Path(folder).iterdir()), "the files have no name, so that no crash leaves them behind"
            depth = math.ceil(math.log(len(parts) + 1, most)) + 1
            assert len(levels.matrices) <= depth * (most - 1), "a few stand side by side"
            found = np.zeros((4, 9), int)
            for row, (_, columns, values) in enumerate(added(levels.matrices)):
                found[row, columns] = values
    assert found.tolist() == expected.tolist()


INT64 = np.iinfo(np.int64)
INDPTRS = {
    "too short": [0, 3],
    "too long": [0, 1, 2, 3, 3],
    "empty": [],
    "from 1": [1, 1, 2, 3],
    "falling": [0, 2, 1, 3],
    "negative": [0, -1, 2, 3],
    "beyond the end": [0, 1, 2, 4],
    "before the end": [0, 1, 2, 2],
    "overflowing where it falls": [0, INT64.max, -2, 3],
    "huge": [0, 1, 2, INT64.max],
}


@pytest.mark.parametrize("kind", INDPTRS)
def test_an_indptr_that_fits_not_is_refused(opened: Callable[..., Any], tmp_path: Path, kind: str) -> None:
    np.save(tmp_path / "indptr.npy", np.array(INDPTRS[kind], np.int64))
    np.save(tmp_path / "indices.npy", np.array([0, 1, 2], np.int32))
    np.save(tmp_path / "data.npy", np.array([1, 1, 1], np.uint32))
    with pytest.raises(ArtifactError, match=r"indptr\.npy"), opened(tmp_path, 3):
        pass


@pytest.mark.parametrize("indices", [[0, 3, 1], [0, -1, 1], [2**31 - 1, 0, 0], [-(2**31), 0, 0]])
def test_a_column_outside_is_refused(opened: Callable[..., Any], tmp_path: Path, indices: list[int]) -> None:
    np.save(tmp_path / "indptr.npy", np.array([0, 1, 2, 3]))
    np.save(tmp_path / "indices.npy", np.array(indices, np.int32))
    np.save(tmp_path / "data.npy", np.array([1, 1, 1], np.float32))
    with opened(tmp_path, 3) as rows, pytest.raises(ArtifactError, match=" 3 "):
        rows.read(0, 3)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("indptr", np.array([0, 1], np.int32)),
        ("indices", np.array([0], np.int64)),
        ("data", np.array([1], np.int16)),
        ("data", np.array([1j])),
        ("indices", np.array([[0]], np.int32)),
        ("data", np.array([1], np.uint8)),
    ],
    ids=str,
)
def test_another_type_is_refused(opened: Callable[..., Any], tmp_path: Path, name: str, array: np.ndarray) -> None:
    good = {"indptr": np.array([0, 1]), "indices": np.array([0], np.int32), "data": np.array([1], np.uint32)}
    for file, content in (good | {name: array}).items():
        np.save(tmp_path / f"{file}.npy", content)
    with pytest.raises(ArtifactError, match=rf"{name}\.npy is damaged"), opened(tmp_path, 1):
        pass


def test_a_file_that_shrinks_while_it_is_read_is_refused(on_disk: Callable[..., Any], tmp_path: Path) -> None:
    with on_disk(tmp_path, csr_array(MATRIX), np.float32) as rows:
        (tmp_path / "data.npy").write_bytes((tmp_path / "data.npy").read_bytes()[:-8])
        with pytest.raises(ArtifactError, match=" ends "):
            rows.read(0, 40)


# The words beside a matrix.

spellings = st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | st.sampled_from(
    ["a\tb", "\\", "\\t", "new\nline", "\r", "<unk>", "\udce9", "\u2028"]
)


@settings(deadline=None)
@given(words=st.lists(spellings, unique=True, max_size=20), data=st.data(), read_bytes=st.integers(1, 40))
def test_words_are_read_as_they_were_written(words: list[str], data: st.DataObject, read_bytes: int) -> None:
    counts = np.array([data.draw(st.integers(0, 10**18 - 1)) for _ in words], np.int64)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(vocabulary, "_READ_BYTES", read_bytes)
        write_words(Path(folder) / "vocab.tsv", words, counts)
        found, numbers = read_words(Path(folder) / "vocab.tsv")
        lines = (Path(folder) / "vocab.tsv").read_bytes().count(b"\n")
    assert found == words
    assert numbers.dtype == np.int64
    assert numbers.tolist() == counts.tolist()
    assert lines == len(words)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a\t1\nb\t2", ["line 2", "truncated"]),
        (b"a\t1\nb\t", ["line 2", "truncated"]),
        (b"a\t1\nb\t2\nc", ["line 3", "truncated"]),
        (b"a\t1\nb 2\n", ["line 2", "expected a token"]),
        (b"a\t1\n7\n", ["line 2", "expected a token"]),
        (b"a\t1\n\n", ["line 2", "expected a token"]),
        (b"a\t\n", ["line 1", "expected a token"]),
        (b"a\t-1\n", ["line 1", "expected a token"]),
        (b"a\t1.5\n", ["line 1", "expected a token"]),
        (b"a\t1\nb\t9999999999999999999\n", ["line 2", "expected a token"]),
        ("a\t\u0661\n".encode(), ["line 1", "expected a token"]),
        (b"a\t1\n\xff\t2\n", ["line 2", "not valid UTF-8"]),
        (b"a\t1\nb\\q\t2\n", ["line 2", "is not an escape"]),
        (b"a\t1\nb\t1\na\t1\n", ["'a'", "two lines"]),
    ],
    ids=str,
)
@pytest.mark.parametrize("read_bytes", [1, 1 << 20])
def test_words_that_are_damaged_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, words: list[str], read_bytes: int
) -> None:
    monkeypatch.setattr(vocabulary, "_READ_BYTES", read_bytes)
    (tmp_path / "vocab.tsv").write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_words(tmp_path / "vocab.tsv")
    for word in ("vocab.tsv", *words):
        assert word in str(caught.value)
