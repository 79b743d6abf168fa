"""What the commands would take with a text: rough times and memory, of their defaults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from seqtool.corpus.doctor.inspect import Finding, Inspection


class Cost(NamedTuple):
    """What a command would take with a text, roughly: minutes, and memory in words."""

    command: str
    minutes: float
    memory: str


# Tokens a second of the commands' defaults on two cores, and passes over the text, as measured in docs/results.md.
_RATES = {
    "preprocess": (7.0e6, 1),
    "cooccur": (8.0e6, 1),
    "train-word2vec": (1.4e6, 5),
    "train-fasttext": (0.7e6, 5),
    "train-ngram --order 5": (1.6e6, 1),
}
_ANALYSED = 4.0e4  # tokens a second of an analyser of morphemes
_LM_TOKENS_PER_SECOND, _LM_TYPES = 10_000, 10_000  # LSTM, fp32, on the Penn Treebank; the softmax grows with the types
_VECTOR_BYTES = 2 * 112 * 4  # of a word: two rows of 100 numbers, filled up
_LM_BYTES = 4 * 200 * 4  # of a type: its embedding, the gradient and the optimiser's two
_KEPT = 5  # occurrences of a word that has a vector
# Twice one thread's in docs/results.md: 181 reviews of IMDB a second, of 207 tokens as they are cut; and the 211,727
# words of CoNLL-2000 20 times in 10 minutes, validation included.
_CLASSIFIER_TOKENS_PER_SECOND, _TAGGER_WORDS_PER_SECOND = 7.0e4, 1.4e4
# Numbers of the embeddings updated a second: an epoch of 135,000 short reviews of NSMC with 67,239 types took 190 s on
# one thread and 137 s on two.
_UPDATED_PER_SECOND, _CLASSIFIER_BATCH, _CLASSIFIER_DIM = 4.0e8, 32, 128
_LONGEST_TEXT, _CLASSIFIER_KEPT, _MOST_TYPES = 400, 2, 100_000  # of a classifier's defaults
_CLASSIFIER_BYTES, _TAGGER_BYTES = 4 * _CLASSIFIER_DIM * 4, 4 * 100 * 4  # of a type, as _LM_BYTES


def costs(text: Inspection, cores: int) -> Iterator[Cost]:
    """Time and memory of the commands' defaults, scaled by the cores; factors of two either way are no surprise.

    Of a text in columns only a tagger makes sense.
    """
    if text.in_columns:
        # The other columns' types are few beside the words.
        words = text.lines - text.blank
        minutes = _minutes(words, _TAGGER_WORDS_PER_SECOND, cores)
        yield Cost("train-tagger (one epoch)", minutes, _learned(len(text.counts), _TAGGER_BYTES))
        return
    yield from _bulk_costs(text, cores)
    types = len(text.counts)
    rate = _LM_TOKENS_PER_SECOND * _LM_TYPES / max(_LM_TYPES, types)
    yield Cost("train-lm (one epoch)", _minutes(text.tokens, rate, cores), _learned(types, _LM_BYTES))
    yield _classifier(text, cores)


def cost_findings(text: Inspection, cores: int) -> list[Finding]:
    """The `costs` of a text as findings."""
    return [
        Finding(f"cost of {cost.command}", f"about {cost.minutes:g} min; memory: {cost.memory}")
        for cost in costs(text, cores)
    ]


def _classifier(text: Inspection, cores: int) -> Cost:
    """Of short texts with many types the updates of all embeddings, one a batch, take longer than the reading."""
    known = min(_MOST_TYPES, sum(count >= _CLASSIFIER_KEPT for count in text.counts.values()))
    read = sum(min(length, _LONGEST_TEXT) for length in text.lengths)
    updated = len(text.lengths) / _CLASSIFIER_BATCH * known * _CLASSIFIER_DIM
    seconds = read / _CLASSIFIER_TOKENS_PER_SECOND + updated / _UPDATED_PER_SECOND
    return Cost("train-classifier (one epoch)", _minutes(seconds, 1, cores), _learned(known, _CLASSIFIER_BYTES))


def _bulk_costs(text: Inspection, cores: int) -> Iterator[Cost]:
    """Of what goes through the text and learns no layers."""
    kept = sum(count >= _KEPT for count in text.counts.values())
    bounded = {
        "preprocess": "about 100 MB for the vocabulary",
        "cooccur": "up to --memory (1G)",
        "train-ngram --order 5": "up to --memory (2G)",
    }
    for command, (usual, passes) in _RATES.items():
        rate = _ANALYSED if command == "preprocess" and text.tokenizer.by_line else usual
        memory = bounded.get(command, f"{_megabytes(kept * _VECTOR_BYTES)} of weights")
        memory += ", plus n-gram weights" if command == "train-fasttext" else ""
        yield Cost(command, _minutes(text.tokens * passes, rate, cores), memory)


def _learned(types: int, bytes_each: int) -> str:
    return f"{_megabytes(types * bytes_each)} of weights, gradients and optimizer state"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB" if size >= 1e6 / 2 else "under 1 MB"


def _minutes(tokens: float, rate: float, cores: int) -> float:
    return round(max(tokens / (rate * max(1, cores) / 2) / 60, 0.01), 2)
