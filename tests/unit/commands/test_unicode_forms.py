"""Words of queries, questions, pairs and prompts are found in whatever Unicode form vectors and models have them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from finished import Finished

import seqtool
from seqtool.vectors.artifact import chosen_vectors

Form = Literal["NFC", "NFD"]
BOTH: list[tuple[Form, Form]] = [("NFC", "NFD"), ("NFD", "NFC"), ("NFD", "NFD")]
VECTORS = "서울 1 0 0\n도쿄 0 1 0\n한국 1 0 1\n일본 0 1 1\ncafé -1 -1 -1\n"
forms = pytest.mark.parametrize(("stored", "typed"), BOTH)


@pytest.fixture
def spelled(tmp_path: Path) -> Callable[[str, Form, str], Path]:
    def write(name: str, form: Form, text: str) -> Path:
        (tmp_path / name).write_text(unicodedata.normalize(form, text), encoding="utf-8")
        return tmp_path / name

    return write


@forms
def test_queries_of_vectors(
    run: Callable[..., Finished], spelled: Callable[..., Path], stored: Form, typed: Form
) -> None:
    def words(text: str) -> list[str]:
        return unicodedata.normalize(typed, text).split()

    spelled("v.txt", stored, VECTORS)
    pairs = spelled("p.tsv", typed, "서울\t한국\t9\n도쿄\t일본\t8\n서울\tCafé\t1\n")
    spelled("q.txt", typed, ": capital\n서울 한국 도쿄 일본\n")
    assert run("neighbors", "v.txt", *words("서울"), "-k", 1, "--json").ok().json[0]["cosine"] == pytest.approx(
        0.5**0.5
    )
    (answer,) = run("analogy", "v.txt", *words("서울 한국 도쿄"), "-k", 1, "--json").ok().json
    assert unicodedata.normalize("NFC", answer["word"]) == "일본"
    assert run("similarity", "v.txt", *words("서울 도쿄"), "--json").ok().json[0]["cosine"] == 0
    for option in ([], ["--case-sensitive"]):
        scored = run("eval-similarity", "v.txt", "p.tsv", *option, "--json").ok().json[0]
        assert (scored["n"], scored["oov"]) == (3, len(option))
        assert run("eval-analogy", "v.txt", "q.txt", *option, "--json").ok().json[0]["known"] == 1
    loaded = seqtool.load(pairs.with_name("v.txt"))
    assert words("서울")[0] in loaded
    assert "서울시" not in loaded
    assert loaded[words("한국")[0]].tolist() == [1, 0, 1]
    assert loaded.similarity(*words("서울 도쿄")) == 0


def test_a_word_as_it_is_typed_comes_first(run: Callable[..., Finished], tmp_path: Path) -> None:
    composed, decomposed = "é", unicodedata.normalize("NFD", "é")
    (tmp_path / "v.txt").write_text(f"{composed} 1 0\n{decomposed} 0 1\na 1 0\nb 0 1\n")
    for word, nearest in ((composed, "a"), (decomposed, "b")):
        assert run("neighbors", "v.txt", word, "-k", 1, "--json").ok().json[0]["word"] == nearest


def test_compatibility_characters_find_the_usual_ones(run: Callable[..., Finished], tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text("ABC 1 0\nfin 0 1\n")
    assert run("similarity", "v.txt", "ＡＢＣ", "ﬁn", "--json").ok().json[0]["cosine"] == 0


@forms
def test_unknown_words_are_spelled_in_the_form_of_the_vectors(
    run: Callable[..., Finished], spelled: Callable[..., Path], stored: Form, typed: Form
) -> None:
    spelled("t.txt", stored, "서울역 서울시 부산역 부산시\n" * 20)
    run("train-fasttext", "t.txt", "--normalize", "none", "--dim", 4, "--min-count", 1, "-o", "v.vectors").ok()
    vectors = seqtool.load("v.vectors")
    unseen = (vectors[unicodedata.normalize(form, "서울산역")].tolist() for form in (typed, stored))
    assert next(unseen) == next(unseen)


@forms
def test_prompts_and_histories(
    run: Callable[..., Finished], spelled: Callable[..., Path], stored: Form, typed: Form
) -> None:
    spelled("t.txt", stored, "나는 한국 서울 간다\n" * 3)
    for normalize in ("none", "nfc"):
        model = f"{normalize}.lm"
        options = ("--normalize", normalize, "--order", 2, "--smoothing", "ml", "--overwrite")
        run("train-ngram", "t.txt", *options, "-o", model).ok()
        words = unicodedata.normalize(typed, "나는 한국")
        answer = run("score", model, "--next", words, "-k", 1, "--json").ok()
        assert unicodedata.normalize("NFC", answer.json[0]["token"]) == "서울"
        assert "<unk>" not in answer.stderr
        assert "<unk>" not in run("generate", model, "--prompt", words, "--lines", 1).ok().stderr


@forms
@pytest.mark.parametrize("name", ["v.txt", "v.vectors"])
def test_vectors_to_start_from(
    run: Callable[..., Finished], spelled: Callable[..., Path], stored: Form, typed: Form, name: str
) -> None:
    path = spelled("v.txt", stored, VECTORS)
    if name != "v.txt":
        run("convert", "v.txt", name).ok()
    wanted = {unicodedata.normalize(typed, word) for word in ("서울", "café", "부산")}
    found = chosen_vectors(path.with_name(name), wanted)
    assert {word: vector.tolist() for word, vector in found.items()} == {
        unicodedata.normalize(typed, "서울"): [1, 0, 0],
        unicodedata.normalize(typed, "café"): [-1, -1, -1],
    }
