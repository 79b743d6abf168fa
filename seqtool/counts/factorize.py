"""Truncated SVD → word vectors.

    M ≈ U S V'      the vector of word w is row w of U S^eig        Levy, Goldberg and Dagan 2015, section 3.3
                    its context vector is row w of V S^eig

The sign of a singular pair is free: here the largest number of each column of U is positive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqtool import progress
from seqtool.corpus.options import thread_count
from seqtool.counts.options import SvdOptions
from seqtool.errors import InputError, UsageError, plural

if TYPE_CHECKING:
    from scipy.sparse import csr_array
from pathlib import Path

from threadpoolctl import threadpool_limits

from seqtool.artifact.manifest import Recipe
from seqtool.artifact.read import Artifact
from seqtool.artifact.write import RunRecord, claim, write_artifact
from seqtool.counts.artifact import counted_words, open_counts
from seqtool.options import determining, operational
from seqtool.vectors.artifact import KIND, carry_tokenizer, write_vectors

# A matrix of so few rows, or one of which a good part of all directions is wanted, is decomposed as a dense one.
_DENSE_ROWS, _MOST_DENSE_ROWS = 1024, 8192
_DENSE_SHARE = 4


@dataclass(frozen=True)
class Decomposition:
    """u_NK, v_NK, and s_K (float64, falling); ``solver`` and ``device`` say how it was made."""

    u_NK: NDArray[Any]
    s_K: NDArray[np.float64]
    v_NK: NDArray[Any]
    solver: str
    device: str = "cpu"

    @property
    def energy(self) -> float:
        """The sum of the squared singular values."""
        return float(np.sum(self.s_K**2))


def decompose(matrix: csr_array, options: SvdOptions) -> Decomposition:
    """The ``options.dim`` largest singular triplets of a square matrix.

    Raises:
        InputError: where the matrix has fewer rows, or holds a number that is not finite; where the device is missing.
        UsageError: where the solver cannot do what is asked.
    """
    size, k, device = matrix.shape[0], options.dim, _device(options)
    if k > size:
        raise InputError(f"--dim {k} exceeds the {plural(size, 'word')}", f"use --dim {size} or less")
    if not np.isfinite(matrix.data).all():
        raise InputError("the matrix contains a value that is not finite", "recreate it")
    if options.solver == "lanczos" and (size <= _DENSE_ROWS or k * _DENSE_SHARE >= size <= _MOST_DENSE_ROWS):
        u, s, vt = np.linalg.svd(matrix.toarray().astype(np.float64), full_matrices=False)
        found = Decomposition(u[:, :k], s[:k], vt[:k].T, "dense")
    elif options.solver == "lanczos":
        found = _lanczos(matrix, options, device)
    else:
        found = _scipy(matrix, options)
    return _signed(found)


def word_vectors(found: Decomposition, options: SvdOptions) -> NDArray[np.float32]:
    """The vectors of a decomposition: float32 (N, K)."""
    weights_K = found.s_K**options.eig
    vectors: NDArray[Any] = found.u_NK * weights_K
    if options.add_contexts:
        vectors = vectors + found.v_NK * weights_K
    if options.normalize:
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors = vectors / np.where(lengths > 0, lengths, 1)
    return vectors.astype(np.float32)


def _lanczos(matrix: csr_array, options: SvdOptions, device: str) -> Decomposition:
    from seqtool.counts.lanczos import BLOCK_COLUMNS, block_lanczos
    from seqtool.counts.product import CpuMatrix, CudaMatrix

    most = matrix.shape[0] // BLOCK_COLUMNS * BLOCK_COLUMNS
    if options.dim > most:
        message = f"--solver lanczos finds at most {most} dimensions for {matrix.shape[0]} words"
        raise UsageError(message, f"use --dim {most} or less")
    # Squares of squares of large counts would pass what 32 bits hold.
    scale = float(np.abs(matrix.data).max(initial=0)) or 1.0
    matrix = (matrix / scale).tocsr()
    if device == "cpu":
        found = block_lanczos(CpuMatrix(matrix, thread_count(options.threads), options.seed), options.dim)
    else:
        found = block_lanczos(CudaMatrix(matrix, device, options.seed), options.dim)
    return Decomposition(found.u_NK, found.s_K * scale, found.v_NK, "lanczos", device)


def _device(options: SvdOptions) -> str:
    """Where to compute; ``auto`` is the CPU, which has the matrix already and needs seconds."""
    if options.device != "cuda":
        return "cpu"
    from seqtool.nn.device import choose_device

    return choose_device("cuda")[0].type


def _scipy(matrix: csr_array, options: SvdOptions) -> Decomposition:
    from scipy.sparse.linalg import ArpackError, svds

    size, k = matrix.shape[0], options.dim
    most = size - (options.solver == "arpack")
    if k > most:
        message = f"--solver {options.solver} finds at most {plural(most, 'dimension')} for {plural(size, 'word')}"
        raise UsageError(message, "use --solver lanczos")
    start = np.random.default_rng(options.seed).standard_normal(size)
    progress.note(f"--solver {options.solver} does not report progress")
    solver: Any = options.solver
    try:
        u, s, vt = svds(matrix.astype(np.float64), k=k, solver=solver, v0=start)
    except (ArpackError, np.linalg.LinAlgError) as error:  # of a matrix of few directions
        raise InputError(
            f"--solver {solver} failed to find {plural(k, 'dimension')} ({error})", "use --solver lanczos"
        ) from None
    order = np.argsort(-s)
    return Decomposition(u[:, order], s[order].astype(np.float64), vt[order].T, solver)


def _signed(found: Decomposition) -> Decomposition:
    largest = np.take_along_axis(found.u_NK, np.abs(found.u_NK).argmax(0)[None], 0)[0]
    signs = np.where(largest < 0, -1, 1).astype(found.u_NK.dtype)
    return Decomposition(found.u_NK * signs, found.s_K, found.v_NK * signs, found.solver, found.device)


def build_vectors(matrix: Artifact, options: SvdOptions, output: Path, overwrite: bool = False) -> bool:
    """Write the vectors of a matrix into the artifact ``output``; whether there was anything to do.

    Raises:
        ArtifactError: where the matrix is damaged.
        InputError: where it has too few words.
        OutputError: where ``output`` may not be replaced or cannot be written.
    """
    values = determining(options)
    seed = values.pop("seed")
    recipe = Recipe(KIND, "svd", values, [matrix.as_input()], seed)
    if claim(output, recipe, overwrite) == "up to date":
        return False
    run = RunRecord(operational(options))
    words, counts_V = counted_words(matrix)
    with write_artifact(output, recipe, run, overwrite) as draft:
        with run.timed("read"):
            sparse = open_counts(matrix)
        with run.timed("svd"), threadpool_limits(thread_count(options.threads)):
            found = decompose(sparse, options)
        run.details["device"] = found.device
        write_vectors(draft, words, counts_V, word_vectors(found, options))
        carry_tokenizer(matrix, draft)
        total = float(np.sum(sparse.data.astype(np.float64) ** 2))
        draft.summary.update(
            words=len(words),
            dim=options.dim,
            method="svd",
            solver=found.solver,
            largest_value=round(float(found.s_K[0]), 6),
            smallest_value=round(float(found.s_K[-1]), 6),
            energy=round(found.energy, 4),
            energy_share=round(found.energy / total, 6) if total else 0.0,
        )
        if "preprocessing" in matrix.summary:
            draft.summary["preprocessing"] = matrix.summary["preprocessing"]
    return draft.written
