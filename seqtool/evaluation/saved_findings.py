"""The findings of `doctor`, saved for a report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seqtool.corpus.doctor.examine import COLUMNS, determining_options, examine_texts, known_inputs
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.evaluation.artifact import number_or_text
from seqtool.evaluation.saved_answers import SavedAnswer


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
    standing = None if answer is None else answer.standing()
    if standing is not None:
        return [_parsed(*row) for row in standing]
    examined = examine_texts(texts, sources, preprocessing)
    answer = answer or SavedAnswer(output, "doctor", options, [text.input for text in examined], overwrite)
    rows = [row for text in examined for row in text.rows()]
    names = ",".join(dict.fromkeys(row[0] for row in rows))
    written = [["" if cell is None else cell for cell in row] for row in rows]
    answer.keep(names, preprocessing.tokenizer, COLUMNS, written)
    return rows


def _parsed(text: str, what: str, value: str, line: str, remedy: str) -> tuple[Any, ...]:
    """A saved row, its value and line as the numbers that they were."""
    return text, what, number_or_text(value), int(line) if line else None, remedy
