"""Answers on stdout: aligned text on a terminal, TSV in a pipe, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, cast

from seqtool.artifact.escapes import escape as escape
from seqtool.artifact.fractions import changed_fractions, finite
from seqtool.commands.showing import cell_text
from seqtool.corpus.normalize import display_width
from seqtool.errors import UsageError
from seqtool.progress import note

Form = Literal["text", "tsv", "json", "native"]


def asked_form(requested: str | None, as_json: bool) -> Form | None:
    """The form in which to say what was made: the one asked for; ``None``, a note on stderr, where none is.

    Raises:
        UsageError: where ``--json`` and another ``--format`` are given.
    """
    if as_json and requested not in (None, "json"):
        raise UsageError(f"--json and --format {requested} contradict each other", "give one of them")
    return "json" if as_json else cast(Form | None, requested)


def print_record(record: Mapping[str, Any], form: Form | None) -> None:
    """One answer of several named values; without a form (see `asked_form`) it goes to stderr."""
    if form == "json":
        print(dumps(record))
        return
    flat = list(_flat(record))
    width = max((len(name) for name, _ in flat), default=0)
    for name, value in flat:
        line = f"{name}\t{_cell(value)}" if form == "tsv" else f"{name:<{width}}  {_cell(value)}"
        note(line) if form is None else print(line)


def _flat(record: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Names and values, those of a nested value as ``labels.pos.f1``; a row of a drop ledger as a sentence."""
    for name, value in record.items():
        ledger = isinstance(value, list | tuple) and all(isinstance(row, Mapping) and "why" in row for row in value)
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}.")
        elif value and ledger:
            yield from ((f"{prefix}{name}", f"{row['count']:,} {row['what']} {row['why']}") for row in value)
        else:
            yield f"{prefix}{name}", value


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[Any]], form: Form) -> None:
    """One answer of many rows: TSV with a header, or a JSON list of objects; rows are printed as they come in TSV."""
    if form == "json":
        print(dumps([dict(zip(columns, row, strict=True)) for row in rows]))
    elif form == "tsv":
        print("\t".join(columns))
        for row in rows:
            print("\t".join(_cell(value) for value in row))
    else:
        shown = [list(columns), *([_cell(value) for value in row] for row in rows)]
        widths = [max(display_width(row[i]) for row in shown) for i in range(len(columns))]
        for row in shown:
            padded = (cell + " " * (width - display_width(cell)) for cell, width in zip(row, widths, strict=True))
            print("  ".join(padded).rstrip())


def dumps(value: Any) -> str:
    """JSON on one line; a number that JSON has no word for (nan, infinity) becomes null."""
    return json.dumps(finite(value), ensure_ascii=False).encode("utf-8", "replace").decode()


def _cell(value: Any) -> str:
    if isinstance(value, Mapping | list | tuple):  # fractions in as many digits as a cell of their own shows
        return dumps(changed_fractions(value, lambda number: float(f"{number:.6g}")))
    return escape(cell_text(value))
