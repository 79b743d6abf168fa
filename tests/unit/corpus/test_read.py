from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from finished import says

from seqtool.corpus.options import SourceOptions
from seqtool.corpus.reading.blocks import Block, checked_text
from seqtool.corpus.reading.sources import lines, open_sources
from seqtool.errors import InputError, UsageError

COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda data: zstandard.ZstdCompressor(write_checksum=True).compress(data),
}


def read(*names: Any, **options: Any) -> list[str]:
    """The lines of sources."""
    wanted = SourceOptions(**options)
    return list(lines(open_sources([str(name) for name in names], wanted), wanted, Counter()))


def counted(name: Any, **options: Any) -> tuple[list[str], dict[str, int]]:
    """The lines of a source, and what was changed."""
    wanted, counts = SourceOptions(**options), Counter[str]()
    found = list(lines(open_sources([str(name)], wanted), wanted, counts))
    return found, {key: count for key, count in counts.items() if count}


def file(folder: Path, content: bytes, name: str = "text.txt") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "expected", "changes"),
    [
        (b"a\nb\n", ["a", "b"], {}),
        (b"a\nb", ["a", "b"], {}),
        (b"a\r\nb\r\r\nc\rd\r\n", ["a", "b\r", "c\rd"], {"crlf": 3}),
        (b"a\r", ["a"], {"crlf": 1}),
        (b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n", ["a", "b"], {"bom": 1, "later_boms": 1}),
        (b"a\r\n\xef\xbb\xbf\xef\xbb\xbfb\r\nc\n\xef\xbb\xbf", ["a", "b", "c", ""], {"crlf": 2, "later_boms": 2}),
        ("a \ufeffb\ufeff\n".encode(), ["a \ufeffb\ufeff"], {}),
        ("a\u2028b\u0085c\x0cd\x0be\n".encode(), ["a\u2028b\u0085c\x0cd\x0be"], {}),
        (b"a\0b\n\0\n", ["a\0b", "\0"], {"nul": 2}),
        (b"\n\na\n\n", ["", "", "a", ""], {}),
        (b"\n", [""], {}),
    ],
)
def test_lines(tmp_path: Path, content: bytes, expected: list[str], changes: dict[str, int]) -> None:
    assert counted(file(tmp_path, content)) == (expected, changes)


def test_a_byte_order_mark_at_the_beginning_of_a_later_block_is_dropped() -> None:
    counts = Counter[str]()
    inside = Block("text.txt", "\ufeffa\n".encode(), offset=100, first_line=7, lines=1)
    assert checked_text(inside, SourceOptions(), counts) == b"a\n"
    assert (counts["bom"], counts["later_boms"]) == (0, 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_the_byte_order_marks_of_joined_files_are_dropped_and_counted(tmp_path: Path, encoding: str) -> None:
    data = "".join(f"\ufeffline {n} öl\n" for n in range(3)).encode(
        encoding.removesuffix("-le") + "-le" * ("16" in encoding)
    )
    path = file(tmp_path, data)
    assert read(path, encoding=encoding) == [f"line {n} öl" for n in range(3)]


def test_several_sources_in_order_each_with_its_own_byte_order_mark(tmp_path: Path) -> None:
    first, second = file(tmp_path, b"\xef\xbb\xbfa", "1.txt"), file(tmp_path, b"\xef\xbb\xbfb\n", "2.txt")
    assert read(second, first) == ["b", "a"]
    assert read(tmp_path / "*.txt") == ["a", "b"]


def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(b"a\nb\n"))))
    assert read("-") == ["a", "b"]


@pytest.mark.parametrize("kind", COMPRESSORS)
def test_compression_is_known_by_its_magic_bytes(tmp_path: Path, kind: str) -> None:
    text = "".join(f"line {number}\n" for number in range(50_000)).encode()
    compressed = COMPRESSORS[kind](text) + COMPRESSORS[kind](b"second member\n")
    path = file(tmp_path, compressed, "no-suffix")
    assert read(path) == [*text.decode().split("\n")[:-1], "second member"]
    (source,) = open_sources([str(path)], SourceOptions())
    assert b"".join(block.data for block in source.blocks()) == text + b"second member\n"
    assert source.sha256 == hashlib.sha256(compressed).hexdigest()


