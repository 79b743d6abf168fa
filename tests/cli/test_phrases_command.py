"""phrases: what it makes, what models made of it do with text, refusals."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "Finished"]  # noqa: F821  (of tests/conftest.py)


@pytest.fixture
def cities(tmp_path: Path) -> Path:
    """`new york` stands among single words."""
    draw = random.Random(2)
    words = ["in", "we", "saw", "the", "big", "river", "and", "a", "boat"]
    lines = [
        " ".join([*(draw.choice(words) for _ in range(4)), "new york" if i % 3 else "home", draw.choice(words)])
        for i in range(240)
    ]
    path = tmp_path / "cities.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_corpus_of_phrases(run: Run, cities: Path) -> None:
    done = run("phrases", cities, "--threshold", "5", "--json").ok()
    assert done.json["corpus"].endswith("cities.phrases.corpus")
    assert (done.json["phrases"], done.json["joined"]) == (1, 160)
    assert done.json["tokens"] == 240 * 6 + 160 - 160
    rows = (cities.parent / "cities.phrases.corpus" / "phrases.tsv").read_text().splitlines()
    assert [row.split("\t")[:5] for row in rows[1:]] == [["new_york", "new", "york", "1", "160"]]
    listed = run("vocab", "cities.phrases.corpus").ok().stdout
    assert "new_york\t160\n" in listed
    assert "\tyork\t" not in listed
    again = run("phrases", cities, "--threshold", "5").ok()
    again.up_to_date("cities.phrases.corpus")
    run("phrases", cities, "--threshold", "6").failed(1, "exists", "--overwrite")


def test_the_usual_threshold_is_that_of_the_scoring(run: Run, cities: Path) -> None:
    run("phrases", cities, "--scoring", "npmi", "-o", "p").ok()
    assert run("info", "p", "--json").ok().json["options"]["threshold"] == 0.5
    run("phrases", cities, "--scoring", "npmi", "--threshold", "0.5", "-o", "p").up_to_date("p")


def test_the_dry_run_makes_no_phrases(run: Run, cities: Path) -> None:
    run("phrases", cities, "--dry-run").ok()
    assert not (cities.parent / "cities.phrases.corpus").exists()


def test_a_pipe_needs_a_name_and_gives_the_same(run: Run, cities: Path) -> None:
    run("phrases", "-", stdin=cities.read_bytes()).failed(2, "-o")
    run("phrases", "-", "-o", "piped", "--threshold", "5", stdin=cities.read_bytes()).ok()
    run("phrases", cities, "-o", "read", "--threshold", "5").ok()
    for name in ("ids.npy", "bounds.npy", "lengths.npy", "vocab.tsv", "characters.tsv", "phrases.tsv"):
        assert (cities.parent / "piped" / name).read_bytes() == (cities.parent / "read" / name).read_bytes()


def test_phrases_of_phrases(run: Run, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("new york times\nnew_york times\nx y\ny x\nz x\n" * 20)
    run("phrases", "t.txt", "-o", "one", "--threshold", "2", "--min-count", "1").ok()
    assert "new_york\t" in (tmp_path / "one" / "vocab.tsv").read_text()
    run("phrases", "one", "-o", "two", "--threshold", "2", "--min-count", "1").ok()
    run("phrases", "t.txt", "-o", "both", "--threshold", "2", "--min-count", "1", "--passes", "2").ok()
    for name in ("ids.npy", "vocab.tsv", "phrases.tsv"):
        assert (tmp_path / "two" / name).read_bytes() == (tmp_path / "both" / name).read_bytes()
    assert "new_york_times\t" in (tmp_path / "two" / "vocab.tsv").read_text()


def test_what_was_cut_and_dropped_before_is_still_said(run: Run, tmp_path: Path, cities: Path) -> None:
    (tmp_path / "words").write_text("new\nyork\nin\nwe\n")
    run("preprocess", cities, "--vocab", "words", "-o", "c.corpus").ok()
    done = run("phrases", "c.corpus", "--threshold", "1", "-o", "p.corpus", "--json").ok()
    assert [row["what"] for row in done.json["dropped"]] == ["tokens"]
    run("train-ngram", "p.corpus", "--order", "2", "-o", "m").ok()
    run("perplexity", "m", "p.corpus").ok().noted("p.corpus", "vocabulary")


def test_only_the_phrases_of_the_manifest_are_joined(run: Run, cities: Path) -> None:
    """A file that lies beside a model's own changes nothing."""
    run("phrases", cities, "--threshold", "5", "-o", "p.corpus").ok()
    run("train-ngram", cities, "--order", "2", "-o", "m").ok()
    before = run("perplexity", "m", cities, "--json").ok().json
    (cities.parent / "m" / "phrases.tsv").write_bytes((cities.parent / "p.corpus" / "phrases.tsv").read_bytes())
    assert run("perplexity", "m", cities, "--json").ok().json == before


