"""Saved answers as tables: samples, nearest neighbours, findings about texts."""

from __future__ import annotations

from seqtool.reporting.collecting.collect import Collected
from seqtool.reporting.rendering.table import Cell, Table


def samples_table(collected: Collected) -> Table:
    """Texts that language models generated."""
    rows: list[tuple[Cell, ...]] = [
        (answer.model, answer.data, row[0], row[1])
        for answer in collected.saved_answers
        if answer.command == "generate"
        for row in answer.rows
    ]
    return Table("samples", "Samples", ("model", "prompt", "number", "text"), rows)


def neighbors_table(collected: Collected) -> Table:
    """Words and their nearest, a row for each word asked for."""
    rows: list[tuple[Cell, ...]] = []
    for answer in (one for one in collected.saved_answers if one.command == "neighbors"):
        near: dict[Cell, dict[Cell, str]] = {}  # by word, by rank
        for query, rank, word, cosine in answer.rows:
            near.setdefault(query, {})[rank] = f"{word} {cosine:.3f}"
        rows += [(query, answer.model, ", ".join(words.values())) for query, words in near.items()]
    order = {query: place for place, query in enumerate(dict.fromkeys(row[0] for row in rows))}
    rows.sort(key=lambda row: order[row[0]])
    note = "The nearest words of each word, with their cosines."
    return Table("neighbors", "Nearest neighbors", ("word", "vectors", "nearest"), rows, note)


def texts_table(collected: Collected) -> Table:
    """Findings of doctor about texts, those with a remedy first."""
    rows: list[tuple[Cell, ...]] = [
        (answer.name, text, answer.data, what, value, line or None, remedy)
        for answer in collected.saved_answers
        if answer.command == "doctor"
        for text, what, value, line, remedy in answer.rows
    ]
    rows.sort(key=lambda row: not row[-1])
    note = "Findings with a remedy come first. line is the first line concerned. tokenizer is what counted the tokens."
    columns = ("looked_over_in", "text", "tokenizer", "what", "value", "line", "remedy")
    return Table("texts", "Texts", columns, rows, note)
