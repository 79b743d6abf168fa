"""The digest of a text is that of its lines, however its file holds them."""

from __future__ import annotations

import codecs
import gzip
import hashlib
from pathlib import Path

import pytest

from seqtool.corpus.options import SourceOptions
from seqtool.corpus.reading.sources import Source

TEXT = "한 줄\n\nanother\r line\n" * 3
LINES = TEXT.encode()
CRLF = LINES.replace(b"\n", b"\r\n")


def digests(path: Path, content: bytes, **options: str) -> tuple[str, str | None]:
    path.write_bytes(content)
    source = Source(str(path), "text", SourceOptions(**options))
    for _ in source.blocks():
        pass
    return source.sha256, source.text_sha256


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (gzip.compress(LINES), {}),
        (gzip.compress(CRLF), {}),
        (CRLF, {}),
        (codecs.BOM_UTF8 + CRLF, {}),
        (LINES[:-1], {}),
        (CRLF[:-2], {}),
        (TEXT.encode("utf-16"), {"encoding": "utf-16"}),
        (TEXT.encode("cp949"), {"encoding": "cp949"}),
        (TEXT.encode("cp949"), {"encoding": "auto"}),
    ],
    ids=["gzip", "gzip-crlf", "crlf", "bom", "no-newline", "crlf-no-newline", "utf-16", "cp949", "auto"],
)
@pytest.mark.filterwarnings("ignore")
def test_copies_have_one_digest(tmp_path: Path, content: bytes, options: dict[str, str]) -> None:
    assert digests(tmp_path / "a", content, **options) == (
        hashlib.sha256(content).hexdigest(),
        hashlib.sha256(LINES).hexdigest(),
    )


def test_lines_that_are_the_file_are_hashed_once(tmp_path: Path) -> None:
    assert digests(tmp_path / "a", LINES) == (hashlib.sha256(LINES).hexdigest(), None)
    mixed = LINES + CRLF
    assert digests(tmp_path / "a", mixed)[1] is None
    assert digests(tmp_path / "a", gzip.compress(mixed))[1] == hashlib.sha256(mixed).hexdigest()


@pytest.mark.parametrize("at", [1, 5, 6, 7, 1 << 16, (1 << 22) - 1, 1 << 22])
def test_line_ends_between_pieces(tmp_path: Path, at: int) -> None:
    text = b"x" * (at - 1) + b"\r\n" + b"y\r\n" * (1 << 21)
    assert digests(tmp_path / "a", text)[1] == hashlib.sha256(text.replace(b"\r\n", b"\n")).hexdigest()
