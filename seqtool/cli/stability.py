"""eval-stability, and `--runs` of the commands that train word vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from seqtool.cli.options import Format, Json, Overwrite
from seqtool.embeddings.options import GloveOptions, Word2vecOptions
from seqtool.errors import UsageError
from seqtool.metrics.options import StabilityOptions

PANEL = "Evaluation"
COLUMNS = ("first", "last", "n", "overlap", "low", "high")
Runs = Annotated[
    int,
    typer.Option(
        "--runs", min=1, max=100, metavar="K",
        help="train with K seeds, from --seed on, and print how far they agree on each word's neighbours",
    ),
]  # fmt: skip
OptionsT = TypeVar("OptionsT", Word2vecOptions, GloveOptions)


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
    from seqtool.artifact.manifest import Recipe
    from seqtool.artifact.write import RunRecord
    from seqtool.cli.answer import form_of, print_rows
    from seqtool.evaluation.artifact import keep_evaluation, kept_evaluation
    from seqtool.metrics.stability import ITEM_COLUMNS, measure
    from seqtool.options import determining
    from seqtool.progress import note
    from seqtool.vectors.artifact import load_vectors, vectors_input

    form = form_of(output_format, as_json)
    if len(vectors) < 2:
        raise UsageError("eval-stability compares two or more vectors", "train with another --seed, or with --runs")
    determined = determining(options)
    seed = determined.pop("seed")
    recipe = Recipe("evaluation", "eval-stability", determined, [vectors_input(path) for path in vectors], seed)
    run, kept = RunRecord(), kept_evaluation(output, recipe, overwrite) if output else None
    if kept is not None:
        note(f"{output} is up to date")
        bands = kept[0]["bands"]
    else:
        result = measure([load_vectors(path) for path in vectors], options.num, seed)
        bands = result.to_json()
        if output is not None:
            summary = {"model": " ".join(path.name for path in vectors), "words": len(result.words), "bands": bands}
            keep_evaluation(output, recipe, run, summary, ITEM_COLUMNS, result.items(), overwrite=overwrite)
            note(f"wrote {output}")
    print_rows(COLUMNS, ([band[name] for name in COLUMNS] for band in bands), form)


def train_runs(
    train: Callable[[OptionsT, Path], bool],
    show: Callable[[Path], dict[str, Any]],
    options: OptionsT,
    output: Path,
    runs: int,
    asked: tuple[Format, bool],
    overwrite: bool,
) -> None:
    """Train with one seed, or with several and compare them.

    Args:
        train: what trains; whether there was anything to do.
        show: the record of a result.
        options, output: of the first run; the others' names have their seeds in them.
        runs: how many.
        asked: ``--format`` and ``--json``.
        overwrite: replace what was made differently.
    """
    from seqtool.cli.answer import asked_form, print_made

    if runs == 1:
        made = train(options, output)
        print_made(show(output), made, asked_form(*asked))
        return
    outputs = run_names(output, range(options.seed, options.seed + runs))
    for number, path in enumerate(outputs):
        made = train(replace(options, seed=options.seed + number), path)
        print_made(show(path), made, None)
    evaluation = output.with_name(f"{output.name.removesuffix('.vectors')}.{runs}runs.eval")
    form, as_json = asked
    eval_stability(outputs, evaluation, overwrite, form, as_json, options=StabilityOptions())


def run_names(output: Path, seeds: Sequence[int]) -> list[Path]:
    """Where the runs of seeds are written: ``a.vectors``, ``a.seed2.vectors`` …"""
    stem = output.name.removesuffix(".vectors")
    suffix = output.name[len(stem) :]
    return [output, *(output.with_name(f"{stem}.seed{seed}{suffix}") for seed in seeds[1:])]
