"""Compressed streams give bounded pieces, whatever they expand to."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from seqtool import progress
from seqtool.corpus.reading.streams import file_pieces
from seqtool.errors import InputError

LARGEST = 33 << 20  # of zstandard; the others give a megabyte at a time

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor(level=1).compress,
}


def sizes(path: Path) -> list[int]:
    return [len(piece) for piece in file_pieces(str(path), hashlib.sha256())]


def content(path: Path) -> bytes:
    return b"".join(file_pieces(str(path), hashlib.sha256()))


def prose(size: int) -> bytes:
    rng = random.Random(7)
    return " ".join(f"w{rng.randrange(5000)}" for _ in range(size // 6)).encode()


@pytest.mark.parametrize("kind", COMPRESS)
@pytest.mark.parametrize(("unit", "size"), [(b"\n", 80 << 20), (b"a b c\n", 6 << 20)])
def test_a_small_file_that_expands_a_thousandfold_comes_in_small_pieces(
    tmp_path: Path, kind: str, unit: bytes, size: int
) -> None:
    path = tmp_path / f"t.{kind}"
    path.write_bytes(COMPRESS[kind](unit * (size // len(unit))))
    found = sizes(path)
    assert sum(found) == size // len(unit) * len(unit)
    assert max(found) <= (LARGEST if kind == "zst" else 1 << 20)


@pytest.mark.parametrize("kind", [*COMPRESS, "utf16.txt", "tsv", "tsv.gz"])
def test_progress_is_of_the_stored_bytes(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Compressed or not, in any encoding and of any kind, two files end at their size."""
    text = b"the\n" + prose(3 << 20).replace(b"w0 ", b"\n")
    compressed = COMPRESS.get(kind.removeprefix("tsv."), lambda part: part)
    parts = [text.decode().encode("utf-16-le")] if kind == "utf16.txt" else [text[: 1 << 20], text[1 << 20 :], b"end\n"]
    stages: list[Watched] = []
    monkeypatch.setattr(progress, "Stage", lambda *given: stages.append(Watched(*given)) or stages[-1])
    for number in (1, 2):
        (tmp_path / f"{number}.{kind}").write_bytes(b"".join(compressed(part) for part in parts))
    options = ["--encoding", "utf-16-le"] * (kind == "utf16.txt") + ["--column", "the"] * ("tsv" in kind)
    run("preprocess", f"1.{kind}", f"2.{kind}", "-o", "c", "--threads", "1", "--memory", "16M", *options).ok()
    (reading,) = (stage for stage in stages if stage.name == "reading")
    size = (tmp_path / f"1.{kind}").stat().st_size
    assert reading.seen[-1] == reading.total == 2 * size
    assert len(set(reading.seen)) > 2 or "tsv" in kind  # tables are read in larger blocks
    assert reading.seen == sorted(reading.seen)


class Watched(progress.Stage):
    """A stage that keeps what was done at each of its steps."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.seen: list[int] = []

    def advance(self, count: int, detail: str = "") -> None:
        super().advance(count, detail)
        self.seen.append(self.done)


@pytest.mark.parametrize("kind", COMPRESS)
@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 2_100_000])
def test_members_and_padding_are_read_whole(tmp_path: Path, kind: str, size: int) -> None:
    parts = [prose(40_000), prose(size)[:size].ljust(size, b"x"), b"", b"end\n"]
    path = tmp_path / f"t.{kind}"
    path.write_bytes(b"".join(COMPRESS[kind](part) for part in parts) + b"\0" * 4096)
    assert content(path) == b"".join(parts)


@pytest.mark.parametrize("kind", COMPRESS)
@pytest.mark.parametrize("cut", [1, 3, 9, 70_000])
def test_a_stream_without_an_end_is_an_error(tmp_path: Path, kind: str, cut: int) -> None:
    path = tmp_path / f"t.{kind}"
    path.write_bytes(COMPRESS[kind](random.Random(1).randbytes(300_000))[:-cut])
    with pytest.raises(InputError, match=rf"t\.{kind} is truncated"):
        content(path)


def test_a_bomb_within_a_later_member_is_bounded_too(tmp_path: Path) -> None:
    for kind, compress in COMPRESS.items():
        path = tmp_path / f"t.{kind}"
        path.write_bytes(compress(prose(100_000)) + compress(b"\n" * (50 << 20)) + compress(b"end\n"))
        found = sizes(path)
        assert sum(found) > 50 << 20
        assert max(found) <= (LARGEST if kind == "zst" else 1 << 20)


def test_an_absurd_ratio_is_noted_once_with_the_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "odd.bz2"
    path.write_bytes(bz2.compress(b"\n" * (100 << 20)))
    sizes(path)
    sizes(path)
    assert capsys.readouterr().err.count("odd.bz2") == 1


def test_ordinary_ratios_are_not_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "small.bz2").write_bytes(bz2.compress(b"\n" * (1 << 20)))  # absurd, but of no consequence
    (tmp_path / "t.gz").write_bytes(gzip.compress(b"the same line\n" * 7_000_000, 1))
    assert sum(sizes(tmp_path / "small.bz2")) == 1 << 20
    assert sum(sizes(tmp_path / "t.gz")) == 98_000_000
    assert capsys.readouterr().err == ""


def test_a_dictionary_larger_than_the_limit_is_refused_by_name(tmp_path: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 28}]
    (tmp_path / "t.xz").write_bytes(lzma.compress(b"a\n", filters=filters))
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=28)
    writer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    (tmp_path / "t.zst").write_bytes(writer.compress(b"a\n" * 1_000_000) + writer.flush())
    for name in ("t.xz", "t.zst"):
        with pytest.raises(InputError, match=rf"{name}.* 128 MB"):
            content(tmp_path / name)


def test_damage_is_an_error(tmp_path: Path) -> None:
    for kind, compress in COMPRESS.items():
        whole = bytearray(compress(random.Random(1).randbytes(200_000)))
        whole[30_000:30_100] = b"\xff" * 100
        (tmp_path / f"t.{kind}").write_bytes(whole)
        if kind != "zst":  # without a checksum its content may be anything
            with pytest.raises(InputError, match=f"t.{kind} is damaged"):
                content(tmp_path / f"t.{kind}")
