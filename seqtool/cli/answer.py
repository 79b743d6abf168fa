"""Answers on stdout: aligned text on a terminal, TSV in a pipe, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NoReturn, cast

from seqtool.artifact.escapes import escape as escape
from seqtool.artifact.fractions import changed_fractions, finite
from seqtool.artifact.manifest import ledger_line
from seqtool.commands.showing import cell_text
from seqtool.corpus.normalize import display_width
from seqtool.errors import OutputError, UsageError, cause, remedy
from seqtool.progress import note
from seqtool.terminal import visible, visible_json

Form = Literal["text", "tsv", "json", "native"]


def asked_form(requested: str | None, as_json: bool) -> Form | None:
    """The form in which to say what was made: the one asked for; ``None``, a note on stderr, where none is.

    Raises:
        UsageError: where ``--json`` and another ``--format`` are given.
    """
    if as_json and requested not in (None, "json"):
        raise UsageError(f"--json and --format {requested} cannot be combined", "give only one")
    return "json" if as_json else cast(Form | None, requested)


def show(line: str) -> None:
    """Print a line; see `show_lines`."""
    show_lines((line,))


def show_json(value: Any) -> None:
    """Print JSON on a line; see `show_lines`."""
    show(visible_json(dumps(value)) if on_terminal() else dumps(value))


def show_lines(lines: Iterable[str], at_once: bool = False) -> None:
    """Print lines of an answer; on a terminal with their control characters escaped.

    Args:
        lines: without line ends.
        at_once: do not buffer: what reads a line may be waiting for it before it asks again.

    Raises:
        OutputError: they cannot be written.
        BrokenPipeError: whoever reads them went away.
    """
    terminal = on_terminal()
    for line in lines:
        try:
            print(visible(line) if terminal else line, flush=at_once)
        except OSError as error:
            _unwritten(error)


def flush() -> None:
    """Write what is still buffered; see `show_lines`."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        _unwritten(error)


def _unwritten(error: OSError) -> NoReturn:
    if isinstance(error, BrokenPipeError):
        raise error
    raise OutputError(f"cannot write to stdout: {cause(error)}", remedy(error)) from error


def on_terminal() -> bool:
    """Whether a person reads the answer."""
    return sys.stdout is not None and sys.stdout.isatty()


def print_record(record: Mapping[str, Any], form: Form | None) -> None:
    """One answer of several named values; without a form (see `asked_form`) it goes to stderr."""
    if form == "json":
        show_json(record)
        return
    flat = [(escape(name), _cell(value)) for name, value in _flat(record)]
    lines = map("\t".join, flat) if form == "tsv" else _aligned(flat)
    if form is None:
        for line in lines:
            note(line)
    else:
        show_lines(lines)


def _flat(record: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Names and values, those of a nested value as ``labels.pos.f1``; a row of a drop ledger as a sentence."""
    for name, value in record.items():
        ledger = isinstance(value, list | tuple) and all(isinstance(row, Mapping) and "why" in row for row in value)
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}.")
        elif value and ledger:
            yield from ((f"{prefix}{name}", ledger_line(row)) for row in value)
        else:
            yield f"{prefix}{name}", value


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[Any]], form: Form) -> None:
    """One answer of many rows: TSV with a header, or a JSON list of objects; rows are printed as they come in TSV."""
    if form == "json":
        show_json([dict(zip(columns, row, strict=True)) for row in rows])
    elif form == "tsv":
        show("\t".join(columns))
        show_lines("\t".join(map(_cell, row)) for row in rows)
    else:
        show_lines(_aligned([list(columns), *([_cell(value) for value in row] for row in rows)]))


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows as lines in which each column begins at the same place of a terminal."""
    shown = [[visible(cell) for cell in row] for row in rows]
    widths = [[display_width(cell) for cell in row] for row in shown]
    widest = [max(column) for column in zip(*widths, strict=True)]
    for row, used in zip(shown, widths, strict=True):
        padded = (cell + " " * (most - width) for cell, width, most in zip(row, used, widest, strict=True))
        yield "  ".join(padded).rstrip()


def dumps(value: Any) -> str:
    """JSON on one line; a number that JSON has no word for (nan, infinity) becomes null."""
    return json.dumps(finite(value), ensure_ascii=False).encode("utf-8", "replace").decode()


def _cell(value: Any) -> str:
    if isinstance(value, Mapping | list | tuple):  # fractions in as many digits as a cell of their own shows
        return dumps(changed_fractions(value, lambda number: float(f"{number:.6g}")))
    return escape(cell_text(value))
