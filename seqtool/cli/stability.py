"""The eval-stability command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seqtool.cli.options import Format, Json, Overwrite
from seqtool.metrics.options import StabilityOptions

PANEL = "Evaluation"


def eval_stability(
    vectors: Annotated[list[Path], typer.Argument(help="two or more word vectors", show_default=False)],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="also write an evaluation artifact")] = None,
    overwrite: Overwrite = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    options: StabilityOptions,
) -> None:
    """How far word vectors, such as trainings with different seeds, agree on the nearest neighbours of words.

    The overlap of a word is the share of its nearest words that two runs have in common, the mean over all pairs of
    runs. It is told for words of rank 1 to 100, 101 to 1,000 and so on, and for all; low and high are the 95 % interval
    of the bootstrap over words. Words that a run lacks are left out of all.

    Example: seqtool eval-stability a.vectors b.vectors c.vectors
    """
    from seqtool.cli.answer import form_of, print_rows
    from seqtool.evaluation.stability import BAND_COLUMNS, evaluate_stability

    form = form_of(output_format, as_json)
    bands = evaluate_stability(vectors, options, output, overwrite).summary["bands"]
    print_rows(BAND_COLUMNS, ([band[name] for name in BAND_COLUMNS] for band in bands), form)
