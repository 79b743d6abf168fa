"""What doctor names in a text, and that what it advises mends the text: every remedy is followed."""

from __future__ import annotations

import re
import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqtool.corpus.normalize import display_width

Run = Callable[..., "Finished"]  # noqa: F821  (of tests/conftest.py)

CLEAN = "The road is long.\nNobody has seen it end.\nIt isn't far.\n"
BANNER = "*** {} OF THE PROJECT GUTENBERG EBOOK SEVEN STONES ***\n"
BOOK = f"Title: Seven Stones\n\n{BANNER.format('START')}{CLEAN}{BANNER.format('END')}This eBook is for anyone.\n"
PROSE = (
    "The ferry left at six, before the fog had lifted. Nobody on the quay waved, because nobody could see it. "
    "When the bell rang for the second time, the boy put down his rope and listened. There was no third bell. "
    "He counted the planks of the pier, as he did every morning, and found one missing."
)


def found(run: Run, *arguments: object) -> dict[str, dict[str, Any]]:
    """What doctor tells with a remedy."""
    return {row["what"]: row for row in run("doctor", *arguments, "--json").ok().json if row["remedy"]}


def followed(remedy: str) -> bytes:
    """What the command in a remedy prints."""
    command = remedy[re.search(r"PYTHONIOENCODING=|LC_ALL=", remedy).start() :]  # type: ignore[union-attr]
    assert "\\" not in command, "an answer's cell would double it"
    done = subprocess.run(["bash", "-c", command], check=True, capture_output=True)
    assert not done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("content", "what", "line", "mended"),
    [
        ("a <b>bold</b> move<br />\n" + CLEAN, "HTML", 1, "a  bold  move \n" + CLEAN),
        (CLEAN + "salt &amp; pepper &eacute; &#8217;\n", "HTML", 4, CLEAN + "salt & pepper é ’\n"),
        ("<p class='x'>go <unk> on</p>\n" + CLEAN, "HTML", 1, " go <unk> on \n" + CLEAN),
        ("# Title\n## Part\nsee [the map](http://m.ap)\n", "Markdown markup", 2, "Title\nPart\nsee the map\n"),
        ("say **this now** twice\n" + CLEAN, "Markdown bold", 1, "say this now twice\n" + CLEAN),
        ("```python\nx = 1\n```\n" + CLEAN, "Markdown markup", 1, "\nx = 1\n\n" + CLEAN),
        ("let $x$ be $\\alpha_2$ or $2^n$\n" + CLEAN, "LaTeX", 1, "let MATH be MATH or MATH\n" + CLEAN),
        (CLEAN + "thus $$a + b = c$$ holds\n", "LaTeX", 4, CLEAN + "thus MATH holds\n"),
        (CLEAN + "($\\sum_i x_i$)\n", "LaTeX", 4, CLEAN + "(MATH)\n"),
        ("<s> the road is long </s>\n<s>it ends</s>\n", "sentence marks", 1, "the road is long\nit ends\n"),
        (CLEAN + "end </s>\n", "sentence marks", 4, CLEAN + "end\n"),
        (CLEAN + "<s> begin\n", "sentence marks", 4, CLEAN + "begin\n"),
        (CLEAN + "it wasn’t I\n", "curly", 4, CLEAN + "it wasn't I\n"),
        ("l’eau d’ici\n" + CLEAN, "curly", 1, "l'eau d'ici\n" + CLEAN),
        ("don’t or don't\n", "curly", 1, "don't or don't\n"),
        (CLEAN + "it\x92s 5\x80 \x96 now\n", "C1", 4, CLEAN + "it’s 5€ – now\n"),
        ("\x93go\x94\n", "C1", 1, "“go”\n"),
        (CLEAN + "wait\x85\n", "C1", 4, CLEAN + "wait…\n"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_each_is_found_at_its_line_and_the_command_removes_it(
    run: Run, content: str, what: str, line: int, mended: str, encoding: str
) -> None:
    Path("a b.txt").write_text(content, encoding=encoding)
    told = found(run, "a b.txt", "--encoding", encoding)
    (name,) = [name for name in told if what in name]
    assert told[name]["line"] == line
    out = followed(told[name]["remedy"])
    assert out.decode(encoding).removeprefix("\ufeff") == mended
    Path("mended.txt").write_bytes(out)
    assert not [name for name in found(run, "mended.txt", "--encoding", "auto") if what in name]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("start", [0, 2])
def test_the_frame_of_a_project_gutenberg_text_is_cut_off(run: Run, ends: str, start: int) -> None:
    Path("book.txt").write_text("".join(BOOK.splitlines(keepends=True)[start:]), newline=ends)
    for part in ("start", "end"):
        told = found(run, "book.txt")
        (name,) = [name for name in told if part in name and "Gutenberg" in name]
        Path("book.txt").write_bytes(followed(told[name]["remedy"]))
    assert Path("book.txt").read_text() == CLEAN
    assert not [name for name in found(run, "book.txt") if "Gutenberg" in name]


@pytest.mark.parametrize(
    "content",
    [
        CLEAN,
        "It cost $5 and then $10.\nUS$ and A$ rose, $TSLA and $AAPL fell\n",
        "# a comment\nword # number\n#tag and #tag\n- one\n- two\n* three\n",
        "2 < 3 and 5 > 4 <3\nR&D; AT&T; <unk> <user> here\n****\n*** 4 of 5 ***\nsnake_case __init__\n",
        "don’t\nwon’t\n",
        "the king's road\n`` so '' she said\n",
        "a [sic] b (c) [d] (e)\n[1] note\n#### 일등 ####\n",
    ],
)
def test_plain_text_is_no_markup(run: Run, content: str) -> None:
    Path("a.txt").write_text(content)
    kinds = (
        "HTML",
        "Markdown",
        "LaTeX",
        "curly",
        "sentence marks",
        "Gutenberg",
        "hard-wrapped",
        "characters per token",
    )
    assert not [name for name in found(run, "a.txt") if any(kind in name for kind in kinds)]


@pytest.mark.parametrize("columns", [50, 65, 78])
def test_prose_broken_at_a_width_is_mended_by_its_option(run: Run, columns: int) -> None:
    Path("a.txt").write_text("\n\n".join([textwrap.fill(PROSE, columns)] * 3) + "\n")
    told = found(run, "a.txt")
    (name,) = [name for name in told if "hard-wrapped" in name]
    assert told[name]["line"] == 1
    assert "--unwrap" in told[name]["remedy"]
    assert not [name for name in found(run, "a.txt", "--unwrap") if "hard-wrapped" in name]
    made = run("preprocess", "a.txt", "--unwrap", "-o", "c", "--json").ok().json
    assert (made["sentences"], made["tokens"]) == (5, 3 * len(PROSE.split()))
    assert sum(row["count"] for row in made["dropped"]) == told[name]["value"]


ASIAN = {
    "Japanese": "川へ行って魚を見た。今日はPythonで書いたデータをGitHubに送る。橋の下で犬が遊んだ、風が強い。",
    "Chinese": "今天下雨，所以我们没有去河边。他用Python写了一个程序，然后在GitHub上发布了。早上的风很大，中午回家。",
    "Thai": "วันนี้ฝนตกหนักมาก เขาเห็นปลาใต้สะพาน ตอนเช้าลมแรงและตอนเที่ยงเรากลับบ้าน ตอนเย็นอ่านหนังสืออยู่ริมแม่น้ำ ",
}


def in_columns(text: str, columns: int) -> list[str]:
    """A text broken at a width on a screen; it may break anywhere."""
    rows, taken = [""], 0
    for character in text:
        width = display_width(character)
        if taken + width > columns:
            rows.append("")
            taken = 0
        rows[-1] += character
        taken += width
    return [row.strip() for row in rows]


@pytest.mark.parametrize("tokenizer", ["char", "whitespace"])
@pytest.mark.parametrize("language", ASIAN)
@pytest.mark.parametrize("columns", [40, 78])
def test_prose_without_spaces_broken_at_a_width_is_found(run: Run, language: str, columns: int, tokenizer: str) -> None:
    paragraph = "\n".join(in_columns(ASIAN[language] * 6, columns))
    Path("a.txt").write_text(f"{paragraph}\n\n" * 3, encoding="utf-8")
    told = found(run, "a.txt", "--tokenizer", tokenizer)
    (name,) = [name for name in told if "hard-wrapped" in name]
    assert "--unwrap" in told[name]["remedy"]
    sentences = re.sub("(?<=[。 ])", "\n", ASIAN[language] * 3)
    Path("b.txt").write_text(sentences, encoding="utf-8")
    assert not [name for name in found(run, "b.txt", "--tokenizer", tokenizer) if "hard-wrapped" in name]


@pytest.mark.parametrize("content", ["a b\rc d\re f\r", "one\rtwo", "x\r\ry\rz\r"])
def test_carriage_returns_alone_are_mended_by_their_option(run: Run, content: str) -> None:
    Path("mac.txt").write_text(content, newline="")
    told = found(run, "mac.txt")
    (name,) = [name for name in told if "carriage returns" in name]
    assert "--newline any" in told[name]["remedy"]
    assert not [name for name in found(run, "mac.txt", "--newline", "any") if "carriage returns" in name]
    run("preprocess", "mac.txt", "-o", "c").noted("warning:", "mac.txt", "--newline any")
    made = run("preprocess", "mac.txt", "--newline", "any", "-o", "d", "--json").ok()
    assert made.json["lines_read"] == len(content.split("\r")) - content.endswith("\r")
    assert "warning" not in made.stderr


@pytest.mark.parametrize(
    "lines",
    [
        ["川へ行って魚を見た。", "今日は雨でとても寒い。", "橋の下で遊んだ。", "朝から風が強い。", "昼に帰る。"],
        ["今天下雨，所以我们没有去河边。", "他在桥下看见一条鱼。", "早上的风很大。", "中午回家吃饭。", "晚上看书。"],
        ["วันนี้ฝนตกหนักมาก", "เขาเห็นปลาใต้สะพาน", "ตอนเช้าลมแรง", "ตอนเที่ยงกลับบ้าน", "ตอนเย็นอ่านหนังสือ"],
    ],
)
def test_text_without_spaces_is_told_and_mended_by_another_tokenizer(run: Run, lines: list[str]) -> None:
    Path("a.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = found(run, "a.txt")
    assert len([row for row in told.values() if "--tokenizer char" in row["remedy"]]) == 1
    assert not [row for row in found(run, "a.txt", "--tokenizer", "char").values() if "--tokenizer" in row["remedy"]]
    run("preprocess", "a.txt", "-o", "c").noted("warning:", "--tokenizer char or bpe")
    assert "warning" not in run("preprocess", "a.txt", "--tokenizer", "char", "-o", "d").ok().stderr


def test_words_one_a_line_are_not_text_without_spaces(run: Run) -> None:
    Path("words.txt").write_text("\n".join(f"{a}{b}ness" for a in "bcdfglmp" for b in ("right", "old", "ark")) + "\n")
    Path("ko.txt").write_text(
        "안녕하세요\n고맙습니다\n좋은아침입니다\n미안합니다\n잘지내세요\n반갑습니다\n", encoding="utf-8"
    )
    Path("zh.txt").write_text("河流\n桥梁\n早晨\n下雨\n回家\n看书\n", encoding="utf-8")
    for name in ("words.txt", "ko.txt", "zh.txt"):
        assert "warning" not in run("preprocess", name, "-o", f"{name}.corpus").ok().stderr


def test_sentence_marks_are_told_and_no_arpa_is_written_that_cannot_be_read(run: Run) -> None:
    Path("tagged.txt").write_text("<s> a bird sings </s>\n<s> a stone falls </s>\n<s> the bird falls </s>\n")
    run("preprocess", "tagged.txt", "-o", "c").noted("warning:", "<s>", "3")
    run("train-ngram", "tagged.txt", "--order", "2", "--arpa", "m.arpa", "-o", "m").failed(1, "s>")
    assert not Path("m.arpa").exists()
    told = found(run, "tagged.txt")
    Path("plain.txt").write_bytes(followed(told["lines with sentence marks (<s>, </s>)"]["remedy"]))
    run("train-ngram", "plain.txt", "--order", "2", "--arpa", "m.arpa", "-o", "m2").ok()
    first = [line for line in Path("m.arpa").read_text().splitlines() if line.split("\t")[1:2] == ["<s>"]]
    assert len(first) == 1
    scored = [run("score", model, "plain.txt", "--json").ok().json for model in ("m.arpa", "m2")]
    assert [row["log10_probability"] for row in scored[0]] == pytest.approx(
        [row["log10_probability"] for row in scored[1]], abs=1e-4
    )


def test_encodings_of_several_files(run: Run) -> None:
    Path("1.txt").write_text("바람이 분다\n강이 흐른다\n", encoding="cp949")
    Path("2.txt").write_text("바람이 분다\n", encoding="utf-8")
    Path("3.txt").write_text("비가 온다\n", encoding="utf-16-be")
    told = found(run, "?.txt")
    assert "--encoding auto" in told["encoding"]["remedy"]
    assert "2 of 3" in told["encoding"]["value"]
    assert "encoding" not in found(run, "?.txt", "--encoding", "auto")
    made = run("preprocess", "?.txt", "--encoding", "auto", "-o", "c", "--json").ok()
    assert made.json["encodings"] == ["cp949", "utf-8", "utf-16-be"]
    assert (made.json["lines_read"], made.json["types"]) == (4, 6)
    made.noted("cp949", "1.txt")
    assert run("info", "c", "--json").ok().json["options"]["encoding"] == "auto"
    run("preprocess", "?.txt", "--encoding", "auto", "-o", "c").up_to_date("c")
    run("preprocess", "?.txt", "-o", "d").failed(1, ".txt", "--encoding")


def test_an_encoding_of_single_bytes_for_utf8_is_told(run: Run) -> None:
    Path("a.txt").write_text("plain\nÄpfel für Öl\n", encoding="utf-8")
    told = found(run, "a.txt", "--encoding", "latin-1")
    (row,) = [row for row in told.values() if "--encoding utf-8" in row["remedy"]]
    assert (row["value"], row["line"]) == (3, 2)
    assert not found(run, "a.txt", "--encoding", "utf-8")
    Path("b.txt").write_text("“go” – it’s\n" * 3, encoding="cp1252")
    (row,) = [row for name, row in found(run, "b.txt", "--encoding", "latin-1").items() if "C1" in name]
    assert "--encoding cp1252" in row["remedy"]
    assert not [name for name in found(run, "b.txt", "--encoding", "cp1252") if "C1" in name]
