"""The n-grams of words, vectors of unknown words, and fastText's models."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqtool.artifact.read import open_artifact
from seqtool.errors import ArtifactError, InputError
from seqtool.vectors import ngrams as ngram_vectors
from seqtool.vectors.artifact import import_vectors, load_vectors
from seqtool.vectors.ngrams import NgramRule, NgramVectors
from seqtool.vectors.options import VectorFileOptions
from seqtool.vectors.word_vectors import WordVectors


def fnv(text: str) -> int:
    """FNV-1a of 32 bits whose bytes are signed."""
    key = 2166136261
    for byte in text.encode("utf-8", "surrogatepass"):
        key = ((key ^ (byte if byte < 128 else byte | 0xFFFFFF00)) * 16777619) & 0xFFFFFFFF
    return key


def ngrams(word: str, minn: int, maxn: int) -> list[str]:
    marked = f"<{word}>"
    found = [(start, n) for start in range(len(marked)) for n in range(minn, maxn + 1) if start + n <= len(marked)]
    return [marked[start : start + n] for start, n in found if marked[start : start + n] not in ("<", ">")]


def test_the_ngrams_of_a_word_in_the_order_of_the_text() -> None:
    assert ngrams("ab", 1, 3) == ["<a", "<ab", "a", "ab", "ab>", "b", "b>"]
    starts, buckets = NgramRule(1, 3, 10**9).buckets(["ab", "b"])
    assert starts.tolist() == [0, 7, 11]
    assert buckets.tolist() == [fnv(n) % 10**9 for n in [*ngrams("ab", 1, 3), *ngrams("b", 1, 3)]]


@given(st.lists(st.text(max_size=12), max_size=5), st.integers(1, 4), st.integers(0, 4), st.integers(1, 5000))
def test_ngrams_of_any_words(words: list[str], minn: int, more: int, bucket: int) -> None:
    starts, buckets = NgramRule(minn, minn + more, bucket).buckets(words)
    for word, first, last in zip(words, starts[:-1], starts[1:], strict=True):
        marks = {"<", ">"} if "<" in word or ">" in word else set()
        expected = [fnv(n) % bucket for n in ngrams(word, minn, minn + more)]
        if not marks:
            assert buckets[first:last].tolist() == expected


def test_jamo_are_three_letters_a_syllable() -> None:
    one = NgramRule(3, 3, 10**9, "jamo").buckets(["가"])[1]
    assert one.tolist() == [fnv(n) % 10**9 for n in ("<\u1100\u1161", "\u1100\u1161\0", "\u1161\0>")]
    decomposed = NgramRule(3, 3, 10**9, "jamo").buckets(["\u1100\u1161"])[1]
    assert decomposed.tolist() == one.tolist()


def spelled() -> WordVectors:
    """abc is known; of its n-grams <ab and bc> have vectors."""
    rule = NgramRule(3, 3, 1000)
    buckets = np.array(sorted({fnv("<ab") % 1000, fnv("bc>") % 1000}))
    matrix = np.zeros((2, 2), np.float32)
    matrix[np.searchsorted(buckets, fnv("<ab") % 1000)] = [3, 0]
    matrix[np.searchsorted(buckets, fnv("bc>") % 1000)] = [0, 5]
    return WordVectors(
        ["abc", "xyz"], np.array([[1, 1], [1, 0]], np.float32), None, NgramVectors(rule, buckets, matrix)
    )


def test_words_that_ngrams_spell() -> None:
    vectors = spelled()
    assert vectors.ids_of(["abd", "abc"]).tolist() == [-1, 0]
    assert vectors.rows_of(["abd", "abc", "qqq", "zbc", "abd"]).tolist() == [2, 0, -1, 3, 2]
    assert [vectors.word_at(row) for row in (0, 2, 3)] == ["abc", "abd", "zbc"]
    np.testing.assert_allclose(vectors.unit(np.array([2, 3, 1, -1])), [[1, 0], [0, 1], [1, 0], [0, 0]])
    assert vectors.neighbors(vectors.unit(np.array([2])), 2, np.array([[2]]))[0].tolist() == [[1, 0]]
    assert vectors.pair_scores([("abd", "xyz")], spell=True).tolist() == [1]
    assert np.isnan(vectors.pair_scores([("abd", "xyz")])).all()
    assert np.isnan(vectors.pair_scores([("qqq", "xyz")], spell=True)).all()
    assert vectors.analogies(vectors.rows_of(["abd", "abc", "zbc"])[None], 1)[0].tolist() == [[1]]
    assert vectors.analogies(vectors.rows_of(["abd", "abc", "zbc"])[None], 1, "mul")[0].tolist() == [[1]]
    with pytest.raises(InputError, match="qqq"):
        vectors.id_of("qqq")


def test_vectors_that_know_more_words() -> None:
    vectors = spelled().knowing(["abd", "abc", "qqq", "abd"])
    assert vectors.words == ["abc", "xyz", "abd"]
    assert vectors.matrix.tolist() == [[1, 1], [1, 0], [3, 0]]


def model_bytes(
    words: list[bytes], matrix: np.ndarray, bucket: int = 3, minn: int = 3, maxn: int = 3, quantised: bool = False
) -> bytes:
    """A model as fastText writes it."""
    dim = matrix.shape[1]
    head = struct.pack("<2i", 793712314, 12) + struct.pack(
        "<12id", dim, 5, 5, 1, 5, 1, 2, 2, bucket, minn, maxn, 100, 0.1
    )
    sizes = struct.pack("<3i2q", len(words), len(words), 0, 100, -1)
    entries = b"".join(word + b"\0" + struct.pack("<qb", 10 - n, 0) for n, word in enumerate(words))
    return (
        head + sizes + entries + bytes([quantised]) + struct.pack("<2q", *matrix.shape) + matrix.astype("<f4").tobytes()
    )


def test_a_model_of_fasttext(tmp_path: Path) -> None:
    matrix = np.arange(10, dtype=np.float32).reshape(5, 2)
    path = tmp_path / "m.bin"
    path.write_bytes(model_bytes([b"</s>", b"ab"], matrix))
    vectors = load_vectors(path)
    assert vectors.words == ["</s>", "ab"]
    assert vectors.counts is not None
    assert vectors.counts.tolist() == [10, 9]
    rows = [1] + [2 + fnv(n) % 3 for n in ("<ab", "ab>")]
    np.testing.assert_allclose(vectors.matrix, [[0, 1], matrix[rows].mean(axis=0)])
    assert load_vectors(path, limit=1).words == ["</s>"]
    assert import_vectors(path, VectorFileOptions(), tmp_path / "v.vectors")
    kept = load_vectors(tmp_path / "v.vectors")
    np.testing.assert_array_equal(kept.matrix, vectors.matrix)
    rows = [2 + fnv(n) % 3 for n in ("<xy", "xy>")]
    np.testing.assert_allclose(kept.knowing(["xy"]).matrix[2], matrix[rows].mean(axis=0))


def old_model(words: int, labels: int, *, dim: int = 2, model: int = 2, bucket: int = 3) -> bytes:
    """A model as the fastText of 2016 wrote it: no magic, no version, no quantisation."""
    names = [b"</s>", b"ab", b"__label__x"][: words + labels]
    arguments = struct.pack("<12id", dim, 5, 5, 1, 5, 1, 2, model, bucket, 3, 6, 100, 1e-4)
    sizes = struct.pack("<3iq", words + labels, words, labels, 100)
    entries = b"".join(name + b"\0" + struct.pack("<qb", 9, 0) for name in names)
    matrix = np.arange((words + bucket) * dim, dtype="<f4")
    return arguments + sizes + entries + struct.pack("<2q", words + bucket, dim) + matrix.tobytes()


@pytest.mark.parametrize(
    "data", [old_model(2, 0), old_model(2, 1, model=3, bucket=0), old_model(1, 0, dim=300, model=1, bucket=2_000)]
)
@pytest.mark.parametrize("name", ["m.bin", "m.model", "m.bin.gz"])
def test_a_model_of_the_first_fasttext_is_refused_with_the_version_needed(
    tmp_path: Path, data: bytes, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    with pytest.raises(InputError, match=r"fastText 0\.1") as refused:
        load_vectors(path)
    assert "0.1" in (refused.value.remedy or "")
    assert ".vec" in (refused.value.remedy or "")


def test_the_words_of_a_classifier_of_fasttext_are_read(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    matrix = np.arange(4, dtype=np.float32).reshape(2, 2)
    data = bytearray(model_bytes([b"</s>", b"ab"], matrix, bucket=0, minn=0, maxn=0))
    data[8 + 7 * 4] = 3
    path = tmp_path / "m.bin"
    path.write_bytes(data)
    vectors = load_vectors(path)
    assert (vectors.words, vectors.matrix.tolist()) == (["</s>", "ab"], matrix.tolist())
    assert "classifier" in capfd.readouterr().err


def test_a_binary_file_of_word2vec_is_known_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "m.ftz"
    path.write_bytes(b"2 2\na " + np.float32([1, 2]).tobytes() + b"\nb " + np.float32([3, 4]).tobytes() + b"\n")
    assert load_vectors(path).matrix.tolist() == [[1, 2], [3, 4]]


def test_models_that_cannot_be_read(tmp_path: Path) -> None:
    whole = model_bytes([b"a", b"\xff"], np.ones((5, 2), np.float32))
    path = tmp_path / "m.bin"
    flag = len(whole) - 5 * 2 * 4 - 16 - 1
    for end in (6, 40, 90, flag, len(whole) - 1):
        path.write_bytes(whole[:end])
        with pytest.raises(InputError, match="damaged"):
            load_vectors(path)
    path.write_bytes(whole)
    with pytest.raises(InputError, match="not valid UTF-8"):
        load_vectors(path)
    with pytest.raises(InputError, match="not valid UTF-8"):
        load_vectors(path, errors="replace")
    assert load_vectors(path, errors="skip").words == ["a"]
    path.write_bytes(model_bytes([b"a", b"a"], np.ones((5, 2), np.float32)))
    with pytest.raises(InputError, match="repeated"):
        load_vectors(path)
    path.write_bytes(model_bytes([b"a"], np.ones((4, 2), np.float32), quantised=True))
    with pytest.raises(InputError, match=r"\.ftz"):
        load_vectors(path)
    path.write_bytes(whole[:4] + struct.pack("<i", 99) + whole[8:])
    with pytest.raises(InputError, match="version 99"):
        load_vectors(path)


@pytest.mark.parametrize("change", ['{"minn": 3}', "[]", '{"minn":3,"maxn":6,"bucket":0,"units":"characters"}', "{"])
def test_a_damaged_rule_is_told(tmp_path: Path, change: str) -> None:
    path = tmp_path / "m.bin"
    path.write_bytes(model_bytes([b"a"], np.ones((4, 2), np.float32)))
    import_vectors(path, VectorFileOptions(), tmp_path / "v.vectors")
    (tmp_path / "v.vectors/ngrams.json").write_text(change)
    with pytest.raises(ArtifactError):
        load_vectors(tmp_path / "v.vectors")
    assert open_artifact(tmp_path / "v.vectors").kind == "vectors"


def test_rows_of_buckets() -> None:
    vectors = NgramVectors(NgramRule(3, 3, 100), np.array([3, 7, 50]), np.eye(3, dtype=np.float32))
    assert vectors.rows_of(np.array([50, 3, 7, 0, 4, 99])).tolist() == [2, 0, 1, -1, -1, -1]
    none = NgramVectors(NgramRule(3, 3, 100), np.zeros(0, np.int64), np.zeros((0, 3), np.float32))
    assert none.rows_of(np.array([3, 7])).tolist() == [-1, -1]


def test_means_of_words_and_their_parts_do_not_depend_on_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = np.random.default_rng(2).normal(size=(9, 3)).astype(np.float32)
    own, starts, rows = np.array([0, 1, 2, 3]), np.array([0, 2, 2, 5, 6]), np.array([4, 5, 6, 7, 4, 8])
    parts = [[0, 4, 5], [1], [2, 6, 7, 4], [3, 8]]
    expected = np.array([matrix[some].mean(0) for some in parts])
    for words in (1, 3, 100):
        monkeypatch.setattr(ngram_vectors, "_BLOCK_WORDS", words)
        np.testing.assert_allclose(ngram_vectors.word_means(matrix, own, starts, rows), expected, rtol=1e-5)
