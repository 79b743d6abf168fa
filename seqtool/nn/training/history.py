"""Where a training stands, and its history: a line for each validation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

HISTORY, HISTORY_COLUMNS = "history.tsv", ("step", "epoch", "tokens", "train_loss", "valid_loss", "lr", "grad_norm")


@dataclass
class Progress:
    """Where a training stands; everything here is in the checkpoint.

    Attributes:
        history: a row of `HISTORY_COLUMNS` for each validation, and a value for each of ``measures``.
        measures: names of what else is measured on the held-out text.
    """

    step: int = 0
    epoch: int = 0
    tokens: int = 0
    epoch_loss: float = 0.0
    epoch_tokens: int = 0
    norm_sum: float = 0.0
    epoch_steps: int = 0
    best_judgment: float | None = None
    best_loss: float | None = None
    best_epoch: int = 0
    seconds: float = 0.0
    joules: float | None = None
    stopped_early: bool = False
    history: list[list[float]] = field(default_factory=list)
    measures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.best_judgment is None:  # in checkpoints from before there was one
            self.best_judgment = self.best_loss


def write_history(rows: list[list[float]], measures: Sequence[str], path: Path) -> None:
    """Write ``history.tsv``: a header, then a line per validation; ``measures`` are columns named ``valid_…``."""
    lines = ["\t".join([*HISTORY_COLUMNS, *(f"valid_{name}" for name in measures)])]
    for step, epoch, tokens, *numbers in rows:
        lines.append("\t".join([f"{step:.0f}", f"{epoch:.0f}", f"{tokens:.0f}", *(f"{n:.6g}" for n in numbers)]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def perplexity_text(loss: float) -> str:
    """The perplexity of a loss, for people."""
    perplexity = math.exp(loss) if loss < 700 else math.inf
    return f"{perplexity:.2f}" if loss < 16 else f"{perplexity:.2g}"
