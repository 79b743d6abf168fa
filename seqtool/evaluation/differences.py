"""Two evaluations of the same data, item by item: which measures they have in common, and how these differ."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from seqtool.errors import ArtifactError, InputError, plural
from seqtool.evaluation.artifact import Evaluation
from seqtool.metrics.bootstrap import Floats
from seqtool.metrics.labels import label_statistics, mean_f1
from seqtool.metrics.options import CompareOptions
from seqtool.metrics.significance import Difference, Score, compare_correlations, compare_sums
from seqtool.metrics.translation import COUNTS, score_of_counts

Row = Mapping[str, str]
Differences = Iterator[tuple[str, Difference]]
_LN10, _LOG2_10 = math.log(10), math.log2(10)
_CHANCE = 0.05
_LOWER_IS_BETTER = ("perplexity", "bits_per_byte")


def differences(a: Evaluation, b: Evaluation, how: CompareOptions) -> tuple[list[dict[str, Any]], list[str]]:
    """The differences of two evaluations, and notes on them.

    Returns:
        Of every measure `Difference` with its name, ``value_a`` and ``value_b`` for its values, and ``better``: ``a``
        or ``b`` where both p values are below 0.05, else ``None``; and notes.

    Raises:
        InputError: they are not of the same data, or of different commands.
    """
    if a.recipe.command != b.recipe.command:
        message = f"{a} comes from {a.recipe.command}, but {b} from {b.recipe.command}"
        raise InputError(message, "give two evaluations by the same command")
    if a.recipe.command not in _COMPARERS:
        message = f"evaluations by {a.recipe.command} cannot be compared ({a})"
        raise InputError(message, f"give evaluations by {', '.join(_COMPARERS)}")
    notes: list[str] = []
    found = [
        {"measure": name} | _named(asdict(difference)) | {"better": _better(name, difference)}
        for name, difference in _COMPARERS[a.recipe.command](a, b, how, notes)
    ]
    return found, notes


def _better(name: str, of: Difference) -> str | None:
    if not max(of.p_bootstrap, of.p_randomization) < _CHANCE:
        return None
    return "b" if (of.difference < 0) == (name in _LOWER_IS_BETTER) else "a"


def _named(values: dict[str, Any]) -> dict[str, Any]:
    return {{"a": "value_a", "b": "value_b"}.get(name, name): value for name, value in values.items()}


def _paired(a: Evaluation, b: Evaluation, *names: str) -> None:
    """Refuse items that are not the same.

    Raises:
        InputError: naming the first that differ.
    """
    if len(a.items) != len(b.items):
        message = f"{a} has {plural(len(a.items), 'item')}, but {b} has {len(b.items):,}"
        raise InputError(message, "evaluate both on the same data")
    if not a.items:
        raise InputError(f"{a} contains no items", "evaluate on data that is not empty")
    for number, (one, other) in enumerate(_pairs(a, b), 1):
        for name in names:
            if one.get(name) != other.get(name):
                message = f"item {number} differs: {name} is {one.get(name)!r} in {a}, but {other.get(name)!r} in {b}"
                raise InputError(message, "evaluate both on the same data")


def _same(a: Evaluation, b: Evaluation, *names: str) -> bool:
    return all(one[name] == other[name] for one, other in _pairs(a, b) for name in names)


def _pairs(a: Evaluation, b: Evaluation) -> Iterator[tuple[Row, Row]]:
    return zip(a.items, b.items, strict=True)


def _columns(rows: Sequence[Row], *names: str) -> Floats:
    """Columns of numbers (N, names)."""
    try:
        return np.asarray([[float(row[name]) for name in names] for row in rows], np.float64)
    except ValueError as error:  # float names the cell
        raise ArtifactError(
            f"the items of an evaluation are damaged ({error})", "evaluate again with --overwrite"
        ) from None


def _perplexities(a: Evaluation, b: Evaluation, how: CompareOptions, notes: list[str]) -> Differences:
    """Perplexity where both models have one vocabulary, and bits per byte, which compare lossless ones.

    Raises:
        InputError: neither does, because a tokenizer is lossy.
    """
    _paired(a, b, "characters", "bytes")
    bits = _summed(a, b, _bits, _ratio, how)
    if _vocabulary(a) is not None and _vocabulary(a) == _vocabulary(b) and _same(a, b, "tokens", "oov"):
        yield "perplexity", _summed(a, b, lambda e: _columns(e.items, "log10_probability", "tokens"), _perplexity, how)
    else:
        same = a.summary.get("tokenizer") == b.summary.get("tokenizer")
        hint = " (preprocess one corpus with --split, and train both models on it)" if same else ""
        notes.append(f"the models have different vocabularies, so perplexities cannot be compared{hint}")
        _check_bits(a, b, bits, notes)
    contexts = [str(e.summary.get("context")) for e in (a, b)]
    if contexts[0] != contexts[1]:
        notes.append(
            f"a was scored with --context {contexts[0]}, b with {contexts[1]}: only one of them sees the text before a "
            "line (perplexity --context sentence hides it from a neural model)"
        )
    yield "bits_per_byte", bits


def _check_bits(a: Evaluation, b: Evaluation, bits: Difference, notes: list[str]) -> None:
    """Refuse bits per byte that mean nothing: with a lossy tokenizer white space, and more, is not predicted."""
    lossy = [e for e in (a, b) if not e.summary.get("lossless", True)]
    tokenizers = [str(e.summary.get("tokenizer", "?")) for e in (a, b)]
    if not lossy or tokenizers[0] == tokenizers[1]:
        return
    worse = a if bits.difference < 0 else b
    if len(lossy) == 1 and lossy[0] is worse:
        notes.append(f"{worse.name} does not predict white space, and still needs more bits")
        return
    names = " and ".join(f"{e.name} ({name})" for e, name in zip((a, b), tokenizers, strict=True))
    raise InputError(
        f"{names} cannot be compared ({bits.a:.4f} and {bits.b:.4f} bits per byte), because a lossy tokenizer does not "
        "predict white space",
        "train both with the same tokenizer and --vocab, or with lossless tokenizers (char, syllable, jamo, bpe, "
        "unigram)",
    )


def _summed(
    a: Evaluation, b: Evaluation, statistics: Callable[[Evaluation], Any], score: Score, how: CompareOptions
) -> Difference:
    return compare_sums(statistics(a), statistics(b), score, how.resamples, how.seed)


def _perplexity(sums_BK: Floats) -> Floats:
    return np.exp(-_LN10 * _ratio(sums_BK))


def _bits(e: Evaluation) -> Floats:
    spelling_N, log10_N, bytes_N = _columns(e.items, "spelling_bits", "log10_probability", "bytes").T
    return np.stack([spelling_N - _LOG2_10 * log10_N, bytes_N], 1)


def _ratio(sums_BK: Floats) -> Floats:
    found: Floats = sums_BK[:, 0] / sums_BK[:, 1]
    return found


def _vocabulary(e: Evaluation) -> str | None:
    """The digest of the model's vocabulary, where its manifest tells."""
    for entry in e.recipe.inputs:
        if entry.kind in ("lm", "ngram") and entry.manifest is not None:
            files = entry.manifest.get("files", {})
            return str(files["vocab.tsv"]) if "vocab.tsv" in files else None
    return None


