"""Carriage returns as line ends, and prose that was broken at a width."""

from __future__ import annotations

import textwrap
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from finished import says

from seqtool.corpus.doctor.examine import examine_texts
from seqtool.corpus.doctor.wrapping import Wrapping
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.corpus.reading.sources import lines, open_sources
from seqtool.corpus.reading.streams import PIECE_BYTES
from seqtool.errors import InputError

SAMPLES = Path(__file__).parents[3] / "sample_corpora"


def counted(path: Path, content: bytes | str, **options: Any) -> tuple[list[str], dict[str, int]]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    wanted, counts = SourceOptions(**options), Counter[str]()
    found = list(lines(open_sources([str(path)], wanted), wanted, counts))
    return found, {key: count for key, count in counts.items() if count}


@pytest.mark.parametrize(
    ("content", "expected", "changes"),
    [
        (b"a\rb\rc\r", ["a", "b", "c"], {"cr": 3}),
        (b"a\rb\rc", ["a", "b", "c"], {"cr": 2}),
        (b"a\rb\r\nc\nd", ["a", "b", "c", "d"], {"cr": 1, "crlf": 1}),
        (b"a\r\rb\r", ["a", "", "b"], {"cr": 3}),
    ],
)
def test_any_line_end_is_one_on_request(
    tmp_path: Path, content: bytes, expected: list[str], changes: dict[str, int]
) -> None:
    assert counted(tmp_path / "t.txt", content, newline="any") == (expected, changes)


def test_a_line_end_between_two_pieces_is_one(tmp_path: Path) -> None:
    content = b"x" * (6 + PIECE_BYTES - 1) + b"\r\ny\rz"
    found, changes = counted(tmp_path / "t.txt", content, newline="any")
    assert (found[1:], changes) == (["y", "z"], {"cr": 1, "crlf": 1})


@pytest.mark.parametrize("content", ["a b\rc d\re f\r", "a\rb", "one\rtwo\rthree\n"])
def test_text_with_carriage_returns_alone_is_warned_of(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    counted(tmp_path / "mac.txt", content)
    assert says(capsys.readouterr().err, "warning:", "mac.txt", "--newline any")
    counted(tmp_path / "mac.txt", content, newline="any")
    counted(tmp_path / "other.txt", "a\r\nb\r\n")
    counted(tmp_path / "other.txt", "a\nb\rc\nd\n")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("content", "expected", "changes"),
    [
        ("a b\nc\n\nd\n", ["a b c", "", "d"], {"unwrapped": 1}),
        ("a b  \n  c\n \t\n\nd", ["a b c", "", "", "d"], {"unwrapped": 1}),
        ("a\r\nb\r\n\r\nc\r\n", ["a b", "", "c"], {"unwrapped": 1, "crlf": 4}),
        ("well-\nknown\n", ["well- known"], {"unwrapped": 1, "hyphens": 1}),
        ("비가 내리고\n바람이 분다\n", ["비가 내리고 바람이 분다"], {"unwrapped": 1}),
        ("雨が降って\n風が吹く。\nそして\n", ["雨が降って風が吹く。そして"], {"unwrapped": 2}),
        ("他说，\n“好”。\nABC\n中\n", ["他说， “好”。 ABC 中"], {"unwrapped": 3}),
        ("ฝนตก\nลมพัด\n", ["ฝนตกลมพัด"], {"unwrapped": 1}),
        ("\n\na\n", ["", "", "a"], {}),
    ],
)
def test_the_lines_of_a_paragraph_are_joined(
    tmp_path: Path, content: str, expected: list[str], changes: dict[str, int]
) -> None:
    assert counted(tmp_path / "t.txt", content, unwrap=True) == (expected, changes)


def test_joining_is_streamed_over_pieces_and_takes_other_encodings(tmp_path: Path) -> None:
    content = ("하나 둘\n" * 400_000 + "\n" + "끝\n").encode("cp949")
    found, changes = counted(tmp_path / "t.txt", content, unwrap=True, encoding="cp949")
    assert found == [" ".join(["하나 둘"] * 400_000), "", "끝"]
    assert changes == {"unwrapped": 399_999}


def test_bad_bytes_in_joined_text_have_the_place_in_the_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"t\.txt: line 3: byte 6 "):
        counted(tmp_path / "t.txt", b"a\nb\nc \xff\n", unwrap=True)


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.jsonl"])
def test_a_table_has_no_lines_to_join(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="--unwrap"):
        counted(tmp_path / name, "text\na\n", unwrap=True)


def sentences(name: str) -> list[str]:
    return (SAMPLES / name).read_text(encoding="utf-8").splitlines()


def width(lines_: list[str]) -> int | None:
    found = Wrapping()
    for index, line in enumerate(lines_):
        found.add(line, index)
    return found.width()


def wrapped(name: str, columns: int) -> list[str]:
    some = [line for line in sentences(name) if line][:60]
    paragraphs = [" ".join(some[at : at + 6]) for at in range(0, len(some), 6)]
    return [line for text in paragraphs for line in [*textwrap.wrap(text, columns), ""]]


@pytest.mark.parametrize("columns", [40, 60, 72, 80, 100])
@pytest.mark.parametrize("name", ["prose.en.txt", "prose.ko.txt"])
def test_prose_broken_at_a_width_is_found(name: str, columns: int) -> None:
    found = width(wrapped(name, columns))
    assert found is not None
    assert columns - 5 <= found <= columns


JAPANESE = "朝になると、川の水は少し冷たくなる。それでも子どもたちは橋の下で遊び、魚を数え、昼まで帰らない。" * 8


def test_prose_without_spaces_broken_at_a_width_is_found() -> None:
    for columns in (20, 30, 40):
        assert width([JAPANESE[at : at + columns] for at in range(0, len(JAPANESE), columns)]) == columns


@pytest.mark.parametrize(
    "lines_",
    [
        *(sentences(f"{name}.txt") for name in ("prose.en", "prose.ko", "toy_world.en", "toy_world.ko", "chunks.en")),
        ["Over the hill the river bends,", "and by the mill the meadow ends;", "A crow calls out, the wind replies,"]
        * 5,
        [f"- {thing} from the market" for thing in ("apples", "three loaves of bread", "milk", "a pound of butter")]
        * 4,
        ["so tired today lol", "Why is it always raining here??", "new post is up, go and read it please"] * 9,
        ["ACGTTGCAACGTTGCAACGTTGCAACGTTGCAACGTTGCAACGTTGCA"] * 20,
        [f"{n:06d} | {n * 7:06d} | some equal text here |" for n in range(30)],
        ["川へ行く。", "魚を見た。", "今日は雨で、とても寒い。"] * 9,
    ],
)
def test_lines_that_are_sentences_verses_or_items_are_not_broken(lines_: list[str]) -> None:
    assert width(lines_) is None


@pytest.mark.parametrize("blank", [True, False])
def test_unwrap_is_advised_only_where_blank_lines_part_paragraphs(tmp_path: Path, blank: bool) -> None:
    broken = [line for line in wrapped("prose.en.txt", 40) if line or blank]
    (tmp_path / "t.txt").write_text("\n".join(broken * 3) + "\n", encoding="utf-8")
    examined = examine_texts([str(tmp_path / "t.txt")], SourceOptions(), PreprocessOptions())[0]
    (advice,) = [finding.remedy for finding in examined.findings if "hard-wrapped" in finding.what]
    assert advice.startswith("--unwrap") == blank
