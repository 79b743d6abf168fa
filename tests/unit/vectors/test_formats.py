"""Files of vectors: what is written is read back to the bit; what is wrong is named with its line and a remedy."""

from __future__ import annotations

import bz2
import errno
import gzip
import json
import lzma
import os
import pickle
import struct
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard
from finished import says
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from seqtool.errors import InputError, OutputError, UsageError
from seqtool.vectors.formats.binary import write_safetensors
from seqtool.vectors.formats.sniff import (
    FORMATS,
    format_from_name,
    read_text_vectors,
    read_vectors,
    vector_blocks,
    write_vectors_file,
)

NAMES = dict(zip(FORMATS, ("a.txt", "a.bin", "a.glove", "a.vec", "a.npy", "a.safetensors"), strict=True))
WORDS = ["the", "고양이", "new\u00a0york", "</s>", "ﬁn\u2028e"]
MATRIX = np.array([[0.1, -2.5e-8], [3, 4], [-0.0, 1e30], [1.1754944e-38, 5e-45], [16777217, 1 / 3]], np.float32)
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
ORDINARY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=" \t\r\n\ufeff"), min_size=1, max_size=8)


def written(folder: Path, form: str, words: list[str] = WORDS, matrix: np.ndarray = MATRIX) -> Path:
    path = folder / NAMES[form]
    write_vectors_file(path, words, matrix, form)
    return path


def entries(*pairs: tuple[bytes, list[float]], header: bytes = b"", newline: bytes = b"") -> bytes:
    return header + b"".join(word + b" " + struct.pack(f"<{len(v)}f", *v) + newline for word, v in pairs)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_gives_back_what_was_written(tmp_path: Path, form: str) -> None:
    path = written(tmp_path, form)
    words, matrix = read_vectors(path)
    assert words == WORDS
    assert matrix.dtype == np.float32
    assert matrix.tobytes() == MATRIX.tobytes()
    assert format_from_name(path) == form
    assert {p.name for p in tmp_path.iterdir()} == {path.name} | ({"a.words.txt"} if form == "npy" else set())
    assert read_vectors(path, limit=2)[0] == WORDS[:2]
    assert read_vectors(path, limit=2)[1].tobytes() == MATRIX[:2].tobytes()
    assert read_text_vectors(path, {"</s>", "none"})["</s>"].tolist() == MATRIX[3].tolist()


