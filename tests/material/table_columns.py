"""Tables read in-process."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from seqtool.corpus.options import SourceOptions
from seqtool.corpus.reading.sources import lines, open_sources


def read_column(path: Path, column: str | None = None, **options: Any) -> tuple[list[str], dict[str, int]]:
    """The lines of a column, and what was changed or left out."""
    sources, counts = SourceOptions(column=column, **options), Counter[str]()
    found = list(lines(open_sources([str(path)], sources), sources, counts))
    return found, {key: count for key, count in counts.items() if count}
