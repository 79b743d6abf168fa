"""Corpora and their phrases, as tables."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seqtool.artifact.escapes import unescaped
from seqtool.artifact.read import Artifact
from seqtool.artifact.tables import read_rows
from seqtool.reporting.collecting.provenance import sentences_text
from seqtool.reporting.rendering.table import Table

_PHRASES = "phrases.tsv"
_MOST_PHRASES = 50


@dataclass(frozen=True)
class CorpusFacts:
    """A corpus: its text, its sizes, the number of sentences in each part, and phrases with counts and scores."""

    name: str
    text: str
    summary: Mapping[str, Any]
    tokenizer: str
    parts: Mapping[str, int]
    phrases: Sequence[tuple[str, int, float]]


def read_corpus(artifact: Artifact) -> CorpusFacts:
    """What a report shows of a corpus, the phrases with the highest scores first.

    Raises:
        InputError, KeyError, ValueError: its list of phrases is damaged.
    """
    phrases: list[tuple[str, int, float]] = []
    if artifact.has(_PHRASES):
        path = artifact.file(_PHRASES)
        lines = read_rows(path)
        columns = next(lines, [])
        rows = (dict(zip(columns, line, strict=True)) for line in lines)
        found = ((unescaped(path, [row["phrase"]])[0], int(row["count"]), float(row["score"])) for row in rows)
        phrases = heapq.nlargest(_MOST_PHRASES, found, key=lambda phrase: phrase[2])
    text = sentences_text(artifact.as_input()).name
    parts = {str(name): int(end) - int(first) for name, (first, end) in artifact.summary.get("splits", {}).items()}
    tokenizer = str(artifact.options.get("tokenizer"))
    return CorpusFacts(artifact.path.name, text, artifact.summary, tokenizer, parts, phrases)


def corpora_table(corpora: Sequence[CorpusFacts]) -> Table:
    """The sentences in each part, tokens and types of each corpus."""
    columns = ("corpus", "text", "tokenizer", "sentences", "train", "valid", "test", "tokens", "types", "characters")
    rows = [
        (
            *(corpus.name, corpus.text, corpus.tokenizer, corpus.summary.get("sentences")),
            *(corpus.parts.get(part) for part in columns[4:7]),
            *(corpus.summary.get(name) for name in columns[7:]),
        )
        for corpus in corpora
    ]
    note = "train, valid and test are numbers of sentences. To check a text for problems, run doctor."
    return Table("corpora", "Corpora", columns, rows, note)


def phrases_table(corpora: Sequence[CorpusFacts]) -> Table:
    """The phrases with the highest scores of each corpus."""
    rows = [(corpus.name, *phrase) for corpus in corpora for phrase in corpus.phrases]
    note = f"The {_MOST_PHRASES} phrases with the highest scores of each corpus; phrases.tsv lists all."
    return Table("phrases", "Phrases", ("corpus", "phrase", "count", "score"), rows, note)
