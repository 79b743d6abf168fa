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
from seqtool.reporting.rendering.escapes import spreadsheet_cell
from seqtool.reporting.rendering.saved_answer_tables import neighbors_table, samples_table, texts_table
from seqtool.reporting.rendering.score_tables import (
    confusion_table,
    label_table,
    mistakes_table,
    number,
    ranked_table,
    stability_table,
)
from seqtool.reporting.rendering.table import Cell, Table

_WITHOUT_PERPLEXITY = ("classifier", "tagger", "vectors")
_COST_COLUMNS = ("device", "precision", "threads", "training_seconds", "tokens_per_second")


def all_tables(collected: Collected) -> list[Table]:
    """Every table of a report that has rows."""
    made = [
        results_table(collected),
        ranked_table(collected, "similarity"),
        ranked_table(collected, "analogy"),
        stability_table(collected),
        ranked_table(collected, "translation"),
        ranked_table(collected, "labels"),
        label_table(collected),
        confusion_table(collected),
        mistakes_table(collected),
        comparison_table(collected),
        samples_table(collected),
        neighbors_table(collected),
        models_table(collected),
        vectors_table(collected),
        cost_table(collected),
        curves_table(collected),
        texts_table(collected),
        corpora_table(collected.corpora),
        phrases_table(collected.corpora),
        ledger_table(collected),
    ]
    return [_plain(table) for table in made if table.rows]


def _plain(table: Table) -> Table:
    """Turn cells that are neither text nor number, which only a damaged artifact has, into text."""
    rows = [tuple(c if isinstance(c, str | int | float | None) else str(c) for c in row) for row in table.rows]
    return replace(table, rows=rows)


def results_table(collected: Collected) -> Table:
    """Models × test sets; in each test set lossless models ranked by bits per byte, then lossy ones."""
    columns = (
        "data",
        "rank",
        "model",
        "perplexity",
        "perplexity_without_oov",
        "tokens",
        "oov",
        "bits_per_character",
        "bits_per_byte",
        "context",
        "learning",
        "tokenizer",
    )
    rows: list[tuple[Cell, ...]] = []
    for data in dict.fromkeys(result.data for result in collected.results):
        for rank, result in enumerate(sorted((r for r in collected.results if r.data == data), key=_order), 1):
            measures = [result.measures.get(name) for name in columns[3:10]]
            name = result.measures.get("tokenizer")
            kept = (f"{name}, " if name else "") + ("lossless" if result.lossless else "lossy")
            shown = rank if result.lossless else None
            rows.append((data, shown, result.model, *measures, _learning(result), kept))
    note = (
        "Compare perplexities only between models with the same tokens. Bits per character and per byte compare any "
        "models with lossless tokenizers. A model with a lossy tokenizer predicts less than the full text, so it is "
        "not ranked."
    )
    return Table("results", "Results", columns, rows, note)


def _learning(result: Result) -> str:
    """How the model adapted to the test text, such as ``cache=2000``."""
    names: tuple[str, ...] = ("cache", "cache_weight", "cache_theta") if result.measures.get("cache") else ()
    if result.measures.get("dynamic_lr"):
        names += ("dynamic_lr", "dynamic_decay", "dynamic_steps")
    return " ".join(f"{name}={result.measures.get(name)}" for name in names)


def _order(result: Result) -> tuple[bool, float, float]:
    return not result.lossless, number(result, "bits_per_byte"), number(result, "perplexity")


def comparison_table(collected: Collected) -> Table:
    """Differences between two evaluations."""
    columns = (
        "data",
        "measure",
        "a",
        "b",
        "n",
        "value_a",
        "value_b",
        "difference",
        "low",
        "high",
        "p_bootstrap",
        "p_randomization",
        "better",
        "notes",
    )
    rows: list[tuple[Cell, ...]] = [
        (
            r.data,
            row.get("measure"),
            r.measures.get("a"),
            r.measures.get("b"),
            *(row.get(name) for name in columns[4:12]),
            r.measures.get(str(row.get("better"))),
            "; ".join(map(str, r.measures.get("notes", ()))),
        )
        for r in collected.comparisons
        for row in r.measures.get("measures", ())
    ]
    note = (
        "difference is b - a, with its 95 % bootstrap interval. p values are two-sided; better names a model if both "
        "are below 0.05."
    )
    return Table("comparison", "Comparisons", columns, rows, note)


