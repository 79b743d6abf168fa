"""How far word vectors, such as trainings with different seeds, agree on the nearest neighbors of words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seqtool.artifact.manifest import Recipe
from seqtool.artifact.write import RunRecord
from seqtool.errors import UsageError
from seqtool.evaluation.artifact import Evaluation, evaluate_once
from seqtool.metrics.options import StabilityOptions
from seqtool.metrics.stability import ITEM_COLUMNS, measure
from seqtool.options import determining
from seqtool.vectors.artifact import load_vectors, vectors_input

BAND_COLUMNS = ("first", "last", "n", "overlap", "low", "high")


def evaluate_stability(
    vectors: Sequence[Path],
    *,
    options: StabilityOptions = StabilityOptions(),
    output: Path | None = None,
    overwrite: bool = False,
) -> Evaluation:
    """The overlap of the nearest neighbors in several sets of word vectors, by frequency rank.

    Args:
        vectors: two or more artifacts or files; the first one's order of words gives their ranks.
        options: how many neighbors, and the seed of the intervals.
        output: also keep the evaluation here.
        overwrite: replace an artifact made otherwise.

    Returns:
        An evaluation whose summary has `BAND_COLUMNS` per range of ranks in ``bands``, and whose items are the words.

    Raises:
        UsageError: fewer than two vectors.
    """
    if len(vectors) < 2:
        raise UsageError(
            "eval-stability needs at least two sets of vectors", "train others with another --seed, or with --runs"
        )
    determined = determining(options)
    seed = determined.pop("seed")
    recipe = Recipe("evaluation", "eval-stability", determined, [vectors_input(path) for path in vectors], seed)
    run = RunRecord()

    def measured() -> Evaluation:
        found = measure([load_vectors(path) for path in vectors], options.num, seed)
        names = " ".join(path.name for path in vectors)
        summary = {"model": names, "words": len(found.words), "bands": found.to_json()}
        return Evaluation(summary, ITEM_COLUMNS, list(found.items()), run=run)

    return evaluate_once(recipe, measured, output, overwrite)
