"""Tables → one Markdown page."""

from __future__ import annotations

from seqtool.reporting.collecting.collect import Collected
from seqtool.reporting.collecting.provenance import LINEAGE_NOTE, lineage_lines
from seqtool.reporting.collecting.saved_answers import DRAWN
from seqtool.reporting.rendering.escapes import markdown_block, markdown_text
from seqtool.reporting.rendering.table import Cell, Table
from seqtool.reporting.rendering.tables import all_tables


def render(collected: Collected, title: str = "seqtool report") -> str:
    """The whole report as Markdown."""
    notes = [f"Note: {markdown_text(text)}\n" for text in collected.warnings]
    tables = map(_table, all_tables(collected))
    parts = [f"# {markdown_text(title)}\n", *notes, *tables, _pictures(collected), _lineage(collected)]
    return "\n".join(part for part in parts if part)


def _table(table: Table) -> str:
    columns = [i for i in range(len(table.columns)) if any(row[i] not in (None, "") for row in table.rows)]
    numeric = [all(isinstance(row[i], int | float | None) for row in table.rows) for i in columns]
    lines = [
        f"## {table.title}\n",
        _row([markdown_text(table.columns[i].replace("_", " ")) for i in columns]),
        _row(["---:" if right else "---" for right in numeric]),
        *(_row([markdown_text(show(row[i])) for i in columns]) for row in table.rows),
    ]
    return "\n".join(lines) + "\n" + (f"\n{table.note}\n" if table.note else "")


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def show(cell: Cell) -> str:
    """A cell as a person reads it: thousands grouped, four significant digits after large parts."""
    if cell is None:
        return ""
    if isinstance(cell, bool | str):
        return str(cell)
    if isinstance(cell, int):
        return f"{cell:,}"
    return f"{cell:,.2f}" if abs(cell) >= 10 else f"{cell:.4g}"


def _pictures(collected: Collected) -> str:
    """List the pictures that only report.html shows."""
    drawn = [markdown_text(f"{one.command} of {one.model}") for one in collected.saved_answers if one.command in DRAWN]
    return f"## Pictures\n\nreport.html also shows: {', '.join(drawn)}.\n" if drawn else ""


def _lineage(collected: Collected) -> str:
    if not collected.lineages:
        return ""
    trees = [markdown_block(tree) for _, tree in lineage_lines(collected.lineages)]
    return f"## Lineage\n\n{LINEAGE_NOTE}\n\n" + "\n\n".join(trees) + "\n"
