"""Options of what is evaluated."""

from __future__ import annotations

from dataclasses import dataclass

from seqtool.options import option


@dataclass(frozen=True)
class MixtureOptions:
    """The models that a language model is interpolated with."""

    mix: list[str] | None = option(
        None,
        "interpolate with this model (repeatable); without a weight, --tune sets the weights",
        metavar="MODEL[:WEIGHT]",
    )
    tune: str | None = option(None, "held-out text on which the weights of --mix are tuned", metavar="TEXT")


@dataclass(frozen=True)
class ScoringOptions(MixtureOptions):
    """How a language model, or a mixture, scores a text."""

    context: str | None = option(
        None,
        "carry the state across line ends (stream), or reset it (sentence) [default: as in training]",
        choices=("stream", "sentence"),
    )
