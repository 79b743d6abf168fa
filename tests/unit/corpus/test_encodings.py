"""Encodings per file: guessed, checked against byte order marks, named where another one reads the bytes."""

from __future__ import annotations

import gzip
import io
import os
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from finished import says

from seqtool.corpus.options import SourceOptions
from seqtool.corpus.reading.guessing import WINDOW_BYTES, guessed_encoding
from seqtool.corpus.reading.sources import lines, open_sources
from seqtool.corpus.reading.transcoding import UndecodableTextError
from seqtool.errors import InputError, UsageError

KOREAN = "오늘은 하늘이 맑고 바람이 조금 분다.\n강가의 펭귄이 똠얌을 먹고 쀍 소리를 낸다.\n"
JAPANESE = "駅の前に①番の店があります。\n㈱山川の社員は毎朝ここで水を買う。\n"
CHINESE = "河边有一只猫在看书。\n它说今天一点也不冷。\n"
RUSSIAN = "Кот сидит у реки и читает книгу.\nСегодня совсем не холодно.\n"
GERMAN = "Der Bär läuft über die Brücke.\nSpäter trägt er süße Äpfel nach Hause.\n"
POLISH = "Żółty kot siedzi nad rzeką i czyta książkę.\nDziś nie jest zimno, więc pójdzie później.\n"
ENGLISH = "The cat read a book by the river.\nIt was not cold at all.\n"


def read(*names: Any, **options: Any) -> list[str]:
    wanted = SourceOptions(**options)
    return list(lines(open_sources([str(name) for name in names], wanted), wanted, Counter()))


