"""From corpora to a trained language model."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqtool import progress
from seqtool.artifact.manifest import Input, Recipe
from seqtool.artifact.read import Artifact
from seqtool.artifact.training import TrainingArtifact
from seqtool.artifact.write import Draft, RunRecord, claim
from seqtool.corpus.artifact import open_corpus
from seqtool.corpus.corpus import Corpus
from seqtool.corpus.options import PreprocessOptions
from seqtool.corpus.vocabulary import EOS, Vocabulary
from seqtool.errors import InputError, InterruptedRunError
from seqtool.lm.artifact import write_static
from seqtool.lm.neural import NeuralLanguageModel
from seqtool.lm.options import LanguageModelOptions
from seqtool.lm.scoring import mean_loss, token_log_probs
from seqtool.lm.text import ModelText, count_types, model_text
from seqtool.nn import device as devices
from seqtool.nn.batching import Batch, Batches, SentenceBatches, StreamBatches, WindowBatches
from seqtool.nn.checkpoint import WEIGHTS
from seqtool.nn.options import TrainingOptions
from seqtool.nn.training import HISTORY, Hidden, Trainer
from seqtool.options import determining, operational
from seqtool.vectors.formats import read_text_vectors

Measure = Callable[[ModelText, Iterable[np.ndarray], str], dict[str, Any]]

_VALID_STREAMS = 20
_HELD_OUT_SHARE = 0.05
_EPOCH_TOKENS, _FEWEST_EPOCHS, _MOST_EPOCHS = 3_000_000, 4, 20
_DEFAULT_LR = {"sgd": 20.0, "adam": 0.003, "adamw": 0.003}


@dataclass(frozen=True)
class HeldOut:
    """A text to validate on or to test: its corpus, which sentences, and what it is as an input."""

    name: str
    corpus: Corpus
    sentences: slice
    source: Input | None = None


@dataclass(frozen=True)
class Job:
    """A training with everything decided: what is trained on what, and how.

    ``choices`` says in a line each what was decided for the user and why.
    """

    corpus: Artifact
    train: Corpus
    sentences: slice
    valid: HeldOut
    tests: Sequence[HeldOut]
    options: LanguageModelOptions
    training: TrainingOptions
    vocabulary: Vocabulary
    mapping: np.ndarray
    choices: Sequence[str]

    @property
    def tokens(self) -> int:
        """Tokens of one epoch, line ends included."""
        return int(self.train.bounds[self.sentences.stop] - self.train.bounds[self.sentences.start])

    def recipe(self) -> Recipe:
        """What determines the result."""
        options = determining(self.options) | determining(self.training)
        seed = options.pop("seed")
        roles = [("valid", self.valid), *(("test", test) for test in self.tests)]
        held_out = [
            dataclasses.replace(text.source, kind=f"{role}:{text.source.kind}") for role, text in roles if text.source
        ]
        vectors = options.pop("init_vectors")
        if vectors is not None:
            from seqtool.artifact.digests import file_digest

            held_out.append(Input(str(vectors), "init-vectors:file", file_digest(Path(vectors))))
        return Recipe("lm", "train-lm", options, [self.corpus.as_input(), *held_out], seed)


def plan(
    corpus: Artifact,
    valid: HeldOut | None,
    tests: Sequence[HeldOut],
    options: LanguageModelOptions,
    training: TrainingOptions,
) -> Job:
    """Decide everything the user left open.

    Raises:
        InputError: where there is nothing to train on.
    """
    train = open_corpus(corpus)
    sentences, split_valid, split_tests, choices = _parts(corpus, train, wanted=valid is None)
    valid, tests = valid or split_valid, tests or split_tests
    counts = count_types(train, sentences)
    vocabulary, mapping = train.vocabulary.cut(counts, options.min_count, options.max_vocab)
    tokens = int(train.bounds[sentences.stop] - train.bounds[sentences.start])
    if not tokens:
        raise InputError(f"{corpus.path} has no token to train on", "give a corpus with text")
    if len(vocabulary) < np.count_nonzero(counts[2:]) + 2:
        share = 1 - vocabulary.counts[0] / max(1, tokens)
        choices.append(f"vocabulary: the {len(vocabulary):,} most frequent tokens cover {share:.2%} (--max-vocab)")
    training = _resolve(training, tokens, choices)
    return Job(corpus, train, sentences, valid, tests, options, training, vocabulary, mapping, choices)


def _parts(artifact: Artifact, corpus: Corpus, wanted: bool) -> tuple[slice, HeldOut, list[HeldOut], list[str]]:
    """The corpus's own train, valid and test parts; without them, and where wanted, its end is held out."""
    name = artifact.path.name
    splits = {part: slice(first, last) for part, (first, last) in corpus.splits.items()}
    count = len(corpus.bounds) - 1
    train = splits.get("train", slice(0, count))
    tests = [HeldOut(f"{name}:test", corpus, splits["test"])] if "test" in splits else []
    if "valid" in splits or not wanted:
        return train, HeldOut(f"{name}:valid", corpus, splits.get("valid", train)), tests, []
    held_out = math.ceil(count * _HELD_OUT_SHARE) if count > 1 else 0
    if not held_out:
        progress.warn(f"{name} has a single line: validating on the training text itself")
        return train, HeldOut(f"{name}:train", corpus, train), tests, []
    cut = count - held_out
    why = f"validation: the last {held_out:,} of {count:,} lines are held out (give --valid or preprocess --split)"
    return slice(0, cut), HeldOut(f"{name}:last", corpus, slice(cut, count)), tests, [why]


