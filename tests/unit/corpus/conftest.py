from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from seqtool.corpus.corpus import Corpus
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.corpus.preprocess import EncodedSummary, encode_corpus
from seqtool.corpus.reading.sources import open_sources


@dataclass(frozen=True)
class Encoded:
    corpus: Corpus
    result: EncodedSummary
    directory: Path

    def tokens(self) -> list[list[str]]:
        """The sentences as tokens, ``<eos>`` checked and left out."""
        names = self.corpus.vocabulary.tokens
        rows = [sentence.tolist() for name in self.corpus.splits for sentence in self.corpus.sentences(name)]
        assert all(row[-1] == 1 for row in rows)
        return [[names[number] for number in row[:-1]] for row in rows]

    def ledger(self) -> dict[str, int]:
        return {f"{entry['what']}: {entry['why']}": entry["count"] for entry in self.result.ledger}


def encode_into(folder: Path, text: bytes | list[str], source: SourceOptions | None = None, **options: Any) -> Encoded:
    """Preprocess bytes, or the named sources, into a new folder inside ``folder``."""
    directory = folder / f"out{len(list(folder.iterdir()))}"
    directory.mkdir()
    if isinstance(text, bytes):
        path = folder / "text.txt"
        path.write_bytes(text)
        text = [str(path)]
    wanted = PreprocessOptions(**({"threads": 2} | options))
    result = encode_corpus(open_sources(text, source or SourceOptions()), source or SourceOptions(), wanted, directory)
    splits = {name: (first, end) for name, (first, end) in result.summary["splits"].items()}
    return Encoded(Corpus(directory, wanted, splits), result, directory)


@pytest.fixture
def encode(tmp_path: Path) -> Callable[..., Encoded]:
    """`encode_into` the test's folder."""
    return partial(encode_into, tmp_path)


@pytest.fixture(scope="session")
def encode_in() -> Callable[..., Encoded]:
    """`encode_into`, for tests that run many times."""
    return encode_into


def contents(directory: Path) -> dict[str, bytes]:
    """Every file's bytes."""
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}
