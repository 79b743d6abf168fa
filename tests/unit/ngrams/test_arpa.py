"""ARPA text of any tool, whole and broken."""

from __future__ import annotations

import bz2
import gzip
import lzma
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import zstandard
from finished import Finished
from hypothesis import example, given
from hypothesis import strategies as st
from ngram_models import distribution

from seqtool.errors import InputError, UsageError
from seqtool.evaluation.any_model import open_language_model
from seqtool.ngrams.arpa.lines import _number
from seqtool.ngrams.arpa.read import is_arpa
from seqtool.ngrams.artifact import build_from_arpa, load_ngram
from seqtool.ngrams.model import NgramModel
from seqtool.nn.options import DeviceOptions

# As SRILM writes it: no order among words, a back-off only where it is not 1, the 2-gram "b c" missing.
SRILM = """
\\data\\
ngram 1=5
ngram 2=3
ngram 3=1

\\1-grams:
-0.8\t</s>
-99\t<s>\t-0.3
-0.6\ta\t-0.25
-0.7\tb\t-0.125
-0.9\tc

\\2-grams:
-0.2\t<s> a\t-0.0625
-0.4\ta b
-0.5\tc </s>

\\3-grams:
-0.1\ta b c

\\end\\
"""


def read(tmp_path: Path, text: str) -> NgramModel:
    path = tmp_path / "model.arpa"
    path.write_text(text, encoding="utf-8")
    build_from_arpa(path, tmp_path / "model.lm")
    return load_ngram(tmp_path / "model.lm")


_NUMBERS = st.one_of(
    st.floats(-99, 99).map(repr),
    st.floats(-99, 0).map("{:.5e}".format),
    st.from_regex(r"[+-]?([0-9]{1,6}\.?[0-9]{0,6}|\.[0-9]{1,6})([eE][+-]?[0-9]{1,2})?", fullmatch=True),
    st.text("0123456789+-.eE", min_size=1, max_size=6),
)


@given(_NUMBERS)
@example("-inf")
@example("1e-05")
@example("-9.E+09")
@example("0E310")
def test_numbers_are_those_that_python_reads(text: str) -> None:
    try:
        expected = float(text)
    except ValueError:
        expected = math.nan
    found = _number(np.frombuffer(text.encode(), np.uint8), 0, len(text))
    assert found == pytest.approx(expected, rel=1e-12, nan_ok=True)


def log10_of(model: NgramModel, history: str, word: str) -> float:
    return math.log10(distribution(model, history)[word])


def test_a_model_of_srilm(tmp_path: Path) -> None:
    model = read(tmp_path, SRILM)
    assert log10_of(model, "", "a") == pytest.approx(-0.2, abs=1e-6)
    assert log10_of(model, "a", "b") == pytest.approx(-0.0625 - 0.4, abs=1e-6)  # β(<s> a) P(b | a)
    assert log10_of(model, "a b", "c") == pytest.approx(-0.1, abs=1e-6)
    assert log10_of(model, "b", "c") == pytest.approx(-0.125 - 0.9, abs=1e-6)  # <s> b is not there
    assert log10_of(model, "c", "</s>") == pytest.approx(-0.5, abs=1e-6)
    assert log10_of(model, "c", "a") == pytest.approx(-0.6, abs=1e-6)  # no back-off: 1
    assert model.trie.sizes == [5, 4, 1]  # with <unk>, and b c, above which a b c stands


