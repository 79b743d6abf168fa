"""The last step of the commands that train neural models: describe the training, or train and answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from seqtool.commands.answers import Answer, Made, Record

if TYPE_CHECKING:
    from seqtool.nn.training.driver import Trained, TrainingPlan

_COUNTS = ("valid_texts", "valid_sentences")


def described(plan: TrainingPlan[Any, Any], rank: int) -> Answer:
    """The answer of ``--dry-run``. If several processes train together, the first one answers."""
    return Answer() if rank else Record(plan.describe())


def made_model(trained: Trained, rank: int, scores: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Answer:
    """The answer of a training that finished or reached its time limit. The first of several processes answers.

    Args:
        trained: the outcome of the training.
        rank: the rank of this process.
        scores: the values of the artifact's summary that the answer shows.
    """
    if rank:
        return Answer()
    unfinished = trained.status == "time is up"
    state = "unfinished" if unfinished else "complete"
    values = {"model": str(trained.path), "state": state, **scores(trained.summary)}
    return Made(values, written=trained.status == "finished", finished=not unfinished)


def validation_scores(summary: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a summary that were measured on the held-out texts."""
    return {name: value for name, value in summary.items() if name.startswith("valid_") and name not in _COUNTS}
