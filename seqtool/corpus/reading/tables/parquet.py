"""A column of a .parquet file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seqtool.corpus.reading.tables.json_shapes import cells_inside
from seqtool.corpus.reading.tables.kinds import chosen_path
from seqtool.errors import InputError

_BATCH_ROWS = 8192


def parquet_cells(path: str, column: str | None) -> Iterator[list[Any]]:
    """The cells of a column of a .parquet file, in batches.

    Raises:
        InputError: the file cannot be read or has no such column.
    """
    import pyarrow
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
        names = file.schema_arrow.names
        number, inside = chosen_path(path, names, column)
        for batch in file.iter_batches(_BATCH_ROWS, columns=[names[number]]):
            yield cells_inside(path, names[number], batch.column(0).to_pylist(), inside)
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:  # text or a time that Python has not
        message = f"{path} is not a readable Parquet file ({error})"
        raise InputError(message, "recreate it, or download it again") from None
