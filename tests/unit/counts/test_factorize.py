"""Truncated SVD: planted answers are found, solvers agree, and no matrix is too plain."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array
from scipy.sparse.linalg import svds

from seqtool.counts.factorize import Decomposition, decompose, word_vectors
from seqtool.counts.lanczos import BLOCK_COLUMNS, Triplets, block_lanczos
from seqtool.counts.options import SvdOptions
from seqtool.counts.product import CpuMatrix
from seqtool.errors import InputError, UsageError


def rotations(size: int, sweeps: int, draw: np.random.Generator) -> csr_array:
    """A sparse orthogonal matrix: pairs of coordinates turned by random angles, a few times."""
    result: Any = csr_array(np.eye(1)) if size == 1 else None
    for _ in range(sweeps):
        order, angles = draw.permutation(size), draw.uniform(0, 2 * np.pi, size // 2)
        left, right = order[: 2 * len(angles) : 2], order[1 : 2 * len(angles) : 2]
        rest = order[2 * len(angles) :]
        rows = np.concatenate([left, left, right, right, rest])
        columns = np.concatenate([left, right, left, right, rest])
        values = np.concatenate([np.cos(angles), -np.sin(angles), np.sin(angles), np.cos(angles), np.ones(len(rest))])
        turn = csr_array((values, (rows, columns)), shape=(size, size))
        result = turn if result is None else turn @ result
    return result


def planted(s_N: np.ndarray, seed: int = 0, sweeps: int = 3) -> tuple[csr_array, np.ndarray, np.ndarray]:
    """A sparse matrix, not symmetric, with these singular values; its singular vectors u and v."""
    draw = np.random.default_rng(seed)
    u, v = rotations(len(s_N), sweeps, draw), rotations(len(s_N), sweeps, draw)
    matrix = csr_array(u * s_N[None] @ v.T)
    matrix.sort_indices()
    return matrix, u.toarray(), v.toarray()


def sine_between(a_NK: np.ndarray, b_NK: np.ndarray) -> float:
    """Of the largest angle between two spaces, whose bases are made orthonormal first."""
    a, b = np.linalg.qr(a_NK.astype(np.float64))[0], np.linalg.qr(b_NK.astype(np.float64))[0]
    return float(np.linalg.norm(b - a @ (a.T @ b), 2))


def lanczos(matrix: csr_array, k: int, dtype: Any = np.float64, tolerance: float = 1e-13, seed: int = 1) -> Triplets:
    return block_lanczos(CpuMatrix(matrix, 1, seed, dtype), k, tolerance)


GAP = np.concatenate([np.linspace(3.0, 2.0, 12), 1.0 / np.arange(1, 1189) ** 0.5])


@pytest.mark.parametrize(("dtype", "bound"), [(np.float64, 1e-5), (np.float32, 1e-4)])
def test_the_subspace_is_that_of_svds_and_the_planted_one(dtype: Any, bound: float) -> None:
    matrix, u, v = planted(GAP)
    found = lanczos(matrix, 12, dtype)
    theirs, s, vt = svds(matrix, k=12, random_state=0)
    assert found.u_NK.dtype == dtype
    assert sine_between(found.u_NK, theirs) < bound
    assert sine_between(found.v_NK, vt.T) < bound
    assert sine_between(found.u_NK, u[:, :12]) < bound
    assert sine_between(found.v_NK, v[:, :12]) < bound
    np.testing.assert_allclose(found.s_K, np.sort(s)[::-1], rtol=bound)
    # Where values stand apart the vectors themselves are the same, but for their sign.
    cosines = np.abs(np.sum(found.u_NK * u[:, :12], 0))
    assert cosines.min() > 1 - (1e-6 if dtype == np.float64 else 1e-3)


@pytest.mark.parametrize("exponent", [0.1, 0.3, 0.7])
def test_a_slowly_falling_spectrum_is_captured(exponent: float) -> None:
    """99.9 % of the energy of the best 100 directions, with the tolerance that the command uses, in 32 bits."""
    s_N = np.arange(1, 3001) ** -exponent
    matrix, _, _ = planted(s_N, sweeps=2)
    found = decompose(matrix, SvdOptions(dim=100, threads=1))
    assert found.solver == "lanczos"
    assert found.energy >= 0.999 * np.sum(s_N[:100] ** 2)
    assert found.energy <= 1.00001 * np.sum(s_N[:100] ** 2)
    # What it says it captured it did: U' A V is S.
    image = found.u_NK.T.astype(np.float64) @ (matrix @ found.v_NK.astype(np.float64))
    np.testing.assert_allclose(image, np.diag(found.s_K), atol=1e-4)


@pytest.fixture(scope="module")
def solved() -> tuple[csr_array, dict[str, Decomposition]]:
    matrix, _, _ = planted(GAP, seed=3)
    return matrix, {
        name: decompose(matrix, SvdOptions(dim=12, solver=name, threads=1)) for name in ("lanczos", "arpack", "propack")
    }


def test_solvers_agree(solved: tuple[csr_array, dict[str, Decomposition]]) -> None:
    matrix, found = solved
    for name, one in found.items():
        assert one.solver == name
        assert (np.diff(one.s_K) <= 0).all()
        np.testing.assert_allclose(one.s_K, GAP[:12], rtol=1e-5)
        assert sine_between(one.u_NK, found["arpack"].u_NK) < 1e-2
        for basis in (one.u_NK, one.v_NK):
            np.testing.assert_allclose(basis.T @ basis, np.eye(12), atol=1e-5)
        np.testing.assert_allclose(matrix @ one.v_NK, one.u_NK * one.s_K, atol=1e-2)
        assert one.energy == pytest.approx(np.sum(GAP[:12] ** 2), rel=1e-5)
    assert sine_between(found["propack"].u_NK, found["arpack"].u_NK) < 1e-8


def test_the_largest_number_of_a_column_is_positive(solved: tuple[csr_array, dict[str, Decomposition]]) -> None:
    signs = {}
    for name, one in solved[1].items():
        places = np.abs(one.u_NK).argmax(0)
        assert (one.u_NK[places, np.arange(12)] > 0).all()
        signs[name] = one.u_NK
    np.testing.assert_allclose(signs["arpack"], signs["propack"], atol=1e-8)
    dense = decompose(planted(GAP[:40])[0], SvdOptions(dim=7))
    assert dense.solver == "dense"
    assert (dense.u_NK[np.abs(dense.u_NK).argmax(0), np.arange(7)] > 0).all()


@settings(max_examples=40, deadline=None)
@given(size=st.integers(1, 12), density=st.sampled_from([0.0, 0.2, 0.7, 1.0]), seed=st.integers(0, 99), data=st.data())
def test_small_matrices_are_exact(size: int, density: float, seed: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, size))
    matrix = random_array((size, size), density=density, format="csr", rng=np.random.default_rng(seed))
    found = decompose(matrix, SvdOptions(dim=k))
    exact = np.linalg.svd(matrix.toarray(), compute_uv=False)
    np.testing.assert_allclose(found.s_K, exact[:k], atol=1e-12)
    np.testing.assert_allclose(matrix @ found.v_NK, found.u_NK * found.s_K, atol=1e-10)
    assert found.u_NK.shape == found.v_NK.shape == (size, k)
    vectors = word_vectors(found, SvdOptions(dim=k))
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()


@pytest.mark.parametrize("solver", ["lanczos", "arpack", "propack"])
@pytest.mark.parametrize("rank", [1, 5])
def test_a_rank_below_the_dimension(solver: str, rank: int) -> None:
    s_N = np.zeros(1100)
    s_N[:rank] = np.arange(rank, 0, -1)
    matrix, u, _ = planted(s_N)
    matrix.eliminate_zeros()
    options = SvdOptions(dim=20, solver=solver, threads=1)
    if solver == "propack" and rank == 1:
        with pytest.raises(InputError, match=r"propack .* 20 .*--solver"):
            decompose(matrix, options)
        return
    found = decompose(matrix, options)
    np.testing.assert_allclose(found.s_K[:rank], s_N[:rank], rtol=1e-5)
    assert np.abs(found.s_K[rank:]).max() < 2e-3
    assert sine_between(found.u_NK[:, :rank], u[:, :rank]) < 1e-4
    vectors = word_vectors(found, options)
    assert np.isfinite(vectors).all()
    gram = vectors.astype(np.float64) @ vectors.T
    np.testing.assert_allclose(gram, u * s_N @ u.T, atol=5e-3)


@pytest.mark.parametrize("base", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("k", [5, 40, 200])
def test_a_spectrum_that_falls_below_what_32_bits_hold(base: float, k: int) -> None:
    s_N = base ** np.arange(1100)
    matrix, u, _ = planted(s_N, sweeps=2)
    found = decompose(matrix, SvdOptions(dim=k, threads=1))
    np.testing.assert_allclose(found.s_K, s_N[:k], atol=1e-3)
    assert found.energy == pytest.approx(np.sum(s_N[:k] ** 2), rel=1e-5)
    large = int(np.sum(s_N[:k] > 0.02))
    assert sine_between(found.u_NK[:, :large], u[:, :large]) < (1e-2 if large < k else 2)
    for basis in (found.u_NK[:, :large], found.v_NK):
        np.testing.assert_allclose(basis.T @ basis, np.eye(basis.shape[1]), atol=1e-3)


@pytest.mark.parametrize("solver", ["lanczos", "arpack", "propack"])
@pytest.mark.parametrize("size", [30, 1100])
def test_a_matrix_of_zeros(solver: str, size: int) -> None:
    options = SvdOptions(dim=5, solver=solver, threads=1)
    if solver == "arpack":
        with pytest.raises(InputError, match=r"arpack .* 5 .*--solver"):
            decompose(csr_array((size, size)), options)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = decompose(csr_array((size, size), dtype=np.float32), options)
    assert found.s_K.tolist() == [0] * 5
    for how in (options, SvdOptions(dim=5, normalize=True)):
        assert not word_vectors(found, how).any()


def test_every_dimension_of_a_larger_matrix_is_found() -> None:
    matrix, _, _ = planted(GAP)
    found = decompose(matrix, SvdOptions(dim=1200))
    assert found.solver == "dense"
    np.testing.assert_allclose(found.s_K, np.sort(GAP)[::-1], atol=1e-10)


def test_the_same_seed_gives_the_same_bytes() -> None:
    matrix, _, _ = planted(np.arange(1, 1301) ** -0.3)
    first, again, other = (decompose(matrix, SvdOptions(dim=30, threads=1, seed=seed)) for seed in (7, 7, 8))
    assert first.u_NK.tobytes() == again.u_NK.tobytes()
    assert first.s_K.tobytes() == again.s_K.tobytes()
    assert first.u_NK.tobytes() != other.u_NK.tobytes()
    np.testing.assert_allclose(first.s_K, other.s_K, rtol=1e-2)


@settings(max_examples=25, deadline=None)
@given(
    size=st.sampled_from([1, 31, 4097, 6001, 12_500]),
    density=st.sampled_from([0.0, 1e-4, 1e-3]),
    width=st.sampled_from([1, 3, 32]),
    threads=st.integers(1, 2),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_the_product_is_that_of_scipy(size: int, density: float, width: int, threads: int, dtype: Any) -> None:
    """Over the edges of tiles, of 6,000 columns and 4,096 rows."""
    draw = np.random.default_rng(size)
    entries = int(density * size * size)
    places = draw.integers(0, size, (2, entries))
    matrix = csr_array((draw.standard_normal(entries), (places[0], places[1])), shape=(size, size))
    matrix.sum_duplicates()
    operator = CpuMatrix(matrix, threads, 1, dtype)
    x = draw.standard_normal((size, width)).astype(dtype)
    bound = 1e-4 if dtype == np.float32 else 1e-10
    for order in ("C", "F"):
        given_x = np.asarray(x, order=order)  # type: ignore[call-overload]
        np.testing.assert_allclose(operator.times(given_x), matrix @ x, atol=bound)
        np.testing.assert_allclose(operator.transposed_times(given_x), matrix.T @ x, atol=bound)
    assert operator.times(x).dtype == dtype


@pytest.mark.parametrize(
    ("size", "options", "kind", "words"),
    [
        (3, {"dim": 4}, InputError, " 4 .*--dim 3 "),
        (0, {"dim": 1}, InputError, " 0 "),
        (3, {"dim": 3, "solver": "arpack"}, UsageError, "arpack .* 2 .* 3 "),
        (1, {"dim": 1, "solver": "arpack"}, UsageError, "arpack .* 0 "),
    ],
)
def test_too_many_dimensions_are_one_line(size: int, options: dict[str, Any], kind: type, words: str) -> None:
    with pytest.raises(kind, match=words):
        decompose(csr_array((size, size)), SvdOptions(**options))


def test_propack_finds_all() -> None:
    matrix, _, _ = planted(np.arange(20, 0, -1.0))
    found = decompose(matrix, SvdOptions(dim=20, solver="propack"))
    np.testing.assert_allclose(found.s_K, np.arange(20, 0, -1), rtol=1e-10)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(InputError, match="not finite"):
        decompose(csr_array(np.array([[1.0, 0], [value, 1]])), SvdOptions(dim=1))


def test_vectors_by_hand() -> None:
    """[[0, 4], [9, 0]]: 9 with u = (0, 1) and v = (1, 0), then 4 with u = (1, 0) and v = (0, 1)."""
    found = decompose(csr_array(np.array([[0.0, 4], [9, 0]])), SvdOptions(dim=2))
    assert found.s_K.tolist() == pytest.approx([9, 4])

    def vectors(**options: Any) -> list[list[float]]:
        rows = word_vectors(found, SvdOptions(dim=2, **options)).tolist()
        return [[pytest.approx(number, abs=1e-6) for number in row] for row in rows]

    assert vectors() == [[0, 2], [3, 0]]
    assert vectors(eig=1.0) == [[0, 4], [9, 0]]
    assert vectors(eig=0.0) == [[0, 1], [1, 0]]
    assert vectors(add_contexts=True) == [[3, 2], [3, 2]]
    assert vectors(add_contexts=True, eig=1.0) == [[9, 4], [9, 4]]
    assert vectors(eig=1.0, normalize=True) == [[0, 1], [1, 0]]
    root = 13**0.5
    assert vectors(add_contexts=True, normalize=True) == [[3 / root, 2 / root]] * 2


def test_a_word_without_neighbours_has_a_vector_of_zeros() -> None:
    matrix = csr_array(np.array([[0, 2.0, 0], [2, 0, 0], [0, 0, 0]]))
    for how in ({}, {"normalize": True}, {"add_contexts": True}):
        options = SvdOptions(dim=2, **how)
        vectors = word_vectors(decompose(matrix, options), options)
        assert vectors[2].tolist() == [0, 0]
        assert vectors[:2].any(1).all()


def test_a_block_without_enough_directions_is_filled_up() -> None:
    """Fewer directions than a block has columns, and then the same again: the basis stays orthonormal."""
    s_N = np.zeros(1100)
    s_N[: BLOCK_COLUMNS + 3] = 1.0
    matrix, u, _ = planted(s_N)
    found = lanczos(matrix, BLOCK_COLUMNS + 3, np.float32)
    np.testing.assert_allclose(found.s_K, 1.0, rtol=1e-4)
    assert sine_between(found.u_NK, u[:, : BLOCK_COLUMNS + 3]) < 1e-3


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
@pytest.mark.parametrize("solver", ["lanczos", "arpack", "propack"])
def test_a_device_that_is_missing_is_refused_for_small_matrices_too(solver: str) -> None:
    matrix, _, _ = planted(np.arange(20, 0, -1.0))
    with pytest.raises(InputError, match="CUDA"):
        decompose(matrix, SvdOptions(dim=3, solver=solver, device="cuda"))
