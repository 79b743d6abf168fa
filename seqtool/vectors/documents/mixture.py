"""Vectors of lines made of the vectors of their words, and clusters of them.

mean  the mean of the words' vectors
idf   the mean weighted by ln((1 + N) / (1 + df)) + 1: N lines, of which df have the word
sif   the sum of a / (a + p(word)) · vector over the number of words, without the first principal component
      (Arora et al. 2017); p is the word's share of the vectors' corpus, or of the text where its counts are not known

Words without a vector are left out; a line without any word that has one gets zeros. Lines are taken a block at a time:
memory grows with the vocabulary and the dimension, not with the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqtool.compute.arrays import read_items
from seqtool.corpus.corpus import Corpus
from seqtool.corpus.vocabulary import EOS, UNK
from seqtool.errors import InputError
from seqtool.progress import stage
from seqtool.vectors.options import DocumentOptions
from seqtool.vectors.unit_rows import unit_rows
from seqtool.vectors.word_vectors import WordVectors

BLOCK_BYTES = 32 << 20
_SAMPLE_BYTES, _SAMPLE_PER_CLUSTER = 32 << 20, 50
_RESTARTS, _BATCH = 3, 4096


@dataclass(frozen=True)
class Documents:
    """What was counted on the way.

    Attributes:
        lines, empty: lines, and those without a word that has a vector.
        tokens, unknown: words, and those without a vector.
    """

    lines: int
    empty: int
    tokens: int
    unknown: int


@dataclass(frozen=True)
class Clusters:
    """A division of lines, the largest cluster first.

    Attributes:
        labels: int64 (N,), -1 for a line of zeros.
        distances: float32 (N,): from the line's vector, made of length one, to the center; 0 for a line of zeros.
        centres: float32 (K, D).
        sizes: int64 (K,).
    """

    labels: NDArray[np.int64]
    distances: NDArray[np.float32]
    centres: NDArray[np.float32]
    sizes: NDArray[np.int64]


def write_document_vectors(vectors: WordVectors, corpus: Corpus, options: DocumentOptions, path: Path) -> Documents:
    """Write the vectors of a text's lines as a ``.npy`` file, float32 (N, D).

    Args:
        vectors: of the words; those with n-grams spell the text's other words.
        corpus: the text; each of its sentences is a line.
        options: the weighting.
        path: the file to be written.
    """
    vectors = vectors.knowing(corpus.vocabulary.tokens[2:])
    rows_V = _rows(vectors, corpus)
    weights_V = _weights(vectors, corpus, rows_V, options)
    gram_DD = np.zeros((vectors.dim, vectors.dim))
    empty = unknown = 0
    with path.open("wb") as file, stage("document vectors", "lines", len(corpus)) as progress:
        shape = (len(corpus), vectors.dim)
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
        for first, end in _blocks(corpus, vectors.dim):
            block_ND, known_N = _summed(vectors, corpus, rows_V, weights_V, options, first, end)
            file.write(np.ascontiguousarray(block_ND, "<f4").data)
            if options.weighting == "sif":
                wide_ND = block_ND.astype(np.float64)
                gram_DD += wide_ND.T @ wide_ND
            empty += int(np.count_nonzero(known_N == 0))
            unknown += int((np.diff(corpus.bounds[first : end + 1]) - 1).sum() - known_N.sum())
            progress.advance(end - first)
    if options.weighting == "sif" and len(corpus) - empty > 1:
        # What all of a single line's words share is the line itself.
        _remove_component(path, np.linalg.eigh(gram_DD)[1][:, -1])
    return Documents(len(corpus), empty, len(corpus.ids) - len(corpus), unknown)


def cluster(vectors_ND: NDArray[np.float32], count: int, seed: int) -> Clusters:
    """k-means over the lines' vectors made of length one, so that their angles decide; lines of zeros have no cluster.

    The centers are found on all lines or, of a large text, in batches (Sculley 2010) on a sample of 32 MB; then each
    line goes to the nearest.

    Raises:
        InputError: more clusters than different lines.
    """
    from sklearn.cluster import KMeans, MiniBatchKMeans

    used = _not_zero(vectors_ND)
    most = max(_SAMPLE_BYTES // (4 * vectors_ND.shape[1]), _SAMPLE_PER_CLUSTER * count)
    sample_ND = unit_rows(vectors_ND[_sample(used, most, seed)])
    different = len({row_D.tobytes() for row_D in sample_ND})
    if different < count:
        raise InputError(
            f"--clusters {count} exceeds the number of distinct lines with a vector ({different:,})",
            f"use --clusters {different} or less" if different else "give a text whose words have vectors",
        )
    method = partial(MiniBatchKMeans, batch_size=max(_BATCH, count)) if len(sample_ND) > 2 * _BATCH else KMeans
    fitted = method(count, n_init=_RESTARTS, random_state=seed).fit(sample_ND)
    centres_KD = fitted.cluster_centers_.astype(np.float32)
    labels, distances = _assigned(vectors_ND, used, centres_KD)
    sizes = np.bincount(labels[used], minlength=count)
    order = np.argsort(-sizes, kind="stable")
    rank = np.empty(count + 1, np.int64)
    rank[order], rank[-1] = np.arange(count), -1
    return Clusters(rank[labels], distances, centres_KD[order], sizes[order])


def _rows(vectors: WordVectors, corpus: Corpus) -> NDArray[np.int64]:
    """For every id of the text the row of its vector, -1 where there is none: int64 (V,)."""
    rows_V = vectors.ids_of(corpus.vocabulary.tokens)
    rows_V[[UNK, EOS]] = -1
    return rows_V


def _weights(
    vectors: WordVectors, corpus: Corpus, rows_V: NDArray[np.int64], options: DocumentOptions
) -> NDArray[np.float32]:
    """The weight of each of the text's types: float32 (V,)."""
    if options.weighting == "mean":
        return np.ones(len(rows_V), np.float32)
    if options.weighting == "idf":
        lines_V = _line_counts(corpus, len(rows_V), vectors.dim)
        return (np.log((1 + len(corpus)) / (1 + lines_V)) + 1).astype(np.float32)
    if vectors.counts is not None and vectors.counts.sum() > 0:
        shares_V = np.where(rows_V < 0, 0, vectors.counts[rows_V]) / vectors.counts.sum()
    else:
        counts_V = corpus.vocabulary.counts.astype(np.float64)
        counts_V[[UNK, EOS]] = 0
        shares_V = counts_V / max(1.0, counts_V.sum())
    return (options.sif_a / (options.sif_a + shares_V)).astype(np.float32)


