"""The commands `train-word2vec` and `train-fasttext` as a function: corpus artifact → vectors artifact."""

from __future__ import annotations

import functools
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqtool import progress
from seqtool.artifact.manifest import Recipe
from seqtool.artifact.read import Artifact
from seqtool.artifact.write import Draft, RunRecord, claim
from seqtool.compute.threads import ordered
from seqtool.corpus.artifact import open_corpus, preprocess_options
from seqtool.corpus.corpus import Corpus
from seqtool.corpus.options import thread_count
from seqtool.corpus.subsampling import FilteredTokens
from seqtool.corpus.vocabulary import write_words
from seqtool.embeddings.artifact import Trainable, TrainingState, carry_out, check_device
from seqtool.embeddings.options import MOST_SOFTMAX_WORDS, Word2vecOptions
from seqtool.embeddings.schedules.rounds import Hogwild, Rounds, scheduled
from seqtool.embeddings.schedules.worker import chance_loss, make_setting, random_state
from seqtool.embeddings.subwords import spell_vocabulary, start_ngrams, start_words, word_vectors
from seqtool.embeddings.weights import Weights
from seqtool.errors import DivergedError, UsageError, plural
from seqtool.options import determining, operational
from seqtool.vectors.artifact import (
    KIND,
    NGRAMS,
    VECTORS,
    VOCAB,
    carry_tokenizer,
    load_vectors,
    vectors_input,
    write_rule,
)

if TYPE_CHECKING:
    from seqtool.embeddings.schedules.device import DeviceRounds


def train_word2vec(corpus: Artifact, options: Word2vecOptions, output: Path, overwrite: bool = False) -> bool:
    """Train the vectors ``output``, or continue an unfinished training of the same; whether there was anything to do.

    Of `FasttextOptions` they are those of train-fasttext, with n-grams.

    Raises:
        InputError: where no word is left, or the vectors to start from cannot be read.
        OutputError: where ``output`` may not be replaced or cannot be written.
        DivergedError: where the loss is not a number any more; the last whole epoch is kept.
        InterruptedRunError: after Ctrl-C; the last whole epoch is kept.
    """
    check(options)
    recipe = _recipe(corpus, options)
    if claim(output, recipe, overwrite) == "up to date":
        return False
    run = RunRecord(operational(options))
    run.details["device"] = options.device
    with run.timed("vocabulary"):
        training = Training(open_corpus(corpus), options)
        extra = _start_from(training, options)

    def finish() -> tuple[dict[str, Any], list[dict[str, Any]]]:
        state = training.state
        run.details["words_per_second"] = round(training.kept.tokens * state.epoch / max(state.seconds, 1e-9))
        return {"epochs": state.epoch, "loss": round(state.loss, 6)}, _ledger(corpus, training)

    begin = functools.partial(_begin, corpus, training, extra)
    return carry_out(training, output, recipe, run, begin, finish, overwrite)


def describe(corpus: Artifact, options: Word2vecOptions) -> dict[str, Any]:
    """What a training would be: resolved options, words, size and memory; nothing is trained."""
    check(options)
    training = Training(open_corpus(corpus), options)
    words, weights = len(training.kept.words), training.weights
    return {
        **determining(options),
        "lr": options.rate,
        **operational(options),
        "words": words,
        "tokens_per_epoch": training.kept.tokens,
        **({"ngrams": len(training.spelling.buckets_G)} if training.spelling else {}),
        "weights_mb": round((weights.inputs.nbytes + weights.outputs.nbytes) / 2**20, 1),
    }


def check(options: Word2vecOptions) -> None:
    """Refuse options that contradict each other, and a device that is not there.

    Raises:
        InputError: the device is not there.
        UsageError: naming the options.
    """
    if options.add_contexts and options.loss == "hs":
        raise UsageError(
            "--add-contexts cannot be combined with --loss hs, which gives words no output vectors",
            "leave one of them out",
        )
    if options.keep_words and not options.init_from:
        raise UsageError("--keep-words needs --init-from", "give --init-from, or leave out --keep-words")
    check_device(options.device)
    rule = options.rule
    if rule and rule.minn > rule.maxn:
        message = f"--minn {rule.minn} exceeds --maxn {rule.maxn}"
        raise UsageError(message, "use a smaller --minn, or --maxn 0 for no n-grams")