def _analogies(a: Evaluation, b: Evaluation, how: CompareOptions, notes: list[str]) -> Differences:
    """Accuracy on the questions that both know, of every file and method."""
    _paired(a, b, "data", "method", "section", "a", "b", "c", "expected")
    for data, method in dict.fromkeys((row["data"], row["method"]) for row in a.items):
        pairs = [pair for pair in _pairs(a, b) if (pair[0]["data"], pair[0]["method"]) == (data, method)]
        known = [pair for pair in pairs if "unknown" not in (pair[0]["outcome"], pair[1]["outcome"])]
        if len(known) < len(pairs):
            notes.append(
                f"{data}: both know {len(known):,} of {plural(len(pairs), 'question')}; only these are compared"
            )
        if known:
            right_2N = np.asarray([[row["outcome"] == "right" for row in pair] for pair in known], np.float64).T
            yield f"accuracy ({data}, {method})", _means(right_2N[0], right_2N[1], how)


def _similarities(a: Evaluation, b: Evaluation, how: CompareOptions, notes: list[str]) -> Differences:
    """Spearman's correlation on the pairs that both know, of every file."""
    _paired(a, b, "data", "word1", "word2", "gold")
    for data in dict.fromkeys(row["data"] for row in a.items):
        pairs = [pair for pair in _pairs(a, b) if pair[0]["data"] == data]
        known = [pair for pair in pairs if pair[0]["score"] and pair[1]["score"]]
        if len(known) < len(pairs):
            notes.append(f"{data}: both know {len(known):,} of {plural(len(pairs), 'pair')}; only these are compared")
        if len(known) > 1:
            ours, theirs = zip(*known, strict=True)
            gold_N, one_N = _columns(ours, "gold", "score").T
            other_N = _columns(theirs, "score")[:, 0]
            yield f"spearman ({data})", compare_correlations(gold_N, one_N, other_N, how.resamples, how.seed)