def _resolve(training: TrainingOptions, tokens: int, choices: list[str]) -> TrainingOptions:
    epochs = training.epochs
    if epochs is None:
        epochs = min(_MOST_EPOCHS, max(_FEWEST_EPOCHS, round(_EPOCH_TOKENS / tokens)))
        choices.append(f"epochs: {epochs}, about {_EPOCH_TOKENS / 1e6:.0f} M tokens in all but at least "
                       f"{_FEWEST_EPOCHS} and at most {_MOST_EPOCHS} passes (--epochs)")  # fmt: skip
    lr = _DEFAULT_LR[training.optimizer] if training.lr is None else training.lr
    return dataclasses.replace(training, epochs=epochs, lr=lr)


def describe(job: Job) -> dict[str, Any]:
    """What a training would be: resolved options, vocabulary, size and memory; nothing is trained."""
    model = NeuralLanguageModel(job.options, len(job.vocabulary))
    parameters = sum(p.numel() for p in model.parameters() if p.requires_grad)
    copies = {"sgd": 2, "adam": 4, "adamw": 4}[job.training.optimizer]
    device, why_device = devices.choose_device(job.training.device)
    precision, why_precision = devices.choose_precision(job.training.precision, device)
    return {
        **determining(job.options),
        **determining(job.training),
        "tokens_per_epoch": job.tokens,
        "vocabulary": len(job.vocabulary),
        "parameters": parameters,
        "weights_gradients_optimizer_mb": round(parameters * 4 * copies / 2**20),
        "steps": len(_batches(job)) * (job.training.epochs or 0),
        "device": why_device,
        "precision": f"{precision}: {why_precision}",
        "choices": list(job.choices),
    }


class LanguageModelTask:
    """What the training loop needs to know of a language model."""

    def __init__(self, model: NeuralLanguageModel, valid: ModelText) -> None:
        self.model: NeuralLanguageModel = model
        self.valid = valid

    def loss(self, batch: Batch, hidden: Hidden) -> tuple[Tensor, Hidden]:
        """Mean loss per token of a batch; a missing state is the zero state."""
        state = hidden or self.model.initial_state(batch.inputs.shape[1])
        return self.model.loss(batch.inputs, batch.targets, state)

    def valid_loss(self) -> float:
        """Mean loss per held-out token."""
        text, context = self.valid, self.model.options.batching
        return mean_loss(self.model, text.ids, text.bounds, context, _VALID_STREAMS)


def train(job: Job, output: Path, measure: Measure, overwrite: bool = False) -> bool:
    """Train a language model, or go on with an unfinished training of the same.

    Args:
        job: what `plan` decided.
        output: the model's folder.
        measure: turns a test text, its tokens' log-probabilities and the context into what is kept of the test.
        overwrite: replace an artifact made differently.

    Returns:
        Whether there was anything to do.

    Raises:
        InterruptedRunError: after Ctrl-C, with the checkpoint saved.
        DivergedError: where the loss is not a number any more.
    """
    recipe = job.recipe()
    standing = claim(output, recipe, overwrite)
    if standing == "up to date":
        return False
    run = RunRecord(operational(job.training))
    device, why_device = devices.choose_device(job.training.device)
    precision, why_precision = devices.choose_precision(job.training.precision, device)
    threads = devices.set_threads(job.training.threads)
    for line in (*job.choices, f"device: {why_device}", f"precision: {precision}, {why_precision}"):
        progress.note(line)
    devices.deterministic(job.training.deterministic)
    devices.seed_everything(job.training.seed)
    model = NeuralLanguageModel(job.options, len(job.vocabulary), precision)
    if job.options.init_vectors:
        _start_from_vectors(model, job.vocabulary, Path(job.options.init_vectors))
    model.to(device)
    valid = _text(job, job.valid)
    with TrainingArtifact.begin(output, recipe, run, functools.partial(_begin, job, model), overwrite) as slot:
        trainer = Trainer(LanguageModelTask(model, valid), _batches(job), job.training, device, slot.save)
        checkpoint = slot.current()
        if checkpoint is not None:
            trainer.load(checkpoint)
            progress.note(f"resuming {output} at epoch {trainer.at.epoch + 1}, step {trainer.at.step}")
        outcome = trainer.run(job.tokens * trainer.epochs)
        run.details |= {"device": str(device), "precision": precision, "threads": threads,
                        "training_seconds": round(trainer.at.seconds, 1),
                        "tokens_per_second": round(trainer.at.tokens / max(trainer.at.seconds, 1e-9))}  # fmt: skip
        if outcome != "finished":
            _stopped(outcome, output, trainer)
            return True
        # Tested in fp32, as the finished model will be by everyone else.
        best = NeuralLanguageModel(job.options, len(job.vocabulary)).to(device)
        best.load_state_dict(trainer.best)
        slot.finish(_summary(job, trainer, best, measure), _ledger(job), (WEIGHTS, HISTORY))
    return True


