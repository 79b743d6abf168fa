"""Trainings that differ in their seed only, to find out how much the seed matters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from seqtool.embeddings.options import GloveOptions, Word2vecOptions

OptionsT = TypeVar("OptionsT", Word2vecOptions, GloveOptions)


def train_with_seeds(
    train: Callable[[OptionsT, Path], bool], options: OptionsT, output: Path, runs: int
) -> Iterator[tuple[Path, bool]]:
    """Train with ``options.seed`` and the seeds after it, one after the other.

    Args:
        train: what trains; whether there was anything to do.
        options: of the first run.
        output: of the first run; the others' names have their seeds in them.
        runs: how many.

    Yields:
        Each result, as soon as it is finished, and whether it was trained now.
    """
    seeds = range(options.seed, options.seed + runs)
    for seed, path in zip(seeds, run_names(output, seeds), strict=True):
        yield path, train(replace(options, seed=seed), path)


def run_names(output: Path, seeds: Sequence[int]) -> list[Path]:
    """Where the runs of seeds are written: ``a.vectors``, ``a.seed2.vectors`` …"""
    stem = output.name.removesuffix(".vectors")
    suffix = output.name[len(stem) :]
    return [output, *(output.with_name(f"{stem}.seed{seed}{suffix}") for seed in seeds[1:])]


def agreement_path(output: Path, runs: int) -> Path:
    """Where the agreement of runs is written: ``a.3runs.eval``."""
    return output.with_name(f"{output.name.removesuffix('.vectors')}.{runs}runs.eval")
