"""Rows → tables, and tables → CSV."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from seqtool.reporting.collecting.collect import Collected, Model, Result
from seqtool.reporting.collecting.corpora import corpora_table, phrases_table
from seqtool.reporting.rendering.saved_answer_tables import neighbors_table, samples_table, texts_table
from seqtool.reporting.rendering.table import Cell, Table

_WITHOUT_PERPLEXITY = ("classifier", "tagger", "vectors")
_COST_COLUMNS = ("device", "precision", "threads", "training_seconds", "tokens_per_second")


def all_tables(collected: Collected) -> list[Table]:
    """Every table of a report that has rows."""
    makers = (
        results_table, similarity_table, analogy_table, stability_table, translation_table, labels_table, label_table,
        confusion_table, mistakes_table, comparison_table, samples_table, neighbors_table, models_table, vectors_table,
        cost_table, curves_table,
    )  # fmt: skip
    made = [make(collected) for make in makers]
    made += [texts_table(collected), corpora_table(collected.corpora), phrases_table(collected.corpora)]
    made.append(ledger_table(collected))
    return [_plain(table) for table in made if table.rows]


def _plain(table: Table) -> Table:
    """Cells that are neither text nor number, which only a damaged artifact has, as text."""
    rows = [tuple(c if isinstance(c, str | int | float | None) else str(c) for c in row) for row in table.rows]
    return replace(table, rows=rows)


def results_table(collected: Collected) -> Table:
    """Models × test sets; per test set the lossless ones ranked by bits per byte, the lossy ones after them."""
    columns = ("data", "rank", "model", "perplexity", "perplexity_without_oov", "tokens", "oov", "bits_per_character",
               "bits_per_byte", "context", "learning", "tokenizer")  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for data in dict.fromkeys(result.data for result in collected.results):
        rank = 0
        for result in sorted((r for r in collected.results if r.data == data), key=_order):
            rank += result.lossless
            measures = [result.measures.get(name) for name in columns[3:10]]
            kept = "lossless" if result.lossless else "lossy"
            name = result.measures.get("tokenizer")
            kept = f"{name}, {kept}" if name else kept
            rank_shown = rank if result.lossless else None
            rows.append((data, rank_shown, result.model, *measures, _learning(result), kept))
    note = (
        "Perplexities compare only models with the same tokens. Bits per character and byte compare any lossless ones; "
        "a lossy tokeniser cannot give the text back, so it predicts less than the text and is not ranked."
    )
    return Table("results", "Results", columns, rows, note)


def _learning(result: Result) -> str:
    """What the model learned from the text under test with, such as ``cache=2000``."""
    names: tuple[str, ...] = ("cache", "cache_weight", "cache_theta") if result.measures.get("cache") else ()
    if result.measures.get("dynamic_lr"):
        names += ("dynamic_lr", "dynamic_decay", "dynamic_steps")
    return " ".join(f"{name}={result.measures.get(name)}" for name in names)


def _order(result: Result) -> tuple[bool, float, float]:
    return not result.lossless, _number(result, "bits_per_byte"), _number(result, "perplexity")


def _number(result: Result, name: str, otherwise: float = math.inf) -> float:
    value = result.measures.get(name)
    return float(value) if isinstance(value, int | float) and not math.isnan(value) else otherwise


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
    columns = ("data", "model", "n", "exact", "bleu", "bleu_low", "bleu_high", "chrf", "chrf_low", "chrf_high",
               "bleu_signature")  # fmt: skip
    note = "exact, bleu and chrf in per cent; scores compare only with the same signature."
    return Table("translation", "Translations", columns, _best_first(collected.translations, columns, "bleu"), note)


def labels_table(collected: Collected) -> Table:
    """Guesses of labels × what is right; of each the best accuracy first."""
    columns = ("data", "model", "n", "accuracy", "accuracy_low", "accuracy_high", "f1", "f1_low", "f1_high",
               "calibration_error", "brier")  # fmt: skip
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


def comparison_table(collected: Collected) -> Table:
    """Differences of two evaluations."""
    columns = ("data", "measure", "a", "b", "n", "value_a", "value_b", "difference", "low", "high", "p_bootstrap",
               "p_randomization", "better", "notes")  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (r.data, row.get("measure"), r.measures.get("a"), r.measures.get("b"),
         *(row.get(name) for name in columns[4:12]), r.measures.get(str(row.get("better"))),
         "; ".join(map(str, r.measures.get("notes", ()))))
        for r in collected.comparisons
        for row in r.measures.get("measures", ())
    ]  # fmt: skip
    note = (
        "difference is b's value less a's, with the 95 % bootstrap interval; p values are two-sided; better where both "
        "are below 0.05."
    )
    return Table("comparison", "Comparisons", columns, rows, note)


def _best_first(results: Sequence[Result], columns: Sequence[str], measure: str) -> list[tuple[Cell, ...]]:
    order = {data: place for place, data in enumerate(dict.fromkeys(result.data for result in results))}
    ranked = sorted(results, key=lambda result: (order[result.data], -_number(result, measure, -math.inf)))
    return [(r.data, r.model, *(r.measures.get(name) for name in columns[2:])) for r in ranked]


def models_table(collected: Collected) -> Table:
    """What each model is."""
    columns = ("model", "architecture", "parameters", "vocabulary", "tokenizer", "epochs", "best_epoch",
               "best_valid_perplexity", "valid_accuracy", "valid_f1", "valid_tfidf_accuracy",
               "valid_averaged_accuracy", "valid_exact", "valid_bleu", "state")  # fmt: skip
    rows = [
        (
            model.name,
            *(_known(model.summary, name) for name in columns[1:-1]),
            "unfinished" if model.unfinished else "complete",
        )
        for model in collected.models
    ]
    return Table("models", "Models", columns, rows)


def _known(summary: Mapping[str, Any], name: str) -> Any:
    """A value of a summary; those of greedy translations stand a level deeper."""
    greedy = summary.get("valid_greedy")
    deeper = greedy.get(name.removeprefix("valid_")) if isinstance(greedy, Mapping) else None
    return summary.get(name, deeper)


def vectors_table(collected: Collected) -> Table:
    """What counts, matrices and vectors of words there are."""
    columns = ("name", "kind", "method", "words", "dim")
    rows = [(v.name, v.kind, *(v.summary.get(name) for name in columns[2:])) for v in collected.vectors]
    return Table("vectors", "Word vectors", columns, rows)


def cost_table(collected: Collected) -> Table:
    """What each model cost, as its run recorded it."""
    columns = ("model", *_COST_COLUMNS, "command_seconds", "peak_memory_mb")
    note = (
        "Tokens of classifiers are texts. A training that was resumed counts all its runs, but the last one's threads, "
        "command seconds and memory."
    )
    return Table("cost", "Cost", columns, [_cost(model) for model in (*collected.models, *collected.vectors)], note)


def _cost(model: Model) -> tuple[Cell, ...]:
    run = model.run
    peak = run.get("peak_memory_bytes")
    memory = round(peak / 2**20) if isinstance(peak, int) else None
    asked = run.get("operational")
    threads = asked.get("threads") if isinstance(asked, Mapping) else None
    known = {"threads": threads or run.get("cores")} | {name: value for name, value in run.items() if value is not None}
    return (model.name, *(known.get(name) for name in _COST_COLUMNS), run.get("seconds"), memory)


def curves_table(collected: Collected) -> Table:
    """Learning curves as numbers: a row per model and epoch."""
    lines = [(model, line) for model in collected.learned() for line in model.history]
    measures = list(dict.fromkeys(name for model in collected.learned() for name in model.measured()))
    columns = ("model", "epoch", "tokens", "train_loss", "train_perplexity", "valid_loss", "valid_perplexity",
               *measures, "lr", "grad_norm")  # fmt: skip
    rows = [_curve_row(model, line, measures) for model, line in lines]
    note = (
        "Losses are means per token, in nats; of classifiers per text: tokens counts their texts; of word vectors per "
        "prediction, of GloVe the weighted squares."
    )
    return Table("curves", "Learning curves", columns, rows, note)


def _curve_row(model: Model, line: Mapping[str, str], measures: Sequence[str]) -> tuple[Cell, ...]:
    train, valid, rate, norm = (_float(line, name) for name in ("train_loss", "valid_loss", "lr", "grad_norm"))
    choices = [None, None] if model.kind in _WITHOUT_PERPLEXITY else [_exp(train), _exp(valid)]
    measured = [_float(line, name) for name in measures]
    return (model.name, int(line["epoch"]), int(line["tokens"]), train, choices[0], valid, choices[1], *measured,
            rate, norm)  # fmt: skip


def _float(line: Mapping[str, str], name: str) -> float | None:
    return float(value) if (value := line.get(name)) else None


def _exp(loss: float | None) -> float | None:
    return None if loss is None else math.exp(loss) if loss < 700 else math.inf


def ledger_table(collected: Collected) -> Table:
    """What was read, changed and dropped, and why."""
    rows = [(name, row.get("what"), row.get("count"), row.get("why")) for name, row in collected.ledgers]
    return Table("ledger", "Drop ledger", ("artifact", "what", "count", "why"), rows)


def write_csv(table: Table, path: Path) -> None:
    """Write a table as UTF-8 CSV with a header, numbers in full."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table.columns)
        writer.writerows(table.rows)