def test_the_best_pair_is_named_where_none_is_enough(run: Run, cities: Path) -> None:
    done = run("phrases", cities, "--threshold", "1e6", "-o", "p").ok()
    done.noted("1e+06", "'new york'")


def test_a_text_without_phrases(run: Run, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("a b c\n\nc b a\n")
    done = run("phrases", "t.txt", "-o", "p", "--passes", "3", "--json").ok().json
    assert (done["phrases"], done["joined"], done["sentences"]) == (0, 0, 3)
    run("perplexity", "p", "t.txt").failed(1, "p")
    (tmp_path / "empty.txt").write_text("")
    run("phrases", "empty.txt", "-o", "e").failed(1, "empty.txt is", " empty")


@pytest.mark.parametrize("tokenizer", ["char", "syllable", "jamo", "bpe"])
def test_pieces_of_words_are_refused(run: Run, cities: Path, tokenizer: str) -> None:
    run("phrases", cities, "--tokenizer", tokenizer, "--vocab-size", "300").failed(2, tokenizer, "whitespace")


@pytest.mark.parametrize("delimiter", ["", " ", "a b", "\t"])
def test_a_delimiter_must_join(run: Run, cities: Path, delimiter: str) -> None:
    run("phrases", cities, "--delimiter", delimiter).failed(2, "--delimiter")


@pytest.mark.parametrize(
    ("model", "options"), [("train-ngram", ["--order", "2"]), ("train-lm", ["--epochs", "1", "--emb-dim", "8"])]
)
def test_a_model_joins_the_phrases_of_a_text(run: Run, cities: Path, model: str, options: list[str]) -> None:
    """The raw text gives the perplexity of the corpus that it was made of; what is written has words again."""
    run("phrases", cities, "--threshold", "5", "-o", "p.corpus").ok()
    run(model, "p.corpus", *options, "-o", "m").ok()
    raw = run("perplexity", "m", cities, "--json").ok().json
    joined = run("perplexity", "m", "p.corpus", "--json").ok().json
    same = ("perplexity", "tokens", "oov", "bits_per_character", "bits_per_byte")
    assert {name: raw[name] for name in same} == {name: joined[name] for name in same}
    assert raw["oov"] == 0
    (cities.parent / "plain.txt").write_text("a boat in new york home\n")
    assert run("score", "m", "plain.txt", "--json").ok().json[0]["tokens"] == 6  # new_york is one
    text = run("generate", "m", "--num", "30", "--seed", "1").ok().stdout
    assert "new york" in text
    assert "_" not in text
    run("preprocess", cities, "-o", "c.corpus").ok()
    run("perplexity", "m", "c.corpus").failed(1, "phrases.tsv", "raw text")


def test_vectors_know_phrases_and_read_texts_with_them(run: Run, cities: Path) -> None:
    run("phrases", cities, "--threshold", "5", "-o", "p.corpus").ok()
    run("train-word2vec", "p.corpus", "--dim", "8", "--min-count", "1", "-o", "w.vectors").ok()
    assert run("neighbors", "w.vectors", "new_york", "-k", "1").ok().stdout
    (cities.parent / "d.txt").write_text("new york\nin york\nzzz\n")
    run("document-vectors", "w.vectors", "d.txt", "--weighting", "mean", "-o", "d").ok()
    import numpy as np

    found = np.load(cities.parent / "d" / "vectors.npy")
    words = (cities.parent / "w.vectors" / "vocab.tsv").read_text().splitlines()
    vectors = np.load(cities.parent / "w.vectors" / "vectors.npy")
    row = next(i for i, line in enumerate(words) if line.startswith("new_york\t"))
    cosine = found[0] @ vectors[row] / np.linalg.norm(found[0]) / np.linalg.norm(vectors[row])
    assert cosine == pytest.approx(1, abs=1e-5)


def test_a_damaged_table_is_named(run: Run, cities: Path, forge: Callable[..., None]) -> None:
    run("phrases", cities, "--threshold", "5", "-o", "p.corpus").ok()
    (cities.parent / "p.corpus" / "phrases.tsv").write_text("phrase\n")
    forge(cities.parent / "p.corpus")
    run("train-word2vec", "p.corpus", "--min-count", "1", "-o", "w").failed(1, "phrases.tsv")


def test_korean_morphemes(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("kiwipiepy")
    (tmp_path / "ko.txt").write_text(
        "서울 시청 앞에서 만나요\n나는 학교에 갑니다\n그는 집에 있어요\n" * 20, encoding="utf-8"
    )
    run("phrases", "ko.txt", "--tokenizer", "korean", "--threshold", "2", "-o", "p").ok()
    assert "서울_시청" in (tmp_path / "p" / "phrases.tsv").read_text(encoding="utf-8")
