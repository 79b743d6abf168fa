"""What is fuzzed: a way from the bytes of a file to what seqtool makes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seqtool.errors import SeqtoolError

Parse = Callable[[Path], Any]


@dataclass(frozen=True)
class Parser:
    """A way to read a file.

    Attributes:
        name: as `--only` takes it.
        file: what the file is called.
        seeds: files that can be read.
        parse: reads the file, which lies in a folder of its own.
        form: how it is damaged (`mutations.mutated`).
        native: whether code that is not Python does it.
        beside: other files in the folder.
    """

    name: str
    file: str
    seeds: Sequence[bytes]
    parse: Parse
    form: str = "text"
    native: bool = False
    beside: Mapping[str, bytes] = field(default_factory=dict)


def each(*ways: Parse) -> Parse:
    """All of several ways to read the same file; refused where none can read it."""

    def parse(path: Path) -> None:
        refused = []
        for way in ways:
            try:
                way(path)
            except SeqtoolError as error:
                complain_of_message(error, path)
                refused.append(error)
        if len(refused) == len(ways):
            raise refused[-1]

    return parse


class BadMessageError(Exception):
    """A refusal that says too little, or too much."""


LONGEST_MESSAGE = 2000


def complain_of_message(error: SeqtoolError, path: Path) -> None:
    """Raises:
    BadMessageError: the error does not name the file (or its folder), has no words, or is longer than a screen.
    """
    text = str(error)
    if path.name not in text and str(path.parent) not in text:
        raise BadMessageError(f"no name of the file: {text[:300]}") from error
    if len(text) > LONGEST_MESSAGE + len(str(path)):
        raise BadMessageError(f"a message of {len(text)} characters: {text[:300]}") from error