@pytest.mark.parametrize("kind", COMPRESSORS)
@pytest.mark.parametrize("kept", [0.5, 0.98])
def test_a_truncated_file_is_an_error(tmp_path: Path, kind: str, kept: float) -> None:
    compressed = COMPRESSORS[kind]("".join(f"line {number}\n" for number in range(50_000)).encode())
    path = file(tmp_path, compressed[: int(len(compressed) * kept)])
    with pytest.raises(InputError, match=r"text\.txt is cut off") as caught:
        read(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", COMPRESSORS)
def test_a_damaged_file_is_an_error(tmp_path: Path, kind: str) -> None:
    compressed = bytearray(COMPRESSORS[kind](bytes(range(256)).hex().encode() * 2000))
    middle = len(compressed) // 2
    compressed[middle : middle + 20] = b"\xff" * 20
    with pytest.raises(InputError, match=r"text\.txt is (damaged|cut off)"):
        read(file(tmp_path, bytes(compressed)))


def test_padding_after_a_gzip_member_is_no_error(tmp_path: Path) -> None:
    assert read(file(tmp_path, gzip.compress(b"a\n") + b"\0" * 100)) == ["a"]


def test_an_empty_file(tmp_path: Path) -> None:
    for content in (b"", gzip.compress(b"")):
        with pytest.raises(InputError, match=r"text\.txt is empty"):
            read(file(tmp_path, content))


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=" folder"):
        read(tmp_path)


def test_a_name_in_another_unicode_form_is_told(tmp_path: Path) -> None:
    (tmp_path / unicodedata.normalize("NFD", "글.txt")).write_text("가\n")
    if (tmp_path / "글.txt").exists():
        pytest.skip("this file system takes both forms for one name")
    with pytest.raises(InputError, match="Unicode"):
        read(tmp_path / "글.txt")


def test_a_missing_file_suggests_those_with_near_names(tmp_path: Path) -> None:
    file(tmp_path, b"a", "corpus.txt")
    with pytest.raises(InputError, match=r"corpos\.txt.*corpus\.txt"):
        read(tmp_path / "corpos.txt")
    with pytest.raises(InputError, match="folder"):
        read(tmp_path / "no" / "corpus.txt")
    with pytest.raises(InputError, match=r"\*\.text"):
        read(tmp_path / "*.text")


def test_a_name_with_magic_characters_is_a_file_if_it_exists(tmp_path: Path) -> None:
    assert read(file(tmp_path, b"a\n", "[1].txt")) == ["a"]


BAD = b"fine\n\xed\x95\x9c \xff\xfe!\nfine\n"


