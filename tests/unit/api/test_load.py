"""`seqtool.load` and what its objects answer: the same as the commands."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqtool
from seqtool.errors import ArtifactError, InputError, UnknownWordError, UsageError

Run = Callable[..., "Finished"]  # noqa: F821  (of tests/conftest.py)
TEXT = "the cat sat on the mat\nthe mat sat\na zebra\n"


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [
        ("corpus.corpus", "Corpus", "120 sentences"),
        ("ngram.lm", "LanguageModel", "2-gram"),
        ("m.arpa", "LanguageModel", "m.arpa"),
        ("w.vectors", "WordVectors", "8 dimensions"),
        ("c.classifier", "Classifier", "2 labels (neg, pos)"),
        ("t.tagger", "Tagger", "labels"),
        ("s.seq2seq", "Translator", "vocabulary"),
        ("c.counts", "Artifact", "of kind counts"),
    ],
)
@pytest.mark.parametrize("given", [str, Path])
def test_every_kind_has_its_object(models: Path, name: str, kind: str, shown: str, given: Any) -> None:
    found = seqtool.load(given(models / name))
    assert type(found) is getattr(seqtool, kind)
    assert shown in repr(found)


def test_a_wrong_path_or_kind_is_an_error_of_the_project(models: Path, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="exist"):
        seqtool.load("nothing.lm")
    with pytest.raises(InputError):
        seqtool.load(tmp_path)
    (tmp_path / "odd.txt").write_text("this is not a file of vectors\n")
    with pytest.raises(InputError):
        seqtool.load(tmp_path / "odd.txt")


def test_vectors_answer_about_words(models: Path) -> None:
    vectors = seqtool.load(models / "w.vectors")
    assert "cat" in vectors
    assert "zebra" not in vectors
    assert list(vectors) == vectors.words
    assert len(vectors) == len(vectors.words)
    row = vectors["cat"]
    assert (row.shape, row.dtype) == ((8,), np.float32)
    assert np.array_equal(row, vectors.matrix[vectors.words.index("cat")])
    assert np.array_equal(vectors[["cat", "dog"]], np.stack([vectors["cat"], vectors["dog"]]))
    cosine = row @ vectors["dog"] / np.linalg.norm(row) / np.linalg.norm(vectors["dog"])
    assert vectors.similarity("cat", "dog") == pytest.approx(cosine, abs=1e-6)
    assert dict(vectors.most_similar("cat", topn=100))["dog"] == pytest.approx(cosine, abs=1e-6)


def test_neighbours_and_analogies_are_those_of_the_commands(models: Path, run: Run) -> None:
    vectors = seqtool.load(models / "w.vectors")
    path = models / "w.vectors"
    rows = run("neighbors", path, "cat", "-k", "5", "--json").ok().json
    assert vectors.most_similar("cat", topn=5) == [(row["word"], pytest.approx(row["cosine"])) for row in rows]
    for method in ("add", "mul"):
        rows = run("analogy", path, "cat", "dog", "sat", "-k", "3", "--method", method, "--json").ok().json
        found = vectors.analogy("cat", "dog", "sat", topn=3, method=method)
        assert found == [(row["word"], pytest.approx(row["score"])) for row in rows]
    assert vectors.most_similar(["dog", "sat"], ["cat"], topn=3) == vectors.analogy("cat", "dog", "sat", topn=3)


def test_a_vector_may_be_asked_for_its_neighbours(models: Path) -> None:
    vectors = seqtool.load(models / "w.vectors")
    assert vectors.most_similar(vectors["cat"], topn=1)[0][0] == "cat"
    with pytest.raises(UsageError, match="shape"):
        vectors.most_similar(np.zeros(3))


def test_an_unknown_word_is_a_key_error_that_names_near_spellings(models: Path) -> None:
    vectors = seqtool.load(models / "w.vectors")
    for ask in (lambda: vectors["slpet"], lambda: vectors.most_similar("slpet"), lambda: vectors.similarity("a", "b")):
        with pytest.raises(KeyError) as caught:
            ask()
        assert isinstance(caught.value, UnknownWordError)
        assert caught.value.remedy
    with pytest.raises(KeyError, match="slept"):
        vectors["slpet"]
    with pytest.raises(TypeError, match="not int"):
        vectors[0, 1]


def test_n_grams_spell_unknown_words(models: Path) -> None:
    vectors = seqtool.load(models / "f.vectors")
    assert "cats" not in vectors
    assert vectors["cats"].shape == (8,)
    assert len(vectors.most_similar("cats", topn=2)) == 2


@pytest.mark.parametrize("name", ["lm", "ngram", "arpa"])
def test_scores_and_perplexity_are_those_of_the_commands(
    name: str, models: Path, made: Path, run: Run, tmp_path: Path
) -> None:
    path = {"lm": made / "m.lm", "ngram": models / "ngram.lm", "arpa": models / "m.arpa"}[name]
    (tmp_path / "t.txt").write_text(TEXT)
    model = seqtool.load(path, device="cpu", threads=1)
    rows = run("score", path, "t.txt", "--context", "sentence", "--json").ok().json
    expected = [row["log10_probability"] for row in rows]
    lines = TEXT.splitlines()
    assert model.score(lines) == pytest.approx(expected, abs=1e-5)
    assert model.score([line.split() for line in lines]) == model.score(lines)
    assert model.score(lines[0]) == pytest.approx(expected[0], abs=1e-5)
    whole = run("perplexity", path, "t.txt", "--json").ok().json["perplexity"]
    for text in (TEXT, lines, Path("t.txt")):
        assert model.perplexity(text) == pytest.approx(whole, rel=1e-5)


def test_a_model_says_what_comes_next(models: Path, made: Path, run: Run) -> None:
    for path in (models / "ngram.lm", made / "m.lm"):
        model = seqtool.load(path)
        found = model.next_words("the cat", topn=1000)
        assert math.fsum(probability for _, probability in found) == pytest.approx(1, abs=1e-4)
        rows = run("score", path, "--next", "the cat", "-k", "3", "--json").ok().json
        assert [p for _, p in found[:3]] == pytest.approx([row["probability"] for row in rows], rel=1e-5)
        assert "<eos>" in dict(found)


def test_text_is_drawn_as_the_command_draws_it(made: Path, run: Run) -> None:
    model = seqtool.load(made / "m.lm")
    texts = model.generate(num=3, prompt="the", seed=5, temperature=0.7, max_tokens=5)
    options = ("--num", "3", "--prompt", "the", "--seed", "5", "--temperature", "0.7", "--max-tokens", "5")
    assert texts == run("generate", made / "m.lm", *options).ok().stdout.splitlines()
    with pytest.raises(TypeError, match="top_n"):
        model.generate(top_n=3)
    with pytest.raises(UsageError, match="temperature"):
        model.generate(temperature=-1.0)


def test_arpa_text_in_a_folder_that_cannot_be_written(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(models / "m.arpa", tmp_path / "m.arpa")
    monkeypatch.setattr("seqtool.evaluation.any_model.os.access", lambda *_: False)
    model = seqtool.load(tmp_path / "m.arpa")
    assert model.score("the cat sat") == pytest.approx(seqtool.load(models / "ngram.lm").score("the cat sat"), abs=1e-4)
    assert [path.name for path in tmp_path.iterdir()] == ["m.arpa"]


def test_a_classifier_predicts_as_scikit_learn_s_do(models: Path, run: Run, tmp_path: Path) -> None:
    model, texts = seqtool.load(models / "c.classifier"), ["the film was good .", "the cast was silly .", ""]
    probabilities = model.predict_proba(texts)
    assert probabilities.shape == (3, 2)
    assert probabilities.sum(axis=1) == pytest.approx(1)
    assert model.predict(texts) == [model.classes_[i] for i in probabilities.argmax(axis=1)]
    assert model.predict(texts[0]) == model.predict(texts)[0]
    assert model.predict_proba(texts[0]) == pytest.approx(probabilities[0])
    assert model.predict([]) == []
    (tmp_path / "t.txt").write_text("\n".join(texts) + "\n")
    rows = run("classify", models / "c.classifier", "t.txt", "--json").ok().json
    assert [row["label"] for row in rows] == model.predict(texts)


def test_a_tagger_labels_every_word(models: Path, run: Run, tmp_path: Path) -> None:
    model, words = seqtool.load(models / "t.tagger"), ["the", "garden", "is", "green"]
    labels = model.predict([words, [], "the dog"])
    assert list(map(len, labels)) == [4, 0, 2]
    assert set(labels[0]) <= set(model.classes_)
    assert model.predict(" ".join(words)) == labels[0]
    (tmp_path / "t.txt").write_text("".join(f"{word}\tX\n" for word in words))
    lines = run("tag", models / "t.tagger", "t.txt").ok().stdout.splitlines()
    assert [line.split("\t")[-1] for line in lines] == labels[0]


def test_a_tagger_with_features_is_given_them(models: Path) -> None:
    model = seqtool.load(models / "f.tagger")
    assert len(model.predict([[("the", "DT"), ("dog", "NN")]])[0]) == 2
    with pytest.raises(InputError, match="feature"):
        model.predict(["the dog"])
    with pytest.raises(UsageError, match="columns"):
        model.predict([[("the", "DT"), "dog"]])


def test_a_translator_translates_line_by_line(models: Path, run: Run, tmp_path: Path) -> None:
    model, lines = seqtool.load(models / "s.seq2seq"), ["ab", "", "bba"]
    (tmp_path / "t.txt").write_text("\n".join(lines) + "\n")
    assert model.translate(lines) == run("translate", models / "s.seq2seq", "t.txt").ok().stdout.splitlines()
    assert model.translate("ab", method="greedy") == model.translate(["ab"], method="greedy")[0]
    with pytest.raises(TypeError, match="n_best"):
        model.translate(lines, n_best=2)


def test_a_corpus_is_a_sequence_of_sentences(made: Path) -> None:
    corpus, lines = seqtool.load(made / "c.corpus"), (made / "corpus.txt").read_text().splitlines()
    assert len(corpus) == len(lines)
    assert [" ".join(tokens) for tokens in corpus] == lines
    assert corpus[-1] == lines[-1].split()
    assert len(corpus.ids) == sum(len(line.split()) + 1 for line in lines)
    assert corpus.vocabulary.tokens[:2] == ["<unk>", "<eos>"]
    assert "cat" in corpus.vocabulary
    assert "'<unk>', '<eos>', 'the'" in repr(corpus.vocabulary)
    assert sum(1 for name in corpus.splits for _ in corpus.sentences(name)) == len(corpus)
    assert corpus.encode("the cat") == [corpus.vocabulary.ids["the"], corpus.vocabulary.ids["cat"]]
    with pytest.raises(IndexError):
        corpus[len(lines)]
    with pytest.raises(InputError, match="dev"):
        corpus.sentences("dev")


@pytest.mark.parametrize(
    ("sentence", "told"),
    [(["new york"], "white space"), ([""], "empty"), ([3], "int"), (3, "int"), ("two\nlines", "line break")],
)
def test_sentences_of_another_form_are_refused(made: Path, sentence: Any, told: str) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        seqtool.load(made / "m.lm").score(["fine", sentence])
    assert "sentences[1]" in str(caught.value)


def test_the_lines_of_a_text_end_at_newlines_only(tmp_path: Path) -> None:
    seqtool.train_ngram(["a b", "c a"] * 5, order=2, output=tmp_path / "g.lm")
    model = seqtool.load(tmp_path / "g.lm")
    assert model.perplexity("a b\x0cc a") == model.perplexity(["a b\x0cc a"])
    assert model.perplexity("a b\r\nc a\n") == model.perplexity(["a b", "c a"])
