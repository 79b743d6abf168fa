"""Language models of any kind, and mixtures of them, on texts: perplexity, scores of sentences and of tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqtool.artifact.write import RunRecord
from seqtool.corpus.model_text import HeldOut
from seqtool.corpus.options import SourceOptions
from seqtool.corpus.text_inputs import model_text
from seqtool.corpus.vocabulary import EOS
from seqtool.errors import UsageError
from seqtool.evaluation.any_model import LoadedModel, shown_tokens, started
from seqtool.evaluation.artifact import Evaluation, evaluate_once, trained_on_summary
from seqtool.evaluation.mixture import Mixture, evaluation_recipe, open_mixture
from seqtool.lm.options import AdaptOptions
from seqtool.metrics.perplexity import ITEM_COLUMNS, LN10, SentenceItems, measure
from seqtool.nn.options import DeviceOptions
from seqtool.options import changed, determining, operational
from seqtool.progress import warn

_MANY_UNKNOWN = 0.25  # share of the tokens above which the text is of another kind than the model's


class ScoredToken(NamedTuple):
    """A token of a text, as the text spells it; ``oov`` is 1 where the model does not know it."""

    sentence: int
    position: int
    token: str
    log10_probability: float
    oov: int


def evaluate_perplexity(
    model: Path,
    texts: Sequence[str],
    *,
    output: Path | None = None,
    overwrite: bool = False,
    context: str | None = None,
    mix: Sequence[str] | None = None,
    tune: str | None = None,
    learning: AdaptOptions = AdaptOptions(),
    sources: SourceOptions = SourceOptions(),
    compute: DeviceOptions = DeviceOptions(),
) -> Evaluation:
    """Perplexity, bits per character and bits per byte of a text.

    Args:
        model: a language model's artifact, or ARPA text.
        texts: names of texts or of a corpus, read as one text.
        output: also keep the evaluation here.
        overwrite: replace an artifact made otherwise.
        context: ``stream`` or ``sentence``; the model's own if left out.
        mix: models to interpolate with, ``MODEL`` or ``MODEL:WEIGHT``.
        tune: the text on which weights are tuned that are not given.
        learning: how a neural model learns from the text as it goes.
        sources: how raw texts are read.
        compute: where the model computes.

    Raises:
        UsageError: the model gives no probabilities, or options contradict each other.
    """
    _refuse_two_stdins(tune, texts)
    with open_mixture(model, mix, tune, sources, compute, context) as loaded:
        if not loaded.probabilistic:
            raise UsageError(f"{loaded.name} gives scores, not probabilities, so it has no perplexity", "use score")
        run = _run_record(loaded, compute)
        learned = determining(learning) if learning.used else {}
        with model_text(loaded.artifact, texts, sources) as text:
            options = _context_option(loaded, context) | learned | changed(sources)
            recipe = evaluation_recipe("perplexity", options, loaded, text)
            found = evaluate_once(recipe, lambda: _measure(loaded, text, context, run, learning), output, overwrite)
    _warn_of_oddities(found.summary)
    return found


def score_sentences(
    model: Path,
    texts: Sequence[str],
    *,
    output: Path | None = None,
    overwrite: bool = False,
    context: str | None = None,
    mix: Sequence[str] | None = None,
    tune: str | None = None,
    sources: SourceOptions = SourceOptions(),
    compute: DeviceOptions = DeviceOptions(),
) -> Evaluation:
    """The log10 probability of every line of a text, blank ones too; the arguments are `evaluate_perplexity`'s.

    Raises:
        UsageError: lines would be skipped, or options contradict each other.
    """
    _check_lines(tune, texts, sources)
    with open_mixture(model, mix, tune, sources, compute, context) as loaded:
        run = _run_record(loaded, compute)
        with model_text(loaded.artifact, texts, sources, keep_blank=True) as text:
            # Where the model's preprocessing drops no blank line, this is what `evaluate_perplexity` measures.
            command = "score" if loaded.preprocessing.blank_lines == "drop" else "perplexity"
            recipe = evaluation_recipe(command, _context_option(loaded, context) | changed(sources), loaded, text)
            return evaluate_once(recipe, lambda: _measure(loaded, text, context, run), output, overwrite)


def score_tokens(
    model: Path,
    texts: Sequence[str],
    *,
    context: str | None = None,
    mix: Sequence[str] | None = None,
    tune: str | None = None,
    sources: SourceOptions = SourceOptions(),
    compute: DeviceOptions = DeviceOptions(),
) -> Iterator[ScoredToken]:
    """The log10 probability of every token of a text, one by one; the arguments are `evaluate_perplexity`'s.

    Raises:
        UsageError: lines would be skipped, or options contradict each other.
    """
    _check_lines(tune, texts, sources)

    def tokens() -> Iterator[ScoredToken]:
        with (
            open_mixture(model, mix, tune, sources, compute, context) as loaded,
            model_text(loaded.artifact, texts, sources, keep_blank=True) as text,
        ):
            yield from _scored_tokens(loaded, text, context or loaded.context)

    return started(tokens())


def _check_lines(tune: str | None, texts: Sequence[str], sources: SourceOptions) -> None:
    if sources.errors == "skip":
        raise UsageError("--errors skip cannot be used, because every line gets a score", "use --errors replace")
    _refuse_two_stdins(tune, texts)


def _refuse_two_stdins(tune: str | None, texts: Sequence[str]) -> None:
    if tune == "-" and "-" in texts:
        raise UsageError("--tune and the text cannot both be standard input", "write one of them to a file")


def _run_record(loaded: LoadedModel, compute: DeviceOptions) -> RunRecord:
    return RunRecord(operational(compute), {"device": str(loaded.device)})


def _context_option(loaded: LoadedModel, context: str | None) -> dict[str, Any]:
    """The context as a manifest has it; each model of a mixture has its own by default."""
    return {} if context is None and isinstance(loaded, Mixture) else {"context": context or loaded.context}


def _measure(
    loaded: LoadedModel, text: HeldOut, context: str | None, run: RunRecord, learning: AdaptOptions = AdaptOptions()
) -> Evaluation:
    context = context or loaded.context
    encoded = loaded.encode_corpus(text.name, text.corpus, text.sentences)
    result = measure(encoded, _log_probs(loaded, encoded, context, learning), context)
    names = {"model": loaded.name, "data": text.name, "tokenizer": loaded.tokenizer.name, "lossless": loaded.lossless}
    summary = result.to_json() | names | (determining(learning) if learning.used else {})
    summary |= trained_on_summary(text.trained_on, text.name)
    return Evaluation(summary, ITEM_COLUMNS, SentenceItems(encoded, result.sentences), text.ledger, run)


def _log_probs(loaded: LoadedModel, encoded: Any, context: str, learning: AdaptOptions) -> Iterable[np.ndarray]:
    if not learning.used:
        return loaded.log_probs(encoded, context)
    from seqtool.lm.artifact import LanguageModel

    if not isinstance(loaded, LanguageModel):
        raise UsageError("--cache and --dynamic-lr need a single neural model", "leave them out")
    return loaded.log_probs(encoded, context, learning)


def _warn_of_oddities(summary: Mapping[str, Any]) -> None:
    if not summary["tokens"]:
        warn(f"{summary['data']} has no tokens, so nothing was scored; give a text with at least one line")
    if summary["perplexity"] is None and summary["tokens"]:
        warn(
            "the perplexity is infinite, because a token of the text has probability 0; possible causes are "
            "--smoothing ml, --cache-weight 1 and a --dynamic-lr that is too high"
        )
    if summary["oov"] > _MANY_UNKNOWN * summary["tokens"]:
        warn(
            f"{summary['oov'] / summary['tokens']:.0%} of the tokens are unknown to {summary['model']}; check that the "
            "text suits the model, or train on more text or with --tokenizer bpe (perplexity_without_oov leaves "
            "unknown tokens out)"
        )


def _scored_tokens(loaded: LoadedModel, text: HeldOut, context: str) -> Iterator[ScoredToken]:
    encoded = loaded.encode_corpus(text.name, text.corpus, text.sentences)
    spellings = shown_tokens(text.corpus.vocabulary.tokens)
    start, sentence, position = 0, 1, 1
    for piece in loaded.log_probs(encoded, context):
        stop = start + len(piece)
        own_ids, known_ids = encoded.ids.ids[start:stop].tolist(), encoded.ids[start:stop].tolist()
        for own_id, known_id, log_prob in zip(own_ids, known_ids, piece.tolist(), strict=True):
            yield ScoredToken(sentence, position, spellings[own_id], log_prob / LN10, int(known_id == loaded.unk_id))
            sentence, position = (sentence + 1, 1) if known_id == EOS else (sentence, position + 1)
        start = stop
