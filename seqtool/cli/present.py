"""An answer on stdout, in the form that was asked for; what belongs to it on stderr."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seqtool.cli.answer import Form, on_terminal, print_record, print_rows, show, show_json, show_lines
from seqtool.commands.answers import Answer, Lines, Made, Picture, Record, Table
from seqtool.errors import UsageError
from seqtool.progress import note


def present(answer: Answer | None, form: Form | None) -> None:
    """Print an answer; without a form text on a terminal and TSV elsewhere, what was made on stderr.

    Raises:
        SeqtoolError: the answer's own error, once the answer is out.
        UsageError: the answer has no native form.
    """
    if answer is None:
        return
    for part in answer.made:
        _present_made(part, None)
    if form == "native":
        if answer.native is None:
            raise UsageError("--format native does not apply to this answer", "use another format")
        show_lines(answer.native, at_once=True)
    elif isinstance(answer, Made):
        _present_made(answer, form)
    elif isinstance(answer, Lines):
        _present_lines(answer, form)
    elif isinstance(answer, Picture) and form is None:
        _require_picture(answer)
    elif form is not None or not answer.saved or on_terminal():
        _present_values(answer, form or ("text" if on_terminal() else "tsv"))
    for line in answer.notes:
        note(line)
    if answer.error is not None:
        raise answer.error


def _present_made(answer: Made, form: Form | None) -> None:
    if answer.finished:
        note(answer.outcome)
    if answer.written or not answer.finished or form is not None:
        print_record(_shown(answer, form), form)


def _require_picture(answer: Picture) -> None:
    if answer.path is None:
        raise UsageError("the picture needs a file name", "use -o FILE.png, or print the numbers with --json")


def _present_lines(answer: Lines, form: Form | None) -> None:
    if answer.table is not None and form is not None and form in answer.tabular:
        _present_values(answer.table, form)
    elif form == "json" and answer.json is not None:
        show_json(answer.json)
    else:
        show_lines(answer.stream(), at_once=True)


def _present_values(answer: Answer, form: Form) -> None:
    if form == "json" and answer.json is not None:
        show_json(answer.json)
    elif isinstance(answer, Table):
        if form == "text" and answer.drawn is not None:
            show_lines(answer.drawn)
        else:
            rows = answer.text if form == "text" and answer.text is not None else answer.stream()
            print_rows(answer.columns, rows, form)
    elif isinstance(answer, Record):
        if form != "text" or not answer.parts:
            print_record(_shown(answer, form), form)
        for number, part in enumerate(answer.parts if form == "text" else ()):
            if number:
                show("")
            _present_values(part, "text")


def _shown(answer: Record, form: Form | None) -> Mapping[str, Any]:
    return answer.values_ if form == "json" or answer.shown is None else answer.shown
