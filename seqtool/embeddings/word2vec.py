"""The commands `train-word2vec` and `train-fasttext` as a function: corpus artifact → vectors artifact."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np

from seqtool import progress
from seqtool.artifact.manifest import Recipe
from seqtool.artifact.read import Artifact
from seqtool.artifact.write import Draft, RunRecord, claim
from seqtool.corpus.artifact import open_corpus, preprocess_options
from seqtool.corpus.vocabulary import write_words
from seqtool.embeddings.artifact import carry_out
from seqtool.embeddings.options import Word2vecOptions
from seqtool.embeddings.subwords import start_ngrams, start_words
from seqtool.embeddings.training import Training
from seqtool.errors import UsageError
from seqtool.options import determining, operational
from seqtool.vectors.artifact import KIND, VOCAB, carry_tokenizer, load_vectors, vectors_input, write_rule


def train_word2vec(corpus: Artifact, options: Word2vecOptions, output: Path, overwrite: bool = False) -> bool:
    """Train the vectors ``output``, or go on with an unfinished training of the same; whether there was anything to do.

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
        raise UsageError("--add-contexts: with --loss hs words have no output vectors", "leave one of them out")
    if options.keep_words and not options.init_from:
        raise UsageError("--keep-words keeps words of --init-from, which is not given", "give --init-from")
    if options.device != "cpu":
        from seqtool.embeddings.schedules import device_steps

        device_steps.torch_device(options.device)
    rule = options.rule
    if rule and rule.minn > rule.maxn:
        raise UsageError(f"--minn {rule.minn} is more than --maxn {rule.maxn}", "give --maxn 0 for no n-grams")


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
            f"{options.init_from} has vectors of dimension {before.dim}, not {options.dim}", f"give --dim {before.dim}"
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
        f"{int(known.sum()):,} words start from {options.init_from}, {int((~known).sum()):,} are new"
        + (f", {len(others):,} stay as they were" if others else "")
        + (f"; so do {ngrams:,} n-grams" if ngrams else "")
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
        rows.append({"what": "tokens", "count": kept.unknown, "why": "are <unk>, left out"})
    if kept.rare:
        rows.append({"what": "tokens", "count": kept.rare, "why": "below --min-count or past --max-vocab, left out"})
    return rows
