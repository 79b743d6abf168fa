"""Escaping, so that HTML, Markdown and spreadsheets show any name or text as it is."""

from __future__ import annotations

import html
import re

from seqtool.reporting.rendering.table import Cell
from seqtool.terminal import visible

# What begins code, emphasis, links and formulas; an underscore within a word begins nothing.
_MARKDOWN = re.compile(r"[\\`*\[\]~$|]|(?<![^\W_])_|_(?![^\W_])")
_FORMULA = tuple("=+-@\t\r＝＋－＠")


def html_text(text: str, quote: bool = True) -> str:
    """Text of an HTML page, or of an attribute; control characters are shown as escapes."""
    return html.escape(visible(text), quote)


def markdown_text(text: str) -> str:
    """Text of a Markdown line, cell or heading; control characters are shown as escapes."""
    plain = visible(" ".join(text.split("\n"))).replace("&", "&amp;").replace("<", "&lt;")
    return _MARKDOWN.sub(r"\\\g<0>", plain)


def markdown_block(text: str) -> str:
    """Lines as they are, in a fence longer than any in them."""
    ticks = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, ticks + 1)
    return f"{fence}text\n{visible(text)}\n{fence}"


def spreadsheet_cell(cell: Cell) -> Cell:
    """A cell of a CSV file; a text that a spreadsheet would compute gets an apostrophe before it (OWASP's advice)."""
    if isinstance(cell, str) and cell.startswith(_FORMULA) and not _is_number(cell):
        return f"'{cell}"
    return cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return not text.startswith(("\t", "\r"))