@settings(max_examples=40, deadline=None)
@given(data=st.data(), form=st.sampled_from(FORMATS))
def test_any_words_and_numbers_survive(
    data: st.DataObject, form: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    words = data.draw(st.lists(ORDINARY, min_size=1, max_size=6, unique=True))
    matrix = data.draw(arrays(np.float32, (len(words), data.draw(st.integers(2, 5))), elements=FLOATS))
    path = written(tmp_path_factory.mktemp("v"), form, words, matrix)
    again = read_vectors(path)
    assert again[0] == words
    assert again[1].tobytes() == matrix.tobytes()


@given(st.lists(st.floats() | st.decimals(allow_nan=False, allow_infinity=False).map(str), min_size=1, max_size=5))
@settings(max_examples=150, deadline=None)
def test_numbers_are_read_as_python_reads_them(tmp_path_factory: pytest.TempPathFactory, numbers: list[Any]) -> None:
    path = tmp_path_factory.mktemp("n") / "n.txt"
    path.write_text("w " + " ".join(map(str, numbers)) + "\n")
    with np.errstate(over="ignore"):
        expected = np.array([float(number) for number in numbers]).astype(np.float32)
    blocks = list(vector_blocks(path, "strict", Counter()))
    assert np.array_equal(blocks[0].matrix[0], expected, equal_nan=True)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
@pytest.mark.parametrize("form", ["word2vec", "glove", "word2vec-binary"])
def test_compressed_files_are_read(tmp_path: Path, form: str, pack: Callable[[bytes], bytes]) -> None:
    path = written(tmp_path, form)
    packed = tmp_path / "packed"
    packed.write_bytes(pack(path.read_bytes()))
    words, matrix = read_vectors(packed)
    assert (words, matrix.tobytes()) == (WORDS, MATRIX.tobytes())


@pytest.mark.parametrize("form", ["word2vec", "glove", "word2vec-binary"])
def test_a_file_of_many_blocks(tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqtool.vectors.formats.text.BLOCK_BYTES", 300)
    monkeypatch.setattr("seqtool.vectors.formats.text._WRITTEN_NUMBERS", 100)
    monkeypatch.setattr("seqtool.vectors.formats.binary._BLOCK_BYTES", 300)
    monkeypatch.setattr("seqtool.corpus.reading.streams.PIECE_BYTES", 70)
    monkeypatch.setattr("seqtool.vectors.formats.sniff._HEAD_BYTES", 200)
    words = [f"w{i}" for i in range(500)]
    matrix = np.random.default_rng(0).standard_normal((500, 7)).astype(np.float32)
    found = read_vectors(written(tmp_path, form, words, matrix))
    assert (found[0], found[1].tobytes()) == (words, matrix.tobytes())
    path = tmp_path / NAMES[form]
    assert read_vectors(path, limit=333)[1].tobytes() == matrix[:333].tobytes()
    if form != "word2vec-binary":
        data = path.read_text().splitlines(keepends=True)
        data[400] = data[400].replace(" ", " x", 1)
        path.write_text("".join(data))
        with pytest.raises(InputError, match=r"line 401: .* 'x"):
            read_vectors(path)


TEXTS: dict[str, tuple[bytes, list[str], list[list[float]]]] = {
    "a trailing space, as fastText writes": (b"2 2\na 1 2 \nb 3 4 \n", ["a", "b"], [[1, 2], [3, 4]]),
    "TABs": (b"a\t1\t2\nb\t3\t4\n", ["a", "b"], [[1, 2], [3, 4]]),
    "no last newline": (b"a 1 2\nb 3 4", ["a", "b"], [[1, 2], [3, 4]]),
    "CRLF and a byte order mark": (b"\xef\xbb\xbf1 2\r\na 1 2\r\n", ["a"], [[1, 2]]),
    "blank lines": (b"a 1 2\n\n    \nb 3 4\n\n\n\n\n\n", ["a", "b"], [[1, 2], [3, 4]]),
    "words with spaces": (
        b"a 1 2\n. . 3 4\nb c@x.com 5 6\nd 7 8\n",
        ["a", ". .", "b c@x.com", "d"],
        [[1, 2], [3, 4], [5, 6], [7, 8]],
    ),
    "a first word with spaces": (b"new york 1 2\nb 3 4\nc 5 6\n", ["new york", "b", "c"], [[1, 2], [3, 4], [5, 6]]),
    "with a header too": (b"1 2\nnew york 1 2\n", ["new york"], [[1, 2]]),
    "words that are numbers": (b"7 1 2\n8 3 4\n", ["7", "8"], [[1, 2], [3, 4]]),
    "one dimension": (b"a 1\nb 2\n", ["a", "b"], [[1], [2]]),
    "every form of number": (b"a +1 -.5 2. 1e2 1E-2 00.50 -0\n", ["a"], [[1, -0.5, 2, 100, 0.01, 0.5, 0]]),
    "digits without end": (b"a 0.1000000000000000055511151231257827 3e0\n", ["a"], [[0.1, 3]]),
    "a very small number": (b"a 1e-400 1e-40\n", ["a"], [[0, 1e-40]]),
    "control characters in a word": (b"1 2\na\x01b 1 2\n", ["a\x01b"], [[1, 2]]),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_texts_of_many_hands(tmp_path: Path, kind: str) -> None:
    data, words, rows = TEXTS[kind]
    (tmp_path / "v").write_bytes(data)
    found, matrix = read_vectors(tmp_path / "v")
    assert found == words
    assert matrix.tolist() == np.array(rows, np.float32).tolist()


def test_word2vec_binary_with_and_without_newlines(tmp_path: Path) -> None:
    pairs = [(b"a", [1.0, 2.0]), (b"b", [3.0, 4.0])]
    for newline in (b"", b"\n"):
        (tmp_path / "v").write_bytes(entries(*pairs, header=b"2 2\n", newline=newline))
        words, matrix = read_vectors(tmp_path / "v")
        assert (words, matrix.tolist()) == (["a", "b"], [[1, 2], [3, 4]])


TWO = entries((b"a", [1, 2]), (b"b", [3, 4]), header=b"2 2\n")
HUGE = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1152921504606846976, 2), }"
WRONG: dict[str, tuple[bytes, list[str]]] = {
    "empty": (b"", ["is empty", "download"]),
    "blank": (b"\n\n", ["line 1", "numbers"]),
    "a list of words": (b"the\na\n", ["line 1", "numbers", "word2vec"]),
    "prose": (b"the cat sat\non the mat\n", ["line 1", "'cat'", "2 numbers"]),
    "too few numbers": (b"a 1 2 3\nb 1 2\nc 1 2 3\n", ["line 2", "3 numbers", "2 numbers", "correct"]),
    "too many numbers": (b"a 1 2\nb 1 2 3\nc 1 2\n", ["line 2", "2 numbers", "found 3", "correct"]),
    "another dimension than the header's": (b"2 3\na 1 2\nb 1 2\n", ["line 2", "3 numbers", "2 numbers"]),
    "no word": (b"a 1 2\n 1 2\n", ["line 2"]),
    "not a number": (b"a 1 2\nb 1 x\n", ["line 2", "'x'", "correct"]),
    "a number in Python's taste": (b"a 1 2\nb 1 1_0\n", ["line 2", "'1_0'"]),
    "two points": (b"a 1 2\nb 1 1.0.0\n", ["line 2", "'1.0.0'"]),
    "a bare exponent": (b"a 1 2\nb 1 1e\n", ["line 2", "'1e'"]),
    "nan": (b"a 1 2\nb nan 2\n", ["line 2", "'b'", "nan", "remove the line"]),
    "infinity": (b"a 1 2\nb 2 -inf\n", ["line 2", "'b'", "-inf"]),
    "too large for float32": (b"a 1 2\nb 1e39 2\n", ["line 2", "'b'", " inf"]),
    "a word twice": (b"a 1 2\nb 1 2\na 3 4\n", ["line 3", "'a'", "repeated", "--errors skip"]),
    "not UTF-8": (b"a 1 2\nb\xff 1 2\n", ["line 2: 0xff", "byte 7", "--errors replace", "--errors skip"]),
    "fewer words than the header": (b"3 2\na 1 2\nb 1 2\n", ["3 words", "has 2", "first line"]),
    "more words than the header": (b"1 2\na 1 2\nb 1 2\n", ["header", "1 word,", "line 3"]),
    "a header of no words": (b"0 2\n", ["line 1", "0 words"]),
    "a header of no numbers": (b"2 0\na\nb\n", ["line 1", "'2 0'"]),
    "a header of 10**18 numbers": (b"2 999999999999999999\na 1\n", ["line 1", "999999999999999999"]),
    "a header of 10**5000 words": (b"9" * 5000 + b" 2\na 1 2\n", ["line 1"]),
    "a header of 10**17 words": (b"99999999999999999 2\na 1 2\n", ["99,999,999,999,999,999 words"]),
    "a header of 10**6 numbers": (b"2 1000000\n" + b"a 1\nb 2\n" * 1000, ["line 2", "1,000,000 numbers", "1 number"]),
    "a zip archive": (b"PK\x03\x04....", ["archive", "unpack"]),
    "a pickle": (pickle.dumps({"a": 1}), ["pickle", "save_word2vec_format"]),
    "a fastText model": (b"\xba\x16\x4f\x2f\x0c\0\0\0", ["is a fastText model", "decompress"]),
    "gzip cut off": (gzip.compress(b"a 1 2\n" * 9)[:-9], ["is truncated", "gzip"]),
    "binary cut off": (TWO[:-3], ["is cut off", "word 2 of 2", "byte 14", "--limit 1"]),
    "binary of no whole word": (b"2 2\na \0\0", ["is cut off", "word 1 of 2"]),
    "binary of fewer words": (b"3" + TWO[1:], ["word 3 of 3"]),
    "binary of more words": (b"1" + TWO[1:], ["1 word ", "byte 14"]),
    "binary of another dimension": (b"2 3" + TWO[3:], ["cut off, or its header"]),
    "binary with nan": (TWO[:-8] + struct.pack("<2f", np.nan, 4), ["word 2", "'b'", "nan"]),
    "binary with a word twice": (TWO.replace(b"b", b"a"), ["word 2", "'a'", "skip"]),
    "binary not UTF-8": (TWO.replace(b"b", b"\xff"), ["word 2: 0xff", "byte 14", "--errors"]),
    "binary of absurd counts": (entries((b"a", [1, 2]), header=b"999999999999 2\n"), ["word 2 of 999,999,999,999"]),
    "binary of an absurd dimension": (b"2 1000000\na \0\1\2", ["is cut off", "word 1 of 2"]),
    "npy cut off": (b"\x93NUMPY\x01\x00", ["is damaged"]),
    "npy of 2**60 rows": (b"\x93NUMPY\x01\x00\x76\x00" + HUGE.ljust(117) + b"\n", ["is damaged"]),
    "safetensors of a wrong header": ((9).to_bytes(8, "little") + b"{" + b"x" * 20, ["is damaged"]),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_one_line_with_place_and_remedy(tmp_path: Path, kind: str) -> None:
    data, expected = WRONG[kind]
    (tmp_path / "v").write_bytes(data)
    tracemalloc.start()
    with pytest.raises(InputError) as caught:
        read_vectors(tmp_path / "v")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    message = str(caught.value)
    assert "\n" not in message
    assert str(tmp_path / "v") in message
    for word in expected:
        assert word in message
    assert peak < 64 << 20


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=os.strerror(errno.ENOENT)):
        read_vectors(tmp_path / "none")
    with pytest.raises(InputError, match="folder"):
        read_vectors(tmp_path)


def test_errors_replace_and_skip(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "v"
    path.write_bytes(b"a 1 2\nb\xff 3 4\na 5 6\nc 7 8\n")
    with pytest.raises(InputError, match=r"line 3: .*'a'"):
        read_vectors(path, errors="replace")
    words, matrix = read_vectors(path, errors="skip")
    assert (words, matrix.tolist()) == (["a", "c"], [[1, 2], [7, 8]])
    shown = capsys.readouterr().err
    assert says(shown, "1", "UTF-8")
    assert says(shown, "1", "repeated")
    path.write_bytes(b"a 1 2\nb\xff 3 4\n")
    assert read_vectors(path, errors="replace")[0] == ["a", "b\ufffd"]
    assert set(read_text_vectors(path, {"a"})) == {"a"}


def test_of_a_repeated_word_the_first_vector_is_taken(tmp_path: Path) -> None:
    (tmp_path / "v").write_bytes(b"a 1 2\na 3 4\n")
    assert read_text_vectors(tmp_path / "v", {"a"})["a"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("form", "word"),
    [(form, word) for form in FORMATS[:4] for word in ("new york", "a\nb", "", "\udcff")]
    + [("glove", "a\tb"), ("word2vec", "a\r"), ("glove", "\ufeffa"), ("npy", "a\nb"), ("npy", "\udcff")],
)
def test_a_word_that_a_format_cannot_hold_is_refused(tmp_path: Path, form: str, word: str) -> None:
    with pytest.raises(OutputError) as caught:
        written(tmp_path, form, ["fine", word], MATRIX[:2])
    assert "word 2" in str(caught.value)
    assert ".safetensors" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_safetensors_hold_any_word(tmp_path: Path) -> None:
    words = ["new york", "a\nb", "", "\udcff", "\ufeff"]
    assert read_vectors(written(tmp_path, "safetensors", words))[0] == words


@pytest.mark.parametrize("words", [[], ["a"], ["new york", 'say "é"', "\udcff"]])
def test_safetensors_are_the_bytes_of_the_library_and_no_file_but_the_one_is_made(
    tmp_path: Path, words: list[str]
) -> None:
    from safetensors.numpy import save

    matrix = np.arange(3 * len(words), dtype=np.float32).reshape(len(words), 3)
    with (tmp_path / "x").open("wb") as file:
        write_safetensors(file, "x", words, matrix)
    assert (tmp_path / "x").read_bytes() == save({"vectors": matrix}, {"words": json.dumps(words)})


def test_a_glove_line_that_would_be_a_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="header"):
        written(tmp_path, "glove", ["7"], np.ones((1, 1), np.float32))


def test_npy_of_other_floats_and_words_beside_it(tmp_path: Path) -> None:
    for dtype, words_name in (("float64", "x.words.txt"), ("float16", "x.words.txt")):
        folder = tmp_path / dtype
        folder.mkdir()
        np.save(folder / "x.npy", np.asfortranarray([[1.0, 2], [3, 4]], dtype))
        with pytest.raises(InputError, match=r"x\.words\.txt"):
            read_vectors(folder / "x.npy")
        (folder / words_name).write_bytes(b"a\r\nb c")
        words, matrix = read_vectors(folder / "x.npy")
        assert (words, matrix.tolist(), matrix.dtype) == (["a", "b c"], [[1, 2], [3, 4]], np.float32)
        (folder / words_name).write_bytes(b"a\n")
        with pytest.raises(InputError, match=r"1 line, .* 2 rows"):
            read_vectors(folder / "x.npy")


@pytest.mark.parametrize(
    "value",
    [np.ones(3), np.ones((2, 2), np.int64), np.ones((0, 3)), np.array([[{}]], object), np.full((2, 2), 1e300)],
    ids=["a vector", "integers", "nothing", "objects", "too large"],
)
def test_npy_that_is_no_matrix_of_floats(tmp_path: Path, value: np.ndarray) -> None:
    np.save(tmp_path / "x.npy", value, allow_pickle=True)
    (tmp_path / "x.words.txt").write_text("a\nb\n")
    with pytest.raises(InputError):
        read_vectors(tmp_path / "x.npy")


def test_safetensors_of_other_hands(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    path = tmp_path / "x.safetensors"
    save_file({"embedding.weight": MATRIX}, path)
    (tmp_path / "x.words.txt").write_text("".join(word + "\n" for word in WORDS), encoding="utf-8")
    assert read_vectors(path)[0] == WORDS
    save_file({"a": MATRIX, "b": MATRIX}, path)
    with pytest.raises(InputError, match=r"tensor.* vectors"):
        read_vectors(path)
    for words in ("{", json.dumps([1]), json.dumps(["a"])):
        save_file({"vectors": MATRIX}, path, {"words": words})
        with pytest.raises(InputError):
            read_vectors(path)


def test_a_file_is_replaced_only_when_told_and_never_left_half(tmp_path: Path) -> None:
    path = written(tmp_path, "word2vec")
    before = path.read_bytes()
    written(tmp_path, "word2vec")  # the same bytes
    with pytest.raises(OutputError, match="exists; add --overwrite"):
        write_vectors_file(path, ["a"], MATRIX[:1], "word2vec")
    with pytest.raises(OutputError, match="cannot hold"):
        write_vectors_file(path, ["a", "b c"], MATRIX[:2], "word2vec", overwrite=True)
    assert path.read_bytes() == before
    write_vectors_file(path, ["a"], MATRIX[:1], "word2vec", overwrite=True)
    assert read_vectors(path)[0] == ["a"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]
    with pytest.raises(OutputError, match="folder"):
        write_vectors_file(tmp_path, ["a"], MATRIX[:1], "word2vec", overwrite=True)


def test_format_by_name() -> None:
    assert format_from_name(Path("glove.6B.50d.txt")) == "glove"
    assert format_from_name(Path("x.BIN")) == "word2vec-binary"
    with pytest.raises(UsageError, match="format"):
        format_from_name(Path("vectors"))
    with pytest.raises(UsageError, match="uncompressed"):
        format_from_name(Path("x.txt.gz"))
