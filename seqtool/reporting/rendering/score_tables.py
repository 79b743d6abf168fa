"""Evaluations of vectors, translations and labels as tables."""

from __future__ import annotations

import math

from seqtool.reporting.collecting.collect import Collected, Result
from seqtool.reporting.rendering.table import Table

# Ranked tables: title, the measure that ranks them, columns, note.
_RANKED = {
    "similarity": (
        "Word similarity",
        "spearman",
        ("data", "model", "n", "oov", "spearman", "spearman_low", "spearman_high", "pearson"),
        "Pairs with an unknown word (oov) are left out. Rows are comparable only if they leave out the same pairs.",
    ),
    "analogy": (
        "Analogies",
        "accuracy",
        ("data", "model", "method", "n", "known", "right", "accuracy", "low", "high", "semantic", "syntactic"),
        "Accuracy is measured on the questions whose words are known. Rows are comparable only if these are the same.",
    ),
    "translation": (
        "Translations",
        "bleu",
        (
            "data",
            "model",
            "n",
            "exact",
            "bleu",
            "bleu_low",
            "bleu_high",
            "chrf",
            "chrf_low",
            "chrf_high",
            "bleu_signature",
        ),
        "exact, bleu and chrf are percentages. Scores are comparable only if their signatures are the same.",
    ),
    "labels": (
        "Labels",
        "accuracy",
        (
            "data",
            "model",
            "n",
            "accuracy",
            "accuracy_low",
            "accuracy_high",
            "f1",
            "f1_low",
            "f1_high",
            "calibration_error",
            "brier",
        ),
        "For classifiers, f1 is the mean over labels. For spans, f1 counts all spans together and n counts sentences.",
    ),
}


def ranked_table(collected: Collected, key: str) -> Table:
    """Models × data sets; in each data set the best first, by the measure that ranks the table."""
    title, measure, columns, note = _RANKED[key]
    results = collected.by_table()[key]
    order = {data: place for place, data in enumerate(dict.fromkeys(result.data for result in results))}
    ranked = sorted(results, key=lambda result: (order[result.data], -number(result, measure, -math.inf)))
    rows = [(r.data, r.model, *(r.measures.get(name) for name in columns[2:])) for r in ranked]
    return Table(key, title, columns, rows, note)


def stability_table(collected: Collected) -> Table:
    """Agreement of runs on the nearest neighbours of words, by frequency rank."""
    columns = ("runs", "first", "last", "n", "overlap", "low", "high")
    rows = [(r.model, *(r.measures.get(name) for name in columns[1:])) for r in collected.stabilities]
    note = "overlap is the mean fraction of nearest neighbors that two runs share, for words of rank first to last."
    return Table("stability", "Stability", columns, rows, note)


def label_table(collected: Collected) -> Table:
    """Precision, recall and F1 of each label."""
    columns = ("data", "model", "label", "precision", "recall", "f1", "support")
    rows = [
        (r.data, r.model, label, *(scores.get(name) for name in columns[3:]))
        for r in collected.labels
        for label, scores in r.measures.get("labels", {}).items()
    ]
    return Table("label", "Scores by label", columns, rows)


def confusion_table(collected: Collected) -> Table:
    """How often each label was predicted in place of another."""
    rows = [
        (r.data, r.model, gold, guessed, count)
        for r in collected.labels
        for gold, row in r.measures.get("confusion", {}).items()
        for guessed, count in row.items()
        if count and gold != guessed
    ]
    return Table("confusion", "Confusions", ("data", "model", "gold", "guessed", "count"), rows)


def mistakes_table(collected: Collected) -> Table:
    """Texts with wrong predictions."""
    columns = ("data", "model", "line", "gold", "predicted", "probability", "text")
    rows = [
        (r.data, r.model, *(row.get(name) for name in columns[2:]))
        for r in collected.labels
        for row in r.measures.get("mistakes", ())
    ]
    note = "The most confident mistakes of each model. eval-labels --mistakes sets their number."
    return Table("mistakes", "Mistakes", columns, rows, note)


def number(result: Result, name: str, otherwise: float = math.inf) -> float:
    """A measure of a result, or ``otherwise`` where it has none."""
    value = result.measures.get(name)
    return float(value) if isinstance(value, int | float) and not math.isnan(value) else otherwise
