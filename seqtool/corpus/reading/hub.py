"""Data sets of the Hugging Face hub (``hf:ORG/NAME[@CONFIG][:SPLIT]``, streamed) and those saved on disk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seqtool.corpus.reading.tables.json_shapes import cells_inside
from seqtool.corpus.reading.tables.kinds import chosen_path
from seqtool.errors import InputError

HUB_PREFIX = "hf:"

_NAME = re.compile(r"hf:(?P<name>[^@:]+)(?:@(?P<config>[^:]+))?(?::(?P<split>.+))?")
_BATCH_ROWS = 1000
_ASK_SECONDS = 10


def is_saved_dataset(folder: Path) -> bool:
    """Whether ``datasets`` saved a data set (or several splits of one) there."""
    return (folder / "state.json").is_file() or (folder / "dataset_dict.json").is_file()


def dataset_cells(name: str, column: str | None, revision: str | None) -> Iterator[list[Any]]:
    """The cells of a column of a data set on the hub, streamed in batches.

    Raises:
        InputError: the name is not understood, or the data set cannot be loaded.
    """
    if Path(name.removeprefix(HUB_PREFIX)).exists():
        folder = name.removeprefix(HUB_PREFIX)
        raise InputError(
            f"{name} names a data set on the Hugging Face hub, but {folder} is a local path", f"give {folder}"
        )
    match = _NAME.fullmatch(name)
    if not match:
        raise InputError(f"{name} is not a valid data set name", "write hf:ORG/NAME, with @CONFIG and :SPLIT if needed")
    import datasets

    split = match["split"] or "train"
    try:
        rows = datasets.load_dataset(match["name"], match["config"], split=split, streaming=True, revision=revision)
        yield from _column(name, rows, column)
    except InputError:
        raise
    except Exception as error:  # whatever the hub, the network or a data set's files raise
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise InputError(f"{name} cannot be loaded ({reason})", "check its name, configuration and split") from None


def saved_cells(folder: str, column: str | None) -> Iterator[list[Any]]:
    """The cells of a column of a data set saved by ``save_to_disk``, in batches.

    Raises:
        InputError: it has several splits, or cannot be loaded.
    """
    import datasets

    try:
        rows = datasets.load_from_disk(folder)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{folder} cannot be loaded ({error})", "save the data set again") from None
    if isinstance(rows, datasets.DatasetDict):
        splits = ", ".join(f"{folder.rstrip('/')}/{split}" for split in rows)
        raise InputError(f"{folder} contains several splits", f"choose one of: {splits}")
    yield from _column(folder, rows, column)


def _column(name: str, rows: Any, column: str | None) -> Iterator[list[Any]]:
    for batch in rows.iter(batch_size=_BATCH_ROWS):
        names = list(batch)
        number, inside = chosen_path(name, names, column)
        yield cells_inside(name, names[number], batch[names[number]], inside)


def hub_revision(name: str, revision: str | None) -> str | None:
    """The commit that a data set of the hub is at; ``None`` where the hub cannot be asked."""
    match = _NAME.fullmatch(name)
    if not match:
        return None
    import huggingface_hub

    try:
        return huggingface_hub.HfApi().dataset_info(match["name"], revision=revision, timeout=_ASK_SECONDS).sha
    except Exception:  # whatever the hub or the network raise; the content is hashed instead
        return None