def file(folder: Path, content: bytes, name: str = "text.txt") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("repeated", [1, 5000])
@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *((ENGLISH, e) for e in ("ascii", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-16", "utf-8-sig")),
        *((KOREAN, e) for e in ("utf-8", "cp949", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be")),
        *((JAPANESE, e) for e in ("utf-8", "cp932", "utf-16-le", "utf-16-be", "utf-32-le")),
        *((CHINESE, e) for e in ("utf-8", "gb2312", "gb18030", "utf-16-le", "utf-16-be")),
        *((RUSSIAN, e) for e in ("utf-8", "cp1251", "koi8-r", "cp866", "utf-16-le", "utf-16-be", "utf-32-le")),
        *((GERMAN, e) for e in ("utf-8", "latin-1", "cp1252", "utf-16-le", "utf-16-be")),
        *((POLISH, e) for e in ("utf-8", "cp1250", "iso8859-2", "utf-16-be")),
        ("She said “no” – it’s £5.\n" * 3, "cp1252"),
        ("店で本を買う。\n" * 3, "euc-jp"),
        ("店で本を買う。\n" * 3, "iso2022_jp"),
    ],
)
def test_a_text_is_read_in_the_encoding_it_looks_like(tmp_path: Path, text: str, encoding: str, repeated: int) -> None:
    path = file(tmp_path, (text * repeated).encode(encoding))
    assert read(path, encoding="auto") == text.split("\n")[:-1] * repeated


@pytest.mark.parametrize(
    "text", ["\0\n", "a\0b\n\0\n", "stray \0 NUL\nand more\nlines\n", "a\0bc", "colour \x1b[31m here\n"]
)
def test_stray_nuls_and_escapes_are_no_encoding(text: str) -> None:
    assert guessed_encoding(text.encode()) == "utf-8"


def test_each_file_has_its_own_encoding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = {"a": "utf-8", "b": "cp949", "c": "utf-16", "d": "utf-8"}
    paths = [file(tmp_path, KOREAN.encode(encoding), name) for name, encoding in given.items()]
    assert read(*paths, encoding="auto") == KOREAN.split("\n")[:-1] * 4
    told = capsys.readouterr().err
    assert says(told, "utf-8", str(paths[0]), str(paths[3]))
    assert says(told, "cp949", str(paths[1]))
    assert says(told, "utf-16-le", str(paths[2]))
    assert len(told.splitlines()) == 3


def test_compressed_text_and_pipes_in_small_pieces_are_decided_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, expected = (RUSSIAN * 3000).encode("koi8-r"), RUSSIAN.split("\n")[:-1] * 3000
    assert read(file(tmp_path, gzip.compress(data), "t.txt.gz"), encoding="auto") == expected
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert read("-", encoding="auto") == expected
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def write() -> None:
        with pipe.open("wb", buffering=0) as out:
            for start in range(0, len(data), 1000):
                out.write(data[start : start + 1000])

    writer = threading.Thread(target=write)
    writer.start()
    assert read(pipe, encoding="auto") == expected
    writer.join()


def test_letters_far_below_ascii_decide(tmp_path: Path) -> None:
    path = file(tmp_path, b"only ascii here\n" * 600_000 + KOREAN.encode("cp949"))
    assert read(path, encoding="auto")[-2:] == KOREAN.split("\n")[:-1]


@pytest.mark.parametrize(("first", "later"), [("utf-8", b"\xbd\xb1"), ("cp949", b"\xff"), ("cp932", b"\x81 ")])
def test_bytes_that_contradict_the_decision_are_named_with_their_place(
    tmp_path: Path, first: str, later: bytes
) -> None:
    good = (JAPANESE if first == "cp932" else KOREAN).encode(first)
    good *= 2 * WINDOW_BYTES // len(good)
    path = file(tmp_path, good + b"plain\n" + later + b"\n")
    with pytest.raises(UndecodableTextError) as caught:
        read(path, encoding="auto")
    assert caught.value.line == good.count(b"\n") + 2
    assert says(str(caught.value), "auto", f"line {caught.value.line}", f"byte {len(good) + 6}")


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("given", ["utf-8", "latin-1", "cp949", "utf-16", "utf-16-be", "utf-32-be"])
def test_an_encoding_that_contradicts_a_byte_order_mark_is_refused(tmp_path: Path, mark: str, given: str) -> None:
    path = file(tmp_path, KOREAN.encode(mark))
    if given == mark.removesuffix("-sig"):
        assert read(path, encoding=given) == KOREAN.split("\n")[:-1]
        return
    for errors in ("strict", "replace", "skip"):
        with pytest.raises(InputError) as caught:
            read(path, encoding=given, errors=errors)
        assert says(str(caught.value), str(path), f"--encoding {mark.removesuffix('-sig')}")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
@pytest.mark.parametrize("text", [ENGLISH, KOREAN, RUSSIAN])
def test_wide_text_without_a_mark_is_named(tmp_path: Path, encoding: str, text: str) -> None:
    path = file(tmp_path, text.encode(encoding))
    for given in ("utf-8", "utf-16", "utf-32"):
        with pytest.raises(InputError) as caught:
            read(path, encoding=given)
        assert says(str(caught.value), str(path), f"--encoding {encoding}"), given


WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
GURMUKHI = "ਸਤਿ"


@pytest.mark.parametrize("given", WIDE)
@pytest.mark.parametrize("text", [ENGLISH, KOREAN, CHINESE, RUSSIAN, "\n" + JAPANESE])
def test_wide_text_in_another_order_or_width_is_refused(tmp_path: Path, text: str, given: str) -> None:
    for encoding in {*WIDE} - {given}:
        path = file(tmp_path, text.encode(encoding))
        for errors in ("strict", "replace"):
            with pytest.raises(UndecodableTextError) as caught:
                read(path, encoding=given, errors=errors)
            assert says(str(caught.value), str(path), f"--encoding {encoding}")


@pytest.mark.parametrize("given", ["utf-16", *WIDE])
@pytest.mark.parametrize(
    ("text", "encoding"), [(ENGLISH, "utf-8"), (KOREAN, "utf-8"), (KOREAN, "cp949"), (RUSSIAN, "cp1251")]
)
def test_text_of_bytes_that_is_said_to_be_wide_is_refused(tmp_path: Path, text: str, encoding: str, given: str) -> None:
    path = file(tmp_path, text.encode(encoding))
    with pytest.raises(InputError) as caught:
        read(path, encoding=given)
    assert says(str(caught.value), str(path), f"--encoding {encoding}")


@pytest.mark.parametrize("encoding", WIDE)
@pytest.mark.parametrize(
    "text", ["가\n", "a\n", "\n", CHINESE, GURMUKHI, GURMUKHI * 9, "木木木木木", "\ue000 \ue001 b\n"]
)
def test_wide_text_in_its_own_encoding_is_read(tmp_path: Path, text: str, encoding: str) -> None:
    assert read(file(tmp_path, text.encode(encoding)), encoding=encoding) == text.removesuffix("\n").split("\n")


@pytest.mark.parametrize(
    ("text", "encoding", "given"),
    [
        ("펭귄이 쀍 했다\n", "cp949", "euc-kr"),
        ("똠양꿍\n", "cp949", "euc_kr"),
        ("①店\n", "cp932", "shift_jis"),
        ("㈱山川\n", "cp932", "sjis"),
        ("€5 的书\n", "gb18030", "gbk"),
        ("镕\n", "gb18030", "gb2312"),
        (KOREAN, "utf-8", "ascii"),
        (KOREAN, "utf-8", "cp949"),
    ],
)
def test_the_encoding_that_reads_the_bytes_is_named(tmp_path: Path, text: str, encoding: str, given: str) -> None:
    path = file(tmp_path, b"plain\n" + text.encode(encoding))
    with pytest.raises(UndecodableTextError, match=r"text\.txt: line [23]: byte ") as caught:
        read(path, encoding=given)
    assert says(str(caught.value), f"--encoding {encoding}")


@pytest.mark.parametrize("name", ["punycode", "idna", "unicode_escape", "undefined", "base64", "no such", "a\0b", "한"])
def test_what_is_no_encoding_of_files_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        read(file(tmp_path, b"a\n"), encoding=name)


@pytest.mark.parametrize("name", ["utf-7", "hz", "iso2022_kr", "cp949", "utf-16-le", "utf-32-be", "shift_jis_2004"])
@pytest.mark.parametrize("data", [b"\xff\xfd\xff\n", b"+2AA-\n", b"\x00\xd8\x00\n\x00", b"~{\x1b$)C\xff\x0e"])
def test_no_codec_ends_in_a_traceback(tmp_path: Path, name: str, data: bytes) -> None:
    path, refused = file(tmp_path, data), 0
    for errors in ("strict", "replace", "skip"):
        try:
            read(path, encoding=name, errors=errors)
        except InputError:
            refused += 1
    assert refused <= 1 or data.count(b"\0") or data.isascii()  # ASCII is not UTF-16


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "koi8-r", "iso8859-15"])
def test_utf8_that_is_read_as_single_bytes_is_warned_of(
    tmp_path: Path, encoding: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # none of these bytes is one that cp1252 lacks
    path = file(tmp_path, b"plain\n" * 3 + "für Äpfel\nund Öl\n".encode())
    read(path, encoding=encoding)
    assert says(capsys.readouterr().err, "warning:", "line 4", "3", encoding, "--encoding utf-8")
    read(file(tmp_path, "für Äpfel\n".encode("latin-1") + "für\n".encode(), "real.txt"), encoding=encoding)
    assert capsys.readouterr().err == ""
    read(file(tmp_path, b"plain\n", "plain.txt"), encoding=encoding)
    assert capsys.readouterr().err == ""


def test_utf8_that_is_valid_in_another_encoding_of_several_bytes_is_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = file(tmp_path, "中文测试 你好世界\n".encode())
    read(path, encoding="gb18030")
    assert says(capsys.readouterr().err, "warning:", "line 1", "gb18030", "--encoding utf-8")
    read(file(tmp_path, "中文测试\n".encode("gb18030"), "real.txt"), encoding="gb18030")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("given", ["utf-8", "auto"])
@pytest.mark.parametrize(
    ("text", "other"), [(GERMAN, "latin-1"), (RUSSIAN, "cp1251"), (KOREAN, "cp949"), (JAPANESE, "cp932")]
)
def test_a_line_of_another_encoding_does_not_decide_for_the_utf_8_before_it(
    tmp_path: Path, text: str, other: str, given: str
) -> None:
    path = file(tmp_path, text.encode() * 3 + text.splitlines()[0].encode(other) + b"\n")
    with pytest.raises(UndecodableTextError) as caught:
        read(path, encoding=given)
    assert says(str(caught.value), "line 7", "UTF-8")
    assert "--encoding" not in str(caught.value.remedy)