def _means(a_N: Floats, b_N: Floats, how: CompareOptions) -> Difference:
    ones_N = np.ones(len(a_N))
    return compare_sums(np.stack([a_N, ones_N], 1), np.stack([b_N, ones_N], 1), _ratio, how.resamples, how.seed)


def _labels(a: Evaluation, b: Evaluation, how: CompareOptions, notes: list[str]) -> Differences:
    """Accuracy and mean F1; of spans their F1."""
    _paired(a, b, "gold")
    texts = [{entry.digest for entry in e.recipe.inputs if entry.kind == "gold:texts"} for e in (a, b)]
    if all(texts) and texts[0] != texts[1]:
        message = f"{a} and {b} come from different texts with the same labels"
        raise InputError(message, "evaluate both on the same data")
    if "found" in a.items[0]:
        yield "f1 of spans", _summed(a, b, lambda e: _columns(e.items, "right", "found", "gold"), mean_f1, how)
        return
    yield "accuracy", _means(_columns(a.items, "right")[:, 0], _columns(b.items, "right")[:, 0], how)
    names = sorted({row[name] for e in (a, b) for row in e.items for name in ("gold", "predicted")})
    numbers = {name: i for i, name in enumerate(names)}

    def statistics(e: Evaluation) -> Any:
        gold_N, found_N = (np.asarray([numbers[row[name]] for row in e.items]) for name in ("gold", "predicted"))
        return label_statistics(gold_N, found_N, len(names))

    yield "f1", _summed(a, b, statistics, mean_f1, how)


def _translations(a: Evaluation, b: Evaluation, how: CompareOptions, notes: list[str]) -> Differences:
    """Exact matches, BLEU and chrF, where both have one signature."""
    _paired(a, b, "line")
    exact = [100 * _columns(e.items, "exact")[:, 0] for e in (a, b)]
    yield "exact", _means(exact[0], exact[1], how)
    for name, column in COUNTS.items():
        signatures = [e.summary.get(f"{name}_signature") for e in (a, b)]
        if signatures[0] != signatures[1]:
            message = f"{name} was computed in different ways: {signatures[0]} and {signatures[1]}"
            raise InputError(message, "score both with the same options")
        if column not in a.items[0] or column not in b.items[0]:
            notes.append(
                f"{name} is not compared: an older evaluation has no n-gram counts; recreate it with --overwrite"
            )
            continue
        score = score_of_counts(name, a.recipe.options)
        yield name, _summed(a, b, functools.partial(_counts, column), score, how)


def _counts(column: str, e: Evaluation) -> Floats:
    return np.asarray([row[column].split() for row in e.items], np.float64)


Comparer = Callable[[Evaluation, Evaluation, CompareOptions, list[str]], Differences]
_COMPARERS: dict[str, Comparer] = {
    "perplexity": _perplexities,
    "score": _perplexities,
    "eval-analogy": _analogies,
    "eval-similarity": _similarities,
    "eval-labels": _labels,
    "eval-translation": _translations,
}
