"""An answer on stdout, in the form that was asked for; what belongs to it on stderr."""

from __future__ import annotations

import sys
from typing import Any

from seqtool.cli.answer import Form, dumps, print_record, print_rows
from seqtool.commands.answers import Answer, Lines, Made, Record, Table
from seqtool.progress import note


def present(answer: Answer | None, form: Form | None) -> None:
    """Print an answer; without a form text on a terminal and TSV elsewhere, what was made on stderr.

    Raises:
        SeqtoolError: the answer's own error, once the answer is out.
    """
    if answer is None:
        return
    for part in answer.made:
        _present_made(part, None)
    if isinstance(answer, Made):
        _present_made(answer, form)
    elif isinstance(answer, Lines):
        _present_lines(answer, form)
    else:
        usual: Form = "text" if sys.stdout.isatty() else "tsv"
        _present_values(answer, form or usual)
    for line in answer.notes:
        note(line)
    if answer.error is not None:
        raise answer.error


def _present_made(answer: Made, form: Form | None) -> None:
    if answer.finished:
        note(f"wrote {answer.path}" if answer.written else f"{answer.path} is up to date")
    if answer.written or not answer.finished or form is not None:
        print_record(answer.values_, form)


def _present_lines(answer: Lines, form: Form | None) -> None:
    if answer.table is not None and (form == "json" or (form == "tsv" and answer.tabular)):
        _present_values(answer.table, form)
        return
    for line in answer.stream():
        print(line)


def _present_values(answer: Any, form: Form) -> None:
    if form == "json" and answer.json is not None:
        print(dumps(answer.json))
    elif isinstance(answer, Table):
        rows = answer.text if form == "text" and answer.text is not None else answer.stream()
        print_rows(answer.columns, rows, form)
    elif isinstance(answer, Record):
        print_record(answer.values_ if form == "json" or answer.shown is None else answer.shown, form)
