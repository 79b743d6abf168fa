"""The same numbers as gensim on the same vectors, questions and pairs."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqtool.metrics import analogy, similarity
from seqtool.metrics.pairs import read_pairs

gensim_models = pytest.importorskip("gensim.models")
WORDS = 80


@pytest.fixture
def both() -> tuple[Any, Any]:
    """(WordVectors, KeyedVectors) of words of which some differ in case only."""
    from seqtool.vectors.word_vectors import WordVectors

    draw = np.random.default_rng(3)
    words = [f"{'W' if place % 5 == 4 else 'w'}{place - place % 5 // 4}" for place in range(WORDS)]
    matrix = draw.normal(size=(WORDS, 6)).astype(np.float32)
    theirs = gensim_models.KeyedVectors(6)
    theirs.add_vectors(words, matrix)
    return WordVectors(words, matrix), theirs


@pytest.fixture
def questions(tmp_path: Path, both: tuple[Any, Any]) -> Path:
    """Questions of known and unknown words, half of them with the answer that 3CosAdd gives."""
    theirs, draw = both[1], random.Random(1)
    lines = [": semantic"]
    for number in range(300):
        if number == 150:
            lines.append(": gram1-syntactic")
        a, b, c = draw.sample(theirs.index_to_key, 3)
        best = theirs.most_similar(positive=[b, c], negative=[a], topn=3)
        expected = best[draw.choice([0, 0, 1])][0] if number % 7 else "unknown"
        lines.append(" ".join(word.upper() if draw.random() < 0.3 else word for word in (a, b, c, expected)))
    path = tmp_path / "questions.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("restrict", [None, 40])
@pytest.mark.parametrize("case_sensitive", [False, True])
def test_analogies(both: tuple[Any, Any], questions: Path, restrict: int | None, case_sensitive: bool) -> None:
    ours, theirs = both
    result = analogy.measure(ours, analogy.read_questions(questions), "add", restrict, case_sensitive)
    score, sections = theirs.evaluate_word_analogies(
        str(questions), restrict_vocab=restrict or WORDS, case_insensitive=not case_sensitive
    )
    assert result.totals[-1].accuracy == pytest.approx(score)
    assert 0.2 < score < 0.9
    for mine, other in zip((*result.sections, result.totals[-1]), sections, strict=True):
        assert (mine.right, mine.known) == (len(other["correct"]), len(other["correct"]) + len(other["incorrect"]))


@pytest.mark.parametrize("case_sensitive", [False, True])
def test_similarities(both: tuple[Any, Any], tmp_path: Path, case_sensitive: bool) -> None:
    ours, theirs = both
    # No pair twice: equal scores would be ranked by their rounding.
    draw = random.Random(2)
    words = [word for word in theirs.index_to_key if word.islower()]
    pairs = draw.sample(list(itertools.combinations([*words, "x", "W1"], 2)), 150)
    lines = [f"{first.upper()}\t{second}\t{draw.randint(0, 20) / 2}" for first, second in pairs[:75]]
    lines += [f"{first}\t{second}\t{draw.randint(0, 20) / 2}" for first, second in pairs[75:]]
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(lines) + "\n")
    result = similarity.measure(ours, read_pairs(path), resamples=10, case_sensitive=case_sensitive)
    pearson, spearman, oov = theirs.evaluate_word_pairs(str(path), case_insensitive=not case_sensitive)
    assert result.pearson.value == pytest.approx(pearson.statistic, abs=1e-6)
    assert result.spearman.value == pytest.approx(spearman.statistic, abs=1e-6)
    assert 100 * result.oov / 150 == pytest.approx(oov)
