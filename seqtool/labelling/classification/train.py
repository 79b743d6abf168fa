"""From labelled texts to a trained recurrent classifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from seqtool.artifact.manifest import Recipe
from seqtool.artifact.read import open_artifact
from seqtool.artifact.write import Draft
from seqtool.corpus.text_processor import preprocessing_summary, write_carried
from seqtool.errors import ArtifactError
from seqtool.labelling.classification.batches import TextBatches
from seqtool.labelling.classification.classifier import TextClassifier, start_from_language_model
from seqtool.labelling.classification.examples import Examples
from seqtool.labelling.classification.linear import fit, write_linear
from seqtool.labelling.classification.plan import Job
from seqtool.labelling.measures import quick_measures
from seqtool.nn.batches.batching import Batch
from seqtool.nn.training.checkpoint import WEIGHTS, load_weights
from seqtool.nn.training.driver import TrainOutcome, run_training, size_of, trainable
from seqtool.nn.training.trainer import Hidden, Trainer
from seqtool.options import determining
from seqtool.vectors.initial import start_from_vectors

_VALID_BATCH = 64


class ClassifierTask:
    """What the training loop needs to know of a classifier."""

    perplexity = False

    def __init__(self, model: TextClassifier, batches: TextBatches, valid: Examples, weights_C: Tensor,
                 smoothing: float) -> None:  # fmt: skip
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


@dataclass(frozen=True)
class ClassifierTrainingJob:
    """A job as `nn.training.driver.run_training` takes it.

    Attributes:
        linear: fit the linear classifiers beside, and say how well they do.
    """

    job: Job
    linear: bool = False

    @property
    def ledger(self) -> Sequence[Mapping[str, Any]]:
        """See `TrainingJob`."""
        return self.job.ledger

    @property
    def tokens(self) -> int:
        """Texts of an epoch."""
        return len(self.job.train.rows)

    def recipe(self) -> Recipe:
        """See `TrainingJob`."""
        recipe = self.job.recipe()
        return Recipe(
            recipe.kind, recipe.command, {**recipe.options, "linear": self.linear}, recipe.inputs, recipe.seed
        )

    def new_model(self, precision: str) -> TextClassifier:
        """See `TrainingJob`."""
        job, options = self.job, self.job.options
        model = TextClassifier(options, len(job.vocabulary), len(job.labels), precision, job.hidden_dims)
        if options.init_vectors is not None:
            start_from_vectors(model.embedding.weight, job.vocabulary, Path(options.init_vectors))
        if options.init_lm is not None:
            weights = load_weights(open_artifact(Path(options.init_lm), "lm").file(WEIGHTS))
            try:
                start_from_language_model(model, weights)
            except (KeyError, ValueError) as error:
                raise ArtifactError(f"{options.init_lm} does not fit ({error})", "train it again") from None
        return model

    def new_batches(self) -> TextBatches:
        """See `TrainingJob`."""
        return self.job.train.batches(self.job.training.batch_size, self.job.training.seed)

    @property
    def decides(self) -> str:
        """See `TrainingJob`."""
        return self.job.training.validate_on

    def task(self, model: TextClassifier, batches: TextBatches, folder: Path) -> ClassifierTask:
        """See `TrainingJob`."""
        weights = torch.from_numpy(self.job.class_weights()).float()
        return ClassifierTask(model, batches, self.job.valid, weights, self.job.training.label_smoothing)

    def begin(self, model: TextClassifier, draft: Draft) -> None:
        """See `TrainingJob`."""
        job, options = self.job, self.job.options
        write_model_files(job, draft)
        ways = "both ways" if options.bidirectional else "forwards"
        sizes = "-".join(map(str, [options.emb_dim, *job.hidden_dims]))
        draft.summary |= {
            "architecture": f"{options.cell.upper()} {sizes} {ways}, {options.pooling}",
            "hidden_dims": list(job.hidden_dims),
            "parameters": trainable(model),
            "precision": job.precision,
        }

    def summary(self, trainer: Trainer, folder: Path) -> dict[str, Any]:
        """See `TrainingJob`; scored in fp32, as the finished model will be by everyone else."""
        job = self.job
        model = TextClassifier(job.options, len(job.vocabulary), len(job.labels), hidden_dims=job.hidden_dims)
        model.to(trainer.device).load_state_dict(trainer.best)
        logits_NC, labels_N = predicted(model.eval(), job.valid)
        return {
            "epochs": trainer.at.epoch,
            "best_epoch": trainer.at.best_epoch,
            "valid_loss": trainer.at.best_loss,
            **_named("valid", quick_measures(logits_NC.argmax(1).numpy(), labels_N.numpy())),
            **(baselines(job) if self.linear else {}),
        }


def _named(prefix: str, values: Mapping[str, float]) -> dict[str, float]:
    return {f"{prefix}_{name}": value for name, value in values.items()}


def write_model_files(job: Job, draft: Draft) -> None:
    """What every classifier carries: vocabulary, tokenizer, labels; and what is known of its texts."""
    write_carried(draft.path, job.vocabulary, job.like)
    job.labels.write(draft.path)
    preprocessing = job.like.summary["preprocessing"] if job.like.kind == "lm" else preprocessing_summary(job.like)
    draft.summary |= {
        "labels": len(job.labels),
        "vocabulary": len(job.vocabulary),
        "tokenizer": preprocessing["tokenizer"],
        "preprocessing": preprocessing,
        "texts": len(job.train.rows),
        "valid_texts": len(job.valid.rows),
    }


def baselines(job: Job) -> dict[str, float]:
    """How well the linear classifiers do on the same held-out texts."""
    found: dict[str, float] = {}
    for arch in ("tfidf", "averaged") if job.options.init_vectors else ("tfidf",):
        measures = fit(job, arch).measures(job.valid)
        found |= _named(f"valid_{arch}", measures)
    return found


def describe(job: Job) -> dict[str, Any]:
    """What a training would be: resolved options, vocabulary, size and memory; nothing is trained."""
    work = ClassifierTrainingJob(job)
    size = size_of(work, len(work.new_batches())) if job.options.arch == "recurrent" else {}
    return {
        **determining(job.options),
        **determining(job.training),
        "precision": job.precision,
        "labels": len(job.labels),
        "texts": len(job.train.rows),
        "valid_texts": len(job.valid.rows),
        "vocabulary_size": len(job.vocabulary),
        **size,
        "left_out": list(job.ledger),
        "choices": list(job.choices),
    }


def train(job: Job, output: Path, linear: bool, overwrite: bool = False) -> TrainOutcome:
    """Train a classifier; see `run_training`, and `linear` for those that are."""
    if job.options.arch != "recurrent":
        return write_linear(job, output, write_model_files, overwrite)
    return run_training(ClassifierTrainingJob(job, linear), output, overwrite)
