"""Encodings guessed from few letters, in mixtures, and against what the bytes say."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from finished import says

from seqtool.corpus.options import SourceOptions
from seqtool.corpus.reading.guessing import guessed_encoding
from seqtool.corpus.reading.sources import lines, open_sources
from seqtool.corpus.reading.transcoding import UndecodableTextError
from seqtool.errors import InputError

ENGLISH = [
    "the",
    "cat",
    "read",
    "a",
    "long",
    "book",
    "by",
    "river",
    "and",
    "it",
    "was",
    "not",
    "cold",
    "nobody",
    "came",
]
TEXTS = {
    "Korean": (
        "오늘은 하늘이 맑고 바람이 조금 분다. 강가에서 아이들이 놀고 있었다. 나는 그 책을 다시 읽었다. "
        "사람들은 아무 말도 하지 않았다. 저녁에는 비가 온다고 한다."
    ),
    "Japanese": (
        "駅の前に 小さな店が あります。 毎朝ここで 水を買う人が 多い。 昨日は雨でしたが 今日は晴れています。 "
        "子供たちは 川の近くで遊んだ。 もう一度 読んでみました。"
    ),
    "Simplified": (
        "河边有一只猫在看书。 今天一点也不冷。 我们昨天去了学校。 他说没有问题。 这个地方的人都很好。 "
        "你可以在这里等我。 时间过得很快。"
    ),
    "Traditional": (
        "河邊有一隻貓在看書。 今天一點也不冷。 我們昨天去了學校。 他說沒有問題。 這個地方的人都很好。 "
        "你可以在這裡等我。 時間過得很快。"
    ),
    "Russian": (
        "Кот сидит у реки и читает книгу. Сегодня совсем не "
        "холодно. Вчера мы ходили в школу. Он сказал, что "
        "вопросов больше нет. Люди здесь очень хорошие."
    ),
    "Greek": (
        "Η γάτα κάθεται δίπλα στο ποτάμι και διαβάζει ένα "
        "βιβλίο. Σήμερα δεν κάνει καθόλου κρύο. Χθες πήγαμε στο "
        "σχολείο. Οι άνθρωποι εδώ είναι πολύ καλοί."
    ),
    "Hebrew": (
        "החתול יושב ליד הנהר וקורא ספר. היום לא קר בכלל. אתמול "
        "הלכנו לבית הספר. הוא אמר שאין שאלות. האנשים כאן טובים "
        "מאוד."
    ),
    "Arabic": (
        "القطة تجلس بجانب النهر وتقرأ كتابا. اليوم ليس باردا على "
        "الإطلاق. ذهبنا أمس إلى المدرسة. قال إنه لا توجد أسئلة. "
        "الناس هنا طيبون جدا."
    ),
    "Polish": (
        "Żółty kot siedzi nad rzeką i czyta książkę. Dziś nie "
        "jest zimno, więc pójdzie później. Wczoraj byliśmy w "
        "szkole. Powiedział, że nie ma pytań. Ludzie są tu "
        "bardzo życzliwi."
    ),
    "French": (
        "Le chat était assis près de la rivière et lisait à "
        "côté. Aujourd'hui il ne fait pas froid. Hier nous "
        "sommes allés à l'école. Les élèves ont été très "
        "gentils. Ça va déjà mieux."
    ),
    "German": (
        "Der Bär läuft über die Brücke. Später trägt er süße "
        "Äpfel nach Hause. Gestern waren wir in der Schule. Es "
        "gibt keine Fragen für heute, größere schon gar nicht."
    ),
}
CASES = [
    *(("Korean", e) for e in ("cp949", "euc-kr")),
    *(("Japanese", e) for e in ("euc-jp", "cp932", "shift_jis")),
    *(("Simplified", e) for e in ("gb18030", "gb2312")),
    *(("Traditional", e) for e in ("big5", "cp950")),
    *(("Russian", e) for e in ("koi8-r", "cp1251")),
    *(("Greek", "iso8859-7"), ("Hebrew", "cp1255"), ("Arabic", "cp1256")),
    *(("Polish", e) for e in ("cp1250", "iso8859-2")),
    *(("French", e) for e in ("latin-1", "cp1252")),
    ("German", "latin-1"),
]


def mixed(draw: random.Random, language: str, share: float, count: int) -> str:
    """Lines of which about this share of words are of the language, at least one in all; the others are English."""
    words, made = TEXTS[language].split(), [[draw.choice(ENGLISH) for _ in range(12)] for _ in range(count)]
    for number, line in enumerate(made):
        for at in range(len(line)):
            if draw.random() < share or (number == count // 2 and at == 3):
                line[at] = draw.choice([word for word in words if not word.isascii()] if share < 1 else words)
    return "\n".join(map(" ".join, made)) + "\n"


@pytest.mark.parametrize(
    ("share", "count", "least"), [(0.01, 3, 0.85), (0.01, 300, 0.99), (0.1, 30, 0.99), (1, 3, 0.99)]
)
def test_few_letters_among_english_are_enough(share: float, count: int, least: float) -> None:
    draw, wrong, every = random.Random(7), [], 0
    for language, encoding in CASES:
        for _ in range(4):
            text = mixed(draw, language, share, count)
            data = text.encode(encoding)
            every += 1
            if data.decode(guessed_encoding(data), "replace") != text:
                wrong.append((language, encoding, guessed_encoding(data)))
    assert 1 - len(wrong) / every >= least, wrong


@pytest.mark.parametrize("encoding", ["cp1252", "cp1250", "cp1251"])
def test_curly_quotes_alone_are_read(encoding: str) -> None:
    text = "She said “no” – it’s late…\n" * 3
    assert text.encode(encoding).decode(guessed_encoding(text.encode(encoding))) == text


def read(path: Path, **options: Any) -> list[str]:
    wanted = SourceOptions(**options)
    return list(lines(open_sources([str(path)], wanted), wanted, Counter()))


@pytest.mark.parametrize(("language", "encoding"), [case for case in CASES if case[0] in ("Korean", "Japanese")])
@pytest.mark.parametrize("damage", ["utf-8", "cut"])
def test_a_few_lines_that_do_not_fit_do_not_change_the_guess(
    tmp_path: Path, language: str, encoding: str, damage: str
) -> None:
    line = TEXTS[language].rstrip(".")
    good = [f"{word} {word}".encode(encoding) for word in line.split()] * 4
    bad = [line.encode()] * 2 if damage == "utf-8" else [line.encode(encoding)[:-1]]
    path = tmp_path / "mixed.txt"
    path.write_bytes(b"\n".join([*good, *bad, *good]) + b"\n")
    assert guessed_encoding(path.read_bytes()).replace("_", "-") in (encoding, "cp949", "cp932")
    with pytest.raises(UndecodableTextError) as caught:
        read(path, encoding="auto")
    assert caught.value.line == len(good) + 1
    assert "--encoding" not in str(caught.value.remedy)
    kept = read(path, encoding="auto", errors="skip")
    assert kept[: len(good)] == [word.decode(encoding) for word in good]


@pytest.mark.parametrize("given", ["auto", "koi8-r"])
def test_lines_of_utf8_that_another_encoding_reads_too_are_warned_of(
    tmp_path: Path, given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mixed.txt"
    path.write_bytes((TEXTS["Russian"] + "\n").encode("koi8-r") * 40 + (TEXTS["Russian"] + "\n").encode() * 2)
    read(path, encoding=given)
    assert says(capsys.readouterr().err, "warning:", str(path), "line 41", "2 lines", "koi8-r")


@pytest.mark.parametrize(
    ("encoding", "windows"), [("latin-1", "cp1252"), ("iso8859-2", "cp1250"), ("iso8859-9", "cp1254")]
)
def test_control_characters_that_are_quotes_in_windows_are_warned_of(
    tmp_path: Path, encoding: str, windows: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "quotes.txt"
    path.write_bytes("plain\nShe said “no” – it’s late\n".encode(windows) * 2)
    read(path, encoding=encoding)
    assert says(capsys.readouterr().err, "warning:", "line 2", "8", encoding, f"--encoding {windows}")
    read(path, encoding=windows)
    path.write_bytes("naïve café\n".encode("latin-1"))
    read(path, encoding=encoding)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("given", ["auto", "same"])
def test_a_text_that_ends_within_a_character_is_said_to(tmp_path: Path, encoding: str, given: str) -> None:
    text, path = "the cat sat\nöl und 한국\nlast line\n", tmp_path / "odd.txt"
    path.write_bytes(text.encode(encoding)[:-1])
    given = encoding if given == "same" else given
    with pytest.raises(UndecodableTextError) as caught:
        read(path, encoding=given)
    assert caught.value.line == 3
    assert "--encoding" not in str(caught.value.remedy)
    assert read(path, encoding=given, errors="replace") == [*text.split("\n")[:-2], "last line\ufffd"]
    assert read(path, encoding=given, errors="skip") == text.split("\n")[:-2]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("given", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_an_order_of_bytes_that_gives_no_text_is_refused(tmp_path: Path, encoding: str, given: str) -> None:
    path = tmp_path / "wide.txt"
    path.write_bytes("the cat sat\nöl und 한국\n".encode(encoding))
    if given == encoding:
        assert len(read(path, encoding=given)) == 2
        return
    with pytest.raises(InputError) as caught:
        read(path, encoding=given, errors="replace")
    assert says(str(caught.value), f"--encoding {encoding}")
