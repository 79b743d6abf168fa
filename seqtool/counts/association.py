"""Pointwise mutual information of words and their neighbors.

    PMI(w, c)  = log P(w, c) / (P(w) P(c))                          Church and Hanks 1990
    PPMI       = max(0, PMI)                                        Bullinaria and Levy 2007
    shifted    = max(0, PMI - log k)                                Levy and Goldberg 2014, equation 12
    smoothed   : P(c) = count(c)^α / Σ count^α                      Levy, Goldberg and Dagan 2015, equation 3

Only pairs that were seen have an entry: with ``positive`` off a missing entry stands for minus infinity, not for 0.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool import progress
from seqtool.compute.threads import ordered
from seqtool.corpus.options import thread_count
from seqtool.counts.kernels import Entries, add_sums, associate
from seqtool.counts.options import PpmiOptions
from seqtool.counts.sparse import SparseRows, SparseWriter

Rows = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]


def write_associations(counts: SparseRows, options: PpmiOptions, folder: Path) -> int:
    """Write the association matrix of counts, as `sparse` describes it, float32; the number of its entries.

    No dense matrix is made: memory holds some rows, and a few numbers per word.
    """
    row_logs, column_logs = _marginal_logs(counts, options)
    scale = 1.0 if options.log == "natural" else 1 / math.log(2)

    def associated(block: tuple[int, int]) -> Rows:
        first, last = block
        columns, values = counts.read(first, last)
        starts = counts.indptr[first : last + 1] - counts.indptr[first]
        made = Entries(
            np.empty(last - first, np.int64), np.empty(len(columns), np.int32), np.empty(len(columns), np.float32)
        )
        size = associate(starts, columns, values, row_logs[first:last], column_logs, scale, options.positive, made)
        return made.lengths, made.columns_E[:size], made.values_E[:size]

    blocks, threads = counts.blocks(), thread_count(options.threads)
    with SparseWriter(folder, np.float32) as output, progress.stage("ppmi", "rows", counts.shape[0]) as stage:
        for rows in ordered(associated, blocks, threads):
            output.append(*rows)
            stage.advance(len(rows[0]))
        return output.finish()


def _marginal_logs(counts: SparseRows, options: PpmiOptions) -> tuple[NDArray[Any], NDArray[Any]]:
    """Log of each row's sum, and of each column's share, smoothed and multiplied by the shift."""
    row_sums, column_sums = np.zeros(counts.shape[0]), np.zeros(counts.shape[1])
    for first, last in counts.blocks():
        starts = counts.indptr[first : last + 1] - counts.indptr[first]
        add_sums(starts, *counts.read(first, last), row_sums[first:last], column_sums)
    smoothed = np.where(column_sums > 0, column_sums, 1.0) ** options.cds * (column_sums > 0)
    with np.errstate(divide="ignore", invalid="ignore"):  # a word without neighbors has no entry that asks for its log
        return np.log(row_sums), np.log(smoothed / smoothed.sum()) + math.log(options.shift)
