"""``--tokenizer word`` against UAX #29: the published cases, the rules one by one, and cases of our own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seqtool.artifact.read import open_artifact
from seqtool.corpus.artifact import open_corpus, preprocess_options
from seqtool.corpus.options import WORD_RULES, PreprocessOptions, WordOptions
from seqtool.corpus.tokenizers.load import load_tokenizer
from seqtool.errors import InputError


def words(text: str, rules: int = WORD_RULES) -> list[str]:
    return load_tokenizer(WordOptions(tokenizer="word", word_rules=rules)).tokenize(text)


def test_the_published_cases_agree(data: Path) -> None:
    """Of each segment what is not white space, NUL included, which a tokenizer of words leaves out."""
    path, checked, wrong = data / "unicode" / "WordBreakTest.txt", 0, []
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    for line in path.read_text("utf-8").splitlines():
        case = line.partition("#")[0].strip()
        if not case:
            continue
        segments = ["".join(chr(int(c, 16)) for c in s.replace("×", " ").split()) for s in case.strip("÷ ").split("÷")]
        kept = ["".join(segment.replace("\0", " ").split()) for segment in segments]
        checked += 1
        if words("".join(segments)) != [segment for segment in kept if segment]:
            wrong.append(case)
    assert checked > 1900
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Apostrophes: kept between letters, whatever letters these are; never at the edge of a word.
        ("'apple' 'banana'", "' apple ' ' banana '"),
        ("’em ’twas rock’n’roll", "’ em ’ twas rock’n’roll"),
        ("l'eau d'Ivoire qu'une aujourd'hui", "l'eau d'Ivoire qu'une aujourd'hui"),
        ("the dogs' 90's '90s", "the dogs ' 90 ' s ' 90s"),
        ("O'Neill’s it''s", "O'Neill’s it ' ' s"),
        ("＇ａｐｐｌｅ＇", "＇ ａｐｐｌｅ ＇"),
        ("об'єкт 'об'єкт'", "об'єкт ' об'єкт '"),
        # Numbers and what stands in them.
        ("1,000.5 3'4 1.2.3. 1,,2 v2.0 2.x", "1,000.5 3'4 1.2.3 . 1 , , 2 v2.0 2 . x"),
        ("٣٫٥ 12:30 a:b", "٣٫٥ 12 : 30 a:b"),
        ("a1b2 x_1 _private_ __", "a1b2 x_1 _private_ __"),
        # Marks and joiners belong to what is before them, and to nothing after a space.
        ("e\u0301te\u0301 \u0301x", "e\u0301te\u0301 \u0301 x"),
        ("\u200fabc \u200edef \ufeffghi", "\u200f abc \u200e def \ufeff ghi"),
        ("a\u200fb co\u00adop x\u2060'y", "a\u200fb co\u00adop x\u2060'y"),
        (".\u0301a", ".\u0301 a"),
        # Scripts.
        ("שלום צה\"ל ג'ירפה 'שלום'", "שלום צה\"ל ג'ירפה ' שלום'"),
        ('"שלום" א"1', '" שלום " א " 1'),
        ("カタカナ_カナ カナa ﾊﾞﾅﾅ ひらがな 漢字", "カタカナ_カナ カナ a ﾊﾞﾅﾅ ひ ら が な 漢 字"),
        ("한국어를 韓國語 ไทย नमस्ते", "한국어를 韓 國 語 ไ ท ย नमस्ते"),
        # Pictures and flags.
        ("🇰🇷🇺🇸🇩 👩\u200d👩\u200d👧👍🏽 1\ufe0f\u20e3", "🇰🇷 🇺🇸 🇩 👩\u200d👩\u200d👧 👍🏽 1\ufe0f\u20e3"),
        ("a\u200d👩 👩\u200db ©\u200d© Ⓜ\u200dⓂ", "a\u200d👩 👩\u200d b ©\u200d© Ⓜ\u200dⓂ"),
        # As they are.
        ("<unk> <unk>s e-mail a/b C++ #tag @you", "<unk> < unk > s e - mail a / b C + + # tag @ you"),
        ("http://x.org/?q=1&r=é", "http : / / x.org / ? q = 1 & r = é"),
    ],
)
def test_words(text: str, expected: str) -> None:
    assert words(text) == expected.split(" ")


@pytest.mark.parametrize("quotes", ["''", '""', "‘’", "“”", "«»", "‹›", "„“", "‚‘", "「」", "『』", "’’", "＂＂", "``"])
@pytest.mark.parametrize(
    "word", ["apple", "banana", "été", "Ωμέγα", "слово", "don't", "l’eau", "3.5", "a_b", "한국어", "É1"]
)
def test_quotation_marks_at_the_edges_of_a_word_make_no_new_type(quotes: str, word: str) -> None:
    opening, closing = quotes
    assert words(f"{opening}{word}{closing}") == [opening, word, closing]
    assert words(f"{opening}{opening}{word}{closing}{closing}, ({opening}{word}{closing})").count(word) == 2


# The rules one by one, as they stand in the standard, over the classes of characters: slow and plain.

CLASSES = {
    "ALetter": "aé한",
    "Hebrew_Letter": "א",
    "Katakana": "カ",
    "Numeric": "1٣",
    "ExtendNumLet": "_",
    "MidLetter": ":·",
    "MidNum": ",;",
    "MidNumLet": ".’",
    "Single_Quote": "'",
    "Double_Quote": '"',
    "Regional_Indicator": "🇰🇷",
    "Extend": "\u0301\u200c🏽",
    "Format": "\u00ad\u200f",
    "ZWJ": "\u200d",
    "Other": "-漢あ「",
}
PICTURES = "👩©"  # of the class Other; Ⓜ is a picture and an ALetter
CLASS_OF = {character: name for name, characters in CLASSES.items() for character in characters}
CLASS_OF |= dict.fromkeys(PICTURES, "Other") | {"Ⓜ": "ALetter"}
IGNORED = {"Extend", "Format", "ZWJ"}
LETTER, IN_WORD = {"ALetter", "Hebrew_Letter"}, {"MidLetter", "MidNumLet", "Single_Quote"}
IN_NUMBER = {"MidNum", "MidNumLet", "Single_Quote"}


def test_the_classes_are_those_of_the_property() -> None:
    for character, name in CLASS_OF.items():
        assert regex.fullmatch(rf"\p{{WB={name}}}", character), (character, name)


def joined(before: list[str], flags: int, after: list[str]) -> bool:
    """Whether WB5 to WB16 forbid a break between classes, marks left out; ``flags`` stand before it in a row."""
    last, following = before[-1], after[0]
    second_last = before[-2] if len(before) > 1 else ""
    second = after[1] if len(after) > 1 else ""
    runs = (LETTER | {"Numeric"}, {"Katakana"})
    return (
        any(last in run and following in run for run in runs)  # 5, 8, 9, 10, 13
        or (last in LETTER and following in IN_WORD and second in LETTER)  # 6
        or (second_last in LETTER and last in IN_WORD and following in LETTER)  # 7
        or (last == "Hebrew_Letter" and following == "Single_Quote")  # 7a
        or ([last, following, second] == ["Hebrew_Letter", "Double_Quote", "Hebrew_Letter"])  # 7b
        or ([second_last, last, following] == ["Hebrew_Letter", "Double_Quote", "Hebrew_Letter"])  # 7c
        or (second_last == following == "Numeric" and last in IN_NUMBER)  # 11
        or (last == second == "Numeric" and following in IN_NUMBER)  # 12
        or (last in LETTER | {"Numeric", "Katakana", "ExtendNumLet"} and following == "ExtendNumLet")  # 13a
        or (last == "ExtendNumLet" and following in LETTER | {"Numeric", "Katakana"})  # 13b
        or (following == "Regional_Indicator" and flags % 2 == 1)  # 15, 16
    )


def by_the_rules(text: str) -> list[str]:
    classes, pieces = [CLASS_OF[character] for character in text], [text[:1]]
    for at in range(1, len(text)):
        # WB4 leaves marks out, but for those at the beginning, which have nothing to belong to.
        before = [name for index, name in enumerate(classes[:at]) if name not in IGNORED or index == 0]
        after = [classes[at], *(name for name in classes[at + 1 :] if name not in IGNORED)]
        flags = 0
        while flags < len(before) and before[-1 - flags] == "Regional_Indicator":
            flags += 1
        picture = text[at - 1] == "\u200d" and text[at] in PICTURES + "Ⓜ"  # 3c
        if picture or classes[at] in IGNORED or joined(before, flags, after):
            pieces[-1] += text[at]
        else:
            pieces.append(text[at])
    return [piece for piece in pieces if piece]


@given(st.text(sorted(CLASS_OF), max_size=14))
@settings(max_examples=800)
@example("א'א\"א'1_א'_")
@example("カ_カaカ_1.1.a'")
@example("\u200d©\u200dⓂ\u0301'a🇰\u200d🇷🇰")
def test_any_text_is_cut_as_the_rules_say(text: str) -> None:
    assert words(text) == by_the_rules(text)


@given(st.text(st.sampled_from(["a", "Z", "1", "9", ".", ",", "'", '"', ":", ";", "_", "-", "<"]), max_size=14))
@settings(max_examples=500)
def test_ascii_text_is_cut_as_any_other(text: str) -> None:
    assert words(text) == words(text + "漢")[:-1]


# Versions.


@pytest.mark.parametrize(
    ("text", "first", "now"),
    [
        ("'apple'", ["'apple", "'"], ["'", "apple", "'"]),
        ("’em", ["’em"], ["’", "em"]),
        ("\u200fabc", ["\u200fabc"], ["\u200f", "abc"]),
        ("don't", ["don't"], ["don't"]),
        ("<unk> a,b", ["<unk>", "a", ",", "b"], ["<unk>", "a", ",", "b"]),
    ],
)
def test_the_first_version_of_the_rules_is_kept(text: str, first: list[str], now: list[str]) -> None:
    assert words(text, 1) == first
    assert words(text) == now


def test_options_without_a_version_are_of_the_first_where_they_were_recorded() -> None:
    assert load_tokenizer(PreprocessOptions(tokenizer="word")).tokenize("'apple'") == ["'", "apple", "'"]
    recorded = preprocess_options({"tokenizer": "word"})
    assert load_tokenizer(recorded).tokenize("'apple'") == ["'apple", "'"]
    assert type(preprocess_options({"tokenizer": "bpe"})) is PreprocessOptions


@pytest.mark.parametrize("rules", [0, WORD_RULES + 1, "2"])
def test_a_version_that_is_not_known_is_refused(rules: Any) -> None:
    with pytest.raises(InputError, match=str(rules)):
        load_tokenizer(preprocess_options({"tokenizer": "word", "word_rules": rules}))


@pytest.fixture
def first_rules(run: Any, tmp_path: Path, forge: Any) -> Path:
    """``old.corpus`` and ``old.lm`` as a version made them that recorded no rules; ``new.corpus`` and ``new.lm``."""
    (tmp_path / "t.txt").write_text("'apple' and 'banana'\n’em and 'em\n" * 4, encoding="utf-8")
    for name in ("old", "new"):
        run("preprocess", "t.txt", "--tokenizer", "word", "-o", f"{name}.corpus", "-q").ok()
        run("train-ngram", f"{name}.corpus", "--order", "2", "-o", f"{name}.lm", "--add-k", "1", "-q").ok()
    forge(tmp_path / "old.corpus", lambda raw: raw["options"].pop("word_rules"))
    forge(tmp_path / "old.lm", lambda raw: raw["summary"]["preprocessing"].pop("word_rules"))
    return tmp_path


def test_a_corpus_and_its_models_record_the_rules_that_old_ones_lack(run: Any, first_rules: Path) -> None:
    for name, expected in (("new.corpus", ["'", "apple", "'"]), ("old.corpus", ["'apple", "'"])):
        corpus = open_corpus(open_artifact(first_rules / name))
        assert corpus.tokenizer.tokenize("'apple'") == expected
    assert open_artifact(first_rules / "new.lm").summary["preprocessing"]["word_rules"] == WORD_RULES
    for name, tokens in (("old.lm", 2), ("new.lm", 3)):
        scored = run("score", name, "-", "--per-token", "--json", stdin="'apple'\n").ok().json
        assert len(scored) == tokens + 1, "and the end of the sentence"


def test_other_tokenizers_record_no_rules_of_words(run: Any, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("a b\n")
    run("preprocess", "t.txt", "-o", "t.corpus", "-q").ok()
    assert "word_rules" not in open_artifact(tmp_path / "t.corpus").options


@pytest.mark.parametrize(("model", "corpus"), [("old.lm", "new.corpus"), ("new.lm", "old.corpus")])
def test_a_corpus_by_other_rules_is_refused(run: Any, first_rules: Path, model: str, corpus: str) -> None:
    run("perplexity", model, corpus).failed(1, model, corpus, "version 1", "version 2")
    run("perplexity", model, model.replace("lm", "corpus")).ok()


def test_a_text_is_preprocessed_again_under_a_name_by_the_rules(run: Any, first_rules: Path) -> None:
    run("preprocess", "t.txt", "--tokenizer", "word", "-o", "old.corpus").failed(1, "old.corpus", "word_rules")
    run("train-ngram", "old.corpus", "--tokenizer", "word", "--order", "2", "-o", "x.lm", "-q").ok()


def test_vectors_and_a_corpus_by_other_rules_are_refused(run: Any, first_rules: Path) -> None:
    run("train-word2vec", "new.corpus", "-o", "v", "--dim", "4", "--epochs", "1", "--min-count", "1", "-q").ok()
    run("document-vectors", "v", "old.corpus", "-o", "d").failed(1, "old.corpus", "version 1", "2")
    run("document-vectors", "v", "new.corpus", "-o", "d").ok()
