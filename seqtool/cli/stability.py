"""`--runs` of the commands that train word vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from seqtool.cli.options import Format
from seqtool.embeddings.options import GloveOptions, Word2vecOptions

Runs = Annotated[
    int,
    typer.Option(
        "--runs", min=1, max=100, metavar="K",
        help="train with K seeds, from --seed on, and print how far they agree on each word's neighbours",
    ),
]  # fmt: skip
OptionsT = TypeVar("OptionsT", Word2vecOptions, GloveOptions)


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
    from seqtool.cli.answer import asked_form, form_of, print_made, print_rows
    from seqtool.evaluation.stability import BAND_COLUMNS, evaluate_stability

    if runs == 1:
        made = train(options, output)
        print_made(show(output), made, asked_form(*asked))
        return
    outputs = run_names(output, range(options.seed, options.seed + runs))
    for number, path in enumerate(outputs):
        made = train(replace(options, seed=options.seed + number), path)
        print_made(show(path), made, None)
    evaluation = output.with_name(f"{output.name.removesuffix('.vectors')}.{runs}runs.eval")
    bands = evaluate_stability(outputs, output=evaluation, overwrite=overwrite).summary["bands"]
    print_rows(BAND_COLUMNS, ([band[name] for name in BAND_COLUMNS] for band in bands), form_of(*asked))


def run_names(output: Path, seeds: Sequence[int]) -> list[Path]:
    """Where the runs of seeds are written: ``a.vectors``, ``a.seed2.vectors`` …"""
    stem = output.name.removesuffix(".vectors")
    suffix = output.name[len(stem) :]
    return [output, *(output.with_name(f"{stem}.seed{seed}{suffix}") for seed in seeds[1:])]
