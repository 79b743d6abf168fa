"""The history of a training: a line for each validation."""

from __future__ import annotations

from pathlib import Path

HISTORY, HISTORY_COLUMNS = "history.tsv", ("step", "epoch", "tokens", "train_loss", "valid_loss", "lr", "grad_norm")


def write_history(rows: list[list[float]], path: Path) -> None:
    """Write ``history.tsv``: a header, then a line per validation."""
    lines = ["\t".join(HISTORY_COLUMNS)]
    for step, epoch, tokens, *numbers in rows:
        lines.append("\t".join([f"{step:.0f}", f"{epoch:.0f}", f"{tokens:.0f}", *(f"{n:.6g}" for n in numbers)]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