def _stopped(outcome: str, output: Path, trainer: Trainer) -> None:
    where = f"{outcome} at epoch {trainer.at.epoch + 1}, step {trainer.at.step}; {output} is saved"
    if outcome == "interrupted":
        raise InterruptedRunError(where, "run the same command again to go on")
    progress.note(f"{where}: run the same command again to go on")


def _batches(job: Job) -> Batches:
    first, last = int(job.train.bounds[job.sentences.start]), int(job.train.bounds[job.sentences.stop])
    ids, size, seed = job.train.ids[first:last], job.training.batch_size, job.training.seed
    if job.options.batching == "sentence":
        if job.options.arch == "window":
            return WindowBatches(ids, EOS, job.options.context, size * job.options.bptt, seed, job.mapping)
        bounds = np.asarray(job.train.bounds[job.sentences.start : job.sentences.stop + 1]) - first
        return SentenceBatches(ids, bounds, EOS, size, seed, job.mapping)
    if job.options.arch == "window":
        return WindowBatches(ids, EOS, job.options.context, size * job.options.bptt, seed, job.mapping)
    return StreamBatches(ids, EOS, size, job.options.bptt, job.mapping)


def _text(job: Job, held_out: HeldOut) -> ModelText:
    corpus = held_out.corpus
    mapping = job.mapping if corpus is job.train else corpus.vocabulary.mapping(job.vocabulary)
    return model_text(held_out.name, corpus, held_out.sentences, mapping, job.train.characters)


def _start_from_vectors(model: NeuralLanguageModel, vocabulary: Vocabulary, path: Path) -> None:
    vectors = read_text_vectors(path, set(vocabulary.tokens[2:]))
    dim = model.options.emb_dim
    if any(len(vector) != dim for vector in vectors.values()):
        found = len(next(iter(vectors.values())))
        raise InputError(f"{path} has vectors of dimension {found}, the model {dim}", f"give --emb-dim {found}")
    with torch.no_grad():
        for token, vector in vectors.items():
            model.embedding.weight[vocabulary.ids[token]] = torch.from_numpy(vector)
    progress.note(f"{len(vectors):,} of {len(vocabulary) - 2:,} embeddings start from {path}")


def _begin(job: Job, model: NeuralLanguageModel, draft: Draft) -> None:
    """Write what training does not change."""
    write_static(draft.path, job.vocabulary, job.corpus.path)
    options = job.options
    shape = f"{options.emb_dim}-{options.hidden_dim}×{options.layers}"
    kind = options.cell.upper() if options.arch == "recurrent" else f"window {options.context} {options.combine}"
    preprocessing = {name: job.corpus.options[name] for name in PreprocessOptions.__dataclass_fields__
                     if name in job.corpus.options}  # fmt: skip
    draft.summary |= {
        "architecture": f"{kind} {shape}{' tied' if options.tied else ''}",
        "parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "vocabulary": len(job.vocabulary),
        "tokenizer": job.train.tokenizer.name,
        "lossless": job.train.tokenizer.lossless,
        "preprocessing": preprocessing,
        "tokens": job.tokens,
    }


def _summary(job: Job, trainer: Trainer, model: NeuralLanguageModel, measure: Measure) -> dict[str, Any]:
    best, context = trainer.at.best_loss, job.options.batching
    tests = []
    for test in job.tests:
        text = _text(job, test)
        tests.append(
            {"data": test.name} | measure(text, token_log_probs(model, text.ids, text.bounds, context), context)
        )
    return {
        "epochs": trainer.at.epoch,
        "best_epoch": trainer.at.best_epoch,
        "best_valid_perplexity": math.exp(best) if best is not None and best < 700 else None,
        "tests": tests,
    }


def _ledger(job: Job) -> list[dict[str, Any]]:
    rows = [dict(row) for row in job.corpus.manifest.ledger]
    unknown = int(job.vocabulary.counts[0])
    if unknown:
        rows.append(
            {"what": "training tokens", "count": unknown, "why": "<unk>, in the text or past the vocabulary's end"}
        )
    return rows
