"""How good translations are: exact matches, BLEU and chrF by sacrebleu, with bootstrap intervals.

BLEU: Papineni et al. 2002; chrF: Popović 2015; sacrebleu and its signatures: Post 2018. Intervals are percentiles of
the scores of resampled sentences (Koehn 2004).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from seqtool.errors import InputError
from seqtool.evaluate.bootstrap import mean_interval, statistic_interval
from seqtool.evaluate.options import TranslationScoreOptions

ITEM_COLUMNS = ("line", "exact", "bleu", "chrf")
_SEED = 12345  # sacrebleu's


def measure(
    translations: Sequence[str], references: Sequence[Sequence[str]], how: TranslationScoreOptions
) -> dict[str, Any]:
    """Scores of translations.

    Args:
        translations: N lines.
        references: one or more lists of N lines.
        how: of sacrebleu.

    Returns:
        ``n``, and ``exact``, ``bleu``, ``chrf`` in per cent, each with ``_low`` and ``_high``; the two signatures.

    Raises:
        InputError: the lists have different lengths, or no line.
    """
    _check(translations, references)
    exact_N = np.asarray([float(line in others) for line, *others in zip(translations, *references, strict=True)])
    result: dict[str, Any] = {"n": len(translations), "exact": 100 * float(exact_N.mean())}
    interval = mean_interval(exact_N, _SEED, how.resamples) if how.resamples else None
    if interval is not None:
        result |= {"exact_low": 100 * interval[0], "exact_high": 100 * interval[1]}
    for name, metric in _metrics(how).items():
        lines = [list(some) for some in references]
        result[name] = float(metric.corpus_score(list(translations), lines).score)
        if how.resamples:
            low, high = _interval(metric, translations, lines, how.resamples) or (None, None)
            result |= {f"{name}_low": low, f"{name}_high": high}
        result[f"{name}_signature"] = metric.get_signature().format()
    return result


def items(
    translations: Sequence[str], references: Sequence[Sequence[str]], how: TranslationScoreOptions
) -> Iterator[tuple[int, int, float, float]]:
    """Line, whether it matches exactly, and its own BLEU (smoothed) and chrF."""
    metrics = _metrics(how, sentences=True)
    for number, (line, *others) in enumerate(zip(translations, *references, strict=True), 1):
        scores = [round(metrics[name].sentence_score(line, others).score, 4) for name in ("bleu", "chrf")]
        yield number, int(line in others), scores[0], scores[1]


def quick_scores(translations: Sequence[str], references: Sequence[str], by_character: bool) -> dict[str, float]:
    """Exact matches, BLEU of the words as they stand or of the characters, chrF; in per cent, without intervals."""
    tokenize = "char" if by_character else "none"
    scores = measure(translations, [references], TranslationScoreOptions(tokenize=tokenize, resamples=0))
    return {name: scores[name] for name in ("exact", "bleu", "chrf")}


def _interval(metric: Any, translations: Sequence[str], references: list[list[str]], resamples: int) -> Any:
    # sacrebleu's own resampling takes means of mixed float types, which Python 3.11 refuses; so only its statistics.
    stats_NK = np.array(metric._extract_corpus_statistics(list(translations), references), np.float64)

    def score(sums_K: np.ndarray) -> float:
        return float(metric._compute_score_from_stats(sums_K.tolist()).score)

    return statistic_interval(stats_NK, score, _SEED, resamples)


def _check(translations: Sequence[str], references: Sequence[Sequence[str]]) -> None:
    for lines in references:
        if len(lines) != len(translations):
            message = f"{len(translations):,} translations, but {len(lines):,} references"
            raise InputError(message, "give files of equal length")
    if not translations:
        raise InputError("there is no translation", "give a file with a line")


def _metrics(how: TranslationScoreOptions, sentences: bool = False) -> dict[str, Any]:
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    return {
        "bleu": BLEU(lowercase=how.lower, tokenize=how.tokenize, force=True, effective_order=sentences),
        "chrf": CHRF(lowercase=how.lower, word_order=how.chrf_words),
    }