def _recipe(corpus: Artifact, options: Word2vecOptions) -> Recipe:
    values = determining(options) | {"lr": options.rate}
    seed = values.pop("seed")
    started = [vectors_input(Path(options.init_from))] if options.init_from else []
    values["init_from"] = started[0].name if started else None
    return Recipe(KIND, options.COMMAND, values, [corpus.as_input(), *started], seed)


def _start_from(training: Training, options: Word2vecOptions) -> list[str]:
    """Copy the vectors of known words into the weights; the other words of ``--init-from`` that are to stay."""
    if not options.init_from:
        return []
    before = load_vectors(Path(options.init_from))
    if before.dim != options.dim:
        raise UsageError(
            f"{options.init_from} has vectors of dimension {before.dim}, but --dim is {options.dim}",
            f"use --dim {before.dim}",
        )
    words, weights = training.kept.words, training.weights
    ngrams = start_ngrams(weights, training.spelling, before.ngrams) if training.spelling else 0
    rows = before.ids_of(words)
    known = rows >= 0
    start_words(weights, known, before.matrix[rows[known]])
    others: list[int] = []
    if options.keep_words:
        here = set(words)
        others = [row for row, word in enumerate(before.words) if word not in here]
        training.extra = np.array(before.matrix[others], np.float32)
    progress.note(
        f"initialized {plural(int(known.sum()), 'word')}"
        + (f" and {plural(ngrams, 'n-gram')}" if ngrams else "")
        + f" from {options.init_from}; {plural(int((~known).sum()), 'new word')}"
        + (f"; {plural(len(others), 'other word')} kept unchanged" if others else "")
    )
    return [before.words[row] for row in others]


def _begin(corpus: Artifact, training: Training, extra: list[str], draft: Draft) -> None:
    """Write what training does not change."""
    words = [*training.kept.words, *extra]
    write_words(draft.path / VOCAB, words, np.concatenate([training.kept.counts_V, np.zeros(len(extra), np.int64)]))
    carry_tokenizer(corpus, draft)
    options, spelling = training.options, training.spelling
    if spelling:
        write_rule(draft, spelling.rule, spelling.buckets_G)
        draft.summary["ngrams"] = len(spelling.buckets_G)
    draft.summary |= {
        "words": len(words),
        "dim": options.dim,
        "method": f"{options.COMMAND.removeprefix('train-')} {options.model} {options.loss}",
        "tokens": training.kept.tokens,
        "preprocessing": determining(preprocess_options(corpus.options)),
    }


def _ledger(corpus: Artifact, training: Training) -> list[dict[str, Any]]:
    kept = training.kept
    rows = [dict(row) for row in corpus.manifest.ledger]
    if kept.unknown:
        rows.append({"what": "tokens", "count": kept.unknown, "why": "left out: unknown (<unk>)"})
    if kept.rare:
        rows.append({"what": "tokens", "count": kept.rare, "why": "left out: below --min-count or beyond --max-vocab"})
    return rows


# Text is read so many tokens at a time; windows do not reach from one part into the next.
PART = 1 << 18
# The mean loss of fewer predictions than these says nothing of a training.
_FEW = 1000


