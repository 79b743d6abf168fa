"""What evaluations of vectors, translations and labels found, as tables."""

from __future__ import annotations

import math
from collections.abc import Sequence

from seqtool.reporting.collecting.collect import Collected, Result
from seqtool.reporting.rendering.table import Cell, Table


def similarity_table(collected: Collected) -> Table:
    """Scorers × sets of word pairs; of each set the best correlation first."""
    columns = ("data", "model", "n", "oov", "spearman", "spearman_low", "spearman_high", "pearson")
    note = "Pairs with an unknown word (oov) are left out: rows compare where they leave out the same pairs."
    return Table(
        "similarity", "Word similarity", columns, _best_first(collected.similarities, columns, "spearman"), note
    )


def analogy_table(collected: Collected) -> Table:
    """Word vectors × files of analogies; of each file the best accuracy first."""
    columns = ("data", "model", "method", "n", "known", "right", "accuracy", "low", "high", "semantic", "syntactic")
    note = "Accuracies are shares of the known questions: rows compare where they know the same ones."
    return Table("analogy", "Analogies", columns, _best_first(collected.analogies, columns, "accuracy"), note)


def stability_table(collected: Collected) -> Table:
    """How far runs agree on the neighbours of words, by rank."""
    columns = ("runs", "first", "last", "n", "overlap", "low", "high")
    rows = [(r.model, *(r.measures.get(name) for name in columns[1:])) for r in collected.stabilities]
    note = "Shares of the nearest words that pairs of runs have in common, by the words' ranks first to last."
    return Table("stability", "Stability", columns, rows, note)


def translation_table(collected: Collected) -> Table:
    """Files of translations × references; of each the best BLEU first."""
    columns = (
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
    )
    note = "exact, bleu and chrf in per cent; scores compare only with the same signature."
    return Table("translation", "Translations", columns, _best_first(collected.translations, columns, "bleu"), note)


def labels_table(collected: Collected) -> Table:
    """Guesses of labels × what is right; of each the best accuracy first."""
    columns = (
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
    )
    note = "f1 is the mean of the labels'; of spans that of all spans together, and n is of sentences."
    return Table("labels", "Labels", columns, _best_first(collected.labels, columns, "accuracy"), note)


def label_table(collected: Collected) -> Table:
    """Precision, recall and F1 of each label."""
    columns = ("data", "model", "label", "precision", "recall", "f1", "support")
    rows = [
        (r.data, r.model, label, *(scores.get(name) for name in columns[3:]))
        for r in collected.labels
        for label, scores in r.measures.get("labels", {}).items()
    ]
    return Table("label", "Each label", columns, rows)


def confusion_table(collected: Collected) -> Table:
    """How often each label was taken for each other."""
    rows = [
        (r.data, r.model, gold, guessed, count)
        for r in collected.labels
        for gold, row in r.measures.get("confusion", {}).items()
        for guessed, count in row.items()
        if count and gold != guessed
    ]
    return Table("confusion", "Confusions", ("data", "model", "gold", "guessed", "count"), rows)


def mistakes_table(collected: Collected) -> Table:
    """Texts whose labels were guessed wrong."""
    columns = ("data", "model", "line", "gold", "predicted", "probability", "text")
    rows = [
        (r.data, r.model, *(row.get(name) for name in columns[2:]))
        for r in collected.labels
        for row in r.measures.get("mistakes", ())
    ]
    note = "Of each model those with the highest probability: eval-labels --mistakes says how many."
    return Table("mistakes", "Mistakes", columns, rows, note)


def _best_first(results: Sequence[Result], columns: Sequence[str], measure: str) -> list[tuple[Cell, ...]]:
    order = {data: place for place, data in enumerate(dict.fromkeys(result.data for result in results))}
    ranked = sorted(results, key=lambda result: (order[result.data], -number(result, measure, -math.inf)))
    return [(r.data, r.model, *(r.measures.get(name) for name in columns[2:])) for r in ranked]


def number(result: Result, name: str, otherwise: float = math.inf) -> float:
    """A measure of a result, or ``otherwise`` where it has none."""
    value = result.measures.get(name)
    return float(value) if isinstance(value, int | float) and not math.isnan(value) else otherwise
