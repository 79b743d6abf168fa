"""The command `svd` as a function: matrix artifact → vectors artifact."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from seqtool.artifact.manifest import Recipe
from seqtool.artifact.read import Artifact
from seqtool.artifact.write import RunRecord, claim, write_artifact
from seqtool.corpus.options import thread_count
from seqtool.counts.artifact import counted_words, open_counts
from seqtool.counts.factorize import decompose, word_vectors
from seqtool.counts.options import SvdOptions
from seqtool.options import determining, operational
from seqtool.vectors.artifact import KIND, carry_tokenizer, write_vectors


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