def _line_counts(corpus: Corpus, types: int, dim: int) -> NDArray[np.int64]:
    """In how many lines each type occurs: int64 (V,)."""
    counts_V = np.zeros(types, np.int64)
    for first, end in _blocks(corpus, dim):
        bounds = np.asarray(corpus.bounds[first : end + 1])
        ids = np.asarray(corpus.ids[bounds[0] : bounds[-1]], np.int64)
        owners = np.repeat(np.arange(end - first), np.diff(bounds))
        counts_V += np.bincount(np.unique(owners * types + ids) % types, minlength=types)
    return counts_V


def _blocks(corpus: Corpus, dim: int) -> Iterator[tuple[int, int]]:
    """Runs of lines, each of about `BLOCK_BYTES` of vectors or of tokens: first, after the last."""
    most_lines, most_tokens = max(1, BLOCK_BYTES // (4 * dim)), BLOCK_BYTES // 16
    first = 0
    while first < len(corpus):
        end = int(np.searchsorted(corpus.bounds, corpus.bounds[first] + most_tokens, side="right")) - 1
        end = min(max(end, first + 1), first + most_lines, len(corpus))
        yield first, end
        first = end


def _summed(
    vectors: WordVectors,
    corpus: Corpus,
    rows_V: NDArray[np.int64],
    weights_V: NDArray[np.float32],
    options: DocumentOptions,
    first: int,
    end: int,
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The weighted means of a run of lines, float32 (N, D), and how many of each line's words have a vector."""
    from scipy.sparse import csr_array

    bounds = np.asarray(corpus.bounds[first : end + 1])
    ids = np.asarray(corpus.ids[bounds[0] : bounds[-1]])
    known = rows_V[ids] >= 0
    ends = np.concatenate([[0], np.cumsum(known)])[bounds - bounds[0]]
    ids, known_N = ids[known], np.diff(ends)
    table = csr_array((weights_V[ids], rows_V[ids], ends), shape=(end - first, len(vectors)))
    sums_ND = table @ np.asarray(vectors.matrix, np.float32)
    divisor_N = np.asarray(table.sum(axis=1)).ravel() if options.weighting == "idf" else known_N
    return (sums_ND / np.maximum(divisor_N, 1e-12)[:, None]).astype(np.float32), known_N


def _remove_component(path: Path, component_D: NDArray[np.float64]) -> None:
    matrix = np.load(path, mmap_mode="r", allow_pickle=False)
    lines, dim = matrix.shape
    start, step = matrix.offset, max(1, BLOCK_BYTES // (4 * dim))
    del matrix
    with path.open("r+b") as file:
        for first in range(0, lines, step):
            many = min(step, lines - first) * dim
            block_ND = read_items(path, "<f4", many, start + first * dim * 4).reshape(-1, dim)
            block_ND -= np.outer(block_ND @ component_D, component_D).astype(np.float32)
            file.seek(start + first * dim * 4)
            file.write(block_ND.data)


def _not_zero(vectors_ND: NDArray[np.float32]) -> NDArray[np.int64]:
    step = max(1, BLOCK_BYTES // (4 * vectors_ND.shape[1]))
    parts = [vectors_ND[first : first + step].any(axis=1) for first in range(0, len(vectors_ND), step)]
    return np.flatnonzero(np.concatenate(parts)) if parts else np.zeros(0, np.int64)


def _sample(used: NDArray[np.int64], most: int, seed: int) -> NDArray[np.int64]:
    if len(used) <= most:
        return used
    return np.sort(np.random.default_rng(seed).choice(used, most, replace=False))


def _assigned(
    vectors_ND: NDArray[np.float32], used: NDArray[np.int64], centres_KD: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    labels, distances = np.full(len(vectors_ND), -1, np.int64), np.zeros(len(vectors_ND), np.float32)
    step = max(1, BLOCK_BYTES // (4 * max(centres_KD.shape)))
    squares_K = (centres_KD**2).sum(axis=1)
    for first in range(0, len(used), step):
        lines = used[first : first + step]
        squared_NK = 1 + squares_K - 2 * (unit_rows(vectors_ND[lines]) @ centres_KD.T)
        labels[lines] = squared_NK.argmin(axis=1)
        distances[lines] = np.sqrt(np.maximum(squared_NK.min(axis=1), 0))
    return labels, distances
