"""Values in JSON that are not rows with the column asked for: what they are, and how rows are made of them.

pandas writes a table in five ways (``to_json(orient=…)``), of which only ``records`` is rows: ``columns``, the default,
is an object of columns, each an object by row; ``index`` an object of rows; ``split`` and ``table`` have an array
``data`` beside the names of the columns. Objects of arrays are what ``to_dict`` of the ``datasets`` library gives.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from seqtool.corpus.reading.tables.cells import names_inside, value_inside
from seqtool.corpus.reading.tables.kinds import ColumnError, MissingColumnError
from seqtool.errors import InputError

_NAMES_SHOWN = 5
_WRITE_ROWS = 'pandas: to_json(…, orient="records", lines=True)'
_ROWS = {  # in Python, of the whole value
    "columns": "[dict(zip(data, row)) for row in zip(*[column.values() for column in data.values()])]",
    "index": "data.values()",
    "split": '[dict(zip(data["columns"], row)) for row in data["data"]]',
    "table": 'data["data"]',
    "list": "[dict(zip(data, row)) for row in zip(*data.values())]",
}


def table_orient(value: Any, wanted: str, alone: bool) -> str | None:
    """In which way an object is a whole table: a key of pandas' ``orient``, ``list`` for arrays; ``None``: it is a row.

    Args:
        value: of the file.
        wanted: the column asked for.
        alone: whether it is the only value. Rows that are called by texts cannot be told from objects otherwise.
    """
    if not isinstance(value, dict) or not value:
        return None
    inside = list(value.values())
    if isinstance(value.get("data"), list) and (
        {"columns", "data"} <= value.keys() <= {"columns", "data", "index"} or {"schema", "data"} == value.keys()
    ):
        return "split" if "columns" in value else "table"
    if all(isinstance(cells, list) for cells in inside):
        alike = len({len(cells) for cells in inside}) == 1
        return "list" if alone and alike else None
    if not all(isinstance(cells, dict) and cells.keys() == inside[0].keys() for cells in inside) or not inside[0]:
        return None
    if all(name.isdecimal() for name in inside[0]):
        return "columns"
    if all(name.isdecimal() for name in value):
        return "index"
    return None if not alone else "columns" if wanted in value else "index" if wanted in inside[0] else None


def refuse_whole_table(name: str, value: Any, wanted: str, alone: bool) -> None:
    """Refuse the first value of a file where it is a whole table (see `table_orient`).

    Raises:
        InputError: with a command that writes its rows.
    """
    orient = table_orient(value, wanted, alone)
    if orient is not None:
        how = "an object with an array per column" if orient == "list" else f'a whole table (pandas, orient="{orient}")'
        message = f"{name}: line 1: expected one row, found {how}"
        raise InputError(message, f"write one object per row ({_WRITE_ROWS}){_command(name, _ROWS[orient])}")


def nested_cell_error(where: str, wanted: str, cell: dict[str, Any] | list[Any]) -> ColumnError:
    """The error for a cell that is an object or an array, with the columns inside; of an array those of the first."""
    names = [name for name in names_inside(cell, wanted) if name != wanted][:_NAMES_SHOWN]
    remedy = f"give --column {' or '.join(names)}" if names else "give another --column"
    what = "an object" if isinstance(cell, dict) else "an array"
    return ColumnError(f"{where}: expected text in '{wanted}', found {what}", remedy)


def cells_inside(name: str, column: str, cells: Iterable[Any], path: Sequence[str]) -> list[Any]:
    """The cells of a column, or what is at a path inside each; a missing cell has ``None`` inside.

    Raises:
        ColumnError: a cell is not a text there, or has no such path.
    """
    found, wanted = list[Any](), ".".join([column, *path])
    for cell in cells:
        value, there = value_inside(cell, path)
        if isinstance(value, dict | list):
            raise nested_cell_error(name, wanted, value)
        if not there and cell is not None:
            raise MissingColumnError(name, wanted, list(names_inside({column: cell})))
        found.append(value)
    return found


def without_column_error(
    name: str, line: int, wanted: str, row: dict[str, Any] | list[Any] | str, otherwise: str, alone: bool
) -> InputError:
    """The error for a row that does not have the column.

    Args:
        name, line: of the row.
        wanted: the column.
        row: of the file.
        otherwise: what can be done if other rows have it.
        alone: whether the row may be the whole file, its rows an array in it.
    """
    where = f"{name}: line {line}"
    if isinstance(row, list):
        return MissingColumnError(f"{where}: the array", wanted, [str(number) for number in range(len(row))])
    if isinstance(row, str):
        return InputError(f"{where}: expected an object with '{wanted}', found a string", "fix the row")
    if not row:
        return InputError(f"{where}: the object is empty", "fix the row")
    deeper = [f"{key}.{wanted}" for key, value in row.items() if isinstance(value, dict) and wanted in value]
    if deeper:
        message = f"{where}: the object has no '{wanted}', but has {', '.join(deeper[:_NAMES_SHOWN])}"
        return ColumnError(message, f"give --column {deeper[0]}")
    arrays = [key for key, value in row.items() if _are_rows(value)] if alone else []
    if arrays:
        rows = max(arrays, key=lambda key: (wanted in row[key][0], len(row[key])))
        message = f"{where}: the object has no '{wanted}', but has '{rows}', an array of objects"
        return InputError(message, f"write one object per row{_command(name, f'data[{_quoted(rows)}]')}")
    return MissingColumnError(f"{where}: the object", wanted, list(names_inside(row)), otherwise)


def _are_rows(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and bool(value) and isinstance(value[0], dict)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "") + '"'


def _command(name: str, rows: str) -> str:
    """A command that writes rows, which are a Python expression of ``data``, of a file that is not compressed."""
    path = Path(name)
    if not path.is_file() or path.suffix.lower() not in (".json", ".jsonl", ".ndjson"):
        return ""
    program = f"import json, sys; data = json.load(sys.stdin.buffer); [print(json.dumps(row)) for row in {rows}]"
    return f": python3 -c {shlex.quote(program)} < {shlex.quote(name)} > {shlex.quote(f'{path.stem}.rows.jsonl')}"
