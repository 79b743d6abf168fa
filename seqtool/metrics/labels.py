"""How good labels are: accuracy, precision, recall and F1 of each, calibration, spans; with bootstrap intervals.

N items, C labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from seqtool.errors import InputError, plural
from seqtool.metrics.bootstrap import share_interval, statistic_interval
from seqtool.metrics.options import LabelScoreOptions
from seqtool.metrics.schemes import LIKE_OUTSIDE, TAGS, Scheme, odd_labels, recognise
from seqtool.metrics.spans import find_spans

ITEM_COLUMNS = ("line", "right", "gold", "predicted", "probability")
SPAN_COLUMNS = ("sentence", "found", "gold", "right")
_BINS = 15
SHOWN = 200  # characters of a text
_SHOWN_LABELS = 20
Pair = tuple[Sequence[str], Sequence[str]]  # gold and predicted labels of a sentence
Floats = NDArray[np.float64]


def measure(
    gold: Sequence[str], found: Sequence[str], probabilities: Sequence[float] | None, how: LabelScoreOptions
) -> dict[str, Any]:
    """Scores of one label an item.

    Args:
        gold: N labels.
        found: as many predicted labels.
        probabilities: that were given to them.
        how: resamples and their seed.

    Returns:
        ``n``, ``accuracy`` and ``f1`` (the mean of the labels') with ``_low`` and ``_high``, ``f1_weighted``;
        ``labels``: precision, recall, f1 and support of each; ``confusion``: of each gold label how often it
        was taken for which; with probabilities ``calibration_error`` and ``brier``.

    Raises:
        InputError: the lists have different lengths, or no item.
    """
    if len(gold) != len(found):
        lengths = f"{plural(len(found), 'prediction')}, but {plural(len(gold), 'label')}"
        raise InputError(lengths, "give files of equal length")
    if not len(gold):
        raise InputError("there are no labels to score", "give files with at least one label")
    names = sorted({*gold, *found})
    numbers = {name: i for i, name in enumerate(names)}
    gold_N, found_N = (np.asarray([numbers[label] for label in some]) for some in (gold, found))
    right_N = (gold_N == found_N).astype(np.float64)
    stats_NK = label_statistics(gold_N, found_N, len(names))
    sums_K = np.asarray(stats_NK.sum(0)).ravel()
    precision_C, recall_C, f1_C = _scores(sums_K)
    support_C = sums_K[-len(names) :]
    result: dict[str, Any] = {"n": len(gold), "accuracy": float(right_N.mean())}
    result |= _interval("accuracy", share_interval(right_N, how.seed, how.resamples) if how.resamples else None)
    result["f1"] = _f1(sums_K)
    result |= _interval("f1", statistic_interval(stats_NK, _f1, how.seed, how.resamples) if how.resamples else None)
    result["f1_weighted"] = float((f1_C * support_C).sum() / support_C.sum())
    if probabilities is not None:
        result |= _calibration(right_N, np.asarray(probabilities, np.float64))
    result["labels"] = {
        name: _rounded(precision_C[i], recall_C[i], f1_C[i], support_C[i]) for i, name in enumerate(names)
    }
    cells, counts = np.unique(gold_N * len(names) + found_N, return_counts=True)
    result["confusion"] = confusion = {name: dict[str, int]() for name in names}
    for cell, count in zip(cells.tolist(), counts.tolist(), strict=True):
        confusion[names[cell // len(names)]][names[cell % len(names)]] = count
    return result


def mistakes(
    gold: Sequence[str],
    found: Sequence[str],
    probabilities: Sequence[float] | None,
    texts: Sequence[str],
    lines: Sequence[int],
    most: int,
) -> list[dict[str, Any]]:
    """The wrong labels that were given with the highest probability; without probabilities the first ones.

    Returns:
        At most ``most`` rows of ``line`` (of ``lines``), ``gold``, ``predicted``, ``probability`` (where known) and
        ``text``, of which 200 characters are kept.
    """
    wrong = [i for i, (wanted, predicted) in enumerate(zip(gold, found, strict=True)) if wanted != predicted]
    if probabilities is not None:
        wrong.sort(key=lambda i: -probabilities[i])
    return [
        {"line": lines[i], "gold": gold[i], "predicted": found[i]}
        | ({} if probabilities is None else {"probability": probabilities[i]})
        | {"text": texts[i] if len(texts[i]) <= SHOWN else texts[i][: SHOWN - 1] + "…"}
        for i in wrong[:most]
    ]


def items(
    gold: Sequence[str], found: Sequence[str], probabilities: Sequence[float] | None, lines: Sequence[int]
) -> Iterator[tuple[int, int, str, str, float | str]]:
    """`ITEM_COLUMNS` of each item, whose line is that of ``lines``."""
    for i, (wanted, predicted) in enumerate(zip(gold, found, strict=True)):
        yield lines[i], int(wanted == predicted), wanted, predicted, "" if probabilities is None else probabilities[i]


def measure_spans(sentences: Iterable[Pair], how: LabelScoreOptions) -> dict[str, Any]:
    """Precision, recall and F1 of spans over all of them, as conlleval and seqeval count.

    Args:
        sentences: gold and predicted labels of each sentence.
        how: resamples (of sentences) and their seed.

    Returns:
        ``n`` sentences, ``words`` and their ``accuracy``, ``precision``, ``recall`` and ``f1`` of spans, ``f1`` with
        ``_low`` and ``_high``; ``scheme``: how the labels were read, and where there are any ``scheme_breaks`` (see
        `Scheme`); ``labels``: the same scores of each type; where there are any, ``odd_labels`` (see `schemes`).

    Raises:
        InputError: there is no sentence.
    """
    sentences, scheme, odd = _as_scheme(sentences, how.scheme)
    pairs = [(find_spans(gold), find_spans(found)) for gold, found in sentences]
    if not pairs:
        raise InputError("there are no sentences to score", "give a file with at least one sentence")
    words = sum(len(gold) for gold, _ in sentences)
    right = sum(a == b for gold, found in sentences for a, b in zip(gold, found, strict=True))
    kinds = sorted({kind for gold, found in pairs for kind, _, _ in (*gold, *found)})
    rows_NK = np.asarray([_span_counts(gold, found) for gold, found in pairs], np.float64)
    precision, recall, f1 = (float(value[0]) for value in _scores(rows_NK.sum(0)))
    result: dict[str, Any] = {"n": len(pairs), "words": words, "accuracy": right / max(1, words)}
    result |= {"precision": precision, "recall": recall, "f1": f1}
    result |= _interval("f1", statistic_interval(rows_NK, _f1, how.seed, how.resamples) if how.resamples else None)
    result |= {"scheme": scheme.name} | ({"scheme_breaks": scheme.breaks} if scheme.breaks else {}) | {"labels": {}}
    for kind in kinds:
        own = [([s for s in gold if s[0] == kind], [s for s in found if s[0] == kind]) for gold, found in pairs]
        sums = np.asarray([_span_counts(gold, found) for gold, found in own], np.float64).sum(0)
        result["labels"][kind] = _rounded(*(value[0] for value in (*_scores(sums), sums[2:])))
    return result | ({"odd_labels": odd} if odd else {})


def odd_label_warning(name: str, scheme: str, odd: Mapping[str, Mapping[str, Any]]) -> str:
    """The warning about `schemes.odd_labels` in the text ``name``."""
    shown = [
        f"{label} ({row['count']:,}, {'an entity type' if row['read_as'] is None else 'read as ' + row['read_as']})"
        for label, row in odd.items()
    ]
    more = f" and {len(shown) - _SHOWN_LABELS:,} more" if len(shown) > _SHOWN_LABELS else ""
    listed = f"labels other than B-X, I-X, O: {', '.join(shown[:_SHOWN_LABELS])}{more}"
    return f"{name}: scheme {scheme}; {listed}"


def scheme_note(name: str, scheme: str, breaks: int, kinds: Mapping[str, int]) -> str:
    """The note about the scheme of the text ``name``.

    Args:
        name: of the text.
        scheme, breaks: see `schemes.Scheme`.
        kinds: the types of spans and how many there are.
    """
    found = f"{name}: labels are read as {scheme}"
    if breaks:
        where = "end" if scheme.startswith("ioe") else "begin"
        mark = where[0].upper()
        how = (
            f"with an {mark} that {scheme} does not need"
            if scheme.removesuffix("-suffix")[-1] == "1"
            else f"without {mark}"
        )
        found += f"; spans that {where} {how} (they count as spans): {breaks:,}"
    like = [f"{label} ({kinds[label]:,})" for label in LIKE_OUTSIDE if scheme == TAGS and kinds.get(label)]
    shown = f"; read as ordinary labels: {', '.join(like)}; write O for words without a label"
    return found + (shown if like else "")


def _as_scheme(sentences: Iterable[Pair], wanted: str | None) -> tuple[list[Pair], Scheme, dict[str, dict[str, Any]]]:
    """The sentences with their labels as `Scheme.read` gives them, the scheme, and `odd_labels`."""
    sentences = list(sentences)
    gold, found = [pair[0] for pair in sentences], [pair[1] for pair in sentences]
    scheme = recognise(gold, found, wanted)
    counts = Counter(chain.from_iterable(chain.from_iterable(sentences)))
    read = {label: scheme.read(label) for label in counts}
    pairs: list[Pair] = [([read[x] for x in wanted], [read[x] for x in predicted]) for wanted, predicted in sentences]
    return pairs, scheme, odd_labels(counts, scheme)


def quick_span_scores(sentences: Sequence[Pair], scheme: str | None = None) -> dict[str, float]:
    """``accuracy`` of words and ``f1`` of spans, without intervals."""
    scores = measure_spans(sentences, LabelScoreOptions(resamples=0, scheme=scheme))
    return {name: scores[name] for name in ("accuracy", "f1")}


def span_items(sentences: Iterable[Pair], scheme: str | None = None) -> Iterator[tuple[int, int, int, int]]:
    """`SPAN_COLUMNS` of each sentence."""
    for number, (gold, found) in enumerate(_as_scheme(sentences, scheme)[0], 1):
        right, predicted, wanted = _span_counts(find_spans(gold), find_spans(found))
        yield number, predicted, wanted, right


def _span_counts(gold: Sequence[Any], found: Sequence[Any]) -> tuple[int, int, int]:
    """How many are right, were found, and are to be found."""
    return len({*gold} & {*found}), len(found), len(gold)


def label_statistics(gold_N: NDArray[Any], found_N: NDArray[Any], labels: int) -> Any:
    """Of each item whether it is right, found and gold of each label: (N, 3 C), sparse."""
    n = np.arange(len(gold_N))
    right = np.flatnonzero(gold_N == found_N)
    rows = np.concatenate([right, n, n])
    columns = np.concatenate([gold_N[right], labels + found_N, 2 * labels + gold_N])
    return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), (len(n), 3 * labels))


def _scores(sums_K: Floats) -> tuple[Floats, Floats, Floats]:
    """Precision, recall and F1 of each label, of one row of sums or many; 0 where there is nothing to divide by."""
    right_C, found_C, gold_C = np.split(np.asarray(sums_K, np.float64), 3, axis=-1)
    precision, recall = right_C / np.maximum(found_C, 1), right_C / np.maximum(gold_C, 1)
    return precision, recall, 2 * right_C / np.maximum(found_C + gold_C, 1)


def mean_f1(sums_BK: Floats) -> Floats:
    """The mean F1 of the labels that occur, (B,), of sums of `label_statistics`; 0 where none does."""
    _, _, f1_BC = _scores(sums_BK)
    _, found_BC, gold_BC = np.split(np.asarray(sums_BK, np.float64), 3, axis=-1)
    occurs = found_BC + gold_BC > 0
    mean: Floats = (f1_BC * occurs).sum(-1) / np.maximum(occurs.sum(-1), 1)
    return mean


def _f1(sums_K: Floats) -> float:
    return float(mean_f1(sums_K[None])[0])


def _calibration(right_N: Floats, given_N: Floats) -> dict[str, float]:
    """How far the probabilities are from the share that is right: the expected error over 15 bins (Guo et al. 2017,
    eq. 5), and the mean square (Brier 1950), both of the predicted label."""
    bin_N = np.minimum((given_N * _BINS).astype(np.int64), _BINS - 1)
    gaps = np.bincount(bin_N, given_N - right_N, _BINS)
    return {
        "calibration_error": float(np.abs(gaps).sum() / len(given_N)),
        "brier": float(np.square(given_N - right_N).mean()),
    }


def _interval(name: str, interval: tuple[float, float] | None) -> dict[str, float]:
    return {} if interval is None else {f"{name}_low": interval[0], f"{name}_high": interval[1]}


def _rounded(precision: float, recall: float, f1: float, support: float) -> dict[str, float]:
    values = {"precision": precision, "recall": recall, "f1": f1}
    return {name: round(float(value), 6) for name, value in values.items()} | {"support": int(support)}
