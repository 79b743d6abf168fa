"""Truncated SVD by block Lanczos.

The Krylov space of A'A is built a block of columns at a time from a random block (Golub, Luk and Overton 1981). For the
same number of products it comes nearer to the best space than subspace iteration does (Musco and Musco 2015). Every new
block is made orthogonal to the two before it, and then to the whole basis, because a basis in 32 bits does not stay
orthogonal by itself. It ends when the energy that the leading K directions capture hardly grows; the singular vectors
are those of A restricted to these directions.

The same code computes with numpy arrays on the CPU and with torch tensors on CUDA.

Shapes: A is N × N; B columns of a block, M of the basis, K singular vectors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool import progress
from seqtool.counts.product import CpuMatrix, CudaMatrix

Operator = CpuMatrix | CudaMatrix
BLOCK_COLUMNS = 32
_BLOCKS_BETWEEN_CHECKS = 2
# Directions of a block shorter than this, relative to its longest, are rounding errors in 32 bits.
_NEGLIGIBLE = 1e-3
# So are those shorter than this, relative to A'A; those shorter than that are not orthogonal enough to the basis.
_NOISE, _NOISY = 1e-6, 1e-3


@dataclass(frozen=True)
class Triplets:
    """Singular vectors u_NK, v_NK (host, in the operator's precision), values s_K (float64, falling)."""

    u_NK: NDArray[Any]
    s_K: NDArray[np.float64]
    v_NK: NDArray[Any]


def block_lanczos(matrix: Operator, k: int, tolerance: float = 5e-4, block: int = BLOCK_COLUMNS) -> Triplets:
    """The K largest singular triplets.

    Args:
        matrix: A.
        k: how many; at most N.
        tolerance: it ends when `_BLOCKS_BETWEEN_CHECKS` more blocks add less than this share to the energy.
        block: columns of a block.
    """
    most = min(matrix.size, 8 * k + 8 * block) // block * block
    basis_NM, t_MM = matrix.empty(most), np.zeros((most, most))
    energy, done, coupling = 0.0, 0, None
    new_NB = _orthonormal(matrix, matrix.random(block), basis_NM[:, :0])[0]
    with progress.stage("svd", "dimensions") as stage:
        while True:
            basis_NM[:, done : done + block] = new_NB
            rest_NB = matrix.transposed_times(matrix.times(new_NB))
            if coupling is not None:
                rest_NB -= basis_NM[:, done - block : done] @ matrix.array(coupling.T)
            diagonal = new_NB.T @ rest_NB
            rest_NB -= new_NB @ diagonal
            t_MM[done : done + block, done : done + block] = matrix.host(diagonal)
            done += block
            stage.advance(block)
            if done >= k and (done // block) % _BLOCKS_BETWEEN_CHECKS == 0:
                before, energy = energy, _energy(t_MM[:done, :done], k, block)
                if energy - before <= tolerance * energy:
                    break
            if done + block > most:
                break
            basis = basis_NM[:, :done]
            rest_NB -= basis @ (basis.T @ rest_NB)
            new_NB, coupling = _orthonormal(matrix, rest_NB, basis, float(np.abs(t_MM[:done, :done]).max()))
            t_MM[done : done + block, done - block : done] = coupling
            t_MM[done - block : done, done : done + block] = coupling.T
    return _restricted(matrix, basis_NM[:, :done], t_MM[:done, :done], k)


def _energy(t_MM: NDArray[np.float64], k: int, block: int) -> float:
    """The sum of the K largest eigenvalues of a band matrix."""
    from scipy.linalg import eig_banded

    size = len(t_MM)
    bands = np.zeros((2 * block, size))
    for offset in range(min(2 * block, size)):
        bands[offset, : size - offset] = np.diagonal(t_MM, -offset)
    largest = eig_banded(bands, lower=True, eigvals_only=True, select="i", select_range=(size - k, size - 1))
    return float(np.sum(largest))


def _restricted(matrix: Operator, basis_NM: Any, t_MM: NDArray[np.float64], k: int) -> Triplets:
    """The singular triplets of A on the leading K directions of the basis."""
    k = min(k, len(t_MM))
    _, ritz_MM = np.linalg.eigh((t_MM + t_MM.T) / 2)
    v_NK = basis_NM @ matrix.array(ritz_MM[:, ::-1][:, :k])
    image_NK = matrix.times(v_NK)
    # The small matrix is worked on in 64 bits: A V = Q R, R = P S W'.
    gram = matrix.host(image_NK.T @ image_NK).astype(np.float64)
    squares, w_KK = np.linalg.eigh((gram + gram.T) / 2)
    s_K = np.sqrt(np.maximum(squares[::-1], 0))
    w_KK = w_KK[:, ::-1]
    inverse = np.divide(1.0, s_K, out=np.zeros_like(s_K), where=s_K > _NEGLIGIBLE**2 * s_K[0])
    u_NK = image_NK @ matrix.array(w_KK * inverse)
    return Triplets(matrix.host(u_NK), s_K, matrix.host(v_NK @ matrix.array(np.ascontiguousarray(w_KK))))


def _orthonormal(matrix: Operator, x_NB: Any, basis_NM: Any, scale: float = 0.0) -> tuple[Any, NDArray[np.float64]]:
    """(Q, R): X = Q R with orthonormal columns Q, orthogonal to the basis, to which X is orthogonal already.

    Where X has fewer than B directions, random ones take their place, with zeros in R. ``scale`` is that of A'A, whose
    rounding errors are no directions.
    """
    directions = matrix.host(x_NB.T @ x_NB).astype(np.float64)
    squares, vectors = np.linalg.eigh((directions + directions.T) / 2)
    lengths = np.sqrt(np.maximum(squares, 0))
    kept = lengths > max(_NEGLIGIBLE * lengths[-1], _NOISE * scale, 1e-30)
    inverse = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=kept)
    q_NB = x_NB @ matrix.array(vectors * inverse)
    if lengths[kept].min(initial=np.inf) < _NOISY * scale:
        q_NB -= basis_NM @ (basis_NM.T @ q_NB)
    r_BB = (lengths * kept)[:, None] * vectors.T
    if not kept.all():
        q_NB += _random_rest(matrix, q_NB, basis_NM) @ matrix.array(np.diag((~kept).astype(np.float64)))
    for _ in range(2):  # a basis of unit length, made exactly orthonormal
        gram = matrix.host(q_NB.T @ q_NB).astype(np.float64)
        lower = np.linalg.cholesky(gram)
        q_NB = q_NB @ matrix.array(np.linalg.inv(lower).T)
        r_BB = lower.T @ r_BB
    return q_NB, r_BB


def _random_rest(matrix: Operator, q_NB: Any, basis_NM: Any) -> Any:
    """Random columns orthogonal to the basis and to Q, of about unit length."""
    x_NB = matrix.random(q_NB.shape[1]) * (1 / np.sqrt(matrix.size))
    for _ in range(2):
        x_NB -= basis_NM @ (basis_NM.T @ x_NB)
        x_NB -= q_NB @ (q_NB.T @ x_NB)
    return x_NB