class Training(Trainable):
    """The training of word2vec and fastText.

    Args:
        corpus: what is learned from.
        options: how.

    Attributes:
        kept: the words.
        spelling: their n-grams, where they have any.
        weights: what was learned so far.
        state: how far it is.
        extra: float32 (E, D), vectors of further words, which stay as they are and come last.

    Raises:
        InputError: no word is left.
        UsageError: too many words for a full softmax.
    """

    def __init__(self, corpus: Corpus, options: Word2vecOptions) -> None:
        self.options, self.epochs = options, options.epochs
        self.name, self.unit = options.COMMAND.removeprefix("train-"), "words"
        self.kept = FilteredTokens(corpus, options.min_count, options.max_vocab, options.sample, options.across_lines)
        words, self.size = len(self.kept.words), self.kept.last - self.kept.first
        if options.loss == "softmax" and words > MOST_SOFTMAX_WORDS:
            raise UsageError(
                f"a softmax over {words:,} words would take hours",
                f"use --loss ns, or --max-vocab {MOST_SOFTMAX_WORDS} or less",
            )
        rule = options.rule
        self.spelling = spell_vocabulary(self.kept.words, rule, self.kept.expected_counts) if rule else None
        self.weights = Weights(words, options.dim, parts=self.spelling.parts if self.spelling else None)
        self.weights.start(options.seed)
        self.state = TrainingState()
        self.extra = np.zeros((0, options.dim), np.float32)
        self._setting = make_setting(self.kept.counts_V, options)
        self._chance = chance_loss(self._setting)

    def learner(self) -> Rounds | Hogwild | DeviceRounds:
        """The schedule that the options ask for."""
        return scheduled(self._setting, self.weights, thread_count(self.options.threads))

    def epoch(self, learner: Any, stage: progress.Stage) -> tuple[float, int]:
        """Read the text once, a part after the other."""
        kept, options, epoch = self.kept, self.options, self.state.epoch
        seed = random_state(options.seed, epoch)
        total_loss, total_count = 0.0, 0

        def read(first: int) -> tuple[int, int, NDArray[np.int32]]:
            last = min(first + PART, kept.last)
            return first, last, kept.read(first, last, seed, options.window)[0].astype(np.int32)

        for first, last, stream in ordered(read, range(kept.first, kept.last, PART), 1):
            loss, count = learner.learn(
                stream, (seed, first), lambda share, a=first, b=last: self._rate(epoch, a + share * (b - a))
            )
            if not math.isfinite(loss):
                self._diverged(last, epoch, "the loss is not a number")
            if loss > (2 * self._chance + 1) * max(count, _FEW):
                self._diverged(
                    last, epoch, f"the loss is {loss / count:.3g}, more than twice that of an untrained model"
                )
            total_loss, total_count = total_loss + loss, total_count + count
            stage.advance(last - first, f"epoch {epoch + 1}/{options.epochs}  loss {loss / max(1, count):.3f}")
        return total_loss, total_count

    def _rate(self, epoch: int, position: float) -> float:
        """The learning rate at a position of the corpus in an epoch."""
        done = (epoch + (position - self.kept.first) / max(1, self.size)) / self.options.epochs
        return self.options.rate * max(1 - done, self.options.min_lr)

    def _diverged(self, position: int, epoch: int, why: str) -> None:
        kept = f"epoch {epoch} is saved" if epoch else "no epoch is saved"
        step = epoch * self.size + position - self.kept.first
        raise DivergedError(
            f"training diverged in epoch {epoch + 1}, within {plural(step, 'word')}, at learning rate "
            f"{self._rate(epoch, position):.3g}: {why}; {kept}",
            "train again with --overwrite and a lower --lr",
        )

    def end_epoch(self, loss: float, count: int) -> None:
        """See `Trainable`; the history records the mean loss of a prediction."""
        state = self.state
        if not self.weights.finite():
            self._diverged(self.kept.last, state.epoch, "a weight is not a number")
        state.epoch += 1
        rate, mean = self._rate(state.epoch - 1, self.kept.last), loss / max(1, count)
        state.history.append([state.epoch, state.epoch * self.kept.tokens, count, mean, rate])
        if not count and all(found for _, _, found, _, _ in state.history[:-1]):  # warn once
            progress.warn("no word has another word in its window, so nothing was learned")

    def matrices(self) -> dict[str, NDArray[Any]]:
        """Views of the input and output vectors."""
        weights = self.weights
        return {"inputs": weights.rows(weights.inputs), "outputs": weights.rows(weights.outputs)}

    def results(self) -> dict[str, NDArray[Any]]:
        """The word vectors, float32 (V + E, D), and those of the n-grams."""
        weights = self.weights
        vectors = word_vectors(weights)
        if self.options.add_contexts:
            vectors = vectors + weights.rows(weights.outputs)
        results = {VECTORS: np.concatenate([vectors, self.extra]) if len(self.extra) else vectors}
        return results | ({NGRAMS: weights.rows(weights.inputs)[weights.words :]} if self.spelling else {})
