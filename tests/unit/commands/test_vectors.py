"""Questions to word vectors from Python: what comes back, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

import seqtool
from seqtool.errors import InputError, UsageError


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    path = tmp_path / "v.txt"
    path.write_text("king 1 0 0\nqueen 0.9 0.1 0\nriver 0 0.9 0.4\nlake 0 1 0.3\n", encoding="utf-8")
    return path


def test_neighbors_of_a_word_and_of_words(vectors: Path) -> None:
    (row,) = seqtool.neighbors(vectors, "king", num=1)
    assert (row["query"], row["rank"], row["word"]) == ("king", 1, "queen")
    table = seqtool.neighbors(str(vectors), ["king", "river"], num=1)
    assert [row["word"] for row in table] == ["queen", "lake"]
    assert [row["word"] for row in table] == ["queen", "lake"], "an answer can be read more than once"


@pytest.mark.parametrize("words", [["kingg"], ["king", "kingg"]])
def test_an_unknown_word_is_an_error(vectors: Path, words: list[str]) -> None:
    with pytest.raises(InputError, match="kingg"):
        seqtool.neighbors(vectors, words)
    with pytest.raises(InputError, match="kingg"):
        seqtool.similarity(vectors, ["king", "kingg"])
    with pytest.raises(InputError, match="kingg"):
        seqtool.analogy(vectors, ["king", "queen", "kingg"])


def test_no_word_at_all_is_an_error(vectors: Path) -> None:
    for ask in (seqtool.neighbors, seqtool.similarity, seqtool.analogy):
        with pytest.raises(UsageError):
            ask(vectors, [])


def test_similarity_analogy_and_conversion(vectors: Path, tmp_path: Path) -> None:
    (row,) = seqtool.similarity(vectors, ["king", "queen"])
    assert row["cosine"] == pytest.approx(0.9 / (0.82**0.5))
    assert seqtool.analogy(vectors, ["king", "queen", "river"], num=1)[0]["word"] == "lake"
    made = seqtool.convert(vectors, tmp_path / "v.bin")
    assert (made.path, made["words"], made["dim"]) == (tmp_path / "v.bin", 4, 3)
    assert [row["word"] for row in seqtool.neighbors(made.path, "king", num=1)] == ["queen"]
