"""PMI and its kin equal the formulas on dense matrices, and make none themselves."""

from __future__ import annotations

import dataclasses
import tempfile
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from seqtool.counts import association
from seqtool.counts.association import write_associations
from seqtool.counts.options import PpmiOptions

OnDisk = Callable[..., Any]


def dense_formula(counts: np.ndarray, o: PpmiOptions) -> np.ndarray:
    """The score of every pair that was seen, nan elsewhere."""
    joint = counts / counts.sum()
    words = joint.sum(1, keepdims=True)
    smoothed = counts.sum(0) ** o.cds * (counts.sum(0) > 0)
    contexts = smoothed / smoothed.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        pmi = np.log(joint / (words * contexts)) - np.log(o.shift)
    return np.where(counts > 0, pmi / (np.log(2) if o.log == "2" else 1), np.nan)


def associations(on_disk: OnDisk, counts: csr_array, dtype: Any = np.uint32, **options: Any) -> csr_array:
    wanted = PpmiOptions(**({"threads": 1} | options))
    with tempfile.TemporaryDirectory() as source, tempfile.TemporaryDirectory() as target:
        with on_disk(Path(source), counts, dtype) as rows:
            entries = write_associations(rows, wanted, Path(target))
        indptr, columns, values = (np.load(Path(target) / f"{part}.npy") for part in ("indptr", "indices", "data"))
    assert (indptr.dtype, columns.dtype, values.dtype) == (np.int64, np.int32, np.float32)
    assert len(values) == len(columns) == entries == indptr[-1]
    return csr_array((values, columns, indptr), shape=counts.shape)


counts_of = st.integers(1, 12).flatmap(
    lambda n: st.lists(
        st.lists(st.sampled_from([0, 0, 0, 1, 1, 2, 7, 300, 2**31]), min_size=n, max_size=n), min_size=n, max_size=n
    )
)
all_options = st.builds(
    PpmiOptions,
    shift=st.sampled_from([1.0, 5.0, 0.2, 1.7]),
    cds=st.sampled_from([1.0, 0.75, 0.0, 0.3]),
    positive=st.booleans(),
    log=st.sampled_from(["natural", "2"]),
    threads=st.integers(1, 2),
)


@settings(max_examples=150, deadline=None)
@given(counts=counts_of, o=all_options, dtype=st.sampled_from([np.uint32, np.uint64]), most=st.integers(1, 9))
def test_it_equals_the_dense_formula(
    on_disk: OnDisk, counts: list[list[int]], o: PpmiOptions, dtype: Any, most: int
) -> None:
    dense = np.array(counts, np.float64)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("error")
        blocks = association.SparseRows.blocks
        patch.setattr(association.SparseRows, "blocks", lambda self: blocks(self, most))
        found = associations(on_disk, csr_array(dense), dtype, **dataclasses.asdict(o))
    if not dense.any():
        assert found.nnz == 0
        return
    expected = dense_formula(dense, o)
    seen = dense > 0
    if not o.positive:
        assert ((found != 0).toarray() <= seen).all()
        assert found.nnz == seen.sum(), "an entry for every pair seen, be it 0"
        np.testing.assert_allclose(found.toarray()[seen], expected[seen], rtol=1e-6, atol=1e-6)
    else:
        assert (found.data > 0).all(), "no stored zeros"
        np.testing.assert_allclose(found.toarray(), np.nan_to_num(np.maximum(expected, 0)), rtol=1e-6, atol=1e-6)
    for row in range(len(dense)):
        assert (np.diff(found.indices[found.indptr[row] : found.indptr[row + 1]]) > 0).all()


def test_by_hand(on_disk: OnDisk) -> None:
    """Of 8 pairs, (0, 1) is 3, row 0 sums to 4 and column 1 to 3: log(3 · 8 / (4 · 3)) = log 2."""
    counts = csr_array(np.array([[1, 3], [4, 0]]))
    assert associations(on_disk, counts, log="2").toarray().tolist() == [[0, 1], [pytest.approx(np.log2(1.6)), 0]]
    shifted = associations(on_disk, counts, log="2", shift=1.6).toarray()
    assert shifted.tolist() == [[0, pytest.approx(1 - np.log2(1.6))], [0, 0]]
    assert associations(on_disk, counts, shift=2.1).nnz == 0
    flat = associations(on_disk, counts, log="2", cds=0.0).toarray()  # every context has a probability of 1/2
    assert flat.tolist() == [[0, pytest.approx(np.log2(1.5))], [1, 0]]
    all_of_them = associations(on_disk, counts, log="2", positive=False)
    assert all_of_them.nnz == 3
    assert all_of_them[0, 0] == pytest.approx(np.log2(1 * 8 / (4 * 5)))


def test_words_without_neighbours_have_empty_rows(on_disk: OnDisk) -> None:
    counts = np.zeros((5, 5))
    counts[1, 3] = counts[3, 1] = 2
    for cds in (1.0, 0.75, 0.0):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = associations(on_disk, csr_array(counts), cds=cds)
        assert np.diff(found.indptr).tolist() == [0, 1, 0, 1, 0]
        assert found.data.tolist() == pytest.approx([np.log(2)] * 2)


def test_counts_of_nothing_give_a_matrix_of_nothing(on_disk: OnDisk) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert associations(on_disk, csr_array((3, 3), dtype=np.float64)).nnz == 0


def test_sums_of_64_bits(on_disk: OnDisk) -> None:
    counts = csr_array(np.array([[0, 2**53], [2**53, 2**50]], np.float64))
    found = associations(on_disk, counts, np.uint64, positive=False)
    np.testing.assert_allclose(
        found.toarray()[counts.toarray() > 0],
        dense_formula(counts.toarray(), PpmiOptions())[counts.toarray() > 0],
        rtol=1e-6,
    )


def test_threads_change_no_byte(on_disk: OnDisk) -> None:
    draw = np.random.default_rng(4)
    counts = csr_array(draw.integers(0, 4, (300, 300)).astype(np.float64))
    with pytest.MonkeyPatch.context() as patch:
        blocks = association.SparseRows.blocks
        patch.setattr(association.SparseRows, "blocks", lambda self: blocks(self, 500))
        first, second = (associations(on_disk, counts, threads=threads, cds=0.75) for threads in (1, 3))
    assert first.data.tobytes() == second.data.tobytes()
    assert first.indices.tobytes() == second.indices.tobytes()


def test_no_dense_matrix_is_made(on_disk: OnDisk) -> None:
    """200,000 words beside each other: 320 GB as a dense matrix, 40 MB here."""
    size = 200_000
    places = np.random.default_rng(5).integers(0, size, (2, 400_000))
    counts = csr_array((np.ones(400_000), (places[0], places[1])), shape=(size, size))
    associations(on_disk, csr_array(np.ones((2, 2))), cds=0.75, threads=2)
    tracemalloc.start()
    found = associations(on_disk, counts, cds=0.75, threads=2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.nnz > 390_000
    assert peak < 64 << 20
