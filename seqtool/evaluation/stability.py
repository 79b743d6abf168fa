"""How far word vectors agree on the nearest neighbours of words, as an evaluation."""

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
_USUAL = StabilityOptions()


def evaluate_stability(
    vectors: Sequence[Path], options: StabilityOptions = _USUAL, output: Path | None = None, overwrite: bool = False
) -> Evaluation:
    """Compare two or more word vectors; the summary's ``bands`` are records of `BAND_COLUMNS`.

    Raises:
        UsageError: fewer than two.
    """
    if len(vectors) < 2:
        raise UsageError("eval-stability compares two or more vectors", "train with another --seed, or with --runs")
    determined = determining(options)
    seed = determined.pop("seed")
    recipe = Recipe("evaluation", "eval-stability", determined, [vectors_input(path) for path in vectors], seed)

    def compare() -> Evaluation:
        run = RunRecord()
        result = measure([load_vectors(path) for path in vectors], options.num, seed)
        names = " ".join(path.name for path in vectors)
        summary = {"model": names, "words": len(result.words), "bands": result.to_json()}
        return Evaluation(summary, ITEM_COLUMNS, list(result.items()), run=run)

    return evaluate_once(recipe, compare, output, overwrite)
