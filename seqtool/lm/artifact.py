"""The ``lm`` artifact: a language model that stands alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch

from seqtool.artifact.manifest import DAMAGE
from seqtool.artifact.read import open_artifact
from seqtool.corpus.model_text import ModelText
from seqtool.corpus.text_processor import TextProcessor, read_text_processor
from seqtool.errors import UsageError, damaged
from seqtool.lm.neural import NeuralLanguageModel, NeuralStepModel
from seqtool.lm.options import AdaptOptions, LanguageModelOptions
from seqtool.lm.scoring import adapted_log_probs, token_log_probs
from seqtool.nn.training.checkpoint import WEIGHTS, load_fitting
from seqtool.options import from_manifest, select_fields

KIND = "lm"


@dataclass(frozen=True)
class LanguageModel(TextProcessor):
    """A loaded language model with everything it needs to read and write text."""

    model: NeuralLanguageModel

    contexts: ClassVar[tuple[str, ...]] = ("stream", "sentence")
    probabilistic = True

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.model.embedding.weight.device

    @property
    def context(self) -> str:
        """How it was trained, and is scored by default: ``stream`` or ``sentence``."""
        return self.model.options.batching

    def log_probs(self, text: ModelText, context: str, learning: AdaptOptions | None = None) -> Iterator[np.ndarray]:
        """Natural-log probabilities (float32) of a text's tokens in order, in pieces.

        Args:
            text: in the model's ids.
            context: ``stream`` or ``sentence``.
            learning: what is learned from the text after it is scored.

        Raises:
            UsageError: where the model or the context has no state to learn along.
        """
        if learning is not None and learning.used:
            if context != "stream" or self.model.options.arch == "window":
                raise UsageError(
                    "--cache and --dynamic-lr need a state that is carried over between sentences",
                    "use --context stream and a recurrent model or a transformer",
                )
            return adapted_log_probs(self.model, text.ids, learning)
        return token_log_probs(self.model, text.ids, text.bounds, context)

    def step_model(self) -> NeuralStepModel:
        """The model, token by token."""
        return NeuralStepModel(self.model)


def load_language_model(path: Path, device: torch.device | None = None) -> LanguageModel:
    """Open a language model for scoring or generating, in fp32 and evaluation mode.

    Raises:
        ArtifactError: where it is not a language model, or damaged.
    """
    artifact = open_artifact(path, KIND)
    processor = read_text_processor(artifact)
    try:
        options = from_manifest(LanguageModelOptions, select_fields(LanguageModelOptions, artifact.options))
    except (*DAMAGE, UsageError) as error:
        raise damaged(path, error) from None
    size = len(processor["vocabulary"])
    model = load_fitting(artifact.file(WEIGHTS), lambda: NeuralLanguageModel(options, size))
    model.to(device or torch.device("cpu")).eval()
    return LanguageModel(**processor, model=model)
