"""Display answers in notebooks: text, HTML, data frames."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

from seqtool.errors import InputError


def data_frame(rows: list[list[Any]], columns: list[str]) -> Any:
    """Return a ``pandas.DataFrame``.

    Raises:
        InputError: pandas is not installed.
    """
    try:
        import pandas as pd  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        raise InputError("to_pandas needs pandas", "install it: pip install pandas") from None
    return pd.DataFrame(rows, columns=columns)


def cell_text(value: Any) -> str:
    """A value in a table for people to read."""
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def html_table(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """An HTML table."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell_text(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
