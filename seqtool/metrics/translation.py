"""How good translations are: exact matches, BLEU and chrF by sacrebleu, with bootstrap intervals.

BLEU: Papineni et al. 2002; chrF: Popović 2015; sacrebleu and its signatures: Post 2018. Intervals are percentiles of
the scores of resampled sentences (Koehn 2004).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from seqtool.errors import InputError, plural
from seqtool.metrics.bootstrap import Floats, share_interval, statistic_interval
from seqtool.metrics.options import TranslationScoreOptions

COUNTS = {"bleu": "bleu_counts", "chrf": "chrf_counts"}
ITEM_COLUMNS = ("line", "exact", "bleu", "chrf", *COUNTS.values())
_SEED = 12345  # sacrebleu's
BLEU_ORDER = 4  # tokens of the longest n-grams that BLEU counts


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
    interval = share_interval(exact_N, _SEED, how.resamples) if how.resamples else None
    if interval is not None:
        result |= {"exact_low": 100 * interval[0], "exact_high": 100 * interval[1]}
    for name, metric in _metrics(how).items():
        lines = [list(some) for some in references]
        result[name] = float(metric.corpus_score(list(translations), lines).score)
        if how.resamples:
            # sacrebleu's own resampling takes means of mixed float types, which Python 3.11 refuses: only its counts.
            stats_NK = np.array(_counts(metric, translations, lines), np.float64)
            interval = statistic_interval(stats_NK, partial(_score, metric), _SEED, how.resamples)
            low, high = interval or (None, None)
            result |= {f"{name}_low": low, f"{name}_high": high}
        result[f"{name}_signature"] = metric.get_signature().format()
    return result


def items(
    translations: Sequence[str], references: Sequence[Sequence[str]], how: TranslationScoreOptions
) -> Iterator[tuple[int, int, float, float, str, str]]:
    """Line, whether it matches exactly, its own BLEU (smoothed) and chrF, and what the scores of all are summed of."""
    metrics = _metrics(how, sentences=True)
    counts = [_counts(metric, translations, references) for metric in _metrics(how).values()]
    for number, (line, *others) in enumerate(zip(translations, *references, strict=True), 1):
        scores = [round(metrics[name].sentence_score(line, others).score, 4) for name in COUNTS]
        bleu, chrf = (" ".join(map(str, some[number - 1])) for some in counts)
        yield number, int(line in others), scores[0], scores[1], bleu, chrf


def has_tokens(references: Iterable[Sequence[str]], count: int, how: TranslationScoreOptions) -> bool:
    """Whether any line has at least ``count`` tokens as BLEU counts them."""
    split = _metrics(how)["bleu"]._preprocess_segment
    return any(len(split(line).split()) >= count for lines in references for line in lines)


def quick_scores(translations: Sequence[str], references: Sequence[str], by_character: bool) -> dict[str, float]:
    """Exact matches, BLEU of the words as they stand or of the characters, chrF; in per cent, without intervals."""
    tokenize = "char" if by_character else "none"
    scores = measure(translations, [references], TranslationScoreOptions(tokenize=tokenize, resamples=0))
    return {name: scores[name] for name in ("exact", "bleu", "chrf")}


def _counts(metric: Any, translations: Sequence[str], references: Sequence[Sequence[str]]) -> list[list[int]]:
    """What a score is computed from, of every line: matches and totals of n-grams, lengths."""
    found: list[list[int]] = metric._extract_corpus_statistics(list(translations), [list(some) for some in references])
    return found


def _score(metric: Any, sums_K: Floats) -> float:
    return float(metric._compute_score_from_stats(sums_K.tolist()).score)


def score_of_counts(name: str, options: Mapping[str, Any]) -> Callable[[Floats], Floats]:
    """From sums of counts (B, K) to scores (B,); ``options`` are those of the evaluation."""
    known = {field: options[field] for field in TranslationScoreOptions.__dataclass_fields__ if field in options}
    metric = _metrics(TranslationScoreOptions(**known))[name]
    return lambda sums_BK: np.asarray([_score(metric, sums_K) for sums_K in sums_BK])


def _check(translations: Sequence[str], references: Sequence[Sequence[str]]) -> None:
    for lines in references:
        if len(lines) != len(translations):
            lengths = f"{plural(len(translations), 'translation')}, but {plural(len(lines), 'reference')}"
            raise InputError(lengths, "give files of equal length")
    if not translations:
        raise InputError("there are no translations to score", "give files with at least one line")


def _metrics(how: TranslationScoreOptions, sentences: bool = False) -> dict[str, Any]:
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    return {
        "bleu": BLEU(lowercase=how.lower, tokenize=how.tokenize, force=True, effective_order=sentences),
        "chrf": CHRF(lowercase=how.lower, word_order=how.chrf_words),
    }
