"""What language models of any kind, and mixtures of them, predict: the next token, whole texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seqtool.corpus.options import SourceOptions
from seqtool.decoding.generate import GeneratedText, encode_prompt, generate_texts
from seqtool.decoding.options import GenerateOptions
from seqtool.decoding.sampling import next_log_probs
from seqtool.evaluation.any_model import shown_tokens, started
from seqtool.evaluation.mixture import evaluation_recipe, open_mixture
from seqtool.evaluation.saved_answers import SavedAnswer
from seqtool.metrics.perplexity import LN10
from seqtool.nn.options import DeviceOptions
from seqtool.options import determining

TEXT_COLUMNS = ("number", "text", "log10_probability")


class NextToken(NamedTuple):
    """A token that may come next; ``<eos>`` is the end of the sentence."""

    rank: int
    token: str
    probability: float
    log10_probability: float


def predict_next(
    model: Path,
    words: str,
    top: int = 10,
    *,
    context: str | None = None,
    mix: Sequence[str] | None = None,
    tune: str | None = None,
    sources: SourceOptions = SourceOptions(),
    compute: DeviceOptions = DeviceOptions(),
) -> list[NextToken]:
    """The ``top`` most probable tokens after some words, which begin a sentence."""
    with open_mixture(model, mix, tune, sources, compute, context) as loaded:
        log_probs_V = next_log_probs(loaded.step_model(), encode_prompt(loaded, words))
        tokens = shown_tokens(loaded.vocabulary.tokens)
    best = np.argsort(-log_probs_V, kind="stable")[:top].tolist()
    scores = [float(log_probs_V[token_id]) for token_id in best]
    return [
        NextToken(rank, tokens[token_id], float(np.exp(score)), score / LN10)
        for rank, (token_id, score) in enumerate(zip(best, scores, strict=True), 1)
    ]


def write_texts(
    model: Path,
    options: GenerateOptions = GenerateOptions(),
    *,
    mix: Sequence[str] | None = None,
    tune: str | None = None,
    output: Path | None = None,
    overwrite: bool = False,
    compute: DeviceOptions = DeviceOptions(),
) -> Iterator[GeneratedText]:
    """Texts that a language model writes, one by one; with an ``output`` all are written first, and kept there.

    Raises:
        UsageError: options contradict each other.
        OutputError: something else is at ``output``.
    """

    def texts() -> Iterator[GeneratedText]:
        with open_mixture(model, mix, tune, SourceOptions(), compute) as loaded:
            if output is None:
                yield from generate_texts(loaded, options)
            else:
                recipe = evaluation_recipe("generate", determining(options), loaded)
                saved = SavedAnswer(output, "generate", recipe.options, recipe.inputs, overwrite)
                written = list(generate_texts(loaded, options))
                rows = ((i, text.text, "" if text.log10 is None else text.log10) for i, text in enumerate(written, 1))
                saved.keep(loaded.name, options.prompt, TEXT_COLUMNS, rows)
                yield from written

    return started(texts())
