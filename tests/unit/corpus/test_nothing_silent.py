"""Whatever a text looks like, every row of it is used or reported, and every token of a row that is used is counted."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from nasty import NastyFile, nasty_file

from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.corpus.preprocess import EncodedSummary, encode_corpus
from seqtool.corpus.reading.sources import open_sources

FILES = 10_000
LEFT_OUT = ("lines", "rows")


@pytest.fixture(scope="module")
def nasty_files() -> list[NastyFile]:
    """Ten thousand small files, the same on every machine."""
    draw = random.Random(21)
    return [nasty_file(draw) for _ in range(FILES)]


def read(files: list[NastyFile], folder: Path) -> EncodedSummary:
    """The files, encoded as one corpus; what cannot be read is left out and counted."""
    names = []
    for number, file in enumerate(files):
        names.append(str(folder / f"{number}{file.suffix}"))
        Path(names[-1]).write_bytes(file.data)
    options = SourceOptions(errors="skip", bad_rows="skip")
    (folder / "corpus").mkdir()
    sources = open_sources(names, options)
    return encode_corpus(sources, options, PreprocessOptions(normalize="none", threads=1), folder / "corpus")


def test_every_row_is_used_or_reported_and_every_token_counted(nasty_files: list[NastyFile], tmp_path: Path) -> None:
    encoded = read(nasty_files, tmp_path)
    assert encoded.summary["sentences"] == sum(len(file.texts) for file in nasty_files)
    reported = sum(row["count"] for row in encoded.ledger if " skip)" in row["why"])
    assert reported == sum(file.damaged for file in nasty_files)
    expected = sum((file.tokens for file in nasty_files), Counter[str]())
    vocabulary = encoded.vocabulary
    found = dict(zip(vocabulary.tokens, vocabulary.counts.tolist(), strict=True))
    missing = {token: (count, found.get(token, 0)) for token, count in expected.items() if found.get(token, 0) != count}
    assert not missing
    assert encoded.summary["tokens"] == expected.total()