def models_table(collected: Collected) -> Table:
    """Architecture, size and validation scores of each model."""
    columns = (
        "model",
        "architecture",
        "parameters",
        "vocabulary",
        "tokenizer",
        "epochs",
        "best_epoch",
        "best_valid_perplexity",
        "valid_accuracy",
        "valid_f1",
        "valid_tfidf_accuracy",
        "valid_averaged_accuracy",
        "valid_exact",
        "valid_bleu",
        "state",
    )
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
    """A value of a summary; scores of greedy translations are one level deeper."""
    greedy = summary.get("valid_greedy")
    deeper = greedy.get(name.removeprefix("valid_")) if isinstance(greedy, Mapping) else None
    return summary.get(name, deeper)


def vectors_table(collected: Collected) -> Table:
    """Co-occurrence counts, matrices and word vectors."""
    columns = ("name", "kind", "method", "words", "dim")
    rows = [(v.name, v.kind, *(v.summary.get(name) for name in columns[2:])) for v in collected.vectors]
    return Table("vectors", "Word vectors", columns, rows)


def cost_table(collected: Collected) -> Table:
    """Time and memory of each training, as its run recorded them."""
    columns = ("model", *_COST_COLUMNS, "command_seconds", "peak_memory_mb")
    note = (
        "For classifiers, tokens per second counts texts. For a resumed training, training seconds and tokens per "
        "second cover all runs; threads, command seconds and peak memory are those of the last run."
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
    measures = list(dict.fromkeys(name for model in collected.learned() for name in model.measured()))
    columns = (
        "model",
        "epoch",
        "tokens",
        "train_loss",
        "train_perplexity",
        "valid_loss",
        "valid_perplexity",
        *measures,
        "lr",
        "grad_norm",
    )
    rows = [_curve_row(model, line, measures) for model in collected.learned() for line in model.history]
    note = (
        "Losses are means in nats: per token for language models, sequence-to-sequence models and taggers, per text "
        "for classifiers (whose tokens are texts), per prediction for word vectors. GloVe's loss is half the weighted "
        "squared error, averaged over the counts."
    )
    return Table("curves", "Learning curves", columns, rows, note)


def _curve_row(model: Model, line: Mapping[str, str], measures: Sequence[str]) -> tuple[Cell, ...]:
    train, valid, rate, norm = (_float(line, name) for name in ("train_loss", "valid_loss", "lr", "grad_norm"))
    choices = [None, None] if model.kind in _WITHOUT_PERPLEXITY else [_exp(train), _exp(valid)]
    losses = (train, choices[0], valid, choices[1])
    measured = (_float(line, name) for name in measures)
    return (model.name, int(line["epoch"]), int(line["tokens"]), *losses, *measured, rate, norm)


def _float(line: Mapping[str, str], name: str) -> float | None:
    return float(value) if (value := line.get(name)) else None


def _exp(loss: float | None) -> float | None:
    return None if loss is None else math.exp(loss) if loss < 700 else math.inf


def ledger_table(collected: Collected) -> Table:
    """Items that were changed or dropped, and why."""
    rows = [(name, row.get("what"), row.get("count"), row.get("why")) for name, row in collected.ledgers]
    return Table("ledger", "Dropped and changed items", ("artifact", "what", "count", "why"), rows)


def write_csv(table: Table, path: Path) -> None:
    """Write a table as UTF-8 CSV with a header, numbers in full; see `spreadsheet_cell` for texts."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for row in (table.columns, *table.rows):
            writer.writerow(map(spreadsheet_cell, row))
