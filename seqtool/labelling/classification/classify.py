"""Texts in, labels out: exactly one answer for every line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from seqtool import progress
from seqtool.labelling.classification.artifact import Classifier
from seqtool.labelling.classification.texts import begins_with_label

_WINDOW = 4096


@dataclass
class Counts:
    """What deserves a word at the end."""

    lines: int = 0
    empty: int = 0
    cut: int = 0
    tokens: int = 0
    unknown: int = 0
    labelled: int = 0


def classify_lines(
    loaded: Classifier, lines: Iterable[str], best: int, batch_size: int, counts: Counts
) -> Iterator[list[tuple[str, float]]]:
    """The likeliest labels of every line with their probabilities, the likeliest first.

    Args:
        lines: texts; one without tokens is judged by its end alone, and counted.
        best: how many labels.
    """
    iterator, names, until = iter(lines), loaded.labels.names, loaded.artifact.options.get("label_until")
    known = frozenset(names)
    with progress.stage("classify", "lines") as stage:
        while window := list(islice(iterator, _WINDOW)):
            texts = [loaded.encode(line) for line in window]
            _count(loaded, texts, counts)
            counts.labelled += sum(begins_with_label(line, known, until) for line in window)
            found_NC = loaded.probabilities(texts, batch_size)
            order_NK = np.argsort(-found_NC, axis=1, kind="stable")[:, :best]
            for row, order in zip(found_NC, order_NK, strict=True):
                yield [(names[i], float(row[i])) for i in order]
            stage.advance(len(window))
        progress.note(f"classified {counts.lines:,} lines, {stage.rate_and_time()}")
    if counts.unknown:
        progress.note(f"{counts.unknown:,} of {counts.tokens:,} tokens are not known to the model")
    if counts.cut:
        progress.note(f"{counts.cut:,} lines were cut to {loaded.options.max_length} tokens, as in training")
    if counts.empty:
        progress.note(f"{counts.empty:,} lines have no token")
    if 2 * counts.labelled > counts.lines:
        progress.warn(f"{counts.labelled:,} lines begin with a label, which was read as text: --form takes it off")


def _count(loaded: Classifier, texts: list[list[int]], counts: Counts) -> None:
    counts.lines += len(texts)
    counts.empty += sum(not ids for ids in texts)
    counts.tokens += sum(map(len, texts))
    counts.unknown += sum(ids.count(loaded.unk_id) for ids in texts)
    if loaded.options.arch == "recurrent":
        counts.cut += sum(len(ids) > loaded.options.max_length for ids in texts)
