"""How well labels are predicted, in two numbers, for training; `seqtool.metrics.labels` has more."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from sklearn.metrics import f1_score


def quick_measures(found_N: NDArray[Any], labels_N: NDArray[Any]) -> dict[str, float]:
    """``accuracy``, and ``f1``, the mean of the labels' F1."""
    return {
        "accuracy": float((found_N == labels_N).mean()),
        "f1": float(f1_score(labels_N, found_N, average="macro", zero_division=0.0)),
    }
