"""The command `train-glove` as a function: counts artifact → vectors artifact (Pennington et al. 2014)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqtool import progress
from seqtool.artifact.manifest import Recipe
from seqtool.artifact.read import Artifact
from seqtool.artifact.write import Draft, RunRecord, claim
from seqtool.corpus.options import thread_count
from seqtool.corpus.vocabulary import read_words, write_words
from seqtool.embeddings.artifact import Trainable, TrainingState, carry_out, check_device
from seqtool.embeddings.glove.kernels import Block, Cost, Parameters, fit
from seqtool.embeddings.glove.shuffled_counts import ShuffledCounts, shuffled
from seqtool.embeddings.options import GloveOptions
from seqtool.embeddings.weights import Weights, aligned
from seqtool.errors import ArtifactError, DivergedError, InputError
from seqtool.options import determining, operational
from seqtool.vectors.artifact import KIND, VECTORS, VOCAB, carry_tokenizer

if TYPE_CHECKING:
    from seqtool.embeddings.glove.device import DeviceFit


def train_glove(counts: Artifact, options: GloveOptions, output: Path, overwrite: bool = False) -> bool:
    """Train the vectors ``output``, or continue an unfinished training of the same; whether there was anything to do.

    Raises:
        ArtifactError: where the counts are damaged.
        InputError: where the device is not there.
        OutputError: where ``output`` may not be replaced or cannot be written.
        DivergedError: where the loss is not a number any more; the last whole epoch is kept.
        InterruptedRunError: after Ctrl-C; the last whole epoch is kept.
    """
    check_device(options.device)
    values = determining(options)
    seed = values.pop("seed")
    recipe = Recipe(KIND, "train-glove", values, [counts.as_input()], seed)
    if claim(output, recipe, overwrite) == "up to date":
        return False
    run = RunRecord(operational(options))
    run.details["device"] = options.device
    words, counts_V = _words(counts)

    def begin(draft: Draft) -> None:
        write_words(draft.path / VOCAB, words, counts_V)
        carry_tokenizer(counts, draft)
        kept = {name: counts.summary[name] for name in ("tokens", "preprocessing") if name in counts.summary}
        draft.summary |= {"words": len(words), "dim": options.dim, "method": "glove", **kept}

    with shuffled(counts, len(words), options.seed, output.absolute().parent) as entries:
        training = GloveTraining(entries, len(words), options)

        def finish() -> tuple[dict[str, Any], list[dict[str, Any]]]:
            summary = {"epochs": training.state.epoch, "loss": round(training.state.loss, 6)}
            return summary, [dict(row) for row in counts.manifest.ledger]

        return carry_out(training, output, recipe, run, begin, finish, overwrite)


def describe(counts: Artifact, options: GloveOptions) -> dict[str, Any]:
    """What a training would be: its options, words, entries, memory and disk; nothing is trained."""
    check_device(options.device)
    words = len(_words(counts)[0])
    entries = int(counts.summary.get("entries", 0))
    weights = 16 * (words + 1) * Weights(1, options.dim).stride
    return {
        **determining(options),
        **operational(options),
        "words": words,
        "entries": entries,
        "weights_mb": round(weights / 2**20, 1),
        "disk_mb": round(12 * entries / 2**20, 1),
    }


def _words(counts: Artifact) -> tuple[Sequence[str], NDArray[np.int64]]:
    try:
        return read_words(counts.file(VOCAB))
    except InputError as error:
        raise ArtifactError(error.message, "recreate the counts") from None


class ThreadedFit:
    """Threads that take a block each: the same bytes for any number of them.

    Args:
        weights, squares, biases: see `GloveTraining`; changed.
        options: how.
    """

    def __init__(self, weights: Weights, squares: Weights, biases: NDArray[np.float64], options: GloveOptions) -> None:
        self._pool = ThreadPoolExecutor(thread_count(options.threads))
        vectors = weights.inputs, weights.outputs, squares.inputs, squares.outputs
        self._parameters = Parameters(*vectors, biases[0], biases[1], weights.stride)
        self._cost = Cost(math.log(options.x_max), options.weight_alpha, options.eta)

    def learn(self, blocks: Sequence[Block]) -> tuple[float, int]:
        """Learn from blocks of entries that share no row and no column: (the sum of the losses before, entries)."""

        def learned(block: Block) -> float:
            return float(fit(self._parameters, block, self._cost, aligned(16, self._parameters.words.dtype)))

        return sum(self._pool.map(learned, blocks)), sum(len(block.rows) for block in blocks)

    def collect(self) -> None:
        """Nothing: it is there."""

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown()


class GloveTraining(Trainable):
    """The training of GloVe.

    Args:
        entries: what is fitted.
        words: V.
        options: how.

    Attributes:
        weights, squares: word and context vectors, and AdaGrad's sums.
        biases: float64 (2, V, 2): of words and of contexts, the bias and its sum.
        state: how far it is.
    """

    def __init__(self, entries: ShuffledCounts, words: int, options: GloveOptions) -> None:
        self.options, self._entries, self.epochs = options, entries, options.epochs
        self.name, self.unit, self.size = "glove", "entries", len(entries.rows)
        self.weights, self.squares = Weights(words, options.dim), Weights(words, options.dim)
        self.biases = np.zeros((2, words, 2))
        self.state = TrainingState()
        draw = np.random.default_rng(options.seed)
        for matrix in (self.weights.inputs, self.weights.outputs):
            drawn = draw.random((words, options.dim), np.float32)
            self.weights.rows(matrix)[:] = (drawn - np.float32(0.5)) / np.float32(options.dim)
        self.biases[..., 0] = (draw.random((2, words)) - 0.5) / options.dim
        self.squares.inputs[:], self.squares.outputs[:], self.biases[..., 1] = 1, 1, 1

    def learner(self) -> ThreadedFit | DeviceFit:
        """What learns from blocks."""
        given = self.weights, self.squares, self.biases, self.options
        if self.options.device == "cpu":
            return ThreadedFit(*given)
        from seqtool.embeddings.glove.device import DeviceFit
        from seqtool.embeddings.schedules import device_steps

        return DeviceFit(*given, self.size, device_steps.torch_device(self.options.device))

    def epoch(self, learner: ThreadedFit | DeviceFit, stage: progress.Stage) -> tuple[float, int]:
        """Go through all blocks, those that share nothing at once."""
        entries, total, sides = self._entries, 0.0, range(self._entries.sides)
        for shift in np.random.default_rng((self.options.seed, self.state.epoch)).permutation(entries.sides).tolist():
            loss, size = learner.learn([entries.block(i, (i + shift) % entries.sides) for i in sides])
            total += loss
            stage.advance(size, f"epoch {self.state.epoch + 1}/{self.options.epochs}")
        return total, self.size

    def end_epoch(self, loss: float, count: int) -> None:
        """See `Trainable`."""
        state, options, mean = self.state, self.options, loss / max(1, count)
        if not math.isfinite(mean) or not self.weights.finite():
            kept = f"epoch {state.epoch} is saved" if state.epoch else "no epoch is saved"
            raise DivergedError(
                f"training diverged in epoch {state.epoch + 1}, at learning rate {options.eta:g}: the loss or a "
                f"weight is not a finite number; {kept}",
                "train again with --overwrite and a lower --eta",
            )
        state.epoch += 1
        state.history.append([state.epoch, state.epoch * count, count, mean, options.eta])

    def matrices(self) -> dict[str, NDArray[Any]]:
        """Views of the vectors, the biases and AdaGrad's sums."""
        weights, squares = self.weights, self.squares
        return {
            "inputs": weights.rows(weights.inputs),
            "outputs": weights.rows(weights.outputs),
            "input_squares": squares.rows(squares.inputs),
            "output_squares": squares.rows(squares.outputs),
            "biases": self.biases,
        }

    def results(self) -> dict[str, NDArray[Any]]:
        """The word vectors, with the context vectors added where that is asked for: float32 (V, D)."""
        words, contexts = self.weights.rows(self.weights.inputs), self.weights.rows(self.weights.outputs)
        return {VECTORS: words + contexts if self.options.add_contexts else words}
