"""Where a training stands, and its history: a line for each validation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

HISTORY, HISTORY_COLUMNS = "history.tsv", ("step", "epoch", "tokens", "train_loss", "valid_loss", "lr", "grad_norm")
MAX_LOSS = 700.0  # nats per token: exp of more is close to the largest float


@dataclass
class TrainingState:
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


def write_history(columns: Sequence[str], rows: list[list[float]], path: Path) -> None:
    """Write a header, then a line per row, whose first three numbers are whole ones."""
    lines = [columns, *([*(f"{n:.0f}" for n in row[:3]), *(f"{n:.6g}" for n in row[3:])] for row in rows)]
    path.write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")


def format_loss(loss: float, perplexity: bool) -> str:
    """``4.6052 (perplexity 100.00)``; without the perplexity where exp(loss) says nothing."""
    if not perplexity:
        return f"{loss:.4f}"
    value = math.exp(loss) if loss < MAX_LOSS else math.inf
    return f"{loss:.4f} (perplexity {f'{value:.2f}' if loss < 16 else f'{value:.2g}'})"
