"""The ecosystem's text formats of word vectors: word2vec text, GloVe, fastText ``.vec``."""

from __future__ import annotations

from collections.abc import Container, Iterable
from pathlib import Path

import numpy as np

from seqtool.errors import InputError


def read_text_vectors(path: Path, wanted: Container[str]) -> dict[str, np.ndarray]:
    """The vectors (float32, one dimension for all) of the wanted tokens.

    A first line of two integers is a header (word2vec, fastText); without it the file is GloVe's. The last fields of a
    line are the vector, so that tokens with spaces in them are read too; of a repeated token the first line counts.

    Raises:
        InputError: where the file cannot be read or a line has another dimension than the first.
    """
    try:
        with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
            return _read(path, file, wanted)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", "give a file of word vectors") from None


def _read(path: Path, lines: Iterable[str], wanted: Container[str]) -> dict[str, np.ndarray]:
    vectors: dict[str, np.ndarray] = {}
    dim = 0
    for number, line in enumerate(lines, 1):
        fields = line.rstrip().split(" ")
        if number == 1 and len(fields) == 2 and all(field.isascii() and field.isdecimal() for field in fields):
            dim = int(fields[1])
            continue
        dim = dim or len(fields) - 1
        token = " ".join(fields[:-dim])
        try:
            if len(fields) <= dim:
                raise ValueError
            if token in wanted and token not in vectors:
                vectors[token] = np.array(fields[-dim:], np.float32)
        except ValueError:
            raise InputError(
                f"{path}, line {number}: not a token and {dim} numbers", "give word2vec text, GloVe or .vec"
            ) from None
    return vectors