def test_unknown_words_of_a_model_without_them(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model = read(tmp_path, SRILM)
    assert "no <unk>" in capfd.readouterr().err
    assert model.trie.orders[0].view("float32")[model.labels[0], 2] == -100


@pytest.mark.parametrize("spelling", ["<unk>", "<UNK>"])
def test_unknown_words(tmp_path: Path, spelling: str) -> None:
    text = SRILM.replace("ngram 1=5", "ngram 1=6").replace("-0.9\tc", f"-0.9\tc\n-1.5\t{spelling}")
    assert log10_of(read(tmp_path, text), "c", "<unk>") == pytest.approx(-1.5, abs=1e-6)


def test_blanks_exponents_and_line_ends_of_other_tools(tmp_path: Path) -> None:
    text = SRILM.replace("\t", "  ").replace("-0.4  a b", " -4e-1 a  b 0 ").replace("\n", "\r\n")
    assert log10_of(read(tmp_path, text), "a", "b") == pytest.approx(-0.0625 - 0.4, abs=1e-6)


@pytest.mark.parametrize("before", ["\ufeff", "made by hand\nin 2020, not \\data\\\n", "\ufeff\n\n# a note\n"])
def test_what_stands_before_the_data_is_passed_over(tmp_path: Path, before: str) -> None:
    model = read(tmp_path, before + SRILM.lstrip())
    assert is_arpa(tmp_path / "model.arpa")
    assert log10_of(model, "", "a") == pytest.approx(-0.2, abs=1e-6)


@pytest.mark.parametrize("text", ["a note on \\data\\\nngram 1=5\n", "a\n\\data\\\nb\n", "a\n" * 40_000 + SRILM])
def test_a_text_with_such_words_is_a_text(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.txt").write_text(text)
    assert not is_arpa(tmp_path / "t.txt")


def test_compressed_text_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "m.lm.gz"
    path.write_bytes(gzip.compress(SRILM.encode()))
    assert is_arpa(path)
    (tmp_path / "plain.txt").write_text("data\n")
    assert not is_arpa(tmp_path / "plain.txt")
    assert not is_arpa(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("ngram 2=3", "ngram 2=4", "4 2-grams, .* 3"),
        ("ngram 2=3", "ngram 2=2", "more 2-grams"),
        ("ngram 1=5", "ngram 1=7", "7 1-grams, .* 5"),
        ("ngram 3=1", "ngram 3=0", "more 3-grams"),
        ("ngram 2=3", "ngram 3=3", "ngram 2="),
        ("-0.4\ta b", "-0.4x\ta b", "line 16"),
        ("-0.4\ta b", "nan\ta b", "line 16"),
        ("-0.4\ta b", "0.4\ta b", "line 16"),
        ("-0.4\ta b", "-0.4\ta b\t-0.1e", "line 16"),
        ("-0.4\ta b", "-0.4\ta", "2 words"),
        ("-0.4\ta b", "-0.4\ta b -1 -2", "2 words"),
        ("-0.4\ta b", "-0.4\ta z", "1-grams"),
        ("-0.4\ta b", "-0.2\t<s> a", "repeated 2-gram"),
        ("-0.4\ta b", "-inf\ta b\tnan", "line 16"),
        ("-0.7\tb\t-0.125", "-0.7\ta\t-0.125", "repeated 1-gram"),
        ("-0.7\tb\t-0.125", "much\tb\t-0.125", "line 11"),
        ("-0.7\tb\t-0.125", "-0.7\tb c d e", "1 word "),
        ("-0.8\t</s>\n", "-0.8\td\n", "</s>"),
        ("\\2-grams:", "\\3-grams:", "2-grams"),
        ("\\end\\\n", "", "cut off"),
        ("\n\\3-grams:\n-0.1\ta b c\n\n\\end\\\n", "", "cut off"),
        ("\n\\1-grams:", "", "1-grams"),
        ("ngram 1=5\nngram 2=3\nngram 3=1\n", "", "ngram 1="),
        ("ngram 3=1", "ngram 3=99999999999999999999", "ngram 3="),
    ],
)
def test_broken_text_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in SRILM
    with pytest.raises(InputError, match=words):
        read(tmp_path, SRILM.replace(old, new, 1))
    assert not (tmp_path / "model.lm").exists()


@pytest.mark.parametrize("length", range(10, len(SRILM) - 6, 23))
def test_a_cut_file_is_refused(tmp_path: Path, length: int) -> None:
    with pytest.raises(InputError):
        read(tmp_path, SRILM[:length])


# As IRSTLM writes it: blanks and a TAB in the head, no blank lines, a space before <unk>, n-grams across line ends.
IRSTLM = """
\\data\\
ngram  1=         5
ngram  2=\t6
ngram  3=         1
\\1-grams:
-0.9\t<s>\t-0.3
-0.7\tda\t-0.2
-0.8\tdo\t-0.1
-0.9\t</s>
-1.2 <unk>
\\2-grams:
-0.3\t<s> da\t-0.05
-0.4\tda do
-0.5\tdo </s>
-0.6\tdo da
-0.1\t</s> <s>\t-0.2
-0.1\t<s> <s>\t-0.2
\\3-grams:
-0.1\tdo </s> <s>
\\end\\
"""


def score_of(model: NgramModel, *words: str) -> float:
    """log10 P of a sentence, its end included."""
    histories = [" ".join(words[:n]) for n in range(len(words) + 1)]
    return sum(log10_of(model, history, word) for history, word in zip(histories, (*words, "</s>"), strict=True))


def test_irstlm_and_n_grams_across_sentences(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model = read(tmp_path, IRSTLM)
    assert score_of(model, "da", "do") == pytest.approx(-0.3 - 0.05 - 0.4 - 0.5, abs=1e-6)
    assert score_of(model, "do", "da") == pytest.approx(-0.3 - 0.8 - 0.6 - 0.2 - 0.9, abs=1e-6)
    assert log10_of(model, "do", "<unk>") == pytest.approx(-0.1 - 1.2, abs=1e-6)
    assert model.trie.sizes == [4, 4, 0]
    err = capfd.readouterr().err
    assert "skipped 2 2-grams" in err
    assert "skipped 1 3-gram " in err


@pytest.mark.parametrize(
    "text",
    [
        IRSTLM.replace("\n", " \t\n"),
        IRSTLM.replace("\n", "\r\n").replace("\\2-grams:", "\r\n \r\n\\2-grams: "),
        IRSTLM.replace("\t", "    ").replace("ngram ", "\nngram"),
        "Trained on nothing much.\n# 2 lines\n" + IRSTLM.replace("=", " = ").replace("\n\\", "\n   \n\n\\"),
    ],
)
def test_blanks_make_no_difference(tmp_path: Path, text: str) -> None:
    model = read(tmp_path, text)
    assert is_arpa(tmp_path / "model.arpa")
    assert score_of(model, "da", "do") == pytest.approx(-1.25, abs=1e-6)


@pytest.mark.parametrize("name", ["m", "m.lm", "m.txt", "m.gz", "m.arpa.bz2", "m.lm.xz", "m.zst"])
def test_arpa_of_any_name_is_a_model(tmp_path: Path, name: str) -> None:
    packed = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstandard.compress}
    path = tmp_path / name
    path.write_bytes(packed.get(path.suffix, bytes)(IRSTLM.encode()))
    with open_language_model(path, DeviceOptions()) as model:
        assert isinstance(model, NgramModel)
        assert score_of(model, "da", "do") == pytest.approx(-1.25, abs=1e-6)
    assert path.is_file()


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"mmap lm http://kheafield.com/code format version 5\n\0", "KenLM"),
        (b"SRILM_BINARY_NGRAM_002\n", "SRILM"),
        (b"blmt 3 10 20 30\n", "IRSTLM"),
        (b"a text\n", "ARPA"),
    ],
)
def test_other_models_are_refused_by_their_name(tmp_path: Path, head: bytes, words: str) -> None:
    path = tmp_path / "m.bin"
    path.write_bytes(head + bytes(100))
    with pytest.raises(UsageError, match=words), open_language_model(path, DeviceOptions()):
        pass


def test_irstlms_intermediate_numbers_are_not_taken_for_probabilities(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="iARPA") as refused:
        read(tmp_path, "iARPA\n" + IRSTLM)
    assert "compile-lm" in (refused.value.remedy or "")


@pytest.mark.parametrize("options", [["--tokenizer", "word"], ["--lower"], []])
def test_arpa_is_scored_on_the_corpus_of_its_words(
    run: Callable[..., Finished], tmp_path: Path, options: list[str]
) -> None:
    (tmp_path / "t.txt").write_text("da do\ndo da\nda uff\n")
    (tmp_path / "m.arpa").write_text(IRSTLM)
    run("preprocess", "t.txt", *options, "-o", "t.corpus").ok()
    of_corpus, of_text = (run("perplexity", "m.arpa", name, "--json").ok().json for name in ("t.corpus", "t.txt"))
    assert (of_corpus["perplexity"], of_corpus["oov"]) == (pytest.approx(of_text["perplexity"]), 1)
