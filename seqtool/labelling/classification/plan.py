"""The training of a classifier, with everything decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from seqtool.artifact.manifest import Input, Recipe
from seqtool.artifact.read import Artifact, open_artifact
from seqtool.artifact.write import Draft
from seqtool.corpus.text_processor import preprocessing_summary, write_text_processor
from seqtool.corpus.vocabulary import Vocabulary
from seqtool.errors import ArtifactError
from seqtool.labelling.classification.classifier import TextClassifier, start_from_language_model
from seqtool.labelling.classification.examples import Examples, TextBatches
from seqtool.labelling.classification.linear import fit, write_linear
from seqtool.labelling.classification.texts import LabelSet
from seqtool.labelling.measures import quick_measures
from seqtool.labelling.options import ClassifierOptions, ClassifierTraining
from seqtool.nn.batches.batching import Batch
from seqtool.nn.training.checkpoint import WEIGHTS, load_weights
from seqtool.nn.training.driver import Trained, TrainingPlan, run_training, trainable, training_size
from seqtool.nn.training.trainer import Hidden, Trainer
from seqtool.options import determining
from seqtool.vectors.initial import start_from_vectors

_VALID_BATCH = 64


class ClassifierTask:
    """What the training loop needs to know of a classifier."""

    perplexity = False

    def __init__(
        self, model: TextClassifier, batches: TextBatches, valid: Examples, weights_C: Tensor, smoothing: float
    ) -> None:
        self.model: TextClassifier = model
        self.batches, self.valid, self.weights_C, self.smoothing = batches, valid, weights_C, smoothing

    def loss(self, batch: Batch, hidden: Hidden) -> tuple[Tensor, Hidden]:
        """Mean loss per text, each weighed by its label."""
        every = self.model.options.unfreeze_every
        if every:
            self.model.free(1 + self.batches.epoch // every)
        assert batch.source is not None
        logits_BC = self.model(batch.source)
        losses_B = cross_entropy(logits_BC, batch.targets, reduction="none", label_smoothing=self.smoothing)
        return (losses_B * self.weights_C.to(losses_B.device)[batch.targets]).mean(), None

    def validate(self) -> tuple[float, dict[str, float]]:
        """Mean cross-entropy, accuracy and mean F1 of the held-out texts."""
        logits_NC, labels_N = predicted(self.model, self.valid)
        measures = quick_measures(logits_NC.argmax(1).numpy(), labels_N.numpy())
        return float(cross_entropy(logits_NC, labels_N)), measures


@torch.no_grad()
def predicted(model: TextClassifier, examples: Examples) -> tuple[Tensor, Tensor]:
    """Logits (N, C), float64, and labels (N,) of examples, by their length."""
    device = model.output.weight.device
    found, labels = [], []
    for batch in examples.batches(_VALID_BATCH, shuffle=False):
        assert batch.source is not None
        found.append(model(batch.source.to(device)).double().cpu())
        labels.append(batch.targets)
    return torch.cat(found), torch.cat(labels)


@dataclass(frozen=True, kw_only=True)
class ClassifierPlan(TrainingPlan[TextClassifier, TextBatches]):
    """The training of a classifier; of a linear one (`linear.write_linear`) what it is fitted to.

    Attributes:
        like: what tokenized the texts: their corpus, or a language model.
        reading: the options by which the texts were read.
        hidden_dims: of the layers.
        linear: fit the linear classifiers beside a recurrent one, and report how well they do.
    """

    like: Artifact
    reading: Mapping[str, Any]
    inputs: Sequence[Input]
    train: Examples
    valid: Examples
    vocabulary: Vocabulary
    labels: LabelSet
    options: ClassifierOptions
    hidden_dims: Sequence[int]
    training: ClassifierTraining
    valid_share: float
    linear: bool = False

    @property
    def tokens(self) -> int:
        """Texts of an epoch."""
        return len(self.train.rows)

    @property
    def selection_metric(self) -> str:
        return self.training.validate_on

    def recipe(self) -> Recipe:
        options = determining(self.options) | determining(self.training) | {"valid_share": self.valid_share}
        options |= {**self.reading, "linear": self.linear}
        seed = options.pop("seed")
        for name in ("init_vectors", "init_lm"):
            del options[name]
        return Recipe("classifier", "train-classifier", options, self.inputs, seed)

    def new_model(self, precision: str) -> TextClassifier:
        return TextClassifier(self.options, len(self.vocabulary), len(self.labels), precision, self.hidden_dims)

    def start_from_given(self, model: TextClassifier) -> None:
        options = self.options
        if options.init_vectors is not None:
            start_from_vectors(model.embedding.weight, self.vocabulary, Path(options.init_vectors))
        if options.init_lm is not None:
            weights = load_weights(open_artifact(Path(options.init_lm), "lm").file(WEIGHTS))
            try:
                start_from_language_model(model, weights)
            except (KeyError, ValueError) as error:
                message = f"{options.init_lm} is damaged: its weights do not match its options ({error})"
                raise ArtifactError(message, "train it again") from None

    def new_batches(self) -> TextBatches:
        return self.train.batches(self.training.batch_size, self.training.seed)

    def task(self, model: TextClassifier, batches: TextBatches, folder: Path) -> ClassifierTask:
        weights = torch.from_numpy(self._class_weights()).float()
        return ClassifierTask(model, batches, self.valid, weights, self.training.label_smoothing)

    def _class_weights(self) -> NDArray[np.float64]:
        """The weight of each label; with ``balanced`` every label of the training texts has the same sum."""
        counts = np.bincount(self.train.labels_N[self.train.rows], minlength=len(self.labels))
        if self.training.class_weights == "none":
            return np.ones(len(self.labels))
        return len(self.train.rows) / (len(self.labels) * np.maximum(counts, 1))

    def begin(self, model: TextClassifier, draft: Draft) -> None:
        self.write_common(draft)
        options = self.options
        ways = "bidirectional" if options.bidirectional else "forward"
        sizes = "-".join(map(str, [options.emb_dim, *self.hidden_dims]))
        draft.summary |= {
            "architecture": f"{options.cell.upper()} {sizes} {ways}, {options.pooling}",
            "hidden_dims": list(self.hidden_dims),
            "parameters": trainable(model),
            "precision": self.precision,
        }

    def write_common(self, draft: Draft) -> None:
        """What every classifier carries: vocabulary, tokenizer, labels; and what is known of its texts."""
        like = self.like
        write_text_processor(draft.path, self.vocabulary, like)
        self.labels.write(draft.path)
        preprocessing = like.summary["preprocessing"] if like.kind == "lm" else preprocessing_summary(like)
        draft.summary |= {
            "labels": len(self.labels),
            "vocabulary": len(self.vocabulary),
            "tokenizer": preprocessing["tokenizer"],
            "preprocessing": preprocessing,
            "texts": len(self.train.rows),
            "valid_texts": len(self.valid.rows),
        }

    def summary(self, trainer: Trainer, model: TextClassifier, folder: Path) -> dict[str, Any]:
        logits_NC, labels_N = predicted(model, self.valid)
        return {
            "valid_loss": trainer.state.best_loss,
            **_named("valid", quick_measures(logits_NC.argmax(1).numpy(), labels_N.numpy())),
            **(self._baselines() if self.linear else {}),
        }

    def _baselines(self) -> dict[str, float]:
        """How well the linear classifiers do on the same held-out texts."""
        found: dict[str, float] = {}
        for arch in ("tfidf", "averaged") if self.options.init_vectors else ("tfidf",):
            found |= _named(f"valid_{arch}", fit(self, arch).measures(self.valid))
        return found

    def describe(self) -> dict[str, Any]:
        size = training_size(self, len(self.new_batches())) if self.options.arch == "recurrent" else {}
        return {
            **determining(self.options),
            **determining(self.training),
            "precision": self.precision,
            "labels": len(self.labels),
            "texts": len(self.train.rows),
            "valid_texts": len(self.valid.rows),
            "vocabulary_size": len(self.vocabulary),
            **size,
            "left_out": list(self.ledger),
            "choices": list(self.choices),
        }


def _named(prefix: str, values: Mapping[str, float]) -> dict[str, float]:
    return {f"{prefix}_{name}": value for name, value in values.items()}


def train_classifier(plan: ClassifierPlan, output: Path, overwrite: bool = False) -> Trained:
    """Train a recurrent classifier (see `run_training`), or fit a linear one."""
    if plan.options.arch != "recurrent":
        return write_linear(plan, output, overwrite)
    return run_training(plan, output, overwrite)