def test_bad_bytes_name_line_and_offset(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(file(tmp_path, BAD))
    text = str(caught.value)
    assert says(text, "text.txt: line 2, byte 9: 0xff", "UTF-8", "--errors")


def test_bad_bytes_far_into_a_file(tmp_path: Path) -> None:
    good = b"0123456789\n" * 900_000
    with pytest.raises(InputError, match=r"line 900002, byte 9900002: 0xe9 .* --encoding latin-1"):
        read(file(tmp_path, good + b"x\n\xe9t\xe9\n" + good))


def test_bad_bytes_replaced_or_skipped(tmp_path: Path) -> None:
    path = file(tmp_path, BAD)
    assert counted(path, errors="replace") == (["fine", "한 \ufffd\ufffd!", "fine"], {"replaced": 2})
    assert counted(path, errors="skip") == (["fine", "fine"], {"undecodable": 1})


@pytest.mark.parametrize(
    ("encoding", "text", "guess"),
    [
        ("latin-1", "un café très fort\n" * 20, "latin-1"),
        ("cp949", "영화가 정말 재미있었다\n" * 500, "cp949"),
        ("utf-16", "plain English\n", "utf-16"),
        ("utf-16-le", "plain café English\n", None),
    ],
)
def test_other_encodings_are_guessed_and_read(tmp_path: Path, encoding: str, text: str, guess: str | None) -> None:
    path = file(tmp_path, text.encode(encoding))
    if guess:
        with pytest.raises(InputError, match=f"give --encoding {guess}"):
            read(path)
    assert read(path, encoding=encoding) == text.split("\n")[:-1]


def test_bad_bytes_in_another_encoding(tmp_path: Path) -> None:
    path = file(tmp_path, "좋다\n".encode("cp949") + b"\xff!\n" + "좋다".encode("cp949"))
    with pytest.raises(InputError, match=r"line 2, byte 5: 0xff.* cp949"):
        read(path, encoding="cp949")
    assert counted(path, encoding="cp949", errors="replace") == (["좋다", "\ufffd!", "좋다"], {"replaced": 1})
    assert counted(path, encoding="cp949", errors="skip") == (["좋다", "좋다"], {"undecodable": 1})


@pytest.mark.parametrize("name", ["utf-9", "base64", "rot13"])
def test_an_unknown_encoding(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=f"--encoding {name} "):
        read(file(tmp_path, b"a\n"), encoding=name)


def test_a_byte_order_mark_is_dropped_in_every_unicode_encoding(tmp_path: Path) -> None:
    for encoding in ("utf-8-sig", "utf-16", "utf-32"):
        assert read(file(tmp_path, "가\n나".encode(encoding)), encoding=encoding) == ["가", "나"]


def test_csv_cells_may_hold_quotes_and_line_ends(tmp_path: Path) -> None:
    path = file(tmp_path, b'id,text\r\n1,"a ""b"", c"\r\n2,"x\r\ny\nz"\r\n3,\r\n', "t.csv")
    expected = ['a "b", c', "x y z", ""]
    assert read(path) == expected
    assert read(path, column="text") == expected
    assert counted(path, column="id")[0] == ["1", "2", "3"]
    assert counted(path)[1]["breaks"] == 2
    assert read(path, column="1") == ["text", *expected]


def test_tsv_cells_are_not_quoted(tmp_path: Path) -> None:
    path = file(tmp_path, b'pos\t"good\nneg\tba"d\n', "t.tsv")
    assert read(path, column="1") == ['"good', 'ba"d']
    assert read(file(tmp_path, path.read_bytes(), "t.txt"), column="0") == ["pos", "neg"]
    compressed = file(tmp_path, gzip.compress(path.read_bytes()), "t.tsv.gz")
    assert read(compressed, column="1") == ['"good', 'ba"d']


def test_json_lines(tmp_path: Path) -> None:
    rows = [{"text": "a\nb", "n": 1}, {"text": None, "n": 2}, {"text": "가", "n": 3}]
    path = file(tmp_path, "".join(json.dumps(row) + "\n" for row in rows).encode(), "t.jsonl")
    assert counted(path) == (["a b", "", "가"], {"breaks": 1, "nulls": 1})
    assert read(path, column="n") == ["1", "2", "3"]
    assert read(file(tmp_path, b'["a", "b"]\n["c", "d"]', "u.jsonl"), column="1") == ["b", "d"]


def test_parquet(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    path = tmp_path / "t.parquet"
    parquet.write_table(pa.table({"n": [1, 2], "body": ["a", "b"]}), path)
    assert read(path, column="body") == ["a", "b"]
    (source,) = open_sources([str(path)], SourceOptions(column="1"))
    assert [block.data for block in source.blocks()] == [b"a\nb\n"]
    assert source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(InputError, match=r"'text'.*--column.* n, body"):
        read(path)
    with pytest.raises(InputError, match="Parquet"):
        read(file(tmp_path, b"PAR1 nonsense", "u.parquet"), column="a")


@pytest.mark.parametrize(
    ("name", "content", "column", "message"),
    [
        ("t.csv", b"id,body\n1,a\n", None, "t.csv.* 'text'.*--column.* id, body"),
        ("t.csv", b'id,text\n1,"a\n', None, "t.csv: line 2:"),
        ("t.tsv", b"a\tb\n", "2", "t.tsv.* '2'.*--column.* 0, 1"),
        ("t.jsonl", b'{"body": 1}\n', None, "t.jsonl: line 1:.* 'text'.*--column.* body"),
        ("t.jsonl", b'{"text": "a"}\n{"text"\n', None, "t.jsonl: line 2: not JSON"),
        ("t.jsonl", b'{"text": ["a"]}\n', None, "line 1: .* array"),
    ],
)
def test_table_troubles(tmp_path: Path, name: str, content: bytes, column: str | None, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(file(tmp_path, content, name), column=column)
    assert re.search(message, str(caught.value))


def test_a_saved_data_set(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    rows = datasets.Dataset.from_dict({"text": ["a", "b\nc", None], "n": [1, 2, 3]})
    rows.save_to_disk(tmp_path / "saved")
    assert counted(tmp_path / "saved") == (["a", "b c", ""], {"breaks": 1, "nulls": 1})
    (source,) = open_sources([str(tmp_path / "saved")], SourceOptions())
    assert source.kind == "dataset"
    list(source.blocks())
    assert source.sha256 == hashlib.sha256(b"a\nb c\n\n").hexdigest()
    datasets.DatasetDict({"train": rows, "test": rows}).save_to_disk(tmp_path / "splits")
    with pytest.raises(InputError, match="splits/train"):
        read(tmp_path / "splits")
    assert read(tmp_path / "splits" / "test", column="n") == ["1", "2", "3"]


def test_a_data_set_of_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    asked: list[Any] = []

    def load_dataset(name: str, config: str | None, **options: Any) -> Any:
        asked.append((name, config, options))
        return datasets.Dataset.from_dict({"body": ["a", "b"]}).to_iterable_dataset()

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    assert read("hf:org/name@small:test[:10%]", column="body", hf_revision="v1") == ["a", "b"]
    assert read("hf:name", column="0") == ["a", "b"]
    assert asked == [
        ("org/name", "small", {"split": "test[:10%]", "streaming": True, "revision": "v1"}),
        ("name", None, {"split": "train", "streaming": True, "revision": None}),
    ]
    with pytest.raises(InputError, match=r"hf:name.* 'text'"):
        read("hf:name")


def test_a_data_set_that_cannot_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")

    def load_dataset(*_: Any, **__: Any) -> Any:
        raise ConnectionError("no network\nat all")

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    with pytest.raises(InputError, match=r"hf:a/b.*\(ConnectionError: no network\)"):
        read("hf:a/b")
    with pytest.raises(InputError, match="hf:@ "):
        read("hf:@")


def test_a_line_longer_than_any_block(tmp_path: Path) -> None:
    path = file(tmp_path, b"first\n" + b"word " * 4_000_000 + b"\nlast")
    found = read(path)
    assert [len(line) for line in found] == [5, 20_000_000, 4]


def test_a_line_too_long_to_hold_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqtool.corpus.reading.blocks.LONGEST_LINE", 1 << 20)
    with pytest.raises(InputError, match=r" line .* 1 MB"):
        read(file(tmp_path, b"x" * (10 << 20)))


@pytest.mark.parametrize("name", ["t.txt", "t.csv"])
def test_a_line_that_needs_more_than_the_working_memory_is_an_error(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"text\n" + b"x " * (2 << 20))
    (source,) = open_sources([str(path)], SourceOptions())
    with pytest.raises(InputError, match=r"1 MB.*--memory"):
        list(source.blocks(longest=1 << 20))
    (source,) = open_sources([str(path)], SourceOptions())
    assert sum(len(block.data) for block in source.blocks(longest=5 << 20)) >= 4 << 20
