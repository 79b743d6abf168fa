"""The findings of `doctor`, saved for a report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seqtool.corpus.doctor.examine import COLUMNS, determining_options, examine_texts, known_inputs
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.evaluation.saved_answers import SavedAnswer
from seqtool.progress import note


def save_findings(
    texts: Sequence[str],
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
    output: Path,
    overwrite: bool = False,
) -> list[tuple[Any, ...]]:
    """The findings that ``output`` holds already, or else those of texts that are examined now and saved there.

    Args:
        texts, sources, preprocessing: as for `examine_texts`.
        output: an evaluation artifact.
        overwrite: replace one of other texts or options.

    Returns:
        Rows of `COLUMNS`.

    Raises:
        InputError: a text that cannot be read.
        OutputError: something else is at ``output``.
    """
    options, inputs = determining_options(sources, preprocessing), known_inputs(texts, sources)
    answer = None if inputs is None else SavedAnswer(output, "doctor", options, inputs, overwrite)
    if answer is not None and answer.stands:
        note(f"{output} is up to date")
        return [_parsed(row) for row in answer.rows()]
    examined = examine_texts(texts, sources, preprocessing)
    answer = answer or SavedAnswer(output, "doctor", options, [text.input for text in examined], overwrite)
    rows = [row for text in examined for row in text.rows()]
    names = ",".join(dict.fromkeys(row[0] for row in rows))
    written = [["" if cell is None else cell for cell in row] for row in rows]
    answer.keep(names, preprocessing.tokenizer, COLUMNS, written)
    return rows


def _parsed(row: list[str]) -> tuple[Any, ...]:
    """A saved row, its value and line as the numbers that they were."""
    text, what, value, line, remedy = row
    for kind in (int, float):
        try:
            return text, what, kind(value), int(line) if line else None, remedy
        except ValueError:
            continue
    return text, what, value, int(line) if line else None, remedy
